//! Records in this process' memory: shared by its sessions and threads, gone with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex as Gate, watch};

use super::{Entry, Lease, Store};
use crate::error::Error;

/// The memory store. A clone is the same store.
#[derive(Clone, Default)]
pub struct MemoryStore {
    slots: Arc<Mutex<HashMap<String, Arc<Slot>>>>,
}

struct Slot {
    gate: Arc<Gate<()>>,
    entry: watch::Sender<Option<Entry>>,
}

impl MemoryStore {
    /// The one store of this process, so that all its sessions of a login share one token.
    pub fn of_process() -> Self {
        static STORE: OnceLock<MemoryStore> = OnceLock::new();
        STORE.get_or_init(Self::default).clone()
    }

    fn slot(&self, key: &str) -> Arc<Slot> {
        let new = || {
            Arc::new(Slot {
                gate: Arc::default(),
                entry: watch::Sender::new(None),
            })
        };
        lock(&self.slots).entry(key.to_owned()).or_insert_with(new).clone()
    }
}

impl Store for MemoryStore {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        let gate = self.slot(key).gate.clone();
        Box::pin(async move { Ok(Lease::new(gate.lock_owned().await)) })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        let entry = self.slot(key).entry.borrow().clone();
        Box::pin(std::future::ready(Ok(entry)))
    }

    fn write<'a>(&'a self, key: &'a str, entry: Entry, before: u64) -> BoxFuture<'a, Result<bool, Error>> {
        let written = self.slot(key).entry.send_if_modified(|stored| {
            let unchanged = revision(stored.as_ref()) == before;
            if unchanged {
                *stored = Some(entry);
            }
            unchanged
        });
        Box::pin(std::future::ready(Ok(written)))
    }

    fn changed<'a>(&'a self, key: &'a str, seen: u64) -> BoxFuture<'a, ()> {
        let slot = self.slot(key);
        Box::pin(async move {
            // The sender lives in the slot that is held here, so waiting cannot fail.
            let _ = slot
                .entry
                .subscribe()
                .wait_for(|stored| revision(stored.as_ref()) != seen)
                .await;
        })
    }
}

fn revision(entry: Option<&Entry>) -> u64 {
    entry.map_or(0, |entry| entry.revision)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn entry(revision: u64) -> Entry {
        Entry {
            revision,
            text: Secret::new(format!("text {revision}")),
        }
    }

    #[tokio::test]
    async fn a_write_counts_only_against_the_revision_it_was_made_from() {
        let store = MemoryStore::default();
        assert_eq!(store.read("a").await.unwrap(), None);
        assert!(store.write("a", entry(1), 0).await.unwrap());
        assert!(!store.write("a", entry(1), 0).await.unwrap());
        assert!(store.write("a", entry(2), 1).await.unwrap());
        assert_eq!(store.read("a").await.unwrap(), Some(entry(2)));
        assert_eq!(store.read("b").await.unwrap(), None);
    }

    #[tokio::test]
    async fn one_lease_a_key_at_a_time() {
        let store = MemoryStore::default();
        let first = store.lease("a").await.unwrap();
        let _other_key = store.lease("b").await.unwrap();
        let second = store.lease("a");
        tokio::select! {
            biased;
            _ = second => panic!("two leases of one key"),
            () = tokio::task::yield_now() => {}
        }
        drop(first);
        store.lease("a").await.unwrap();
    }

    #[tokio::test]
    async fn a_change_is_noticed_even_if_it_came_before_the_wait() {
        let store = MemoryStore::default();
        store.write("a", entry(1), 0).await.unwrap();
        store.changed("a", 0).await;
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.changed("a", 1).await }
        });
        tokio::task::yield_now().await;
        store.write("a", entry(2), 1).await.unwrap();
        waiting.await.unwrap();
    }
}
