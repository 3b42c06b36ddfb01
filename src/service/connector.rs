//! Connects a dependent to its service. It verifies who listens before it sends the secret or a request.

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
    guard::REQUIRED_HEADER,
    listener::Stream,
    private::service,
    proof::{is_proof, random_digits},
    protocol::{PROOF, Proof},
    secret_file::read_secret,
};
use crate::{
    clock::Clock,
    error::{Error, ErrorKind},
    secret::Secret,
    task::spawn_on,
};

/// The most bytes of an answer: far more than the longest token and all hosts take.
const LONGEST_ANSWER: usize = 256 * 1024;

/// The timeout of a connection: a port whose process was stopped (`SIGSTOP`) takes some, and then none.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The timeout of the proof that a service knows the secret.
const PROOF_WITHIN: Duration = Duration::from_secs(5);
/// The time for the rest of an answer after its connection has ended.
const LATE_ANSWER: Duration = Duration::from_millis(100);

/// Opens connections to one service.
pub struct Connector {
    address: Address,
    clock: Arc<dyn Clock>,
}

/// An open connection.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    secret: Option<Secret>,
    // Dropping it aborts the task and closes the socket. It is empty once the connection has ended.
    driver: JoinSet<()>,
}

/// A whole answer.
#[derive(Debug)]
pub struct ServiceResponse {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

impl Connector {
    /// A connector for a service. It opens no connection yet.
    pub fn new(address: Address, clock: Arc<dyn Clock>) -> Self {
        Self { address, clock }
    }

    /// The clock that measures how long answers take.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// [`ErrorKind::Service`] if nothing listens there, or what listens does not know the secret; [`ErrorKind::ServiceMismatch`] if
    /// another user could listen there.
    pub async fn connect(&self) -> Result<Connection, Error> {
        let (stream, secret) = tokio::select! {
            biased;
            opened = self.open_stream() => opened?,
            () = self.clock.sleep(CONNECT_WITHIN) => return Err(self.late(CONNECT_WITHIN)),
        };
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.unreachable(&error))?;
        let mut driver = JoinSet::new();
        spawn_on(&mut driver, async move {
            // The next request on the connection shows how it ended.
            let _ = connection.await;
        });
        let mut connection = Connection {
            sender,
            secret: None,
            driver,
        };
        if let Some(secret) = secret {
            self.verify_peer(&mut connection, &secret).await?;
            connection.secret = Some(secret);
        }
        Ok(connection)
    }

    /// The stream, and the secret that its peer has to know.
    async fn open_stream(&self) -> Result<(Box<dyn Stream>, Option<Secret>), Error> {
        match &self.address {
            Address::Socket { socket_path } => Ok((open_socket(socket_path).await?, None)),
            Address::Port { port, secret_file } => {
                // Read for each connection: a service makes a new secret whenever it starts.
                let secret = read_secret(secret_file)?;
                let stream = TcpStream::connect(("127.0.0.1", *port)).await;
                let stream = stream.map_err(|error| self.unreachable(&error))?;
                stream.set_nodelay(true).map_err(|error| self.unreachable(&error))?;
                Ok((Box::new(stream), Some(secret)))
            }
        }
    }

    /// Verifies that the peer knows the secret, before it is sent: any program can listen at a port that a dead service has left.
    async fn verify_peer(&self, connection: &mut Connection, secret: &Secret) -> Result<(), Error> {
        let nonce = random_digits()?;
        let target = format!("{PROOF}?nonce={}", nonce.expose());
        let response = self.send(connection, Method::GET, &target, None, PROOF_WITHIN).await?;
        let given: Option<Proof> = serde_json::from_slice(&response.body).ok();
        if response.status == 200
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

    /// Sends a request and reads the whole answer, within `timeout`.
    ///
    /// # Errors
    /// [`ErrorKind::Service`] if no whole answer came.
    pub async fn send(
        &self,
        connection: &mut Connection,
        method: Method,
        target: &str,
        body: Option<Vec<u8>>,
        timeout: Duration,
    ) -> Result<ServiceResponse, Error> {
        let Connection { sender, secret, driver } = connection;
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, self.address.host())
            .header(REQUIRED_HEADER.0, REQUIRED_HEADER.1);
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
            Ok(ServiceResponse {
                status: head.status.as_u16(),
                retry_after: retry_after(&head.headers),
                body,
            })
        };
        let mut exchange = pin!(exchange);
        tokio::select! {
            biased;
            response = &mut exchange => return response,
            _ = driver.join_next() => {}
            () = self.clock.sleep(timeout) => return Err(self.late(timeout)),
        }
        // hyper neither answers nor fails a request that it gets at the moment at which its connection ends.
        tokio::select! {
            biased;
            response = exchange => response,
            () = self.clock.sleep(LATE_ANSWER) => Err(self.unreachable(&"the connection was lost")),
        }
    }

    fn late(&self, timeout: Duration) -> Error {
        service(format!(
            "the token service at {} does not answer within {} s",
            self.address,
            timeout.as_secs(),
        ))
    }

    fn unreachable(&self, why: &dyn Display) -> Error {
        unreachable(&self.address, why)
    }
}

fn unreachable(at: &dyn Display, why: &dyn Display) -> Error {
    service(format!("no token service answers at {at}: {why}; is it running?"))
}

#[cfg(unix)]
async fn open_socket(path: &Path) -> Result<Box<dyn Stream>, Error> {
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
async fn open_socket(_: &Path) -> Result<Box<dyn Stream>, Error> {
    let text = "there are no Unix sockets on this system; connect to a port with a secretFile";
    Err(Error::new(ErrorKind::Config, text))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{net::SocketAddr, os::unix::fs::PermissionsExt};

    use futures_util::future::BoxFuture;
    use jiff::Timestamp;
    use tokio::{net::TcpSocket, time::timeout};

    use super::*;
    use crate::{clock::SystemClock, service::secret_file::write_secret};

    /// A clock by which every wait is over soon.
    struct Hasty;

    impl Clock for Hasty {
        fn wall(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn boot(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            SystemClock.sleep(Duration::from_millis(200))
        }
    }

    #[tokio::test]
    async fn promise_24_a_port_that_takes_no_more_connections_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let secret_file = folder.path().join("secret");
        write_secret(&secret_file, &Secret::new("canary")).unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let stopped = socket.listen(1).unwrap();
        let at = stopped.local_addr().unwrap();
        let mut taken = vec![];
        while let Ok(stream) = timeout(Duration::from_millis(500), TcpStream::connect(at)).await {
            taken.push(stream.unwrap());
        }
        let port = at.port();
        let connector = Connector::new(Address::Port { port, secret_file }, Arc::new(Hasty));
        let connected = timeout(Duration::from_secs(30), connector.connect()).await;
        let error = connected.expect("it is given up").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Service);
        assert!(error.to_string().contains("does not answer within 5 s"), "{error}");
    }
}
