//! What a token service and its dependents say to each other.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    api::Environment,
    clock::until,
    error::ErrorKind,
    secret::{Secret, reveal, reveal_option},
    session::{Session, view::View},
};

/// The longest that a long poll may ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The calls, by their paths.
pub const TOKEN: &str = "/v1/token";
/// A report that a call with the token failed.
pub const REJECTED: &str = "/v1/token/rejected";
/// The accounts.
pub const ACCOUNTS: &str = "/v1/accounts";

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
        })
    }
}

/// A dependent's report: a call with the token of this generation was answered so.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Rejected {
    /// The token's generation.
    pub generation: u64,
    /// The HTTP status of Tradovate's answer.
    pub status: u16,
}

/// What a report came to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Heard {
    /// The generation by now.
    pub generation: u64,
    /// Whether the service is finding out if the session lives.
    pub probing: bool,
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
