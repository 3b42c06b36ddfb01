//! How much is borne of those who ask: of bodies, of time, and of connections.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tradovate_session::service::Limits;

use crate::raw::{Home, SHORT, connect, exchange, limits, port_in, request, rest, socket_in, strict};

#[allow(clippy::disallowed_methods)] // these tests are about real time
fn now() -> Instant {
    Instant::now()
}

#[allow(clippy::disallowed_methods)]
async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test]
async fn promise_23_a_body_of_more_than_4_kib_is_refused() {
    let home = Home::at_socket().await;
    let padded = |length: usize| {
        let body = r#"{"generation":1,"status":200}"#;
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    assert_eq!(
        home.ask("POST", "/v1/token/rejected", &[], &padded(4096)).await.status,
        202
    );
    assert_eq!(
        home.ask("POST", "/v1/token/rejected", &[], &padded(4097)).await.status,
        413
    );
    let head = request(
        home.address(),
        "POST",
        "/v1/token/rejected",
        &[("Transfer-Encoding", "chunked")],
        "",
    );
    let unannounced = format!("{head}1001\r\n{}\r\n0\r\n\r\n", padded(4097));
    assert_eq!(exchange(home.address(), &unannounced).await.status, 413);
}

#[tokio::test]
async fn promise_23_a_body_that_does_not_come_is_not_waited_for() {
    let home = Home::with(socket_in, strict()).await;
    let head = request(
        home.address(),
        "POST",
        "/v1/token/rejected",
        &[("Content-Length", "20")],
        "",
    );
    let started = now();
    let answer = exchange(home.address(), &format!("{head}{{\"gen")).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (408, r#"{"code":"ERR_TRADOVATE_SERVICE"}"#)
    );
    assert!(started.elapsed() >= SHORT && started.elapsed() < 10 * SHORT);
}

#[tokio::test]
async fn promise_23_a_slow_loris_is_cut_off() {
    for address in [socket_in, port_in] {
        let home = Home::with(address, strict()).await;
        let text = request(home.address(), "GET", "/v1/token", &[], "");
        let mut stream = connect(home.address()).await;
        let started = now();
        for byte in text.as_bytes() {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            wait(SHORT / 20).await;
        }
        let seen = rest(stream.as_mut()).await;
        assert!(!seen.contains("accessToken"), "{seen}");
        assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 408"), "{seen}");
        assert!(started.elapsed() < 10 * SHORT, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn promise_23_slow_lorises_by_the_hundred_do_not_keep_others_out() {
    let home = Home::with(
        socket_in,
        Limits {
            connections: 32,
            ..strict()
        },
    )
    .await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(home.address()).await;
        stream.write_all(b"GET /v1/token HTTP/1.1\r\nHost: ").await.unwrap();
        slow.push(stream);
    }
    let started = now();
    assert_eq!(home.get("/v1/token").await.status, 200);
    // A hundred, 32 at a time, each for as long as headers may take.
    assert!(started.elapsed() < 8 * SHORT, "{:?}", started.elapsed());
}

#[tokio::test]
async fn promise_23_an_idle_connection_is_closed() {
    let home = Home::with(socket_in, strict()).await;
    let mut stream = connect(home.address()).await;
    let text = request(home.address(), "GET", "/livez", &[], "").replace("Connection: close\r\n", "");
    stream.write_all(text.as_bytes()).await.unwrap();
    let started = now();
    let seen = rest(stream.as_mut()).await;
    assert!(seen.ends_with("ok\n"), "{seen}");
    assert!(started.elapsed() >= SHORT);
}

#[tokio::test]
async fn promise_23_no_connection_lasts_for_ever() {
    let limits = Limits {
        connection_for: SHORT,
        ..limits()
    };
    let home = Home::with(socket_in, limits).await;
    let mut stream = connect(home.address()).await;
    let text = request(home.address(), "GET", "/livez", &[], "").replace("Connection: close\r\n", "");
    let started = now();
    let mut answers = 0;
    while stream.write_all(text.as_bytes()).await.is_ok() {
        let mut bytes = [0; 1024];
        match stream.read(&mut bytes).await {
            Ok(0) | Err(_) => break,
            Ok(_) => answers += 1,
        }
        wait(SHORT / 10).await;
    }
    assert!(
        answers > 1 && started.elapsed() < 5 * SHORT,
        "{answers} answers in {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn promise_23_connections_beyond_the_limit_wait_until_one_is_free() {
    let home = Home::with(
        socket_in,
        Limits {
            connections: 2,
            ..limits()
        },
    )
    .await;
    let first = connect(home.address()).await;
    let _second = connect(home.address()).await;
    let get = home.get("/livez");
    tokio::pin!(get);
    assert!(tokio::time::timeout(SHORT, &mut get).await.is_err());
    drop(first);
    assert_eq!(get.await.status, 200);
}

#[tokio::test]
async fn promise_23_two_hundred_dependents_can_wait_at_once() {
    let home = Home::at_socket().await;
    let polls = (0..200).map(|_| home.get("/v1/token?after=1&wait=60"));
    let polls = futures_util::future::join_all(polls);
    let renew = async {
        // Another one is answered at once while they wait.
        while !home.get("/readyz").await.body.contains("ready") {}
        wait(SHORT).await;
        assert_eq!(home.get("/v1/token").await.json()["generation"], 1);
        home.session.renew(1.into(), crate::support::TIMEOUT).await.unwrap();
    };
    let (answers, ()) = tokio::join!(polls, renew);
    for answer in answers {
        assert_eq!((answer.status, answer.json()["generation"].clone()), (200, 2.into()));
    }
}
