//! The one place that acts on a record: a task that sleeps until the policy says so, and calls.
//!
//! Whatever asks for something (the timer, a caller, a refused token, a write by another session) only knocks. The lease
//! of the store spans reading, deciding, calling and writing, so that of all sessions of a login one calls and the others
//! adopt what it brought.

mod address;
mod flight;
mod shelf;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use self::shelf::Shelf;
use super::{
    address::Allowance,
    aftermath::{Sighting, after_sighting, claim_ticket},
    events::{Event, How},
    knock::{Knock, Wants},
    login_key::LoginKey,
    policy::{Decision, StopReason, Wish, decide, user_cooldown},
    record::Record,
    tools::Tools,
    view::{Counts, State, Trouble, View, renews_at},
};
use crate::{api::Credentials, error::Error, secret::Secret};

/// How long credentials count as new, and how often those that were refused may be asked for anew.
const ASK_AGAIN: Duration = Duration::from_secs(60);
/// How long a look at Tradovate's time that brought nothing counts.
const LOOK_AGAIN: Duration = Duration::from_secs(300);

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
    shelf: Shelf,
    credentials: Credentials,
    withheld: Arc<[Secret]>,
    /// When the credentials were asked for: by the boot clock, since the other one may have been wrong then.
    asked_at: Duration,
    /// Whether `credentials` were asked for and not yet used for a login.
    unused: bool,
    wish: Option<Asked>,
    /// Whether a person's word is still to be taken in.
    resumes: bool,
    /// What the address leaves for this login, and until when that is not looked at again.
    allowance: Allowance,
    allowance_until: Timestamp,
    /// Whether it was told that the address has more logins than it can keep.
    overfull: bool,
    /// Until when Tradovate's time is not looked at again, since that brought nothing: by the boot clock.
    time_until: Duration,
    /// The generation of the last token that this keeper was granted.
    granted: Option<u64>,
    jitter: (u64, f64),
    flights: u64,
    /// What `flights` is once the flight under way has ended.
    ends_as: u64,
    flying: bool,
    saving: bool,
    /// Whether the session has been shown as closed.
    closed: bool,
    trouble: Option<Trouble>,
    counts: Counts,
    state: State,
    /// Failures that are told when the view shows them.
    untold: Vec<Error>,
    knocks: mpsc::UnboundedReceiver<Box<Knock>>,
    waiting: Vec<oneshot::Sender<()>>,
    closing: watch::Receiver<bool>,
    views: watch::Sender<Arc<View>>,
    /// Whether all has been told that a closed session tells.
    told_all: watch::Sender<bool>,
}

impl Keeper {
    pub(super) fn new(
        tools: Tools,
        credentials: Credentials,
        resumes: bool,
        knocks: mpsc::UnboundedReceiver<Box<Knock>>,
        closing: watch::Receiver<bool>,
        told_all: watch::Sender<bool>,
    ) -> (Self, watch::Receiver<Arc<View>>) {
        let key = LoginKey::of(&tools.origin, &credentials);
        let record = Record::empty(key.clone(), tools.origin.environment());
        let withheld: Arc<[Secret]> = credentials.secrets().cloned().collect();
        let view = View::opening(record.clone(), withheld.clone());
        let (views, seen) = watch::channel(Arc::new(view));
        let now = tools.clock.now();
        let keeper = Self {
            key,
            record,
            shelf: Shelf::default(),
            credentials,
            withheld,
            asked_at: tools.clock.local().boot(),
            unused: true,
            wish: None,
            resumes,
            allowance: Allowance::default(),
            allowance_until: now,
            overfull: false,
            time_until: Duration::ZERO,
            granted: None,
            jitter: (0, tools.dice.unit()),
            flights: 0,
            ends_as: 0,
            flying: false,
            saving: false,
            closed: false,
            trouble: None,
            counts: Counts::default(),
            state: State::Active,
            untold: Vec::new(),
            knocks,
            waiting: Vec::new(),
            closing,
            views,
            told_all,
            tools,
        };
        (keeper, seen)
    }

