//! Records in a folder on disk. All processes that use the folder share them, and find them again after a restart.
//!
//! The lease is a kernel lock, so it ends with its process however that ends.

mod folder;

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard, Semaphore};

use self::folder::{Folder, Stamp};
use super::{
    Damage, Entry, Lease, Revision, SealKey, Store,
    envelope::{Content, Envelope},
    lease::acquire,
    per_key::PerKey,
    seal::KEY_LEN,
    watcher::{Pollable, Polled, Watcher, changed},
};
use crate::{
    backoff::Backoff,
    clock::Clock,
    error::{Error, ErrorKind},
    mutex::lock,
};

/// The time between two tries to take a lock that somebody else holds.
const LOCK_PAUSES: Backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(50));
/// The most steps on the disk at once, each on a thread: a thousand sessions that open together need no more.
const AT_ONCE: usize = 8;

/// The file store. A clone is the same store.
#[derive(Clone)]
pub struct FileStore {
    shared: Arc<Shared>,
}

struct Shared {
    folder: Folder,
    envelope: Envelope,
    clock: Arc<dyn Clock>,
    slots: PerKey<Slot>,
    watcher: Watcher<Option<Stamp>>,
    at_once: Arc<Semaphore>,
    /// Whether this process has removed the records that nobody uses any more.
    cleared: AtomicBool,
}

/// The state of one key in this process.
#[derive(Default)]
struct Slot {
    /// Held with the lock: only one session of this process at a time tries to take that.
    gate: Arc<Gate<()>>,
    held: Mutex<Weak<Held>>,
    unsaved: Mutex<Option<Unsaved>>,
}

/// An entry that could not be saved: this process' other sessions see it all the same.
struct Unsaved {
    entry: Entry,
    /// The revision that it was to replace, as it is on the disk.
    over: Revision,
}

/// The lock. The lease shares it with each write under it.
struct Held {
    _lock: File,
    _gate: OwnedMutexGuard<()>,
}

/// The content of a key.
enum Stored {
    Nothing,
    Intact(Entry),
    Damaged,
}

impl FileStore {
    /// A store in this folder, which it makes when it first needs it. Texts that a key has sealed can be read with it only.
    pub fn new(folder: &Path, seal: Option<SealKey>, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            folder: Folder::new(folder),
            envelope: Envelope::new(seal),
            slots: PerKey::default(),
            watcher: Watcher::new(clock.clone()),
            clock,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            cleared: AtomicBool::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// This process' one store in this folder with this key: one task polls the files for all its sessions.
    pub fn of_process(folder: &Path, key: Option<&[u8; KEY_LEN]>, clock: &Arc<dyn Clock>) -> Self {
        type Stores = HashMap<(PathBuf, Option<[u8; 32]>), FileStore>;
        static STORES: OnceLock<Mutex<Stores>> = OnceLock::new();
        // By the key's hash: the key itself is kept in one place only.
        let mark = key.map(|key| {
            let digest = ring::digest::digest(&ring::digest::SHA256, key);
            digest.as_ref().first_chunk().copied().unwrap_or_default()
        });
        lock(STORES.get_or_init(Mutex::default))
            .entry((folder.to_owned(), mark))
            .or_insert_with(|| Self::new(folder, key.map(SealKey::new), clock.clone()))
            .clone()
    }

    /// Checks that the folder can keep a key's files, and makes it if it is missing. Files that must be refused are no
    /// hindrance here: reading them fails.
    ///
    /// # Errors
    /// [`ErrorKind::Store`]: why the folder cannot be used, and what to do.
    pub async fn prepare(&self, key: &str) -> Result<(), Error> {
        let key = key.to_owned();
        blocking(&self.shared, move |shared| shared.folder.prepare_for(&key)).await
    }
}

impl Store for FileStore {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        Box::pin(async move {
            let slot = self.shared.slots.get(key);
            let gate = slot.gate.clone().lock_owned().await;
            let try_lock = || {
                let key = key.to_owned();
                blocking(&self.shared, move |shared| shared.folder.try_lock(&key))
            };
            let file = acquire(&*self.shared.clock, LOCK_PAUSES, try_lock).await?;
            let held = Arc::new(Held {
                _lock: file,
                _gate: gate,
            });
            *lock(&slot.held) = Arc::downgrade(&held);
            Ok(Lease::new(held))
        })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        let slot = self.shared.slots.get(key);
        let key = key.to_owned();
        Box::pin(async move {
            match blocking(&self.shared, move |shared| shared.read(&key, &slot)).await? {
                Stored::Intact(entry) => Ok(Some(entry)),
                Stored::Nothing | Stored::Damaged => Ok(None),
            }
        })
    }

