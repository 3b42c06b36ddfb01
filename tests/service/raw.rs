//! HTTP by hand, so that a request can be as wrong as a test wants it, and a service to send it to.

use std::{path::Path, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};
use tradovate_session::{
    service::{Address, Limits, Options, Service},
    session::Session,
};

use crate::support::World;

/// The longest that any of this takes when all is well.
pub const SOON: Duration = Duration::from_secs(10);

/// A session, and a service for it in a folder of its own.
pub struct Home {
    pub world: World,
    pub session: Arc<Session>,
    pub service: Service,
    pub folder: TempDir,
}

/// A folder as a service wants one.
pub fn private_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o700);
    folder
}

pub fn limits() -> Limits {
    Limits::default()
}

/// How long a service with strict limits waits.
pub const SHORT: Duration = Duration::from_millis(300);

pub fn strict() -> Limits {
    Limits {
        headers_within: SHORT,
        body_within: SHORT,
        ..limits()
    }
}

pub fn socket_in(folder: &TempDir) -> Address {
    Address::Socket {
        socket_path: folder.path().join("token.sock"),
    }
}

pub fn port_in(folder: &TempDir) -> Address {
    Address::Port {
        port: 0,
        secret_file: folder.path().join("secret"),
    }
}

impl Home {
    pub async fn at_socket() -> Self {
        Self::with(socket_in, limits()).await
    }

    pub async fn at_port() -> Self {
        Self::with(port_in, limits()).await
    }

    pub async fn with(address: impl Fn(&TempDir) -> Address, limits: Limits) -> Self {
        let world = World::new();
        let session = Arc::new(world.open().await);
        let folder = private_folder();
        let service = start(&session, address(&folder), limits).await.unwrap();
        Self {
            world,
            session,
            service,
            folder,
        }
    }

    pub fn address(&self) -> &Address {
        self.service.address()
    }

    /// A proper GET.
    pub async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[], "").await
    }

    /// A proper request with some headers more.
    pub async fn ask(&self, method: &str, target: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let text = request(self.address(), method, target, more, body);
        exchange(self.address(), &text).await
    }

    pub async fn report(&self, generation: u64, status: u16) -> Answer {
        let body = format!("{{\"generation\":{generation},\"status\":{status}}}");
        self.ask("POST", "/v1/token/rejected", &[], &body).await
    }
}

pub async fn start(
    session: &Arc<Session>,
    address: Address,
    limits: Limits,
) -> Result<Service, tradovate_session::error::Error> {
    let options = Options {
        session: session.clone(),
        address,
        metrics_port: None,
        limits,
    };
    Service::start(options).await
}

/// The headers that a proper request has.
pub fn proper(address: &Address) -> Vec<(String, String)> {
    let mut headers = vec![
        ("Host".to_owned(), address.host()),
        ("X-Token-Service".to_owned(), "1".to_owned()),
    ];
    if let Address::Port { secret_file, .. } = address {
        let secret = std::fs::read_to_string(secret_file).unwrap();
        headers.push(("Authorization".to_owned(), format!("Bearer {secret}")));
    }
    headers
}

pub fn request(address: &Address, method: &str, target: &str, more: &[(&str, &str)], body: &str) -> String {
    let more = more
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let headers: Vec<_> = proper(address).into_iter().chain(more).collect();
    with_headers(method, target, &headers, body)
}

pub fn with_headers(method: &str, target: &str, headers: &[(String, String)], body: &str) -> String {
    let mut lines = vec![format!("{method} {target} HTTP/1.1"), "Connection: close".into()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.push(format!("Content-Length: {}", body.len()));
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub async fn connect(address: &Address) -> Box<dyn Stream> {
    match address {
        Address::Socket { socket_path } => Box::new(UnixStream::connect(socket_path).await.unwrap()),
        Address::Port { port, .. } => Box::new(TcpStream::connect(("127.0.0.1", *port)).await.unwrap()),
    }
}

/// Sends a text and reads until the other side closes.
pub async fn exchange(address: &Address, text: &str) -> Answer {
    let mut stream = connect(address).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    Answer::parse(&rest(stream.as_mut()).await)
}

/// All that still comes, as far as it comes soon.
pub async fn rest(stream: &mut dyn Stream) -> String {
    let mut bytes = Vec::new();
    // A peer that is cut off in mid-request may see a reset after the answer.
    let _ = tokio::time::timeout(SOON, stream.read_to_end(&mut bytes))
        .await
        .expect("the service closes");
    String::from_utf8(bytes).unwrap()
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self {
            status,
            headers,
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|header| header.0 == name)
            .map(|header| header.1.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
