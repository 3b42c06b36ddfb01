//! The needs that callers wait for, and their deadlines.

use std::time::Duration;

use super::{
    attempt_count::AttemptCount,
    token::{Generation, SessionNumber},
};

/// The end of a caller's wait, by the boot clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    pub at: Duration,
}

/// The need that a caller waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum WaitFor {
    /// The first token: a failure ends the wait, unless nothing was sent. `attempts_done` is the count before the wait.
    First { attempts_done: AttemptCount },
    /// A token that is good for a while.
    Fresh,
    /// A newer token, from a call that had not ended when `attempts_done` had.
    Newer {
        than: Generation,
        attempts_done: AttemptCount,
    },
    /// The end of a suspicion about this session.
    SuspicionEnd { session: SessionNumber },
}
