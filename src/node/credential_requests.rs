//! The requests for credentials that a keeper makes of JavaScript.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard},
};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::{
    api::Credentials,
    error::Error,
    mutex::lock,
    session::{CredentialsSource, events::EventQueue},
};

/// Requests for credentials, by number. Each is open until JavaScript answers it or the keeper gives up.
pub struct CredentialRequests {
    events: Arc<EventQueue>,
    state: Mutex<RequestState>,
}

#[derive(Default)]
struct RequestState {
    last: u32,
    new: Vec<u32>,
    open: HashMap<u32, oneshot::Sender<Result<Credentials, Error>>>,
}

impl CredentialRequests {
    /// `events` is woken when there is a request.
    pub fn new(events: Arc<EventQueue>) -> Self {
        Self {
            events,
            state: Mutex::default(),
        }
    }

    /// Removes and returns the requests that JavaScript does not know of yet.
    pub fn drain(&self) -> Vec<u32> {
        mem::take(&mut self.lock().new)
    }

    /// Answers a request.
    pub fn answer(&self, ask: u32, credentials: Result<Credentials, Error>) {
        if let Some(asker) = self.lock().open.remove(&ask) {
            // A keeper that has given up needs no answer.
            let _ = asker.send(credentials);
        }
    }

    fn lock(&self) -> MutexGuard<'_, RequestState> {
        lock(&self.state)
    }
}

impl CredentialsSource for CredentialRequests {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(async move {
            let (asker, answer) = oneshot::channel();
            {
                let mut state = self.lock();
                state.last = state.last.wrapping_add(1);
                let ask = state.last;
                state.open.retain(|_, asker| !asker.is_closed());
                state.open.insert(ask, asker);
                state.new.push(ask);
            }
            self.events.wake();
            answer.await.unwrap_or_else(|_| Err(Error::closed()))
        })
    }
}
