//! A keeper and its store: what is read and written, and what becomes of it when that fails.
//!
//! A record is in use before it is saved. What could not be saved is saved later, and what others have written meanwhile
//! is merged into it.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Keeper, closed};
use crate::{
    backoff::Backoff,
    clock::{later, timestamp},
    error::{Error, ErrorKind},
    session::{
        events::How,
        merge::{after_damage, merged},
        policy::LEAST_GAP,
        record::{Attempts, Record},
        view::LastFailure,
    },
    store::{Damage, Entry, Lease},
};

/// The time between two tries to save.
const SAVE_BACK_OFF: Backoff = Backoff::new(LEAST_GAP, Duration::from_secs(60));

/// How a keeper's record and the stored one stand to each other.
#[derive(Debug, Default)]
pub(super) struct RecordSync {
    /// The stored revision that the record was read from or written as.
    stored: u64,
    /// The stored revision that was looked at last, whatever came of it.
    pub seen: u64,
    /// When to save what is not saved yet.
    pub save_at: Option<Timestamp>,
    /// Tries in a row to save it that failed.
    failures: u32,
    /// Whether this keeper has ever saved anything.
    has_saved: bool,
    /// Until when nothing is done, since the store cannot be read or leased.
    pub blocked_until: Option<Timestamp>,
    /// What fails, once that has been told.
    failing: Option<Step>,
    /// When the last login and the last renewal were noted in the record that was read last: others' calls, maybe under way.
    noted: [Option<Timestamp>; 2],
    /// The damage that the record has been made for and that is not saved yet.
    recovery: Option<Box<DamageRecovery>>,
}

/// What the loss of a stored record has done to a keeper's own.
#[derive(Debug)]
struct DamageRecovery {
    /// When the lost record was written, by the store's word.
    at: Timestamp,
    before: Record,
    after: Record,
    /// When to save what was not saved before that.
    save_at: Option<Timestamp>,
}

/// What is done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Lease,
    Read,
    Write,
}

impl Keeper {
    /// Waits for the store's lease. Without it nothing is called.
    pub(super) async fn lease(&mut self) -> Result<Lease, Error> {
        let (store, key) = (self.deps.store.clone(), self.key.clone());
        let mut lease = store.lease(key.as_str());
        let mut taken = self.lease_within(&mut lease, LEAST_GAP).await;
        if taken.is_none() && !self.is_closing() {
            let text = "another session of this login has the store's lease and does not give it back: it is calling \
                        Tradovate, or its process hangs";
            let error = Error::new(ErrorKind::Store, text);
            let last_failure = LastFailure {
                error: error.clone(),
                not_sent: true,
                elsewhere: false,
            };
            let before = self.last_failure.replace(last_failure);
            let decision = self.decide();
            self.publish(decision);
            let wait = self.settings.timeout.saturating_mul(2);
            let late = self.lease_within(&mut lease, wait).await;
            self.last_failure = before;
            taken = late.or_else(|| (!self.is_closing()).then_some(Err(error)));
        }
        let Some(lease) = taken else {
            return Err(Error::closed());
        };
        self.note_result(Step::Lease, lease)
    }

    /// The lease, if it is had before `wait` is over or the session is closed.
    async fn lease_within(
        &mut self,
        lease: &mut BoxFuture<'_, Result<Lease, Error>>,
        wait: Duration,
    ) -> Option<Result<Lease, Error>> {
        let (closing, clock) = (self.closing.clone(), self.deps.clock.clone());
        self.hearing_stops(async move {
            tokio::select! {
                biased;
                lease = lease => Some(lease),
                () = closed(closing) => None,
                () = clock.local().sleep(wait) => None,
            }
        })
        .await
    }

    /// Takes over what another session has written. What cannot be read leaves the record as it is.
    pub(super) async fn read(&mut self) -> Result<(), Error> {
        let read = self.look().await;
        self.note_result(Step::Read, read)
    }

