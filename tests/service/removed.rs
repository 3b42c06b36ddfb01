//! Somebody removes what a service has made: its socket, its secret, or their folder.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::UnixStream;
use tradovate_session::{
    error::ErrorKind,
    service::{Address, Bound, Limits},
};

use crate::{
    far::Far,
    raw::{Home, SOON, limits, private_folder, socket_in, start},
    support::pass,
};

const SHORT: Duration = Duration::from_millis(50);

fn watchful() -> Limits {
    Limits {
        restored_within: SHORT,
        ..limits()
    }
}

/// In a folder within the temporary one, so that it can be removed.
fn socket_deep_in(folder: &TempDir) -> Address {
    Address::Socket {
        socket_path: folder.path().join("deep/token.sock"),
    }
}

fn secret_deep_in(folder: &TempDir) -> Address {
    Address::Port {
        port: 0,
        secret_file: folder.path().join("deep/secret"),
    }
}

fn file_of(address: &Address) -> PathBuf {
    match address {
        Address::Socket { socket_path } => socket_path.clone(),
        Address::Port { secret_file, .. } => secret_file.clone(),
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            pass(SHORT / 5).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.expect("it is so in time");
}

#[tokio::test]
async fn promise_23_a_service_whose_files_are_removed_makes_them_again() {
    for (place, whole_folder) in [
        (socket_in as fn(&TempDir) -> Address, false),
        (socket_deep_in, true),
        (secret_deep_in, false),
        (secret_deep_in, true),
    ] {
        let home = Home::with(place, watchful()).await;
        let early = Far::at(home.address()).await;
        let file = file_of(home.address());
        let content = fs::read(&file).ok();
        if whole_folder {
            fs::remove_dir_all(file.parent().unwrap()).unwrap();
        } else {
            fs::remove_file(&file).unwrap();
        }
        until(|| file.exists()).await;
        assert_eq!(fs::read(&file).ok(), content, "dependents know the secret already");
        assert!(Far::at(home.address()).await.has(1));
        assert!(early.has(1));
        early.assert_no_auth_call();

        let taken = Bound::at(home.address(), None).await.err().unwrap();
        assert_eq!(taken.kind(), ErrorKind::Service, "it still is the only one");
        home.service.close().await;
        assert!(!file.exists(), "what was made again is removed as well");
    }
}

#[tokio::test]
async fn promise_23_a_service_that_has_lost_its_address_to_another_leaves_that_alone() {
    let home = Home::with(socket_deep_in, watchful()).await;
    let file = file_of(home.address());
    let elsewhere = private_folder();
    fs::rename(file.parent().unwrap(), elsewhere.path().join("deep")).unwrap();
    let other = loop {
        // The first one may be quicker, once or twice.
        match start(&home.session, home.address().clone(), limits()).await {
            Ok(other) => break other,
            Err(_) => fs::remove_dir_all(file.parent().unwrap()).unwrap(),
        }
    };
    let made = number(&file);
    pass(SHORT * 4).await;
    assert_eq!(number(&file), made);
    home.service.close().await;
    assert_eq!(number(&file), made);
    assert!(UnixStream::connect(&file).await.is_ok());
    other.close().await;
}

fn number(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(path).unwrap().ino()
}
