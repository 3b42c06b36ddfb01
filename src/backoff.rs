//! Pauses that double with each failure in a row. Callers hand in the number of failures and the randomness.

use std::time::Duration;

/// A pause that doubles with each failure in a row, from the first pause to the longest one.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The pause after so many failures in a row; 0 counts as 1.
    #[must_use]
    pub fn pause(self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first.saturating_mul(factor).min(self.longest)
    }

    /// The pause with full jitter: any part of it, by a `random` from 0 to 1, but no less than `least`. Those that failed
    /// together then do not try again together.
    #[must_use]
    pub fn jittered(self, failures: u32, random: f64, least: Duration) -> Duration {
        let pause = self.pause(failures);
        // A part that no duration can hold, such as one by a random out of range, counts as the whole pause.
        let part = Duration::try_from_secs_f64(pause.as_secs_f64() * random);
        part.map_or(pause, |part| part.min(pause)).max(least)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_duration() -> impl Strategy<Value = Duration> {
        prop_oneof![
            (0_u64..=10_000).prop_map(Duration::from_millis),
            any::<u64>().prop_map(Duration::from_nanos),
            any::<u64>().prop_map(Duration::from_secs),
            Just(Duration::MAX),
        ]
    }

    fn any_failures() -> impl Strategy<Value = u32> {
        prop_oneof![0_u32..=40, any::<u32>()]
    }

    #[test]
    fn the_first_pause_doubles_up_to_the_longest_one() {
        let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(50));
        let pauses = [0, 1, 2, 3, 4, 5, 6, u32::MAX].map(|failures| backoff.pause(failures).as_millis());
        assert_eq!(pauses, [5, 5, 10, 20, 40, 50, 50, 50]);
    }

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_the_longest_and_never_shrinks(
            first in any_duration(),
            longest in any_duration(),
            failures in any_failures(),
        ) {
            let backoff = Backoff::new(first, longest);
            let (pause, next) = (backoff.pause(failures), backoff.pause(failures.saturating_add(1)));
            prop_assert!(pause >= first.min(longest) && pause <= longest);
            prop_assert!(pause <= next && next <= pause.saturating_mul(2));
        }

        #[test]
        fn a_pause_of_a_second_reaches_a_day_and_doubles_until_then(failures in 1_u32..=40) {
            let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
            let backoff = Backoff::new(second, day);
            prop_assert_eq!(backoff.pause(failures + 1), (backoff.pause(failures) * 2).min(day));
            prop_assert_eq!(backoff.pause(18), day);
        }

        #[test]
        fn jitter_stays_between_the_least_and_the_pause_whatever_the_random_is(
            first in any_duration(),
            longest in any_duration(),
            least in any_duration(),
            failures in any_failures(),
            random in prop_oneof![0.0..=1.0, any::<f64>(), Just(f64::NAN), Just(f64::INFINITY)],
        ) {
            let backoff = Backoff::new(first, longest);
            let (pause, jittered) = (backoff.pause(failures), backoff.jittered(failures, random, least));
            prop_assert!(jittered >= least);
            prop_assert!(jittered <= pause.max(least));
        }

        #[test]
        fn jitter_uses_the_whole_pause(failures in 1_u32..=10, random in 0.0..=1.0) {
            let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(60));
            let pause = backoff.pause(failures);
            prop_assert_eq!(backoff.jittered(failures, random, Duration::ZERO), pause.mul_f64(random));
            prop_assert_eq!(backoff.jittered(failures, 1.0, Duration::ZERO), pause);
            prop_assert_eq!(backoff.jittered(failures, 0.0, Duration::ZERO), Duration::ZERO);
        }
    }
}
