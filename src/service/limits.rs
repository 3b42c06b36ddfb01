//! The limits of a service's connections and requests.

use std::time::Duration;

/// The limits of connections and requests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait until one is free.
    pub connections: usize,
    /// How many of them may be without the secret. One more closes the oldest of these.
    pub unauthenticated: usize,
    /// How long such a connection lasts, whatever is requested on it.
    pub unauthenticated_for: Duration,
    /// The time limit of a request's headers, and of the pause between two requests.
    pub headers_within: Duration,
    /// The time limit of a request's body.
    pub body_within: Duration,
    /// How long a connection lasts. A request that is under way then may end.
    pub connection_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            unauthenticated: 32,
            unauthenticated_for: Duration::from_secs(5),
            headers_within: Duration::from_secs(5),
            body_within: Duration::from_secs(5),
            connection_for: Duration::from_secs(600),
        }
    }
}
