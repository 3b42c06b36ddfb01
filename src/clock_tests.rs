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

    fn boot_id(&self) -> Option<&str> {
        Some("this boot")
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
    assert!(clock.is_told());
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
fn promise_20_a_slow_answer_does_not_move_a_good_clock_by_seconds() {
    // Stamped right before it came, and right after it was asked for.
    for (wrong_by, asked_at, stamp) in [(-371, NOON, NOON + 7_000), (371, NOON + 990, NOON)] {
        let hands = Hands::at(asked_at + wrong_by, 5_000);
        let clock = ServerClock::new(hands.clone());
        let sent = hands.reading();
        hands.pass(7_050);
        clock.observe(&DateSample {
            date: timestamp(stamp),
            sent,
            received: hands.reading(),
        });
        assert!(clock.offset_ms() != 0, "the stamp shows that the clock is wrong");
        let error = clock.now().as_millisecond() - (asked_at + 7_050);
        assert!(error.abs() <= 1_000, "off by {error} ms");
    }
}

#[test]
fn promise_20_a_slow_answer_teaches_nothing() {
    let hands = Hands::at(NOON + 2 * HOUR, 5_000);
    let clock = ServerClock::new(hands.clone());
    answered(&clock, &hands, NOON, 10_001);
    assert_eq!(clock.offset_ms(), 0);
    assert!(!clock.is_told());
}

#[test]
fn promise_21_an_answer_before_a_pause_of_the_machine_teaches_nothing() {
    let hands = Hands::at(NOON + HOUR, 5_000);
    let clock = ServerClock::new(hands.clone());
    let sent = hands.reading();
    hands.pass(50);
    // The boot clock stood still, and the host has set the wall clock.
    *hands.wall.lock().unwrap() += 3 * HOUR;
    clock.observe(&DateSample {
        date: timestamp(NOON),
        sent,
        received: hands.reading(),
    });
    assert!(!clock.is_told());
    assert!(
        clock.now().as_millisecond() >= NOON + 3 * HOUR,
        "a dead token would be served"
    );
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

/// What a process stores whose clock was wrong by so much when an answer came.
fn stored_under(wrong_by: i64) -> StoredOffset {
    let hands = Hands::at(NOON + wrong_by, 5_000);
    let clock = ServerClock::new(hands.clone());
    answered(&clock, &hands, NOON, 0);
    clock.to_store(0)
}

#[test]
fn promise_20_a_stored_offset_counts_while_both_clocks_of_the_boot_agree_on_it() {
    for wrong_by in [0, 2 * HOUR, -2 * HOUR] {
        let clock = ServerClock::new(Hands::at(NOON + wrong_by + 60_000, 65_000));
        clock.adopt_offset(&stored_under(wrong_by), 0);
        let error = clock.now().as_millisecond() - (NOON + 60_000);
        assert!(error.abs() <= 1_000, "off by {error} ms");
        assert!(clock.is_trusted() && !clock.is_told());
    }
}

#[test]
fn promise_20_an_offset_that_was_written_under_another_clock_is_not_trusted() {
    for wrong_by in [2 * HOUR, -2 * HOUR] {
        let stored = stored_under(wrong_by);
        // The clock was set right meanwhile.
        let clock = ServerClock::new(Hands::at(NOON + 60_000, 65_000));
        clock.adopt_offset(&stored, 0);
        assert!(!clock.is_trusted());
        assert!(
            clock.now().as_millisecond() >= NOON + 59_000,
            "a dead token would be served"
        );
        // Nothing is known of another boot.
        let elsewhere = StoredOffset { boot: None, ..stored };
        let clock = ServerClock::new(Hands::at(NOON + wrong_by, 5_000));
        clock.adopt_offset(&elsewhere, 0);
        assert!(!clock.is_trusted());
    }
}

#[test]
fn promise_20_an_answer_counts_more_than_what_is_stored() {
    let hands = Hands::at(NOON, 5_000);
    let clock = ServerClock::new(hands.clone());
    answered(&clock, &hands, NOON, 0);
    clock.adopt_offset(&stored_under(2 * HOUR), 0);
    assert!(clock.offset_ms().abs() <= 1_000);
    assert!(clock.is_told());
}

#[test]
fn promise_20_a_stored_offset_that_fits_both_clocks_counts_more_than_an_answer_before_a_clock_was_set() {
    for (set_by, knows_boot) in [
        (2 * HOUR, true),
        (-2 * HOUR, true),
        (2 * HOUR, false),
        (-2 * HOUR, false),
    ] {
        let stored_under = |wrong_by| StoredOffset {
            boot: stored_under(wrong_by).boot.filter(|_| knows_boot),
            ..stored_under(wrong_by)
        };
        let hands = Hands::at(NOON, 5_000);
        let clock = ServerClock::new(hands.clone());
        answered(&clock, &hands, NOON, 0);
        *hands.wall.lock().unwrap() += set_by;
        for unfit in [90_000, set_by / 2] {
            clock.adopt_offset(&stored_under(unfit), 0);
            assert!(clock.is_told());
        }
        // Another process was answered after the setting. What is stored later by one that was not counts no more.
        for stored in [set_by, 0] {
            clock.adopt_offset(&stored_under(stored), 0);
            assert!(clock.is_told());
        }
        for now in [clock.now(), clock.earliest()] {
            let error = now.as_millisecond() - NOON;
            assert!(error.abs() <= 1_000, "off by {error} ms");
        }
    }
}

#[test]
fn an_offset_of_a_service_counts_as_an_answer_does() {
    let clock = ServerClock::new(Hands::at(NOON, 5_000));
    clock.set_offset(HOUR);
    assert_eq!(clock.now().as_millisecond(), NOON + HOUR);
    assert!(clock.is_told());
}

#[test]
fn arithmetic_stops_at_the_ends_of_time() {
    assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
    assert_eq!(earlier(Timestamp::MIN, Duration::MAX), Timestamp::MIN);
    assert_eq!(until(timestamp(2_000), timestamp(1_000)), Duration::ZERO);
    assert_eq!(until(timestamp(1_000), timestamp(2_500)), Duration::from_millis(1_500));
    assert_eq!(timestamp(i64::MAX), Timestamp::MAX);
}
