//! The handle on a token that is kept alive: it shows the latest one, and knocks at the keeper when that is not enough.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::{Notify, mpsc, watch};

use super::{
    aftermath::Sighting,
    events::News,
    keeper::Keeper,
    knock::{Knock, Wants},
    policy::{Limits, MaxLogins, OnEviction, user_cooldown},
    record::CooldownKind,
    tools::{CredentialsSource, Dice, Tools},
    view::View,
    waiting::{Deadline, Need},
};
use crate::{
    api::{
        AccountCall, Credentials, Endpoint, Failure, HostPurpose, Method, Origin, Request, Shape, Tradovate,
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
    pub on_eviction: OnEviction,
    /// How many logins are made.
    pub max_logins: MaxLogins,
    /// The most that one call to Tradovate may take.
    pub timeout: Duration,
}

/// A token that is kept alive until the session is closed or dropped.
pub struct Session {
    api: Arc<dyn Tradovate>,
    pub(super) clock: Arc<ServerClock>,
    origin: Origin,
    timeout: Duration,
    pub(super) views: watch::Receiver<Arc<View>>,
    pub(super) knocks: mpsc::UnboundedSender<Box<Knock>>,
    closing: watch::Sender<bool>,
    /// Rings once for the calls under way, in the order in which they were made; a `watch` wakes in none.
    dropping: Notify,
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
                opened_at: clock.started_at(),
            },
            timeout: options.timeout,
        };
        let (keeper, views) = Keeper::new(tools, credentials, heard, closed);
        tokio::spawn(Box::new(keeper).run());
        Self {
            api: options.api,
            clock,
            origin: options.origin,
            timeout: options.timeout,
            views,
            knocks,
            closing,
            dropping: Notify::new(),
        }
    }

    /// A handle on another keeper than [`Session::start`]'s: one that shows `views`, hears `knocks` and ends at `closing`.
    pub(crate) fn kept_by(
        (views, knocks, closing): (
            watch::Receiver<Arc<View>>,
            mpsc::UnboundedSender<Box<Knock>>,
            watch::Sender<bool>,
        ),
        api: Arc<dyn Tradovate>,
        clock: Arc<ServerClock>,
        origin: Origin,
        timeout: Duration,
    ) -> Self {
        Self {
            api,
            clock,
            origin,
            timeout,
            views,
            knocks,
            closing,
            dropping: Notify::new(),
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
            return match self.call_by(only, purpose, deadline).await {
                Err(error) if error.kind() == ErrorKind::NotFound && only.shape == Shape::EntityOrNone => {
                    Ok(String::new())
                }
                answer => answer,
            };
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

    /// Takes the word of somebody who uses the token of `generation` that a call with it failed: a doubt, no more, which the
    /// keeper settles by one renewal. Ends once it has been considered, or after `timeout`.
    pub async fn doubt(&self, generation: u64, timeout: Duration) {
        let sighting = Sighting::Doubtful;
        self.knock(Wants::Sighting { generation, sighting }, self.deadline(timeout))
            .await;
    }

    /// What is known, from now on.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.views.clone()
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

    /// Stops the keeper and settles whoever waits. A login or renewal that is under way may end, so that its token is saved,
    /// and a POST, so that its caller knows what became of it.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        self.dropping.notify_waiters();
        let mut views = self.views.clone();
        // To the keeper's end: its last word comes after its last view.
        while views.changed().await.is_ok() {}
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
            let timeout = self.left(deadline);
            let request = Request {
                base: &base,
                endpoint,
                token: &token,
                ticket: ticket.as_ref(),
                timeout,
            };
            let call = self.api.call(request);
            let reply = match endpoint.method {
                Method::Get => self.until_closing(call).await?,
                // Its caller needs to know what became of it.
                Method::Post => call.await,
            };
            if let Some(sample) = &reply.date {
                self.clock.observe(sample);
            }
            let generation = view.record.generation;
            let failure = match reply.outcome {
                Ok(text) => {
                    tracing::debug!(endpoint.path, generation, bytes = text.len(), "answered");
                    if view.record.suspicion.probes.is_some() {
                        let sighting = Sighting::Taken;
                        self.tell(Wants::Sighting { generation, sighting });
                    }
                    return Ok(text);
                }
                Err(failure) => failure,
            };
            let error = failure.to_error(
                &endpoint.path,
                self.clock.now(),
                view.withheld.iter().chain([&token]).chain(ticket.as_ref()),
            );
            tracing::debug!(endpoint.path, generation, %error, "failed");
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
                    self.unless_closed(self.clock.doze(hold.until)).await?;
                }
                Some(hold) => return Err(view.hold_error(hold)),
            }
        }
    }

    async fn unless_closed(&self, rest: impl Future<Output = ()>) -> Result<(), Error> {
        let mut views = self.views.clone();
        tokio::select! {
            biased;
            _ = views.wait_for(|view| view.closed) => Err(Error::closed()),
            () = rest => Ok(()),
        }
    }

    /// Drops a call when the session is closed.
    async fn until_closing<T>(&self, call: impl Future<Output = T>) -> Result<T, Error> {
        // Made before the look at `closing`, it misses no ring.
        let dropped = self.dropping.notified();
        if *self.closing.borrow() {
            return Err(Error::closed());
        }
        tokio::select! {
            biased;
            () = dropped => Err(Error::closed()),
            done = call => Ok(done),
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
            Failure::Unauthorized(_) => Some(Sighting::Refused),
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
            let renewal = Wants::Renewal {
                have: generation,
                flights,
                until: later(self.clock.now(), self.timeout),
            };
            self.knock(renewal, deadline).await;
        }
        if method == Method::Post {
            return Ok(Again::Not);
        }
        match failure {
            Failure::Penalty {
                ticket: Some(ticket),
                wait,
            } if *wait <= self.left(deadline) => {
                self.unless_closed(self.clock.local().sleep(*wait)).await?;
                Ok(Again::WithTicket(ticket.clone()))
            }
            _ if sent_again => Ok(Again::Not),
            Failure::Unauthorized(_) => self.wait(Need::Fresh, deadline).await.map(|_| Again::WithNewToken),
            Failure::WrongHost(_) => {
                let than = generation;
                let moved = self.wait(Need::Newer { than, flights }, deadline).await;
                Ok(if moved.is_ok() { Again::WithNewToken } else { Again::Not })
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
}

/// Whether a failed call may be sent again.
enum Again {
    Not,
    WithNewToken,
    WithTicket(Secret),
}
