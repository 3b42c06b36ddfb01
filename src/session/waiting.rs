//! The waits of callers. Each ends when its need is met, or clearly cannot be met in time.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{
    cooldown::CooldownKind,
    hold::HoldReason,
    phase::Phase,
    policy::Decision,
    request::{KeeperRequest, RequestKind},
    session::Session,
    view::View,
    wait_for::{Deadline, WaitFor},
};
use crate::{
    clock::{later, until},
    error::{Error, ErrorKind, Outcome},
    mutex::lock,
};

/// How long a caller waits for a probe that is put off.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);
/// How long the first caller of a good token waits for the renewal that is about to replace it.
const RENEWAL_PATIENCE: Duration = Duration::from_secs(5);

impl Session {
    /// Waits until the need is met or cannot be met in time, at most until the deadline.
    pub(super) async fn wait(&self, wait_for: WaitFor, deadline: Deadline) -> Result<Arc<View>, Error> {
        let mut views = self.keeper.views.clone();
        let now = self.clock.now();
        let first = views.borrow_and_update().clone();
        // A fresh token needs no request. Anything else may have changed since the keeper last decided.
        if matches!(wait_for, WaitFor::Fresh) && !first.is_closed() && is_served(&first, now) {
            return Ok(first);
        }
        let patience = match wait_for {
            WaitFor::Fresh => self.patience(&first, now, deadline),
            _ => deadline,
        };
        let kind = match wait_for {
            WaitFor::Newer { than, attempts_done } => RequestKind::Renewal {
                have: than,
                attempts_done,
                until: later(now, self.left(deadline)),
            },
            WaitFor::First { .. } | WaitFor::Fresh | WaitFor::SuspicionEnd { .. } => RequestKind::Check,
        };
        // What is there already needs no consideration: the keeper may be busy with a disk that hangs.
        let has_newer = |view: &View| match wait_for {
            WaitFor::Newer { than, .. } => {
                view.record.generation > than && view.record.good_token(self.clock.now()).is_some()
            }
            _ => false,
        };
        self.request_unless(kind, patience, has_newer).await;
        loop {
            let view = views.borrow_and_update().clone();
            if let Some(done) = self.settled(wait_for, &view, self.clock.now(), deadline) {
                return done;
            }
            let is_late = self.left(patience).is_zero();
            if is_late && self.is_good(wait_for, &view) {
                *lock(&self.waited_in_vain) = Some((view.record.generation, view.attempts_done));
                return Ok(view);
            }
            let next = if is_late { deadline } else { patience };
            tokio::select! {
                biased;
                changed = views.changed() => if changed.is_err() { return Err(Error::closed()) },
                () = self.clock.local().sleep(self.left(next)) => if self.left(deadline).is_zero() {
                    return self.timed_out(wait_for, &view);
                },
            }
        }
    }

    /// The same, and waits a little longer while the token that was waited for is being saved: the process may end next.
    pub(super) async fn wait_until_saved(&self, wait_for: WaitFor, deadline: Deadline) -> Result<Arc<View>, Error> {
        let view = self.wait(wait_for, deadline).await?;
        if let Phase::Saving { until } = view.phase {
            let at = until.min(deadline.at);
            let mut views = self.keeper.views.clone();
            tokio::select! {
                biased;
                // An error says that the keeper is gone.
                _ = views.wait_for(|view| !view.phase.is_saving()) => {}
                () = self.clock.local().sleep(self.left(Deadline { at })) => {}
            }
        }
        Ok(view)
    }

    /// Until when a caller waits for a renewal while the token is good: one that hangs costs the first caller some seconds, and
    /// those after it nothing. It keeps time for the call itself.
    fn patience(&self, view: &View, now: Timestamp, deadline: Deadline) -> Deadline {
        let Some(token) = view.record.good_token(now) else {
            return deadline;
        };
        let in_vain = *lock(&self.waited_in_vain);
        if in_vain == Some((view.record.generation, view.attempts_done)) {
            return self.deadline(Duration::ZERO);
        }
        let most = self.left(deadline).min(until(now, token.expires_at)) / 2;
        self.deadline(RENEWAL_PATIENCE.min(most))
    }

