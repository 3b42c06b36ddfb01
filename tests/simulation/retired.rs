//! A told host that is gone, in a running session and over restarts, with nothing else wrong.

use std::time::Duration;

use fastrand::Rng;
use tradovate_session::session::{MaxLogins, OnEviction};

use super::{
    engine::{DAY, HOUR, Happening, MINUTE, Ms, SECOND},
    plan::{Plan, Theme},
    run_world,
    world::State,
};

/// The most that may pass without a good token while a process runs.
const GAP: Ms = 45 * SECOND;
const MOST_LOGINS: u64 = 3;

/// What result of a world in which one host was retired.
struct Left {
    gap: Ms,
    logins: u64,
    active: bool,
    /// How long ago a process last called a host that does not serve.
    found: Ms,
    failure: Option<String>,
}

/// `replaced`: another host is named at once, and the first one sends all calls but those for tokens there.
fn retire(seed: u64, replaced: bool) -> Left {
    let mut rng = Rng::with_seed(seed);
    let limit = MaxLogins {
        count: 3,
        within: Duration::from_secs(600),
    };
    let plan = Plan {
        theme: Theme::Fleet,
        span: DAY / 4,
        life: [10 * MINUTE, 80 * MINUTE][rng.usize(0..2)],
        users: 1,
        stores: 1,
        processes: rng.usize(1..3),
        machines: 1,
        skew: 0,
        lease_ms: 0,
        store_faults: false,
        clock_faults: false,
        clock_sets: false,
        denied: 0,
        hosts: true,
        proxied: false,
        gives_up: false,
        calm_call: 20 * SECOND,
        max_logins: [limit; 2],
        on_eviction: OnEviction::Login,
        ..Plan::draw(&mut rng)
    };
    let mut state = State::of(plan, rng, false);
    state.name_host();
    let at = state.rng.i64(MINUTE..90 * MINUTE);
    state.engine.at(at, Happening::Retire(0));
    if replaced {
        state.engine.at(at, Happening::Replace);
    }
    for _ in 0..state.rng.usize(0..4) {
        let place = state.rng.usize(0..state.places.len());
        let when = at + state.rng.i64(-MINUTE..60 * MINUTE);
        state.engine.at(when, Happening::Close(place));
    }
    let world = run_world(state);
    let state = world.lock();
    Left {
        gap: state.users[0].longest_gap,
        logins: state.figures.logins - state.figures.logins_granted,
        active: state.users[0].is_served(state.now()),
        found: state.now() - state.places.iter().map(|place| place.astray).max().unwrap_or(0),
        failure: state.failure.clone(),
    }
}

#[test]
fn promise_26_a_told_host_that_is_gone_costs_45_seconds_and_3_logins_at_most() {
    for (seed, replaced) in (0..200).map(|seed| (seed, seed % 2 == 1)) {
        let left = retire(seed, replaced);
        let of = format!("world {seed}: {:?}", left.failure);
        assert!(left.found > HOUR, "{of}: {} ms since", left.found);
        assert!(left.gap <= GAP, "{of}: {} ms without a token", left.gap);
        // One of them brings the token.
        assert!(left.logins < MOST_LOGINS, "{of}: {} logins in vain", left.logins);
        assert!(left.active && left.failure.is_none(), "{of}, active: {}", left.active);
    }
}
