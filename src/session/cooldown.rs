//! Times in which Tradovate wants no calls.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    limits::{AHEAD, HOUR},
    login_key::Fingerprint,
};
use crate::{
    clock::{earlier, later, until},
    secret::{Secret, reveal_option},
};

/// The calls that a cooldown is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Token requests.
    Login,
    /// Renewals.
    Renewal,
    /// Every auth call and GET: the limit is the user's.
    All,
}

impl Scope {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Renewal => "renewal",
            Self::All => "all",
        }
    }
}

/// A time in which we may not ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cooldown {
    /// The answer that imposed it.
    pub kind: CooldownKind,
    /// When it was imposed.
    #[serde(default)]
    pub noted_at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The ticket to send along afterwards.
    #[serde(default, serialize_with = "reveal_option")]
    pub ticket: Option<Secret>,
    /// The credentials that a login's ticket is for.
    #[serde(default)]
    pub credentials: Option<Fingerprint>,
    /// Of a penalty on a login or a renewal: how many in a row there were, this one included.
    #[serde(default)]
    pub in_a_row: u32,
    /// Of a penalty on a call: its place among all that the record has noted of such penalties. Two processes' clocks differ, and
    /// one clock is corrected, so that times do not tell which came first.
    #[serde(default)]
    pub number: u64,
}

impl Cooldown {
    /// A cooldown that begins now, without a ticket.
    #[must_use]
    pub fn new(kind: CooldownKind, now: Timestamp, wait: Duration) -> Self {
        Self {
            kind,
            noted_at: now,
            until: later(now, wait),
            ticket: None,
            credentials: None,
            in_a_row: 0,
            number: 0,
        }
    }

    /// Whether it still forbids calls, or its ticket is still of use, or it counts as one of several in a row: a ticket that nobody
    /// came back with for an hour is none.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        let is_of_use = self.ticket.is_some() || self.in_a_row > 0;
        self.until > now || (is_of_use && self.until > earlier(now, HOUR))
    }

    /// The mark of its ticket, by which the ticket is known once it is gone. `of`: the calls that the cooldown is about, since one
    /// ticket may be given for several, or again.
    pub(super) fn mark(&self, of: &str) -> Option<TicketMark> {
        let ticket = self.ticket.as_ref()?;
        Some(TicketMark::of(ticket, of, self.number, self.in_a_row))
    }

    /// Moves a cooldown that begins in the future to now: it was noted under a clock that was ahead.
    pub(super) fn reconcile(&mut self, now: Timestamp) {
        if self.noted_at > later(now, AHEAD) {
            *self = Self {
                noted_at: now,
                until: later(now, until(self.noted_at, self.until)),
                ..self.clone()
            };
        }
    }
}

/// The mark of a ticket that has gone along with a call: a part of its hash, from which nobody gets the ticket back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketMark(u64);

impl TicketMark {
    fn of(ticket: &Secret, of: &str, number: u64, in_a_row: u32) -> Self {
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        hash.update(&number.to_le_bytes());
        hash.update(&in_a_row.to_le_bytes());
        hash.update(of.as_bytes());
        hash.update(&[0]);
        hash.update(ticket.expose().as_bytes());
        let hash = hash.finish();
        Self(
            hash.as_ref()
                .iter()
                .take(8)
                .fold(0, |mark, byte| mark << 8 | u64::from(*byte)),
        )
    }
}

/// The answer that imposed a cooldown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CooldownKind {
    /// A ticket.
    Penalty,
    /// A ticket that needs a person.
    Captcha,
    /// 429.
    RateLimited,
    /// 423.
    LockedOut,
}
