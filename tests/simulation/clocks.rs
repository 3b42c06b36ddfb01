//! Processes that are stopped, machines that sleep, and clocks that somebody sets.

use super::{
    engine::{Happening, MINUTE, Ms, Pid, SECOND},
    world::State,
};

impl State {
    /// A process is stopped, or its whole machine sleeps.
    pub fn freeze(&mut self, place: usize) {
        let time = match self.rng.u32(0..3) {
            0 => self.rng.i64(0..MINUTE),
            1 => self.rng.i64(0..10 * MINUTE),
            _ => self.rng.i64(0..120 * MINUTE),
        };
        let machine = self.places[place].machine;
        let whole = self.rng.bool();
        let mut frozen = Vec::new();
        let now = self.now();
        if whole && self.rng.bool() {
            // The boot clock of some systems stands still.
            let machine = &mut self.machines[machine];
            let still = now + time;
            machine.boot_ms -= (still - machine.boot_still.max(now)).max(0);
            machine.boot_still = machine.boot_still.max(still);
        }
        for (i, other) in self.places.iter_mut().enumerate() {
            if i == place || (whole && other.machine == machine) {
                let more = now + time - other.thaw.max(now);
                if more > 0 {
                    other.slept += more;
                    other.thaw = now + time;
                    frozen.push(Pid {
                        place: i,
                        life: other.life,
                    });
                }
            }
        }
        // A lease with a limit runs out meanwhile.
        for (shelf, of) in self.shared_stores.iter().enumerate() {
            let lapses = self.plan.lease_ms > 0;
            if let Some((_, number)) = of.holder.filter(|holder| lapses && frozen.contains(&holder.0)) {
                self.engine.after(self.plan.lease_ms, Happening::Free(shelf, number));
            }
        }
        self.figures.sleeps += 1;
        self.tell(|| format!("process {place} sleeps for {} s, whole machine: {whole}", time / SECOND));
    }

    /// All machines are started anew with clocks that are hours ahead.
    pub fn set_clocks_ahead(&mut self) {
        for machine in 0..self.machines.len() {
            let ahead = self.rng.i64(180 * MINUTE..480 * MINUTE);
            self.set_clock_of(machine, ahead, true);
        }
    }

    /// All clocks are set right, while no process runs.
    pub fn set_clocks_right(&mut self) {
        for machine in 0..self.machines.len() {
            let (beside, starts_anew) = (self.rng.i64(-300..300), self.rng.bool());
            self.set_clock_of(machine, beside, starts_anew);
        }
    }

    /// A machine's clock is set, and perhaps it is started anew.
    pub fn set_clock_between(&mut self, place: usize) {
        let machine = self.places[place].machine;
        let wall_ms = match self.rng.u32(0..4) {
            0 | 1 => self.rng.i64(-300..300),
            2 => self.rng.i64(-120 * MINUTE..120 * MINUTE),
            _ => self.rng.i64(-480 * MINUTE..480 * MINUTE),
        };
        let starts_anew = self.rng.bool();
        self.set_clock_of(machine, wall_ms, starts_anew);
    }

    /// All processes of a machine are ended; its clock is set, and it is started anew or not, before any runs again.
    fn set_clock_of(&mut self, machine: usize, wall_ms: Ms, starts_anew: bool) {
        for other in 0..self.places.len() {
            if self.places[other].machine == machine {
                self.kill_if_running(other);
            }
        }
        let now = self.now();
        let of = &mut self.machines[machine];
        of.wall_ms = wall_ms;
        if starts_anew {
            of.boot_ms = -now - now / 1_000_000 * of.boot_ppm;
            of.boot_still = now;
            of.boots += 1;
        }
        self.figures.clock_jumps += 1;
        self.tell(|| {
            format!(
                "the clock of machine {machine} is set to {} s beside, started anew: {starts_anew}",
                wall_ms / SECOND
            )
        });
    }

    /// A wall clock is set while processes run.
    pub fn set_clock(&mut self, place: usize) {
        let by = match self.rng.u32(0..3) {
            0 => self.rng.i64(-5 * SECOND..5 * SECOND),
            1 => self.rng.i64(-30 * MINUTE..30 * MINUTE),
            _ => self.rng.i64(-180 * MINUTE..180 * MINUTE),
        };
        let machine = self.places[place].machine;
        self.machines[machine].wall_ms += by;
        self.figures.clock_jumps += 1;
        self.tell(|| format!("the wall clock of machine {machine} is set by {} s", by / SECOND));
    }
}
