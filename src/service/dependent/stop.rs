//! A stop of the user (423 or 429). It holds for every process of the user, so a dependent reports the one that it met to its
//! service, and takes over the one that the service tells of.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Dependent, PAUSE};
use crate::{
    clock::{later, until},
    error::Error,
    service::{
        protocol::{Report, ReportReply, Stopped},
        requests::report,
    },
    session::{
        policy::{HoldReason, user_cooldown},
        record::CooldownKind,
        transitions::{TokenReport, after_report},
    },
};

/// Two stops whose ends differ by no more than this are the same.
const SAME: Duration = Duration::from_secs(1);

/// The stops that a dependent and its service have told each other.
#[derive(Default)]
pub(super) struct Stops {
    /// The end of the stop that the service told of last, as the service sent it.
    pub told_until: Option<Timestamp>,
    /// The end of the longest stop that the service knows of.
    known_until: Option<Timestamp>,
    /// The end of the stop that is being reported, and the generation that the report names.
    telling: Option<(Timestamp, u64)>,
    pub reporting: Option<BoxFuture<'static, Result<ReportReply, Error>>>,
    not_before: Option<Timestamp>,
}

impl Dependent {
    /// Takes over the stop that the service tells of. Returns whether it is another one than before.
    pub(super) fn take_stop(&mut self, stopped: Option<&Stopped>) -> bool {
        let told = stopped.map(|stopped| stopped.until);
        let is_news = told != self.stops.told_until;
        self.stops.told_until = told;
        if let Some(stopped) = stopped {
            let (now, wait) = (self.now(), Duration::from_millis(stopped.for_ms));
            self.stops.known_until = self.stops.known_until.max(Some(later(now, wait)));
            let (generation, report) = (self.record.generation, TokenReport::Stopped(stopped.kind(), wait));
            after_report(&mut self.record, generation, &report, now);
        }
        is_news
    }

    /// Reports a stop that the service does not know of.
    pub(super) fn tell_stop(&mut self) {
        let now = self.now();
        let Some(hold) = user_cooldown(&self.record, now) else {
            return;
        };
        let is_known = self
            .stops
            .known_until
            .is_some_and(|known_until| hold.until <= later(known_until, SAME));
        if is_known || self.stops.reporting.is_some() || self.stops.not_before.is_some_and(|at| now < at) {
            return;
        }
        let generation = self.record.generation;
        let status = match hold.why {
            HoldReason::Cooldown(CooldownKind::LockedOut) => 423,
            _ => 429,
        };
        let wait = u64::try_from(until(now, hold.until).as_millis()).unwrap_or(u64::MAX);
        let rejected = Report {
            generation,
            status,
            retry_after_ms: Some(wait),
        };
        self.stops.telling = Some((hold.until, generation));
        self.stops.reporting = Some(report(self.deps.connector.clone(), rejected));
    }

    /// Takes in the reply. The service acts on a report about its present token only: if it has a newer one, the report is made again.
    pub(super) fn stop_was_told(&mut self, reply: &Result<ReportReply, Error>) {
        self.stops.reporting = None;
        self.stops.not_before = Some(later(self.now(), PAUSE));
        if let (Ok(reply), Some((until, generation))) = (reply, self.stops.telling.take())
            && reply.generation == generation
        {
            self.stops.known_until = self.stops.known_until.max(Some(until));
        }
    }

    /// When a stop ends, and when it is reported again.
    pub(super) fn stop_changes_at(&self) -> [Option<Timestamp>; 2] {
        let now = self.now();
        let retry = self.stops.not_before.filter(|at| now < *at);
        [user_cooldown(&self.record, now).map(|hold| hold.until), retry]
    }
}
