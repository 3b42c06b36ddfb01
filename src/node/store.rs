//! The store that a session's options name.

use std::{path::PathBuf, sync::Arc, time::Duration};

use napi::bindgen_prelude::Uint8Array;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::process::{clock, extra_roots};
use crate::{
    error::{Error, ErrorKind},
    secret::Secret,
    session::events::{Event, EventQueue},
    store::{
        FallbackStore, FileStore, MemoryStore, RedisOptions, RedisStore, SealKey, Store, redis::lease_for,
        seal::KEY_LEN,
    },
};

/// The options of a store, which the facade has checked. A key comes beside them, since they are JSON.
#[derive(Deserialize)]
#[serde(
    tag = "type",
    rename_all = "lowercase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum StoreConfig {
    /// In this process.
    Memory {},
    /// In a folder; none only where there is no default for it.
    File { path: Option<PathBuf>, is_required: bool },
    /// In Redis; what this machine's address is counted by is kept in a folder of its own.
    Redis {
        url: Secret,
        prefix: String,
        state_path: Option<PathBuf>,
    },
}

/// A key that seals records.
pub type Key = Zeroizing<[u8; KEY_LEN]>;

/// Takes a key over from JavaScript.
pub fn key(bytes: &Uint8Array) -> Result<Key, Error> {
    let wrong = |_| Error::new(ErrorKind::Config, "options.store.key must be a Uint8Array of 32 bytes");
    <[u8; KEY_LEN]>::try_from(bytes.as_ref())
        .map(Zeroizing::new)
        .map_err(wrong)
}

impl StoreConfig {
    /// The store for a session whose calls may take `timeout`. An event warns of a default one that cannot be used.
    pub fn open(
        &self,
        key: Option<&Key>,
        timeout: Duration,
        events: &Arc<EventQueue>,
    ) -> Result<Arc<dyn Store>, Error> {
        let store: Arc<dyn Store> = match self {
            Self::Memory {} => Arc::new(MemoryStore::of_process()),
            Self::File {
                path: Some(path),
                is_required: true,
            } => Arc::new(FileStore::of_process(path, key.map(|key| &**key), &clock())),
            Self::File { path, .. } => {
                let events = events.clone();
                let warn = move |error| events.push(Event::Warning(error));
                Arc::new(FallbackStore::of_process(path.as_deref(), &clock(), warn))
            }
            Self::Redis { url, prefix, .. } => {
                let options = RedisOptions {
                    url: url.clone(),
                    prefix: prefix.clone(),
                    seal: key.map(|key| SealKey::new(key)),
                    extra_roots: extra_roots(),
                    lease: lease_for(timeout),
                };
                Arc::new(RedisStore::new(options, clock())?)
            }
        };
        Ok(store)
    }

    /// Where this machine's address ledger is kept: beside the records, and never sealed, since logins with different keys
    /// share it.
    pub fn ledger(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory {} => Arc::new(MemoryStore::of_process()),
            Self::File {
                path: Some(path),
                is_required: true,
            } => Arc::new(FileStore::of_process(path, None, &clock())),
            Self::File { path, .. } | Self::Redis { state_path: path, .. } => {
                Arc::new(FallbackStore::of_process(path.as_deref(), &clock(), |_| {}))
            }
        }
    }
}
