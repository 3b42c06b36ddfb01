//! The calls that a keeper makes. An attempt goes through these steps, and each may end it:
//!
//! 1. The credentials are loaded anew, if a login is due and they are old.
//! 2. The store's lease is taken, so that no other session of this login calls meanwhile.
//! 3. The record is read, and the policy asked once more: another session may have acted.
//! 4. The address ledger grants the call its place.
//! 5. The call is noted in the record and saved: a process that dies in mid-call has counted it (`noting.rs`). A stop that was
//!    reported since is the last that ends the attempt.
//! 6. The call is made.
//! 7. The answer corrects the clock, and then changes the record (`transitions.rs`).
//! 8. A lease that has lapsed is taken anew, and what others have stored is merged in.
//! 9. A new token is published, and in use from here on. Then the record is saved, and the lease given back.
//! 10. The ledger notes the call's result.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Keeper, address::CallResult, closed};
use crate::{
    api::Failure,
    error::{Error, ErrorKind},
    secret::Secret,
    session::{
        cooldown::Scope,
        events::{CallBegin, CallEnd, Event, How},
        limits::SAVE_PATIENCE,
        phase::Phase,
        policy::Decision,
        transitions::{Call, after_login, after_renewal, may_be_a_told_hosts, without_credentials},
        view::LastFailure,
    },
    store::Lease,
    trace::{self, Notes, Trace},
};

impl Keeper {
    /// Makes the call that is due, if it still is under the lease. Returns false if it is not: whoever asked for it waits on, or
    /// learns of the hold.
    pub(super) async fn attempt(&mut self, planned: &Decision) -> bool {
        let loads = *planned == Decision::Login && !self.has_credentials();
        if loads {
            match self.load_credentials().await {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => {
                    let (now, random) = (self.now(), self.deps.random.unit());
                    without_credentials(&mut self.record, now, random);
                    if !self.is_closing() {
                        self.fail(LastFailure::new(error));
                    }
                    return true;
                }
            }
        }
        let Ok(lease) = self.lease().await else { return true };
        let before = self.sync.seen;
        if self.read().await.is_err() {
            return true;
        }
        // Another session may have acted while this one waited for the lease.
        let decision = self.decide();
        if self.sync.seen != before {
            // Callers learn at once what is known now, such as that the token is lost.
            self.publish(decision.clone());
        }
        let call = match decision {
            // Where it is due only since another session has acted, old credentials are loaded anew first, without the lease.
            Decision::Login if loads || self.has_credentials() => Call::Login,
            Decision::Renew => Call::Renewal,
            _ => {
                self.give_back(lease).await;
                return false;
            }
        };
        let id = self.deps.random.number();
        let Ok(reserved_at) = self.reserve(call, id).await else {
            self.give_back(lease).await;
            return false;
        };
        if let Err(obstacle) = self.note(call, id, &lease).await {
            let was_attempted = self.skip_call(obstacle, &lease).await;
            self.account(call, id, reserved_at, CallResult::NotSent).await;
            self.give_back(lease).await;
            return was_attempted;
        }
        let (outcome, result) = self.make(call).await;
        let lapsed = outcome.is_ok() && !lease.is_held();
        if outcome.is_ok() {
            self.begin_to_save();
        }
        let lease = if lapsed {
            self.give_back(lease).await;
            self.catch_up().await
        } else {
            Some(lease)
        };
        // The token is in use from here on, saved or not.
        if let Ok(how) = &outcome {
            let generation = self.record.generation.get();
            tracing::info!(key = self.key.as_str(), generation, how = how.as_str(), "a new token");
            self.last_failure = None;
            if lease.is_none() {
                self.enter(Phase::Calling);
            }
            self.publish_token(*how);
        } else {
            // Callers learn at once what is known now, such as that the token is lost.
            let decision = self.decide();
            self.publish(decision);
        }
        if let Some(lease) = lease {
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
            if self.phase.is_saving() {
                // Who has renewed the token waits for that.
                self.enter(Phase::Calling);
                let decision = self.decide();
                self.publish(decision);
            }
            self.give_back(lease).await;
        }
        self.account(call, id, reserved_at, result).await;
        match outcome {
            Ok(_) => self.clear_store(),
            Err(last_failure) => self.fail(last_failure),
        }
        true
    }

    /// From here on those whose process may end next wait for the token to be saved.
    fn begin_to_save(&mut self) {
        let until = self.deps.clock.local().boot().saturating_add(SAVE_PATIENCE);
        self.enter(Phase::Saving { until });
    }

