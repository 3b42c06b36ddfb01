//! The store that a session's options name.

use std::{path::PathBuf, sync::Arc};

use napi::bindgen_prelude::Uint8Array;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::process::clock;
use crate::{
    error::{Error, ErrorKind},
    session::events::{Event, News},
    store::{FallbackStore, FileStore, MemoryStore, Store, seal::KEY_LEN},
};

/// Which store, as the facade has checked it. A key comes beside it, since this is text.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum StoreConfig {
    /// In this process.
    Memory,
    /// In a folder; none only where there is no default for it.
    File { path: Option<PathBuf>, is_required: bool },
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
    /// The store that this process has for it. A default one that cannot be used says so in the news.
    pub fn open(&self, key: Option<&Key>, news: &Arc<News>) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::new(MemoryStore::of_process()),
            Self::File {
                path: Some(path),
                is_required: true,
            } => Arc::new(FileStore::of_process(path, key.map(|key| &**key), &clock())),
            Self::File { path, .. } => {
                let news = news.clone();
                let warn = move |error| news.tell(Event::Warning(error));
                Arc::new(FallbackStore::of_process(path.as_deref(), &clock(), warn))
            }
        }
    }
}
