//! Synchronises a keeper's record with the stored one: what is taken over, what is still to be saved, and what follows from the
//! loss of a stored record. It does no I/O and calls nobody back: it returns what its caller has to do or to tell.
//!
//! A record is in use before it is saved. What could not be saved is saved later, and what others have written meanwhile
//! is merged into it.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    backoff::Backoff,
    clock::{ServerClock, later, timestamp},
    error::{Error, ErrorKind},
    session::{
        history::Attempts,
        limits::{LEAST_GAP, Limits},
        merge::{after_damage, merged},
        record::Record,
    },
    store::{Damage, Revision},
};

/// The time between two tries to save.
const SAVE_BACK_OFF: Backoff = Backoff::new(LEAST_GAP, Duration::from_secs(60));

/// The state of a keeper's record compared with the stored one.
#[derive(Debug, Default)]
pub(super) struct RecordSync {
    /// The stored revision that the record was read from or written as.
    stored: Revision,
    /// The stored revision that was read last, whether or not it could be used.
    pub seen: Revision,
    /// When to save what is not saved yet.
    pub save_at: Option<Timestamp>,
    /// Tries in a row to save it that failed.
    failures: u32,
    /// Whether this keeper has ever saved anything.
    pub has_saved: bool,
    /// Until when nothing is done, since the store cannot be read or leased.
    pub blocked_until: Option<Timestamp>,
    /// The step that fails, once a warning has told of it.
    failing: Option<Step>,
    /// When the last login and the last renewal were noted in the record that was read last: others' calls, maybe under way.
    noted: [Option<Timestamp>; 2],
    /// The recovery from a damage, until it is saved.
    recovery: Option<Box<DamageRecovery>>,
}

/// The change that the loss of a stored record has made to a keeper's own.
#[derive(Debug)]
struct DamageRecovery {
    /// When the lost record was written, as the store tells it.
    at: Timestamp,
    before: Record,
    after: Record,
    /// When to save what was not saved before that.
    save_at: Option<Timestamp>,
}

/// A step with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Lease,
    Read,
    Write,
}

impl RecordSync {
    /// The revision that the next write must find.
    pub fn stored(&self) -> Revision {
        self.stored
    }

    /// Notes that this record is stored as `revision`.
    pub fn wrote(&mut self, revision: Revision) {
        (self.stored, self.seen) = (revision, revision);
    }

    /// Plans to save at once, unless saving is planned already.
    pub fn save_from(&mut self, now: Timestamp) {
        self.save_at.get_or_insert(now);
    }

    /// Notes that the record, as it is now, is being saved. A later change is to be saved after it.
    pub fn begin_to_save(&mut self) {
        self.save_at = None;
    }

    /// Notes that it was saved.
    pub fn note_saved(&mut self) {
        (self.failures, self.recovery) = (0, None);
        self.has_saved = true;
    }

    /// Notes that saving has failed. It is tried again after a while.
    pub fn note_not_saved(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.save_at = Some(later(now, SAVE_BACK_OFF.pause(self.failures)));
    }

    /// Notes the result of a step. Returns whether it is the first failure, or the first success after one.
    pub fn note_step(&mut self, step: Step, has_failed: bool) -> bool {
        let was_failing = self.failing == Some(step);
        if has_failed {
            self.failing = Some(step);
        } else if was_failing {
            self.failing = None;
        }
        was_failing != has_failed
    }

    /// Notes that nothing is stored.
    pub fn note_absent(&mut self) {
        self.stored = Revision::NONE;
    }

    /// Takes over what another session has stored, or merges it into `record`. `ahead_ms` is how far the clock of the store's
    /// users is ahead of the local one.
    pub fn take_over(&mut self, record: &mut Record, stored: Record, clock: &ServerClock, ahead_ms: i64) {
        if let Some(recovery) = self.recovery.take()
            && recovery.after == *record
        {
            // The session that has begun the record anew has counted the damage in it.
            *record = recovery.before;
            self.save_at = recovery.save_at;
        }
        // Otherwise the store has lost what it had confirmed, or all that it had.
        let is_of_same_store = [Revision::NONE, stored.begun].contains(&record.begun);
        let follows = stored.revision > self.stored && is_of_same_store && stored.lineage.may_have(self.stored);
        self.stored = stored.revision;
        let noted = std::mem::replace(&mut self.noted, notes(&stored));
        if follows {
            forget_notes(record, noted, &stored);
        }
        clock.adopt_offset(&stored.clock, ahead_ms);
        if follows && self.save_at.is_none() && stored.generation >= record.generation {
            *record = stored;
            return;
        }
        let mut theirs = stored.clone();
        // Only by a clock that Tradovate has told: a moment ahead of it was noted by a wrong one, and does not tell which
        // call came first.
        if clock.is_told() {
            theirs.reconcile(clock.now());
        }
        let mut both = merged(record, theirs);
        (both.revision, both.begun) = (stored.revision, stored.begun);
        both.lineage.clone_from(&stored.lineage);
        // After a failure the store may show what it has not saved.
        let nothing_to_save = both == stored && self.failures == 0;
        *record = both;
        self.save_at = if nothing_to_save {
            None
        } else {
            self.save_at.or(Some(clock.now()))
        };
    }

    /// Notes that the stored record is lost. Returns the warning about it, the first time.
    pub fn note_damage(
        &mut self,
        record: &mut Record,
        mut damage: Damage,
        limits: &Limits,
        clock: &ServerClock,
    ) -> Option<Error> {
        let at = damage.at;
        if self.recovery.as_ref().is_some_and(|known| known.at == at) {
            return None;
        }
        let (before, save_at) = (record.clone(), self.save_at);
        let offset_ms = clock.offset_ms();
        for at in std::iter::once(&mut damage.at).chain(&mut damage.before) {
            *at = timestamp(at.as_millisecond() + offset_ms);
        }
        let now = clock.now();
        after_damage(record, damage, limits, now);
        let after = record.clone();
        self.recovery = Some(Box::new(DamageRecovery {
            at,
            before,
            after,
            save_at,
        }));
        if self.save_at.is_some() {
            return None;
        }
        self.save_at = Some(now);
        let text = "the stored record is damaged; a new one is begun, and the damaged one counts as logins made";
        Some(Error::new(ErrorKind::Store, text))
    }
}

/// When a record's last calls were noted, as far as they are counted.
fn notes(record: &Record) -> [Option<Timestamp>; 2] {
    let counted = |attempts: &Attempts, list: &[Timestamp]| attempts.last_at.filter(|at| list.contains(at));
    [
        counted(&record.login, &record.history.logins),
        counted(&record.renewal, &record.history.renewals),
    ]
}

/// Forgets another session's notes of calls that have been answered since. The stored record has other moments in their place,
/// or none where no session was opened: beside these the notes would count again. One that a wrong clock has made would count as a
/// later call.
fn forget_notes(record: &mut Record, noted: [Option<Timestamp>; 2], stored: &Record) {
    let (history, others) = (&mut record.history, &stored.history);
    for (attempts, list, noted, stored, others) in [
        (
            &mut record.login,
            &mut history.logins,
            noted[0],
            &stored.login,
            &others.logins,
        ),
        (
            &mut record.renewal,
            &mut history.renewals,
            noted[1],
            &stored.renewal,
            &others.renewals,
        ),
    ] {
        let Some(noted) = noted.filter(|noted| !others.contains(noted)) else {
            continue;
        };
        list.retain(|at| *at != noted);
        if attempts.last_at == Some(noted) {
            attempts.last_at = stored.last_at;
        }
    }
}

#[cfg(test)]
#[path = "record_sync_tests.rs"]
mod tests;
