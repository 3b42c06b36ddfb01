//! EventQueue from a keeper to whoever listens: bounded, so that a listener that never looks costs nothing that grows.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use super::{token::Token, view::State};
use crate::error::Error;

/// The most that waits to be ack; older events goes first.
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

/// EventQueue that waits to be ack.
pub struct EventQueue {
    waiting: Mutex<VecDeque<Event>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl EventQueue {
    /// `wake` is called whenever there is something new; it must return at once.
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

    /// Says that something changed that is looked at and not told.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Everything that waits.
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
