//! What can go wrong, as one type: a kind to branch on, a sentence for a person, and nothing secret in either.

use std::sync::Arc;

use jiff::Timestamp;

/// The cause, one for each thing that a caller may want to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An argument cannot work.
    Config,
    /// Name, password or API key refused.
    Credentials,
    /// Tradovate wants something more that no program can give.
    ExtraFactor,
    /// The user is closed, locked or not confirmed.
    AccountStatus,
    /// A ticket to wait with.
    Penalty,
    /// A ticket that only a person can answer.
    Captcha,
    /// 429.
    RateLimited,
    /// 423.
    LockedOut,
    /// Our own limit of logins.
    LoginBudget,
    /// Our own limit of renewals or of refused logins an hour.
    Quota,
    /// No token that is still good.
    Expired,
    /// A third login closed our session.
    Evicted,
    /// Evicted again right after taking the session back.
    Contended,
    /// Closed by the caller.
    Closed,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// No connection was made, or it was lost.
    Connect,
    /// No answer in time.
    Timeout,
    /// 408 or 5xx.
    Http,
    /// An answer that makes no sense.
    Protocol,
    /// Tradovate's validation refused a field.
    Violation,
    /// 404.
    NotFound,
    /// Refused in words, by an endpoint other than the token request: `errorText`, `failureReason` or a 400.
    Rejected,
    /// The store cannot be used.
    Store,
    /// The store holds something else than it should.
    StoreMismatch,
    /// The token service cannot be used.
    Service,
    /// The token service serves another environment or user.
    ServiceMismatch,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 27] = [
        Self::Config,
        Self::Credentials,
        Self::ExtraFactor,
        Self::AccountStatus,
        Self::Penalty,
        Self::Captcha,
        Self::RateLimited,
        Self::LockedOut,
        Self::LoginBudget,
        Self::Quota,
        Self::Expired,
        Self::Evicted,
        Self::Contended,
        Self::Closed,
        Self::Unauthorized,
        Self::Forbidden,
        Self::Connect,
        Self::Timeout,
        Self::Http,
        Self::Protocol,
        Self::Violation,
        Self::NotFound,
        Self::Rejected,
        Self::Store,
        Self::StoreMismatch,
        Self::Service,
        Self::ServiceMismatch,
    ];

    /// The kind of a code, if this version knows it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The stable code that JavaScript sees.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Config => "ERR_TRADOVATE_CONFIG",
            Self::Credentials => "ERR_TRADOVATE_CREDENTIALS",
            Self::ExtraFactor => "ERR_TRADOVATE_EXTRA_FACTOR",
            Self::AccountStatus => "ERR_TRADOVATE_ACCOUNT_STATUS",
            Self::Penalty => "ERR_TRADOVATE_PENALTY",
            Self::Captcha => "ERR_TRADOVATE_CAPTCHA",
            Self::RateLimited => "ERR_TRADOVATE_RATE_LIMITED",
            Self::LockedOut => "ERR_TRADOVATE_LOCKED_OUT",
            Self::LoginBudget => "ERR_TRADOVATE_LOGIN_BUDGET",
            Self::Quota => "ERR_TRADOVATE_QUOTA",
            Self::Expired => "ERR_TRADOVATE_EXPIRED",
            Self::Evicted => "ERR_TRADOVATE_EVICTED",
            Self::Contended => "ERR_TRADOVATE_CONTENDED",
            Self::Closed => "ERR_TRADOVATE_CLOSED",
            Self::Unauthorized => "ERR_TRADOVATE_UNAUTHORIZED",
            Self::Forbidden => "ERR_TRADOVATE_FORBIDDEN",
            Self::Connect => "ERR_TRADOVATE_CONNECT",
            Self::Timeout => "ERR_TRADOVATE_TIMEOUT",
            Self::Http => "ERR_TRADOVATE_HTTP",
            Self::Protocol => "ERR_TRADOVATE_PROTOCOL",
            Self::Violation => "ERR_TRADOVATE_VIOLATION",
            Self::NotFound => "ERR_TRADOVATE_NOT_FOUND",
            Self::Rejected => "ERR_TRADOVATE_REJECTED",
            Self::Store => "ERR_TRADOVATE_STORE",
            Self::StoreMismatch => "ERR_TRADOVATE_STORE_MISMATCH",
            Self::Service => "ERR_TRADOVATE_SERVICE",
            Self::ServiceMismatch => "ERR_TRADOVATE_SERVICE_MISMATCH",
        }
    }

    /// Whether only a person can mend it.
    #[must_use]
    pub fn needs_person(self) -> bool {
        matches!(
            self,
            Self::Credentials
                | Self::ExtraFactor
                | Self::AccountStatus
                | Self::Captcha
                | Self::LockedOut
                | Self::Contended
        )
    }
}

