//! A folder of records on disk. Each step that touches it blocks, and checks who else may.
//!
//! A login has up to four files here, named by its key: `.record`, `.lock`, and for moments `.new`. `.damaged` is the last
//! record that was found damaged: a person may want to know what happened.

use std::{
    fs::{self, File, Metadata, TryLockError},
    io::{self, ErrorKind as Io, Read},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::{
    access::{self, Finding},
    clock::{timestamp, until},
    error::{Error, ErrorKind},
    store::envelope::{LONGEST, revision_of},
};

/// A login that nobody has used for this long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30 * 86_400);

const RECORD: &str = "record";
const LOCK: &str = "lock";
const NEW: &str = "new";
const DAMAGED: &str = "damaged";

/// A folder of records.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// Tells a record file from the one that it replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    file: u64,
    length: u64,
    modified: Option<SystemTime>,
}

/// A record file as it was read.
pub struct Found {
    /// The whole content.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Its stamp.
    pub stamp: Stamp,
}

impl Folder {
    /// The folder at this path. It need not exist yet.
    pub fn new(path: &Path) -> Self {
        // Without a slash at the end: with one, a look at a link would be a look at its target.
        let path = path.components().collect();
        Self { path }
    }

    /// Makes the folder if it is missing, and checks that nobody else can get at it.
    pub fn prepare(&self) -> Result<(), Error> {
        if self.is_there()? {
            return Ok(());
        }
        access::make_folder(&self.path).map_err(|error| failed("the folder cannot be made", &self.path, &error))?;
        self.is_there().map(|_| ())
    }

