//! A keeper and what it shares with all logins of its machine: what the address leaves for it, and what it notes there; and
//! the look at Tradovate's time, where no clock of the machine tells it.

use std::time::Duration;

use jiff::Timestamp;

use super::{Keeper, LOOK_AGAIN};
use crate::{
    clock::{earlier, later},
    error::{Error, ErrorKind},
    session::{
        address::Applicant,
        aftermath::Call,
        policy::{Hold, HoldReason, due_at, probe_at},
        record::Record,
    },
};

/// How often the ledger is looked at while nothing is due.
const LOOK: Duration = Duration::from_secs(30);
/// For a look at Tradovate's time.
const TIME_TIMEOUT: Duration = Duration::from_secs(5);

impl Keeper {
    /// Looks at the address ledger, if what it says may be old or is about to be needed.
    pub(super) async fn look_at_address(&mut self) {
        let now = self.now();
        if now < self.allowance_until && !self.may_call_soon(now) {
            return;
        }
        let ledger = self.tools.ledger.clone();
        let address = ledger.read(&self.tools.clock).await;
        self.allowance = address.allowance(self.applicant(), now);
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
        self.wish.is_some()
            || probe_at(&self.record, now).is_some()
            || due_at(token, self.tools.limits.renew_before, 0.0) <= now
    }

    pub(super) fn renew_before(&self) -> Duration {
        let wanted = self.tools.limits.renew_before;
        self.allowance.renew_before.map_or(wanted, |later| later.min(wanted))
    }

    /// Whether the credentials have opened a session before.
    pub(super) fn is_proven(&self) -> bool {
        let proven = self.record.proven.as_ref();
        proven.is_some_and(|proven| proven.matches(&self.credentials))
    }

    fn applicant(&self) -> Applicant<'_> {
        Applicant {
            key: &self.key,
            expires_at: self.record.token.as_ref().map(|token| token.expires_at),
            proven: self.is_proven(),
            renew_before: self.tools.limits.renew_before,
        }
    }

    /// Notes a call for the whole address before it is made, unless others have left no room for it meanwhile.
    pub(super) async fn reserve(&mut self, call: Call, id: u64) -> Result<Timestamp, Hold> {
        let ledger = self.tools.ledger.clone();
        let applicant = self.applicant();
        let reserved = ledger.update(&self.tools.clock, |address, now| {
            let reserved = match call {
                Call::Renewal => address.reserve_renewal(applicant, now),
                Call::Login => address.reserve_login(applicant, id, now),
            };
            reserved.map(|()| now)
        });
        let reserved = reserved.await.unwrap_or(Ok(self.now()));
        if let Err(hold) = reserved {
            match call {
                Call::Renewal => self.allowance.renewal = Some(hold),
                Call::Login => self.allowance.login = Some(hold),
            }
        }
        reserved
    }

    /// Notes for the whole address what became of a call.
    pub(super) async fn account(&mut self, call: Call, id: u64, noted_at: Timestamp, became: Became) {
        let token = self.record.token.as_ref().filter(|_| became == Became::Granted);
        let ledger = self.tools.ledger.clone();
        let noted = ledger.update(&self.tools.clock, |address, now| {
            match call {
                Call::Renewal if became == Became::NotSent => address.withdraw_renewal(noted_at),
                Call::Renewal => {}
                Call::Login => address.end_login(id, became == Became::Refused, now),
            }
            if let Some(token) = token {
                address.note_token(&self.key, token.expires_at, token.life());
            }
        });
        let _ = noted.await;
        self.allowance_until = self.now();
    }

    /// Whether Tradovate's time is known well enough to serve a stored token, or to give it up.
    pub(super) fn knows_time(&self, now: Timestamp) -> bool {
        // A token that was granted here is judged by the clock that it was granted by.
        let granted_here = self.granted == Some(self.record.generation);
        let is_ahead = !granted_here && is_issued_ahead(&self.record, now);
        (granted_here || self.tools.clock.is_trusted()) && !is_ahead && !self.record.is_ahead(now)
    }

    /// Whether Tradovate's time is to be looked at before anything that depends on it.
    pub(super) fn may_look_at_time(&self, now: Timestamp) -> bool {
        !self.knows_time(now) && self.tools.clock.local().boot() >= self.time_until
    }

    /// Asks a host of Tradovate's for the time.
    pub(super) async fn look_at_time(&mut self) {
        let purpose = self.tools.origin.environment().purpose();
        let base = self.tools.origin.rest(purpose, &self.record.hosts);
        let timeout = TIME_TIMEOUT.min(self.tools.timeout);
        let sample = self.tools.api.server_time(&base, timeout).await;
        self.time_until = self.tools.clock.local().boot() + LOOK_AGAIN;
        match &sample {
            Some(sample) => self.learn_time(sample),
            None => self.reconcile(),
        }
        tracing::debug!(
            key = self.key.as_str(),
            found = sample.is_some(),
            "looked at Tradovate's time"
        );
        self.flying = false;
    }
}

/// What became of a call, as far as an address counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Became {
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
    pub(crate) fn is_the_addresss(self) -> bool {
        matches!(
            self.why,
            HoldReason::AddressRenewals | HoldReason::AddressRefusals | HoldReason::AddressTrials
        )
    }
}
