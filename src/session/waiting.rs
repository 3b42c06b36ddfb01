//! How long a caller waits, and for what: until the need is met, or clearly cannot be met in time.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{
    knock::{Knock, Wants},
    policy::{Decision, HoldReason},
    record::CooldownKind,
    session::Session,
    view::View,
};
use crate::{
    clock::later,
    error::{Error, ErrorKind, Outcome},
};

/// How long a caller waits for a look at the session that is put off.
const VERDICT_PATIENCE: Duration = Duration::from_secs(5);

/// The end of somebody's patience, by the boot clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Duration,
}

/// What a caller waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Need {
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
    /// Waits until the need is met, cannot be met in time, or the deadline is there.
    pub(super) async fn wait(&self, need: Need, deadline: Deadline) -> Result<Arc<View>, Error> {
        let mut views = self.keeper.views.clone();
        let now = self.clock.now();
        let first = views.borrow_and_update().clone();
        // A token that is there needs no knock; anything else may have changed since the keeper last looked.
        if matches!(need, Need::Fresh) && !first.closed && is_served(&first, now) {
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
                biased;
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
        if view.decision == Decision::LookAtTime {
            return None;
        }
        let good = view.record.good_token(now).is_some();
        let met = match need {
            Need::First => good,
            Need::Fresh => is_served(view, now),
            Need::Newer { than, .. } => good && view.record.generation > than,
            Need::Verdict { session } => good && view.record.session > session,
        };
        if met {
            return Some(Ok(view.clone()));
        }
        if view.flying {
            return None;
        }
        // The store is in the way: what was to be done is not under way.
        if let (Need::First, Decision::Login | Decision::Renew, Some(trouble)) = (need, &view.decision, &view.trouble) {
            return Some(Err(trouble.error.clone()));
        }
        let in_time = |until| until <= later(now, self.left(deadline));
        let in_penalty = view
            .hold()
            .is_some_and(|hold| hold.why == HoldReason::Cooldown(CooldownKind::Penalty) && in_time(hold.until));
        match (need, &view.decision) {
            (Need::Fresh, Decision::Stop { .. }) => Some(Err(view.expired())),
            (_, Decision::Stop { why, retry_at }) => Some(Err(view.stop_error(*why, *retry_at))),
            (Need::First, Decision::Wait(hold)) => match &view.trouble {
                Some(trouble)
                    if !trouble.not_sent
                        && !trouble.elsewhere
                        && !matches!(trouble.error.kind(), ErrorKind::Penalty) =>
                {
                    Some(Err(trouble.error.clone()))
                }
                _ if in_time(hold.until) => None,
                _ => Some(Err(view.hold_error(*hold))),
            },
            (Need::Fresh, Decision::Wait(hold)) if !in_time(hold.until) => Some(Err(view.expired())),
            // A look at the session comes in a moment.
            (Need::Verdict { .. }, Decision::Serve { held: Some(hold), .. })
                if hold.why == HoldReason::ProbeGap
                    && hold.until <= later(now, VERDICT_PATIENCE)
                    && in_time(hold.until) =>
            {
                None
            }
            // The present token is the best there is for now.
            (Need::Fresh | Need::Verdict { .. }, Decision::Serve { .. }) => Some(Ok(view.clone())),
            (Need::Newer { flights, .. }, _) if view.flights > flights && !in_penalty => {
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

    pub(super) fn timed_out(&self, need: Need, view: &Arc<View>) -> Result<Arc<View>, Error> {
        let timeout = Error::new(ErrorKind::Timeout, "nothing came of it within the timeout");
        let timeout = if view.flying {
            timeout.with_outcome(Outcome::Unknown)
        } else {
            timeout
        };
        match need {
            Need::Fresh if view.record.good_token(self.clock.now()).is_some() => Ok(view.clone()),
            Need::Fresh if view.reason(self.clock.now()).is_none() => Err(view.expired().caused_by(timeout)),
            Need::Fresh => Err(view.expired()),
            Need::First => Err(view.trouble.as_ref().map_or(timeout, |trouble| trouble.error.clone())),
            // What keeps the call from being made says more than the clock.
            Need::Newer { .. } | Need::Verdict { .. } => match &view.trouble {
                Some(trouble) if trouble.not_sent => Err(trouble.error.clone()),
                _ => Err(timeout),
            },
        }
    }

    /// Knocks, and waits for nothing.
    pub(super) fn tell(&self, wants: Wants) {
        let (heard, _) = oneshot::channel();
        // A keeper that is gone needs to know nothing.
        let _ = self.keeper.knocks.send(Box::new(Knock { wants, heard }));
    }

    /// Knocks, and waits until that has been considered, but not beyond the deadline. Answers whether it has.
    pub(super) async fn knock(&self, wants: Wants, deadline: Deadline) -> bool {
        let (heard, considered) = oneshot::channel();
        // A keeper that is gone shows in the view.
        if self.keeper.knocks.send(Box::new(Knock { wants, heard })).is_err() {
            return true;
        }
        tokio::select! {
            biased;
            _ = considered => true,
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
    view.decision != Decision::LookAtTime && view.record.token.as_ref().is_some_and(|token| token.is_fresh(now))
}