    fn is_there(&self) -> Result<bool, Error> {
        let found = match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == Io::NotFound => return Ok(false),
            found => found.map_err(|error| failed("the folder cannot be used", &self.path, &error))?,
        };
        if !found.is_dir() {
            let text = if found.is_symlink() {
                "it is a link; name the folder that it leads to, or choose another one with store.path"
            } else {
                "it is not a folder; choose another one with store.path"
            };
            return Err(refused(&self.path, text));
        }
        match access::finding(&found) {
            Finding::Private => Ok(true),
            Finding::Foreign => {
                let text = "it belongs to another user; choose another one with store.path";
                Err(refused(&self.path, text))
            }
            Finding::Open => {
                let text = if self.holds_records_only() {
                    "others can get into it; take that from them (chmod 700), or choose another one with store.path"
                } else {
                    "others can get into it, and it is not for records alone; choose a folder of its own with store.path"
                };
                Err(refused(&self.path, text))
            }
        }
    }

    /// Whether the folder may be closed to others: there is nothing in it that somebody else may need.
    fn holds_records_only(&self) -> bool {
        let is_ours = |path: PathBuf| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            ending.is_some_and(|ending| [RECORD, LOCK, NEW, DAMAGED].contains(&ending))
        };
        fs::read_dir(&self.path)
            .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_ours(entry.path()))))
    }

    /// Makes and checks the folder, and checks that a key's file can be locked there at all.
    pub fn prepare_for(&self, key: &str) -> Result<(), Error> {
        self.prepare()?;
        let path = self.file(key, LOCK);
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Ok(());
        }
        let file = match open_lock(&path) {
            // Nothing is wrong with the folder, and nothing could be sent either.
            Err(error) if access::is_shortage(&error) => return Ok(()),
            opened => opened.map_err(|error| cannot_open(&path, &error))?,
        };
        match file.try_lock() {
            Err(TryLockError::Error(error)) => Err(failed("nothing can be locked there", &path, &error)),
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(()),
        }
    }

    /// Locks a key's lock file, unless somebody else has. The lock ends when the file is closed; the kernel closes the files of
    /// a process that dies.
    pub fn try_lock(&self, key: &str) -> Result<Option<File>, Error> {
        self.prepare()?;
        let path = self.file(key, LOCK);
        let file = open_lock(&path).map_err(|error| cannot_open(&path, &error))?;
        let found = file.metadata();
        check(
            &path,
            &found.map_err(|error| failed("the lock file cannot be read", &path, &error))?,
        )?;
        match file.try_lock() {
            // A lock on a file that has been removed keeps nobody out who comes by its name.
            Ok(()) => Ok(access::is_at(&file, &path).then_some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed("the lock cannot be had", &path, &error)),
        }
    }

    /// Reads the record file, if there is one.
    pub fn read(&self, key: &str) -> Result<Option<Found>, Error> {
        if !self.is_there()? {
            return Ok(None);
        }
        let path = self.file(key, RECORD);
        let cannot = |error: &io::Error| failed("the record cannot be read", &path, error);
        let file = match access::open_without_following(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == Io::NotFound => return Ok(None),
            Err(error) if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) => {
                return Err(refused(&path, "it is a link; remove it").caused_by(cannot(&error)));
            }
            Err(error) => return Err(cannot(&error)),
        };
        let found = file.metadata().map_err(|error| cannot(&error))?;
        check(&path, &found)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default() + 1));
        file.take(LONGEST as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| cannot(&error))?;
        let stamp = Stamp::of(&found);
        Ok(Some(Found { bytes, stamp }))
    }

    /// The path of a key's record file.
    pub fn record_path(&self, key: &str) -> PathBuf {
        self.file(key, RECORD)
    }

    /// The stamp of the record file, if there is one.
    pub fn stamp(&self, key: &str) -> Option<Stamp> {
        fs::symlink_metadata(self.file(key, RECORD))
            .ok()
            .map(|found| Stamp::of(&found))
    }

    /// Replaces the record file in one step. The caller holds the lock.
    pub fn replace(&self, key: &str, bytes: &[u8]) -> Result<Stamp, Error> {
        let (new, record) = (self.file(key, NEW), self.file(key, RECORD));
        let cannot = |error: &io::Error| failed("the record cannot be saved", &self.path, error);
        let write = || {
            let stamp = Stamp::of(&access::write_new(&new, bytes)?.metadata()?);
            fs::rename(&new, &record)?;
            Ok(stamp)
        };
        let stamp = write().map_err(|error| {
            // Half a file is of no use, and takes room that the disk may lack.
            let _ = fs::remove_file(&new);
            cannot(&error)
        })?;
        access::sync_folder(&self.path).map_err(|error| cannot(&error))?;
        Ok(stamp)
    }

    /// Keeps the record file as the damaged one, in place of any earlier one. The caller holds the lock.
    pub fn set_aside(&self, key: &str) -> Result<(), Error> {
        let (record, damaged) = (self.file(key, RECORD), self.file(key, DAMAGED));
        fs::rename(&record, &damaged).map_err(|error| failed("the damaged record cannot be set aside", &record, &error))
    }

    /// When the record file was written, if there is one.
    pub fn written_at(&self, key: &str) -> Option<Timestamp> {
        modified(&self.file(key, RECORD))
    }

    /// When the damaged record was written that is kept.
    pub fn set_aside_at(&self, key: &str) -> Option<Timestamp> {
        modified(&self.file(key, DAMAGED))
    }

    /// Removes the files of logins that nobody has used for a month before `now`. Files that cannot be read or removed stay.
    pub fn forget(&self, now: Timestamp) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let key = path.file_stem().and_then(|stem| stem.to_str());
            let (Some(key), true) = (key, path.extension().is_some_and(|extension| extension == RECORD)) else {
                continue;
            };
            // Under the lock nobody begins to use the files that are removed.
            if self.is_forgotten(key, now)
                && let Ok(Some(_lock)) = self.try_lock(key)
                && self.is_forgotten(key, now)
            {
                for extension in [RECORD, DAMAGED, NEW, LOCK] {
                    let _ = fs::remove_file(self.file(key, extension));
                }
            }
        }
    }

    /// A revision follows Tradovate's clock as its writer knew it. A file's time follows the machine's clock of then. Each alone
    /// may be wrong.
    fn is_forgotten(&self, key: &str, now: Timestamp) -> bool {
        let Ok(Some(found)) = self.read(key) else { return false };
        let revision = revision_of(&found.bytes).and_then(|revision| i64::try_from(revision.get()).ok());
        let Some(revision) = revision else { return false };
        let files = [RECORD, DAMAGED, LOCK].map(|extension| modified(&self.file(key, extension)));
        let last = files.into_iter().flatten().max();
        last.is_some_and(|last| until(last.max(timestamp(revision)), now) > FORGOTTEN_AFTER)
    }

    fn file(&self, key: &str, extension: &str) -> PathBuf {
        self.path.join(format!("{key}.{extension}"))
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self {
            file: access::number(found),
            length: found.len(),
            modified: found.modified().ok(),
        }
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    match access::open_or_make(path) {
        // A folder that has been turned read-only can still be locked.
        Err(error) if matches!(error.kind(), Io::PermissionDenied | Io::ReadOnlyFilesystem) => {
            access::open_without_following(path).map_err(|_| error)
        }
        opened => opened,
    }
}

fn cannot_open(path: &Path, error: &io::Error) -> Error {
    failed("the lock file cannot be opened", path, error)
}

fn modified(path: &Path) -> Option<Timestamp> {
    let found = fs::symlink_metadata(path).ok()?;
    Timestamp::try_from(found.modified().ok()?).ok()
}

fn check(path: &Path, found: &Metadata) -> Result<(), Error> {
    if !found.is_file() {
        return Err(refused(path, "it is not a file; remove it"));
    }
    match access::finding(found) {
        Finding::Private => {}
        Finding::Foreign => return Err(refused(path, "it belongs to another user; remove it")),
        Finding::Open => {
            let text = "others may read or write it; remove it, or take that from them (chmod 600)";
            return Err(refused(path, text));
        }
    }
    if found.len() > LONGEST as u64 {
        return Err(refused(path, "it is longer than any record; remove it"));
    }
    Ok(())
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(ErrorKind::Store, format!("{} is not used: {why}", path.display()))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    let advice = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => "; make room on its disk",
        Io::PermissionDenied | Io::ReadOnlyFilesystem => "; make it writable, or choose another folder with store.path",
        Io::NotFound | Io::NotADirectory => "; choose another folder with store.path",
        _ => "",
    };
    Error::new(ErrorKind::Store, format!("{what}: {}: {error}{advice}", path.display()))
}
