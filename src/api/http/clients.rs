//! The HTTP clients of the calls. Each is made when it is first needed, on a thread of its own: reading all trusted roots takes
//! milliseconds.

use std::{error::Error, sync::Arc, time::Duration};

use reqwest::{Client, redirect, retry};
use tokio::{sync::OnceCell, task::spawn_blocking};

use super::connector::ConnectorLayer;
use crate::{
    api::Failure,
    trust::{client_config, distrusting_config},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Load balancers close idle connections after 60 s; one that is older may be dead already.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// The longest time without an acknowledgement of sent bytes, or of an HTTP/2 ping: a network that is gone reports nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("tradovate-session/", env!("CARGO_PKG_VERSION"));

/// A client for TLS, and one for a sandbox on this machine, which needs no certificate. Each has a pool of connections. A third
/// has none: it makes connections ahead for the first.
pub(super) struct Clients {
    secure: OnceCell<Client>,
    without_pool: OnceCell<Client>,
    plain: OnceCell<Client>,
    /// In PEM.
    extra_roots: Arc<[u8]>,
}

impl Clients {
    pub fn new(extra_roots: Arc<[u8]>) -> Self {
        Self {
            secure: OnceCell::new(),
            without_pool: OnceCell::new(),
            plain: OnceCell::new(),
            extra_roots,
        }
    }

    /// The client for a URL.
    pub async fn of(&self, url: &str) -> Result<&Client, Failure> {
        self.made(self.cell(url), !is_plain(url), usize::MAX).await
    }

    /// The client for TLS that has no pool.
    pub async fn without_pool(&self) -> Result<&Client, Failure> {
        self.made(&self.without_pool, true, 0).await
    }

    async fn made<'a>(&self, cell: &'a OnceCell<Client>, is_secure: bool, pool: usize) -> Result<&'a Client, Failure> {
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let extra_roots = is_secure.then(|| self.extra_roots.clone());
        let make = async || {
            spawn_blocking(move || build(extra_roots.as_deref(), pool))
                .await
                .map_err(|error| no_client(&error))?
                .map_err(|error| no_client(root_of(&*error)))
        };
        // If the client cannot be made, the next call tries again.
        cell.get_or_try_init(make).await
    }

    /// Whether the client for a URL is made already.
    pub fn has(&self, url: &str) -> bool {
        self.cell(url).initialized()
    }

    fn cell(&self, url: &str) -> &OnceCell<Client> {
        if is_plain(url) { &self.plain } else { &self.secure }
    }
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http:")
}

/// No redirect is followed, no proxy used, and nothing sent again that was sent. Without roots nothing is trusted. `pool` is the most idle connections to a host.
fn build(extra_roots: Option<&[u8]>, pool: usize) -> Result<Client, Box<dyn Error + Send + Sync>> {
    let mut tls = extra_roots.map_or_else(distrusting_config, client_config)?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let builder = Client::builder().tls_backend_preconfigured(tls);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(KEEP_ALIVE);
    let client = builder
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .connector_layer(ConnectorLayer)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(pool)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE)
        .http2_keep_alive_while_idle(true)
        .build()?;
    Ok(client)
}

fn no_client(why: &dyn Error) -> Failure {
    Failure::NotSent(format!("no HTTP client can be made: {why}"))
}

/// The root cause of an error: the outer errors say little.
pub(super) fn root_of<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root
}
