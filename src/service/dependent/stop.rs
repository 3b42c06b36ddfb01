//! A stop of the user (423 or 429), which is every process': a dependent tells its service of the one that it met, and takes
//! over the one that the service tells of.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Dependent, PAUSE};
use crate::{
    clock::{later, until},
    error::Error,
    service::{
        asking::report,
        wire::{Heard, Rejected, Stopped},
    },
    session::{
        aftermath::{Sighting, after_sighting},
        policy::{HoldReason, user_cooldown},
        record::CooldownKind,
    },
};

/// Two stops that end within this time are one.
const SAME: Duration = Duration::from_secs(1);

/// What a dependent and its service know of each other's stops.
#[derive(Default)]
pub(super) struct Stops {
    /// The end of the stop that the service told of last, by the service's word.
    pub told: Option<Timestamp>,
    /// Until when the service is known to stop all.
    heard_until: Option<Timestamp>,
    /// The end of the stop that is being told to the service, with the generation that it is told for.
    telling: Option<(Timestamp, u64)>,
    pub reporting: Option<BoxFuture<'static, Result<Heard, Error>>>,
    not_before: Option<Timestamp>,
}

impl Dependent {
    /// Takes over what the service says of a stop. Answers whether that is news.
    pub(super) fn take_stop(&mut self, stopped: Option<&Stopped>) -> bool {
        let told = stopped.map(|stopped| stopped.until);
        let is_news = told != self.stops.told;
        self.stops.told = told;
        if let Some(stopped) = stopped {
            let (now, wait) = (self.now(), Duration::from_millis(stopped.for_ms));
            self.stops.heard_until = self.stops.heard_until.max(Some(later(now, wait)));
            let (generation, sighting) = (self.record.generation, Sighting::Stopped(stopped.kind(), wait));
            after_sighting(&mut self.record, generation, &sighting, now);
        }
        is_news
    }

    /// Tells the service of a stop that it does not know of, until it does.
    pub(super) fn tell_stop(&mut self) {
        let now = self.now();
        let Some(hold) = user_cooldown(&self.record, now) else {
            return;
        };
        let is_known = self
            .stops
            .heard_until
            .is_some_and(|heard| hold.until <= later(heard, SAME));
        if is_known || self.stops.reporting.is_some() || self.stops.not_before.is_some_and(|at| now < at) {
            return;
        }
        let generation = self.record.generation;
        let status = match hold.why {
            HoldReason::Cooldown(CooldownKind::LockedOut) => 423,
            _ => 429,
        };
        let wait = u64::try_from(until(now, hold.until).as_millis()).unwrap_or(u64::MAX);
        let rejected = Rejected {
            generation,
            status,
            retry_after_ms: Some(wait),
        };
        self.stops.telling = Some((hold.until, generation));
        self.stops.reporting = Some(report(self.tools.line.clone(), rejected));
    }

    /// The service acts on a report about its present token only: with a newer one, it is told again.
    pub(super) fn stop_was_told(&mut self, heard: &Result<Heard, Error>) {
        self.stops.reporting = None;
        self.stops.not_before = Some(later(self.now(), PAUSE));
        if let (Ok(heard), Some((until, generation))) = (heard, self.stops.telling.take())
            && heard.generation == generation
        {
            self.stops.heard_until = self.stops.heard_until.max(Some(until));
        }
    }

    /// When a stop ends, or is told again.
    pub(super) fn stop_changes_at(&self) -> [Option<Timestamp>; 2] {
        let now = self.now();
        let retry = self.stops.not_before.filter(|at| now < *at);
        [user_cooldown(&self.record, now).map(|hold| hold.until), retry]
    }
}
