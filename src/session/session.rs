//! The handle on a token that is kept alive. It shows the latest token, and sends requests to the keeper when that is not enough.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::{Notify, mpsc, watch};

use super::{
    attempt_count::AttemptCount,
    cooldown::CooldownKind,
    deps::Deps,
    keeper::Keeper,
    reports::TokenReport,
    request::{KeeperRequest, RequestKind},
    settings::Settings,
    suspicion::BadAnswer,
    token::{Generation, SessionNumber},
    view::View,
    wait_for::WaitFor,
    warm::Warm,
};
use crate::{
    api::{AccountCall, Credentials, Endpoint, HostPurpose, Origin, RawAnswer, Shape, Tradovate, account::join_lists},
    clock::ServerClock,
    error::{Error, ErrorKind, Outcome},
    task::spawn,
};

/// Calls of one question that are under way at once.
const CALLS_AT_ONCE: usize = 4;

/// A session's connection to its keeper.
pub(crate) struct KeeperHandle {
    /// Its views, as it publishes them.
    pub views: watch::Receiver<Arc<View>>,
    /// Takes requests.
    pub requests: mpsc::UnboundedSender<Box<KeeperRequest>>,
    /// Ends it.
    pub closing: watch::Sender<bool>,
    /// Whether it has published all that it will.
    pub all_published: watch::Receiver<bool>,
}

/// A token that is kept alive until the session is closed or dropped.
pub struct Session {
    pub(super) api: Arc<dyn Tradovate>,
    pub(super) clock: Arc<ServerClock>,
    pub(super) origin: Origin,
    pub(super) timeout: Duration,
    pub(super) keeper: KeeperHandle,
    /// Wakes the calls under way once, in the order in which they were made; a `watch` keeps no order.
    pub(super) dropping: Notify,
    /// Verb and path of endpoints that have answered well, and in which session last.
    pub(super) good_endpoints: Mutex<HashMap<String, SessionNumber>>,
    /// When a caller last reported that an answer's date contradicts what is known of the time, by the boot clock.
    pub(super) time_doubted_at: Mutex<Option<Duration>>,
    /// The token with which a caller last waited in vain for the attempt under way, and the attempts that had ended then.
    pub(super) waited_in_vain: Mutex<Option<(Generation, AttemptCount)>>,
    pub(super) warm: Warm,
}

impl Session {
    /// Starts a keeper on the present runtime. [`Session::opened`] tells when it has a token.
    #[must_use]
    pub fn start(settings: Settings, deps: Deps, credentials: Credentials) -> Self {
        let (requests, received) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(false);
        let (ending, all_published) = watch::channel(false);
        let (api, clock) = (deps.api.clone(), deps.clock.clone());
        let (origin, timeout, keep_warm) = (settings.origin.clone(), settings.timeout, settings.keep_warm);
        let (keeper, views) = Keeper::new(settings, deps, credentials, received, closed, ending);
        spawn(Box::new(keeper).run());
        let keeper = KeeperHandle {
            views,
            requests,
            closing,
            all_published,
        };
        Self::kept_by(keeper, api, clock, origin, timeout, keep_warm)
    }

    /// A handle on another keeper than [`Session::start`]'s.
    pub(crate) fn kept_by(
        keeper: KeeperHandle,
        api: Arc<dyn Tradovate>,
        clock: Arc<ServerClock>,
        origin: Origin,
        timeout: Duration,
        keep_warm: bool,
    ) -> Self {
        let warm = if keep_warm && origin.is_secure() {
            Warm::start(api.clone(), origin.clone(), clock.clone(), keeper.views.clone())
        } else {
            Warm::off()
        };
        Self {
            api,
            clock,
            origin,
            timeout,
            keeper,
            dropping: Notify::new(),
            good_endpoints: Mutex::default(),
            time_doubted_at: Mutex::default(),
            waited_in_vain: Mutex::default(),
            warm,
        }
    }

    /// Completes once there is a usable token.
    ///
    /// # Errors
    /// The reason why there is none; a connection that could not be made is tried again until `timeout`.
    pub async fn opened(&self, timeout: Duration) -> Result<Arc<View>, Error> {
        let attempts_done = AttemptCount::default();
        self.wait_until_saved(WaitFor::First { attempts_done }, self.deadline(timeout))
            .await
    }

    /// A token that is good for a while, or at least still good if no better one can be had now.
    ///
    /// # Errors
    /// [`ErrorKind::Expired`] with its cause, if there is none within `timeout`.
    pub async fn token(&self, timeout: Duration) -> Result<Arc<View>, Error> {
        self.wait(WaitFor::Fresh, self.deadline(timeout)).await
    }

