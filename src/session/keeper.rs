//! The one place that acts on a record: a task that sleeps until the policy says so, and calls.
//!
//! Whatever asks for something (the timer, a caller, a refused token, a write by another session) only knocks. The lease
//! of the store spans reading, deciding, calling and writing, so that of all sessions of a login one calls and the others
//! adopt what it brought.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    aftermath::{
        Call, Circumstances, Sighting, after_login, after_renewal, after_sighting, before_call, without_credentials,
    },
    events::{Event, How, News},
    policy::{Decision, Limits, StopReason, Wish, decide},
    record::{LoginKey, Record, Scope},
    view::{Counts, State, Trouble, View, renews_at},
};
use crate::{
    api::{Credentials, Failure, Grant, Origin, Reply, Tradovate},
    clock::{ServerClock, later},
    error::{Error, ErrorKind},
    secret::Secret,
    store::{Lease, Store},
};

/// How long a call that is under way may go on after its session was closed, so that its token is not lost.
const GRACE: Duration = Duration::from_secs(1);
/// How often credentials that were refused may be asked for anew.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// Where credentials come from.
pub trait CredentialsSource: Send + Sync + 'static {
    /// The credentials to log in with now.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>>;
}

impl CredentialsSource for Credentials {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}

/// Randomness, handed in.
pub trait Dice: Send + Sync + 'static {
    /// A number from 0 to 1.
    fn unit(&self) -> f64;
    /// A whole number.
    fn number(&self) -> u64;
}

/// Somebody wants something. `heard` is answered once it has been considered.
pub(super) struct Knock {
    pub wants: Wants,
    pub heard: oneshot::Sender<()>,
}

/// What a knock is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wants {
    /// To have the record looked at.
    Look,
    /// A renewal before `until`, unless there is a newer generation than `have` or a call has ended since `flights` had.
    Renewal { have: u64, flights: u64, until: Timestamp },
    /// To tell what was seen of a token.
    Sighting { generation: u64, sighting: Sighting },
}

/// What a keeper works with.
pub(super) struct Tools {
    pub api: Arc<dyn Tradovate>,
    pub store: Arc<dyn Store>,
    pub source: Arc<dyn CredentialsSource>,
    pub dice: Arc<dyn Dice>,
    pub clock: Arc<ServerClock>,
    pub news: Arc<News>,
    pub origin: Origin,
    pub limits: Limits,
    pub timeout: Duration,
}

/// A renewal that a caller asked for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    have: u64,
    until: Timestamp,
}

/// The task behind one session.
pub(super) struct Keeper {
    tools: Tools,
    key: LoginKey,
    record: Record,
    /// The stored revision that `record` was read from or written as.
    stored: u64,
    credentials: Credentials,
    asked_at: Timestamp,
    /// Whether `credentials` were asked for and not yet used for a login.
    unused: bool,
    wish: Option<Asked>,
    jitter: (u64, f64),
    store_trouble: Option<Timestamp>,
    flights: u64,
    flying: bool,
    trouble: Option<Trouble>,
    counts: Counts,
    state: State,
    knocks: mpsc::UnboundedReceiver<Knock>,
    waiting: Vec<oneshot::Sender<()>>,
    closing: watch::Receiver<bool>,
    views: watch::Sender<Arc<View>>,
}

impl Keeper {
    pub(super) fn new(
        tools: Tools,
        credentials: Credentials,
        knocks: mpsc::UnboundedReceiver<Knock>,
        closing: watch::Receiver<bool>,
    ) -> (Self, watch::Receiver<Arc<View>>) {
        let key = LoginKey::of(&tools.origin, &credentials);
        let record = Record::empty(key.clone(), tools.origin.environment());
        let view = View {
            record: Arc::new(record.clone()),
            decision: Decision::Login,
            flights: 0,
            flying: true,
            trouble: None,
            counts: Counts::default(),
            renews_at: None,
            closed: false,
        };
        let (views, seen) = watch::channel(Arc::new(view));
        let now = tools.clock.now();
        let keeper = Self {
            key,
            record,
            stored: 0,
            credentials,
            asked_at: now,
            unused: true,
            wish: None,
            jitter: (0, tools.dice.unit()),
            store_trouble: None,
            flights: 0,
            flying: false,
            trouble: None,
            counts: Counts::default(),
            state: State::Active,
            knocks,
            waiting: Vec::new(),
            closing,
            views,
            tools,
        };
        (keeper, seen)
    }

