//! Finds, makes and retires connections of a client's pool, without a request of the API.
//!
//! All three are done by a request that cannot be sent. Hyper gets a connection for it, finds before a byte is written that
//! this connection carries no such request, and leaves the connection in the pool, where it is watched like any other.

use std::error::Error;

use hyper_util::client::legacy::{self, connect::Connected};
use reqwest::{Client, Method, Version, header::CONTENT_LENGTH};

use super::super::connector::{Slot, WANTED, Wanted};

/// The most connections that are retired at once. The pool holds as many as calls were under way at the same time.
const MOST_RETIRED: usize = 1_024;

/// A connection that is in no pool yet.
pub(super) struct NewConnection(Slot);

/// Whether the pool has an idle connection that is open. The pool takes it for one that was used just now.
pub(super) async fn has_idle(client: &Client, base: &str) -> bool {
    attempt(client, base, Wanted::None).await.connection().is_some()
}

/// Makes a connection, if that can be done. `client` must have no pool.
pub(super) async fn connect(client: &Client, base: &str) -> Option<NewConnection> {
    let slot = Slot::default();
    attempt(client, base, Wanted::Made(slot.clone())).await;
    (!slot.is_empty()).then_some(NewConnection(slot))
}

/// Puts a new connection in the place of all idle ones of the pool.
pub(super) async fn replace(client: &Client, base: &str, NewConnection(slot): NewConnection) {
    for _ in 0..MOST_RETIRED {
        match attempt(client, base, Wanted::Kept(slot.clone())).await.connection() {
            Some(older) if !slot.is_empty() => older.poison(),
            _ => return,
        }
    }
}

/// Retires all idle connections of the pool. Calls that are under way on one end undisturbed.
pub(super) async fn retire(client: &Client, base: &str) {
    for _ in 0..MOST_RETIRED {
        match attempt(client, base, Wanted::None).await.connection() {
            Some(idle) => idle.poison(),
            None => return,
        }
    }
}

/// The error of a request that hyper did not send.
struct Unsent(Option<reqwest::Error>);

impl Unsent {
    /// The connection that the request was not sent on, if there was one.
    fn connection(&self) -> Option<&Connected> {
        let mut cause: Option<&(dyn Error + 'static)> = self.0.as_ref().map(|error| error as _);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<legacy::Error>() {
                return error.connect_info();
            }
            cause = error.source();
        }
        None
    }
}

/// Gets a connection for a request that no connection carries: on HTTP/1.1 it is one of HTTP/2, and on HTTP/2 a CONNECT that
/// announces a body.
async fn attempt(client: &Client, base: &str, wanted: Wanted) -> Unsent {
    let request = client
        .request(Method::CONNECT, base)
        .version(Version::HTTP_2)
        .header(CONTENT_LENGTH, 1);
    Unsent(WANTED.scope(wanted, request.send()).await.err())
}
