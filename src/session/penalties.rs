//! The penalties of a record, and the tickets that end them.

use jiff::Timestamp;

use super::{
    cooldown::{Cooldown, Scope, TicketMark},
    record::Record,
};
use crate::secret::Secret;

/// Penalties on calls that are no auth calls: each may have a long ticket, and a record has to fit into its file.
const MOST_PENALTIES: usize = 9;
/// Tickets that are remembered as used up.
const MOST_USED_UP: usize = 16;

impl Record {
    /// Notes that an auth call was made after a cooldown: the ticket that went along cannot be used again.
    pub fn use_up(&mut self, scope: Scope) {
        if let Some(cooldown) = self.cooldowns.remove(&scope) {
            self.forget_used_up(cooldown.mark(scope.as_str()));
        }
    }

    /// Forgets penalties whose tickets have gone along with a call, whoever made it.
    pub fn forget_used_up(&mut self, tickets: impl IntoIterator<Item = TicketMark>) {
        for ticket in tickets {
            if !self.used_up.contains(&ticket) {
                self.used_up.push(ticket);
            }
        }
        let old = self.used_up.len().saturating_sub(MOST_USED_UP);
        self.used_up.drain(..old);
        let used_up = &self.used_up;
        let is_open = |of: &str, cooldown: &Cooldown| cooldown.mark(of).is_none_or(|ticket| !used_up.contains(&ticket));
        self.cooldowns
            .retain(|scope, cooldown| is_open(scope.as_str(), cooldown));
        self.penalties.retain(|endpoint, penalty| is_open(endpoint, penalty));
    }

    /// Notes a penalty on a call that is no auth call. Of too many, those are kept that last longest.
    pub fn penalise(&mut self, endpoint: &str, penalty: Cooldown) {
        self.penalties_noted += 1;
        let number = self.penalties_noted;
        self.keep_penalty(endpoint, Cooldown { number, ..penalty });
    }

    /// Takes the ticket of a penalty that has ended. Others wait until `until` for the call that it goes along with.
    pub fn take_ticket(&mut self, endpoint: &str, now: Timestamp, until: Timestamp) -> Option<Secret> {
        let penalty = self
            .penalties
            .get_mut(endpoint)
            .filter(|penalty| penalty.until <= now)?;
        let mark = penalty.mark(endpoint);
        let ticket = penalty.ticket.take()?;
        self.penalties_noted += 1;
        (penalty.noted_at, penalty.until, penalty.number) = (now, until, self.penalties_noted);
        self.forget_used_up(mark);
        Some(ticket)
    }

    /// Ends a penalty whose ticket has gone along with a call. Returns whether it was still there.
    pub fn end_penalty(&mut self, endpoint: &str, ticket: &Secret) -> bool {
        let is_its = |penalty: &Cooldown| penalty.ticket.as_ref().is_none_or(|own| own == ticket);
        if !self.penalties.get(endpoint).is_some_and(is_its) {
            return false;
        }
        let ended = self.penalties.remove(endpoint);
        self.forget_used_up(ended.and_then(|penalty| penalty.mark(endpoint)));
        true
    }

    /// Gives the ticket back that was taken for a call which was then not sent. Returns whether somebody waits for it.
    pub fn put_ticket_back(&mut self, endpoint: &str, ticket: &Secret, now: Timestamp) -> bool {
        let taken = self.penalties.get_mut(endpoint);
        let Some(penalty) = taken.filter(|penalty| penalty.ticket.is_none()) else {
            return false;
        };
        self.penalties_noted += 1;
        penalty.ticket = Some(ticket.clone());
        (penalty.noted_at, penalty.until, penalty.number) = (now, now, self.penalties_noted);
        true
    }

    /// Keeps a penalty as it was noted.
    pub fn keep_penalty(&mut self, endpoint: &str, penalty: Cooldown) {
        self.penalties.insert(endpoint.to_owned(), penalty);
        while self.penalties.len() > MOST_PENALTIES {
            let first = self.penalties.iter().min_by_key(|(_, penalty)| penalty.until);
            let Some(endpoint) = first.map(|(endpoint, _)| endpoint.clone()) else {
                break;
            };
            self.penalties.remove(&endpoint);
        }
    }
}
