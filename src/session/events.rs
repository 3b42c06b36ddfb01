//! Events from a keeper to its owner. The queue is bounded, so that an owner who never reads it costs no growing memory.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{token::Token, transitions::Call, view::State};
use crate::{error::Error, trace::Notes};

/// The most events that wait. A newer one displaces the oldest.
const MOST: usize = 256;

/// Something that a session's owner may want to know.
#[derive(Debug, Clone)]
pub enum Event {
    /// There is a new token.
    Token {
        /// The token.
        token: Token,
        /// Its generation.
        generation: u64,
        /// The user that it belongs to.
        user_id: Option<i64>,
        /// Where it came from.
        how: How,
    },
    /// The session's state changed.
    State(State),
    /// Something failed in the background.
    Warning(Error),
    /// A login or renewal has begun.
    CallBegun(CallBegin),
    /// A login or renewal has ended.
    CallEnded(CallEnd),
}

/// The beginning of a login or renewal.
#[derive(Debug, Clone)]
pub struct CallBegin {
    /// Which of the two.
    pub call: Call,
    /// The REST base URL that it goes to.
    pub base: String,
    /// When it began, by this machine's clock.
    pub at: Timestamp,
}

/// The end of a login or renewal.
#[derive(Debug, Clone)]
pub struct CallEnd {
    /// Which of the two.
    pub call: Call,
    /// What it came to on the wire; the generation is that of the token that it brought.
    pub notes: Notes,
    /// How long it took.
    pub took: Duration,
    /// The user that the token belongs to, if that is known.
    pub user_id: Option<i64>,
    /// Why it brought nothing.
    pub error: Option<Error>,
}

/// Where a token came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A token request.
    Login,
    /// A renewal.
    Renewal,
    /// Another session with the same store.
    Adopted,
}

impl How {
    /// Its name in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Renewal => "renewal",
            Self::Adopted => "adopted",
        }
    }
}

/// Events that wait to be read.
pub struct EventQueue {
    waiting: Mutex<VecDeque<Event>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl EventQueue {
    /// `wake` is called whenever there is something new. It must return at once.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            waiting: Mutex::default(),
            wake: Box::new(wake),
        }
    }

    /// Adds an event.
    pub fn push(&self, event: Event) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == MOST {
            waiting.pop_front();
        }
        waiting.push_back(event);
        drop(waiting);
        (self.wake)();
    }

    /// Wakes the owner for a change that is no event.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Removes and returns all that wait.
    pub fn drain(&self) -> Vec<Event> {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_22_a_listener_that_never_looks_costs_nothing_that_grows() {
        let events = EventQueue::new(|| {});
        for _ in 0..10_000 {
            events.push(Event::State(State::Active));
        }
        assert_eq!(events.drain().len(), MOST);
        assert!(events.drain().is_empty());
    }
}
