//! What a keeper depends on: everything that is handed in.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use super::{events::EventQueue, ledger::Ledger, policy::Limits};
use crate::{
    api::{Credentials, Origin, Tradovate},
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

/// What a keeper depends on.
pub(super) struct Deps {
    pub api: Arc<dyn Tradovate>,
    pub store: Arc<dyn Store>,
    pub ledger: Ledger,
    pub source: Arc<dyn CredentialsSource>,
    pub random: Arc<dyn Random>,
    pub clock: Arc<ServerClock>,
    pub events: Arc<EventQueue>,
    pub origin: Origin,
    pub limits: Limits,
    pub timeout: Duration,
}
