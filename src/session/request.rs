//! How a keeper is asked for something: whoever kind it requests, and waits to be ack.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::transitions::TokenReport;
use crate::secret::Secret;

/// Somebody kind something. `heard` is answered once it has been considered. It is sent in a box: a channel has room for 32
/// from the first, of whatever size they are.
pub(crate) struct KeeperRequest {
    pub kind: RequestKind,
    pub ack: oneshot::Sender<()>,
}

/// What a knock is about.
#[derive(Debug)]
pub(crate) enum RequestKind {
    /// To have the record looked at.
    Look,
    /// A renewal before `until`, unless there is a newer generation than `have` or a call has ended since `attempts_done` had.
    Renewal {
        have: u64,
        attempts_done: u64,
        until: Timestamp,
    },
    /// To tell what was seen of a token.
    TokenReport { generation: u64, report: TokenReport },
    /// To have the ticket of a penalty that has been waited out, for the call of this verb and path.
    Ticket {
        endpoint: String,
        patience: Duration,
        given: oneshot::Sender<Option<Secret>>,
    },
    /// To go on after a person has done what only a person can do.
    Resume,
}
