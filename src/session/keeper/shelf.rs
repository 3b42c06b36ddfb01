//! A keeper and its store: what is read and written, and what becomes of it when that fails.

use super::Keeper;
use crate::{
    clock::later,
    error::{Error, ErrorKind},
    session::{
        events::{Event, How},
        policy::LEAST_GAP,
        record::Record,
    },
    store::Lease,
};

impl Keeper {
    /// Waits for the store's lease. Without it nothing is called.
    pub(super) async fn lease(&mut self) -> Result<Lease, Error> {
        let store = self.tools.store.clone();
        let key = self.key.clone();
        let wait = self.tools.timeout.saturating_mul(2);
        let lease = tokio::select! {
            biased;
            lease = store.lease(key.as_str()) => lease,
            () = self.tools.clock.local().sleep(wait) => {
                Err(Error::new(ErrorKind::Store, "another session of this login holds the store's lease too long"))
            }
        };
        lease.inspect_err(|error| self.store_failed(error.clone()))
    }

    /// Takes over what another session has written. What cannot be read leaves the record as it is.
    pub(super) async fn read(&mut self) {
        let stored = match self.tools.store.read(self.key.as_str()).await {
            Ok(Some(entry)) if entry.revision == self.stored => return,
            Ok(Some(entry)) => Record::decode(&entry, &self.key),
            Ok(None) => {
                self.stored = 0;
                return;
            }
            Err(error) => Err(error),
        };
        match stored {
            Ok(record) => {
                self.stored = record.revision;
                self.tools.clock.presume(record.clock_offset_ms);
                if record.generation >= self.record.generation {
                    let adopted = record.generation > self.record.generation;
                    self.record = record;
                    if adopted {
                        let generation = self.record.generation;
                        tracing::info!(key = self.key.as_str(), generation, "another session's record");
                    }
                    if adopted && self.record.good_token(self.now()).is_some() {
                        self.counts.adoptions += 1;
                        self.trouble = None;
                        self.tell_token(How::Adopted);
                    }
                }
            }
            Err(error) => self.store_failed(error),
        }
    }

    /// Saves the record, which is in use already.
    pub(super) async fn write(&mut self) {
        self.record.revision = self.stored + 1;
        match self
            .tools
            .store
            .write(self.key.as_str(), self.record.encode(), self.stored)
            .await
        {
            Ok(true) => self.stored = self.record.revision,
            Ok(false) => {}
            Err(error) => self.store_failed(error),
        }
    }

    fn store_failed(&mut self, error: Error) {
        tracing::warn!(key = self.key.as_str(), %error, "the store failed");
        self.store_trouble = Some(later(self.now(), LEAST_GAP));
        self.tools.news.tell(Event::Warning(error));
    }
}
