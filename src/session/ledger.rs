//! The address ledger: one small text beside the records, shared by all logins of this machine, changed under a short lock.
//!
//! It only holds calls back: where it cannot be read or written, a login goes on by its own record alone.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::address::AddressRecord;
use crate::{
    api::Origin,
    clock::ServerClock,
    error::{Error, ErrorKind},
    secret::Secret,
    store::{Entry, Lease, Revision, Store, revision_of},
};

/// How long a look or a change waits for others' changes, each of which takes milliseconds, and for the disk.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The ledger of the address that this machine calls one Tradovate from.
#[derive(Clone)]
pub struct Ledger {
    store: Arc<dyn Store>,
    key: String,
}

impl Ledger {
    /// The ledger for calls to an origin, kept in this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, origin: &Origin) -> Self {
        let key = format!("address-{}", origin.upstream());
        Self { store, key }
    }

    /// Reads the record of the address. It is empty if it cannot be read.
    pub async fn read(&self, clock: &ServerClock) -> AddressRecord {
        let entry = self.in_time(clock, self.store.read(&self.key)).await;
        let mut record = decoded(entry.ok().flatten().as_ref());
        record.prune(told(clock, &record));
        record
    }

    /// Changes the record of the address. What `change` has decided stands, also where that cannot be saved.
    ///
    /// # Errors
    /// [`ErrorKind::Store`]: why the ledger cannot be used.
    pub async fn update(
        &self,
        clock: &ServerClock,
        change: impl FnOnce(&mut AddressRecord, Timestamp),
    ) -> Result<(), Error> {
        let (lease, entry) = self.in_time(clock, self.leased()).await?;
        let before = revision_of(entry.as_ref());
        let mut record = decoded(entry.as_ref());
        let now = told(clock, &record);
        record.prune(now);
        if clock.is_told() {
            record.clock = Some(clock.to_store(0));
        }
        change(&mut record, now);
        let text = Secret::new(serde_json::to_string(&record).unwrap_or_default());
        let entry = Entry {
            revision: before.next(),
            text,
        };
        let saved = async {
            self.save(entry, before, lease).await;
            Ok(())
        };
        self.in_time(clock, saved).await
    }

    async fn leased(&self) -> Result<(Lease, Option<Entry>), Error> {
        let lease = self.store.lease(&self.key).await?;
        Ok((lease, self.store.read(&self.key).await?))
    }

    async fn save(&self, entry: Entry, before: Revision, lease: Lease) {
        let written = self.store.write(&self.key, entry, before, &lease).await;
        lease.release().await;
        if let Err(error) = written {
            tracing::warn!(%error, "the address ledger cannot be saved");
        }
    }

    async fn in_time<T>(&self, clock: &ServerClock, step: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            biased;
            done = step => done,
            () = clock.local().sleep(LONGEST_WAIT) => {
                let text = "another process has locked the address ledger, or its disk hangs";
                Err(Error::new(ErrorKind::Store, text))
            }
        }
    }
}

/// Tradovate's time. Where only the wall clock is known, the time that another login was told counts: by a wrong clock others'
/// calls would be forgotten, or count for too long.
fn told(clock: &ServerClock, record: &AddressRecord) -> Timestamp {
    if let Some(stored) = record.clock.as_ref().filter(|_| clock.knows_nothing()) {
        clock.adopt_offset(stored, 0);
    }
    clock.now()
}

/// Decodes a stored record. One that cannot be read is begun anew.
fn decoded(entry: Option<&Entry>) -> AddressRecord {
    entry
        .and_then(|entry| serde_json::from_str(entry.text.expose()).ok())
        .unwrap_or_default()
}
