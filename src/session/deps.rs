//! The parts that a session depends on. All of them are handed in.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{events::EventQueue, ledger::Ledger};
use crate::{
    api::{Credentials, Tradovate},
    clock::ServerClock,
    error::Error,
    store::Store,
};

/// A source of credentials.
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

/// The parts that a session depends on.
pub struct Deps {
    /// Calls Tradovate.
    pub api: Arc<dyn Tradovate>,
    /// Keeps the record.
    pub store: Arc<dyn Store>,
    /// Counts the calls of all logins of this machine that Tradovate counts by address.
    pub ledger: Ledger,
    /// Gives the credentials for later logins.
    pub source: Arc<dyn CredentialsSource>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Local time, and Tradovate's.
    pub clock: Arc<ServerClock>,
    /// Takes the events.
    pub events: Arc<EventQueue>,
}
