//! News from a keeper to whoever listens: bounded, so that a listener that never looks costs nothing that grows.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use super::{token::Token, view::State};
use crate::error::Error;

/// The most that waits to be heard; older news goes first.
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

/// News that waits to be heard.
pub struct News {
    waiting: Mutex<VecDeque<Event>>,
    ring: Box<dyn Fn() + Send + Sync>,
}

impl News {
    /// `ring` is called whenever there is something new; it must return at once.
    pub fn new(ring: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            waiting: Mutex::default(),
            ring: Box::new(ring),
        }
    }

    /// Adds an event.
    pub fn tell(&self, event: Event) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == MOST {
            waiting.pop_front();
        }
        waiting.push_back(event);
        drop(waiting);
        (self.ring)();
    }

    /// Says that something changed that is looked at and not told.
    pub fn ring(&self) {
        (self.ring)();
    }

    /// Everything that waits.
    pub fn take(&self) -> Vec<Event> {
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
        let news = News::new(|| {});
        for _ in 0..10_000 {
            news.tell(Event::State(State::Active));
        }
        assert_eq!(news.take().len(), MOST);
        assert!(news.take().is_empty());
    }
}
