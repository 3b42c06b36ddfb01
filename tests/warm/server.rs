//! A server with TLS that counts what it sees, and closes connections as it is told.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use hyper::{Response, body::Bytes};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tradovate_session::clock::Clock;

use super::clock::{TestClock, until};

const LOCALHOST: &[u8] = include_bytes!("../../__test__/tls/localhost.pem");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

/// What the server does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Answers.
    Serve,
    /// Accepts it, and says nothing.
    Mute,
    /// Closes it after the handshake.
    Close,
    /// Reads a request, and closes it.
    HangUp,
    /// Reads requests, and answers none.
    Silent,
    /// Says of each request that it has not looked at it, as only HTTP/2 can.
    Refuse,
}

/// What has happened. Connections are numbered from 0 in the order of their handshakes.
#[derive(Debug, Default)]
pub struct Seen {
    pub accepted: usize,
    /// Handshakes that have not ended.
    under_way: usize,
    pub handshakes: usize,
    /// Verb and connection of each request.
    pub requests: Vec<(String, usize)>,
    pub closed: usize,
}

pub struct Server {
    pub base: String,
    seen: Arc<Mutex<Seen>>,
    manner: watch::Sender<Manner>,
    /// Closes all connections when it changes.
    hang_up: watch::Sender<()>,
    clock: Arc<TestClock>,
}

impl Server {
    pub async fn start(protocol: Protocol, idle: Option<Duration>, clock: Arc<TestClock>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self {
            base: format!("https://localhost:{}/v1", listener.local_addr().unwrap().port()),
            seen: Arc::default(),
            manner: watch::channel(Manner::Serve).0,
            hang_up: watch::channel(()).0,
            clock: clock.clone(),
        };
        let acceptor = acceptor(protocol);
        let (seen, manner, hang_up) = (server.seen.clone(), server.manner.subscribe(), server.hang_up.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                seen.lock().unwrap().accepted += 1;
                let connection = Connection {
                    seen: seen.clone(),
                    manner: *manner.borrow(),
                    hang_up: hang_up.subscribe(),
                    clock: clock.clone(),
                    idle,
                };
                tokio::spawn(connection.run(stream, acceptor.clone(), protocol));
            }
        });
        server
    }

    pub fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    pub fn handshakes(&self) -> usize {
        self.seen().handshakes
    }

    /// The connection that the last request came on.
    pub fn last_to_serve(&self) -> usize {
        self.seen().requests.last().unwrap().1
    }

    /// How often a verb was seen.
    pub fn count(&self, verb: &str) -> usize {
        self.seen().requests.iter().filter(|(seen, _)| seen == verb).count()
    }

    /// What is done with the connections that come from now on.
    pub fn will(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }

    /// Closes all connections.
    pub fn hang_up(&self) {
        self.hang_up.send_replace(());
    }

    /// Waits until no handshake is under way, and all that is due to be closed is closed.
    pub async fn settled(&self) {
        self.clock.quiet().await;
        until(|| self.seen().under_way == 0).await;
    }

    pub async fn has_closed(&self, connections: usize) {
        until(|| self.seen().closed >= connections).await;
    }
}

struct Connection {
    seen: Arc<Mutex<Seen>>,
    manner: Manner,
    hang_up: watch::Receiver<()>,
    clock: Arc<TestClock>,
    idle: Option<Duration>,
}

impl Connection {
    async fn run(mut self, mut stream: TcpStream, acceptor: TlsAcceptor, protocol: Protocol) {
        if self.manner == Manner::Mute {
            while stream.read_u8().await.is_ok() {}
        } else if let Some((number, stream)) = self.shake_hands(stream, &acceptor).await {
            match (self.manner, protocol) {
                (Manner::Close, _) => {}
                (_, Protocol::Http1) => self.serve_1(stream, number).await,
                (_, Protocol::Http2) => self.serve_2(stream, number).await,
            }
        }
        self.seen.lock().unwrap().closed += 1;
    }

    async fn shake_hands(&self, stream: TcpStream, acceptor: &TlsAcceptor) -> Option<(usize, TlsStream<TcpStream>)> {
        self.seen.lock().unwrap().under_way += 1;
        let stream = acceptor.accept(stream).await;
        let mut seen = self.seen.lock().unwrap();
        seen.under_way -= 1;
        let stream = stream.ok()?;
        seen.handshakes += 1;
        Some((seen.handshakes - 1, stream))
    }

    async fn serve_1(&mut self, mut stream: TlsStream<TcpStream>, number: usize) {
        loop {
            let mut hang_up = self.hang_up.clone();
            let head = tokio::select! {
                head = head(&mut stream) => head,
                () = idle(&self.clock, self.idle) => None,
                _ = hang_up.changed() => None,
            };
            let Some(head) = head else { break };
            self.saw(head.split(' ').next().unwrap(), number);
            if self.manner == Manner::HangUp {
                break;
            }
            if self.manner == Manner::Silent {
                continue;
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";
            if stream.write_all(answer).await.is_err() {
                break;
            }
        }
        let _ = stream.shutdown().await;
    }

    async fn serve_2(&mut self, stream: TlsStream<TcpStream>, number: usize) {
        let Ok(mut connection) = h2::server::handshake(stream).await else {
            return;
        };
        let mut unanswered = vec![];
        loop {
            let mut hang_up = self.hang_up.clone();
            let next = tokio::select! {
                next = connection.accept() => next,
                () = idle(&self.clock, self.idle) => None,
                _ = hang_up.changed() => None,
            };
            let Some(Ok((request, mut respond))) = next else { break };
            self.saw(request.method().as_str(), number);
            match self.manner {
                Manner::HangUp => break,
                Manner::Silent => {
                    unanswered.push(respond);
                    continue;
                }
                Manner::Refuse => {
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                    continue;
                }
                Manner::Serve | Manner::Mute | Manner::Close => {}
            }
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            let _ = body.send_data(Bytes::from_static(b"[]"), true);
        }
    }

    fn saw(&self, verb: &str, number: usize) {
        self.seen.lock().unwrap().requests.push((verb.to_owned(), number));
    }
}

async fn idle(clock: &TestClock, time: Option<Duration>) {
    match time {
        Some(time) => clock.sleep(time).await,
        None => std::future::pending().await,
    }
}

/// Reads a request without a body; none at the connection's end.
async fn head(stream: &mut TlsStream<TcpStream>) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(text).ok()
}

fn acceptor(protocol: Protocol) -> TlsAcceptor {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = CertificateDer::pem_slice_iter(LOCALHOST).map(Result::unwrap).collect();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(LOCALHOST).unwrap())
        .unwrap();
    let name: &[u8] = match protocol {
        Protocol::Http1 => b"http/1.1",
        Protocol::Http2 => b"h2",
    };
    config.alpn_protocols = vec![name.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
