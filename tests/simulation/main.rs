//! The real session, keeper and policy in simulated worlds: Tradovate, clocks, network, stores, crashes.
//!
//! Every world is drawn from a seed and runs the same way each time. What must hold is checked at every step; when it does
//! not, the seed and the last events are told. `TRADOVATE_SIMULATION_SEED` runs one world, `TRADOVATE_SIMULATION_YEARS`
//! says for how long in sum, `TRADOVATE_SIMULATION_START` with which seed to begin, `TRADOVATE_SIMULATION_FAILURES` after how
//! many failed worlds to end, `TRADOVATE_SIMULATION_WITHOUT` which invariants are not looked at.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::similar_names,
    clippy::struct_excessive_bools
)]

mod bots;
mod calls;
mod check;
mod clocks;
mod engine;
mod exchange;
mod faults;
mod figures;
mod fleet;
mod healing;
mod hosts;
mod learning;
mod ledger;
mod needless;
mod oracle;
mod plan;
mod process;
mod retired;
mod shared_store;
mod tradovate;
mod wire;
mod world;

use std::{
    cell::Cell,
    collections::BTreeMap,
    panic,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use engine::{Happening, Ms, SECOND, World, YEAR};
use figures::Figures;
use plan::Theme;
use world::State;

thread_local! {
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// What became of a world.
struct Outcome {
    lived: Ms,
    figures: Figures,
    failure: Option<String>,
    trace: Vec<String>,
    mark: u64,
}

/// Lets a world live to its end.
fn run_world(state: State) -> Arc<World> {
    PANICKED.set(false);
    let world = World::new(state);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .event_interval(u32::MAX)
        .build()
        .unwrap();
    runtime.block_on(live(&world));
    // The world ends with its sessions, whatever is under way: nobody has dropped that.
    for place in &mut world.lock().places {
        place.closing = true;
    }
    drop(runtime);
    world
}

fn run(seed: u64, trace: bool) -> Outcome {
    let world = run_world(State::new(seed, trace));
    let mut state = world.lock();
    for place in 0..state.places.len() {
        if state.places[place].running {
            state.end(place);
        }
    }
    state.figures.worlds = 1;
    state.figures.evictions = state.users.iter().map(|user| user.evictions).sum();
    let logins = state.addresses.iter().map(|address| address.too_many_logins).sum();
    let renewals = state.addresses.iter().map(|address| address.too_many_renewals).sum();
    if state.plan.managers() > 1 {
        state.figures.apart = logins + renewals;
    } else {
        state.figures.too_many_logins = logins;
        state.figures.too_many_renewals = renewals;
    }
    Outcome {
        lived: state.now(),
        figures: state.figures.clone(),
        failure: state.failure.take(),
        trace: state.trace.take().map(Vec::from).unwrap_or_default(),
        mark: state.rng.u64(..),
    }
}

async fn live(world: &Arc<World>) {
    {
        let mut state = world.lock();
        for place in 0..state.places.len() {
            let wait = state.start_of(place);
            state.engine.after(wait, Happening::Start(place));
        }
        if !matches!(state.plan.theme, Theme::Feud | Theme::Fleet) {
            let calm = state.plan.calm;
            let wait = state.rng.i64(SECOND..calm);
            state.engine.after(wait, Happening::Turn);
        }
    }
    loop {
        // The runtime comes back here when nobody else can run on.
        tokio::task::yield_now().await;
        let mut state = world.lock();
        if PANICKED.get() {
            state.fail("no panic", "something panicked, see above");
        }
        let end = state.plan.span;
        let next = state.engine.next(end);
        let Some(next) = next.filter(|_| state.failure.is_none()) else {
            return;
        };
        match next {
            Happening::Wake(key) => state.engine.wake(key),
            Happening::Arrive(flight) => state.arrive(flight),
            Happening::Deliver(flight) => state.deliver(flight),
            Happening::Free(shelf, number) => state.free(shelf, number),
            Happening::Retire(host) => state.retire(host),
            Happening::Replace => state.hosts.replace_first(),
            Happening::Turn => state.turn(),
            Happening::Strike(storm) => state.strike(storm),
            Happening::ReckonTime(storm) => {
                drop(state);
                healing::reckon_time(world, storm);
            }
            Happening::Reckon(storm) => state.reckon(storm, false),
            Happening::ReckonState(storm) => state.reckon(storm, true),
            Happening::Start(place) => {
                drop(state);
                process::start(world, place);
            }
            Happening::Close(place) => {
                drop(state);
                process::close(world, place);
            }
        }
    }
}

fn number_from(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Says what went wrong in a world, with what happened before.
fn tell(seed: u64, failure: &str) {
    let again = run(seed, true);
    for line in &again.trace {
        println!("  {line}");
    }
    println!("plan: {:?}", State::new(seed, false).plan);
    println!("FAILED {failure}");
    println!("TRADOVATE_SIMULATION_SEED={seed} cargo test --test simulation years -- --nocapture");
}

fn quiet_crashes() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICKED.set(true);
        before(info);
    }));
}

