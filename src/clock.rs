//! The only place that reads a clock or sleeps.
//!
//! Everything else is told the time. Two local clocks are read, since each fails alone: the wall clock is set by hand or
//! by NTP, the boot clock stops when a virtual machine is paused. What counts is Tradovate's time, which [`ServerClock`]
//! estimates from both and from the `Date` of its answers.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

/// How long a sleep may last before the clocks are looked at again: a machine that slept wakes up at most this late.
pub const SLICE: Duration = Duration::from_secs(30);

/// A `Date` that took longer than this to come back says too little about now.
const SLOW_ROUND_TRIP_MS: i64 = 10_000;

/// `Date` has whole seconds: the true time of the stamp lies within this much after it.
const DATE_RESOLUTION_MS: i64 = 1_000;

/// Local time and sleep, handed in so that every rule about time can be tested without waiting.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock, which may be wrong and may jump.
    fn wall(&self) -> Timestamp;

    /// Time since some fixed point, never set back, running on while the machine sleeps where the system allows it.
    fn boot(&self) -> Duration;

    /// Ends after `time`, or later.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;

    /// The longest stretch that may be slept without another look at the clocks and the store.
    fn slice(&self) -> Duration {
        SLICE
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

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn boot(&self) -> Duration {
        // CLOCK_MONOTONIC, which std's Instant reads, stands still while a laptop sleeps.
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(
            time.tv_sec.try_into().unwrap_or(0),
            time.tv_nsec.try_into().unwrap_or(0),
        )
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    #[allow(clippy::disallowed_methods)]
    fn boot(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }

    #[allow(clippy::disallowed_methods)]
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
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

/// What an answer's `Date` says, and when it was asked for and seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateSample {
    /// The header's time, cut to whole seconds by its sender.
    pub date: Timestamp,
    /// Just before the request was sent.
    pub sent: Reading,
    /// Just after the answer's headers came.
    pub received: Reading,
}

#[derive(Debug, Clone, Copy)]
struct Offsets {
    /// Server time minus wall clock.
    wall_ms: i64,
    /// Server time minus boot clock.
    boot_ms: i64,
    sampled: bool,
}

impl Offsets {
    fn now_ms(&self, Reading { wall_ms, boot_ms }: Reading) -> i64 {
        (wall_ms + self.wall_ms).max(boot_ms + self.boot_ms)
    }
}

/// Tradovate's time, as well as it is known here.
///
/// The two local clocks each give an estimate, and the later one counts: too late costs a renewal a little early, too
/// early would serve a dead token.
pub struct ServerClock {
    clock: Arc<dyn Clock>,
    start: Reading,
    offsets: Mutex<Offsets>,
}

impl ServerClock {
    /// Starts with the wall clock's word.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let start = clock.reading();
        let offsets = Offsets {
            wall_ms: 0,
            boot_ms: start.wall_ms - start.boot_ms,
            sampled: false,
        };
        Self {
            clock,
            start,
            offsets: Mutex::new(offsets),
        }
    }

    /// Tradovate's time now.
    pub fn now(&self) -> Timestamp {
        timestamp(self.offsets().now_ms(self.clock.reading()))
    }

    /// When this clock was started, by what is known of Tradovate's time now. Of the two local clocks' words the earlier
    /// one counts.
    pub fn started_at(&self) -> Timestamp {
        let (start, offsets) = (self.start, self.offsets());
        timestamp((start.wall_ms + offsets.wall_ms).min(start.boot_ms + offsets.boot_ms))
    }

    /// Server time minus the wall clock's, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        let reading = self.clock.reading();
        self.offsets().now_ms(reading) - reading.wall_ms
    }

    /// Whether an answer has told the server's time yet.
    pub fn is_sampled(&self) -> bool {
        self.offsets().sampled
    }

    /// Takes another process' word for the offset of this machine's wall clock, until an answer is seen here.
    pub fn presume(&self, offset_ms: i64) {
        let Reading { wall_ms, boot_ms } = self.clock.reading();
        let mut offsets = self.lock();
        if !offsets.sampled {
            *offsets = Offsets {
                wall_ms: offset_ms,
                boot_ms: wall_ms + offset_ms - boot_ms,
                sampled: false,
            };
        }
    }

    /// Learns from an answer. A slow one is ignored.
    pub fn observe(&self, sample: &DateSample) {
        if sample.received.boot_ms - sample.sent.boot_ms > SLOW_ROUND_TRIP_MS {
            return;
        }
        let mut offsets = self.lock();
        let date_ms = sample.date.as_millisecond();
        offsets.wall_ms = corrected(offsets.wall_ms, date_ms, sample.sent.wall_ms, sample.received.wall_ms);
        offsets.boot_ms = corrected(offsets.boot_ms, date_ms, sample.sent.boot_ms, sample.received.boot_ms);
        offsets.sampled = true;
    }

    /// The clock behind the estimate.
    pub fn local(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Ends at `time` by the server's clock, or after one slice, whichever comes first.
    pub fn doze(&self, time: Timestamp) -> BoxFuture<'static, ()> {
        self.clock.sleep(until(self.now(), time).min(self.clock.slice()))
    }

    /// A server time as this machine's wall clock will show it.
    pub fn to_local(&self, time: Timestamp) -> Timestamp {
        timestamp(time.as_millisecond() - self.offset_ms())
    }

    fn offsets(&self) -> Offsets {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Offsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for ServerClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerClock")
            .field("offset_ms", &self.offset_ms())
            .finish_non_exhaustive()
    }
}

