//! The keeper's knowledge of Tradovate's time, and its corrections of what a wrong clock has written.

use std::{mem, time::Duration};

use jiff::Timestamp;

use super::Keeper;
use crate::{
    api::{Failure, Grant, Origin, Reply},
    clock::{DateSample, Reading, earlier, later},
    session::{limits::HOUR, phase::Phase, policy::TIME_REQUEST_GAP, record::Record, transitions::AnswerContext},
};

/// How long an answer that tells Tradovate's time is waited for.
const TIME_TIMEOUT: Duration = Duration::from_secs(5);

impl Keeper {
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

    /// Whether the record's stops and quotas may not be over yet: one of the local clocks was set, or nothing but a guess says so.
    pub(super) fn doubts_stops(&self) -> bool {
        let clock = &self.deps.clock;
        let is_guess = !clock.is_trusted() && self.record.has_stops();
        clock.local_clocks_differ() || is_guess
    }

    /// Whether Tradovate's time is to be requested before anything that depends on it.
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

    /// Asks a host of Tradovate's for the time: the told host, and the first one if that does not answer. Returns whether it was told.
    pub(super) async fn fetch_server_time(&mut self) -> bool {
        let timeout = TIME_TIMEOUT.min(self.settings.timeout);
        let began = self.deps.clock.local().boot();
        let (api, base, first) = (self.deps.api.clone(), self.base(), self.settings.origin.first());
        let mut longest = timeout * 2;
        let mut sample = self.until_done(api.server_time(&base, timeout)).await;
        if sample.is_none() && base != first {
            longest += timeout * 2;
            sample = self.until_done(api.server_time(&first, timeout)).await;
        }
        let ended = self.deps.clock.local().boot();
        // A process that was stopped meanwhile has learnt nothing, and asks again: its deadline has passed, or its answer came too
        // late. A slow host's answer does not come so late.
        let was_stopped = ended.saturating_sub(began) > longest || sample.as_ref().is_some_and(DateSample::is_slow);
        self.looked_at = Some(ended).filter(|_| !was_stopped);
        self.doubts_time &= was_stopped || sample.is_none();
        match &sample {
            Some(sample) => self.apply_time(sample),
            None => self.reconcile(),
        }
        tracing::debug!(
            key = self.key.as_str(),
            found = sample.is_some(),
            "looked at Tradovate's time"
        );
        self.enter(Phase::Idle);
        sample.is_some() && !was_stopped
    }

    /// Looks at Tradovate's time if a granted token and what is known of the time contradict each other: the date that came with it may
    /// be wrong, or the machine stood still during the call.
    pub(super) async fn confirm_time(&mut self, reply: &mut Reply<Grant>) {
        let Ok(grant) = &reply.outcome else { return };
        let clock = &self.deps.clock;
        let is_open = match &reply.date {
            Some(sample) if !sample.is_slow() => {
                clock.is_contradicted_by(sample) || (!clock.is_told() && grant.expires_at <= sample.date)
            }
            Some(sample) => {
                sample.clocks_differ() || (grant.expires_at <= clock.now() && grant.expires_at > clock.earliest())
            }
            None => false,
        };
        if is_open && self.fetch_server_time().await {
            reply.date = None;
        }
        if is_open {
            self.enter(Phase::Calling);
        }
    }

    /// Corrects the clock by the answer's time, and then judges the token's expiry by the clock: not every answer tells the time.
    /// `began` is the reading before the call.
    pub(super) fn learn(&mut self, reply: &mut Reply<Grant>, began: Reading, told_host: bool) -> Learned {
        // A page in place of an answer may have any date, and one of Tradovate's machines a wrong one. What refuses a token says the
        // time by which it was refused.
        let clock = &self.deps.clock;
        let is_page = reply.outcome.as_ref().is_err_and(Failure::may_be_another_servers);
        match &reply.date {
            Some(sample) if (is_page || reply.outcome.is_ok()) && clock.is_contradicted_by(sample) => {
                self.doubts_time = true;
                reply.date = None;
            }
            Some(sample) if is_page && clock.is_sure_at(sample.received) => {}
            Some(sample) => self.apply_time(sample),
            None => {}
        }
        if let Ok(grant) = &reply.outcome
            && self.misjudges(grant)
        {
            self.guess_time(reply.date.as_ref(), began, grant.expires_at);
            self.record.clock = self.deps.clock.to_store(self.deps.store.ahead_ms());
        }
        let now = self.now();
        let unjudged = mem::replace(&mut reply.outcome, Err(Failure::Lost(String::new())));
        reply.outcome = unjudged.and_then(|grant| grant.unexpired(now));
        Learned {
            now,
            random: self.deps.random.unit(),
            salt: self.deps.random.number(),
            told_host,
        }
    }

    /// Whether the clock cannot judge a token that was just granted: nothing confirms the clock, or by it the token has expired
    /// although no answer has told the time, or one of the local clocks was set since.
    pub(super) fn misjudges(&self, grant: &Grant) -> bool {
        let clock = &self.deps.clock;
        let is_sure = clock.is_told() && grant.expires_at <= clock.earliest();
        !clock.is_trusted() || (!is_sure && grant.expires_at <= clock.now())
    }

    /// Guesses the time by a token that was granted after `began`, and so had not expired then: a clock by which it had is wrong. A
    /// slow answer's time is better than none, and a life of an hour is less than Tradovate gives. The machine may have stood still
    /// since, as the clock says by which more time has passed.
    pub(super) fn guess_time(&self, sample: Option<&DateSample>, began: Reading, expires_at: Timestamp) {
        let clock = &self.deps.clock;
        let granted_at = match sample {
            Some(sample) => sample.date,
            None if expires_at <= clock.now() => earlier(expires_at, HOUR),
            None => return,
        };
        clock.guess(later(granted_at, clock.local().reading().longest_since(began)));
    }

    /// Corrects the clock by an answer, and what was written under the wrong one.
    pub(super) fn apply_time(&mut self, sample: &DateSample) {
        self.deps.clock.observe(sample);
        // After an answer that was too slow the clock may be a guess, which is not stored for the next process.
        if self.deps.clock.is_trusted() {
            self.record.clock = self.deps.clock.to_store(self.deps.store.ahead_ms());
        }
        self.reconcile();
    }

    /// Corrects what was written under a clock that was ahead. A clock that nobody has told the time corrects no more than
    /// back-offs.
    pub(super) fn reconcile(&mut self) {
        let now = self.now();
        let changed = if self.deps.clock.is_told() {
            self.record.reconcile(now)
        } else {
            self.record.end_future_backoffs(now)
        };
        if changed {
            self.sync.save_from(now);
        }
    }
}

/// Whether a token was issued at a time that has not come yet by this clock.
fn is_issued_ahead(record: &Record, now: Timestamp) -> bool {
    let issued_at = record.token.as_ref().map(|token| token.issued_at);
    issued_at.is_some_and(|at| earlier(at, Duration::from_secs(5)) > now)
}

/// The facts about an answer that its consequences depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Learned {
    pub now: Timestamp,
    random: f64,
    salt: u64,
    told_host: bool,
}

impl Learned {
    pub(super) fn of(self, origin: &Origin) -> AnswerContext<'_> {
        AnswerContext {
            now: self.now,
            random: self.random,
            salt: self.salt,
            origin,
            told_host: self.told_host,
        }
    }
}