    /// Renews, unless there is a newer token than generation `have` already. Concurrent callers share one renewal.
    ///
    /// # Errors
    /// The reason why it failed, or may not be made.
    pub async fn renew(&self, have: Generation, timeout: Duration) -> Result<Arc<View>, Error> {
        let attempts_done = self.view().attempts_done;
        self.wait_until_saved(
            WaitFor::Newer {
                than: have,
                attempts_done,
            },
            self.deadline(timeout),
        )
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

    /// Makes any other call and gives the answer's JSON text. A GET is sent again once after a lost token, a POST never.
    ///
    /// # Errors
    /// The failure that the answer means, or the reason why there is no token.
    pub async fn call(&self, endpoint: &Endpoint, purpose: HostPurpose, timeout: Duration) -> Result<String, Error> {
        self.call_by(endpoint, purpose, self.deadline(timeout)).await
    }

    /// Makes a call that has [`Shape::Raw`](crate::api::Shape::Raw), and gives the server's last answer, whatever it means. For
    /// token, host and user it counts as with [`Session::call`], and a GET is sent again as there.
    ///
    /// # Errors
    /// The reason why nothing was sent, or no answer came.
    pub async fn call_raw(
        &self,
        endpoint: &Endpoint,
        purpose: HostPurpose,
        timeout: Duration,
    ) -> Result<RawAnswer, Error> {
        let mut raw = None;
        let judged = self
            .call_raw_by(endpoint, purpose, self.deadline(timeout), &mut raw)
            .await;
        match (raw, judged) {
            (Some(raw), _) => Ok(raw),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => {
                Err(Error::new(ErrorKind::Protocol, "the answer was not kept").with_outcome(Outcome::Unknown))
            }
        }
    }

    /// Reports that a call with the token of `generation` failed, for somebody else who uses it. That is a suspicion, no more,
    /// which the keeper settles by a renewal. `was_good`: the endpoint had answered well with this token. Completes once the report
    /// has been considered, or after `timeout`.
    pub async fn doubt(&self, generation: Generation, was_good: bool, timeout: Duration) {
        let report = TokenReport::Suspicious {
            endpoint: None,
            was_good,
            answer: BadAnswer::Outage,
        };
        self.request(RequestKind::TokenReport { generation, report }, self.deadline(timeout))
            .await;
    }

    /// Reports that a call with the token of `generation` was answered by a host that does not serve it, for somebody else who
    /// uses the token.
    pub fn moved(&self, generation: Generation) {
        let purpose = self.origin.environment().purpose();
        if generation == self.view().record.generation {
            self.send_report(generation, TokenReport::Moved { purpose });
        }
    }

    /// Reports that Tradovate stopped the user, for somebody else who uses the token. Completes once the report has been
    /// considered, or after `timeout`.
    pub async fn stopped(&self, kind: CooldownKind, wait: Duration, timeout: Duration) {
        let generation = self.view().record.generation;
        let report = TokenReport::Stopped(kind, wait);
        self.request(RequestKind::TokenReport { generation, report }, self.deadline(timeout))
            .await;
    }

    /// The views from now on.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Arc<View>> {
        self.keeper.views.clone()
    }

    /// The present view.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.keeper.views.borrow().clone()
    }

    /// Tradovate's time, and how it differs from the local clock's.
    #[must_use]
    pub fn clock(&self) -> &ServerClock {
        &self.clock
    }

    /// The origin from which hosts are resolved.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Goes on after a person has done what they were asked to do: for all sessions of this login, they are contended no more, and
    /// a captcha's hour and the refusal of credentials end. Tries once at once. Tradovate's own limits stay.
    ///
    /// # Errors
    /// The reason why there is no token all the same.
    pub async fn resume(&self, timeout: Duration) -> Result<Arc<View>, Error> {
        let deadline = self.deadline(timeout);
        let attempts_done = self.view().attempts_done;
        let first = WaitFor::First { attempts_done };
        if !self.request(RequestKind::Resume, deadline).await {
            return self.timed_out(first, &self.view());
        }
        self.wait_until_saved(first, deadline).await
    }

    /// Stops the keeper and ends every wait. A POST that is under way may end, so that its caller knows its outcome, and a login or
    /// renewal as well, so that its token is saved. What could not be saved before is saved. [`Session::ended`] waits for all that.
    /// For a token that is being saved already this waits, too, at most [`SAVE_PATIENCE`](super::limits::SAVE_PATIENCE): the process
    /// may end next.
    pub async fn close(&self) {
        self.keeper.closing.send_replace(true);
        self.dropping.notify_waiters();
        let mut all_published = self.keeper.all_published.clone();
        // An error says that the keeper is gone.
        let _ = all_published.wait_for(|all_published| *all_published).await;
    }

    /// Completes once nothing is under way any more for a session that was closed.
    pub async fn ended(&self) {
        let mut views = self.keeper.views.clone();
        while views.changed().await.is_ok() {}
    }
}
