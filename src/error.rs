//! The one error type: a kind to branch on and a sentence for a person. Neither holds a secret.

use std::sync::Arc;

use jiff::Timestamp;

mod kind;

pub use kind::{ErrorClass, ErrorKind};

/// The outcome of a call that failed. It says whether the call can be made again without a look at what it may have done.
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

/// A failure: its kind, a sentence that says what happened and what to do, and further facts.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    status: Option<u16>,
    failure_reason: Option<String>,
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
            failure_reason: None,
            outcome: None,
            retry_at: None,
            needs_person: kind.needs_person(),
            thrown: None,
            cause: None,
        }
    }

    /// The error of a session that its owner closed.
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

    /// With the word by which Tradovate refused an order.
    #[must_use]
    pub fn with_failure_reason(mut self, reason: impl Into<String>) -> Self {
        self.failure_reason = Some(reason.into());
        self
    }

    /// With the outcome of the call.
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

    /// With what to do, at the end of the sentence.
    #[must_use]
    pub fn with_advice(mut self, advice: &str) -> Self {
        self.message.push_str("; ");
        self.message.push_str(advice);
        self
    }

    /// With the file, or what else holds it, at the beginning of the sentence.
    #[must_use]
    pub fn found_in(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// As one that only a person can mend.
    #[must_use]
    pub fn for_person(mut self) -> Self {
        self.needs_person = true;
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

    /// The kind to branch on.
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

    /// The word by which Tradovate refused an order.
    #[must_use]
    pub fn failure_reason(&self) -> Option<&str> {
        self.failure_reason.as_deref()
    }

    /// The outcome of the call, if the failure is about one.
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
