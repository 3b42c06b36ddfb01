//! The limits of a service.

use std::time::Duration;

/// The limits of connections, requests and files.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most connections at once. More wait until one ends.
    pub connections: usize,
    /// The most of them that have not shown the secret. One more closes the oldest of these.
    pub unauthenticated: usize,
    /// How long such a connection lasts.
    pub unauthenticated_for: Duration,
    /// The time limit of a request's headers, and of the pause between two requests.
    pub headers_within: Duration,
    /// The time limit of a request's body.
    pub body_within: Duration,
    /// How long a connection lasts. A request that is under way at its end is still answered.
    pub connection_for: Duration,
    /// How soon a socket or secret that somebody has removed is made again.
    pub restored_within: Duration,
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
            restored_within: Duration::from_secs(10),
        }
    }
}
