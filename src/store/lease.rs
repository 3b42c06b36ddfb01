//! Leases. A store gives one to one holder of a key at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;

use crate::{backoff::Backoff, clock::Clock, error::Error};

/// The exclusive right to change one key's text. Dropping it gives it back; where that takes a call, some time later.
pub struct Lease {
    holding: Box<dyn LeaseHandle>,
    lost: AtomicBool,
}

impl Lease {
    /// A lease that lasts until `guard` is dropped.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self::of(Guard { _guard: guard })
    }

    /// A lease that can be lost.
    pub fn of(holding: impl LeaseHandle) -> Self {
        Self {
            holding: Box::new(holding),
            lost: AtomicBool::new(false),
        }
    }

    /// The name by which the store knows the holder, if it needs one.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.holding.owner()
    }

    /// Whether it is still held, as far as this process can tell without asking the store.
    #[must_use]
    pub fn is_held(&self) -> bool {
        !self.lost.load(Ordering::Relaxed) && self.holding.is_held()
    }

    /// Notes that it is lost, or may be.
    pub fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Gives it back, and completes once that is done.
    pub async fn release(self) {
        self.holding.release().await;
    }
}

/// The store's part of a lease.
pub trait LeaseHandle: Send + Sync + 'static {
    /// The name by which the store knows the holder, if it needs one.
    fn owner(&self) -> Option<&str> {
        None
    }

    /// Whether it is still held, as far as this process can tell without asking the store.
    fn is_held(&self) -> bool {
        true
    }

    /// Gives it back, and completes once that is done.
    #[must_use]
    fn release(self: Box<Self>) -> BoxFuture<'static, ()> {
        drop(self);
        Box::pin(std::future::ready(()))
    }
}

struct Guard<T> {
    _guard: T,
}

impl<T: Send + Sync + 'static> LeaseHandle for Guard<T> {}

/// Tries again and again to take a lease, until it has it. No thread waits meanwhile, and a caller that gives up leaves
/// nothing behind.
///
/// # Errors
/// The error of the try that failed.
pub async fn acquire<T, F>(clock: &dyn Clock, pauses: Backoff, mut try_once: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<Option<T>, Error>>,
{
    let mut tries = 0_u32;
    loop {
        if let Some(taken) = try_once().await? {
            return Ok(taken);
        }
        tries = tries.saturating_add(1);
        clock.sleep(pauses.pause(tries)).await;
    }
}