/// What became of the call that failed: whether it can be made again without a look at what it may have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No byte of it reached a server.
    NotSent,
    /// The server answered, and did not do it.
    Answered,
    /// It was sent, wholly or in part, and nobody knows whether it was done.
    Unknown,
}

impl Outcome {
    /// The word that JavaScript sees.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Answered => "answered",
            Self::Unknown => "unknown",
        }
    }
}

/// A failure: its kind, a sentence that says what happened and what to do, and what is known besides.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    status: Option<u16>,
    outcome: Option<Outcome>,
    retry_at: Option<Timestamp>,
    needs_person: bool,
    thrown: Option<u32>,
    #[source]
    cause: Option<Arc<Error>>,
}

impl Error {
    /// A failure of `kind`, in words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            outcome: None,
            retry_at: None,
            needs_person: kind.needs_person(),
            thrown: None,
            cause: None,
        }
    }

    /// A session that its owner closed.
    #[must_use]
    pub fn closed() -> Self {
        Self::new(ErrorKind::Closed, "the session is closed; open a new one")
    }

    /// With the HTTP status of the answer that caused it.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// With what became of the call.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// With the time, by Tradovate's clock, from which trying again can help.
    #[must_use]
    pub fn with_retry_at(mut self, at: Timestamp) -> Self {
        self.retry_at = Some(at);
        self
    }

    /// With what the caller's credentials function threw, by the number that the caller gave it.
    #[must_use]
    pub fn with_thrown(mut self, number: u32) -> Self {
        self.thrown = Some(number);
        self
    }

    /// With the failure behind it, whose need for a person and time to try again carry over; its outcome, which is that of
    /// another call, does not.
    #[must_use]
    pub fn caused_by(mut self, cause: Error) -> Self {
        self.needs_person |= cause.needs_person;
        self.retry_at = self.retry_at.or(cause.retry_at);
        self.cause = Some(Arc::new(cause));
        self
    }

    /// What to branch on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The stable code that JavaScript sees.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The HTTP status, if an answer caused it.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// What became of the call, if the failure is about one.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// When trying again can help, by Tradovate's clock.
    #[must_use]
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at
    }

    /// Whether only a person can mend it.
    #[must_use]
    pub fn needs_person(&self) -> bool {
        self.needs_person
    }

    /// The number of what the caller's credentials function threw.
    #[must_use]
    pub fn thrown(&self) -> Option<u32> {
        self.thrown
    }

    /// The failure behind it.
    #[must_use]
    pub fn cause(&self) -> Option<&Error> {
        self.cause.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_27_an_error_has_the_outcome_of_its_own_call_and_not_of_the_one_behind_it() {
        let error = || Error::new(ErrorKind::Connect, "x");
        let lost = || error().with_outcome(Outcome::Unknown);
        let refused = error().with_outcome(Outcome::NotSent).caused_by(lost());
        assert_eq!(refused.outcome(), Some(Outcome::NotSent));
        assert_eq!(error().caused_by(lost()).outcome(), None);
        let words = [Outcome::NotSent, Outcome::Answered, Outcome::Unknown].map(Outcome::as_str);
        assert_eq!(words, ["not-sent", "answered", "unknown"]);
    }
}
