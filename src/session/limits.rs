//! The limits of calls: our own, which keep a distance to Tradovate's, and those of the session's owner.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::{earlier, later};

/// Tradovate counts by the hour.
pub const HOUR: Duration = Duration::from_secs(3_600);
/// Renewals an hour that we allow ourselves; Tradovate allows 15.
pub const RENEWALS_AN_HOUR: usize = 12;
/// Refused logins an hour that we allow ourselves; Tradovate allows 5.
pub const REFUSED_LOGINS_AN_HOUR: usize = 4;
/// The same call is never sent again sooner than this after one that failed.
pub const LEAST_GAP: Duration = Duration::from_secs(1);
/// The longest pause after a renewal that failed, unless Tradovate names more or few are left.
pub const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);
/// How long the store is waited for by who has renewed a token, or closes a session that saves one: their process may end next.
pub const SAVE_PATIENCE: Duration = Duration::from_secs(5);
/// An eviction this soon after another one makes a session contended. The same time passes between two logins on suspicion.
pub const QUARTER_HOUR: Duration = Duration::from_secs(900);
/// After more penalties in a row a login on suspicion waits an hour, and not a quarter of one.
pub const PENALTIES_BEFORE_AN_HOUR: u32 = 2;
/// Probes that may settle nothing before a login is made instead.
pub const PROBES: u32 = 3;
/// A moment that lies further ahead than this, and should lie in the past, was written under another clock.
pub(super) const AHEAD: Duration = Duration::from_secs(60);

/// The limits that the owner of a session sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long before expiry a renewal is due, at most a quarter of the token's life.
    pub renew_before: Duration,
    /// The reaction to an eviction.
    pub on_eviction: OnEviction,
    /// The most logins.
    pub max_logins: MaxLogins,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            renew_before: QUARTER_HOUR,
            on_eviction: OnEviction::Login,
            max_logins: MaxLogins {
                count: 3,
                within: Duration::from_secs(600),
            },
        }
    }
}

/// The reaction to an eviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEviction {
    /// One login, unless it comes right after another eviction.
    Login,
    /// None: the session stops.
    Stop,
}

/// The most logins in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxLogins {
    /// The number of logins.
    pub count: usize,
    /// The time.
    pub within: Duration,
}

/// When one more is allowed, if not now.
pub(super) fn quota(list: &[Timestamp], most: usize, within: Duration, now: Timestamp) -> Option<Timestamp> {
    let counted = counted(list, within, now);
    let oldest = counted.len().checked_sub(most)?;
    Some(after(*counted.get(oldest)?, within))
}

/// The moments that still count, in order.
pub(super) fn counted(list: &[Timestamp], within: Duration, now: Timestamp) -> Vec<Timestamp> {
    let since = earlier(now, within);
    let mut counted: Vec<_> = list.iter().copied().filter(|at| *at > since).collect();
    counted.sort_unstable();
    counted
}

/// The moment `by` after a call, on the next whole millisecond: waits and errors have no finer times.
pub(super) fn after(call: Timestamp, by: Duration) -> Timestamp {
    let within = u64::try_from(call.subsec_nanosecond().rem_euclid(1_000_000)).unwrap_or(0);
    later(call, by + Duration::from_nanos((1_000_000 - within) % 1_000_000))
}
