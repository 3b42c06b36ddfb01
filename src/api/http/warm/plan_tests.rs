// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

use proptest::prelude::*;

use super::*;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Somebody who does what is decided, and a server that closes idle connections after a while.
struct World {
    periods: WarmPeriods,
    seen: Seen,
    now: Duration,
    closes_fresh_after: Duration,
    closes_used_after: Duration,
    closes_at: Option<Duration>,
    /// When connections were made.
    made: Vec<Duration>,
}

impl World {
    fn new(closes_fresh_after: Duration, closes_used_after: Duration) -> Self {
        let mut seen = Seen::default();
        seen.session_came(seconds(1_000));
        Self {
            periods: WarmPeriods::default(),
            seen,
            now: seconds(1_000),
            closes_fresh_after,
            closes_used_after,
            closes_at: None,
            made: Vec::new(),
        }
    }

    fn is_open(&self) -> bool {
        self.closes_at.is_some_and(|at| at > self.now)
    }

    /// Passes time, and says how often the connection was made.
    fn pass(&mut self, time: Duration) -> usize {
        let (end, before) = (self.now + time, self.made.len());
        loop {
            match self.seen.decide(self.now, &self.periods) {
                Step::Wait(rest) if self.now + rest > end => break,
                Step::Wait(rest) => {
                    assert!(!rest.is_zero(), "it waits for nothing");
                    self.now += rest;
                }
                Step::Check => {
                    let is_open = self.is_open();
                    self.seen.checked(is_open, self.now, &self.periods);
                }
                Step::Make => {
                    self.made.push(self.now);
                    self.closes_at = Some(self.now + self.closes_fresh_after);
                    self.seen.made(true, self.now, self.now, &self.periods);
                }
                Step::Retire => {
                    self.closes_at = None;
                    self.seen.retired();
                }
                Step::End => panic!("there is a session"),
            }
        }
        self.now = end;
        self.made.len() - before
    }

    /// Makes a call that takes no time. Says whether it found a connection.
    fn call(&mut self) -> bool {
        let found = self.is_open() && !self.seen.is_too_old(self.now, &self.periods);
        self.seen.call_started(self.now);
        assert!(matches!(self.seen.decide(self.now, &self.periods), Step::Wait(_)));
        self.seen.call_ended(self.now);
        self.closes_at = Some(self.now + self.closes_used_after);
        found
    }
}

#[test]
fn without_a_session_there_is_nothing_to_do() {
    let mut seen = Seen::default();
    let periods = WarmPeriods::default();
    assert_eq!(seen.decide(seconds(1), &periods), Step::End);
    seen.session_came(seconds(1));
    assert_eq!(seen.decide(seconds(1), &periods), Step::Make);
    seen.session_left();
    assert_eq!(seen.decide(seconds(2), &periods), Step::End);
}

#[test]
fn nothing_is_done_while_a_call_is_under_way() {
    let mut seen = Seen::default();
    let periods = WarmPeriods::default();
    seen.session_came(seconds(1));
    seen.call_started(seconds(1));
    for now in [1, 50, 100, 1_000] {
        assert!(matches!(seen.decide(seconds(now), &periods), Step::Wait(_)), "{now}");
    }
    seen.call_ended(seconds(1_000));
    assert!(matches!(seen.decide(seconds(1_000), &periods), Step::Wait(_)));
    assert_eq!(seen.decide(seconds(1_001), &periods), Step::Check);
    assert_eq!(seen.decide(seconds(1_045), &periods), Step::Make);
}

#[test]
fn one_early_close_is_no_rule() {
    let hour = seconds(3_600);
    let mut world = World::new(hour, hour);
    world.pass(seconds(6));
    world.closes_at = Some(world.now);
    world.pass(seconds(1));
    assert_eq!(world.made.len(), 2);
    assert_eq!(world.pass(seconds(44)), 0);
    assert_eq!(world.pass(seconds(2)), 1);
}

#[test]
fn a_server_may_treat_connections_alike_or_not_before_and_after_their_first_request() {
    let mut world = World::new(seconds(3_600), seconds(5));
    for _ in 0..3 {
        world.call();
        world.pass(seconds(30));
    }
    world.call();
    // Replaced before it is closed, and what carried no request is left alone.
    assert_eq!(world.pass(seconds(5)), 1);
    assert!(world.is_open());
    assert_eq!(world.pass(seconds(44)), 0);
}

#[test]
fn what_is_too_old_is_retired_where_no_other_can_be_made() {
    let mut world = World::new(seconds(3_600), seconds(3_600));
    world.pass(seconds(1));
    for _ in 0..10 {
        world.seen.made(false, world.now, world.now, &world.periods);
    }
    world.seen.idle.as_mut().unwrap().since = world.now - seconds(58);
    assert_eq!(world.seen.decide(world.now, &world.periods), Step::Retire);
}

#[test]
fn pauses_double_up_to_a_minute() {
    let (periods, mut seen) = (WarmPeriods::default(), Seen::default());
    seen.session_came(seconds(0));
    let mut now = seconds(0);
    let mut pauses = Vec::new();
    for _ in 0..40 {
        seen.made(false, now, now, &periods);
        let Step::Wait(pause) = seen.decide(now, &periods) else {
            panic!("it goes on at once")
        };
        pauses.push(pause.as_secs());
        now += pause;
        seen.session_came(now);
    }
    assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
    assert!(pauses[8..].iter().all(|pause| *pause == 60));
}

#[test]
fn a_look_at_what_the_pool_keeps_is_no_reason_to_use_it_too_long() {
    let mut world = World::new(seconds(3_600), seconds(3_600));
    let outlives = |world: &World| world.seen.outlives_the_pool(seconds(50), &world.periods);
    world.pass(seconds(5));
    assert!(!outlives(&world));
    world.pass(seconds(5));
    assert!(outlives(&world));
}

proptest! {
    /// Calls at any times, to servers that keep idle connections for a minute or longer.
    #[test]
    fn every_call_finds_a_connection_at_no_more_than_a_handshake_in_45_s(
        pauses in prop::collection::vec(0u64..400_000, 1..40),
        keeps in 60u64..10_000,
    ) {
        let mut world = World::new(seconds(keeps), seconds(keeps));
        world.pass(seconds(1));
        for pause in pauses {
            world.pass(Duration::from_millis(pause));
            prop_assert!(world.call());
        }
        for pair in world.made.windows(2) {
            prop_assert!(pair[1] - pair[0] >= seconds(45));
        }
    }

    /// The same for servers that close early: a handshake for each close, and one a minute where nobody calls.
    #[test]
    fn where_connections_are_closed_early_there_is_no_storm(
        pauses in prop::collection::vec(0u64..700_000, 1..20),
        fresh in 0u64..60_000,
        used in 0u64..60_000,
    ) {
        let mut world = World::new(Duration::from_millis(fresh), Duration::from_millis(used));
        for pause in pauses {
            let quiet_from = world.now + world.periods.quiet_after;
            let before = world.made.len();
            world.pass(Duration::from_millis(pause));
            let made = &world.made[before..];
            for pair in made.windows(2) {
                // Its life is known to a look, of which there is one in a second where nobody calls.
                let least = fresh.saturating_sub(1_000) * 8 / 10;
                prop_assert!(pair[1] - pair[0] >= Duration::from_millis(least.min(45_000)));
                prop_assert!(pair[1] < quiet_from || pair[1] - pair[0] >= seconds(58));
            }
            if fresh < 2_000 {
                prop_assert!(made.len() <= 20, "{}", made.len());
            }
            world.call();
        }
    }
}