    /// Keeps the record until the session is closed or dropped.
    pub(super) async fn run(mut self) {
        while !*self.closing.borrow() {
            self.read().await;
            let decision = self.decide();
            let acts = matches!(decision, Decision::Renew | Decision::Login) && self.store_trouble.is_none();
            self.flying = acts;
            self.publish(decision.clone());
            self.answer();
            if acts {
                self.fly(&decision).await;
                self.flying = false;
                self.flights += 1;
                self.wish = None;
            } else if !self.rest(&decision).await {
                break;
            }
        }
        self.flying = false;
        let decision = self.decide();
        self.publish_view(decision, true);
        self.answer();
    }

    fn now(&self) -> Timestamp {
        self.tools.clock.now()
    }

    fn decide(&mut self) -> Decision {
        if self.jitter.0 != self.record.generation {
            self.jitter = (self.record.generation, self.tools.dice.unit());
        }
        let now = self.now();
        let refused = self.record.refusal.as_ref();
        let wish = Wish {
            renewal: self
                .wish
                .is_some_and(|asked| asked.have >= self.record.generation && now < asked.until),
            changed_credentials: refused.is_some_and(|refusal| !refusal.fingerprint.matches(&self.credentials)),
        };
        decide(&self.record, now, &self.tools.limits, wish, self.jitter.1)
    }

    /// Sleeps until the decision's time, a knock, or a write by another session. Answers false at the end of the session.
    async fn rest(&mut self, decision: &Decision) -> bool {
        let now = self.now();
        let next = match decision {
            Decision::Serve { until, .. } => *until,
            Decision::Wait(hold) => hold.until,
            Decision::Stop { retry_at, .. } => retry_at.unwrap_or(Timestamp::MAX),
            Decision::Renew | Decision::Login => now,
        };
        let next = self.store_trouble.take().unwrap_or(next);
        let expiry = self.record.good_token(now).map_or(next, |token| token.expires_at);
        tokio::select! {
            biased;
            () = closed(self.closing.clone()) => return false,
            knock = self.knocks.recv() => match knock {
                Some(knock) => self.hear(knock).await,
                None => return false,
            },
            () = self.tools.store.changed(self.key.as_str(), self.stored) => {}
            () = self.tools.clock.doze(next.min(expiry)) => {}
        }
        true
    }

    /// Takes in all knocks that are there, so that one look answers them together.
    async fn hear(&mut self, first: Knock) {
        let mut knock = Some(first);
        let mut seen = Vec::new();
        while let Some(Knock { wants, heard }) = knock {
            match wants {
                Wants::Renewal { have, flights, until } if flights == self.flights => {
                    let before = self.wish.unwrap_or(Asked { have, until });
                    self.wish = Some(Asked {
                        have: before.have.max(have),
                        until: before.until.max(until),
                    });
                }
                // A look, or a renewal whose caller shares the call that has just ended.
                Wants::Look | Wants::Renewal { .. } => {}
                Wants::Sighting { generation, sighting } => seen.push((generation, sighting)),
            }
            self.waiting.push(heard);
            knock = self.knocks.try_recv().ok();
        }
        self.take_in(seen).await;
        self.ask_again_if_refused().await;
    }

    async fn take_in(&mut self, mut seen: Vec<(u64, Sighting)>) {
        seen.retain(|(generation, sighting)| {
            *generation == self.record.generation || matches!(sighting, Sighting::Stopped(..))
        });
        seen.dedup();
        if seen.is_empty() {
            return;
        }
        let Ok(_lease) = self.lease().await else { return };
        self.read().await;
        let now = self.now();
        let mut changed = false;
        for (generation, sighting) in seen {
            changed |= after_sighting(&mut self.record, generation, &sighting, now);
        }
        if changed {
            self.write().await;
        }
    }

    /// A caller knocks at a session whose credentials were refused: they may have changed at their source.
    async fn ask_again_if_refused(&mut self) {
        let refused = matches!(
            self.decide(),
            Decision::Stop {
                why: StopReason::Refused(_),
                ..
            }
        );
        if refused && self.now() >= later(self.asked_at, ASK_AGAIN) && self.ask().await.is_err() {
            self.unused = false;
        }
    }

    async fn fly(&mut self, planned: &Decision) {
        if *planned == Decision::Login
            && !self.unused
            && let Err(error) = self.ask().await
        {
            let (now, dice) = (self.now(), self.tools.dice.unit());
            without_credentials(&mut self.record, now, dice);
            self.fail(error, false);
            return;
        }
        let lease = match self.lease().await {
            Ok(lease) => lease,
            Err(error) => {
                self.trouble = Some(Trouble { error, not_sent: true });
                return;
            }
        };
        self.read().await;
        // Another session may have acted while this one waited for the lease.
        let outcome = match self.decide() {
            Decision::Login => self.log_in().await,
            Decision::Renew => self.renew().await,
            _ => return,
        };
        // The token is in use from here on, saved or not.
        if let Ok(how) = &outcome {
            self.trouble = None;
            self.tell_token(*how);
        }
        self.write().await;
        drop(lease);
        if let Err(trouble) = outcome {
            self.fail(trouble.error, trouble.not_sent);
        }
    }

