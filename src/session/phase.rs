//! The activity of a session, as its view shows it.

use std::time::Duration;

/// The activity of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing: it waits for a time, a caller or another session.
    Idle,
    /// A call, or what leads to one.
    Calling,
    /// It saves the token that a call has brought, and that is in use already: a process that ends now loses it.
    Saving {
        /// Until when the store is waited for by those whose process may end next, by the boot clock.
        until: Duration,
    },
    /// Its owner has closed it. A call that was under way may still go on.
    Closed,
}

impl Phase {
    /// Whether a token is being saved.
    #[must_use]
    pub fn is_saving(self) -> bool {
        matches!(self, Self::Saving { .. })
    }

    /// Whether a call is under way whose end may change what is shown.
    #[must_use]
    pub fn is_in_flight(self) -> bool {
        matches!(self, Self::Calling | Self::Saving { .. })
    }
}
