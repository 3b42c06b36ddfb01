//! The bound address of a service. One live service at a time binds an address, and only that one removes the files that it made
//! there.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use super::{
    address::Address,
    guard::{AccessRule, Peer},
    private::{Identity, Lock, identity, remove_if, service, settled},
    proof::random_digits,
    secret_file::{check_secret_folder, check_secret_place, write_secret},
};
use crate::error::Error;

/// A connection on a Unix socket or TCP.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A bound address. Dropping it removes the files that it made, unless another service has replaced them.
pub struct Listener {
    kind: Kind,
    address: Address,
    rule: AccessRule,
    made: Option<(PathBuf, Identity)>,
    /// Why the file could not be made again the last time.
    failure: Option<String>,
    // Declared last, so that it is released last: no other service may take the address while drop() removes files.
    lock: Option<Lock>,
}

enum Kind {
    #[cfg(unix)]
    Socket(tokio::net::UnixListener),
    Port(TcpListener),
}

impl Listener {
    /// Binds an address: at most one live service has it.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Service`] if another one has it, or it cannot be bound;
    /// [`crate::error::ErrorKind::ServiceMismatch`] if others than this user could reach a socket or replace a secret there;
    /// [`crate::error::ErrorKind::Config`] if another file is in the place of the secret.
    pub async fn bind(address: &Address) -> Result<Self, Error> {
        match address {
            Address::Socket { socket_path } => Self::bind_socket(socket_path).await,
            Address::Port { port, secret_file } => Self::bind_port(*port, secret_file).await,
        }
    }

    /// Binds a port of this machine for metrics.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Service`] if it cannot be bound.
    pub async fn bind_metrics(port: u16) -> Result<Self, Error> {
        let (listener, port) = listen(port).await?;
        Ok(Self {
            kind: Kind::Port(listener),
            address: Address::Port {
                port,
                secret_file: PathBuf::new(),
            },
            rule: AccessRule::Metrics,
            made: None,
            failure: None,
            lock: None,
        })
    }

    #[cfg(unix)]
    async fn bind_socket(path: &Path) -> Result<Self, Error> {
        use super::private::{check_folder, check_socket, own_user};
        let path = settled(path)?;
        check_folder(&path)?;
        let lock = Lock::take(&path)?;
        // A program that takes no lock may listen here.
        if check_socket(&path)? && tokio::net::UnixStream::connect(&path).await.is_ok() {
            let text = format!(
                "another program listens at {}; give this service a path of its own",
                path.display()
            );
            return Err(service(text));
        }
        let (listener, mine) = make_socket(&path)?;
        Ok(Self {
            kind: Kind::Socket(listener),
            address: Address::Socket {
                socket_path: path.clone(),
            },
            rule: AccessRule::User(own_user()),
            made: Some((path, mine)),
            failure: None,
            lock: Some(lock),
        })
    }

    #[cfg(not(unix))]
    async fn bind_socket(_: &Path) -> Result<Self, Error> {
        let text = "there are no Unix sockets on this system; serve at a port with a secretFile";
        Err(Error::new(crate::error::ErrorKind::Config, text))
    }

    async fn bind_port(port: u16, secret_file: &Path) -> Result<Self, Error> {
        let secret_file = settled(secret_file)?;
        check_secret_folder(&secret_file)?;
        check_secret_place(&secret_file)?;
        let lock = Lock::take(&secret_file)?;
        let (listener, port) = listen(port).await?;
        // Written after the port is bound, so that the secret of a live service is never replaced.
        let secret = random_digits()?;
        let mine = write_secret(&secret_file, &secret)?;
        let address = Address::Port {
            port,
            secret_file: secret_file.clone(),
        };
        Ok(Self {
            kind: Kind::Port(listener),
            rule: AccessRule::Secret {
                host: address.host(),
                secret,
            },
            address,
            made: Some((secret_file, mine)),
            failure: None,
            lock: Some(lock),
        })
    }

