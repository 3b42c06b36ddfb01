//! A dependent's suspicion that its session is closed: an answer raises it, a report tells the service, and the service settles it.
//! The token is served meanwhile: only the service says that it is lost.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::{
    clock::later,
    error::Error,
    service::{
        connector::Connector,
        protocol::{Report, ReportReply},
        requests::report,
    },
    session::{
        attempt_count::AttemptCount,
        record::Record,
        reports::{TokenReport, after_report},
        token::Generation,
    },
};

/// How long a caller waits for the service to settle a suspicion.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The status that a report names for every suspicious answer: the service treats them alike.
const SUSPICIOUS: u16 = 503;
const HOST_MOVED: u16 = 421;

/// How a suspicion ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SuspicionEnd {
    /// There is a newer token, or the service confirms this one: the answers were the endpoints' own.
    Alive,
    /// The service has no good token any more.
    Lost,
    /// The service did not settle it in time.
    Open,
}

/// The report of a call that was answered by a host which does not serve it.
pub(super) fn moved(generation: Generation) -> Report {
    Report {
        generation,
        status: HOST_MOVED,
        retry_after_ms: None,
        was_good: false,
    }
}

/// The suspicion that a dependent has reported, if it has one.
#[derive(Default)]
pub(super) struct ReportedSuspicion {
    /// Until when callers wait for the service to settle it.
    pub until: Option<Timestamp>,
    /// The report that is under way.
    pub reporting: Option<BoxFuture<'static, Result<ReportReply, Error>>>,
    /// How many suspicions have ended.
    pub ended: AttemptCount,
}

impl ReportedSuspicion {
    /// Takes in a caller's report.
    pub fn take_report(
        &mut self,
        record: &mut Record,
        generation: Generation,
        report: &TokenReport,
        connector: &Arc<Connector>,
        now: Timestamp,
    ) {
        let is_news = after_report(record, generation, report, now);
        if let TokenReport::Suspicious { was_good, .. } = report
            && is_news
        {
            let rejected = Report {
                generation,
                status: SUSPICIOUS,
                retry_after_ms: None,
                was_good: *was_good,
            };
            self.raise(record, rejected, connector, now);
        }
    }

    /// Reports a failed call with the present token, once for all callers.
    pub fn raise(&mut self, record: &Record, rejected: Report, connector: &Arc<Connector>, now: Timestamp) {
        let is_current = rejected.generation == record.generation && record.good_token(now).is_some();
        if !is_current || self.until.is_some() {
            return;
        }
        self.until = Some(later(now, TIMEOUT));
        if self.reporting.is_none() {
            self.reporting = Some(report(connector.clone(), rejected));
        }
    }

    /// Takes in the reply to a report.
    pub fn take_reply(&mut self, reply: &Result<ReportReply, Error>, record: &mut Record, now: Timestamp) {
        self.reporting = None;
        if let Ok(reply) = reply
            && reply.generation == record.generation
            && !reply.probing
        {
            self.end(SuspicionEnd::Alive, record, now);
        }
    }

    /// Ends a suspicion that was not settled in time.
    pub fn settle(&mut self, record: &mut Record, now: Timestamp) {
        if self.until.is_some_and(|until| until <= now) {
            self.end(SuspicionEnd::Open, record, now);
        }
    }

    /// Ends the suspicion, if there is one.
    pub fn end(&mut self, how: SuspicionEnd, record: &mut Record, now: Timestamp) {
        if self.until.take().is_some() {
            self.ended = self.ended.next();
        }
        if how == SuspicionEnd::Alive {
            record.suspicion.settle(now);
        } else {
            record.suspicion.end();
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
