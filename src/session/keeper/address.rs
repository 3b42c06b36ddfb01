//! A keeper and what it shares with all logins of its machine: what the address leaves for it, and what it notes there; and
//! the look at Tradovate's time, where no clock of the machine tells it.

use std::time::Duration;

use jiff::Timestamp;

use super::Keeper;
use crate::{
    clock::{earlier, later},
    error::{Error, ErrorKind},
    session::{
        address::Applicant,
        login_key::LoginKey,
        policy::{Hold, HoldReason, TIME_REQUEST_GAP, due_at},
        record::Record,
        transitions::Call,
    },
};

/// How often the ledger is looked at while nothing is due.
const LOOK: Duration = Duration::from_secs(30);
/// For a look at Tradovate's time.
const TIME_TIMEOUT: Duration = Duration::from_secs(5);

impl Keeper {
    /// Looks at the address ledger, if what it says may be old or is about to be needed.
    pub(super) async fn refresh_allowance(&mut self) {
        let now = self.now();
        if now < self.allowance_until && !self.may_call_soon(now) {
            return;
        }
        let (ledger, clock, key) = (self.deps.ledger.clone(), self.deps.clock.clone(), self.key.clone());
        let address = self.until_done(Box::pin(ledger.read(&clock))).await;
        // The ledger may have told the time.
        let now = self.now();
        self.allowance = address.allowance(self.applicant(&key), now);
        self.allowance_until = later(now, LOOK);
        let overfull = self.allowance.counts.overfull;
        if overfull && !self.overfull {
            let text = format!(
                "{} logins are kept alive from this machine, and Tradovate allows an address 15 renewals an hour: some of \
                 them log in anew when their token ends; spread them over more addresses, or use fewer",
                self.allowance.counts.logins,
            );
            self.warn(Error::new(ErrorKind::Quota, text));
        }
        self.overfull = overfull;
    }

    fn may_call_soon(&self, now: Timestamp) -> bool {
        let Some(token) = self.record.good_token(now) else {
            return true;
        };
        self.requested.is_some()
            || self.record.suspicion.probes.is_some()
            || due_at(token, self.settings.limits.renew_before, 0.0) <= now
    }

    pub(super) fn renew_before(&self) -> Duration {
        let wanted = self.settings.limits.renew_before;
        self.allowance.renew_before.map_or(wanted, |later| later.min(wanted))
    }

    /// Whether the credentials have opened a session before.
    pub(super) fn is_proven(&self) -> bool {
        let proven = self.record.proven.as_ref();
        proven.is_some_and(|proven| proven.matches(&self.credentials))
    }

