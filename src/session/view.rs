//! The view of a session that its keeper publishes: the latest record, the decision, and what both mean for somebody who waits.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    address::AddressCounts,
    attempt_count::AttemptCount,
    budget::{Budget, budget},
    cooldown::{CooldownKind, Scope},
    hold::{Hold, HoldReason},
    limits::{HOUR, MaxLogins, RENEWALS_AN_HOUR, quota},
    phase::Phase,
    policy::{Decision, StopReason, due_at, user_cooldown},
    record::Record,
};
use crate::{
    error::{Error, ErrorKind},
    secret::Secret,
};

/// The state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A good token, and nothing wrong.
    Active,
    /// A good token, but it could not be renewed when it was due, or its session is in doubt.
    Degraded,
    /// No good token yet, or Tradovate wants no call but a POST for now: more is done later.
    Waiting,
    /// Evicted again right after taking the session back; nothing more is done.
    Contended,
    /// Nothing more is done, for another reason.
    Stopped,
    /// Closed by its owner.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Active,
        Self::Degraded,
        Self::Waiting,
        Self::Contended,
        Self::Stopped,
        Self::Closed,
    ];

    /// Its name in a status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Degraded => "degraded",
            Self::Waiting => "waiting",
            Self::Contended => "contended",
            Self::Stopped => "stopped",
            Self::Closed => "closed",
        }
    }
}

/// The results of one session's calls so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Token requests that brought a token.
    pub logins: u64,
    /// Renewals that extended one.
    pub renewals: u64,
    /// Tokens taken from the store that another session had written.
    pub adoptions: u64,
    /// Calls that brought nothing.
    pub failures: u64,
}

/// The latest failure that no success has followed.
#[derive(Debug, Clone)]
pub struct LastFailure {
    /// The error.
    pub error: Error,
    /// Whether nothing was sent, so that trying again costs nothing.
    pub not_sent: bool,
    /// Whether the next try goes to another host.
    pub elsewhere: bool,
}

impl LastFailure {
    /// A failure that ends what its callers wait for.
    #[must_use]
    pub fn new(error: Error) -> Self {
        Self {
            error,
            not_sent: false,
            elsewhere: false,
        }
    }

    /// A failure before anything was sent.
    #[must_use]
    pub fn not_sent(error: Error) -> Self {
        Self {
            not_sent: true,
            ..Self::new(error)
        }
    }

    /// Whether the store is what failed.
    #[must_use]
    pub fn is_of_store(&self) -> bool {
        matches!(self.error.kind(), ErrorKind::Store | ErrorKind::StoreMismatch)
    }
}

/// A session at one moment, as its keeper shows it.
#[derive(Debug, Clone)]
pub struct View {
    /// The latest record.
    pub record: Arc<Record>,
    /// The next step that it needs.
    pub decision: Decision,
    /// Attempts ended so far.
    pub attempts_done: AttemptCount,
    /// The session's activity.
    pub phase: Phase,
    /// The latest failure.
    pub last_failure: Option<LastFailure>,
    /// The results so far.
    pub counts: Counts,
    /// When the token's renewal is due.
    pub renews_at: Option<Timestamp>,
    /// The secrets of the credentials, which are cut out of every text of Tradovate's.
    pub withheld: Arc<[Secret]>,
    /// How full this machine's address is.
    pub address: AddressCounts,
    /// The limit of logins; none for a dependent, which makes none.
    pub max_logins: Option<MaxLogins>,
}

impl View {
    /// The view before the store or the service is first read: a call for a token is under way.
    pub(crate) fn opening(record: Record, withheld: Arc<[Secret]>) -> Self {
        Self {
            record: Arc::new(record),
            decision: Decision::Login,
            attempts_done: AttemptCount::default(),
            phase: Phase::Calling,
            last_failure: None,
            counts: Counts::default(),
            renews_at: None,
            withheld,
            address: AddressCounts::default(),
            max_logins: None,
        }
    }

