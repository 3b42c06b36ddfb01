//! A layer around reqwest's own connector, by which a connection can be made apart from the request that will use it. It does
//! nothing to the requests of callers.

use std::{
    any::Any,
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use tower_layer::Layer;
use tower_service::Service;

use crate::mutex::lock;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

tokio::task_local! {
    /// The connection that the present task's request wants. Hyper asks for a connection in the task of the request.
    pub(super) static WANTED: Wanted;
}

#[derive(Clone)]
pub(super) enum Wanted {
    /// No connection: only one of the pool will do.
    None,
    /// A connection to keep here. The request fails.
    Made(Slot),
    /// The connection that is kept here.
    Kept(Slot),
}

/// The place of a connection, which is of a type that reqwest does not name.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl Slot {
    pub fn is_empty(&self) -> bool {
        self.lock().is_none()
    }

    fn put(&self, connection: impl Any + Send) {
        *self.lock() = Some(Box::new(connection));
    }

    fn take<T: 'static>(&self) -> Option<T> {
        Some(*self.lock().take()?.downcast().ok()?)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<dyn Any + Send>>> {
        lock(&self.0)
    }
}

/// Goes around the connector of a client.
#[derive(Clone, Copy)]
pub(super) struct ConnectorLayer;

impl<S> Layer<S> for ConnectorLayer {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector { inner }
    }
}

/// Connects as [`Wanted`] says, else as reqwest does.
#[derive(Clone)]
pub(in crate::api::http) struct Connector<S> {
    inner: S,
}

impl<S, R> Service<R> for Connector<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        match WANTED.try_with(Clone::clone) {
            Err(_) => Box::pin(self.inner.call(request)),
            Ok(Wanted::None) => Box::pin(ready(Err(NoConnection.into()))),
            Ok(Wanted::Made(slot)) => {
                let connecting = self.inner.call(request);
                Box::pin(async move {
                    slot.put(connecting.await?);
                    Err(NoConnection.into())
                })
            }
            Ok(Wanted::Kept(slot)) => Box::pin(ready(slot.take().ok_or_else(|| NoConnection.into()))),
        }
    }
}

/// The error of a request that is not to be sent.
#[derive(Debug)]
struct NoConnection;

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection is made for this request")
    }
}

impl std::error::Error for NoConnection {}
