//! Callers' reports about a token, a host or a limit, and their effect on the record: a part of the policy, as pure as the rest.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    cooldown::{Cooldown, CooldownKind},
    policy::user_cooldown,
    record::Record,
    suspicion::BadAnswer,
    token::Generation,
};
use crate::{
    api::{HostPurpose, Method},
    clock::later,
    secret::Secret,
};

/// A caller's report about a token, a host or a limit. A report about a token counts only for the generation that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenReport {
    /// 401, 408, 500, 502–504, or what a retired host answers: the session may be closed.
    Suspicious {
        /// Verb and path, if the caller told them.
        endpoint: Option<String>,
        /// Whether that endpoint has answered well before.
        was_good: bool,
        /// The kind of the answer.
        answer: BadAnswer,
    },
    /// A good answer of an endpoint. It ends the endpoint's own refusals, and a suspicion that there was when the call was sent.
    Accepted {
        /// Verb and path.
        endpoint: String,
        /// Whether the session was in doubt when the call was sent.
        in_doubt: bool,
    },
    /// 423 or 429, which are the user's.
    Stopped(CooldownKind, Duration),
    /// A ticket for a call that is no auth call.
    Penalised {
        /// Verb and path.
        endpoint: String,
        /// The ticket, if it can be sent.
        ticket: Option<Secret>,
        /// How long to wait first.
        wait: Duration,
    },
    /// A call that took a ticket along was answered.
    TicketUsed {
        /// Verb and path.
        endpoint: String,
        /// The ticket.
        ticket: Secret,
    },
    /// A call that took a ticket along was not sent.
    TicketUnused {
        /// Verb and path.
        endpoint: String,
        /// The ticket, for the next call.
        ticket: Secret,
    },
    /// The host that is asked for a purpose answered that another one serves it.
    Moved {
        /// The purpose of the host.
        purpose: HostPurpose,
    },
    /// A host failed as one does that is gone, or serves nothing any more.
    HostFailed {
        /// The purpose of the host.
        purpose: HostPurpose,
        /// The told host that failed; none for the first host, which has taken the place of a told one.
        host: Option<String>,
    },
}

impl TokenReport {
    /// Whether it is about a stop or a penalty, and not about a token.
    #[must_use]
    pub fn is_of_stop(&self) -> bool {
        matches!(
            self,
            Self::Stopped(..) | Self::Penalised { .. } | Self::TicketUsed { .. } | Self::TicketUnused { .. }
        )
    }
}

/// Applies a caller's report about the token of `generation`. Returns whether the record changed.
pub fn after_report(record: &mut Record, generation: Generation, report: &TokenReport, now: Timestamp) -> bool {
    match report {
        TokenReport::Stopped(kind, wait) => {
            record.stop(*kind, *wait, now);
            true
        }
        TokenReport::Penalised { endpoint, ticket, wait } => {
            let penalty = Cooldown {
                ticket: ticket.clone(),
                ..Cooldown::new(CooldownKind::Penalty, now, *wait)
            };
            record.penalise(endpoint, penalty);
            true
        }
        TokenReport::TicketUsed { endpoint, ticket } => record.end_penalty(endpoint, ticket),
        TokenReport::TicketUnused { endpoint, ticket } => record.put_ticket_back(endpoint, ticket, now),
        TokenReport::Moved { purpose } => record.hosts.note_move(*purpose, now),
        TokenReport::HostFailed { purpose, host } => {
            record.hosts.get(*purpose) == host.as_deref() && record.hosts.fail(*purpose)
        }
        _ if generation != record.generation || record.good_token(now).is_none() => false,
        TokenReport::Accepted { endpoint, in_doubt } => {
            record.suspicion.endpoints.remove(endpoint);
            record.suspicion.unauthorized.remove(endpoint);
            let settled = *in_doubt && record.suspicion.settle(now);
            record.suspicion.forget_own(endpoint) || settled
        }
        TokenReport::Suspicious {
            endpoint,
            was_good,
            answer,
        } => {
            let endpoint = endpoint.as_deref();
            if endpoint.is_some_and(|endpoint| record.suspicion.is_own(endpoint, *answer, now)) {
                return false;
            }
            let before = record.suspicion.clone();
            record.suspicion.raise(endpoint, *was_good, *answer, now);
            record.suspicion != before
        }
    }
}

/// Takes the ticket of a penalty that has been waited out, for the one call that it goes along with. Others wait for that
/// call's answer, but not for longer than `patience`.
pub fn claim_ticket(record: &mut Record, endpoint: &str, patience: Duration, now: Timestamp) -> Option<Secret> {
    let is_get = endpoint.starts_with(Method::Get.as_str());
    if is_get && user_cooldown(record, now).is_some() {
        return None;
    }
    record.take_ticket(endpoint, now, later(now, patience))
}
