//! Tradovate's time, and the only place that reads a clock or sleeps: [`local`].
//!
//! Everything else is told the time. Two local clocks are read, since each fails alone: the wall clock is set by hand or
//! by NTP, the boot clock stops when a virtual machine is paused. What counts is Tradovate's time, which [`ServerClock`]
//! estimates from both and from the `Date` of its answers.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use local::{Clock, Reading, SLICE, SystemClock};

use crate::mutex::lock;

mod local;

/// The `Date` of an answer that took longer than this is ignored: it tells too little of the present time.
const SLOW_ROUND_TRIP: Duration = Duration::from_secs(10);
/// 200 years, in milliseconds: the most that a stored offset can be.
const FURTHEST_MS: i64 = 200 * 366 * 24 * 3_600_000;

/// Two clocks of one machine that differ by no more than this agree: neither was set.
const AGREEMENT_MS: i64 = 5_000;

/// A date that differs by more from what an answer has told is not believed without another look.
const DOUBT_MS: i64 = 60_000;

/// The most by which the true time is later than a `Date`, which has whole seconds.
const DATE_RESOLUTION_MS: i64 = 1_000;

/// The `Date` of an answer, and the local times around the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateSample {
    /// The header's time, cut to whole seconds by its sender.
    pub date: Timestamp,
    /// Just before the request was sent.
    pub sent: Reading,
    /// Just after the answer's headers came.
    pub received: Reading,
}

impl DateSample {
    /// Whether a local clock was set, or stood still, while the answer was waited for: then nobody knows how long that took.
    #[must_use]
    pub fn clocks_differ(&self) -> bool {
        let by_boot_ms = self.received.boot_ms - self.sent.boot_ms;
        let by_wall_ms = self.received.wall_ms - self.sent.wall_ms;
        (by_boot_ms - by_wall_ms).abs() > AGREEMENT_MS
    }

    /// Whether the answer took too long to tell the time, by either clock: the boot clock stops when a virtual machine is paused.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.received.longest_since(self.sent) > SLOW_ROUND_TRIP
    }
}

/// How far Tradovate's time was ahead of a machine's clocks, as a record keeps it for the next process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredOffset {
    /// Ahead of the wall clock that the store's users share, in milliseconds.
    #[serde(default)]
    pub wall_ms: i64,
    /// Ahead of the boot clock of one run of one machine.
    #[serde(default)]
    pub boot: Option<BootOffset>,
}

impl StoredOffset {
    /// Whether clocks can differ by so much: a record may hold anything.
    fn can_be_true(&self) -> bool {
        let boot_ms = self.boot.as_ref().map_or(0, |boot| boot.ms);
        let most = FURTHEST_MS.unsigned_abs();
        self.wall_ms.unsigned_abs() <= most && boot_ms.unsigned_abs() <= most
    }
}

/// How far Tradovate's time was ahead of a boot clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootOffset {
    /// The id of the run: [`Clock::boot_id`].
    pub id: String,
    /// In milliseconds.
    pub ms: i64,
}

#[derive(Debug, Clone, Copy)]
struct Offsets {
    /// Server time minus wall clock.
    wall_ms: i64,
    /// Server time minus boot clock.
    boot_ms: i64,
    basis: Basis,
}

/// The source of an estimate of Tradovate's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// The wall clock alone.
    Wall,
    /// An offset that may have been written under another clock.
    Guess,
    /// An offset on which the wall clock and the boot clock of the same boot agree.
    Agreed,
    /// An answer, or the offset that a token service gave.
    Told,
}

impl Offsets {
    fn now_ms(&self, Reading { wall_ms, boot_ms }: Reading) -> i64 {
        (wall_ms + self.wall_ms).max(boot_ms + self.boot_ms)
    }

    /// Whether neither clock was set since the offsets were taken.
    fn agree_at(&self, Reading { wall_ms, boot_ms }: Reading) -> bool {
        (wall_ms + self.wall_ms - boot_ms - self.boot_ms).abs() <= AGREEMENT_MS
    }
}

