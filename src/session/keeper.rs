//! The one place that acts on a record: a task that sleeps until a call is due by the policy, and makes it.
//!
//! Whatever needs something (the timer, a caller, a refused token, a write by another session) only sends a request. The lease
//! of the store spans reading, deciding, calling and writing, so that of all sessions of a login one calls and the others
//! adopt what it brought.

mod address;
mod attempt;
mod credentials;
mod noting;
mod record_sync;
mod requests;
mod storage;
mod time;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use self::{address::AddressShare, credentials::LoadedCredentials, record_sync::RecordSync, requests::next_request};
use super::{
    attempt_count::AttemptCount,
    cooldown::Scope,
    deps::Deps,
    events::How,
    login_key::LoginKey,
    phase::Phase,
    policy::{Decision, Requested, TIME_REQUEST_GAP, decide, past_eviction, user_cooldown},
    publisher::Publisher,
    record::Record,
    request::KeeperRequest,
    settings::Settings,
    token::Generation,
    view::{Counts, LastFailure, View, renews_at},
};
use crate::{api::Credentials, clock::Reading};

/// A renewal that a caller asked for.
#[derive(Debug, Clone, Copy)]
struct RequestedRenewal {
    have: Generation,
    until: Timestamp,
}

/// The task behind one session.
pub(super) struct Keeper {
    settings: Settings,
    deps: Deps,
    key: LoginKey,
    record: Record,
    sync: RecordSync,
    credentials: LoadedCredentials,
    requested: Option<RequestedRenewal>,
    /// Whether a `resume()` is still to be applied, and the callers that wait for that.
    resumes: bool,
    resuming: Vec<oneshot::Sender<()>>,
    address: AddressShare,
    /// Whether an answer has told a time that cannot be believed without another look.
    doubts_time: bool,
    /// When Tradovate's time was last requested, by the boot clock.
    looked_at: Option<Duration>,
    /// Whether the record was read that was there when the session was opened.
    has_read: bool,
    /// The generation that was lost by an eviction in that record.
    found_evicted: Option<Generation>,
    /// When the session was opened.
    opened: Reading,
    /// The generation of the last token that this keeper was granted.
    granted: Option<Generation>,
    jitter: (Generation, f64),
    phase: Phase,
    attempts_done: AttemptCount,
    /// The value of `attempts_done` after the attempt that is under way.
    attempt: Option<AttemptCount>,
    last_failure: Option<LastFailure>,
    counts: Counts,
    requests: mpsc::UnboundedReceiver<Box<KeeperRequest>>,
    /// Requests that came during a step that took long, and that wait for its end.
    deferred: VecDeque<Box<KeeperRequest>>,
    waiting: Vec<oneshot::Sender<()>>,
    closing: watch::Receiver<bool>,
    publisher: Publisher,
}

impl Keeper {
    pub(super) fn new(
        settings: Settings,
        deps: Deps,
        credentials: Credentials,
        requests: mpsc::UnboundedReceiver<Box<KeeperRequest>>,
        closing: watch::Receiver<bool>,
        all_published: watch::Sender<bool>,
    ) -> (Self, watch::Receiver<Arc<View>>) {
        let key = LoginKey::of(&settings.origin, &credentials);
        let record = Record::empty(key.clone(), settings.origin.environment());
        let credentials = LoadedCredentials::new(credentials, deps.clock.local().boot());
        let view = View::opening(record.clone(), credentials.withheld.clone());
        let (publisher, seen) = Publisher::new(view, deps.events.clone(), all_published);
        let keeper = Self {
            key,
            record,
            sync: RecordSync::default(),
            credentials,
            requested: None,
            doubts_time: false,
            resumes: settings.resume,
            resuming: Vec::new(),
            address: AddressShare::new(deps.clock.now()),
            looked_at: None,
            has_read: false,
            found_evicted: None,
            opened: deps.clock.local().reading(),
            granted: None,
            jitter: (Generation::default(), deps.random.unit()),
            phase: Phase::Idle,
            attempts_done: AttemptCount::default(),
            attempt: None,
            last_failure: None,
            counts: Counts::default(),
            requests,
            deferred: VecDeque::new(),
            waiting: Vec::new(),
            closing,
            publisher,
            settings,
            deps,
        };
        (keeper, seen)
    }

