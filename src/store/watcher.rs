//! A watcher notices records that other processes write. One task polls all keys of a store that somebody waits on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::per_key::PerKey;
use crate::clock::Clock;

/// The time between two polls. The other processes notice a write at most this much later.
const POLL: Duration = Duration::from_secs(1);

/// What a store knows of its records.
pub struct Watcher<V> {
    clock: Arc<dyn Clock>,
    records: PerKey<watch::Sender<Known<V>>>,
    /// Whether a task polls.
    is_polling: AtomicBool,
}

/// A store whose records other processes change, and which does not announce that.
pub trait Pollable: Send + Sync + 'static {
    /// Tells records apart: a reader of one version has to read again when another one is found.
    type Version: Default + PartialEq + Send + Sync + 'static;

    /// What the store knows of its records.
    fn watcher(&self) -> &Watcher<Self::Version>;

    /// Polls these keys. It may leave out a key that could not be polled, which the next poll tries again.
    fn poll(self: Arc<Self>, keys: Vec<String>) -> impl Future<Output = Vec<Polled<Self::Version>>> + Send;
}

/// The result of a poll of one key.
pub struct Polled<V> {
    /// The key.
    pub key: String,
    /// The record's version.
    pub version: V,
    /// The record's revision (0: none is stored), if the poll tells it.
    pub revision: Option<u64>,
}

/// The state of a record when it was last read, written or polled.
#[derive(Default, PartialEq)]
struct Known<V> {
    version: V,
    /// None if the record could not be read.
    revision: Option<u64>,
    /// Whether a poll found another version than the last read or write.
    is_outdated: bool,
}

impl<V: Default + PartialEq + Send + Sync + 'static> Watcher<V> {
    /// A watcher that knows nothing yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            records: PerKey::default(),
            is_polling: AtomicBool::default(),
        }
    }

    /// Notes the version and the revision of a record that was read or written; no revision if it could not be read.
    pub fn learn(&self, key: &str, version: V, revision: Option<u64>) {
        self.update(key, |_| Known {
            version,
            revision,
            is_outdated: false,
        });
    }

    fn compare(&self, Polled { key, version, revision }: Polled<V>) {
        self.update(&key, |known| Known {
            is_outdated: known.is_outdated || known.version != version,
            version,
            revision: revision.or(known.revision),
        });
    }

    fn update(&self, key: &str, change: impl FnOnce(&Known<V>) -> Known<V>) {
        self.records.get(key).send_if_modified(|known| {
            let now = change(known);
            let is_modified = *known != now;
            *known = now;
            is_modified
        });
    }

    fn waited_on(&self) -> Vec<String> {
        self.records.keys(|record| record.receiver_count() > 0)
    }
}

/// Completes once the revision of a key is not `seen`, or only reading the record can tell that.
pub async fn changed<S: Pollable>(store: &Arc<S>, key: &str, seen: u64) {
    let record = store.watcher().records.get(key);
    let mut known = record.subscribe();
    start_polling(store);
    // This future holds the sender, so waiting cannot fail.
    let _ = known
        .wait_for(|known| known.is_outdated || known.revision.is_some_and(|revision| revision != seen))
        .await;
}

/// Starts the task that polls, unless there is one. It ends when nobody waits any more, or the store is dropped.
fn start_polling<S: Pollable>(store: &Arc<S>) {
    if store.watcher().is_polling.swap(true, Ordering::AcqRel) {
        return;
    }
    let (clock, store) = (store.watcher().clock.clone(), Arc::downgrade(store));
    tokio::spawn(async move {
        loop {
            clock.sleep(POLL).await;
            let Some(store) = store.upgrade() else { return };
            let watcher = store.watcher();
            let keys = watcher.waited_on();
            if keys.is_empty() {
                watcher.is_polling.store(false, Ordering::Release);
                // A waiter may have come meanwhile that relies on this task.
                if watcher.waited_on().is_empty() || watcher.is_polling.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
            for polled in store.clone().poll(keys).await {
                watcher.compare(polled);
            }
        }
    });
}
