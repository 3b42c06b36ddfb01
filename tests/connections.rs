//! The life of a connection: kept, resumed, given up; and what a call costs whose connection has died.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustls::{
    HandshakeKind, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;
use tradovate_session::{
    api::{AccountCall, Endpoint, Failure, HttpTradovate, Method, Reply, Request, Shape, Tradovate},
    clock::SystemClock,
    secret::Secret,
};

const AUTHORITY: &[u8] = include_bytes!("../__test__/tls/authority.pem");
const LOCALHOST: &[u8] = include_bytes!("../__test__/tls/localhost.pem");
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server that hangs up on requests, and counts what it sees.
struct Flaky {
    base: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Flaky {
    /// `hang_ups`: on how many connections a request is read and not answered; the first answers one before.
    async fn start(hang_ups: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self {
            base: format!("http://{}/v1", listener.local_addr().unwrap()),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (server.connections.clone(), server.requests.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let number = connections.fetch_add(1, Ordering::SeqCst);
                let answered = usize::from(number == 0);
                let requests = requests.clone();
                tokio::spawn(async move {
                    let mut on_this = 0;
                    while head(&mut stream).await.is_some() {
                        requests.fetch_add(1, Ordering::SeqCst);
                        if number < hang_ups && on_this == answered {
                            return;
                        }
                        on_this += 1;
                        answer(&mut stream, "").await;
                    }
                });
            }
        });
        server
    }

    fn seen(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (count(&self.connections), count(&self.requests))
    }
}

/// Reads a request without a body; none at the connection's end.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => text.push(byte),
            Err(_) => return None,
        }
    }
    String::from_utf8(text).ok()
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), header: &str) {
    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n{header}\r\n[]");
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
}

fn client() -> HttpTradovate {
    HttpTradovate::new(Arc::new(SystemClock), AUTHORITY.into())
}

async fn call(client: &HttpTradovate, base: &str, endpoint: &Endpoint) -> Result<String, Failure> {
    let token = Secret::new("a-token");
    let request = Request {
        base,
        endpoint,
        token: &token,
        ticket: None,
        timeout: TIMEOUT,
    };
    let Reply { outcome, .. } = client.call(request).await;
    outcome
}

fn get() -> Endpoint {
    AccountCall::List.endpoints().remove(0)
}

fn post() -> Endpoint {
    Endpoint {
        method: Method::Post,
        path: "order/placeorder".into(),
        query: String::new(),
        body: None,
        shape: Shape::Any,
    }
}

#[tokio::test]
async fn one_connection_serves_call_after_call() {
    let (server, client) = (Flaky::start(0).await, client());
    for _ in 0..10 {
        call(&client, &server.base, &get()).await.unwrap();
    }
    assert_eq!(server.seen(), (1, 10));
}

#[tokio::test]
async fn a_get_whose_pooled_connection_died_is_sent_once_more_on_another() {
    let (server, client) = (Flaky::start(1).await, client());
    call(&client, &server.base, &get()).await.unwrap();
    assert_eq!(call(&client, &server.base, &get()).await.unwrap(), "[]");
    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn promise_12_a_get_is_sent_no_third_time() {
    let (server, client) = (Flaky::start(usize::MAX).await, client());
    call(&client, &server.base, &get()).await.unwrap();
    let lost = call(&client, &server.base, &get()).await;
    assert!(matches!(lost, Err(Failure::Lost(_))), "{lost:?}");
    assert_eq!(server.seen(), (2, 3));
}

#[tokio::test]
async fn a_get_whose_new_connection_is_lost_is_sent_once_more_too() {
    let server = Flaky::start(2).await;
    call(&client(), &server.base, &get()).await.unwrap();
    assert_eq!(call(&client(), &server.base, &get()).await.unwrap(), "[]");
    assert_eq!(server.seen(), (3, 3));
}

#[tokio::test]
async fn promise_12_a_post_that_was_sent_is_not_sent_again() {
    let (server, client) = (Flaky::start(1).await, client());
    call(&client, &server.base, &get()).await.unwrap();
    let lost = call(&client, &server.base, &post()).await;
    assert!(matches!(lost, Err(Failure::Lost(_))), "{lost:?}");
    assert_eq!(server.seen(), (1, 2));
}

#[tokio::test]
async fn a_post_without_a_body_says_that_it_has_none() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = head(&mut stream).await.unwrap();
        answer(&mut stream, "").await;
        head
    };
    let (client, post) = (client(), post());
    let (head, answered) = tokio::join!(server, call(&client, &base, &post));
    answered.unwrap();
    assert!(
        head.to_ascii_lowercase().contains("\r\ncontent-length: 0\r\n"),
        "{head}"
    );
}

fn acceptor(protocols: &[&str]) -> TlsAcceptor {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = CertificateDer::pem_slice_iter(LOCALHOST).map(Result::unwrap).collect();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(LOCALHOST).unwrap())
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Answers one request a connection, and tells of each how its handshake went and what was agreed to be spoken.
async fn tls_server(protocols: &[&str]) -> (String, mpsc::UnboundedReceiver<(HandshakeKind, Option<Vec<u8>>)>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("https://localhost:{}/v1", listener.local_addr().unwrap().port());
    let (tell, told) = mpsc::unbounded_channel();
    let acceptor = acceptor(protocols);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            let connection = stream.get_ref().1;
            let protocol = connection.alpn_protocol().map(<[u8]>::to_vec);
            tell.send((connection.handshake_kind().unwrap(), protocol)).unwrap();
            if head(&mut stream).await.is_some() {
                answer(&mut stream, "connection: close\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (base, told)
}

#[tokio::test]
async fn a_second_handshake_is_a_resumed_one() {
    let (base, mut told) = tls_server(&["http/1.1"]).await;
    let client = client();
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        call(&client, &base, &get()).await.unwrap();
        assert_eq!(told.recv().await.unwrap().0, expected);
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_offers_it() {
    for (offered, expected) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"][..], "http/1.1")] {
        let (base, mut told) = tls_server(offered).await;
        let client = client();
        let calling = tokio::spawn(async move { call(&client, &base, &get()).await });
        assert_eq!(told.recv().await.unwrap().1.as_deref(), Some(expected.as_bytes()));
        calling.abort();
    }
}
