//! The token service. It is open at an address until it is closed, and runs off any event loop.

use std::sync::{Arc, atomic::AtomicI64};

use axum::Router;
use prometheus_client::metrics::gauge::Gauge;
use tokio::{sync::watch, task::JoinHandle};

use super::{
    address::Address,
    connections::{ServeContext, serve},
    limits::Limits,
    listener::Listener,
    metrics::Metrics,
    routes::RouteState,
};
use crate::{error::Error, session::Session, task::spawn};

/// The options of a service.
pub struct Options {
    /// The session whose token is served. The service ends when it is closed.
    pub session: Arc<Session>,
    /// The address to listen at.
    pub address: Address,
    /// A port of this machine for `/metrics`; 0 for any free one.
    pub metrics_port: Option<u16>,
    /// The limits of connections, requests and files.
    pub limits: Limits,
}

/// An address that is bound before there is a service: connections to it wait. Dropping it removes the files that it made.
pub struct Bound {
    listener: Listener,
    metrics: Option<Listener>,
}

impl Bound {
    /// Binds an address, and a port for metrics if one is given.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Service`] if another one has the address, or it cannot be bound;
    /// [`crate::error::ErrorKind::ServiceMismatch`] if others than this user could reach a socket or replace a secret there.
    pub async fn at(address: &Address, metrics_port: Option<u16>) -> Result<Self, Error> {
        Ok(Self {
            listener: Listener::bind(address).await?,
            metrics: match metrics_port {
                Some(port) => Some(Listener::bind_metrics(port).await?),
                None => None,
            },
        })
    }
}

/// A service that is open until it is closed or dropped.
pub struct Service {
    address: Address,
    metrics_port: Option<u16>,
    polls: Gauge<i64, AtomicI64>,
    closing: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Service {
    /// Opens a service on the present runtime.
    ///
    /// # Errors
    /// Those of [`Bound::at`]; [`crate::error::ErrorKind::Closed`] if the session is.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let Options {
            session,
            address,
            metrics_port,
            limits,
        } = options;
        if session.view().is_closed() {
            return Err(Error::closed());
        }
        Self::on(Bound::at(&address, metrics_port).await?, &session, limits)
    }

    /// Opens a service at a bound address, on the present runtime.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Closed`] if the session is.
    pub fn on(bound: Bound, session: &Arc<Session>, limits: Limits) -> Result<Self, Error> {
        let Bound {
            listener,
            metrics: metrics_listener,
        } = bound;
        if session.view().is_closed() {
            return Err(Error::closed());
        }
        let address = listener.address().clone();
        let metrics_port = metrics_listener.as_ref().and_then(|listener| match listener.address() {
            Address::Port { port, .. } => Some(*port),
            Address::Socket { .. } => None,
        });
        let (closing, _) = watch::channel(false);
        let metrics = Arc::new(Metrics::new(session.clone()));
        let state = RouteState {
            session: session.clone(),
            metrics: metrics.clone(),
            body_within: limits.body_within,
        };
        let open = |listener: Listener, router: Router| {
            let context = ServeContext {
                router,
                clock: session.clock().local().clone(),
                connections: metrics.connections.clone(),
                limits,
            };
            spawn(serve(listener, context, ended(session.clone(), closing.subscribe())))
        };
        tracing::info!(%address, metrics_port, "a token service is open");
        let router = state.token_router(listener.rule().clone());
        let mut tasks = vec![open(listener, router)];
        tasks.extend(metrics_listener.map(|listener| {
            let router = state.metrics_router(listener.rule().clone());
            open(listener, router)
        }));
        Ok(Self {
            address,
            metrics_port,
            polls: metrics.polls.clone(),
            closing,
            tasks,
        })
    }

    /// The address, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The port for metrics.
    #[must_use]
    pub fn metrics_port(&self) -> Option<u16> {
        self.metrics_port
    }

    /// Dependents that wait for the next token now.
    #[must_use]
    pub fn dependents(&self) -> u32 {
        u32::try_from(self.polls.get()).unwrap_or(0)
    }

    /// Ends the service and every connection, and removes its socket or secret. The session stays open.
    pub async fn close(mut self) {
        self.closing.send_replace(true);
        for task in self.tasks.drain(..) {
            // A task that panicked has ended as well.
            let _ = task.await;
        }
    }
}

/// Completes when the service or its session is closed or dropped.
async fn ended(session: Arc<Session>, mut closing: watch::Receiver<bool>) {
    let mut views = session.views();
    tokio::select! {
        _ = closing.wait_for(|closing| *closing) => {}
        _ = views.wait_for(|view| view.is_closed()) => {}
    }
}
