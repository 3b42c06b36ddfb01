//! How a keeper is asked for something: whoever wants it knocks, and waits to be heard.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::aftermath::Sighting;
use crate::secret::Secret;

/// Somebody wants something. `heard` is answered once it has been considered. It is sent in a box: a channel has room for 32
/// from the first, of whatever size they are.
pub(crate) struct Knock {
    pub wants: Wants,
    pub heard: oneshot::Sender<()>,
}

/// What a knock is about.
#[derive(Debug)]
pub(crate) enum Wants {
    /// To have the record looked at.
    Look,
    /// A renewal before `until`, unless there is a newer generation than `have` or a call has ended since `flights` had.
    Renewal { have: u64, flights: u64, until: Timestamp },
    /// To tell what was seen of a token.
    Sighting { generation: u64, sighting: Sighting },
    /// To have the ticket of a penalty that has been waited out, for the call of this verb and path.
    Ticket {
        endpoint: String,
        patience: Duration,
        given: oneshot::Sender<Option<Secret>>,
    },
    /// To go on after a person has done what only a person can do.
    Resume,
}
