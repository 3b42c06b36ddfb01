//! The past calls of a login, as far as a limit or a back-off looks at them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::limits::QUARTER_HOUR;
use crate::{
    clock::later,
    error::{Error, ErrorKind},
};

/// The failures of one kind of call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    /// Failures in a row.
    pub failures: u32,
    /// When the last one was sent or answered, unless it succeeded.
    #[serde(default)]
    pub last_at: Option<Timestamp>,
    /// The end of the back-off after a failure.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// Until when Tradovate's `Retry-After` asks to wait, whoever wants the call.
    #[serde(default)]
    pub told_until: Option<Timestamp>,
    /// The HTTP status by which Tradovate itself failed the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl Attempts {
    /// The error of the last failure, for those who know of it by the record alone.
    #[must_use]
    pub fn error(&self, text: String) -> Error {
        match self.status {
            Some(status) => {
                Error::new(ErrorKind::Http, format!("Tradovate answered HTTP {status}: {text}")).with_status(status)
            }
            None => Error::new(ErrorKind::Connect, text),
        }
    }

    /// Allows no call before `at`, whoever wants it.
    pub fn keep_back_until(&mut self, at: Option<Timestamp>) {
        self.not_before = self.not_before.max(at);
        self.told_until = self.told_until.max(at);
    }
}

/// The recent calls and evictions. Each list is cut to what its limit looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// Token requests that opened a session, or may have.
    #[serde(default)]
    pub logins: Vec<Timestamp>,
    /// Token requests that were refused.
    #[serde(default)]
    pub refusals: Vec<Timestamp>,
    /// Renewals that may have reached Tradovate, whatever came of them.
    #[serde(default)]
    pub renewals: Vec<Timestamp>,
    /// Sessions that a third login closed.
    #[serde(default)]
    pub evictions: Vec<Timestamp>,
}

impl History {
    /// Until when a session that is evicted is contended, if the last eviction came right after another one.
    #[must_use]
    pub fn contended_until(&self) -> Option<Timestamp> {
        let [.., before, last] = self.evictions.as_slice() else {
            return None;
        };
        (*last <= later(*before, QUARTER_HOUR)).then(|| later(*last, QUARTER_HOUR))
    }
}
