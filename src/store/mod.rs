//! Where a login's record is kept, and who may change it. It knows no Tradovate: a record is a text under a key here.

mod access;
pub mod envelope;
pub mod fallback;
pub mod file;
mod folder;
pub mod memory;
pub mod seal;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

pub use fallback::FallbackStore;
pub use file::FileStore;
pub use memory::MemoryStore;
pub use seal::SealKey;

use crate::{error::Error, secret::Secret};

/// Keeps texts by key. All holders of a key that use the same store share one text.
pub trait Store: Send + Sync + 'static {
    /// Waits for the exclusive right to change a key's text; dropping the lease gives it back.
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>>;

    /// The text as last written.
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>>;

    /// Replaces the text, under a lease. Answers false, and writes nothing, if the stored one has another revision than
    /// `before` (0: none is stored): then somebody else has written, and what is there counts.
    fn write<'a>(&'a self, key: &'a str, entry: Entry, before: u64) -> BoxFuture<'a, Result<bool, Error>>;

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
}

/// A text and its revision, which grows with every write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 1.
    pub revision: u64,
    /// The text.
    pub text: Secret,
}

/// A stored text that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// When it was written, by the clock of who keeps it.
    pub at: Timestamp,
    /// When the one was written that was lost before it.
    pub before: Option<Timestamp>,
}

/// The exclusive right to change one key's text, for as long as it is held.
pub struct Lease {
    _guard: Box<dyn Send + Sync>,
}

impl Lease {
    /// A lease that lasts until `guard` is dropped.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self {
            _guard: Box::new(guard),
        }
    }
}
