//! What a token service and its dependents say to each other.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    api::Environment,
    clock::until,
    error::ErrorKind,
    secret::{Secret, reveal, reveal_option},
    session::{
        Session,
        policy::{HoldReason, user_cooldown},
        record::{CooldownKind, Record},
        view::View,
    },
};

/// The longest that a dependent's word may stop all calls of the user.
pub const LONGEST_STOP: Duration = Duration::from_secs(24 * 3_600);
/// The longest that a long poll may ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The calls, by their paths.
pub const TOKEN: &str = "/v1/token";
/// A report that a call with the token failed.
pub const REJECTED: &str = "/v1/token/rejected";
/// The accounts.
pub const ACCOUNTS: &str = "/v1/accounts";
/// Proof that the service at a port knows the secret.
pub const PROOF: &str = "/v1/proof";

/// The token, for somebody who did not ask Tradovate for it. Times are Tradovate's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedToken {
    /// The token.
    #[serde(serialize_with = "reveal")]
    pub access_token: Secret,
    /// The market-data token.
    #[serde(default, serialize_with = "reveal_option", skip_serializing_if = "Option::is_none")]
    pub md_access_token: Option<Secret>,
    /// When it dies, in Tradovate's own words.
    pub expiration_time: String,
    /// How long it still lives.
    pub expires_in_ms: u64,
    /// When it was given.
    pub issued_at: Timestamp,
    /// Grows by one with each new token.
    pub generation: u64,
    /// Real money, or simulation.
    pub environment: Environment,
    /// The user who logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Where calls of this environment go.
    pub base_url: String,
    /// Hosts as last told by Tradovate.
    pub hosts: BTreeMap<String, String>,
    /// Tradovate's time at this answer.
    pub server_time: Timestamp,
    /// A stop of the user, while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
}

impl SharedToken {
    /// The session's token, if Tradovate may still take it.
    pub fn of(session: &Session, view: &View) -> Option<Self> {
        let now = session.clock().now();
        let record = &view.record;
        let token = record.good_token(now)?;
        let origin = session.origin();
        Some(Self {
            access_token: token.access_token.clone(),
            md_access_token: token.md_access_token.clone(),
            expiration_time: token.expiration_time.clone(),
            expires_in_ms: u64::try_from(until(now, token.expires_at).as_millis()).unwrap_or(u64::MAX),
            issued_at: token.issued_at,
            generation: record.generation,
            environment: record.environment,
            user_id: record.user_id,
            base_url: origin.rest(record.environment.purpose(), &record.hosts),
            hosts: origin
                .in_use(&record.hosts)
                .into_iter()
                .map(|(purpose, host)| (purpose.as_str().to_owned(), host))
                .collect(),
            server_time: now,
            stopped: Stopped::of(record, now),
        })
    }
}

/// A 423 or 429, which are the user's: no GET and no auth call is to be made before it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stopped {
    /// The code of the error that a GET meets.
    pub code: String,
    /// How long it still lasts.
    pub for_ms: u64,
    /// When it ends, by Tradovate's clock: what a poll repeats to say that this stop is known.
    pub until: Timestamp,
}

impl Stopped {
    /// The stop of a record, if one is on.
    #[must_use]
    pub fn of(record: &Record, now: Timestamp) -> Option<Self> {
        let hold = user_cooldown(record, now)?;
        let kind = match hold.why {
            HoldReason::Cooldown(CooldownKind::LockedOut) => ErrorKind::LockedOut,
            _ => ErrorKind::RateLimited,
        };
        Some(Self {
            code: kind.code().to_owned(),
            for_ms: u64::try_from(until(now, hold.until).as_millis()).unwrap_or(u64::MAX),
            until: hold.until,
        })
    }

    /// What imposed it.
    #[must_use]
    pub fn kind(&self) -> CooldownKind {
        if self.code == ErrorKind::LockedOut.code() {
            CooldownKind::LockedOut
        } else {
            CooldownKind::RateLimited
        }
    }
}

/// A dependent's report: a call with the token of this generation was answered so.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// The token's generation.
    pub generation: u64,
    /// The HTTP status of Tradovate's answer.
    pub status: u16,
    /// How long a 423 or 429 asks to wait; an hour if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// What a report came to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Heard {
    /// The generation by now.
    pub generation: u64,
    /// Whether the service is finding out if the session lives.
    pub probing: bool,
}

/// What shows that a service knows the secret.
#[derive(Debug, Serialize, Deserialize)]
pub struct Proof {
    /// An HMAC of the asker's nonce, in hexadecimal digits.
    pub proof: String,
}

/// The body of every answer that is none: nothing but a code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refusal {
    /// One of the codes of this package's errors.
    pub code: String,
}

impl Refusal {
    /// The body for a kind of failure.
    pub fn of(kind: ErrorKind) -> Self {
        Self {
            code: kind.code().to_owned(),
        }
    }
}

/// The statuses that raise doubt about the session when a dependent sees them, as in a session of one's own: 401, the answers
/// that Tradovate gives for a closed session as well as in an outage, and those by which a host says that it has moved.
pub const DOUBTFUL: [u16; 9] = [401, 408, 500, 502, 503, 504, 307, 308, 421];

/// The statuses that stop all calls of the user but POSTs.
pub const STOPPING: [u16; 2] = [423, 429];

/// What stops all if it is answered so.
#[must_use]
pub fn stop_by(status: u16) -> Option<CooldownKind> {
    match status {
        423 => Some(CooldownKind::LockedOut),
        429 => Some(CooldownKind::RateLimited),
        _ => None,
    }
}
