//! The keeper's use of the address ledger: it reads what the address leaves for its login, reserves a place for each call, and
//! notes the call's result.

use std::time::Duration;

use jiff::Timestamp;

use super::Keeper;
use crate::{
    clock::later,
    error::{Error, ErrorKind},
    session::{
        address::{Allowance, Applicant},
        hold::Hold,
        login_key::LoginKey,
        policy::due_at,
        transitions::Call,
    },
};

/// How often the ledger is read while nothing is due.
const READ_EVERY: Duration = Duration::from_secs(30);

/// A keeper's knowledge of its machine's address.
pub(super) struct AddressShare {
    /// The allowance of this login.
    pub allowance: Allowance,
    /// When the ledger is read again.
    read_at: Timestamp,
    /// Whether a warning said that it has more logins than it can keep.
    overfull: bool,
    /// Whether the ledger could not be used, and a warning said so.
    uncounted: bool,
}

impl AddressShare {
    pub fn new(now: Timestamp) -> Self {
        Self {
            allowance: Allowance::default(),
            read_at: now,
            overfull: false,
            uncounted: false,
        }
    }
}

impl Keeper {
    /// Reads the address ledger, if the allowance may be old or is about to be needed.
    pub(super) async fn refresh_allowance(&mut self) {
        let now = self.now();
        if now < self.address.read_at && !self.may_call_soon(now) {
            return;
        }
        let (ledger, clock, key) = (self.deps.ledger.clone(), self.deps.clock.clone(), self.key.clone());
        let address = self.until_done(Box::pin(ledger.read(&clock))).await;
        // The ledger may have told the time.
        let now = self.now();
        self.address.allowance = address.allowance(self.applicant(&key), now);
        self.address.read_at = later(now, READ_EVERY);
        let overfull = self.address.allowance.counts.overfull;
        if overfull && !self.address.overfull {
            let text = format!(
                "{} logins are kept alive from this machine, and Tradovate allows an address 15 renewals an hour: some of \
                 them log in anew when their token ends; spread them over more addresses, or use fewer",
                self.address.allowance.counts.logins,
            );
            self.publisher.warn(Error::new(ErrorKind::Quota, text));
        }
        self.address.overfull = overfull;
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
        self.address
            .allowance
            .renew_before
            .map_or(wanted, |later| later.min(wanted))
    }

    /// Whether the credentials have opened a session before.
    pub(super) fn is_proven(&self) -> bool {
        let proven = self.record.proven.as_ref();
        proven.is_some_and(|proven| proven.matches(&self.credentials.current))
    }

    fn applicant<'a>(&self, key: &'a LoginKey) -> Applicant<'a> {
        Applicant {
            key,
            expires_at: self.record.token.as_ref().map(|token| token.expires_at),
            proven: self.is_proven(),
            renew_before: self.settings.limits.renew_before,
            timeout: self.settings.timeout,
        }
    }

    /// Notes a call for the whole address before it is made, unless others have left no room for it meanwhile.
    pub(super) async fn reserve(&mut self, call: Call, id: u64) -> Result<Timestamp, Hold> {
        let (ledger, clock, key) = (self.deps.ledger.clone(), self.deps.clock.clone(), self.key.clone());
        let applicant = self.applicant(&key);
        let mut reserved = Ok(self.now());
        let counted = ledger.update(&clock, |address, now| {
            let place = match call {
                Call::Renewal => address.reserve_renewal(applicant, now),
                Call::Login => address.reserve_login(applicant, id, now),
            };
            reserved = place.map(|()| now);
        });
        let counted = self.until_done(Box::pin(counted)).await;
        self.note_counted(counted);
        if let Err(hold) = reserved {
            match call {
                Call::Renewal => self.address.allowance.renewal = Some(hold),
                Call::Login => self.address.allowance.login = Some(hold),
            }
        }
        reserved
    }

    /// Notes whether the ledger could be used. One that cannot holds no call back, and one warning tells of it.
    fn note_counted(&mut self, counted: Result<(), Error>) {
        let was_uncounted = std::mem::replace(&mut self.address.uncounted, counted.is_err());
        if let (Err(error), false) = (counted, was_uncounted) {
            let text = "this login's calls are not counted with those of others at this address: beyond 15 renewals or 5 \
                        refused logins an hour Tradovate locks the address out";
            self.publisher.warn(Error::new(ErrorKind::Store, text).caused_by(error));
        }
    }

    /// Notes the result of a call for the whole address.
    pub(super) async fn account(&mut self, call: Call, id: u64, noted_at: Timestamp, result: CallResult) {
        let token = self.record.token.as_ref().filter(|_| result == CallResult::Granted);
        let lifetime = token.map(|token| (token.expires_at, token.life()));
        let (ledger, clock, key) = (self.deps.ledger.clone(), self.deps.clock.clone(), self.key.clone());
        let counted = ledger.update(&clock, |address, now| {
            match call {
                Call::Renewal if result == CallResult::NotSent => address.withdraw_renewal(noted_at),
                Call::Renewal => {}
                Call::Login => address.end_login(id, result == CallResult::Refused, now),
            }
            if let Some((expires_at, life)) = lifetime {
                address.note_token(&key, expires_at, life);
            }
        });
        let counted = self.until_done(Box::pin(counted)).await;
        self.note_counted(counted);
        self.address.read_at = self.now();
    }
}

/// The result of a call, as an address counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallResult {
    Granted,
    Refused,
    NotSent,
    Failed,
}
