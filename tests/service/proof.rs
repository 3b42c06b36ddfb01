//! Whoever listens at a port that a dead service has left is told no secret, and nothing of it is believed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tradovate_session::{error::ErrorKind, service::Address};

use crate::{
    fake::{answer, token},
    far::Far,
    raw::{Home, exchange, proper, with_headers},
};

/// Somebody at a port who answers whatever is asked with a token, or what he makes of the request, and keeps what he hears.
async fn squat(port: u16, made_of: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Arc<Mutex<String>> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let ack = Arc::new(Mutex::new(String::new()));
    let noted = ack.clone();
    let made_of = Arc::new(made_of);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (noted, made_of) = (noted.clone(), made_of.clone());
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut bytes).await {
                    let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                    noted.lock().unwrap().push_str(&text);
                    let said = made_of(&text).unwrap_or_else(|| answer(200, &token(2, "demo", 1)));
                    if stream.write_all(said.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    ack
}

/// The address of a service that was killed, with its secret.
async fn left_behind() -> (Home, Address, String) {
    let home = Home::at_port().await;
    let Address::Port { secret_file, .. } = home.address().clone() else {
        panic!()
    };
    let secret = std::fs::read_to_string(&secret_file).unwrap();
    let address = home.address().clone();
    (home, address, secret)
}

#[tokio::test]
async fn promise_23_who_does_not_know_the_secret_is_not_told_it_and_no_token_of_his_is_taken() {
    let (home, address, secret) = left_behind().await;
    let Address::Port { port, secret_file } = &address else {
        panic!()
    };
    let far = Far::at(&address).await;
    home.service.close().await;
    std::fs::write(secret_file, &secret).unwrap();
    crate::raw::set_mode(secret_file, 0o600);
    let proofs = [
        None,
        Some(answer(200, &format!(r#"{{"proof":"{}"}}"#, "0".repeat(64)))),
        Some(answer(404, "")),
    ];
    let turn = Mutex::new(0);
    let ack = squat(*port, move |request| {
        let mut turn = turn.lock().unwrap();
        *turn += 1;
        request.contains("/v1/proof").then(|| proofs[*turn % 3].clone())?
    })
    .await;
    let refused = Far::with(&address, |options| options.timeout = Duration::from_secs(1)).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Service);
    far.shows(|far| far.session.view().counts.failures > 2).await;
    assert_eq!(far.token().as_deref(), Some("token-1"), "the one that it had");
    let ack = ack.lock().unwrap().clone();
    assert!(
        ack.contains("/v1/proof") && !ack.contains(&secret) && !ack.contains("Bearer"),
        "{ack}"
    );
}

#[tokio::test]
async fn promise_23_a_proof_from_elsewhere_is_none() {
    let home = Home::at_port().await;
    let (other, address, _) = left_behind().await;
    let Address::Port { port, secret_file } = &address else {
        panic!()
    };
    other.service.close().await;
    // The secret is right, and a live service that has it is asked for the proof: but it serves another port.
    let Address::Port {
        secret_file: live_secret,
        ..
    } = home.address()
    else {
        panic!()
    };
    std::fs::copy(live_secret, secret_file).unwrap();
    let live = home.address().clone();
    let relayed = Arc::new(Mutex::new(0));
    let count = relayed.clone();
    let listener = TcpListener::bind(("127.0.0.1", *port)).await.unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let target = text.split(' ').nth(1).unwrap_or("/").to_owned();
            let proof = exchange(&live, &with_headers("GET", &target, &proper(&live), "")).await;
            assert_eq!(proof.status, 200);
            *count.lock().unwrap() += 1;
            let _ = stream.write_all(answer(200, &proof.body).as_bytes()).await;
        }
    });
    let refused = Far::with(&address, |options| options.timeout = Duration::from_millis(500)).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Service);
    assert!(*relayed.lock().unwrap() > 0);
}

#[tokio::test]
async fn promise_23_a_proof_needs_no_secret_and_all_else_that_a_request_must_show() {
    let home = Home::at_port().await;
    let target = format!("/v1/proof?nonce={}", "a".repeat(64));
    let ask = async |but: &str, more: Option<(&str, &str)>| {
        let mut headers = proper(home.address());
        headers.retain(|header| header.0 != but && header.0 != "Authorization");
        headers.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        exchange(home.address(), &with_headers("GET", &target, &headers, "")).await
    };
    let given = ask("", None).await;
    assert_eq!(given.status, 200);
    assert_eq!(given.json()["proof"].as_str().map(str::len), Some(64));
    for refused in [
        ask("Host", None).await,
        ask("X-Token-Service", None).await,
        ask("", Some(("Origin", "http://evil.example"))).await,
    ] {
        assert_eq!(refused.status, 403);
    }
    for nonce in ["", "?nonce=", "?nonce=zz", "?nonce=00&more=1"] {
        assert_eq!(home.get(&format!("/v1/proof{nonce}")).await.status, 400, "{nonce}");
    }
    assert_eq!(Home::at_socket().await.get(&target).await.status, 404);
}
