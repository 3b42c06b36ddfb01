//! Publishes the view of a session, and then the warnings and events about it, so that a listener finds in the status what an
//! event tells of.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    events::{Event, EventQueue, How},
    record::Record,
    token::Generation,
    view::{State, View},
};
use crate::error::Error;

/// Publishes the views, warnings and events of one session.
pub(crate) struct Publisher {
    views: watch::Sender<Arc<View>>,
    events: Arc<EventQueue>,
    /// The state that was told last.
    state: State,
    /// The generation whose token was good when it was last shown.
    shown_good: Option<Generation>,
    /// Warnings that are sent when the view shows what they are about.
    pending_warnings: Vec<Error>,
    /// Whether a closed session has published its last view and events.
    all_published: watch::Sender<bool>,
}

impl Publisher {
    /// A publisher that shows `first`.
    pub fn new(
        first: View,
        events: Arc<EventQueue>,
        all_published: watch::Sender<bool>,
    ) -> (Self, watch::Receiver<Arc<View>>) {
        let (views, seen) = watch::channel(Arc::new(first));
        let publisher = Self {
            views,
            events,
            state: State::Active,
            shown_good: None,
            pending_warnings: Vec::new(),
            all_published,
        };
        (publisher, seen)
    }

    /// Queues a warning until the next view, which shows what it is about.
    pub fn warn(&mut self, error: Error) {
        self.pending_warnings.push(error);
    }

    /// Shows a view, and tells what is new about it. A session that was closed tells nothing more.
    pub fn publish(&mut self, view: View, now: Timestamp) {
        let (state, phase) = (view.state(now), view.phase);
        let has_ended = self.has_ended(&view.record, now);
        self.views.send_replace(Arc::new(view));
        if *self.all_published.borrow() {
            self.pending_warnings.clear();
            return;
        }
        for error in self.pending_warnings.drain(..) {
            self.events.push(Event::Warning(error));
        }
        // A change that a call may bring is not told before the call has ended; that the token has is told at once.
        if state != self.state && (has_ended || !phase.is_in_flight()) {
            tracing::info!(state = state.as_str(), "another state");
            self.state = state;
            self.events.push(Event::State(state));
        }
        self.events.wake();
    }

    /// Whether a token that was shown to be good has ended by time. Notes one that is good.
    fn has_ended(&mut self, record: &Record, now: Timestamp) -> bool {
        let Some(token) = record.token.as_ref().filter(|token| token.lost.is_none()) else {
            return false;
        };
        if token.is_good(now) {
            self.shown_good = Some(record.generation);
            return false;
        }
        self.shown_good == Some(record.generation)
    }

    /// Tells of the record's token, which the view shows already.
    pub fn tell_token(&self, record: &Record, how: How) {
        if let Some(token) = record.token.clone() {
            self.events.push(Event::Token {
                token,
                generation: record.generation,
                user_id: record.user_id,
                how,
            });
        }
    }

    /// Says that the session is closed and has told all.
    pub fn end(&self) {
        self.all_published.send_replace(true);
    }
}
