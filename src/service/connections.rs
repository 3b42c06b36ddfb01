//! The connections of a service: so many at once, each for so long, none that only trickles.

use std::{pin::pin, sync::Arc, sync::atomic::AtomicI64, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use tokio::task::JoinSet;
use tower_service::Service;

use super::{
    guard::Peer,
    listener::{Listener, Wire},
    metrics::Present,
    places::{Place, Places},
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
    /// Answers the requests; each has its [`Peer`] and its connection's [`Place`] among its extensions.
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
    let places = Places::new(&house.limits, listener.has_strangers(), house.clock.clone());
    let mut open = JoinSet::new();
    let mut ended = pin!(ended);
    loop {
        // Taken before a connection is: those for whom there is no room wait in the kernel's queue.
        let enter = async {
            let place = places.for_known().await;
            (place, listener.accept().await)
        };
        let (place, stream, peer) = tokio::select! {
            biased;
            () = &mut ended => return,
            Some(_) = open.join_next() => continue,
            (place, accepted) = enter => {
                let Ok((stream, peer)) = accepted else {
                    house.clock.sleep(PAUSE).await;
                    continue;
                };
                (place, stream, peer)
            }
        };
        let place = if let Some(place) = place {
            place
        } else {
            tokio::select! {
                biased;
                () = &mut ended => return,
                place = places.for_stranger() => place,
            }
        };
        let house = house.clone();
        open.spawn(async move {
            let _present = Present::at(&house.connections);
            converse(stream, peer, Arc::new(place), &house).await;
        });
    }
}

async fn converse(stream: Box<dyn Wire>, peer: Peer, place: Arc<Place>, house: &House) {
    let answer = {
        let place = place.clone();
        service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(place.clone());
            house.router.clone().call(request)
        })
    };
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
        is_kept = place.is_kept() => if !is_kept { return },
        () = house.clock.sleep(house.limits.stranger_for) => return,
    }
    tokio::select! {
        _ = connection.as_mut() => return,
        () = house.clock.sleep(house.limits.connection_for) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = house.clock.sleep(LAST_ANSWER) => {}
    }
}
