//! Records in this process' memory. Its sessions and threads share them, and they end with it.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex as Gate, watch};

use super::{Entry, Lease, Revision, Store, per_key::PerKey, revision_of};
use crate::error::Error;

/// The memory store. A clone is the same store.
#[derive(Clone, Default)]
pub struct MemoryStore {
    slots: Arc<PerKey<Slot>>,
}

#[derive(Default)]
struct Slot {
    gate: Arc<Gate<()>>,
    entry: watch::Sender<Option<Entry>>,
}

impl MemoryStore {
    /// The one memory store of this process: all its sessions of a login share one token.
    pub fn of_process() -> Self {
        static STORE: OnceLock<MemoryStore> = OnceLock::new();
        STORE.get_or_init(Self::default).clone()
    }
}

impl Store for MemoryStore {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        let gate = self.slots.get(key).gate.clone();
        Box::pin(async move { Ok(Lease::new(gate.lock_owned().await)) })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        let entry = self.slots.get(key).entry.borrow().clone();
        Box::pin(std::future::ready(Ok(entry)))
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        _: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        let written = self.slots.get(key).entry.send_if_modified(|stored| {
            let unchanged = revision_of(stored.as_ref()) == before;
            if unchanged {
                *stored = Some(entry);
            }
            unchanged
        });
        Box::pin(std::future::ready(Ok(written)))
    }

    fn changed<'a>(&'a self, key: &'a str, seen: Revision) -> BoxFuture<'a, ()> {
        let slot = self.slots.get(key);
        Box::pin(async move {
            // This future holds the slot and its sender, so waiting cannot fail.
            let _ = slot
                .entry
                .subscribe()
                .wait_for(|stored| revision_of(stored.as_ref()) != seen)
                .await;
        })
    }
}