    /// Keeps the record until the session is closed or dropped.
    pub(super) async fn run(mut self: Box<Self>) {
        while !self.is_closing() {
            let has_read = self.read().await.is_ok();
            if has_read && !self.has_read {
                self.has_read = true;
                self.found_evicted = self.record.evicted_generation();
            }
            // A caller's answer may have corrected the clock since.
            if self.deps.clock.is_told() && self.record.is_ahead(self.now()) {
                self.reconcile();
            }
            let is_blocked = !has_read || self.sync.blocked_until.is_some();
            if self.resumes && !is_blocked {
                self.resume().await;
            }
            self.refresh_allowance().await;
            let decision = self.decide();
            if self.is_failure_over(&decision) {
                self.last_failure = None;
            }
            let doubts = self.doubts_time && self.since_look() >= TIME_REQUEST_GAP;
            let looks = doubts || decision == Decision::FetchServerTime;
            let acts = matches!(decision, Decision::Renew | Decision::Login) && !is_blocked;
            self.enter(if acts || looks { Phase::Calling } else { Phase::Idle });
            tracing::debug!(key = self.key.as_str(), ?decision, "decided");
            self.publish(decision.clone());
            self.answer();
            if looks {
                self.fetch_server_time().await;
            } else if acts {
                let done = self.attempts_done.next();
                self.attempt = Some(done);
                // Boxed: the future is large and short-lived.
                let was_attempted = Box::pin(self.attempt(&decision)).await;
                self.attempt = None;
                self.enter(Phase::Idle);
                if was_attempted {
                    self.attempts_done = done;
                    self.requested = None;
                }
            } else if !is_blocked && self.sync.save_at.is_some_and(|at| at <= self.now()) {
                self.save().await;
            } else if !self.wait_for_work(&decision).await {
                break;
            }
        }
        self.show_closed();
        self.answer();
        self.end_requests();
        self.save_at_end().await;
    }

    /// Shows the session as closed, whatever is still under way.
    fn show_closed(&mut self) {
        self.phase = Phase::Closed;
        let decision = self.decide();
        self.publish(decision);
        self.publisher.end();
    }

    /// Goes into another phase. There is no way back from being closed.
    fn enter(&mut self, phase: Phase) {
        if self.phase != Phase::Closed {
            self.phase = phase;
        }
    }

    fn is_closing(&self) -> bool {
        // An error says that the handle was dropped.
        *self.closing.borrow() || self.closing.has_changed().is_err()
    }

    fn now(&self) -> Timestamp {
        self.deps.clock.now()
    }

    fn decide(&mut self) -> Decision {
        if self.jitter.0 != self.record.generation {
            self.jitter = (self.record.generation, self.deps.random.unit());
        }
        let now = self.now();
        let past = past_eviction(&self.record, self.deps.clock.earliest_at(self.opened));
        let refused = self.record.refusal.as_ref();
        let requested = Requested {
            renewal: self
                .requested
                .is_some_and(|asked| asked.have >= self.record.generation && now < asked.until),
            changed_credentials: refused.is_some_and(|refusal| !refusal.is_about(&self.credentials.current)),
            server_time: (!self.knows_time(now)).then(|| self.since_look()),
            time_before_call: self.doubts_stops().then(|| self.since_look()),
            address: self.address.allowance,
            proven: self.is_proven(),
            past_eviction: past.filter(|_| past == self.found_evicted),
        };
        decide(&self.record, now, &self.settings.limits, requested, self.jitter.1)
    }

    /// Whether the last failure is over: that of a renewal that was requested early, and that nothing holds any more.
    fn is_failure_over(&self, decision: &Decision) -> bool {
        let Decision::Serve { until, held: None } = decision else {
            return false;
        };
        let now = self.now();
        let is_of_call = self.last_failure.as_ref().is_some_and(|failure| !failure.is_of_store());
        let is_held = self.renewal_held_until(now).is_some();
        is_of_call && !is_held && now < *until && self.record.suspicion.probes.is_none()
    }