    async fn log_in(&mut self) -> Result<How, Trouble> {
        let ticket = self.note_call(Call::Login, Scope::Login).await;
        self.unused = false;
        let base = self.tools.origin.first();
        let credentials = self.credentials.clone();
        let call = self
            .tools
            .api
            .request_token(&base, &credentials, ticket.as_ref(), self.tools.timeout);
        let reply = self.within_grace(call).await;
        let circumstances = self.learn(&reply);
        after_login(
            &mut self.record,
            reply.outcome.as_ref(),
            &credentials,
            circumstances.of(&self.tools.origin),
        );
        match reply.outcome {
            Ok(_) => {
                self.counts.logins += 1;
                Ok(How::Login)
            }
            Err(failure) => {
                // The ticket is for these very credentials.
                self.unused = matches!(failure, Failure::Penalty { .. });
                let secrets = credentials.secrets().chain(ticket.as_ref());
                Err(Trouble {
                    not_sent: matches!(failure, Failure::NotSent(_)),
                    error: failure.to_error("login", circumstances.now, secrets),
                })
            }
        }
    }

    async fn renew(&mut self) -> Result<How, Trouble> {
        let Some(token) = self.record.token.as_ref().map(|token| token.access_token.clone()) else {
            return Err(Trouble {
                error: Error::new(ErrorKind::Expired, "renewal: there is no token"),
                not_sent: true,
            });
        };
        let ticket = self.note_call(Call::Renewal, Scope::Renewal).await;
        let base = self
            .tools
            .origin
            .rest(self.record.environment.purpose(), &self.record.hosts);
        let call = self
            .tools
            .api
            .renew_token(&base, &token, ticket.as_ref(), self.tools.timeout);
        let reply = self.within_grace(call).await;
        let circumstances = self.learn(&reply);
        let before = self.record.generation;
        let extended = after_renewal(
            &mut self.record,
            reply.outcome.as_ref(),
            circumstances.of(&self.tools.origin),
        );
        match reply.outcome {
            Ok(_) if extended => {
                self.counts.renewals += 1;
                Ok(How::Renewal)
            }
            Ok(_) => {
                if self.record.generation > before {
                    self.tell_token(How::Renewal);
                }
                let text = "renewal: Tradovate answered with a token that lives no longer than the one before";
                Err(Trouble {
                    error: Error::new(ErrorKind::Protocol, text),
                    not_sent: false,
                })
            }
            Err(failure) => {
                let secrets = [Some(&token), ticket.as_ref()].into_iter().flatten();
                Err(Trouble {
                    not_sent: matches!(failure, Failure::NotSent(_)),
                    error: failure.to_error("renewal", circumstances.now, secrets),
                })
            }
        }
    }

    /// Counts a call before it is made, and gives the ticket that goes with it.
    async fn note_call(&mut self, call: Call, scope: Scope) -> Option<Secret> {
        let ticket = self
            .record
            .cooldowns
            .get(&scope)
            .and_then(|cooldown| cooldown.ticket.clone());
        let now = self.now();
        before_call(&mut self.record, call, &self.tools.limits, now);
        self.write().await;
        ticket
    }

    /// A call goes on when its session is closed, but not for long.
    async fn within_grace(&self, call: BoxFuture<'_, Reply<Grant>>) -> Reply<Grant> {
        let given_up = async {
            closed(self.closing.clone()).await;
            self.tools.clock.local().sleep(GRACE).await;
        };
        tokio::select! {
            reply = call => reply,
            () = given_up => Reply { outcome: Err(Failure::Lost("the session was closed".into())), date: None },
        }
    }

    fn learn(&mut self, reply: &Reply<Grant>) -> Learned {
        if let Some(sample) = &reply.date {
            self.tools.clock.observe(sample);
            self.record.clock_offset_ms = self.tools.clock.offset_ms();
        }
        Learned {
            now: self.now(),
            dice: self.tools.dice.unit(),
            salt: self.tools.dice.number(),
        }
    }

