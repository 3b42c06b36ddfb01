//! How long a connection has had nothing to answer.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// Counts the requests that are being answered.
pub struct Activity {
    state: watch::Sender<State>,
}

#[derive(Clone, Copy)]
struct State {
    being_answered: usize,
    last: Instant,
}

/// A request that is being answered while this lives.
pub struct BeingAnswered<'a>(&'a Activity);

impl Activity {
    /// Of a connection that has just been made.
    pub fn new() -> Self {
        let state = State {
            being_answered: 0,
            last: Instant::now(),
        };
        Self {
            state: watch::Sender::new(state),
        }
    }

    /// To be dropped when the answer is there.
    pub fn begin(&self) -> BeingAnswered<'_> {
        self.state.send_modify(|state| state.being_answered += 1);
        BeingAnswered(self)
    }

    /// Ends when the connection has been idle for so long.
    pub async fn idle_for(&self, limit: Duration) {
        let mut states = self.state.subscribe();
        loop {
            let State { being_answered, last } = *states.borrow_and_update();
            tokio::select! {
                _ = states.changed() => {}
                () = sleep_until(last + limit), if being_answered == 0 => return,
            }
        }
    }
}

impl Drop for BeingAnswered<'_> {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| {
            state.being_answered -= 1;
            state.last = Instant::now();
        });
    }
}
