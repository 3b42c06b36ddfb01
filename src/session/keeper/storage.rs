//! The keeper's reads from its store and writes to it, and its handling of their failures.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Keeper, closed, record_sync::Step};
use crate::{
    clock::later,
    error::{Error, ErrorKind},
    session::{events::How, limits::LEAST_GAP, record::Record, view::LastFailure},
    store::{Damage, Entry, Lease, Revision, located, revision_of},
};

/// A write takes one of so many revisions, which are milliseconds.
const REVISIONS_A_WRITE: u64 = 1_000;

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
            let last_failure = LastFailure::not_sent(error.clone());
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

    /// Gives the store's lease back.
    pub(super) async fn give_back(&mut self, lease: Lease) {
        self.until_done(Box::pin(lease.release())).await;
    }

    /// The lease, if it is had before `wait` is over or the session is closed.
    async fn lease_within(
        &mut self,
        lease: &mut BoxFuture<'_, Result<Lease, Error>>,
        wait: Duration,
    ) -> Option<Result<Lease, Error>> {
        let (closing, clock) = (self.closing.clone(), self.deps.clock.clone());
        self.applying_stops(async move {
            tokio::select! {
                biased;
                lease = lease => Some(lease),
                () = closed(closing) => None,
                () = clock.local().sleep(wait) => None,
            }
        })
        .await
    }

    /// Takes over what another session has written. If that cannot be read, the record stays as it is.
    pub(super) async fn read(&mut self) -> Result<(), Error> {
        let read = self.read_stored().await;
        self.note_result(Step::Read, read)
    }

    /// Saves the record, which is in use already.
    pub(super) async fn write(&mut self, lease: &Lease) -> Result<(), Error> {
        let mut written = self.replace(lease).await;
        if matches!(written, Ok(false)) && lease.is_held() {
            // Somebody has written although the lease is ours: that is merged in.
            self.sync.save_from(self.deps.clock.now());
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
            self.sync.note_saved();
        } else {
            self.sync.note_not_saved(self.now());
        }
        self.note_result(Step::Write, written)
    }

    /// Tries once more to save what could not be saved.
    pub(super) async fn save(&mut self) {
        if let Ok(lease) = self.lease().await {
            self.save_under(lease).await;
        }
    }

    /// Saves what a closed session has not saved: the next one would call against it. Whoever has closed the session waits for
    /// none of this.
    pub(super) async fn save_at_end(&mut self) {
        if self.sync.save_at.is_none() {
            return;
        }
        let (store, key, clock) = (self.deps.store.clone(), self.key.clone(), self.deps.clock.clone());
        let wait = self.settings.timeout.saturating_mul(2);
        let lease = tokio::select! {
            biased;
            lease = store.lease(key.as_str()) => lease.ok(),
            () = clock.local().sleep(wait) => None,
        };
        if let Some(lease) = lease {
            self.save_under(lease).await;
        }
    }

    async fn save_under(&mut self, lease: Lease) {
        if self.read().await.is_ok() && self.sync.save_at.is_some() {
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
        }
        self.give_back(lease).await;
    }

    /// Whether a login may be made that could not be noted. Where the store was asked for, a session that has never saved
    /// anything makes none: it would be made again at each start.
    pub(super) fn may_go_unnoted(&self) -> bool {
        self.sync.has_saved || !self.deps.store.is_required()
    }

    async fn read_stored(&mut self) -> Result<(), Error> {
        let (store, key) = (self.deps.store.clone(), self.key.clone());
        let entry = self.until_done(store.read(key.as_str())).await?;
        self.sync.seen = revision_of(entry.as_ref());
        match entry {
            Some(entry) if entry.revision == self.sync.stored() => {}
            Some(entry) => self.take_over(&entry)?,
            None => {
                self.sync.note_absent();
                if let Some(damage) = self.until_done(store.damaged(key.as_str())).await? {
                    self.note_damage(damage);
                } else if self.record.revision > Revision::NONE {
                    // It was there and has been removed.
                    self.sync.save_from(self.now());
                }
            }
        }
        Ok(())
    }

    fn take_over(&mut self, entry: &Entry) -> Result<(), Error> {
        let decoded = Record::decode(entry, &self.key);
        let stored = decoded.map_err(|error| located(&*self.deps.store, self.key.as_str(), error))?;
        let generation = self.record.generation;
        let was_good = self.record.good_token(self.now()).is_some();
        let stops = (self.record.cooldowns.clone(), self.record.penalties.clone());
        let (clock, ahead_ms) = (&self.deps.clock, self.deps.store.ahead_ms());
        self.sync.take_over(&mut self.record, stored, clock, ahead_ms);
        // A clock that nothing confirms corrects nothing: the record may be right.
        if !self.may_look_at_time(self.now()) {
            self.reconcile();
        }
        if self.record.generation > generation {
            let generation = self.record.generation;
            tracing::info!(
                key = self.key.as_str(),
                generation = generation.get(),
                "another session's record"
            );
            if self.record.good_token(self.now()).is_some() {
                self.counts.adoptions += 1;
                self.last_failure = None;
                self.publish_token(How::Adopted);
            }
        }
        let is_lost = was_good && self.record.good_token(self.now()).is_none();
        let is_stopped = (&stops.0, &stops.1) != (&self.record.cooldowns, &self.record.penalties);
        // A lost token and a stop count for callers at once, whatever else the store is asked for. The first record is shown once
        // it is known what was there when the session was opened.
        if self.has_read && (is_lost || is_stopped) {
            self.publish_next();
        }
        Ok(())
    }

    fn note_damage(&mut self, damage: Damage) {
        let limits = &self.settings.limits;
        if let Some(error) = self
            .sync
            .note_damage(&mut self.record, damage, limits, &self.deps.clock)
        {
            self.last_failure.get_or_insert(LastFailure::not_sent(error.clone()));
            self.publisher.warn(error);
        }
    }

    async fn replace(&mut self, lease: &Lease) -> Result<bool, Error> {
        let before = self.sync.stored();
        self.record.revision = revision_after(before, self.now(), self.deps.random.number());
        self.record.lineage.note(before);
        if before == Revision::NONE {
            self.record.begun = self.record.revision;
        }
        let entry = self.record.encode();
        self.sync.begin_to_save();
        let (store, key) = (self.deps.store.clone(), self.key.clone());
        let written = self.until_done(store.write(key.as_str(), entry, before, lease)).await?;
        if written {
            self.sync.wrote(self.record.revision);
        }
        Ok(written)
    }

    /// Tells of a failure once, until the same step works again. A store that cannot be read or leased stops all calls.
    fn note_result<T>(&mut self, step: Step, result: Result<T, Error>) -> Result<T, Error> {
        let is_new = self.sync.note_step(step, result.is_err());
        match &result {
            Ok(_) => {
                if is_new || step == Step::Write {
                    self.last_failure.take_if(|last_failure| last_failure.is_of_store());
                }
            }
            Err(error) => {
                if step != Step::Write {
                    self.sync.blocked_until = Some(later(self.now(), LEAST_GAP));
                    self.last_failure = Some(LastFailure::not_sent(error.clone()));
                }
                if is_new {
                    tracing::warn!(key = self.key.as_str(), %error, "the store failed");
                    self.publisher.warn(error.clone());
                }
            }
        }
        result
    }
}

/// The revision of a write. It follows the clock, so that none is given twice where a store was emptied or put back, and has some
/// chance in it, for the writes of two sessions over the same record, the first of which the store has lost: two records of one
/// revision would be taken for the same.
fn revision_after(before: Revision, now: Timestamp, random: u64) -> Revision {
    let by_clock = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let least = Revision::from(by_clock).max(before.next());
    Revision::from(least.get().saturating_add(random % REVISIONS_A_WRITE))
}
