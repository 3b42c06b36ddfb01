//! A token, its number among its login's tokens, and the time for which it may be used.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    clock::{earlier, until},
    secret::{Secret, reveal, reveal_option},
};

/// The longest a token must still live to be handed out without waiting, and the least a renewal must add.
const MINUTE: Duration = Duration::from_secs(60);

/// A token and its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The token.
    #[serde(serialize_with = "reveal")]
    pub access_token: Secret,
    /// The market-data token.
    #[serde(default, serialize_with = "reveal_option")]
    pub md_access_token: Option<Secret>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The same, as Tradovate wrote it.
    pub expiration_time: String,
    /// When it was granted.
    pub issued_at: Timestamp,
    /// The reason why Tradovate takes it no longer.
    #[serde(default)]
    pub lost: Option<Loss>,
}

/// The number of a login's token: 0 before the first one, and one more with each new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(u64);

impl Generation {
    /// The generation of the token after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number, for a log, a metric or another language.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for Generation {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a login's session at Tradovate: 0 before the first one, and one more with each login. Tokens of one session
/// share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionNumber(u64);

impl SessionNumber {
    /// The number of the session after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<u64> for SessionNumber {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// How a token was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// A new session was opened.
    ByLogin,
    /// The session goes on.
    ByRenewal,
}

/// The reason why Tradovate takes a token no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Loss {
    /// Tradovate refused it well before its expiry: a third login closed the session.
    Evicted,
    /// Tradovate refused it shortly before its expiry, where the two clocks may differ, or after it.
    Expired,
}

impl Token {
    /// Both tokens: what is cut out of texts that the other side sends back.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [Some(&self.access_token), self.md_access_token.as_ref()]
            .into_iter()
            .flatten()
    }

    /// How long it was granted for.
    #[must_use]
    pub fn life(&self) -> Duration {
        until(self.issued_at, self.expires_at)
    }

    /// A minute, or a tenth of a short life: how long a token must still have to be handed out without waiting, and what a
    /// renewal must add to count as one.
    #[must_use]
    pub fn margin(&self) -> Duration {
        MINUTE.min(self.life() / 10)
    }

    /// Whether Tradovate may still take it.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.lost.is_none() && now < self.expires_at
    }

    /// Whether it is good for long enough to be handed out without waiting.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.lost.is_none() && now < earlier(self.expires_at, self.margin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(life_seconds: i64) -> Token {
        Token {
            access_token: Secret::new("tok-canary"),
            md_access_token: None,
            expires_at: Timestamp::from_second(1_000_000 + life_seconds).unwrap(),
            expiration_time: String::new(),
            issued_at: Timestamp::from_second(1_000_000).unwrap(),
            lost: None,
        }
    }

    #[test]
    fn promise_3_the_margin_is_a_minute_or_a_tenth_of_a_short_life() {
        assert_eq!(token(4_800).margin(), MINUTE);
        assert_eq!(token(90).margin(), Duration::from_secs(9));
        let short = token(10);
        let at = |ms: i64| Timestamp::from_millisecond(1_000_000_000 + ms).unwrap();
        assert!(short.is_fresh(at(8_999)) && !short.is_fresh(at(9_000)));
        assert!(short.is_good(at(9_999)) && !short.is_good(at(10_000)));
    }
}
