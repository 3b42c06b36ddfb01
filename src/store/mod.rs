//! Stores keep the records of logins, and decide who may change them. They know no Tradovate: to them a record is a text
//! under a key.

pub mod envelope;
mod fallback;
mod file;
mod lease;
mod memory;
mod per_key;
pub mod redis;
pub mod seal;
mod watcher;

use std::fmt;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use fallback::FallbackStore;
pub use file::FileStore;
pub use lease::{Lease, LeaseHandle};
pub use memory::MemoryStore;
pub use redis::{RedisOptions, RedisStore};
pub use seal::SealKey;

use crate::{error::Error, secret::Secret};

/// Keeps texts by key. All holders of a key that use the same store share one text.
pub trait Store: Send + Sync + 'static {
    /// Waits for the exclusive right to change a key's text; dropping the lease gives it back.
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>>;

    /// Reads the text as it was last written; none if nothing is stored.
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>>;

    /// Replaces the text, under a lease. Returns false, and writes nothing, if the lease is lost or the stored text has
    /// another revision than `before` ([`Revision::NONE`]: none is stored): then somebody else has written, and the stored text
    /// counts.
    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>>;

    /// Tells of a stored text that nobody can read any more. Until it is replaced, [`Store::read`] finds nothing, and a write
    /// counts against [`Revision::NONE`].
    fn damaged<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Damage>, Error>> {
        let _ = key;
        Box::pin(std::future::ready(Ok(None)))
    }

    /// The file, or what else holds a key's text, for a person. None for what ends with this process.
    fn place(&self, key: &str) -> Option<String> {
        let _ = key;
        None
    }

    /// Whether the session's owner asked for this store. If so, nothing may be sent while it fails.
    fn is_required(&self) -> bool {
        true
    }

    /// Completes once the stored revision is not `seen`. In a store that cannot tell it never completes, and users read the
    /// store from time to time.
    fn changed<'a>(&'a self, key: &'a str, seen: Revision) -> BoxFuture<'a, ()> {
        let _ = (key, seen);
        Box::pin(std::future::pending())
    }

    /// Removes in the background the records that nobody has used for a month. `now` must come from Tradovate: a machine's
    /// clock may be wrong, and would remove records that others still use.
    fn forget(&self, now: Timestamp) {
        let _ = now;
    }

    /// How far the shared clock of all users of the store is ahead of this machine's wall clock, in milliseconds, as last seen.
    /// Users on one machine share its wall clock, so that is 0.
    fn ahead_ms(&self) -> i64 {
        0
    }
}

/// Which of a key's texts: it grows with every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(u64);

impl Revision {
    /// The revision of what is not stored.
    pub const NONE: Self = Self(0);

    /// The least revision of a later write.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number, for what keeps it.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for Revision {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The revision, from 1.
    pub revision: Revision,
    /// The text.
    pub text: Secret,
}

/// An error about a key's text, with its place.
#[must_use]
pub fn located(store: &dyn Store, key: &str, error: Error) -> Error {
    match store.place(key) {
        Some(place) => error.found_in(&place),
        None => error,
    }
}

/// The revision of what a store has read.
#[must_use]
pub fn revision_of(entry: Option<&Entry>) -> Revision {
    entry.map_or(Revision::NONE, |entry| entry.revision)
}

/// A stored text that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// When it was written, by the clock of the machine that keeps it.
    pub at: Timestamp,
    /// When the text was written that was lost before this one.
    pub before: Option<Timestamp>,
}
