//! The clients behind the calls. Each is made when it is first wanted, and not by the thread that asks: reading all that is
//! trusted takes milliseconds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Certificate, Client, ClientBuilder, redirect};
use tokio::{sync::OnceCell, task::spawn_blocking};
use tower::util::MapRequestLayer;

use crate::{api::Failure, trust::roots};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Load balancers close idle connections after 60 s; one that is older may be dead already.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// A network that has gone away says nothing: so long may sent bytes, or a ping of HTTP/2, be without a sign.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("tradovate-session/", env!("CARGO_PKG_VERSION"));

/// A client for TLS, and one for a sandbox on this machine, which needs no certificate. Each has a pool of connections.
pub(super) struct Clients {
    secure: OnceCell<Client>,
    plain: OnceCell<Client>,
    /// In PEM.
    extra_roots: Arc<[u8]>,
    /// Made so far.
    connections: Arc<AtomicU64>,
}

impl Clients {
    pub fn new(extra_roots: &[u8]) -> Self {
        Self {
            secure: OnceCell::new(),
            plain: OnceCell::new(),
            extra_roots: extra_roots.into(),
            connections: Arc::default(),
        }
    }

    /// The client for a URL.
    pub async fn of(&self, url: &str) -> Result<&Client, Failure> {
        let builder = Client::builder();
        let connections = self.connections.clone();
        if url.starts_with("http:") {
            return made(&self.plain, move || build(builder.tls_certs_only([]), connections)).await;
        }
        let extra_roots = self.extra_roots.clone();
        let with_roots = move || {
            let roots = roots(&extra_roots).filter_map(|root| Certificate::from_der(&root).ok());
            build(builder.tls_certs_merge(roots), connections)
        };
        made(&self.secure, with_roots).await
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

/// The client in a cell. One that cannot be made is tried again by the next call.
async fn made(
    cell: &OnceCell<Client>,
    make: impl FnOnce() -> reqwest::Result<Client> + Send + 'static,
) -> Result<&Client, Failure> {
    let no_client = |why: &dyn std::error::Error| Failure::NotSent(format!("no HTTP client can be made: {why}"));
    cell.get_or_try_init(|| async {
        let making = spawn_blocking(make).await.map_err(|error| no_client(&error))?;
        making.map_err(|error| no_client(&error))
    })
    .await
}

/// No redirect is followed, no proxy used, nothing unencrypted leaves the machine.
fn build(builder: ClientBuilder, connections: Arc<AtomicU64>) -> reqwest::Result<Client> {
    // Another part of the process may have chosen a provider already; ours is only the default.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(SIGN_OF_LIFE);
    builder
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http2_keep_alive_interval(SIGN_OF_LIFE)
        .http2_keep_alive_timeout(SIGN_OF_LIFE)
        .connector_layer(MapRequestLayer::new(move |request| {
            connections.fetch_add(1, Ordering::Relaxed);
            request
        }))
        .build()
}