    /// Keeps the record until the session is closed or dropped.
    pub(super) async fn run(mut self: Box<Self>) {
        while !self.is_closing() {
            let is_blocked = self.read().await.is_err() || self.shelf.blocked_until.is_some();
            if self.resumes && !is_blocked {
                self.resume().await;
            }
            self.look_at_address().await;
            let decision = self.decide();
            let looks = decision == Decision::LookAtTime;
            let acts = matches!(decision, Decision::Renew | Decision::Login) && !is_blocked;
            self.flying = acts || looks;
            tracing::debug!(key = self.key.as_str(), ?decision, "decided");
            self.publish(decision.clone());
            self.answer();
            if looks {
                self.look_at_time().await;
            } else if acts {
                self.ends_as = self.flights + 1;
                // In a box of its own: large, and there for moments only.
                Box::pin(self.fly(&decision)).await;
                self.flying = false;
                self.flights = self.ends_as;
                self.wish = None;
            } else if !is_blocked && self.shelf.save_at.is_some_and(|at| at <= self.now()) {
                self.save().await;
            } else if !self.rest(&decision).await {
                break;
            }
        }
        self.flying = false;
        self.show_closed();
        self.answer();
    }

    /// Shows the session as closed, whatever is still under way.
    fn show_closed(&mut self) {
        self.closed = true;
        let decision = self.decide();
        self.publish(decision);
        self.told_all.send_replace(true);
    }

    fn is_closing(&self) -> bool {
        // An error says that the handle was dropped.
        *self.closing.borrow() || self.closing.has_changed().is_err()
    }

    fn now(&self) -> Timestamp {
        self.tools.clock.now()
    }

    fn decide(&mut self) -> Decision {
        if self.jitter.0 != self.record.generation {
            self.jitter = (self.record.generation, self.tools.dice.unit());
        }
        let now = self.now();
        // The clock that the session was opened by may have been wrong.
        self.tools.limits.opened_at = self.tools.clock.started_at();
        let refused = self.record.refusal.as_ref();
        let wish = Wish {
            renewal: self
                .wish
                .is_some_and(|asked| asked.have >= self.record.generation && now < asked.until),
            changed_credentials: refused.is_some_and(|refusal| !refusal.is_about(&self.credentials)),
            server_time: self.may_look_at_time(now),
            address: self.allowance,
        };
        decide(&self.record, now, &self.tools.limits, wish, self.jitter.1)
    }

    /// Sleeps until the decision's time, a knock, or a write by another session. Answers false at the end of the session.
    async fn rest(&mut self, decision: &Decision) -> bool {
        let now = self.now();
        let next = match decision {
            Decision::Serve { until, .. } => *until,
            Decision::Wait(hold) => hold.until,
            Decision::Stop { retry_at, .. } => retry_at.filter(|at| *at > now).unwrap_or(Timestamp::MAX),
            Decision::LookAtTime | Decision::Renew | Decision::Login => now,
        };
        let next = match (self.shelf.blocked_until.take(), self.shelf.save_at) {
            (Some(blocked_until), _) => blocked_until,
            (None, Some(save_at)) => next.min(save_at),
            (None, None) => next,
        };
        let expiry = self.record.good_token(now).map_or(next, |token| token.expires_at);
        // Its end changes the state.
        let next = user_cooldown(&self.record, now).map_or(next, |hold| next.min(hold.until));
        tokio::select! {
            biased;
            () = closed(self.closing.clone()) => return false,
            knock = self.knocks.recv() => match knock {
                Some(knock) => self.hear(knock).await,
                None => return false,
            },
            () = self.tools.store.changed(self.key.as_str(), self.shelf.seen) => {}
            () = self.tools.clock.doze(next.min(expiry)) => {}
        }
        true
    }

