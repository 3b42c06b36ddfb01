//! A dependent's doubt whether its token still lives: raised by what callers saw, reported, and settled by the service. The
//! token is served meanwhile: only the service says that it is lost.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Dependent;
use crate::{
    clock::later,
    error::Error,
    service::{
        asking::report,
        wire::{Heard, Rejected},
    },
    session::aftermath::{Sighting, after_sighting},
};

/// How long a caller waits for the service to settle a doubt.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which answer stands for what a caller saw: the service treats all that raise doubt alike.
const DOUBTFUL: u16 = 503;
pub(super) const MOVED: u16 = 421;

/// How a doubt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is a newer token, or the service stands by this one: what raised the doubt is the endpoints' own.
    Alive,
    /// There is no token any more.
    Lost,
    /// Nobody knows.
    Open,
}

impl Dependent {
    /// Takes in what a caller saw.
    pub(super) fn see(&mut self, generation: u64, sighting: &Sighting) {
        let now = self.now();
        let is_news = after_sighting(&mut self.record, generation, sighting, now);
        if is_news && matches!(sighting, Sighting::Suspicious { .. }) {
            self.suspect(generation, DOUBTFUL);
        }
    }

    /// Reports what was seen of the present token, once for all who saw it.
    pub(super) fn suspect(&mut self, generation: u64, status: u16) {
        let now = self.now();
        let is_present = generation == self.record.generation && self.record.good_token(now).is_some();
        if !is_present || self.doubt.is_some() {
            return;
        }
        self.doubt = Some(later(now, PATIENCE));
        if self.reporting.is_none() {
            let rejected = Rejected {
                generation,
                status,
                retry_after_ms: None,
            };
            self.reporting = Some(report(self.tools.line.clone(), rejected));
        }
    }

    /// The service stands by the token, or is finding out.
    pub(super) fn take_verdict(&mut self, heard: &Result<Heard, Error>) {
        self.reporting = None;
        if let Ok(heard) = heard
            && heard.generation == self.record.generation
            && !heard.probing
        {
            self.end_doubt(Verdict::Alive);
        }
    }

    /// Ends a doubt that nobody has settled in time.
    pub(super) fn settle(&mut self) {
        if self.doubt.is_some_and(|until| until <= self.now()) {
            self.end_doubt(Verdict::Open);
        }
    }

    pub(super) fn end_doubt(&mut self, verdict: Verdict) {
        if self.doubt.take().is_some() {
            self.flights += 1;
        }
        if verdict == Verdict::Alive {
            let now = self.now();
            self.record.suspicion.settle(now);
        } else {
            self.record.suspicion.end();
        }
    }
}

/// The end of a report that is under way.
pub(super) async fn reported(reporting: &mut Option<BoxFuture<'static, Result<Heard, Error>>>) -> Result<Heard, Error> {
    match reporting {
        Some(report) => report.await,
        None => std::future::pending().await,
    }
}
