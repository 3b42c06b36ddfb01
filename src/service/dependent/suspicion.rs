//! A dependent's suspicion that its session is closed: an answer raises it, a report tells the service, and the service settles it.
//! The token is served meanwhile: only the service says that it is lost.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Dependent;
use crate::{
    clock::later,
    error::Error,
    service::{
        protocol::{Report, ReportReply},
        requests::report,
    },
    session::transitions::{TokenReport, after_report},
};

/// How long a caller waits for the service to settle a suspicion.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The status that a report names for every suspicious answer: the service treats them alike.
const SUSPICIOUS: u16 = 503;
pub(super) const MOVED: u16 = 421;

/// How a suspicion ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is a newer token, or the service confirms this one: the answers were the endpoints' own.
    Alive,
    /// The service has no good token any more.
    Lost,
    /// The service did not settle it in time.
    Open,
}

impl Dependent {
    /// Takes in a caller's report.
    pub(super) fn take_report(&mut self, generation: u64, report: &TokenReport) {
        let now = self.now();
        let is_news = after_report(&mut self.record, generation, report, now);
        if is_news && matches!(report, TokenReport::Suspicious { .. }) {
            self.suspect(generation, SUSPICIOUS);
        }
    }

    /// Reports a failed call with the present token, once for all callers.
    pub(super) fn suspect(&mut self, generation: u64, status: u16) {
        let now = self.now();
        let is_current = generation == self.record.generation && self.record.good_token(now).is_some();
        if !is_current || self.suspected_until.is_some() {
            return;
        }
        self.suspected_until = Some(later(now, TIMEOUT));
        if self.reporting.is_none() {
            let rejected = Report {
                generation,
                status,
                retry_after_ms: None,
            };
            self.reporting = Some(report(self.deps.connector.clone(), rejected));
        }
    }

    /// Takes in the reply to a report.
    pub(super) fn take_verdict(&mut self, reply: &Result<ReportReply, Error>) {
        self.reporting = None;
        if let Ok(reply) = reply
            && reply.generation == self.record.generation
            && !reply.probing
        {
            self.end_suspicion(Verdict::Alive);
        }
    }

    /// Ends a suspicion that was not settled in time.
    pub(super) fn settle(&mut self) {
        if self.suspected_until.is_some_and(|until| until <= self.now()) {
            self.end_suspicion(Verdict::Open);
        }
    }

    pub(super) fn end_suspicion(&mut self, verdict: Verdict) {
        if self.suspected_until.take().is_some() {
            self.attempts_done += 1;
        }
        if verdict == Verdict::Alive {
            let now = self.now();
            self.record.suspicion.settle(now);
        } else {
            self.record.suspicion.end();
        }
    }
}

/// Completes with the report that is under way.
pub(super) async fn reported(
    reporting: &mut Option<BoxFuture<'static, Result<ReportReply, Error>>>,
) -> Result<ReportReply, Error> {
    match reporting {
        Some(report) => report.await,
        None => std::future::pending().await,
    }
}
