//! Answers as they come over the wire.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tradovate_session::{
    api::{Endpoint, Failure, HttpTradovate, Method, Request, Shape, Tradovate, Unauthorized},
    clock::{Clock, SystemClock},
    secret::Secret,
};

/// A clock by which all time has passed.
struct Over;

impl Clock for Over {
    fn wall(&self) -> Timestamp {
        SystemClock.wall()
    }

    fn boot(&self) -> Duration {
        SystemClock.boot()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

fn list() -> Endpoint {
    Endpoint {
        method: Method::Get,
        path: "account/list".into(),
        query: String::new(),
        body: None,
        shape: Shape::List,
    }
}

#[tokio::test]
async fn a_status_that_decides_alone_counts_though_its_body_never_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let api = HttpTradovate::new(Arc::new(SystemClock), Arc::default());
    let call = Request {
        base: &base,
        endpoint: &list(),
        token: &Secret::new("token"),
        ticket: None,
        timeout: Duration::from_secs(10),
    };
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        assert!(socket.read(&mut [0; 4_096]).await.unwrap() > 0);
        let answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 16\r\n\r\nAccess";
        socket.write_all(answer).await.unwrap();
        socket
    };
    let (reply, _open) = tokio::join!(api.call(call), server);
    assert_eq!(reply.outcome.unwrap_err(), Failure::Unauthorized(String::new()));
}

#[tokio::test]
async fn a_call_whose_client_was_not_made_in_time_was_not_sent() {
    let api = HttpTradovate::new(Arc::new(Over), Arc::default());
    let call = Request {
        base: "https://127.0.0.1:1/v1",
        endpoint: &list(),
        token: &Secret::new("token"),
        ticket: None,
        timeout: Duration::from_secs(10),
    };
    let failure = api.call(call).await.outcome.unwrap_err();
    assert!(matches!(failure, Failure::NotSent(_)), "{failure:?}");
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_is_told_with_its_host_and_nothing_else_of_its_url() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = free.local_addr().unwrap().to_string();
    drop(free);
    let api = HttpTradovate::new(Arc::new(SystemClock), Arc::default());
    let endpoint = Endpoint {
        query: "name=canary".into(),
        ..list()
    };
    let call = Request {
        base: &format!("http://{authority}/v1"),
        endpoint: &endpoint,
        token: &Secret::new("token"),
        ticket: None,
        timeout: Duration::from_secs(10),
    };
    let failure = api.call(call).await.outcome.unwrap_err();
    let text = failure
        .to_error(
            "account/list",
            Unauthorized::TokenOrPermission,
            Timestamp::UNIX_EPOCH,
            [],
        )
        .to_string();
    let begin = format!("account/list: no connection to Tradovate could be made ({authority}: ");
    assert!(text.starts_with(&begin) && !text.contains("canary"), "{text}");
}