    /// Until when a renewal that failed is not made again: its back-off, or what Tradovate has imposed on it or on the user.
    fn renewal_held_until(&self, now: Timestamp) -> Option<Timestamp> {
        let cooldown = self.record.cooldowns.get(&Scope::Renewal);
        let until = self
            .record
            .renewal
            .not_before
            .max(cooldown.map(|cooldown| cooldown.until))
            .max(user_cooldown(&self.record, now).map(|hold| hold.until));
        until.filter(|until| now < *until)
    }

    /// Waits for the decision's time, a request, or a write by another session. Returns false at the end of the session.
    async fn wait_for_work(&mut self, decision: &Decision) -> bool {
        let now = self.now();
        let next = match decision {
            Decision::Serve { until, .. } => *until,
            Decision::Wait(hold) => hold.until,
            Decision::Stop { retry_at, .. } => retry_at.filter(|at| *at > now).unwrap_or(Timestamp::MAX),
            Decision::FetchServerTime | Decision::Renew | Decision::Login => now,
        };
        let next = match (self.sync.blocked_until.take(), self.sync.save_at) {
            (Some(blocked_until), _) => blocked_until,
            (None, Some(save_at)) => next.min(save_at),
            (None, None) => next,
        };
        let expiry = self.record.good_token(now).map_or(next, |token| token.expires_at);
        // The end of the user's cooldown changes the state.
        let next = user_cooldown(&self.record, now).map_or(next, |hold| next.min(hold.until));
        let next = self.next_time_request(now).map_or(next, |at| next.min(at));
        let next = match self.renewal_held_until(now) {
            Some(until) if self.last_failure.is_some() => next.min(until),
            _ => next,
        };
        tokio::select! {
            biased;
            () = closed(self.closing.clone()) => return false,
            request = next_request(&mut self.deferred, &mut self.requests) => match request {
                Some(request) => self.take_requests(request).await,
                None => return false,
            },
            () = self.deps.store.changed(self.key.as_str(), self.sync.seen) => {}
            () = self.deps.clock.sleep_until(next.min(expiry)) => {}
        }
        true
    }

    fn fail(&mut self, last_failure: LastFailure) {
        let LastFailure { error, not_sent, .. } = &last_failure;
        tracing::warn!(key = self.key.as_str(), not_sent, %error, "a call brought nothing");
        self.counts.failures += 1;
        self.publisher.warn(error.clone());
        self.last_failure = Some(last_failure);
    }

    /// Publishes the new token, and only then its event: a listener then finds the token.
    fn publish_token(&mut self, how: How) {
        if let Some(done) = self.attempt {
            // A caller that has this token and wants a newer one wants another attempt, even while this one is being saved.
            self.attempts_done = done;
        }
        let decision = self.decide();
        self.publish(decision);
        if self.phase != Phase::Closed {
            self.publisher.tell_token(&self.record, how);
        }
    }

    /// Publishes what comes next: a call that is due counts as under way.
    fn publish_next(&mut self) {
        let decision = self.decide();
        let is_due = matches!(decision, Decision::Renew | Decision::Login | Decision::FetchServerTime);
        if is_due && self.phase == Phase::Idle {
            self.enter(Phase::Calling);
        }
        self.publish(decision);
    }

    fn publish(&mut self, decision: Decision) {
        let view = View {
            record: Arc::new(self.record.clone()),
            decision,
            attempts_done: self.attempts_done,
            phase: self.phase,
            last_failure: self.last_failure.clone(),
            counts: self.counts,
            renews_at: renews_at(&self.record, self.renew_before(), self.jitter.1),
            withheld: self.credentials.withheld.clone(),
            address: self.address.allowance.counts,
            max_logins: Some(self.settings.limits.max_logins),
        };
        let now = self.now();
        self.publisher.publish(view, now);
    }

    fn answer(&mut self) {
        for ack in self.waiting.drain(..) {
            // A caller that has given up needs no answer.
            let _ = ack.send(());
        }
    }
}

/// Completes when the session is closed, or its handle dropped.
async fn closed(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}
