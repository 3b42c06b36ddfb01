//! A watcher notices records that other processes write. One task polls all keys of a store that somebody waits on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{Revision, per_key::PerKey};
use crate::{clock::Clock, task::spawn};

/// The time between two polls. The other processes notice a write at most this much later.
const POLL: Duration = Duration::from_secs(1);

/// A store's knowledge of its records.
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
    /// The record's revision ([`Revision::NONE`]: none is stored), if the poll tells it.
    pub revision: Option<Revision>,
}

/// The state of a record when it was last read, written or polled.
#[derive(Default, PartialEq)]
struct Known<V> {
    version: V,
    /// None if the record could not be read.
    revision: Option<Revision>,
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
    pub fn learn(&self, key: &str, version: V, revision: Option<Revision>) {
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
pub async fn changed<S: Pollable>(store: &Arc<S>, key: &str, seen: Revision) {
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
    spawn(async move {
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::{runtime::Handle, time::timeout};

    use super::*;
    use crate::{clock::SystemClock, mutex::lock};

    /// Some polls.
    const A_WHILE: Duration = Duration::from_millis(3_500);

    /// A store whose polls find one revision under every key, or fail.
    struct Store {
        watcher: Watcher<bool>,
        revision: Mutex<Option<Revision>>,
        polls: Mutex<Vec<Vec<String>>>,
    }

    impl Pollable for Store {
        type Version = bool;

        fn watcher(&self) -> &Watcher<bool> {
            &self.watcher
        }

        async fn poll(self: Arc<Self>, mut keys: Vec<String>) -> Vec<Polled<bool>> {
            keys.sort();
            lock(&self.polls).push(keys.clone());
            let revision = *lock(&self.revision);
            let polled = keys.into_iter().map(|key| Polled {
                key,
                version: revision.is_none(),
                revision,
            });
            polled.collect()
        }
    }

    impl Store {
        /// A store in which revision 1 was read.
        fn new() -> Arc<Self> {
            let store = Self {
                watcher: Watcher::new(Arc::new(SystemClock)),
                revision: Mutex::new(Some(1.into())),
                polls: Mutex::default(),
            };
            for key in ["a", "b"] {
                store.watcher.learn(key, false, Some(1.into()));
            }
            Arc::new(store)
        }

        fn becomes(&self, revision: Option<Revision>) {
            *lock(&self.revision) = revision;
        }

        fn polls(&self) -> Vec<Vec<String>> {
            lock(&self.polls).clone()
        }
    }

    async fn has_changed(store: &Arc<Store>, key: &str, seen: u64) -> bool {
        timeout(A_WHILE, changed(store, key, seen.into())).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn one_task_polls_all_keys_that_are_waited_on_and_ends_when_nobody_waits() {
        let store = Store::new();
        let none = tokio::join!(
            has_changed(&store, "a", 1),
            has_changed(&store, "b", 1),
            has_changed(&store, "a", 1)
        );
        assert_eq!(none, (false, false, false));
        assert_eq!(store.polls(), [["a", "b"]; 3]);
        assert!(timeout(A_WHILE, std::future::pending::<()>()).await.is_err());
        assert_eq!(
            (store.polls().len(), Handle::current().metrics().num_alive_tasks()),
            (3, 0)
        );
        assert!(!has_changed(&store, "b", 1).await);
        assert_eq!(store.polls()[3..], [["b"]; 3], "it is started again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_that_tells_the_revision_ends_the_waits_for_another_one() {
        let store = Store::new();
        store.becomes(Some(2.into()));
        assert!(has_changed(&store, "a", 1).await);
        assert!(!has_changed(&store, "a", 2).await);
        assert!(has_changed(&store, "a", 1).await);
    }

    #[tokio::test(start_paused = true)]
    async fn another_version_ends_the_waits_until_the_record_is_read() {
        let store = Store::new();
        store.becomes(None);
        assert!(has_changed(&store, "a", 1).await, "the store is lost");
        assert!(has_changed(&store, "a", 1).await);
        store.watcher.learn("a", true, None);
        assert!(!has_changed(&store, "a", 1).await);
        store.becomes(Some(1.into()));
        assert!(has_changed(&store, "a", 1).await, "the store is found again");
        store.watcher.learn("a", false, Some(1.into()));
        assert!(!has_changed(&store, "a", 1).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_by_this_process_ends_the_waits_at_once() {
        let store = Store::new();
        let (changed, ()) = tokio::join!(has_changed(&store, "a", 1), async {
            store.watcher.learn("a", false, Some(2.into()));
        });
        assert!(changed && store.polls().is_empty());
        assert!(!has_changed(&store, "b", 1).await);
    }
}
