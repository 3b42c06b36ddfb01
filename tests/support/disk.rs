//! A folder of records on a real disk, for tests of the file store.

// Each file of tests uses a part of this.
#![allow(dead_code)]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use tradovate_session::{
    clock::SystemClock,
    error::Error,
    secret::Secret,
    store::{Entry, FileStore, Revision, SealKey, Store},
};

pub struct Disk {
    _parent: TempDir,
    pub folder: PathBuf,
}

impl Disk {
    fn new() -> Self {
        let parent = TempDir::new().unwrap();
        let folder = parent.path().join("a/state");
        Self {
            _parent: parent,
            folder,
        }
    }

    /// With a record of revision 1 under the key "a".
    pub async fn with_a_record() -> Self {
        let disk = Self::new();
        assert!(disk.write(1, 0).await.unwrap());
        disk
    }

    pub fn store(&self) -> FileStore {
        FileStore::new(&self.folder, None, Arc::new(SystemClock))
    }

    pub fn sealed(&self, byte: u8) -> FileStore {
        FileStore::new(&self.folder, Some(SealKey::new(&[byte; 32])), Arc::new(SystemClock))
    }

    pub async fn write(&self, revision: u64, before: u64) -> Result<bool, Error> {
        write(&self.store(), revision, before).await
    }

    pub fn path(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("a.{extension}"))
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub fn entry(revision: impl Into<Revision>) -> Entry {
    let revision = revision.into();
    let text = Secret::new(format!("canary {revision}"));
    Entry { revision, text }
}

pub async fn write(store: &FileStore, revision: u64, before: u64) -> Result<bool, Error> {
    let lease = store.lease("a").await?;
    store.write("a", entry(revision), before.into(), &lease).await
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
