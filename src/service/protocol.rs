//! The messages between a token service and its dependents.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    api::Environment,
    clock::{later, until},
    error::ErrorKind,
    secret::{Secret, reveal, reveal_option},
    session::{
        Session,
        cooldown::CooldownKind,
        hold::HoldReason,
        login_key::LoginKey,
        policy::user_cooldown,
        record::Record,
        token::{Generation, Token},
        view::View,
    },
};

/// The longest stop that a dependent's report can impose.
pub const LONGEST_STOP: Duration = Duration::from_secs(24 * 3_600);
/// The longest wait of a poll.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The path of the token.
pub const TOKEN: &str = "/v1/token";
/// The path of a report that a call with the token failed.
pub const REJECTED: &str = "/v1/token/rejected";
/// The path of the accounts.
pub const ACCOUNTS: &str = "/v1/accounts";
/// The path of the proof that the service at a port knows the secret.
pub const PROOF: &str = "/v1/proof";

/// The token, as the service sends it to a dependent. Times are Tradovate's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedToken {
    /// The token.
    #[serde(serialize_with = "reveal")]
    pub access_token: Secret,
    /// The market-data token.
    #[serde(default, serialize_with = "reveal_option", skip_serializing_if = "Option::is_none")]
    pub md_access_token: Option<Secret>,
    /// When it expires, as Tradovate wrote it.
    pub expiration_time: String,
    /// How long it still lives.
    pub expires_in_ms: u64,
    /// When Tradovate granted it.
    pub issued_at: Timestamp,
    /// Grows by one with each new token.
    pub generation: Generation,
    /// Real money, or simulation.
    pub environment: Environment,
    /// The user who logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// The key of the login, which says nothing of it but whether it is the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginKey>,
    /// The base URL of the calls of this environment.
    pub base_url: String,
    /// The base URL to ask where a told host fails: that of the environment's first host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_base_url: Option<String>,
    /// The hosts that Tradovate told last, by their purpose.
    pub hosts: BTreeMap<String, String>,
    /// Tradovate's time when this was sent.
    pub server_time: Timestamp,
    /// The present stop of the user, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
}

impl SharedToken {
    /// The session's token, if it is still good.
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
            login: Some(record.key.clone()),
            base_url: origin.rest(record.environment.purpose(), &record.hosts),
            first_base_url: Some(origin.first()),
            hosts: origin
                .in_use(&record.hosts)
                .into_iter()
                .map(|(purpose, host)| (purpose.as_str().to_owned(), host))
                .collect(),
            server_time: now,
            stopped: Stopped::of(record, now),
        })
    }

    /// The token, as a record keeps it.
    #[must_use]
    pub fn to_token(&self) -> Token {
        Token {
            access_token: self.access_token.clone(),
            md_access_token: self.md_access_token.clone(),
            expires_at: later(self.server_time, Duration::from_millis(self.expires_in_ms)),
            expiration_time: self.expiration_time.clone(),
            issued_at: self.issued_at,
            lost: None,
        }
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
    /// When it ends, by Tradovate's clock. A poll repeats it to say that this stop is known.
    pub until: Timestamp,
}

impl Stopped {
    /// The present stop, if there is one.
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

    /// The answer that imposed it.
    #[must_use]
    pub fn kind(&self) -> CooldownKind {
        if self.code == ErrorKind::LockedOut.code() {
            CooldownKind::LockedOut
        } else {
            CooldownKind::RateLimited
        }
    }
}

/// A dependent's report of a failed call.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The generation of the token that the call carried.
    pub generation: Generation,
    /// The HTTP status of Tradovate's answer.
    pub status: u16,
    /// How long a 423 or 429 asks to wait; an hour if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Whether the endpoint had answered well with this token.
    #[serde(default)]
    pub was_good: bool,
}

/// The reply to a report.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ReportReply {
    /// The present generation.
    pub generation: Generation,
    /// Whether the service probes the session, or will.
    pub probing: bool,
}

/// The proof that a service knows the secret.
#[derive(Debug, Serialize, Deserialize)]
pub struct Proof {
    /// An HMAC over the client's nonce, in hexadecimal digits.
    pub proof: String,
}

/// The body of every error.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorBody {
    /// One of the codes of this package's errors.
    pub code: String,
}

impl ErrorBody {
    /// The body for a kind of failure.
    pub fn of(kind: ErrorKind) -> Self {
        Self {
            code: kind.code().to_owned(),
        }
    }
}

/// The statuses that are a suspicion when a dependent reports them: 401, and those that Tradovate gives for a closed session as well
/// as in an outage.
pub const SUSPICIOUS: [u16; 6] = [401, 408, 500, 502, 503, 504];

/// The statuses by which a host says that another one serves the purpose.
pub const MOVED: [u16; 3] = [307, 308, 421];

/// The statuses that stop all calls of the user but POSTs.
pub const STOPPING: [u16; 2] = [423, 429];

/// The stop that a status imposes, if it does.
#[must_use]
pub fn stop_by(status: u16) -> Option<CooldownKind> {
    match status {
        423 => Some(CooldownKind::LockedOut),
        429 => Some(CooldownKind::RateLimited),
        _ => None,
    }
}
