//! The one place that acts on a record: a task that sleeps until the policy says so, and calls.
//!
//! Whatever needs something (the timer, a caller, a refused token, a write by another session) only sends a request. The lease
//! of the store spans reading, deciding, calling and writing, so that of all sessions of a login one calls and the others
//! adopt what it brought.

mod address;
mod attempt;
mod record_sync;

use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use self::record_sync::{RecordSync, is_of_store};
use super::{
    address::Allowance,
    deps::Deps,
    events::{Event, How},
    login_key::LoginKey,
    policy::{Decision, Requested, StopReason, decide, evicted_generation, past_eviction, user_cooldown},
    record::Record,
    request::{KeeperRequest, RequestKind},
    session::Settings,
    transitions::{TokenReport, after_report, claim_ticket},
    view::{Counts, LastFailure, State, View, renews_at},
};
use crate::{api::Credentials, clock::Reading, error::Error, secret::Secret};

/// How long loaded credentials count as new, and how often refused ones may be loaded anew.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// A renewal that a caller asked for.
#[derive(Debug, Clone, Copy)]
struct RequestedRenewal {
    have: u64,
    until: Timestamp,
}

/// The task behind one session.
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub(super) struct Keeper {
    settings: Settings,
    deps: Deps,
    key: LoginKey,
    record: Record,
    sync: RecordSync,
    credentials: Credentials,
    withheld: Arc<[Secret]>,
    /// When the credentials were loaded, by the boot clock: the wall clock may have been wrong then.
    credentials_loaded_at: Duration,
    /// Whether `credentials` were loaded and not yet used for a login.
    unused: bool,
    requested: Option<RequestedRenewal>,
    /// Whether a person's word is still to be taken in, and who waits for that.
    resumes: bool,
    resuming: Vec<oneshot::Sender<()>>,
    /// What the address leaves for this login, and until when that is not looked at again.
    allowance: Allowance,
    allowance_until: Timestamp,
    /// Whether a warning said that the address has more logins than it can keep.
    overfull: bool,
    /// Whether the address ledger could not be used, and a warning said so.
    uncounted: bool,
    /// When Tradovate's time was last requested, by the boot clock.
    looked_at: Option<Duration>,
    /// Whether the record was read that was there when the session was opened.
    has_read: bool,
    /// The generation that was lost by an eviction in that record.
    found_evicted: Option<u64>,
    /// When the session was opened.
    opened: Reading,
    /// The generation of the last token that this keeper was granted.
    granted: Option<u64>,
    jitter: (u64, f64),
    attempts_done: u64,
    /// What `attempts_done` will be when the attempt under way has ended.
    attempts_after: u64,
    in_flight: bool,
    saving: bool,
    /// Whether the session has been shown as closed.
    closed: bool,
    last_failure: Option<LastFailure>,
    counts: Counts,
    state: State,
    /// Warnings that are sent when the view shows what they are about.
    pending_warnings: Vec<Error>,
    requests: mpsc::UnboundedReceiver<Box<KeeperRequest>>,
    /// Requests that came during a step that took long, and that wait for its end.
    deferred: VecDeque<Box<KeeperRequest>>,
    waiting: Vec<oneshot::Sender<()>>,
    closing: watch::Receiver<bool>,
    views: watch::Sender<Arc<View>>,
    /// Whether a closed session has published its last view and events.
    all_published: watch::Sender<bool>,
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
        let withheld: Arc<[Secret]> = credentials.secrets().cloned().collect();
        let view = View::opening(record.clone(), withheld.clone());
        let (views, seen) = watch::channel(Arc::new(view));
        let now = deps.clock.now();
        let keeper = Self {
            key,
            record,
            sync: RecordSync::default(),
            credentials,
            withheld,
            credentials_loaded_at: deps.clock.local().boot(),
            unused: true,
            requested: None,
            resumes: settings.resume,
            resuming: Vec::new(),
            allowance: Allowance::default(),
            allowance_until: now,
            overfull: false,
            uncounted: false,
            looked_at: None,
            has_read: false,
            found_evicted: None,
            opened: deps.clock.local().reading(),
            granted: None,
            jitter: (0, deps.random.unit()),
            attempts_done: 0,
            attempts_after: 0,
            in_flight: false,
            saving: false,
            closed: false,
            last_failure: None,
            counts: Counts::default(),
            state: State::Active,
            pending_warnings: Vec::new(),
            requests,
            deferred: VecDeque::new(),
            waiting: Vec::new(),
            closing,
            views,
            all_published,
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
                self.found_evicted = evicted_generation(&self.record);
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
            let looks = decision == Decision::FetchServerTime;
            let acts = matches!(decision, Decision::Renew | Decision::Login) && !is_blocked;
            self.in_flight = acts || looks;
            tracing::debug!(key = self.key.as_str(), ?decision, "decided");
            self.publish(decision.clone());
            self.answer();
            if looks {
                self.fetch_server_time().await;
            } else if acts {
                self.attempts_after = self.attempts_done + 1;
                // In a box of its own: large, and there for moments only.
                let was_attempted = Box::pin(self.attempt(&decision)).await;
                self.in_flight = false;
                if was_attempted {
                    self.attempts_done = self.attempts_after;
                    self.requested = None;
                }
            } else if !is_blocked && self.sync.save_at.is_some_and(|at| at <= self.now()) {
                self.save().await;
            } else if !self.wait_for_work(&decision).await {
                break;
            }
        }
        self.in_flight = false;
        self.show_closed();
        self.answer();
    }

    /// Shows the session as closed, whatever is still under way.
    fn show_closed(&mut self) {
        self.closed = true;
        let decision = self.decide();
        self.publish(decision);
        self.all_published.send_replace(true);
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
            changed_credentials: refused.is_some_and(|refusal| !refusal.is_about(&self.credentials)),
            server_time: (!self.knows_time(now)).then(|| self.since_look()),
            address: self.allowance,
            past_eviction: past.filter(|_| past == self.found_evicted),
        };
        decide(&self.record, now, &self.settings.limits, requested, self.jitter.1)
    }

    /// Whether nothing is due any more of what failed: a renewal that was requested early, whose back-off has ended.
    fn is_failure_over(&self, decision: &Decision) -> bool {
        let Decision::Serve { until, held: None } = decision else {
            return false;
        };
        let now = self.now();
        let is_of_call = self
            .last_failure
            .as_ref()
            .is_some_and(|failure| !is_of_store(&failure.error));
        let backs_off = self.record.renewal.not_before.is_some_and(|at| now < at);
        is_of_call && !backs_off && now < *until && self.record.suspicion.probes.is_none()
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
        // Its end changes the state.
        let next = user_cooldown(&self.record, now).map_or(next, |hold| next.min(hold.until));
        let next = self.next_time_request(now).map_or(next, |at| next.min(at));
        let back_off_ends = self.record.renewal.not_before.filter(|at| now < *at);
        let next = match back_off_ends {
            Some(at) if self.last_failure.is_some() => next.min(at),
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

    /// Takes in all requests that are there, so that one decision answers them together.
    async fn take_requests(&mut self, first: Box<KeeperRequest>) {
        let mut request = Some(first);
        let (mut seen, mut tickets) = (Vec::new(), Vec::new());
        while let Some(next) = request {
            let KeeperRequest { kind, ack } = *next;
            match kind {
                RequestKind::Renewal {
                    have,
                    attempts_done,
                    until,
                } if attempts_done == self.attempts_done => {
                    let before = self.requested.unwrap_or(RequestedRenewal { have, until });
                    self.requested = Some(RequestedRenewal {
                        have: before.have.max(have),
                        until: before.until.max(until),
                    });
                }
                // A look, or a renewal whose caller shares the call that has just ended.
                RequestKind::Look | RequestKind::Renewal { .. } => {}
                RequestKind::Ticket {
                    endpoint,
                    patience,
                    given,
                } => tickets.push((endpoint, patience, given)),
                RequestKind::Resume => {
                    self.resumes = true;
                    self.resuming.push(ack);
                    request = self.waiting_request();
                    continue;
                }
                RequestKind::TokenReport { generation, report } => seen.push((generation, report)),
            }
            self.waiting.push(ack);
            request = self.waiting_request();
        }
        self.apply_reports(seen).await;
        for (endpoint, patience, given) in tickets {
            let ticket = self.give_ticket(&endpoint, patience).await;
            // A caller that has given up leaves the ticket unused; others go on after his patience.
            let _ = given.send(ticket);
        }
        self.reload_refused_credentials().await;
    }

    fn waiting_request(&mut self) -> Option<Box<KeeperRequest>> {
        self.deferred.pop_front().or_else(|| self.requests.try_recv().ok())
    }

    /// Takes a step that may take long. What stops calls is heard meanwhile, so that no caller of this session goes on
    /// calling; all other requests wait for the step's end.
    async fn hearing_stops<T>(&mut self, step: impl Future<Output = T>) -> T {
        let mut step = pin!(step);
        loop {
            tokio::select! {
                biased;
                done = &mut step => return done,
                Some(request) = self.requests.recv() => self.hear(request),
            }
        }
    }

    fn hear(&mut self, request: Box<KeeperRequest>) {
        match &request.kind {
            RequestKind::TokenReport { generation, report } if report.is_of_stop() => {
                let now = self.now();
                if after_report(&mut self.record, *generation, report, now) {
                    self.sync.save_at.get_or_insert(now);
                    let decision = self.decide();
                    self.publish(decision);
                }
                // A caller that has given up is no matter.
                let _ = request.ack.send(());
            }
            _ => self.deferred.push_back(request),
        }
    }

    async fn apply_reports(&mut self, mut seen: Vec<(u64, TokenReport)>) {
        let is_about_token =
            |report: &TokenReport| matches!(report, TokenReport::Suspicious { .. } | TokenReport::Taken { .. });
        seen.retain(|(generation, report)| *generation == self.record.generation || !is_about_token(report));
        seen.dedup();
        if seen.is_empty() {
            return;
        }
        if !self.apply_to_record(&seen) {
            return;
        }
        // What was seen counts at once, whether or not it can be saved, and read what others saw.
        self.sync.save_at.get_or_insert(self.deps.clock.now());
        let decision = self.decide();
        self.in_flight = matches!(decision, Decision::Renew | Decision::Login);
        self.publish(decision);
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() && (self.apply_to_record(&seen) || self.sync.save_at.is_some()) {
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
        }
        lease.release().await;
    }

    /// Whether what was seen changes the record.
    fn apply_to_record(&mut self, seen: &[(u64, TokenReport)]) -> bool {
        let now = self.now();
        let mut changed = false;
        for (generation, report) in seen {
            changed |= after_report(&mut self.record, *generation, report, now);
        }
        changed
    }

    /// Loads refused credentials anew when a caller asks for something: they may have changed at their source.
    async fn reload_refused_credentials(&mut self) {
        let refused = matches!(
            self.decide(),
            Decision::Stop {
                why: StopReason::Refused(_),
                ..
            }
        );
        if refused && !self.asked_lately() && self.load_credentials().await.is_err() {
            self.unused = false;
        }
    }

    /// The ticket of a call's penalty, unless somebody else has taken it.
    async fn give_ticket(&mut self, endpoint: &str, patience: Duration) -> Option<Secret> {
        let lease = self.lease().await.ok()?;
        let mut ticket = None;
        if self.read().await.is_ok() {
            let now = self.now();
            ticket = claim_ticket(&mut self.record, endpoint, patience, now);
            if ticket.is_some() {
                // A failure has been told, and saving is tried again.
                let _ = self.write(&lease).await;
            }
        }
        lease.release().await;
        ticket
    }

    /// Takes a person's word in, for all sessions of this login.
    async fn resume(&mut self) {
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() {
            self.record.resume(self.now());
            self.last_failure = None;
            self.resumes = false;
            self.waiting.append(&mut self.resuming);
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
        }
        lease.release().await;
    }

    fn fail(&mut self, last_failure: LastFailure) {
        let LastFailure { error, not_sent, .. } = &last_failure;
        tracing::warn!(key = self.key.as_str(), not_sent, %error, "a call brought nothing");
        self.counts.failures += 1;
        self.warn(error.clone());
        self.last_failure = Some(last_failure);
    }

    /// Queues a warning until the view shows what the failure changed: a listener then finds it in the status.
    fn warn(&mut self, error: Error) {
        self.pending_warnings.push(error);
    }

    /// Publishes the new token, and only then its event: a listener then finds the token.
    fn publish_token(&mut self, how: How) {
        if self.in_flight {
            // A caller that has this token and wants a newer one wants another attempt, even while this one is being saved.
            self.attempts_done = self.attempts_after;
        }
        let decision = self.decide();
        self.publish(decision);
        if let (false, Some(token)) = (self.closed, self.record.token.clone()) {
            let Record {
                generation, user_id, ..
            } = self.record;
            self.deps.events.push(Event::Token {
                token,
                generation,
                user_id,
                how,
            });
        }
    }

    fn publish(&mut self, decision: Decision) {
        let view = View {
            record: Arc::new(self.record.clone()),
            decision,
            attempts_done: self.attempts_done,
            in_flight: self.in_flight,
            saving: self.saving,
            last_failure: self.last_failure.clone(),
            counts: self.counts,
            renews_at: renews_at(&self.record, self.renew_before(), self.jitter.1),
            withheld: self.withheld.clone(),
            address: self.allowance.counts,
            closed: self.closed,
        };
        let state = view.state(self.now());
        self.views.send_replace(Arc::new(view));
        if *self.all_published.borrow() {
            // A closed session sends no events.
            self.pending_warnings.clear();
            return;
        }
        for error in self.pending_warnings.drain(..) {
            self.deps.events.push(Event::Warning(error));
        }
        if state != self.state && (self.closed || !self.in_flight) {
            tracing::info!(key = self.key.as_str(), state = state.as_str(), "another state");
            self.state = state;
            self.deps.events.push(Event::State(state));
        }
        self.deps.events.wake();
    }

    fn answer(&mut self) {
        for ack in self.waiting.drain(..) {
            // A caller that has given up is no matter.
            let _ = ack.send(());
        }
    }
}

/// The request that has waited longest. None says that the handle was dropped.
async fn next_request(
    deferred: &mut VecDeque<Box<KeeperRequest>>,
    requests: &mut mpsc::UnboundedReceiver<Box<KeeperRequest>>,
) -> Option<Box<KeeperRequest>> {
    match deferred.pop_front() {
        Some(request) => Some(request),
        None => requests.recv().await,
    }
}

/// Ends when the session is closed, or its handle dropped.
async fn closed(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}
