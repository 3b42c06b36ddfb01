//! Events from a keeper to its owner. The queue is bounded, so that an owner who never reads it costs no growing memory.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;

use super::{
    token::{Generation, Token},
    transitions::Call,
    view::State,
};
use crate::{error::Error, mutex::lock, trace::Notes};

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
        generation: Generation,
        /// The user that it belongs to.
        user_id: Option<i64>,
        /// Its source.
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
    /// The kind of call.
    pub call: Call,
    /// The REST base URL that it goes to.
    pub base: String,
    /// When it began, by this machine's clock.
    pub at: Timestamp,
}

/// The end of a login or renewal.
#[derive(Debug, Clone)]
pub struct CallEnd {
    /// The kind of call.
    pub call: Call,
    /// The notes about its requests. Their generation is that of the token that it brought.
    pub notes: Notes,
    /// How long it took.
    pub took: Duration,
    /// The user that the token belongs to, if that is known.
    pub user_id: Option<i64>,
    /// The reason why it failed.
    pub error: Option<Error>,
}

/// The source of a token.
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
    is_traced: AtomicBool,
}

impl EventQueue {
    /// A queue that calls `wake` whenever there is something new. `wake` must return at once.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            waiting: Mutex::default(),
            wake: Box::new(wake),
            is_traced: AtomicBool::new(false),
        }
    }

    /// Adds an event.
    pub fn push(&self, event: Event) {
        self.add(event);
        (self.wake)();
    }

    /// Adds an event of a trace. It wakes only an owner who traces: the wake-up of another event brings it as well.
    pub fn push_traced(&self, event: Event) {
        self.add(event);
        if self.is_traced.load(Ordering::Relaxed) {
            (self.wake)();
        }
    }

    /// Says whether the owner traces.
    pub fn set_traced(&self, is_traced: bool) {
        self.is_traced.store(is_traced, Ordering::Relaxed);
    }

    fn add(&self, event: Event) {
        let mut waiting = lock(&self.waiting);
        if waiting.len() == MOST {
            waiting.pop_front();
        }
        waiting.push_back(event);
    }

    /// Wakes the owner for a change that is no event.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Removes and returns all that wait.
    pub fn drain(&self) -> Vec<Event> {
        lock(&self.waiting).drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicUsize};

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

    #[test]
    fn an_event_of_a_trace_wakes_only_an_owner_who_traces_and_is_lost_to_none() {
        let woken = Arc::new(AtomicUsize::new(0));
        let events = EventQueue::new({
            let woken = woken.clone();
            move || {
                woken.fetch_add(1, Ordering::SeqCst);
            }
        });
        events.push_traced(Event::State(State::Active));
        assert_eq!(woken.load(Ordering::SeqCst), 0);
        assert_eq!(events.drain().len(), 1);
        events.set_traced(true);
        events.push_traced(Event::State(State::Active));
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        events.set_traced(false);
        events.push_traced(Event::State(State::Active));
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(events.drain().len(), 2);
    }
}
