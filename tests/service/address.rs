//! Where a service is reached: made for one user, by one live service at a time.

use std::{
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
};

use tradovate_session::{error::ErrorKind, service::Address};

use crate::{
    raw::{Home, SOON, limits, mode, port_in, private_folder, set_mode, socket_in, start},
    support::World,
};

fn path_of(address: &Address) -> PathBuf {
    match address {
        Address::Socket { socket_path } => socket_path.clone(),
        Address::Port { secret_file, .. } => secret_file.clone(),
    }
}

#[tokio::test]
async fn promise_23_the_socket_is_0600_in_a_0700_folder() {
    let home = Home::with(
        |folder| Address::Socket {
            socket_path: folder.path().join("made/here/token.sock"),
        },
        limits(),
    )
    .await;
    let path = path_of(home.address());
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(home.get("/v1/token").await.status, 200);
}

#[tokio::test]
async fn promise_23_a_folder_that_others_can_enter_is_refused() {
    let home = Home::at_socket().await;
    let folder = private_folder();
    set_mode(folder.path(), 0o755);
    let refused = start(&home.session, socket_in(&folder), limits()).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::ServiceMismatch);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[tokio::test]
async fn promise_23_the_secret_is_256_random_bits_in_a_0600_file_new_for_each_service() {
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let home = Home::at_port().await;
        let path = path_of(home.address());
        assert_eq!(mode(&path), 0o600);
        let secret = std::fs::read_to_string(path).unwrap();
        assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
        secrets.push(secret);
    }
    assert_ne!(secrets[0], secrets[1]);
}

#[tokio::test]
async fn promise_23_nothing_else_is_bound() {
    let home = Home::at_port().await;
    let Address::Port { port, .. } = *home.address() else {
        panic!()
    };
    let other = tokio::net::TcpStream::connect(("127.0.0.2", port)).await;
    assert_eq!(other.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    let six = tokio::net::TcpStream::connect(("::1", port)).await;
    assert!(six.is_err());
    let listening = |table: &str, state: &str| {
        let text = std::fs::read_to_string(table).unwrap_or_default();
        let mine = own_socket_inodes();
        text.lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|fields| fields.get(3) == Some(&state) && fields.get(9).is_some_and(|inode| mine.contains(*inode)))
            .map(|fields| fields[1].to_owned())
            .collect::<Vec<_>>()
    };
    assert!(listening("/proc/self/net/tcp6", "0A").is_empty());
    let loopback_only = listening("/proc/self/net/tcp", "0A");
    assert!(
        loopback_only.iter().all(|local| local.starts_with("0100007F:")),
        "{loopback_only:?}"
    );
    assert!(listening("/proc/self/net/udp", "07").is_empty());
}

fn own_socket_inodes() -> std::collections::HashSet<String> {
    std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect()
}

#[tokio::test]
async fn promise_23_an_address_that_a_live_service_holds_is_refused_and_goes_on() {
    for address in [socket_in, port_in] {
        let home = Home::with(address, limits()).await;
        let before = std::fs::read(path_of(home.address())).ok();
        let again = start(&home.session, home.address().clone(), limits())
            .await
            .err()
            .unwrap();
        assert_eq!(again.kind(), ErrorKind::Service);
        assert_eq!(std::fs::read(path_of(home.address())).ok(), before);
        assert_eq!(home.get("/v1/token").await.status, 200);
    }
}

#[tokio::test]
async fn promise_23_a_port_that_any_other_program_holds_is_refused_and_no_secret_is_written() {
    let home = Home::at_socket().await;
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let secret_file = home.folder.path().join("secret");
    let address = Address::Port {
        port: other.local_addr().unwrap().port(),
        secret_file: secret_file.clone(),
    };
    let refused = start(&home.session, address, limits()).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Service);
    assert!(!secret_file.exists());
}

#[tokio::test]
async fn promise_23_a_dead_services_socket_is_replaced_and_a_live_strangers_is_not() {
    let home = Home::at_socket().await;
    let folder = private_folder();
    let path = folder.path().join("token.sock");
    let stranger = UnixListener::bind(&path).unwrap();
    set_mode(&path, 0o600);
    let refused = start(&home.session, socket_in(&folder), limits()).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Service);
    drop(stranger);
    assert!(path.exists(), "a killed process leaves its socket");
    let service = start(&home.session, socket_in(&folder), limits()).await.unwrap();
    assert_eq!(mode(&path), 0o600);
    service.close().await;
}

#[tokio::test]
async fn promise_23_what_is_no_socket_is_not_replaced() {
    let home = Home::at_socket().await;
    let folder = private_folder();
    let path = folder.path().join("token.sock");
    std::fs::write(&path, "somebody's work").unwrap();
    set_mode(&path, 0o600);
    let refused = start(&home.session, socket_in(&folder), limits()).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::ServiceMismatch);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's work");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_23_of_services_that_start_at_once_one_serves() {
    let world = World::new();
    let session = std::sync::Arc::new(world.open().await);
    let folder = private_folder();
    for address in [socket_in, port_in] {
        for _ in 0..50 {
            let starts = (0..8).map(|_| {
                let (session, address) = (session.clone(), address(&folder));
                tokio::spawn(async move { start(&session, address, limits()).await })
            });
            let mut serving = Vec::new();
            for start in futures_util::future::join_all(starts).await {
                match start.unwrap() {
                    Ok(service) => serving.push(service),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Service),
                }
            }
            assert_eq!(serving.len(), 1);
            let only = serving.remove(0);
            let text = crate::raw::request(only.address(), "GET", "/v1/token", &[], "");
            assert_eq!(crate::raw::exchange(only.address(), &text).await.status, 200);
            only.close().await;
        }
    }
}

#[tokio::test]
async fn promise_23_what_a_service_made_goes_with_it_if_it_is_still_its_own() {
    for address in [socket_in, port_in] {
        let home = Home::with(address, limits()).await;
        let path = path_of(home.address());
        assert!(path.exists());
        home.service.close().await;
        assert!(!path.exists());

        let home = Home::with(address, limits()).await;
        let path = path_of(home.address());
        let aside = path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        std::fs::write(&path, "another's").unwrap();
        home.service.close().await;
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "another's");
    }
}

async fn gone(path: &Path) {
    let gone = async {
        while path.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, gone).await.expect("it goes");
}

#[tokio::test]
async fn a_service_that_is_dropped_frees_its_address() {
    let home = Home::at_socket().await;
    let address = home.address().clone();
    drop(home.service);
    gone(&path_of(&address)).await;
    let again = start(&home.session, address, limits()).await.unwrap();
    again.close().await;
}

#[tokio::test]
async fn a_service_ends_with_its_session_and_a_closed_session_has_none() {
    let home = Home::at_socket().await;
    home.session.close().await;
    let address = home.address().clone();
    gone(&path_of(&address)).await;
    let refused = start(&home.session, address, limits()).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Closed);
}
