//! The address ledger: one small text beside the records, shared by all logins of this machine, changed under a short lock.
//!
//! It holds back calls and brings none: where it cannot be read or written, a login goes on by its own record alone.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::address::AddressRecord;
use crate::{
    api::Origin,
    clock::ServerClock,
    error::{Error, ErrorKind},
    secret::Secret,
    store::{Entry, Store},
};

/// How long a change waits for others' changes, each of which takes milliseconds.
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

    /// What is known of the address; nothing if that cannot be read.
    pub async fn read(&self, clock: &ServerClock) -> AddressRecord {
        let entry = self.store.read(&self.key).await.ok().flatten();
        let mut record = decoded(entry.as_ref());
        record.prune(clock.now());
        record
    }

    /// Changes what is known of the address. Answers what `change` does, or nothing if the ledger cannot be used.
    pub async fn update<T>(
        &self,
        clock: &ServerClock,
        change: impl FnOnce(&mut AddressRecord, Timestamp) -> T,
    ) -> Option<T> {
        match self.try_update(clock, change).await {
            Ok(done) => Some(done),
            Err(error) => {
                tracing::warn!(%error, "the address ledger cannot be used");
                None
            }
        }
    }

    async fn try_update<T>(
        &self,
        clock: &ServerClock,
        change: impl FnOnce(&mut AddressRecord, Timestamp) -> T,
    ) -> Result<T, Error> {
        let lease = tokio::select! {
            biased;
            lease = self.store.lease(&self.key) => lease?,
            () = clock.local().sleep(LONGEST_WAIT) => {
                return Err(Error::new(ErrorKind::Store, "another process has locked the address ledger"));
            }
        };
        let entry = self.store.read(&self.key).await?;
        let before = entry.as_ref().map_or(0, |entry| entry.revision);
        let mut record = decoded(entry.as_ref());
        let now = clock.now();
        record.prune(now);
        let done = change(&mut record, now);
        let text = Secret::new(serde_json::to_string(&record).unwrap_or_default());
        let entry = Entry {
            revision: before + 1,
            text,
        };
        let written = self.store.write(&self.key, entry, before, &lease).await;
        lease.give_back().await;
        if let Err(error) = written {
            // What was decided stands all the same.
            tracing::warn!(%error, "the address ledger cannot be saved");
        }
        Ok(done)
    }
}

/// What cannot be read is begun anew.
fn decoded(entry: Option<&Entry>) -> AddressRecord {
    entry
        .and_then(|entry| serde_json::from_str(entry.text.expose()).ok())
        .unwrap_or_default()
}
