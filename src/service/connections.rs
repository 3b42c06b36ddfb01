//! The connections of a service. They are limited in number and in time.

use std::{pin::pin, sync::Arc, sync::atomic::AtomicI64, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use tokio::task::JoinSet;
use tower_service::Service;

use super::{
    guard::Peer,
    limits::Limits,
    listener::{Listener, Stream},
    metrics::GaugeGuard,
    protocol::LONGEST_WAIT,
    slots::{Slot, Slots},
};
use crate::{clock::Clock, task::spawn_on};

/// The pause after a failed accept, for example when the process has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(100);
/// The most bytes of a request's line and headers.
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// How long the last answer of a connection may take.
const LAST_ANSWER: Duration = LONGEST_WAIT.saturating_add(Duration::from_secs(5));

/// The parts of a service that its connections share.
pub struct ServeContext {
    /// Answers the requests; each has its [`Peer`] and its connection's [`Slot`] among its extensions.
    pub router: Router,
    /// Measures the time limits.
    pub clock: Arc<dyn Clock>,
    /// Counts the open connections.
    pub connections: Gauge<i64, AtomicI64>,
    /// The limits.
    pub limits: Limits,
}

/// Serves until `ended` completes. Then it closes all connections and frees the address.
pub async fn serve(mut listener: Listener, context: ServeContext, ended: impl Future<Output = ()> + Send) {
    let context = Arc::new(context);
    let slots = Slots::new(&context.limits, listener.needs_secret(), context.clock.clone());
    let mut open = JoinSet::new();
    let mut ended = pin!(ended);
    let next_look = |listener: &Listener| listener.is_removed(context.clock.sleep(context.limits.restored_within));
    let mut look = next_look(&listener);
    loop {
        // The slot is taken first: a connection without a slot waits in the kernel's queue.
        let enter = async {
            let slot = slots.for_authenticated().await;
            (slot, listener.accept().await)
        };
        let (slot, stream, peer) = tokio::select! {
            biased;
            () = &mut ended => return,
            Some(_) = open.join_next() => continue,
            is_removed = &mut look => {
                if is_removed {
                    listener.restore();
                }
                look = next_look(&listener);
                continue;
            }
            (slot, accepted) = enter => {
                let Ok((stream, peer)) = accepted else {
                    context.clock.sleep(PAUSE).await;
                    continue;
                };
                (slot, stream, peer)
            }
        };
        let slot = if let Some(slot) = slot {
            slot
        } else {
            tokio::select! {
                biased;
                () = &mut ended => return,
                slot = slots.for_unauthenticated() => slot,
            }
        };
        let context = context.clone();
        spawn_on(&mut open, async move {
            let _guard = GaugeGuard::new(&context.connections);
            serve_connection(stream, peer, Arc::new(slot), &context).await;
        });
    }
}

async fn serve_connection(stream: Box<dyn Stream>, peer: Peer, slot: Arc<Slot>, context: &ServeContext) {
    let answer = {
        let slot = slot.clone();
        service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(slot.clone());
            context.router.clone().call(request)
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(context.limits.headers_within)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // The peer has closed it.
        _ = connection.as_mut() => return,
        is_kept = slot.is_kept() => if !is_kept { return },
        () = context.clock.sleep(context.limits.unauthenticated_for) => return,
    }
    tokio::select! {
        _ = connection.as_mut() => return,
        () = context.clock.sleep(context.limits.connection_for) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = context.clock.sleep(LAST_ANSWER) => {}
    }
}
