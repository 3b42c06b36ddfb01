//! Where a login's record is kept, and who may change it. It knows no Tradovate: a record is a text under a key here.

pub mod envelope;
mod fallback;
mod file;
mod lease;
mod memory;
mod per_key;
pub mod redis;
pub mod seal;
mod watcher;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

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

    /// The text as last written.
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>>;

    /// Replaces the text, under a lease. Answers false, and writes nothing, if the lease is lost or the stored text has
    /// another revision than `before` (0: none is stored): then somebody else has written, and what is there counts.
    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: u64,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>>;

    /// Whether a text is stored that is damaged beyond reading. Until it is replaced [`Store::read`] answers nothing, and a
    /// write counts against revision 0.
    fn damaged<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Damage>, Error>> {
        let _ = key;
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Whether the session's owner asked for this store, so that without it nothing may be sent.
    fn is_required(&self) -> bool {
        true
    }

    /// Ends once the stored revision is not `seen`. A store that cannot tell never ends it, and is looked at by its users
    /// from time to time.
    fn changed<'a>(&'a self, key: &'a str, seen: u64) -> BoxFuture<'a, ()> {
        let _ = (key, seen);
        Box::pin(std::future::pending())
    }

    /// Removes in the background what nobody has used for a month. `now` must be Tradovate's own word: a machine's clock may be
    /// wrong, and what others still use must not go for that.
    fn forget(&self, now: Timestamp) {
        let _ = now;
    }

    /// How far the clock that all users of the store share is ahead of this machine's wall clock, in milliseconds, as
    /// last seen. Where they share a machine that is the same clock.
    fn ahead_ms(&self) -> i64 {
        0
    }
}

/// A text and its revision, which grows with every write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 1.
    pub revision: u64,
    /// The text.
    pub text: Secret,
}

/// The revision of what is stored; 0 if nothing is.
fn revision_of(entry: Option<&Entry>) -> u64 {
    entry.map_or(0, |entry| entry.revision)
}

/// A stored text that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// When it was written, by the clock of who keeps it.
    pub at: Timestamp,
    /// When the one was written that was lost before it.
    pub before: Option<Timestamp>,
}