fn table(figures: &Figures, lived: Ms, took: f64) {
    let years = |ms: Ms| ms as f64 / YEAR as f64;
    println!(
        "{:>14.1} years, {:.1} years of processes, in {took:.1} s",
        years(lived),
        years(figures.process_ms)
    );
    for (words, count) in figures.lines() {
        println!("{count:>14} {words}");
    }
    println!("{:>14} seconds of dead tokens served", figures.dead_ms / SECOND);
}

/// The failed worlds by the invariant that they break.
fn by_invariant(failures: &[(u64, String)]) -> BTreeMap<&str, Vec<u64>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for (seed, failure) in failures {
        let invariant = failure.split(['[', ']']).nth(1).unwrap_or_default();
        all.entry(invariant).or_default().push(*seed);
    }
    for seeds in all.values_mut() {
        seeds.sort_unstable();
    }
    all
}

/// Worlds until so many years have passed in sum, on two threads.
#[test]
fn a_thousand_years() {
    quiet_crashes();
    if let Some(seed) = number_from("TRADOVATE_SIMULATION_SEED") {
        let outcome = run(seed, false);
        table(&outcome.figures, outcome.lived, 0.0);
        if let Some(failure) = outcome.failure {
            tell(seed, &failure);
            panic!("world {seed}: {failure}");
        }
        return;
    }
    let wanted = number_from("TRADOVATE_SIMULATION_YEARS").unwrap_or(1_000) as Ms * YEAR;
    let next = AtomicU64::new(number_from("TRADOVATE_SIMULATION_START").unwrap_or(1));
    let most_failures = number_from("TRADOVATE_SIMULATION_FAILURES").unwrap_or(1) as usize;
    let stop = AtomicBool::new(false);
    let sum = Mutex::new((Figures::default(), 0, Vec::new()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let outcome = run(seed, false);
                    let mut sum = sum.lock().unwrap();
                    sum.0 += &outcome.figures;
                    sum.1 += outcome.lived;
                    sum.2.extend(outcome.failure.map(|failure| (seed, failure)));
                    if sum.2.len() >= most_failures || sum.1 >= wanted {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let (figures, lived, failures) = sum.into_inner().unwrap();
    table(&figures, lived, start.elapsed().as_secs_f64());
    for (seed, failure) in &failures {
        println!("world {seed}: {failure}");
    }
    for (invariant, seeds) in by_invariant(&failures) {
        println!(
            "{:>8} worlds break [{invariant}], the first is {}",
            seeds.len(),
            seeds[0]
        );
    }
    if let Some((seed, failure)) = failures.first() {
        tell(*seed, failure);
        panic!("world {seed}: {failure}");
    }
}

#[test]
fn a_seed_runs_the_same_way_each_time() {
    for seed in 1..30 {
        let (one, other) = (run(seed, false), run(seed, false));
        assert_eq!((one.mark, one.lived), (other.mark, other.lived), "world {seed}");
    }
}