    /// Saves the record, which is in use already.
    pub(super) async fn write(&mut self, lease: &Lease) -> Result<(), Error> {
        let mut written = self.replace(lease).await;
        if matches!(written, Ok(false)) && lease.is_held() {
            // Somebody has written although the lease is ours: what he wrote is merged in.
            self.sync.save_at.get_or_insert(self.deps.clock.now());
            written = match self.read().await {
                Ok(()) => self.replace(lease).await,
                Err(error) => Err(error),
            };
        }
        let text = if lease.is_held() {
            "the record cannot be saved: others write it again and again without the lease"
        } else {
            "the lease of the store was lost before the record was saved; what others have written meanwhile counts"
        };
        let written =
            written.and_then(|written| written.then_some(()).ok_or_else(|| Error::new(ErrorKind::Store, text)));
        if written.is_ok() {
            self.sync.save_at = None;
            self.sync.failures = 0;
            self.sync.has_saved = true;
            self.sync.recovery = None;
        } else {
            self.sync.failures = self.sync.failures.saturating_add(1);
            self.sync.save_at = Some(later(self.now(), SAVE_BACK_OFF.pause(self.sync.failures)));
        }
        self.note_result(Step::Write, written)
    }

    /// Tries once more to save what could not be saved.
    pub(super) async fn save(&mut self) {
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() && self.sync.save_at.is_some() {
            // Its failure has been told, and is heeded the next time.
            let _ = self.write(&lease).await;
        }
        lease.release().await;
    }

    /// Whether a login may be made that could not be noted. Where the store was asked for, a session that has never saved
    /// anything makes none: it would be made again at each start.
    pub(super) fn may_go_unnoted(&self) -> bool {
        self.sync.has_saved || !self.deps.store.is_required()
    }

    async fn look(&mut self) -> Result<(), Error> {
        let (store, key) = (self.deps.store.clone(), self.key.clone());
        let entry = self.until_done(store.read(key.as_str())).await?;
        self.sync.seen = entry.as_ref().map_or(0, |entry| entry.revision);
        match entry {
            Some(entry) if entry.revision == self.sync.stored => {}
            Some(entry) => self.take_over(&entry)?,
            None => {
                self.sync.stored = 0;
                if let Some(damage) = self.until_done(store.damaged(key.as_str())).await? {
                    self.note_damage(damage);
                } else if self.record.revision > 0 && self.sync.save_at.is_none() {
                    // It was there and has been removed.
                    self.sync.save_at = Some(self.now());
                }
            }
        }
        Ok(())
    }

    fn take_over(&mut self, entry: &Entry) -> Result<(), Error> {
        let stored = Record::decode(entry, &self.key)?;
        if let Some(recovery) = self.sync.recovery.take()
            && recovery.after == self.record
        {
            // Who has begun the record anew has counted the damage in it.
            self.record = recovery.before;
            self.sync.save_at = recovery.save_at;
        }
        // Otherwise the store has lost what it had confirmed, or all that it had.
        let follows = entry.revision > self.sync.stored && [0, stored.begun].contains(&self.record.begun);
        self.sync.stored = entry.revision;
        let noted = std::mem::replace(&mut self.sync.noted, notes(&stored));
        if follows {
            forget_notes(&mut self.record, noted, &stored);
        }
        self.deps.clock.adopt_offset(&stored.clock, self.deps.store.ahead_ms());
        let generation = self.record.generation;
        if follows && self.sync.save_at.is_none() && stored.generation >= generation {
            self.record = stored;
        } else {
            let mut theirs = stored.clone();
            // By a clock that Tradovate has told: what lies ahead of it was noted by a wrong one, and does not tell which call
            // came first.
            if self.deps.clock.is_told() {
                theirs.reconcile(self.now());
            }
            let mut both = merged(&self.record, theirs);
            (both.revision, both.begun) = (stored.revision, stored.begun);
            // After a failure the store may show what it has not saved.
            let nothing_to_save = both == stored && self.sync.failures == 0;
            self.record = both;
            self.sync.save_at = if nothing_to_save {
                None
            } else {
                self.sync.save_at.or(Some(self.now()))
            };
        }
        // A clock that nothing speaks for corrects nothing: the record may be the one that is right.
        if !self.may_look_at_time(self.now()) {
            self.reconcile();
        }
        if self.record.generation > generation {
            let generation = self.record.generation;
            tracing::info!(key = self.key.as_str(), generation, "another session's record");
        }
        if self.record.generation > generation && self.record.good_token(self.now()).is_some() {
            self.counts.adoptions += 1;
            self.last_failure = None;
            self.publish_token(How::Adopted);
        }
        Ok(())
    }

