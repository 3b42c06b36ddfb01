//! The handle on a token that is kept alive: it shows the latest one, and knocks at the keeper when that is not enough.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    aftermath::Sighting,
    events::News,
    keeper::{CredentialsSource, Dice, Keeper, Knock, Tools, Wants},
    policy::{Decision, Limits, user_cooldown},
    record::CooldownKind,
    view::View,
};
use crate::{
    api::{
        AccountCall, Credentials, Endpoint, Failure, HostPurpose, Method, Origin, Request, Tradovate,
        account::join_lists,
    },
    clock::{Clock, ServerClock, later},
    error::{Error, ErrorKind},
    secret::Secret,
    store::Store,
};

/// Calls of one question that are under way at once.
const CALLS_AT_ONCE: usize = 4;

/// What a session is opened with.
pub struct Options {
    /// Which Tradovate.
    pub origin: Origin,
    /// How Tradovate is called.
    pub api: Arc<dyn Tradovate>,
    /// Where the record is kept.
    pub store: Arc<dyn Store>,
    /// Where credentials for later logins come from.
    pub source: Arc<dyn CredentialsSource>,
    /// Local time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub dice: Arc<dyn Dice>,
    /// Who is told of news.
    pub news: Arc<News>,
    /// How long before expiry a renewal is due.
    pub renew_before: Duration,
    /// What an eviction is answered by.
    pub on_eviction: super::policy::OnEviction,
    /// How many logins are made.
    pub max_logins: super::policy::MaxLogins,
    /// The most that one call may take.
    pub timeout: Duration,
}

/// A token that is kept alive until the session is closed or dropped.
pub struct Session {
    api: Arc<dyn Tradovate>,
    clock: Arc<ServerClock>,
    origin: Origin,
    timeout: Duration,
    views: watch::Receiver<Arc<View>>,
    knocks: mpsc::UnboundedSender<Knock>,
    closing: watch::Sender<bool>,
}

/// The end of somebody's patience, by the boot clock.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    at: Duration,
}

/// What a caller waits for.
#[derive(Debug, Clone, Copy)]
enum Need {
    /// The first token: a failure ends the wait, unless nothing was sent.
    First,
    /// A token that is good for a while.
    Fresh,
    /// A newer token, from a call that had not ended when `flights` had.
    Newer { than: u64, flights: u64 },
    /// To know whether the session lives that a doubtful answer came from.
    Verdict { session: u64 },
}

impl Session {
    /// Starts a keeper on the present runtime. [`Session::opened`] tells when it has a token.
    #[must_use]
    pub fn start(options: Options, credentials: Credentials) -> Self {
        let clock = Arc::new(ServerClock::new(options.clock));
        let (knocks, heard) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(false);
        let tools = Tools {
            api: options.api.clone(),
            store: options.store,
            source: options.source,
            dice: options.dice,
            clock: clock.clone(),
            news: options.news,
            origin: options.origin.clone(),
            limits: Limits {
                renew_before: options.renew_before,
                on_eviction: options.on_eviction,
                max_logins: options.max_logins,
                opened_at: clock.now(),
            },
            timeout: options.timeout,
        };
        let (keeper, views) = Keeper::new(tools, credentials, heard, closed);
        tokio::spawn(keeper.run());
        Self {
            api: options.api,
            clock,
            origin: options.origin,
            timeout: options.timeout,
            views,
            knocks,
            closing,
        }
    }

    /// Ends once there is a usable token.
    ///
    /// # Errors
    /// Why there is none; a connection that could not be made is tried again until `timeout`.
    pub async fn opened(&self, timeout: Duration) -> Result<Arc<View>, Error> {
        self.wait(Need::First, self.deadline(timeout)).await
    }

    /// A token that is good for a while, or at least still good if no better one can be had now.
    ///
    /// # Errors
    /// [`ErrorKind::Expired`] and what is behind it, if there is none within `timeout`.
    pub async fn token(&self, timeout: Duration) -> Result<Arc<View>, Error> {
        self.wait(Need::Fresh, self.deadline(timeout)).await
    }

    /// Renews, unless there is a newer token than generation `have` already. Concurrent callers share one renewal.
    ///
    /// # Errors
    /// Why it failed, or what forbids it.
    pub async fn renew(&self, have: u64, timeout: Duration) -> Result<Arc<View>, Error> {
        let flights = self.view().flights;
        self.wait(Need::Newer { than: have, flights }, self.deadline(timeout))
            .await
    }

    /// Answers a question about accounts with one JSON text; empty if there is no such account.
    ///
    /// # Errors
    /// Those of [`Session::call`].
    pub async fn accounts(&self, question: &AccountCall, timeout: Duration) -> Result<String, Error> {
        let deadline = self.deadline(timeout);
        let purpose = self.origin.environment().purpose();
        let calls = question.endpoints();
        if let [only] = calls.as_slice() {
            return self.call_by(only, purpose, deadline).await;
        }
        let answers = stream::iter(calls)
            .map(|call| async move { self.call_by(&call, purpose, deadline).await })
            .buffered(CALLS_AT_ONCE);
        Ok(join_lists(&answers.try_collect::<Vec<_>>().await?))
    }