    /// Takes in all knocks that are there, so that one look answers them together.
    async fn hear(&mut self, first: Box<Knock>) {
        let mut knock = Some(first);
        let (mut seen, mut tickets) = (Vec::new(), Vec::new());
        while let Some(next) = knock {
            let Knock { wants, heard } = *next;
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
                Wants::Ticket {
                    endpoint,
                    patience,
                    given,
                } => tickets.push((endpoint, patience, given)),
                Wants::Resume => self.resumes = true,
                Wants::Sighting { generation, sighting } => seen.push((generation, sighting)),
            }
            self.waiting.push(heard);
            knock = self.knocks.try_recv().ok();
        }
        self.take_in(seen).await;
        for (endpoint, patience, given) in tickets {
            let ticket = self.give_ticket(&endpoint, patience).await;
            // A caller that has given up leaves the ticket unused; others go on after his patience.
            let _ = given.send(ticket);
        }
        self.ask_again_if_refused().await;
    }

    async fn take_in(&mut self, mut seen: Vec<(u64, Sighting)>) {
        let is_about_token =
            |sighting: &Sighting| matches!(sighting, Sighting::Suspicious { .. } | Sighting::Taken { .. });
        seen.retain(|(generation, sighting)| *generation == self.record.generation || !is_about_token(sighting));
        seen.dedup();
        if seen.is_empty() {
            return;
        }
        if !self.see(&seen) {
            return;
        }
        // What was seen counts at once, whether or not it can be saved, and read what others saw.
        self.shelf.save_at.get_or_insert(self.tools.clock.now());
        let decision = self.decide();
        self.flying = matches!(decision, Decision::Renew | Decision::Login);
        self.publish(decision);
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() && (self.see(&seen) || self.shelf.save_at.is_some()) {
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
        }
        lease.give_back().await;
    }

    /// Whether what was seen changes the record.
    fn see(&mut self, seen: &[(u64, Sighting)]) -> bool {
        let now = self.now();
        let mut changed = false;
        for (generation, sighting) in seen {
            changed |= after_sighting(&mut self.record, *generation, sighting, now);
        }
        changed
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
        if refused && !self.asked_lately() && self.ask().await.is_err() {
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
        lease.give_back().await;
        ticket
    }

    /// Takes a person's word in, for all sessions of this login.
    async fn resume(&mut self) {
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() {
            self.record.resume();
            self.trouble = None;
            self.resumes = false;
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
        }
        lease.give_back().await;
    }

    fn fail(&mut self, trouble: Trouble) {
        let Trouble { error, not_sent, .. } = &trouble;
        tracing::warn!(key = self.key.as_str(), not_sent, %error, "a call brought nothing");
        self.counts.failures += 1;
        self.warn(error.clone());
        self.trouble = Some(trouble);
    }

    /// Tells of a failure once what it has changed is shown: who hears of it finds it.
    fn warn(&mut self, error: Error) {
        self.untold.push(error);
    }

    /// Shows the new token, and only then tells of it: who hears of it finds it.
    fn tell_token(&mut self, how: How) {
        if self.flying {
            // Who has this token and wants a newer one wants another flight, even while this one is being saved.
            self.flights = self.ends_as;
        }
        let decision = self.decide();
        self.publish(decision);
        if let (false, Some(token)) = (self.closed, self.record.token.clone()) {
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
        let view = View {
            record: Arc::new(self.record.clone()),
            decision,
            flights: self.flights,
            flying: self.flying,
            saving: self.saving,
            trouble: self.trouble.clone(),
            counts: self.counts,
            renews_at: renews_at(&self.record, self.renew_before(), self.jitter.1),
            withheld: self.withheld.clone(),
            address: self.allowance.counts,
            closed: self.closed,
        };
        let state = view.state(self.now());
        self.views.send_replace(Arc::new(view));
        if *self.told_all.borrow() {
            // What ends after its session was closed is nobody's news.
            self.untold.clear();
            return;
        }
        for error in self.untold.drain(..) {
            self.tools.news.tell(Event::Warning(error));
        }
        if state != self.state && (self.closed || !self.flying) {
            tracing::info!(key = self.key.as_str(), state = state.as_str(), "another state");
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