    /// Whether a caller who cannot wait longer is served with the token that there is.
    fn is_good(&self, wait_for: WaitFor, view: &View) -> bool {
        let is_known = view.decision != Decision::FetchServerTime;
        matches!(wait_for, WaitFor::Fresh) && is_known && view.record.good_token(self.clock.now()).is_some()
    }

    /// The result of a wait, if the need is met or cannot be met in time. None if the caller waits on.
    ///
    /// | decision | `First` | `Fresh` | `Newer` | `SuspicionEnd` |
    /// |---|---|---|---|---|
    /// | any, and the need is met | the view | the view | the view | the view |
    /// | any, and a call is under way | waits | waits, with a good token for a while | waits | waits |
    /// | `Stop` | its error | `Expired` | its error | its error |
    /// | `Login`, `Renew` | the store's error, if the store fails | waits | the failure of the call that ended since | waits |
    /// | `Wait`, ends in time | the failure that was answered, or waits | waits | the failure of the call that ended since, or waits | waits |
    /// | `Wait`, ends too late | the failure, or the hold's error | `Expired` | the failure, or the hold's error | the hold's error |
    /// | `Serve`, held | | the view | the failure, or the hold's error if it ends too late | the view, but waits for a probe that is near |
    fn settled(
        &self,
        wait_for: WaitFor,
        view: &Arc<View>,
        now: Timestamp,
        deadline: Deadline,
    ) -> Option<Result<Arc<View>, Error>> {
        if view.is_closed() {
            return Some(Err(Error::closed()));
        }
        if view.decision == Decision::FetchServerTime {
            return None;
        }
        let good = view.record.good_token(now).is_some();
        let met = match wait_for {
            WaitFor::First { .. } => good,
            WaitFor::Fresh => is_served(view, now),
            WaitFor::Newer { than, .. } => good && view.record.generation > than,
            WaitFor::SuspicionEnd { session } => good && view.record.session > session,
        };
        if met {
            return Some(Ok(view.clone()));
        }
        if view.phase.is_in_flight() {
            return None;
        }
        // The store fails: the call that is due is not under way.
        if let (WaitFor::First { .. }, Decision::Login | Decision::Renew, Some(last_failure)) =
            (wait_for, &view.decision, &view.last_failure)
        {
            return Some(Err(last_failure.error.clone()));
        }
        let in_time = |until| until <= later(now, self.left(deadline));
        let in_penalty = view
            .hold()
            .is_some_and(|hold| hold.why == HoldReason::Cooldown(CooldownKind::Penalty) && in_time(hold.until));
        let told = |error| with_outcome_for(wait_for, view, error);
        match (wait_for, &view.decision) {
            (WaitFor::Fresh, Decision::Stop { .. }) => Some(Err(view.expired())),
            (_, Decision::Stop { why, retry_at }) => Some(Err(told(view.stop_error(*why, *retry_at)))),
            (WaitFor::First { .. }, Decision::Wait(hold)) => match &view.last_failure {
                Some(last_failure)
                    if !last_failure.not_sent
                        && !last_failure.elsewhere
                        && !matches!(last_failure.error.kind(), ErrorKind::Penalty) =>
                {
                    Some(Err(last_failure.error.clone()))
                }
                _ if in_time(hold.until) => None,
                _ => Some(Err(told(view.hold_error(*hold)))),
            },
            (WaitFor::Fresh, Decision::Wait(hold)) if !in_time(hold.until) => Some(Err(view.expired())),
            // A probe follows in a moment.
            (WaitFor::SuspicionEnd { .. }, Decision::Serve { held: Some(hold), .. })
                if hold.why == HoldReason::ProbeGap
                    && hold.until <= later(now, PROBE_PATIENCE)
                    && in_time(hold.until) =>
            {
                None
            }
            // The present token is the best there is for now. One that has died since is decided on in a moment.
            (WaitFor::Fresh | WaitFor::SuspicionEnd { .. }, Decision::Serve { .. }) if good => Some(Ok(view.clone())),
            (WaitFor::Newer { attempts_done, .. }, _) if view.attempts_done > attempts_done && !in_penalty => {
                let last_failure = view
                    .last_failure
                    .as_ref()
                    .map(|last_failure| last_failure.error.clone());
                Some(Err(last_failure.unwrap_or_else(|| view.expired())))
            }
            (WaitFor::Newer { .. }, Decision::Serve { held: Some(hold), .. })
            | (WaitFor::Newer { .. } | WaitFor::SuspicionEnd { .. }, Decision::Wait(hold))
                if !in_time(hold.until) =>
            {
                Some(Err(told(view.hold_error(*hold))))
            }
            _ => None,
        }
    }

