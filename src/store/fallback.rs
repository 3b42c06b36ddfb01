//! The default store: records in a folder, or in memory where the folder cannot be used.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{Damage, Entry, FileStore, Lease, MemoryStore, Revision, Store, per_key::PerKey};
use crate::{
    clock::Clock,
    error::{Error, ErrorKind},
    mutex::lock,
};

/// A file store, or a memory store for the logins whose first use finds that the folder cannot be used.
pub struct FallbackStore {
    stores: Arc<Stores>,
    warn: Box<dyn Fn(Error) + Send + Sync>,
    has_warned: AtomicBool,
}

struct Stores {
    file: Result<FileStore, Error>,
    memory: MemoryStore,
    /// The reason why a key is kept in memory. It is found once, so all sessions of this process keep the key in one place.
    hindrances: PerKey<OnceCell<Option<Error>>>,
}

impl FallbackStore {
    /// A store in this folder, or in memory if there is no folder or it cannot be used. It calls `warn` once if it uses memory.
    pub fn new(folder: Option<&Path>, clock: Arc<dyn Clock>, warn: impl Fn(Error) + Send + Sync + 'static) -> Self {
        let stores = Stores::new(
            folder,
            |folder| FileStore::new(folder, None, clock),
            MemoryStore::default(),
        );
        Self::over(Arc::new(stores), warn)
    }

    /// Such a store over the file store and the memory store that all sessions of this process share.
    pub fn of_process(
        folder: Option<&Path>,
        clock: &Arc<dyn Clock>,
        warn: impl Fn(Error) + Send + Sync + 'static,
    ) -> Self {
        type All = HashMap<Option<PathBuf>, Arc<Stores>>;
        static ALL: OnceLock<Mutex<All>> = OnceLock::new();
        let mut all = lock(ALL.get_or_init(Mutex::default));
        let stores = all.entry(folder.map(Path::to_owned)).or_insert_with(|| {
            let file = |folder: &Path| FileStore::of_process(folder, None, clock);
            Arc::new(Stores::new(folder, file, MemoryStore::of_process()))
        });
        Self::over(stores.clone(), warn)
    }

    fn over(stores: Arc<Stores>, warn: impl Fn(Error) + Send + Sync + 'static) -> Self {
        Self {
            stores,
            warn: Box::new(warn),
            has_warned: AtomicBool::default(),
        }
    }

    async fn store(&self, key: &str) -> &dyn Store {
        let hindrance = self.stores.hindrances.get(key);
        let decide = || async {
            match &self.stores.file {
                Ok(file) => file.prepare(key).await.err(),
                Err(error) => Some(error.clone()),
            }
        };
        match (hindrance.get_or_init(decide).await, &self.stores.file) {
            (None, Ok(file)) => file,
            (hindrance, _) => {
                if !self.has_warned.swap(true, Ordering::AcqRel) {
                    (self.warn)(degraded(hindrance.clone()));
                }
                &self.stores.memory
            }
        }
    }
}

impl Stores {
    fn new(folder: Option<&Path>, file: impl FnOnce(&Path) -> FileStore, memory: MemoryStore) -> Self {
        let none = || Error::new(ErrorKind::Store, "this user has no home folder");
        Self {
            file: folder.map(file).ok_or_else(none),
            memory,
            hindrances: PerKey::default(),
        }
    }
}

impl Store for FallbackStore {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        Box::pin(async move { self.store(key).await.lease(key).await })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move { self.store(key).await.read(key).await })
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move { self.store(key).await.write(key, entry, before, lease).await })
    }

    fn damaged<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Damage>, Error>> {
        Box::pin(async move { self.store(key).await.damaged(key).await })
    }

    fn place(&self, key: &str) -> Option<String> {
        let hindrance = self.stores.hindrances.get(key);
        let is_in_file = matches!(hindrance.get(), Some(None));
        self.stores.file.as_ref().ok().filter(|_| is_in_file)?.place(key)
    }

    fn is_required(&self) -> bool {
        false
    }

    fn forget(&self, now: Timestamp) {
        if let Ok(file) = &self.stores.file {
            file.forget(now);
        }
    }

    fn changed<'a>(&'a self, key: &'a str, seen: Revision) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.store(key).await.changed(key, seen).await })
    }
}

fn degraded(why: Option<Error>) -> Error {
    let text = "the token is kept in this process' memory only, so each restart and each other process logs in for itself; \
                give store.path a folder that this user can write";
    let error = Error::new(ErrorKind::Store, text);
    match why {
        Some(why) => error.caused_by(why),
        None => error,
    }
}
