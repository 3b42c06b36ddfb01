//! The connections of a service: so many at once, each for so long, none that only trickles.

use std::{pin::pin, sync::Arc, sync::atomic::AtomicI64, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use tokio::{sync::Semaphore, task::JoinSet};
use tower_service::Service;

use super::{
    guard::Peer,
    listener::{Listener, Wire},
    metrics::Present,
    server::Limits,
    wire::LONGEST_WAIT,
};
use crate::clock::Clock;

/// The pause after a failed accept: there are no file descriptors left, say.
const PAUSE: Duration = Duration::from_millis(100);
/// Room for a request's line and headers.
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// The longest answer, and then some.
const LAST_ANSWER: Duration = LONGEST_WAIT.saturating_add(Duration::from_secs(5));

/// What connections are served with.
pub struct House {
    /// Answers the requests; each has its [`Peer`] among its extensions.
    pub router: Router,
    /// Measures how long they take.
    pub clock: Arc<dyn Clock>,
    /// Counts them.
    pub connections: Gauge<i64, AtomicI64>,
    /// How much is borne.
    pub limits: Limits,
}

/// Serves until `ended` ends; then nothing is left of the connections, and the address is free.
pub async fn serve(listener: Listener, house: House, ended: impl Future<Output = ()> + Send) {
    let house = Arc::new(house);
    let room = Arc::new(Semaphore::new(house.limits.connections));
    let mut open = JoinSet::new();
    let mut ended = pin!(ended);
    loop {
        // Taken before a connection is: those for whom there is no room wait in the kernel's queue.
        let enter = async {
            let place = room.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            biased;
            () = &mut ended => return,
            Some(_) = open.join_next() => {}
            (place, accepted) = enter => match accepted {
                Ok((stream, peer)) => {
                    let house = house.clone();
                    open.spawn(async move {
                        let _place = place;
                        let _present = Present::at(&house.connections);
                        converse(stream, peer, &house).await;
                    });
                }
                Err(_) => house.clock.sleep(PAUSE).await,
            },
        }
    }
}

async fn converse(stream: Box<dyn Wire>, peer: Peer, house: &House) {
    let answer = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        house.router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(house.limits.headers_within)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // How a connection ends is its peer's affair.
        _ = connection.as_mut() => return,
        () = house.clock.sleep(house.limits.connection_for) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = house.clock.sleep(LAST_ANSWER) => {}
    }
}
