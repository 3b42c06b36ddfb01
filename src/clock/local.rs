//! The two clocks of a machine.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// How long a sleep may last before the clocks are looked at again: a machine that slept wakes up at most this late.
pub const SLICE: Duration = Duration::from_secs(30);

/// Local time and sleep, handed in so that every rule about time can be tested without waiting.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock, which may be wrong and may jump.
    fn wall(&self) -> Timestamp;

    /// Time since some fixed point, never set back, running on while the machine sleeps where the system allows it.
    fn boot(&self) -> Duration;

    /// Completes after `time`, or later.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;

    /// The longest sleep before the clocks and the store are looked at again.
    fn slice(&self) -> Duration {
        SLICE
    }

    /// The id of this run of the machine, if it is known. The boot clock starts anew with each run.
    fn boot_id(&self) -> Option<&str> {
        None
    }

    /// Both clocks at one moment.
    fn reading(&self) -> Reading {
        Reading {
            wall_ms: self.wall().as_millisecond(),
            boot_ms: millis(self.boot()),
        }
    }
}

/// The machine's own clocks.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    fn boot(&self) -> Duration {
        use rustix::time::{ClockId, clock_gettime};
        // What std's Instant reads stands still while a laptop sleeps: CLOCK_MONOTONIC on Linux, CLOCK_UPTIME_RAW on macOS.
        #[cfg(not(target_vendor = "apple"))]
        let time = clock_gettime(ClockId::Boottime);
        #[cfg(target_vendor = "apple")]
        let time = clock_gettime(ClockId::Monotonic);
        Duration::new(
            time.tv_sec.try_into().unwrap_or(0),
            time.tv_nsec.try_into().unwrap_or(0),
        )
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    #[allow(clippy::disallowed_methods)]
    fn boot(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }

    #[allow(clippy::disallowed_methods)]
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn boot_id(&self) -> Option<&str> {
        static ID: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        ID.get_or_init(|| {
            let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
            Some(id.trim().to_owned()).filter(|id| (1..=64).contains(&id.len()))
        })
        .as_deref()
    }
}

/// Both local clocks at one moment, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Wall clock, since the Unix epoch.
    pub wall_ms: i64,
    /// Boot clock, since its own start.
    pub boot_ms: i64,
}

impl Reading {
    /// The time since an earlier reading, by the clock by which it is longer.
    #[must_use]
    pub fn longest_since(self, earlier: Self) -> Duration {
        let longest_ms = (self.boot_ms - earlier.boot_ms).max(self.wall_ms - earlier.wall_ms);
        Duration::from_millis(longest_ms.try_into().unwrap_or(0))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
