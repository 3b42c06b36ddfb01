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

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use jiff::Timestamp;

    use super::*;
    use crate::{error::ErrorKind, mutex::lock};

    /// A clock whose sleeps are noted and end at once.
    #[derive(Default)]
    struct Sleeps(Arc<Mutex<Vec<u128>>>);

    impl Clock for Sleeps {
        fn wall(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn boot(&self) -> Duration {
            Duration::ZERO
        }

        fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
            lock(&self.0).push(time.as_millis());
            Box::pin(std::future::ready(()))
        }
    }

    async fn acquired(outcomes: &[Result<Option<u8>, ErrorKind>]) -> (Result<u8, Error>, Vec<u128>) {
        let clock = Sleeps::default();
        let pauses = Backoff::new(Duration::from_millis(5), Duration::from_millis(50));
        let mut outcomes = outcomes.iter();
        let try_once = || {
            let outcome = *outcomes.next().expect("no try follows the last one");
            std::future::ready(outcome.map_err(|kind| Error::new(kind, "a try failed")))
        };
        let acquired = acquire(&clock, pauses, try_once).await;
        let sleeps = lock(&clock.0).clone();
        (acquired, sleeps)
    }

    #[tokio::test]
    async fn a_lease_is_tried_for_at_once_and_then_at_growing_pauses() {
        let (lease, sleeps) = acquired(&[Ok(Some(7))]).await;
        assert_eq!((lease.unwrap(), sleeps), (7, vec![]));
        let held = Ok(None);
        let (lease, sleeps) = acquired(&[held, held, held, held, held, held, Ok(Some(7))]).await;
        assert_eq!((lease.unwrap(), sleeps), (7, vec![5, 10, 20, 40, 50, 50]));
    }

    #[tokio::test]
    async fn a_try_that_fails_is_the_last_one() {
        let (lease, sleeps) = acquired(&[Ok(None), Err(ErrorKind::Store)]).await;
        assert_eq!((lease.unwrap_err().kind(), sleeps), (ErrorKind::Store, vec![5]));
    }
}