    /// Makes any other call and answers its JSON text. A GET is sent again once after a lost token, a POST never.
    ///
    /// # Errors
    /// What the answer means, or why there is no token to send it with.
    pub async fn call(&self, endpoint: &Endpoint, purpose: HostPurpose, timeout: Duration) -> Result<String, Error> {
        self.call_by(endpoint, purpose, self.deadline(timeout)).await
    }

    /// What is known now.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.views.borrow().clone()
    }

    /// Tradovate's time, and how it differs from the local clock's.
    #[must_use]
    pub fn clock(&self) -> &ServerClock {
        &self.clock
    }

    /// Where hosts are resolved from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Stops the keeper and settles whoever waits. A call that is under way may end, so that its token is saved.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        let mut views = self.views.clone();
        // The keeper that is gone without a word is closed as well.
        let _ = views.wait_for(|view| view.closed).await;
    }

    async fn call_by(&self, endpoint: &Endpoint, purpose: HostPurpose, deadline: Deadline) -> Result<String, Error> {
        let mut ticket = None;
        let mut sent_again = false;
        loop {
            let view = self.permitted(endpoint.method, deadline).await?;
            let Some(token) = view.record.token.as_ref().map(|token| token.access_token.clone()) else {
                return Err(view.expired());
            };
            let base = self.origin.rest(purpose, &view.record.hosts);
            let timeout = self.left(deadline).min(self.timeout);
            let request = Request {
                base: &base,
                endpoint,
                token: &token,
                ticket: ticket.as_ref(),
                timeout,
            };
            let reply = self.api.call(request).await;
            if let Some(sample) = &reply.date {
                self.clock.observe(sample);
            }
            let failure = match reply.outcome {
                Ok(text) => return Ok(text),
                Err(failure) => failure,
            };
            let error = failure.to_error(
                &endpoint.path,
                self.clock.now(),
                [Some(&token), ticket.as_ref()].into_iter().flatten(),
            );
            let again = self
                .heed(&failure, &view, endpoint.method, sent_again, deadline)
                .await?;
            match again {
                Again::WithTicket(given) if ticket.is_none() => ticket = Some(given),
                Again::WithNewToken => sent_again = true,
                _ => return Err(error),
            }
        }
    }

    /// The view to make a call with: a token, and for a GET no cooldown of the user.
    async fn permitted(&self, method: Method, deadline: Deadline) -> Result<Arc<View>, Error> {
        loop {
            let view = self.wait(Need::Fresh, deadline).await?;
            let now = self.clock.now();
            match user_cooldown(&view.record, now).filter(|_| method == Method::Get) {
                None => return Ok(view),
                Some(hold) if hold.until <= later(now, self.left(deadline)) => {
                    self.clock.doze(hold.until).await;
                }
                Some(hold) => return Err(view.hold_error(hold)),
            }
        }
    }

    /// Tells the keeper what an answer means for the token, and finds out whether the call may be sent again.
    async fn heed(
        &self,
        failure: &Failure,
        view: &View,
        method: Method,
        sent_again: bool,
        deadline: Deadline,
    ) -> Result<Again, Error> {
        let generation = view.record.generation;
        let sighting = match failure {
            Failure::Unauthorized => Some(Sighting::Refused),
            Failure::RateLimited(wait) => Some(Sighting::Stopped(CooldownKind::RateLimited, *wait)),
            Failure::LockedOut(wait) => Some(Sighting::Stopped(CooldownKind::LockedOut, *wait)),
            failure if failure.is_suspicious() => Some(Sighting::Doubtful),
            _ => None,
        };
        let flights = self.view().flights;
        if let Some(sighting) = sighting {
            self.knock(Wants::Sighting { generation, sighting }, deadline).await;
        }
        if method == Method::Post && matches!(failure, Failure::WrongHost(_)) {
            // Not for this call, which is over, but for the next one.
            let until = later(self.clock.now(), self.timeout);
            self.knock(
                Wants::Renewal {
                    have: generation,
                    flights,
                    until,
                },
                deadline,
            )
            .await;
        }
        if method == Method::Post || sent_again {
            return Ok(Again::Not);
        }
        match failure {
            Failure::Unauthorized => self.wait(Need::Fresh, deadline).await.map(|_| Again::WithNewToken),
            Failure::WrongHost(_) => {
                let moved = self
                    .wait(
                        Need::Newer {
                            than: generation,
                            flights,
                        },
                        deadline,
                    )
                    .await;
                Ok(if moved.is_ok() { Again::WithNewToken } else { Again::Not })
            }
            Failure::Penalty { ticket, wait } if *wait <= self.left(deadline) => {
                self.clock.local().sleep(*wait).await;
                Ok(Again::WithTicket(ticket.clone()))
            }
            failure if failure.is_suspicious() => {
                let session = view.record.session;
                let verdict = self.wait(Need::Verdict { session }, deadline).await;
                let taken_back = verdict.is_ok_and(|after| after.record.session > session);
                Ok(if taken_back { Again::WithNewToken } else { Again::Not })
            }
            _ => Ok(Again::Not),
        }
    }

    /// Waits until the need is met, cannot be met in time, or the deadline is there.
    async fn wait(&self, need: Need, deadline: Deadline) -> Result<Arc<View>, Error> {
        let mut views = self.views.clone();
        let now = self.clock.now();
        let first = views.borrow_and_update().clone();
        // A token that is there needs no knock; anything else may have changed since the keeper last looked.
        if matches!(need, Need::Fresh) && !first.closed && is_fresh(&first, now) {
            return Ok(first);
        }
        let wants = match need {
            Need::Newer { than, flights } => Wants::Renewal {
                have: than,
                flights,
                until: later(now, self.left(deadline)),
            },
            Need::First | Need::Fresh | Need::Verdict { .. } => Wants::Look,
        };
        self.knock(wants, deadline).await;
        loop {
            let view = views.borrow_and_update().clone();
            if let Some(done) = self.settled(need, &view, self.clock.now(), deadline) {
                return done;
            }
            tokio::select! {
                changed = views.changed() => if changed.is_err() { return Err(Error::closed()) },
                () = self.clock.local().sleep(self.left(deadline)) => return self.timed_out(need, &view),
            }
        }
    }

    /// Whether a need is met or hopeless, by what is known.
    fn settled(
        &self,
        need: Need,
        view: &Arc<View>,
        now: Timestamp,
        deadline: Deadline,
    ) -> Option<Result<Arc<View>, Error>> {
        if view.closed {
            return Some(Err(Error::closed()));
        }
        let good = view.record.good_token(now).is_some();
        let met = match need {
            Need::First => good,
            Need::Fresh => is_fresh(view, now),
            Need::Newer { than, .. } => good && view.record.generation > than,
            Need::Verdict { session } => good && view.record.session > session,
        };
        if met {
            return Some(Ok(view.clone()));
        }
        if view.flying {
            return None;
        }
        let in_time = |until| until <= later(now, self.left(deadline));
        match (need, &view.decision) {
            (Need::Fresh, Decision::Stop { .. }) => Some(Err(view.expired())),
            (_, Decision::Stop { why, retry_at }) => Some(Err(view.stop_error(*why, *retry_at))),
            (Need::First, Decision::Wait(hold)) => match &view.trouble {
                Some(trouble) if !trouble.not_sent && !matches!(trouble.error.kind(), ErrorKind::Penalty) => {
                    Some(Err(trouble.error.clone()))
                }
                _ if in_time(hold.until) => None,
                _ => Some(Err(view.hold_error(*hold))),
            },
            (Need::Fresh, Decision::Wait(hold)) if !in_time(hold.until) => Some(Err(view.expired())),
            // The present token is the best there is for now, and its session is not in doubt any more.
            (Need::Fresh | Need::Verdict { .. }, Decision::Serve { .. }) => Some(Ok(view.clone())),
            (Need::Newer { flights, .. }, _) if view.flights > flights => {
                let trouble = view.trouble.as_ref().map(|trouble| trouble.error.clone());
                Some(Err(trouble.unwrap_or_else(|| view.expired())))
            }
            (Need::Newer { .. }, Decision::Wait(hold) | Decision::Serve { held: Some(hold), .. })
                if !in_time(hold.until) =>
            {
                Some(Err(view.hold_error(*hold)))
            }
            (Need::Verdict { .. }, Decision::Wait(hold)) if !in_time(hold.until) => Some(Err(view.hold_error(*hold))),
            _ => None,
        }
    }

    fn timed_out(&self, need: Need, view: &Arc<View>) -> Result<Arc<View>, Error> {
        let timeout = Error::new(ErrorKind::Timeout, "nothing came of it within the timeout");
        match need {
            Need::Fresh if view.record.good_token(self.clock.now()).is_some() => Ok(view.clone()),
            Need::Fresh if view.reason().is_none() => Err(view.expired().caused_by(timeout)),
            Need::Fresh => Err(view.expired()),
            Need::First => Err(view.trouble.as_ref().map_or(timeout, |trouble| trouble.error.clone())),
            Need::Newer { .. } | Need::Verdict { .. } => Err(timeout),
        }
    }

    /// Knocks, and waits until that has been considered, but not beyond the deadline.
    async fn knock(&self, wants: Wants, deadline: Deadline) {
        let (heard, considered) = oneshot::channel();
        // A keeper that is gone shows in the view.
        if self.knocks.send(Knock { wants, heard }).is_ok() {
            tokio::select! {
                _ = considered => {}
                () = self.clock.local().sleep(self.left(deadline)) => {}
            }
        }
    }

    fn deadline(&self, timeout: Duration) -> Deadline {
        Deadline {
            at: self.clock.local().boot().saturating_add(timeout),
        }
    }

    fn left(&self, deadline: Deadline) -> Duration {
        deadline.at.saturating_sub(self.clock.local().boot())
    }
}

/// Whether a failed call may be sent again.
enum Again {
    Not,
    WithNewToken,
    WithTicket(Secret),
}

fn is_fresh(view: &View, now: Timestamp) -> bool {
    view.record.token.as_ref().is_some_and(|token| token.is_fresh(now))
}
