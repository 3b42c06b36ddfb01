//! After a storm: what a person sees to, and what must be well again by itself.

use jiff::Timestamp;
use tradovate_session::{
    clock::later,
    session::{
        hold::HoldReason,
        limits::LEAST_GAP,
        policy::{Decision, StopReason},
        view::{State as Fares, View},
    },
};

use super::{
    engine::{HOUR, Happening, MINUTE, Ms, Pid, SECOND, World},
    world::{State, server_time},
};

/// How long a process may take to learn the time, once it can.
pub const KNOWS_TIME_WITHIN: Ms = 10 * MINUTE;
/// How wrong a session may be about the time: by what its clock has drifted since its last call, and no more.
const MOST_BESIDE: Ms = 5 * MINUTE;

impl State {
    /// A person comes and sees to what only a person can.
    pub fn heal(&mut self) {
        self.operators = self.users.iter().map(|user| user.password).collect();
        let now = self.now();
        for machine in &mut self.machines {
            machine.boot_ms += (machine.boot_still - now).max(0);
            machine.boot_still = machine.boot_still.min(now);
        }
        for place in 0..self.places.len() {
            let of = &mut self.places[place];
            of.doom = None;
            if of.thaw > now {
                of.slept -= of.thaw - now;
                of.thaw = now;
            }
            let who = Pid { place, life: of.life };
            self.engine.wake_all_of(who);
            if of.running {
                if of.session.as_ref().is_some_and(|session| is_stopped(&session.view())) {
                    self.engine.after(0, Happening::Close(place));
                }
            } else {
                self.engine.after(0, Happening::Start(place));
            }
        }
    }

    /// What must be well again after a storm.
    pub fn reckon(&mut self, storm: u32, wholly: bool) {
        // Lives so short that twelve renewals an hour cannot bridge it leave gaps in peace, too.
        let gaps = self.plan.life < 8 * MINUTE;
        if gaps || self.weather.storm || self.weather.number != storm {
            return;
        }
        let healed = self.stopped_until() + self.patience();
        if healed > self.now() {
            let again = if wholly {
                Happening::ReckonState(storm)
            } else {
                Happening::Reckon(storm)
            };
            return self.engine.at(healed, again);
        }
        for place in 0..self.places.len() {
            let of = &self.places[place];
            let Some(session) = of
                .session
                .clone()
                .filter(|_| of.running && of.started < self.now() - 60 * MINUTE)
            else {
                continue;
            };
            let view = session.view();
            if is_stopped(&view) {
                self.engine.after(0, Happening::Close(place));
                continue;
            }
            // Another process has a newer token, and this one reads it in a moment.
            let follows = view.record.generation < self.shared_stores[of.store].generation;
            if follows || is_renewed_right_now(&view, server_time(self.now())) || self.is_used_up(&view) {
                return self.engine.after(5 * SECOND, Happening::ReckonState(storm));
            }
            let now = server_time(self.now());
            let good = view.record.good_token(now).is_some();
            if !good || (wholly && view.state(now) != Fares::Active) {
                let text = format!("process {place} is {:?}, because {:?}", view.state(now), view.decision);
                self.fail("back to active", &text);
            }
        }
        // A session that another manager's login has closed is seen to be closed when its token is due at the latest. One that
        // an eviction stops then waits for the person, as it should: there is no peace before he has come.
        let is_seen_at = self.disturbed_at + self.plan.life + HOUR;
        if wholly && self.now() < is_seen_at {
            return self.engine.at(is_seen_at, Happening::ReckonState(storm));
        }
        self.peace |= wholly;
    }

    /// Whether the renewals of an hour are used up for a while: those that several bots ask for, and probes for a permission that was
    /// withdrawn, add to those that are due.
    fn is_used_up(&self, view: &View) -> bool {
        let hold = view.hold();
        (self.plan.bots > 1 || self.plan.permissions().change())
            && self.plan.life < 12 * MINUTE
            && hold.is_some_and(|hold| matches!(hold.why, HoldReason::RenewalQuota | HoldReason::ProbeQuota))
    }
}

/// Some minutes after a storm, whoever has run for as long knows the time, whatever its clock says and whatever it waits for.
pub fn reckon_time(world: &World, storm: u32) {
    let running: Vec<_> = {
        let state = world.lock();
        if state.plan.clock_faults || state.weather.storm || state.weather.number != storm {
            return;
        }
        let long_enough = state.now() - KNOWS_TIME_WITHIN;
        let places = state.places.iter().enumerate();
        let running = places.filter(|(_, of)| of.running && !of.closing && of.started <= long_enough);
        running.map(|(place, of)| Pid { place, life: of.life }).collect()
    };
    for who in running {
        let ahead = world.ahead(who);
        if ahead.abs() > MOST_BESIDE {
            world.lock().fail("time known", &format!("{who:?} is {ahead} ms ahead"));
        }
    }
}

/// Whether another process has begun a renewal within the last second: it is over, or adopted, in a moment.
fn is_renewed_right_now(view: &View, now: Timestamp) -> bool {
    let Decision::Serve { held: Some(hold), .. } = view.decision else {
        return false;
    };
    hold.why == HoldReason::BackOff && view.record.renewal.failures == 0 && hold.until <= later(now, LEAST_GAP)
}

/// Stopped by what only a person may undo.
fn is_stopped(view: &View) -> bool {
    matches!(
        view.decision,
        Decision::Stop {
            why: StopReason::Contended | StopReason::Evicted,
            ..
        }
    )
}
