//! A clock that follows tokio's, and randomness without any.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tradovate_session::{
    clock::{Clock, later},
    session::Random,
};

/// Follows tokio's paused time; the wall clock can be set, and both can run too fast or too slow.
pub struct TestClock {
    start: Instant,
    pub wall_skew_ms: AtomicI64,
    pub drift_ppm: AtomicI64,
    /// None where a process cannot tell one run of its machine from another.
    pub boot_id: Option<&'static str>,
}

impl TestClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            boot_id: Some("this boot"),
            ..Self::unknown()
        })
    }

    /// A clock of a machine whose runs cannot be told from each other.
    pub fn of_unknown_boot() -> Arc<Self> {
        Arc::new(Self::unknown())
    }

    fn unknown() -> Self {
        Self {
            start: Instant::now(),
            wall_skew_ms: AtomicI64::new(0),
            drift_ppm: AtomicI64::new(0),
            boot_id: None,
        }
    }

    /// True time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Clock for TestClock {
    fn wall(&self) -> Timestamp {
        let skew = SignedDuration::from_millis(self.wall_skew_ms.load(Ordering::SeqCst));
        later(epoch(), self.boot()).saturating_add(skew).unwrap()
    }

    fn boot(&self) -> Duration {
        let micros = i64::try_from(self.elapsed().as_micros()).unwrap();
        let drift = micros / 1_000_000 * self.drift_ppm.load(Ordering::SeqCst);
        Duration::from_micros((micros + drift).try_into().unwrap())
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn boot_id(&self) -> Option<&str> {
        self.boot_id
    }
}

pub(super) fn epoch() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

/// The middle of everything, and numbers that are each given once.
#[derive(Default)]
pub struct Even {
    next: AtomicU64,
}

impl Random for Even {
    fn unit(&self) -> f64 {
        0.5
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}