    /// The stored record is lost.
    fn note_damage(&mut self, mut damage: Damage) {
        let at = damage.at;
        if self.sync.recovery.as_ref().is_some_and(|known| known.at == at) {
            return;
        }
        let (before, save_at) = (self.record.clone(), self.sync.save_at);
        let offset_ms = self.deps.clock.offset_ms();
        for at in std::iter::once(&mut damage.at).chain(&mut damage.before) {
            *at = timestamp(at.as_millisecond() + offset_ms);
        }
        let now = self.now();
        after_damage(&mut self.record, damage, &self.settings.limits, now);
        let after = self.record.clone();
        self.sync.recovery = Some(Box::new(DamageRecovery {
            at,
            before,
            after,
            save_at,
        }));
        if self.sync.save_at.is_none() {
            self.sync.save_at = Some(now);
            let text = "the stored record is damaged; a new one is begun, and the damaged one counts as logins made";
            let error = Error::new(ErrorKind::Store, text);
            self.last_failure.get_or_insert(LastFailure {
                error: error.clone(),
                not_sent: true,
                elsewhere: false,
            });
            self.publisher.warn(error);
        }
    }

    async fn replace(&mut self, lease: &Lease) -> Result<bool, Error> {
        let before = self.sync.stored;
        self.record.revision = revision_after(before, self.now());
        if before == 0 {
            self.record.begun = self.record.revision;
        }
        let entry = self.record.encode();
        let (store, key) = (self.deps.store.clone(), self.key.clone());
        let written = self.until_done(store.write(key.as_str(), entry, before, lease)).await?;
        if written {
            self.sync.stored = self.record.revision;
            self.sync.seen = self.record.revision;
        }
        Ok(written)
    }

    /// Tells of a failure once, until the same step works again. What cannot be read or leased stops all calls.
    fn note_result<T>(&mut self, step: Step, result: Result<T, Error>) -> Result<T, Error> {
        let was_failing = self.sync.failing == Some(step);
        match &result {
            Ok(_) => {
                if was_failing {
                    self.sync.failing = None;
                }
                if was_failing || step == Step::Write {
                    self.last_failure
                        .take_if(|last_failure| is_of_store(&last_failure.error));
                }
            }
            Err(error) => {
                if step != Step::Write {
                    self.sync.blocked_until = Some(later(self.now(), LEAST_GAP));
                    let error = error.clone();
                    self.last_failure = Some(LastFailure {
                        error,
                        not_sent: true,
                        elsewhere: false,
                    });
                }
                if !was_failing {
                    tracing::warn!(key = self.key.as_str(), %error, "the store failed");
                    self.sync.failing = Some(step);
                    self.publisher.warn(error.clone());
                }
            }
        }
        result
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

/// Forgets another session's notes of calls that have been answered since: what is stored of them now counts in their place,
/// or nothing where no session was opened. Beside it they would count again.
fn forget_notes(record: &mut Record, noted: [Option<Timestamp>; 2], stored: &Record) {
    for (list, noted, stored) in [
        (&mut record.history.logins, noted[0], &stored.history.logins),
        (&mut record.history.renewals, noted[1], &stored.history.renewals),
    ] {
        list.retain(|at| Some(*at) != noted || stored.contains(at));
    }
}

/// The revision of a write. It follows the clock, so that none is given twice where a store was emptied or put back: two
/// records of one revision would be taken for the same.
fn revision_after(before: u64, now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond())
        .unwrap_or(0)
        .max(before.saturating_add(1))
}

/// Whether the store is what failed.
pub(super) fn is_of_store(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Store | ErrorKind::StoreMismatch)
}
