//! A dependent's doubt whether its token still lives: raised by what callers saw, reported, and settled by the service.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Dependent;
use crate::{
    clock::later,
    error::Error,
    service::{asking::report, wire::Heard},
    session::token::Loss,
};

/// How long a caller waits for the service to settle a doubt.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which answer stands for what a caller saw: the service treats all that raise doubt alike.
pub(super) const REFUSED: u16 = 401;
pub(super) const DOUBTFUL: u16 = 503;
pub(super) const MOVED: u16 = 421;

impl Dependent {
    /// Reports what was seen of the present token, once for all who saw it.
    pub(super) fn suspect(&mut self, generation: u64, status: u16) {
        let refused = status == REFUSED;
        let Some(token) = self.record.token.as_mut().filter(|token| token.lost.is_none()) else {
            return;
        };
        if generation != self.record.generation || (self.doubt.is_some() && !refused) {
            return;
        }
        if refused {
            token.lost = Some(Loss::Evicted);
        }
        self.report(status);
    }

    pub(super) fn report(&mut self, status: u16) {
        self.doubt = Some(later(self.now(), PATIENCE));
        if self.reporting.is_none() {
            self.reporting = Some(report(self.tools.line.clone(), self.record.generation, status));
        }
    }

    /// A token that Tradovate refused stays unused until the service has another, or stands by it.
    pub(super) fn take_verdict(&mut self, heard: &Result<Heard, Error>) {
        self.reporting = None;
        if let Ok(heard) = heard
            && heard.generation == self.record.generation
            && !heard.probing
        {
            if let Some(token) = self.record.token.as_mut() {
                token.lost = None;
            }
            self.end_doubt();
        }
    }

    /// Ends a doubt that nobody has settled in time; a refused token is reported again.
    pub(super) fn settle(&mut self) {
        if self.doubt.is_some_and(|until| until <= self.now()) {
            if self.is_lost() {
                self.report(REFUSED);
            } else {
                self.end_doubt();
            }
        }
    }

    pub(super) fn end_doubt(&mut self) {
        if self.doubt.take().is_some() {
            self.flights += 1;
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.record.token.as_ref().is_some_and(|token| token.lost.is_some())
    }
}

/// The end of a report that is under way.
pub(super) async fn reported(reporting: &mut Option<BoxFuture<'static, Result<Heard, Error>>>) -> Result<Heard, Error> {
    match reporting {
        Some(report) => report.await,
        None => std::future::pending().await,
    }
}
