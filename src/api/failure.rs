//! The failures of calls to Tradovate, and the errors that callers get for them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Unauthorized;
use crate::{
    clock::later,
    error::{Error, ErrorKind, Outcome},
    secret::{Secret, printable},
};

/// How long a captcha stops the calls that it is about, and how long a 423 or 429 does that has no `Retry-After`. Refused
/// credentials are not tried again for as long.
pub const LONG_STOP: Duration = Duration::from_secs(3_600);

/// The reason why Tradovate refuses a login until something changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Denial {
    /// `errorText`.
    Credentials,
    /// Neither token nor reason.
    ExtraFactor,
    /// The user is not active.
    AccountStatus,
    /// Validation refused a field of the login.
    Violation,
}

impl Denial {
    /// The kind of error that a caller sees.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Credentials => ErrorKind::Credentials,
            Self::ExtraFactor => ErrorKind::ExtraFactor,
            Self::AccountStatus => ErrorKind::AccountStatus,
            Self::Violation => ErrorKind::Violation,
        }
    }
}

/// The reason why a call failed. Its texts are Tradovate's own: secrets are not cut out yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection was made: nothing was sent.
    NotSent(String),
    /// The connection was lost after sending.
    Lost(String),
    /// No whole answer came in time.
    TimedOut {
        /// Whether any of the request may have reached a server.
        sent: bool,
    },
    /// A login that Tradovate refuses until something changes.
    Denied(Denial, String),
    /// `errorText` from any other endpoint.
    Rejected(String),
    /// A command for an order was refused.
    OrderRefused {
        /// `failureReason`.
        reason: String,
        /// `failureText`.
        text: Option<String>,
    },
    /// A refusal in an answer that also has the id of an order, a command or an order strategy: it may have been made.
    RefusedWithId(Box<Failure>),
    /// The same call is to be sent again with the ticket, after a wait.
    Penalty {
        /// The ticket, if it can be sent.
        ticket: Option<Secret>,
        /// How long to wait first.
        wait: Duration,
    },
    /// A penalty that only a person can answer.
    Captcha,
    /// Validation refused a field of a call that is no login.
    Violation(String),
    /// 400, and its text.
    BadRequest(String),
    /// 401, and its text.
    Unauthorized(String),
    /// 403, and its text.
    Forbidden(String),
    /// 404, and its text.
    NotFound(String),
    /// 423, and how long nothing may be asked.
    LockedOut(Duration),
    /// 429, and how long nothing may be asked.
    RateLimited(Duration),
    /// 307, 308 or 421: another host serves the purpose.
    WrongHost(u16),
    /// 408 or 5xx.
    Upstream {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`.
        retry_after: Option<Duration>,
        /// Its text.
        text: String,
    },
    /// An answer that makes no sense, or a status that the API does not have.
    Unintelligible {
        /// The HTTP status.
        status: u16,
        /// The fault of the answer.
        what: String,
    },
}

impl Failure {
    /// The same failure in words alone, for a call that is no order.
    #[must_use]
    pub fn in_words(self) -> Self {
        match self {
            Self::OrderRefused { reason, text } => Self::Rejected(refusal_in_words(&reason, text.as_deref())),
            Self::RefusedWithId(refusal) => refusal.in_words(),
            other => other,
        }
    }

    /// Whether Tradovate refused the call itself. Its hourly limit of failed logins counts such calls.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::Lost(_) | Self::TimedOut { .. } | Self::Upstream { .. } => false,
            Self::Unintelligible { status, .. } => (400..500).contains(status),
            _ => true,
        }
    }

    /// Whether Tradovate refused a call in an answer of its own words.
    #[must_use]
    pub fn is_in_words(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::OrderRefused { .. } | Self::Violation(_) | Self::BadRequest(_) => true,
            Self::Unintelligible { status, .. } => (400..500).contains(status),
            _ => false,
        }
    }

    /// Whether a session may have been opened although no token came.
    #[must_use]
    pub fn may_have_opened_a_session(&self) -> bool {
        match self {
            Self::Lost(_) | Self::TimedOut { sent: true } => true,
            Self::Unintelligible { status, .. } => (200..300).contains(status),
            _ => false,
        }
    }

    /// Whether a host that is gone or has moved may be the cause.
    #[must_use]
    pub fn may_be_the_hosts(&self) -> bool {
        matches!(
            self,
            Self::NotSent(_)
                | Self::Lost(_)
                | Self::TimedOut { .. }
                | Self::WrongHost(_)
                | Self::Upstream { .. }
                | Self::NotFound(_)
                | Self::Forbidden(_)
        )
    }

    /// Whether a proxy or a page of maintenance may have answered, and not Tradovate.
    #[must_use]
    pub fn may_be_another_servers(&self) -> bool {
        self.may_be_the_hosts() || matches!(self, Self::Unintelligible { .. })
    }

    /// Whether no answer came.
    #[must_use]
    pub fn is_without_answer(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Lost(_) | Self::TimedOut { .. })
    }

    /// Whether a host that is gone may have answered, and no endpoint: 403 or 404 without a word, or what makes no sense.
    #[must_use]
    pub fn is_of_a_retired_host(&self) -> bool {
        match self {
            Self::NotFound(text) | Self::Forbidden(text) => text.is_empty(),
            Self::Unintelligible { .. } => true,
            _ => false,
        }
    }

    /// Whether nothing of the request reached a server, so that it can be made again.
    #[must_use]
    pub fn is_not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::TimedOut { sent: false })
    }

    /// The outcome of the call.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            _ if self.is_not_sent() => Outcome::NotSent,
            // A gateway gives up, and the server behind it may go on; of several orders the first may have been placed.
            Self::Lost(_) | Self::TimedOut { .. } | Self::Upstream { .. } | Self::RefusedWithId(_) => Outcome::Unknown,
            Self::Unintelligible { status, .. } if !(400..500).contains(status) => Outcome::Unknown,
            _ => Outcome::Answered,
        }
    }

    /// Whether the answer may mean a closed session as well as an outage.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized(_)
                | Self::Upstream {
                    status: 408 | 500 | 502..=504,
                    ..
                }
        )
    }

    /// Whether a renewal that is answered by it leaves open whether the session is closed.
    #[must_use]
    pub fn leaves_in_doubt(&self) -> bool {
        self.is_suspicious()
            || matches!(
                self,
                Self::Unintelligible { .. } | Self::Violation(_) | Self::WrongHost(_)
            )
    }

    /// The error for a caller, with the outcome of the call. `doing` names the call; `unauthorized` is what a 401 means to it;
    /// `secrets` are cut out of Tradovate's texts.
    #[must_use]
    pub fn to_error<'a>(
        &self,
        doing: &str,
        unauthorized: Unauthorized,
        now: Timestamp,
        secrets: impl IntoIterator<Item = &'a Secret>,
    ) -> Error {
        let secrets: Vec<_> = secrets.into_iter().collect();
        self.described(doing, unauthorized, now, &secrets)
            .with_outcome(self.outcome())
    }

    /// The same for a login or a renewal, which was asked for at `base`. Where nothing is there, or another host serves it, the base
    /// URL may be why.
    #[must_use]
    pub fn to_token_error<'a>(
        &self,
        doing: &str,
        unauthorized: Unauthorized,
        base: &str,
        now: Timestamp,
        secrets: impl IntoIterator<Item = &'a Secret>,
    ) -> Error {
        let error = self.to_error(doing, unauthorized, now, secrets);
        match self {
            Self::WrongHost(_) => error.with_advice("check `baseUrl`, if you gave one"),
            Self::NotFound(_) if !base.ends_with("/v1") => error.with_advice("check `baseUrl`: it ends in /v1"),
            _ => error,
        }
    }

    fn described(&self, doing: &str, unauthorized: Unauthorized, now: Timestamp, secrets: &[&Secret]) -> Error {
        let told = |text: &str| printable(text, secrets.iter().copied());
        let after = |wait: &Duration| later(now, *wait);
        match self {
            Self::NotSent(why) => Error::new(
                ErrorKind::Connect,
                format!("{doing}: no connection to Tradovate could be made ({why})"),
            ),
            Self::Lost(why) => Error::new(
                ErrorKind::Connect,
                format!("{doing}: the connection was lost before the answer came ({why})"),
            ),
            Self::TimedOut { sent: true } => {
                Error::new(ErrorKind::Timeout, format!("{doing}: no answer within the timeout"))
            }
            Self::TimedOut { sent: false } => Error::new(
                ErrorKind::Timeout,
                format!("{doing}: it could not be sent within the timeout"),
            ),
            Self::Denied(Denial::ExtraFactor, fields) => Error::new(
                ErrorKind::ExtraFactor,
                format!(
                    "{doing}: Tradovate gave neither a token nor a reason, so it wants something that no program can give; \
                     log in on its web site once. Fields of the answer: {}",
                    told(fields)
                ),
            ),
            Self::Denied(denial, text) => {
                Error::new(denial.kind(), format!("{doing}: Tradovate says: {}", told(text))).for_person()
            }
            Self::BadRequest(text) => refused(400, ErrorKind::Rejected, doing, "the request is refused", &told(text)),
            Self::Rejected(text) => rejected(doing, &told(text)),
            Self::OrderRefused { reason, text } => {
                rejected(doing, &told(&refusal_in_words(reason, text.as_deref()))).with_failure_reason(told(reason))
            }
            Self::RefusedWithId(refusal) => refusal
                .described(doing, unauthorized, now, secrets)
                .with_advice("its answer also has the id of an order"),
            Self::Violation(text) => Error::new(
                ErrorKind::Violation,
                format!("{doing}: Tradovate refuses a field: {}", told(text)),
            ),
            Self::Penalty { wait, .. } => Error::new(
                ErrorKind::Penalty,
                format!(
                    "{doing}: Tradovate asks to wait {} s before the same call is sent again",
                    wait.as_secs()
                ),
            )
            .with_retry_at(after(wait)),
            Self::Captcha => Error::new(
                ErrorKind::Captcha,
                format!("{doing}: Tradovate wants a captcha; a person must log in on its web site, or wait an hour"),
            )
            .with_retry_at(after(&LONG_STOP)),
            Self::Unauthorized(text) => unauthorized_error(unauthorized, doing, &told(text)),
            Self::Forbidden(text) => refused(
                403,
                ErrorKind::Forbidden,
                doing,
                "this user may not do that",
                &told(text),
            ),
            Self::NotFound(text) => refused(404, ErrorKind::NotFound, doing, "there is no such thing", &told(text)),
            Self::LockedOut(wait) => Error::new(
                ErrorKind::LockedOut,
                format!("{doing}: Tradovate has locked this user out; stop every program that uses it and wait"),
            )
            .with_status(423)
            .with_retry_at(after(wait)),
            Self::RateLimited(wait) => Error::new(
                ErrorKind::RateLimited,
                format!("{doing}: too many requests; asking again before `retryAt` makes it longer"),
            )
            .with_status(429)
            .with_retry_at(after(wait)),
            Self::WrongHost(status) => Error::new(
                ErrorKind::Protocol,
                format!("{doing}: nothing was done, since another host serves this now; redirects are not followed"),
            )
            .with_status(*status),
            Self::Upstream {
                status,
                retry_after,
                text,
            } => {
                let words = Some(told(text)).filter(|words| !words.is_empty());
                let words = words.map_or(String::new(), |words| format!(": {words}"));
                let error = Error::new(
                    ErrorKind::Http,
                    format!("{doing}: Tradovate answered HTTP {status}{words}"),
                )
                .with_status(*status);
                match retry_after {
                    Some(wait) => error.with_retry_at(after(wait)),
                    None => error,
                }
            }
            Self::Unintelligible { status, what } => unintelligible(*status, doing, &told(what)),
        }
    }
}

fn unauthorized_error(unauthorized: Unauthorized, doing: &str, text: &str) -> Error {
    let kind = match unauthorized {
        Unauthorized::Login => ErrorKind::Credentials,
        _ => ErrorKind::Unauthorized,
    };
    let error = refused(401, kind, doing, unauthorized.meaning(), text);
    match unauthorized {
        Unauthorized::Permission => error.for_person(),
        _ => error,
    }
}

fn rejected(doing: &str, words: &str) -> Error {
    Error::new(ErrorKind::Rejected, format!("{doing}: Tradovate says: {words}"))
}

fn unintelligible(status: u16, doing: &str, what: &str) -> Error {
    let how = if (200..300).contains(&status) {
        "the answer makes no sense:"
    } else {
        "Tradovate answered"
    };
    Error::new(ErrorKind::Protocol, format!("{doing}: {how} {what}")).with_status(status)
}

fn refusal_in_words(reason: &str, text: Option<&str>) -> String {
    text.map_or_else(|| reason.to_owned(), |text| format!("{reason}: {text}"))
}

/// The error of a status that refuses a call: in Tradovate's words, if it has any.
fn refused(status: u16, kind: ErrorKind, doing: &str, meaning: &str, text: &str) -> Error {
    let message = if text.is_empty() {
        format!("{doing}: Tradovate answered HTTP {status}: {meaning}")
    } else {
        format!("{doing}: {meaning}; Tradovate says: {text}")
    };
    Error::new(kind, message).with_status(status)
}