    /// Waits for a connection.
    pub async fn accept(&self) -> std::io::Result<(Box<dyn Stream>, Peer)> {
        match &self.kind {
            #[cfg(unix)]
            Kind::Socket(listener) => {
                let (stream, _) = listener.accept().await?;
                let user = stream.peer_cred().ok().map(|peer| peer.uid());
                Ok((Box::new(stream), Peer::User(user)))
            }
            Kind::Port(listener) => {
                let (stream, from) = listener.accept().await?;
                // Answers are small and written at once.
                stream.set_nodelay(true)?;
                let loopback = from.ip().is_loopback();
                Ok((Box::new(stream), Peer::Network { loopback }))
            }
        }
    }

    /// Looks after `wait` whether somebody has removed the socket or the secret. A disk that hangs holds nobody up.
    pub fn is_removed(&self, wait: BoxFuture<'static, ()>) -> BoxFuture<'static, bool> {
        let path = self.made.as_ref().map(|(path, _)| path.clone());
        Box::pin(async move {
            wait.await;
            let Some(path) = path else { return false };
            tokio::task::spawn_blocking(move || is_missing(&path))
                .await
                .unwrap_or(false)
        })
    }

    /// Makes the socket or the secret again that somebody has removed: nobody new could connect. Open connections last.
    pub fn restore(&mut self) {
        let Some((path, _)) = &self.made else { return };
        let path = path.clone();
        match self.make_again(&path) {
            Ok(()) => {
                self.failure = None;
                tracing::warn!(path = %path.display(), "somebody had removed this file of a token service, which has made it again");
            }
            Err(error) => {
                let text = error.to_string();
                if self.failure.as_ref() != Some(&text) {
                    tracing::error!(%error, "no program can find this token service: somebody has removed its file");
                }
                self.failure = Some(text);
            }
        }
    }

    fn make_again(&mut self, path: &Path) -> Result<(), Error> {
        settled(path)?;
        match &self.kind {
            #[cfg(unix)]
            Kind::Socket(_) => super::private::check_folder(path)?,
            Kind::Port(_) => check_secret_folder(path)?,
        }
        // The file of the lock may have been removed as well, and another service may have made it again.
        if !self.lock.as_ref().is_some_and(|lock| lock.is_at(path)) {
            self.lock = Some(Lock::take(path)?);
        }
        let mine = match (&mut self.kind, &self.rule) {
            #[cfg(unix)]
            (Kind::Socket(listener), _) => {
                let (again, mine) = make_socket(path)?;
                *listener = again;
                mine
            }
            (Kind::Port(_), AccessRule::Secret { secret, .. }) => {
                check_secret_place(path)?;
                write_secret(path, secret)?
            }
            (Kind::Port(_), _) => return Ok(()),
        };
        self.made = Some((path.to_owned(), mine));
        Ok(())
    }

    /// Whether a connection must show the secret.
    pub fn needs_secret(&self) -> bool {
        matches!(self.kind, Kind::Port(_))
    }

    /// The bound address, with the port that the system chose.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The condition for an answer here.
    pub fn rule(&self) -> &AccessRule {
        &self.rule
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some((path, mine)) = self.made.take() {
            remove_if(&path, mine);
        }
    }
}

/// Whether nothing is at a path. What cannot be told is no reason to act.
fn is_missing(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// Binds a socket beside `path` and moves it there: a dead service's socket is replaced by one that already listens.
#[cfg(unix)]
fn make_socket(path: &Path) -> Result<(tokio::net::UnixListener, Identity), Error> {
    use super::private::{cannot, close_to_others, new_of, remove_stale_socket};
    let new = new_of(path);
    remove_stale_socket(&new)?;
    let bind = || {
        let listener = tokio::net::UnixListener::bind(&new)?;
        close_to_others(&new)?;
        let mine = identity(&new).ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))?;
        std::fs::rename(&new, path)?;
        std::io::Result::Ok((listener, mine))
    };
    bind().map_err(|error| cannot("listen at", path, &error))
}

async fn listen(port: u16) -> Result<(TcpListener, u16), Error> {
    let bind = async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        std::io::Result::Ok((listener, port))
    };
    bind.await.map_err(|error| {
        let why = if error.kind() == std::io::ErrorKind::AddrInUse {
            "another program has this port; close it, or take another port".into()
        } else {
            error.to_string()
        };
        service(format!("cannot listen at 127.0.0.1:{port}: {why}"))
    })
}
