//! Requests to a keeper. Whoever sends one can wait until the keeper has considered it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{attempt_count::AttemptCount, reports::TokenReport, token::Generation};
use crate::secret::Secret;

/// A request. The keeper answers `ack` once it has considered it. It is boxed, since a channel reserves room for 32 of them at once.
pub(crate) struct KeeperRequest {
    pub kind: RequestKind,
    pub ack: oneshot::Sender<()>,
}

/// The kinds of requests.
#[derive(Debug)]
pub(crate) enum RequestKind {
    /// To read the record and decide anew.
    Check,
    /// A renewal before `until`, unless there is a newer generation than `have` or a call has ended since `attempts_done` had.
    Renewal {
        have: Generation,
        attempts_done: AttemptCount,
        until: Timestamp,
    },
    /// To report what a caller saw of a token.
    TokenReport {
        generation: Generation,
        report: TokenReport,
    },
    /// To get the ticket of a penalty that has been waited out, for the call of this verb and path.
    Ticket {
        endpoint: String,
        patience: Duration,
        given: oneshot::Sender<Option<Secret>>,
    },
    /// To look at Tradovate's time: a call's answer has told another one.
    DoubtTime,
    /// To go on after a person has done what only a person can do.
    Resume,
}
