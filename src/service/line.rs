//! A dependent's line to its service: who is at the other end is looked at before anything is said.

use std::{fmt::Display, path::Path, pin::pin, sync::Arc, time::Duration};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request,
    body::Body,
    client::conn::http1::{SendRequest, handshake},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use super::{
    address::Address,
    guard::MARK,
    listener::Wire,
    private::{read_secret, service},
    proof::{is_proof, random_digits},
    wire::{PROOF, Proof},
};
use crate::{
    clock::Clock,
    error::{Error, ErrorKind},
    secret::Secret,
};

/// Far more than the longest token and all the hosts.
const LONGEST_ANSWER: usize = 256 * 1024;

/// For the proof that a service knows the secret.
const PROOF_WITHIN: Duration = Duration::from_secs(5);
/// For what a connection that is over has still brought.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How a service is reached.
pub struct Line {
    address: Address,
    clock: Arc<dyn Clock>,
}

/// A connection that stands.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    secret: Option<Secret>,
    // Aborted when it is dropped, and the socket with it. Empty once the connection is over.
    driver: JoinSet<()>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Said {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

impl Line {
    /// A line to a service; nothing is connected yet.
    pub fn new(address: Address, clock: Arc<dyn Clock>) -> Self {
        Self { address, clock }
    }

    /// The clock that measures how long answers take.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Connects.
    ///
    /// # Errors
    /// [`ErrorKind::Service`] if nobody listens, or somebody who does not know the secret; [`ErrorKind::ServiceMismatch`] if somebody else than this user could.
    pub async fn open(&self) -> Result<Connection, Error> {
        let (stream, secret) = match &self.address {
            Address::Socket { socket_path } => (open_socket(socket_path).await?, None),
            Address::Port { port, secret_file } => {
                // Read anew each time: a service makes another one whenever it starts.
                let secret = read_secret(secret_file)?;
                let stream = TcpStream::connect(("127.0.0.1", *port)).await;
                let stream = stream.map_err(|error| self.unreachable(&error))?;
                stream.set_nodelay(true).map_err(|error| self.unreachable(&error))?;
                let stream: Box<dyn Wire> = Box::new(stream);
                (stream, Some(secret))
            }
        };
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.unreachable(&error))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // What becomes of the connection shows at its next request.
            let _ = connection.await;
        });
        let mut connection = Connection {
            sender,
            secret: None,
            driver,
        };
        if let Some(secret) = secret {
            self.demand_proof(&mut connection, &secret).await?;
            connection.secret = Some(secret);
        }
        Ok(connection)
    }

    /// Whoever listens at a port may have it from a service that died: the secret is told to nobody who does not know it.
    async fn demand_proof(&self, connection: &mut Connection, secret: &Secret) -> Result<(), Error> {
        let nonce = random_digits()?;
        let target = format!("{PROOF}?nonce={}", nonce.expose());
        let said = self.ask(connection, Method::GET, &target, None, PROOF_WITHIN).await?;
        let given: Option<Proof> = serde_json::from_slice(&said.body).ok();
        if said.status == 200
            && given.is_some_and(|given| is_proof(secret, &self.address.host(), nonce.expose(), &given.proof))
        {
            return Ok(());
        }
        Err(service(format!(
            "what listens at {} does not know the secret in secretFile, so nothing was asked of it: it is another program, or \
             a service that has just started",
            self.address
        )))
    }

    /// Sends a request and reads the whole answer, within `patience`.
    ///
    /// # Errors
    /// [`ErrorKind::Service`] if no whole answer came.
    pub async fn ask(
        &self,
        connection: &mut Connection,
        method: Method,
        target: &str,
        body: Option<Vec<u8>>,
        patience: Duration,
    ) -> Result<Said, Error> {
        let Connection { sender, secret, driver } = connection;
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, self.address.host())
            .header(MARK.0, MARK.1);
        if let Some(secret) = secret {
            request = request.header(AUTHORIZATION, format!("Bearer {}", secret.expose()));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::from(body.unwrap_or_default()))
            .map_err(|error| self.unreachable(&error))?;
        let exchange = async {
            sender.ready().await.map_err(|error| self.unreachable(&error))?;
            let answer = sender.send_request(request).await;
            let answer = answer.map_err(|error| self.unreachable(&error))?;
            let (head, body) = answer.into_parts();
            if body.size_hint().lower() > LONGEST_ANSWER as u64 {
                return Err(self.unreachable(&"its answer is too long"));
            }
            let body = Limited::new(body, LONGEST_ANSWER).collect().await;
            let body = body.map_err(|error| self.unreachable(&error))?.to_bytes();
            Ok(Said {
                status: head.status.as_u16(),
                retry_after: retry_after(&head.headers),
                body,
            })
        };
        let mut exchange = pin!(exchange);
        tokio::select! {
            biased;
            said = &mut exchange => return said,
            _ = driver.join_next() => {}
            () = self.clock.sleep(patience) => return Err(service(format!(
                "the token service at {} does not answer within {} s",
                self.address,
                patience.as_secs(),
            ))),
        }
        // What the connection brought is here. A request that was handed over just when it ended is forgotten, not failed.
        tokio::select! {
            biased;
            said = exchange => said,
            () = self.clock.sleep(LAST_WORDS) => Err(self.unreachable(&"the connection was lost")),
        }
    }

    fn unreachable(&self, why: &dyn Display) -> Error {
        unreachable(&self.address, why)
    }
}

fn unreachable(at: &dyn Display, why: &dyn Display) -> Error {
    service(format!("no token service answers at {at}: {why}; is it running?"))
}

#[cfg(unix)]
async fn open_socket(path: &Path) -> Result<Box<dyn Wire>, Error> {
    use super::private::{check_folder, check_socket, own_user};
    let none = |why: &dyn Display| unreachable(&path.display(), why);
    if !check_socket(path)? {
        return Err(none(&"there is no such socket"));
    }
    check_folder(path)?;
    let stream = tokio::net::UnixStream::connect(path).await;
    let stream = stream.map_err(|error| none(&error))?;
    let user = stream.peer_cred().map_err(|error| none(&error))?.uid();
    if user == own_user() {
        Ok(Box::new(stream))
    } else {
        let text = format!("the service at {} is another user's", path.display());
        Err(Error::new(ErrorKind::ServiceMismatch, text))
    }
}

#[cfg(not(unix))]
async fn open_socket(_: &Path) -> Result<Box<dyn Wire>, Error> {
    let text = "there are no Unix sockets on this system; connect to a port with a secretFile";
    Err(Error::new(ErrorKind::Config, text))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
