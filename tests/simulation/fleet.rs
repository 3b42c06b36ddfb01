//! Many users behind one address, each with a login of its own, in one process or in several: for a month each.

use std::time::Duration;

use fastrand::Rng;
use tradovate_session::session::{MaxLogins, OnEviction};

use super::{
    engine::{DAY, HOUR, MINUTE, Ms, SECOND},
    figures::Figures,
    plan::{Plan, Theme},
    run_world,
    world::State,
};

/// The most that a token's end and the next token may be apart.
const GAP: Ms = 3 * SECOND;

/// What a session is opened with unless its owner says otherwise.
const LOGINS: MaxLogins = MaxLogins {
    count: 3,
    within: Duration::from_secs(600),
};

/// What became of a fleet.
struct Month {
    logins: usize,
    processes: usize,
    figures: Figures,
    calls_an_hour: usize,
    renewals_an_hour: usize,
    refusals_an_hour: usize,
    longest_gap: Ms,
    gaps: Ms,
    active: usize,
    failure: Option<String>,
}

fn month(logins: usize, processes: usize) -> Month {
    let mut rng = Rng::with_seed(1);
    let plan = Plan {
        theme: Theme::Fleet,
        span: 30 * DAY,
        life: 80 * MINUTE,
        sessions: 2,
        users: logins,
        stores: logins,
        processes,
        bots: 1,
        machines: 1,
        memory_ledger: false,
        skew: 0,
        ppm: 0,
        tells: true,
        store_ms: 0,
        lease_ms: 0,
        store_faults: false,
        clock_faults: false,
        clock_sets: false,
        denied: 0,
        hosts: false,
        proxied: false,
        gives_up: false,
        max_logins: [LOGINS; 2],
        on_eviction: OnEviction::Login,
        rotates: true,
        kills_old: false,
        calm_call: 12 * HOUR,
        calm_slice: 80 * MINUTE,
        ..Plan::draw(&mut rng)
    };
    let world = run_world(State::of(plan, rng, false));
    let state = world.lock();
    let now = state.now();
    let good = |user: &usize| state.users[*user].is_served(now);
    Month {
        logins,
        processes,
        figures: state.figures.clone(),
        calls_an_hour: state.addresses[0].most_called,
        renewals_an_hour: state.addresses[0].most_renewed,
        refusals_an_hour: state.addresses[0].most_failed,
        longest_gap: state.users.iter().map(|user| user.longest_gap).max().unwrap_or(0),
        gaps: state.users.iter().map(|user| user.gaps).sum(),
        active: (0..logins).filter(good).count(),
        failure: state.failure.clone(),
    }
}

fn is_kept(month: &Month) -> bool {
    let penalties = month.figures.penalties + month.figures.captchas;
    penalties == 0 && month.active == month.logins && month.longest_gap <= GAP && month.failure.is_none()
}

#[test]
fn promise_6_forty_logins_behind_one_address_meet_no_penalty_and_are_never_long_without_a_token() {
    let months: Vec<_> = [(1, 1), (5, 1), (20, 1), (40, 1), (1, 3), (5, 3), (20, 3), (40, 3)]
        .map(|(logins, processes)| month(logins, processes))
        .into();
    println!(
        "| logins | processes of each | calls an hour, most | renewals an hour, most | renewals | logins | penalties | seconds without a token, of a login | longest gap |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for month in &months {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {:.1} | {:.1} s |",
            month.logins,
            month.processes,
            month.calls_an_hour,
            month.renewals_an_hour,
            month.figures.renewals,
            month.figures.logins,
            month.figures.penalties + month.figures.captchas,
            month.gaps as f64 / (month.logins as i64 * SECOND) as f64,
            month.longest_gap as f64 / SECOND as f64,
        );
    }
    for month in &months {
        assert!(
            is_kept(month),
            "{} logins in {} processes: {:?}, {} refused logins within an hour",
            month.logins,
            month.processes,
            month.failure,
            month.refusals_an_hour
        );
    }
}
