//! The Redis server of a URL, and the one connection to it. A lost connection is made again when it is next needed.

use std::{io, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind as RedisErrorKind, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo,
    RedisError, aio::MultiplexedConnection,
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{Mutex, OnceCell},
    task::spawn_blocking,
};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::{
    clock::Clock,
    error::{Error, ErrorKind},
    secret::{Secret, printable},
    task::spawn,
    trust::client_config,
};

/// The timeout of connecting, and of the answer to one command.
pub const TIMEOUT: Duration = Duration::from_secs(2);

const DEFAULT_PORT: u16 = 6379;

pub struct Server {
    host: String,
    port: u16,
    login: RedisConnectionInfo,
    tls: Option<Tls>,
    clock: Arc<dyn Clock>,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Server {
    /// A server at this URL. It does not connect yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a URL that cannot be Redis'. It does not show the URL, which may contain a password.
    pub fn new(url: &str, extra_roots: Arc<[u8]>, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let unfit = || {
            let text = "store: the URL of Redis must be redis:// or rediss://, with a host and at most the number of a database";
            Error::new(ErrorKind::Config, text)
        };
        let mut url = Url::parse(url).map_err(|_| unfit())?;
        let tls = match url.scheme() {
            "redis" => None,
            "rediss" => Some(Tls {
                extra_roots,
                connector: OnceCell::new(),
            }),
            _ => return Err(unfit()),
        };
        let host = match url.host() {
            Some(url::Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err(unfit()),
        };
        if url.fragment().is_some() {
            return Err(unfit());
        }
        let port = url.port().unwrap_or(DEFAULT_PORT);
        // TLS is laid below the connection here, so that it trusts what HTTPS does.
        url.set_scheme("redis").map_err(|()| unfit())?;
        let login = url.into_connection_info().map_err(|_| unfit())?;
        let login = login.redis_settings().clone().set_skip_set_lib_name();
        Ok(Self {
            host,
            port,
            login,
            tls,
            clock,
            connection: Mutex::default(),
        })
    }

    /// Sends a command and reads its answer. If the connection was lost, it is made again and the command sent again, so a
    /// command must do no harm when it runs twice.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] without an answer, or with one that refuses the command.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let known = self.connection.lock().await.clone();
        if let Some(connection) = known {
            match self.ask_over(connection, command).await {
                Err(RequestError::Lost(_)) => {}
                Err(error) => return Err(self.error(error)),
                Ok(answer) => return Ok(answer),
            }
        }
        let answer = async {
            let connection = self.connection().await?;
            self.ask_over(connection, command).await
        };
        answer.await.map_err(|error| self.error(error))
    }

    async fn ask_over<T: FromRedisValue>(
        &self,
        mut connection: MultiplexedConnection,
        command: &Cmd,
    ) -> Result<T, RequestError> {
        let answer = tokio::select! {
            biased;
            answer = command.query_async(&mut connection) => answer,
            () = self.clock.sleep(TIMEOUT) => {
                *self.connection.lock().await = None;
                return Err(RequestError::Silent);
            }
        };
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) if error.is_io_error() => {
                *self.connection.lock().await = None;
                Err(RequestError::Lost(error))
            }
            Err(error) => Err(RequestError::Refused(error)),
        }
    }

    /// The connection. Callers that come while it is being made wait for it.
    async fn connection(&self) -> Result<MultiplexedConnection, RequestError> {
        let mut slot = self.connection.lock().await;
        if let Some(connection) = &*slot {
            return Ok(connection.clone());
        }
        let connection = tokio::select! {
            biased;
            connection = self.connect() => connection?,
            () = self.clock.sleep(TIMEOUT) => return Err(RequestError::Silent),
        };
        Ok(slot.insert(connection).clone())
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RequestError> {
        let connector = match &self.tls {
            Some(tls) => Some(tls.connector().await.map_err(RequestError::NoTls)?),
            None => None,
        };
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(RequestError::Unreachable)?;
        stream.set_nodelay(true).map_err(RequestError::Unreachable)?;
        let Some(connector) = connector else {
            return self.log_in(stream).await;
        };
        let name = ServerName::try_from(self.host.clone())
            .map_err(|error| RequestError::Unreachable(io::Error::other(error)))?;
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(RequestError::Unreachable)?;
        self.log_in(stream).await
    }

    async fn log_in(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<MultiplexedConnection, RequestError> {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let (connection, driver) = MultiplexedConnection::new_with_config(&self.login, stream, config)
            .await
            .map_err(|error| {
                if error.is_io_error() {
                    RequestError::Lost(error)
                } else {
                    RequestError::Refused(error)
                }
            })?;
        // The task ends with the last clone of the connection, or when Redis closes it.
        spawn(driver);
        Ok(connection)
    }

    fn error(&self, error: RequestError) -> Error {
        let Self { host, port, .. } = self;
        let happened = match error {
            RequestError::NoTls(error) => format!("no TLS for Redis at {host}:{port} can be set up: {error}"),
            RequestError::Unreachable(error) => format!("Redis at {host}:{port} cannot be reached: {error}"),
            RequestError::Silent => format!("Redis at {host}:{port} did not answer within {TIMEOUT:?}"),
            RequestError::Lost(error) => format!("the connection to Redis at {host}:{port} was lost: {error}"),
            RequestError::Refused(error) if is_about_login(&error) => {
                format!("Redis at {host}:{port} refused the user or password of the store's URL")
            }
            // The text of such an error shows the stored values.
            RequestError::Refused(error) if is_about_form(&error) => {
                format!("Redis at {host}:{port} answers with something that has not the form it should have")
            }
            RequestError::Refused(error) => format!("Redis at {host}:{port} refused: {error}"),
        };
        let secrets: Vec<_> = [self.login.username(), self.login.password()]
            .into_iter()
            .flatten()
            .map(Secret::new)
            .collect();
        Error::new(ErrorKind::Store, format!("store: {}", printable(&happened, &secrets)))
    }
}

/// The reason why a command failed.
enum RequestError {
    NoTls(io::Error),
    Unreachable(io::Error),
    Silent,
    Lost(RedisError),
    Refused(RedisError),
}

fn is_about_login(error: &RedisError) -> bool {
    error.kind() == RedisErrorKind::AuthenticationFailed || matches!(error.code(), Some("WRONGPASS" | "NOAUTH"))
}

fn is_about_form(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        RedisErrorKind::Parse | RedisErrorKind::UnexpectedReturnType
    )
}

/// TLS. It is set up when it is first needed, on a thread of its own: reading all trusted roots takes milliseconds.
struct Tls {
    /// Certificates in PEM.
    extra_roots: Arc<[u8]>,
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    async fn connector(&self) -> io::Result<&TlsConnector> {
        let make = async || {
            let extra_roots = self.extra_roots.clone();
            let config = spawn_blocking(move || client_config(&extra_roots)).await?;
            io::Result::Ok(TlsConnector::from(Arc::new(config.map_err(io::Error::other)?)))
        };
        self.connector.get_or_try_init(make).await
    }
}