    async fn ask(&mut self) -> Result<(), Error> {
        self.asked_at = self.now();
        let source = self.tools.source.clone();
        let credentials = tokio::select! {
            credentials = source.credentials() => credentials?,
            () = self.tools.clock.local().sleep(self.tools.timeout) => {
                return Err(Error::new(ErrorKind::Timeout, "login: the credentials were not given in time"));
            }
        };
        if LoginKey::of(&self.tools.origin, &credentials) != self.key {
            let text =
                "login: the credentials are now another login's (name, appId or cid changed); open a new session";
            return Err(Error::new(ErrorKind::Config, text));
        }
        self.credentials = credentials;
        self.unused = true;
        Ok(())
    }

    /// Waits for the store's lease. Without it nothing is called.
    async fn lease(&mut self) -> Result<Lease, Error> {
        let store = self.tools.store.clone();
        let key = self.key.clone();
        let wait = self.tools.timeout.saturating_mul(2);
        let lease = tokio::select! {
            lease = store.lease(key.as_str()) => lease,
            () = self.tools.clock.local().sleep(wait) => {
                Err(Error::new(ErrorKind::Store, "another session of this login holds the store's lease too long"))
            }
        };
        lease.inspect_err(|error| self.store_failed(error.clone()))
    }

    /// Takes over what another session has written. What cannot be read leaves the record as it is.
    async fn read(&mut self) {
        let stored = match self.tools.store.read(self.key.as_str()).await {
            Ok(Some(entry)) if entry.revision == self.stored => return,
            Ok(Some(entry)) => Record::decode(&entry, &self.key),
            Ok(None) => {
                self.stored = 0;
                return;
            }
            Err(error) => Err(error),
        };
        match stored {
            Ok(record) => {
                self.stored = record.revision;
                self.tools.clock.presume(record.clock_offset_ms);
                if record.generation >= self.record.generation {
                    let adopted = record.generation > self.record.generation;
                    self.record = record;
                    if adopted && self.record.good_token(self.now()).is_some() {
                        self.counts.adoptions += 1;
                        self.trouble = None;
                        self.tell_token(How::Adopted);
                    }
                }
            }
            Err(error) => self.store_failed(error),
        }
    }

    /// Saves the record, which is in use already.
    async fn write(&mut self) {
        self.record.revision = self.stored + 1;
        match self
            .tools
            .store
            .write(self.key.as_str(), self.record.encode(), self.stored)
            .await
        {
            Ok(true) => self.stored = self.record.revision,
            Ok(false) => {}
            Err(error) => self.store_failed(error),
        }
    }

    fn store_failed(&mut self, error: Error) {
        self.store_trouble = Some(later(self.now(), super::policy::LEAST_GAP));
        self.tools.news.tell(Event::Warning(error));
    }

    fn fail(&mut self, error: Error, not_sent: bool) {
        self.counts.failures += 1;
        self.tools.news.tell(Event::Warning(error.clone()));
        self.trouble = Some(Trouble { error, not_sent });
    }

    /// Shows the new token, and only then tells of it: who hears of it finds it.
    fn tell_token(&mut self, how: How) {
        let decision = self.decide();
        self.publish(decision);
        if let Some(token) = self.record.token.clone() {
            let Record {
                generation, user_id, ..
            } = self.record;
            self.tools.news.tell(Event::Token {
                token,
                generation,
                user_id,
                how,
            });
        }
    }

    fn publish(&mut self, decision: Decision) {
        self.publish_view(decision, false);
    }

    fn publish_view(&mut self, decision: Decision, closed: bool) {
        let view = View {
            record: Arc::new(self.record.clone()),
            decision,
            flights: self.flights,
            flying: self.flying,
            trouble: self.trouble.clone(),
            counts: self.counts,
            renews_at: renews_at(&self.record, self.tools.limits.renew_before, self.jitter.1),
            closed,
        };
        let state = view.state(self.now());
        self.views.send_replace(Arc::new(view));
        if state != self.state && !self.flying {
            self.state = state;
            self.tools.news.tell(Event::State(state));
        }
        self.tools.news.ring();
    }

    fn answer(&mut self) {
        for heard in self.waiting.drain(..) {
            // A caller that has given up is no matter.
            let _ = heard.send(());
        }
    }
}

/// Ends when the session is closed, or its handle dropped.
async fn closed(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|closing| *closing).await;
}

/// What is known once an answer is there.
#[derive(Debug, Clone, Copy)]
struct Learned {
    now: Timestamp,
    dice: f64,
    salt: u64,
}

impl Learned {
    fn of(self, origin: &Origin) -> Circumstances<'_> {
        Circumstances {
            now: self.now,
            dice: self.dice,
            salt: self.salt,
            origin,
        }
    }
}