    fn damaged<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Damage>, Error>> {
        let slot = self.shared.slots.get(key);
        let key = key.to_owned();
        Box::pin(blocking(&self.shared, move |shared| {
            let (record, aside) = (shared.folder.written_at(&key), shared.folder.set_aside_at(&key));
            Ok(match shared.read(&key, &slot)? {
                Stored::Intact(_) => None,
                Stored::Damaged => record.map(|at| Damage { at, before: aside }),
                // A process set it aside and ended before it saved another one.
                Stored::Nothing => aside.map(|at| Damage { at, before: None }),
            })
        }))
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        _: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        let slot = self.shared.slots.get(key);
        let key = key.to_owned();
        Box::pin(async move {
            let Some(held) = lock(&slot.held).upgrade() else {
                return Err(Error::new(ErrorKind::Store, "a record was to be saved without a lease"));
            };
            blocking(&self.shared, move |shared| {
                // The lock outlasts this write, even if the caller gives up waiting for it.
                let _held = held;
                shared.write(&key, &slot, &entry, before)
            })
            .await
        })
    }

    fn place(&self, key: &str) -> Option<String> {
        Some(self.shared.folder.record_path(key).display().to_string())
    }

    fn forget(&self, now: Timestamp) {
        if !self.shared.cleared.swap(true, Ordering::AcqRel) {
            let shared = self.shared.clone();
            tokio::task::spawn_blocking(move || shared.folder.forget(now));
        }
    }

    fn changed<'a>(&'a self, key: &'a str, seen: Revision) -> BoxFuture<'a, ()> {
        Box::pin(changed(&self.shared, key, seen))
    }
}

impl Pollable for Shared {
    type Version = Option<Stamp>;

    fn watcher(&self) -> &Watcher<Self::Version> {
        &self.watcher
    }

    async fn poll(self: Arc<Self>, keys: Vec<String>) -> Vec<Polled<Self::Version>> {
        let polled = blocking(&self, move |shared| {
            let polled = keys.into_iter().map(|key| Polled {
                version: shared.folder.stamp(&key),
                key,
                revision: None,
            });
            Ok(polled.collect())
        });
        polled.await.unwrap_or_default()
    }
}

impl Shared {
    fn read(&self, key: &str, slot: &Slot) -> Result<Stored, Error> {
        let (stamp, stored) = match self.folder.read(key) {
            Ok(Some(found)) => (Some(found.stamp), self.open(key, &found.bytes)),
            Ok(None) => (None, Ok(Stored::Nothing)),
            Err(error) => (self.folder.stamp(key), Err(error)),
        };
        let stored = stored.map(|stored| slot.with_unsaved(stored));
        self.watcher
            .learn(key, stamp, stored.as_ref().ok().map(Stored::revision));
        stored
    }

    fn open(&self, key: &str, bytes: &[u8]) -> Result<Stored, Error> {
        let located = |error: Error| error.found_in(&self.folder.record_path(key).display().to_string());
        Ok(match self.envelope.unwrap(key, bytes).map_err(located)? {
            Content::Intact(entry) => Stored::Intact(entry),
            Content::Damaged => Stored::Damaged,
        })
    }

    fn write(&self, key: &str, slot: &Slot, entry: &Entry, before: Revision) -> Result<bool, Error> {
        let stored = self.read(key, slot)?;
        if stored.revision() != before {
            return Ok(false);
        }
        if matches!(stored, Stored::Damaged) {
            self.folder.set_aside(key)?;
        }
        let wrapped = self.envelope.wrap(key, entry);
        let replaced = wrapped.and_then(|bytes| self.folder.replace(key, &bytes));
        let stamp = replaced
            .as_ref()
            .map_or_else(|_| self.folder.stamp(key), |stamp| Some(*stamp));
        slot.note_written(entry, replaced.is_ok(), stored.revision());
        self.watcher.learn(key, stamp, Some(entry.revision));
        replaced.map(|_| true)
    }
}

impl Stored {
    fn revision(&self) -> Revision {
        match self {
            Self::Intact(entry) => entry.revision,
            Self::Nothing | Self::Damaged => Revision::NONE,
        }
    }
}

impl Slot {
    /// An entry that could not be saved counts until others have written: it would hide what that says.
    fn with_unsaved(&self, stored: Stored) -> Stored {
        let mut unsaved = lock(&self.unsaved);
        unsaved.take_if(|unsaved| unsaved.over != stored.revision());
        match &*unsaved {
            Some(unsaved) => Stored::Intact(unsaved.entry.clone()),
            None => stored,
        }
    }

    /// Notes whether an entry was saved that was to replace the revision `before`.
    fn note_written(&self, entry: &Entry, is_saved: bool, before: Revision) {
        let mut unsaved = lock(&self.unsaved);
        let over = unsaved.take().map_or(before, |unsaved| unsaved.over);
        *unsaved = (!is_saved).then(|| Unsaved {
            entry: entry.clone(),
            over,
        });
    }
}

/// Does work that may block, on a thread of its own.
fn blocking<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared) -> Result<T, Error> + Send + 'static,
) -> impl Future<Output = Result<T, Error>> + Send + 'static {
    let shared = shared.clone();
    async move {
        // The semaphore is never closed. The work gives its permit back, even if nobody waits for it any more.
        let turn = shared.at_once.clone().acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&shared)
        })
        .await;
        done.unwrap_or_else(|_| Err(Error::new(ErrorKind::Store, "the store's work was broken off")))
    }
}