    /// Makes the call, with an event at its beginning and one at its end.
    async fn make(&mut self, call: Call) -> (Result<How, LastFailure>, CallResult) {
        let (clock, trace) = (self.deps.clock.local().clone(), Arc::new(Trace::default()));
        let begun = clock.boot();
        self.deps.events.push_traced(Event::CallBegun(CallBegin {
            call,
            base: self.base(),
            at: clock.wall(),
        }));
        let made = trace::traced(trace.clone(), async {
            match call {
                Call::Login => self.log_in().await,
                Call::Renewal => self.renew().await,
            }
        });
        let (outcome, result) = made.await;
        let error = outcome.as_ref().err().map(|failure| failure.error.clone());
        let generation = error.is_none().then_some(self.record.generation.get());
        self.deps.events.push_traced(Event::CallEnded(CallEnd {
            call,
            notes: Notes {
                generation,
                ..trace.notes()
            },
            took: clock.boot().saturating_sub(begun),
            user_id: self.record.user_id,
            error,
        }));
        (outcome, result)
    }

    /// Has the store remove records that nobody uses any more, by Tradovate's own time: a sandbox tells its machine's.
    fn clear_store(&self) {
        if self.deps.clock.is_told() && self.settings.origin.is_tradovates() {
            self.deps.store.forget(self.now());
        }
    }

    /// The base URL of auth calls: the first host's until an answer names another, and where it has just sent a call away.
    pub(super) fn base(&self) -> String {
        let (origin, hosts) = (&self.settings.origin, &self.record.hosts);
        let purpose = origin.environment().purpose();
        if hosts.asks_first(purpose) {
            origin.first_rest(purpose)
        } else {
            origin.rest(purpose, hosts)
        }
    }

    /// Whether a told host is asked, and not the first one.
    fn asks_told_host(&self) -> bool {
        let (origin, hosts) = (&self.settings.origin, &self.record.hosts);
        let purpose = origin.environment().purpose();
        !hosts.asks_first(purpose) && origin.is_told(purpose, hosts)
    }

    async fn log_in(&mut self) -> (Result<How, LastFailure>, CallResult) {
        let ticket = self.record.ticket(Scope::Login, self.now()).cloned();
        let told_host = self.asks_told_host();
        self.credentials.unused = false;
        let base = self.base();
        let credentials = self.credentials.current.clone();
        let (api, timeout) = (self.deps.api.clone(), self.settings.timeout);
        let began = self.deps.clock.local().reading();
        let call = api.request_token(&base, &credentials, ticket.as_ref(), timeout);
        let mut reply = self.until_done(call).await;
        self.confirm_time(&mut reply).await;
        let context = self.learn(&mut reply, began, told_host);
        let is_refused = after_login(
            &mut self.record,
            reply.outcome.as_ref(),
            &credentials,
            context.of(&self.settings.origin),
        );
        match reply.outcome {
            Ok(_) => {
                self.counts.logins += 1;
                self.granted = Some(self.record.generation);
                (Ok(How::Login), CallResult::Granted)
            }
            Err(failure) => {
                let result = match &failure {
                    failure if failure.is_not_sent() => CallResult::NotSent,
                    _ if is_refused => CallResult::Refused,
                    _ => CallResult::Failed,
                };
                // A ticket is for these very credentials.
                self.credentials.unused = self.record.ticket(Scope::Login, context.now).is_some();
                let secrets = self.credentials.withheld.iter().chain(ticket.as_ref());
                let last_failure = LastFailure {
                    not_sent: failure.is_not_sent(),
                    elsewhere: may_be_a_told_hosts(Call::Login, &failure) && self.base() != base,
                    error: self.error_of(Call::Login, &failure, &base, context.now, secrets),
                };
                (Err(last_failure), result)
            }
        }
    }

