//! A stop of the user (423 or 429). It holds for every process of the user, so a dependent reports the one that it met to its
//! service, and takes over the one that the service tells of.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::{
    clock::{later, until},
    error::Error,
    service::{
        connector::Connector,
        protocol::{Report, ReportReply, Stopped},
        requests::report,
    },
    session::{
        cooldown::CooldownKind,
        hold::HoldReason,
        policy::user_cooldown,
        record::Record,
        reports::{TokenReport, after_report},
        token::Generation,
    },
};

/// Two stops whose ends differ by no more than this are the same.
const SAME: Duration = Duration::from_secs(1);
/// The pause between two reports.
const PAUSE: Duration = Duration::from_secs(1);

/// The stops that a dependent and its service have told each other.
#[derive(Default)]
pub(super) struct Stops {
    /// The end of the stop that the service told of last, as the service sent it.
    pub told_until: Option<Timestamp>,
    /// The end of the longest stop that the service knows of.
    known_until: Option<Timestamp>,
    /// The end of the stop that is being reported, and the generation that the report names.
    telling: Option<(Timestamp, Generation)>,
    /// The report that is under way.
    pub reporting: Option<BoxFuture<'static, Result<ReportReply, Error>>>,
    not_before: Option<Timestamp>,
}

impl Stops {
    /// Takes over the stop that the service tells of. Returns whether it is another one than before.
    pub fn take(&mut self, stopped: Option<&Stopped>, record: &mut Record, now: Timestamp) -> bool {
        let told = stopped.map(|stopped| stopped.until);
        let is_news = told != self.told_until;
        self.told_until = told;
        if let Some(stopped) = stopped {
            let wait = Duration::from_millis(stopped.for_ms);
            self.known_until = self.known_until.max(Some(later(now, wait)));
            let (generation, report) = (record.generation, TokenReport::Stopped(stopped.kind(), wait));
            after_report(record, generation, &report, now);
        }
        is_news
    }

    /// Reports a stop that the service does not know of.
    pub fn report(&mut self, record: &Record, connector: &Arc<Connector>, now: Timestamp) {
        let Some(hold) = user_cooldown(record, now) else {
            return;
        };
        let is_known = self
            .known_until
            .is_some_and(|known_until| hold.until <= later(known_until, SAME));
        if is_known || self.reporting.is_some() || self.not_before.is_some_and(|at| now < at) {
            return;
        }
        let generation = record.generation;
        let status = match hold.why {
            HoldReason::Cooldown(CooldownKind::LockedOut) => 423,
            _ => 429,
        };
        let wait = u64::try_from(until(now, hold.until).as_millis()).unwrap_or(u64::MAX);
        let rejected = Report {
            generation,
            status,
            retry_after_ms: Some(wait),
            was_good: false,
        };
        self.telling = Some((hold.until, generation));
        self.reporting = Some(report(connector.clone(), rejected));
    }

    /// Takes in the reply. The service acts on a report about its present token only: if it has a newer one, the report is
    /// made again.
    pub fn take_reply(&mut self, reply: &Result<ReportReply, Error>, now: Timestamp) {
        self.reporting = None;
        self.not_before = Some(later(now, PAUSE));
        if let (Ok(reply), Some((until, generation))) = (reply, self.telling.take())
            && reply.generation == generation
        {
            self.known_until = self.known_until.max(Some(until));
        }
    }

    /// When a stop ends, and when it is reported again.
    pub fn changes_at(&self, record: &Record, now: Timestamp) -> [Option<Timestamp>; 2] {
        let retry = self.not_before.filter(|at| now < *at);
        [user_cooldown(record, now).map(|hold| hold.until), retry]
    }
}