    /// The calls that the limits of the login still allow; none for a dependent.
    #[must_use]
    pub fn budget(&self, now: Timestamp) -> Budget {
        self.max_logins
            .map_or_else(Budget::default, |most| budget(&self.record, most, now))
    }

    /// Whether its owner has closed the session.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// The state of the session.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        if self.is_closed() {
            State::Closed
        } else {
            self.state_while_open(now)
        }
    }

    /// The state, as if its owner had not closed the session.
    fn state_while_open(&self, now: Timestamp) -> State {
        match &self.decision {
            Decision::Stop {
                why: StopReason::Contended,
                ..
            } => State::Contended,
            Decision::Stop { .. } => State::Stopped,
            _ if self.record.good_token(now).is_none() || self.user_hold(now).is_some() => State::Waiting,
            // A suspicion before its first probe is most often an endpoint's own refusal.
            _ if self.last_failure.is_some() || self.record.suspicion.probes.is_some_and(|probes| probes > 0) => {
                State::Degraded
            }
            _ if self.is_left_in_doubt(now) => State::Degraded,
            _ if self.is_held_back() && self.renews_at.is_some_and(|at| at <= now) => State::Degraded,
            _ => State::Active,
        }
    }

    /// When something that is held back will be tried, if it is.
    #[must_use]
    pub fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.decision {
            Decision::Stop { retry_at, .. } => *retry_at,
            _ if self.state_while_open(now) == State::Active => None,
            _ => {
                let hold = self.user_hold(now).or_else(|| self.hold());
                hold.map(|hold| hold.until).or_else(|| self.next_renewal())
            }
        }
    }

    /// When a renewal is made that was asked for before it was due, and failed: not before it is due.
    fn next_renewal(&self) -> Option<Timestamp> {
        let is_served = matches!(self.decision, Decision::Serve { .. });
        let has_failed = self.last_failure.as_ref().is_some_and(|failure| !failure.is_of_store());
        let renews_at = self.renews_at.filter(|_| is_served && has_failed)?;
        let cooldown = self.record.cooldowns.get(&Scope::Renewal);
        Some(cooldown.map_or(renews_at, |cooldown| renews_at.max(cooldown.until)))
    }

    /// The hold on a call that is due.
    #[must_use]
    pub fn hold(&self) -> Option<Hold> {
        match self.decision {
            Decision::Serve { held, .. } => held,
            Decision::Wait(hold) => Some(hold),
            _ => None,
        }
    }

    /// Whether a renewal is held for a fault of this login.
    fn is_held_back(&self) -> bool {
        let hold = self.hold();
        hold.is_some_and(|hold| {
            !hold.is_of_address() && !matches!(hold.why, HoldReason::ProbeGap | HoldReason::ProbeQuota)
        })
    }

    /// Whether nobody finds out for a while whether the session was closed, since the renewals of the hour are used up.
    fn is_left_in_doubt(&self, now: Timestamp) -> bool {
        let (suspicion, renewals) = (&self.record.suspicion, &self.record.history.renewals);
        let hold = self.hold().filter(|_| suspicion.probes.is_some());
        hold.is_some_and(|hold| match hold.why {
            // Where some are left, what an endpoint denies that has never answered is its own, most often.
            HoldReason::ProbeQuota => suspicion.after_good || quota(renewals, RENEWALS_AN_HOUR, HOUR, now).is_some(),
            why => matches!(why, HoldReason::RenewalQuota | HoldReason::AddressRenewals),
        })
    }

    /// The hold on every GET and auth call, while the token is good.
    fn user_hold(&self, now: Timestamp) -> Option<Hold> {
        match self.decision {
            Decision::Serve { .. } => user_cooldown(&self.record, now),
            _ => None,
        }
    }

    /// The reason why the session is not active; none if it is.
    #[must_use]
    pub fn reason(&self, now: Timestamp) -> Option<Error> {
        match self.user_hold(now) {
            Some(hold) => Some(self.hold_error(hold)),
            None if self.state_while_open(now) == State::Active => None,
            None => self.cause(),
        }
    }

    fn cause(&self) -> Option<Error> {
        match &self.decision {
            Decision::Stop { why, retry_at } => Some(self.stop_error(*why, *retry_at)),
            Decision::Wait(hold) | Decision::Serve { held: Some(hold), .. } => Some(self.hold_error(*hold)),
            _ => self
                .last_failure
                .as_ref()
                .map(|last_failure| last_failure.error.clone()),
        }
    }

    /// The error for a caller who cannot wait for a hold to end.
    #[must_use]
    pub fn hold_error(&self, hold: Hold) -> Error {
        let behind = self
            .last_failure
            .as_ref()
            .map(|last_failure| last_failure.error.clone());
        let Some((kind, text)) = hold.why.told() else {
            return behind
                .unwrap_or_else(|| self.back_off_error())
                .with_retry_at(hold.until);
        };
        let error = Error::new(kind, text).with_retry_at(hold.until);
        let error = match hold.why {
            HoldReason::Cooldown(CooldownKind::RateLimited) => error.with_status(429),
            HoldReason::Cooldown(CooldownKind::LockedOut) => error.with_status(423),
            _ => error,
        };
        match behind {
            Some(behind) if behind.kind() != kind => error.caused_by(behind),
            _ => error,
        }
    }

    /// The error of a back-off after calls that other sessions made: the record tells little more than that they failed.
    fn back_off_error(&self) -> Error {
        let (call, attempts) = match self.decision {
            Decision::Serve { .. } => ("renewal", &self.record.renewal),
            _ => ("login", &self.record.login),
        };
        let before = match attempts.failures {
            0 if attempts.told_until.is_some() => "Tradovate has asked to wait".to_owned(),
            0 => format!("a {call} was sent a moment ago, and its answer is not known"),
            1 => format!("the last {call} failed"),
            many => format!("the last {many} {call}s failed"),
        };
        attempts.error(format!(
            "{before}; the next one waits for its back-off, until `retryAt`"
        ))
    }

    /// The error for a caller of a session that has stopped.
    #[must_use]
    pub fn stop_error(&self, why: StopReason, retry_at: Option<Timestamp>) -> Error {
        let error = match why {
            StopReason::Contended => Error::new(
                ErrorKind::Contended,
                "the session was closed again right after it was taken back: another program or browser logs in as this \
                 user. Stop it, or give this bot a user of its own; then call resume(), or wait until `retryAt` \
                 and open a new session",
            ),
            StopReason::Evicted => Error::new(
                ErrorKind::Evicted,
                "a third login of this user closed the session, and onEviction is 'stop'; open a new session to go on",
            ),
            StopReason::Refused(denial) => {
                let told = self.record.refusal.as_ref().map_or("", |refusal| &refusal.text);
                Error::new(
                    denial.kind(),
                    format!(
                        "{told} (not tried again for an hour, unless the credentials change or resume() is called)"
                    ),
                )
                .for_person()
            }
        };
        match retry_at {
            Some(at) => error.with_retry_at(at),
            None => error,
        }
    }

    /// The error for a caller who needs a token when there is none.
    #[must_use]
    pub fn expired(&self) -> Error {
        let expired = Error::new(
            ErrorKind::Expired,
            "there is no token that is still good, and none could be had in time",
        );
        match self.cause() {
            Some(reason)
                if matches!(
                    reason.kind(),
                    ErrorKind::Contended | ErrorKind::Evicted | ErrorKind::ServiceMismatch
                ) =>
            {
                reason
            }
            Some(reason) => expired.caused_by(reason),
            None => expired,
        }
    }
}

/// When a record's token is due to be renewed.
#[must_use]
pub fn renews_at(record: &Record, renew_before: Duration, random: f64) -> Option<Timestamp> {
    record.token.as_ref().map(|token| due_at(token, renew_before, random))
}