/// An estimate of Tradovate's time.
///
/// The two local clocks each give an estimate, and the later one counts: too late costs a renewal a little early, too
/// early would serve a dead token.
pub struct ServerClock {
    clock: Arc<dyn Clock>,
    offsets: Mutex<Offsets>,
}

impl ServerClock {
    /// An estimate that is the wall clock's time, until it learns more.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let start = clock.reading();
        let offsets = Offsets {
            wall_ms: 0,
            boot_ms: start.wall_ms - start.boot_ms,
            basis: Basis::Wall,
        };
        Self {
            clock,
            offsets: Mutex::new(offsets),
        }
    }

    /// Tradovate's time now.
    pub fn now(&self) -> Timestamp {
        timestamp(self.offsets().now_ms(self.clock.reading()))
    }

    /// The earliest that Tradovate's time can be, if one of the two local clocks was set.
    pub fn earliest(&self) -> Timestamp {
        self.earliest_at(self.clock.reading())
    }

    /// The earliest that Tradovate's time can have been at a reading, by what is known of it now.
    pub fn earliest_at(&self, Reading { wall_ms, boot_ms }: Reading) -> Timestamp {
        let offsets = self.offsets();
        timestamp((wall_ms + offsets.wall_ms).min(boot_ms + offsets.boot_ms))
    }

    /// Server time minus the wall clock's, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        let reading = self.clock.reading();
        self.offsets().now_ms(reading) - reading.wall_ms
    }

    /// Whether the estimate rests on more than a wall clock that anybody may have set.
    pub fn is_trusted(&self) -> bool {
        matches!(self.offsets().basis, Basis::Agreed | Basis::Told)
    }

    /// Whether the wall clock is all that the estimate rests on.
    pub fn knows_nothing(&self) -> bool {
        self.offsets().basis == Basis::Wall
    }

    /// Whether an answer has told the server's time yet.
    pub fn is_told(&self) -> bool {
        self.offsets().basis == Basis::Told
    }

    /// Takes over the offset of the wall clock that a token service on this machine gives.
    pub fn set_offset(&self, offset_ms: i64) {
        let Reading { wall_ms, boot_ms } = self.clock.reading();
        *self.lock() = Offsets {
            wall_ms: offset_ms,
            boot_ms: wall_ms + offset_ms - boot_ms,
            basis: Basis::Told,
        };
    }

    /// Takes over a time that is more likely than the wall clock's, and not certain.
    pub fn guess(&self, now: Timestamp) {
        let Reading { wall_ms, boot_ms } = self.clock.reading();
        *self.lock() = Offsets {
            wall_ms: now.as_millisecond() - wall_ms,
            boot_ms: now.as_millisecond() - boot_ms,
            basis: Basis::Guess,
        };
    }

    /// Starts from an offset that was stored, until an answer is seen here. It was written under another clock if the wall
    /// clock has been set since: the boot clock of the same boot shows that. Where a local clock was set after the answer, an
    /// offset counts more that fits both again, since it was written after that. `shared_ahead_ms` is how far the clock that
    /// the store's users share is ahead of this machine's.
    pub fn adopt_offset(&self, stored: &StoredOffset, shared_ahead_ms: i64) {
        if *stored == StoredOffset::default() || !stored.can_be_true() {
            return;
        }
        let reading = self.clock.reading();
        let Reading { wall_ms, boot_ms } = reading;
        let mut offsets = self.lock();
        let told = Some(offsets.boot_ms).filter(|_| offsets.basis == Basis::Told);
        let boot = stored.boot.as_ref();
        let by_boot = boot
            .filter(|boot| self.clock.boot_id() == Some(&*boot.id))
            .map(|boot| boot.ms)
            .or(told);
        let by_wall = stored.wall_ms + shared_ahead_ms;
        let adopted = Offsets {
            wall_ms: by_wall,
            boot_ms: by_boot.unwrap_or(wall_ms + by_wall - boot_ms),
            basis: Basis::Guess,
        };
        let fits = by_boot.is_some() && adopted.agree_at(reading);
        let basis = match offsets.basis {
            Basis::Told if !fits || offsets.agree_at(reading) => return,
            Basis::Told => Basis::Told,
            _ if fits => Basis::Agreed,
            _ => Basis::Guess,
        };
        *offsets = Offsets { basis, ..adopted };
    }

    /// The estimate, as a record keeps it.
    pub fn to_store(&self, shared_ahead_ms: i64) -> StoredOffset {
        let offsets = self.offsets();
        let boot = self.clock.boot_id().map(|id| BootOffset {
            id: id.to_owned(),
            ms: offsets.boot_ms,
        });
        StoredOffset {
            wall_ms: self.offset_ms() - shared_ahead_ms,
            boot,
        }
    }

    /// Whether an answer's date speaks against a clock that an answer has told and on which both local clocks agree. A proxy may
    /// have made that date, or the machine may have stood still: only another look at the time can tell.
    #[must_use]
    pub fn is_contradicted_by(&self, sample: &DateSample) -> bool {
        let by_boot = sample.received.boot_ms + self.offsets().boot_ms;
        self.is_sure_at(sample.received)
            && !sample.is_slow()
            && (sample.date.as_millisecond() - by_boot).abs() > DOUBT_MS
    }

    /// Whether an answer has told the time, here or to the process before, and both local clocks agree on it since.
    #[must_use]
    pub fn is_sure_at(&self, reading: Reading) -> bool {
        let offsets = self.offsets();
        matches!(offsets.basis, Basis::Agreed | Basis::Told) && offsets.agree_at(reading)
    }

    /// Whether one of the local clocks was set, or stood still, since the time was told.
    #[must_use]
    pub fn local_clocks_differ(&self) -> bool {
        !self.offsets().agree_at(self.clock.reading())
    }

    /// Learns from an answer. A slow one is ignored.
    pub fn observe(&self, sample: &DateSample) {
        if sample.is_slow() {
            return;
        }
        let mut offsets = self.lock();
        let date_ms = sample.date.as_millisecond();
        offsets.wall_ms = corrected(offsets.wall_ms, date_ms, sample.sent.wall_ms, sample.received.wall_ms);
        offsets.boot_ms = corrected(offsets.boot_ms, date_ms, sample.sent.boot_ms, sample.received.boot_ms);
        offsets.basis = Basis::Told;
    }

    /// The clock behind the estimate.
    pub fn local(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Completes at `time` by the server's clock, or after one slice, whichever comes first.
    pub fn sleep_until(&self, time: Timestamp) -> BoxFuture<'static, ()> {
        self.clock.sleep(until(self.now(), time).min(self.clock.slice()))
    }

    /// Converts a server time to the time that this machine's wall clock will show then.
    pub fn to_local(&self, time: Timestamp) -> Timestamp {
        timestamp(time.as_millisecond() - self.offset_ms())
    }

    fn offsets(&self) -> Offsets {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Offsets> {
        lock(&self.offsets)
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
/// clock is not worsened by a coarse stamp; any other becomes the middle of what is possible. Where an earlier stamp may have
/// left it just outside, it moves by no more than a stamp's resolution: the middle of a slow answer may be seconds away.
fn corrected(offset: i64, date: i64, sent: i64, received: i64) -> i64 {
    let (least, most) = (date - received, date + DATE_RESOLUTION_MS - sent);
    if least > most {
        return offset; // the local clock was set back in mid-call
    }
    let middle = least.midpoint(most);
    let near = offset - DATE_RESOLUTION_MS..=offset + DATE_RESOLUTION_MS;
    if (least..=most).contains(&offset) {
        offset
    } else if near.contains(&least) || near.contains(&most) {
        middle.clamp(*near.start(), *near.end())
    } else {
        middle
    }
}

/// The moment `by` after `at`, at most the last one that a timestamp can hold.
#[must_use]
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MAX)
}

/// The moment `by` before `at`, at least the first one that a timestamp can hold.
#[must_use]
pub fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_sub(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MIN)
}

/// The time from `from` to `to`; zero if `to` is not later.
#[must_use]
pub fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// A moment by its milliseconds since the Unix epoch, cut to what a timestamp can hold.
#[must_use]
pub fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