    fn applicant<'a>(&self, key: &'a LoginKey) -> Applicant<'a> {
        Applicant {
            key,
            expires_at: self.record.token.as_ref().map(|token| token.expires_at),
            proven: self.is_proven(),
            renew_before: self.settings.limits.renew_before,
        }
    }

    /// Notes a call for the whole address before it is made, unless others have left no room for it meanwhile.
    pub(super) async fn reserve(&mut self, call: Call, id: u64) -> Result<Timestamp, Hold> {
        let (ledger, clock, key) = (self.deps.ledger.clone(), self.deps.clock.clone(), self.key.clone());
        let applicant = self.applicant(&key);
        let reserved = ledger.update(&clock, |address, now| {
            let reserved = match call {
                Call::Renewal => address.reserve_renewal(applicant, now),
                Call::Login => address.reserve_login(applicant, id, now),
            };
            reserved.map(|()| now)
        });
        let reserved = self.until_done(Box::pin(reserved)).await;
        let reserved = self.unless_unusable(reserved).unwrap_or(Ok(self.now()));
        if let Err(hold) = reserved {
            match call {
                Call::Renewal => self.allowance.renewal = Some(hold),
                Call::Login => self.allowance.login = Some(hold),
            }
        }
        reserved
    }

    /// What was done with the ledger. One that cannot be used holds no call back, and that is told once.
    fn unless_unusable<T>(&mut self, done: Result<T, Error>) -> Option<T> {
        let was_unusable = std::mem::replace(&mut self.uncounted, done.is_err());
        match done {
            Ok(done) => Some(done),
            Err(error) => {
                if !was_unusable {
                    let text = "this login's calls are not counted with those of others at this address: beyond 15 renewals \
                                or 5 refused logins an hour Tradovate locks the address out";
                    self.warn(Error::new(ErrorKind::Store, text).caused_by(error));
                }
                None
            }
        }
    }

    /// Notes for the whole address what became of a call.
    pub(super) async fn account(&mut self, call: Call, id: u64, noted_at: Timestamp, result: CallResult) {
        let token = self.record.token.as_ref().filter(|_| result == CallResult::Granted);
        let lifetime = token.map(|token| (token.expires_at, token.life()));
        let (ledger, clock, key) = (self.deps.ledger.clone(), self.deps.clock.clone(), self.key.clone());
        let noted = ledger.update(&clock, |address, now| {
            match call {
                Call::Renewal if result == CallResult::NotSent => address.withdraw_renewal(noted_at),
                Call::Renewal => {}
                Call::Login => address.end_login(id, result == CallResult::Refused, now),
            }
            if let Some((expires_at, life)) = lifetime {
                address.note_token(&key, expires_at, life);
            }
        });
        let noted = self.until_done(Box::pin(noted)).await;
        self.unless_unusable(noted);
        self.allowance_until = self.now();
    }

    /// Whether Tradovate's time is known well enough to serve a stored token, or to give it up.
    pub(super) fn knows_time(&self, now: Timestamp) -> bool {
        let clock = &self.deps.clock;
        // The wall clock was set, or the machine stood still: the other clock says that the token lives.
        let token = self.record.token.as_ref();
        if token.is_some_and(|token| !token.is_good(now) && token.is_good(clock.earliest())) {
            return false;
        }
        // A token that was granted here is judged by the clock that it was granted by.
        let granted_here = self.granted == Some(self.record.generation);
        let is_ahead = !granted_here && is_issued_ahead(&self.record, now);
        (granted_here || clock.is_trusted()) && !is_ahead && !self.record.is_ahead(now)
    }

    /// Whether Tradovate's time is to be looked at before anything that depends on it.
    pub(super) fn may_look_at_time(&self, now: Timestamp) -> bool {
        !self.knows_time(now) && self.since_look() >= TIME_REQUEST_GAP
    }

    /// When Tradovate's time can be requested again, if it is not known: by a wrong clock a hold may seem to last for hours.
    pub(super) fn next_time_request(&self, now: Timestamp) -> Option<Timestamp> {
        let left = TIME_REQUEST_GAP.checked_sub(self.since_look())?;
        (!self.knows_time(now) && !left.is_zero()).then(|| later(now, left))
    }

    /// How long ago Tradovate's time was last requested.
    pub(super) fn since_look(&self) -> Duration {
        let looked_at = self.looked_at;
        looked_at.map_or(Duration::MAX, |at| self.deps.clock.local().boot().saturating_sub(at))
    }

    /// Asks a host of Tradovate's for the time: the told host, and the first one if that does not answer.
    pub(super) async fn fetch_server_time(&mut self) {
        let timeout = TIME_TIMEOUT.min(self.settings.timeout);
        let began = self.deps.clock.local().boot();
        let (api, base, first) = (self.deps.api.clone(), self.base(), self.settings.origin.first());
        let mut sample = self.until_answered(api.server_time(&base, timeout)).await;
        if sample.is_none() && base != first {
            sample = self.until_answered(api.server_time(&first, timeout)).await;
        }
        let ended = self.deps.clock.local().boot();
        // A process that was stopped meanwhile has learnt nothing, and asks again.
        let was_stopped = ended.saturating_sub(began) > timeout * 4;
        self.looked_at = Some(ended).filter(|_| !was_stopped);
        match &sample {
            Some(sample) => self.apply_time(sample),
            None => self.reconcile(),
        }
        tracing::debug!(
            key = self.key.as_str(),
            found = sample.is_some(),
            "looked at Tradovate's time"
        );
        self.in_flight = false;
    }
}

/// What became of a call, as far as an address counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallResult {
    Granted,
    Refused,
    NotSent,
    Failed,
}

/// Whether a token was issued at a time that has not come yet by this clock.
fn is_issued_ahead(record: &Record, now: Timestamp) -> bool {
    let issued_at = record.token.as_ref().map(|token| token.issued_at);
    issued_at.is_some_and(|at| earlier(at, Duration::from_secs(5)) > now)
}

impl Hold {
    /// Whether the address is what keeps a call: nothing is wrong with the login then.
    pub(crate) fn is_of_address(self) -> bool {
        matches!(
            self.why,
            HoldReason::AddressRenewals | HoldReason::AddressRefusals | HoldReason::AddressTrials
        )
    }
}