    async fn renew(&mut self) -> (Result<How, LastFailure>, CallResult) {
        let Some(token) = self.record.token.clone() else {
            let error = Error::new(ErrorKind::Expired, "renewal: there is no token");
            let last_failure = LastFailure::not_sent(error);
            return (Err(last_failure), CallResult::NotSent);
        };
        let ticket = self.record.ticket(Scope::Renewal, self.now()).cloned();
        let told_host = self.asks_told_host();
        let base = self.base();
        let (api, timeout) = (self.deps.api.clone(), self.settings.timeout);
        let began = self.deps.clock.local().reading();
        let call = api.renew_token(&base, &token.access_token, ticket.as_ref(), timeout);
        let mut reply = self.until_done(call).await;
        self.confirm_time(&mut reply).await;
        let context = self.learn(&mut reply, began, told_host);
        let before = self.record.generation;
        let extended = after_renewal(
            &mut self.record,
            reply.outcome.as_ref(),
            context.of(&self.settings.origin),
        );
        match reply.outcome {
            Ok(_) if extended => {
                self.counts.renewals += 1;
                self.granted = Some(self.record.generation);
                (Ok(How::Renewal), CallResult::Granted)
            }
            Ok(_) => {
                self.granted = Some(self.record.generation);
                if self.record.generation > before {
                    self.begin_to_save();
                    self.publish_token(How::Renewal);
                }
                let text = "renewal: Tradovate answered with a token that lives no longer than the one before";
                let error = Error::new(ErrorKind::Protocol, text);
                let last_failure = LastFailure::new(error);
                (Err(last_failure), CallResult::Granted)
            }
            Err(failure) => {
                let result = if failure.is_not_sent() {
                    CallResult::NotSent
                } else {
                    CallResult::Failed
                };
                let secrets = self
                    .credentials
                    .withheld
                    .iter()
                    .chain(token.secrets())
                    .chain(ticket.as_ref());
                let last_failure = LastFailure {
                    not_sent: failure.is_not_sent(),
                    elsewhere: may_be_a_told_hosts(Call::Renewal, &failure) && self.base() != base,
                    error: self.error_of(Call::Renewal, &failure, &base, context.now, secrets),
                };
                (Err(last_failure), result)
            }
        }
    }

    /// The error of a call that has failed. The time of a penalty is the one that is waited out, that of refused credentials the end
    /// of their refusal.
    fn error_of<'a>(
        &self,
        call: Call,
        failure: &Failure,
        base: &str,
        now: Timestamp,
        secrets: impl IntoIterator<Item = &'a Secret>,
    ) -> Error {
        let error = failure.to_token_error(call.as_str(), call.unauthorized(), base, now, secrets);
        let attempts = match call {
            Call::Login => &self.record.login,
            Call::Renewal => &self.record.renewal,
        };
        let later = attempts.told_until.filter(|at| error.retry_at() < Some(*at));
        let refusal = self.record.refusal.as_ref();
        let refused_until =
            refusal.filter(|refusal| refusal.until > now && refusal.is_about(&self.credentials.current));
        match (call, failure, later, refused_until) {
            (_, Failure::Penalty { .. }, Some(at), _) => error.with_retry_at(at),
            (Call::Login, Failure::Denied(..) | Failure::Unauthorized(_), _, Some(refusal)) => {
                error.with_retry_at(refusal.until)
            }
            _ => error,
        }
    }

    /// Takes a new lease for a token that was granted under one that has lapsed, and merges what others have stored since. Returns
    /// the lease, if it can be had.
    async fn catch_up(&mut self) -> Option<Lease> {
        let now = self.now();
        // With something to save, the stored record is merged into ours and does not replace it.
        self.sync.save_from(now);
        let lease = self.lease().await.ok()?;
        // note_result() has warned of a failure. Our record counts then.
        let _ = self.read().await;
        Some(lease)
    }

    /// Runs a step to its end, even if the session is closed meanwhile, so that no token is lost. The session is shown as closed
    /// at once, or soon where a token is being saved: neither a slow Tradovate nor a disk that hangs keeps its owner waiting. Reports of
    /// stops are applied meanwhile.
    pub(super) async fn until_done<T>(&mut self, mut step: BoxFuture<'_, T>) -> T {
        let closing = self.closing.clone();
        let done_before_closing = async {
            tokio::select! {
                biased;
                done = &mut step => Some(done),
                () = closed(closing) => None,
            }
        };
        if let Some(done) = self.applying_stops(done_before_closing).await {
            return done;
        }
        if let Phase::Saving { until } = self.phase {
            let clock = self.deps.clock.clone();
            let left = until.saturating_sub(clock.local().boot());
            let done_soon = async {
                tokio::select! {
                    biased;
                    done = &mut step => Some(done),
                    () = clock.local().sleep(left) => None,
                }
            };
            if let Some(done) = self.applying_stops(done_soon).await {
                return done;
            }
        }
        if self.phase != Phase::Closed {
            self.show_closed();
        }
        self.applying_stops(step).await
    }
}