    pub(super) fn timed_out(&self, wait_for: WaitFor, view: &Arc<View>) -> Result<Arc<View>, Error> {
        let timeout = Error::new(ErrorKind::Timeout, "nothing came of it within the timeout");
        let timeout = if view.phase.is_in_flight() {
            timeout.with_outcome(Outcome::Unknown)
        } else {
            timeout
        };
        match wait_for {
            WaitFor::Fresh if view.record.good_token(self.clock.now()).is_some() => Ok(view.clone()),
            WaitFor::Fresh if view.reason(self.clock.now()).is_none() => Err(view.expired().caused_by(timeout)),
            WaitFor::Fresh => Err(view.expired()),
            WaitFor::First { .. } => Err(view
                .last_failure
                .as_ref()
                .map_or(timeout, |last_failure| last_failure.error.clone())),
            // The failure that keeps the call from being made says more than the timeout.
            WaitFor::Newer { .. } | WaitFor::SuspicionEnd { .. } => match &view.last_failure {
                Some(last_failure) if last_failure.not_sent => Err(last_failure.error.clone()),
                _ => Err(timeout),
            },
        }
    }

    /// Sends a request, and waits for nothing.
    pub(super) fn notify(&self, kind: RequestKind) {
        let (ack, _) = oneshot::channel();
        // A keeper that is gone needs to know nothing.
        let _ = self.keeper.requests.send(Box::new(KeeperRequest { kind, ack }));
    }

    /// Sends a request, and waits until it has been considered, at most until the deadline. Returns whether it has.
    pub(super) async fn request(&self, kind: RequestKind, deadline: Deadline) -> bool {
        self.request_unless(kind, deadline, |_| false).await
    }

    /// The same, for a caller to whom a certain view is enough. A session that is closed considers nothing more.
    pub(super) async fn request_unless(
        &self,
        kind: RequestKind,
        deadline: Deadline,
        is_enough: impl Fn(&View) -> bool,
    ) -> bool {
        let mut views = self.keeper.views.clone();
        let (ack, considered) = oneshot::channel();
        // A keeper that is gone shows in the view.
        if self
            .keeper
            .requests
            .send(Box::new(KeeperRequest { kind, ack }))
            .is_err()
        {
            return true;
        }
        tokio::select! {
            biased;
            _ = considered => true,
            _ = views.wait_for(|view| view.is_closed() || is_enough(view)) => true,
            () = self.clock.local().sleep(self.left(deadline)) => false,
        }
    }

    pub(super) fn deadline(&self, timeout: Duration) -> Deadline {
        Deadline {
            at: self.clock.local().boot().saturating_add(timeout),
        }
    }

    pub(super) fn left(&self, deadline: Deadline) -> Duration {
        deadline.at.saturating_sub(self.clock.local().boot())
    }
}

/// Whether there is a token that is good for a while, as far as the time is known.
fn is_served(view: &View, now: Timestamp) -> bool {
    view.decision != Decision::FetchServerTime && view.record.token.as_ref().is_some_and(|token| token.is_fresh(now))
}

/// The error of a stop or a hold, with the outcome of the login or renewal that the caller waited for: that of the attempt that has
/// ended since. Without one nothing was sent.
fn with_outcome_for(wait_for: WaitFor, view: &View, error: Error) -> Error {
    let (WaitFor::First { attempts_done } | WaitFor::Newer { attempts_done, .. }) = wait_for else {
        return error;
    };
    let outcome = match &view.last_failure {
        _ if error.outcome().is_some() => None,
        _ if view.attempts_done <= attempts_done => Some(Outcome::NotSent),
        last_failure => last_failure
            .as_ref()
            .and_then(|last_failure| last_failure.error.outcome()),
    };
    match outcome {
        Some(outcome) => error.with_outcome(outcome),
        None => error,
    }
}
