//! What a session depends on: everything that is handed in.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{events::EventQueue, ledger::Ledger};
use crate::{
    api::{Credentials, Tradovate},
    clock::ServerClock,
    error::Error,
    store::Store,
};

/// Where credentials come from.
pub trait CredentialsSource: Send + Sync + 'static {
    /// The credentials to log in with now.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>>;
}

impl CredentialsSource for Credentials {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}

/// Randomness, handed in.
pub trait Random: Send + Sync + 'static {
    /// A number from 0 to 1.
    fn unit(&self) -> f64;
    /// A whole number.
    fn number(&self) -> u64;
}

/// What a session depends on.
pub struct Deps {
    /// How Tradovate is called.
    pub api: Arc<dyn Tradovate>,
    /// Where the record is kept.
    pub store: Arc<dyn Store>,
    /// Where all logins of this machine keep what Tradovate counts by address.
    pub ledger: Ledger,
    /// Where credentials for later logins come from.
    pub source: Arc<dyn CredentialsSource>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Local time, and Tradovate's.
    pub clock: Arc<ServerClock>,
    /// Where events go.
    pub events: Arc<EventQueue>,
}