/// The stamp was made somewhere between sending and receiving. An offset that this allows stays as it is, so that a good
/// clock is not worsened by a coarse stamp; any other becomes the middle of what is possible.
fn corrected(offset: i64, date: i64, sent: i64, received: i64) -> i64 {
    let (least, most) = (date - received, date + DATE_RESOLUTION_MS - sent);
    if least > most {
        return offset; // the local clock was set back in mid-call
    }
    if (least..=most).contains(&offset) {
        offset
    } else {
        least.midpoint(most)
    }
}

/// `at` and then `by`, at most the end of time.
#[must_use]
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MAX)
}

/// `at` less `by`, at least the beginning of time.
#[must_use]
pub fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_sub(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MIN)
}

/// How long from `from` to `to`; nothing if that has passed.
#[must_use]
pub fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// A moment by its milliseconds since the Unix epoch, cut to what a timestamp can hold.
#[must_use]
pub fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Hands {
        wall: Mutex<i64>,
        boot: Mutex<i64>,
    }

    impl Hands {
        fn at(wall: i64, boot: i64) -> Arc<Self> {
            Arc::new(Self {
                wall: Mutex::new(wall),
                boot: Mutex::new(boot),
            })
        }

        fn pass(&self, ms: i64) {
            *self.wall.lock().unwrap() += ms;
            *self.boot.lock().unwrap() += ms;
        }
    }

    impl Clock for Hands {
        fn wall(&self) -> Timestamp {
            timestamp(*self.wall.lock().unwrap())
        }

        fn boot(&self) -> Duration {
            Duration::from_millis((*self.boot.lock().unwrap()).unsigned_abs())
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            Box::pin(std::future::ready(()))
        }
    }

    const HOUR: i64 = 3_600_000;
    const NOON: i64 = 1_800_000_000_000;

    fn answered(clock: &ServerClock, hands: &Hands, true_time: i64, round_trip: i64) {
        let sent = hands.reading();
        hands.pass(round_trip);
        let date = timestamp((true_time + round_trip / 2) / 1000 * 1000);
        clock.observe(&DateSample {
            date,
            sent,
            received: hands.reading(),
        });
    }

    #[test]
    fn promise_20_a_good_clock_is_not_moved_by_a_coarse_date() {
        let hands = Hands::at(NOON + 870, 5_000);
        let clock = ServerClock::new(hands.clone());
        answered(&clock, &hands, NOON + 870, 40);
        assert_eq!(clock.offset_ms(), 0);
        assert!(clock.is_sampled());
    }

    #[test]
    fn promise_20_a_clock_two_hours_off_is_corrected_to_within_a_second_both_ways() {
        for wrong_by in [-2 * HOUR, 2 * HOUR, 90_000, -90_000] {
            let hands = Hands::at(NOON + wrong_by, 5_000);
            let clock = ServerClock::new(hands.clone());
            answered(&clock, &hands, NOON, 100);
            let error = clock.now().as_millisecond() - (NOON + 100);
            assert!(
                error.abs() <= 1_000,
                "off by {error} ms with a clock wrong by {wrong_by} ms"
            );
        }
    }

    #[test]
    fn promise_20_a_slow_answer_teaches_nothing() {
        let hands = Hands::at(NOON + 2 * HOUR, 5_000);
        let clock = ServerClock::new(hands.clone());
        answered(&clock, &hands, NOON, 10_001);
        assert_eq!(clock.offset_ms(), 0);
        assert!(!clock.is_sampled());
    }

    #[test]
    fn promise_20_the_start_is_corrected_with_the_clock() {
        let hands = Hands::at(NOON + 2 * HOUR, 5_000);
        let clock = ServerClock::new(hands.clone());
        hands.pass(60_000);
        assert_eq!(clock.started_at().as_millisecond(), NOON + 2 * HOUR);
        answered(&clock, &hands, NOON + 60_000, 0);
        assert!((clock.started_at().as_millisecond() - NOON).abs() <= 1_000);
        // The machine sleeps, and its boot clock stands still.
        *hands.wall.lock().unwrap() += HOUR;
        answered(&clock, &hands, NOON + 60_000 + HOUR, 0);
        assert!((clock.started_at().as_millisecond() - NOON).abs() <= 1_000);
    }

    #[test]
    fn promise_21_a_wall_clock_set_back_does_not_make_it_earlier() {
        let hands = Hands::at(NOON, 5_000);
        let clock = ServerClock::new(hands.clone());
        *hands.wall.lock().unwrap() -= HOUR;
        hands.pass(1_000);
        assert_eq!(clock.now().as_millisecond(), NOON + 1_000);
        assert_eq!(clock.offset_ms(), HOUR);
    }

    #[test]
    fn promise_21_a_jump_that_only_the_wall_clock_saw_counts() {
        let hands = Hands::at(NOON, 5_000);
        let clock = ServerClock::new(hands.clone());
        *hands.wall.lock().unwrap() += 2 * HOUR;
        assert_eq!(clock.now().as_millisecond(), NOON + 2 * HOUR);
    }

    #[test]
    fn an_offset_from_another_process_counts_until_an_answer_is_seen() {
        let hands = Hands::at(NOON, 5_000);
        let clock = ServerClock::new(hands.clone());
        clock.presume(HOUR);
        assert_eq!(clock.now().as_millisecond(), NOON + HOUR);
        answered(&clock, &hands, NOON, 0);
        clock.presume(HOUR);
        assert!(clock.offset_ms().abs() <= 1_000);
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
        assert_eq!(earlier(Timestamp::MIN, Duration::MAX), Timestamp::MIN);
        assert_eq!(until(timestamp(2_000), timestamp(1_000)), Duration::ZERO);
        assert_eq!(until(timestamp(1_000), timestamp(2_500)), Duration::from_millis(1_500));
        assert_eq!(timestamp(i64::MAX), Timestamp::MAX);
    }
}
