//! One simulated world: a user at Tradovate, its processes and their machines, the stores, and what is known of them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, LazyLock},
};

use fastrand::Rng;
use jiff::Timestamp;
use tradovate_session::{
    clock::{Reading, timestamp},
    session::{MaxLogins, Session, token::Generation},
};

use super::{
    calls::{Penalties, Sent, Sight},
    engine::{Admission, Engine, Happening, MINUTE, Ms, Pid},
    faults::Weather,
    figures::Figures,
    hosts::Hosts,
    ledger::{Ledgers, Notes},
    needless::Probes,
    oracle::Known,
    plan::{Plan, Theme},
    shared_store::SharedStore,
    tradovate::{Address, Tradovate},
    wire::Flight,
};

/// Lines of what happened last that are kept for a failure.
const REMEMBERED: usize = 600;

/// True time zero.
pub const EPOCH_MS: i64 = 1_893_456_000_000;

/// A place where a process runs, life after life.
#[derive(Default)]
pub struct Place {
    pub life: u32,
    pub running: bool,
    pub session: Option<Arc<Session>>,
    /// Its owner has closed it, and it ends.
    pub closing: bool,
    pub store: usize,
    pub machine: usize,
    pub started: Ms,
    /// Until when it is frozen, and for how long it ever was.
    pub thaw: Ms,
    pub slept: Ms,
    /// The step at which it dies, and whether that step still takes effect.
    pub doom: Option<(u32, bool)>,
    /// What this life knows.
    pub known: Known,
    pub penalties: Penalties,
    pub notes: Notes,
    pub probes: Probes,
    /// The highest generation that this life has shown.
    pub generation: Generation,
    /// When it last called a host that is gone.
    pub astray: Ms,
    /// How its machine's two clocks differed from true time when an answer last told it the time.
    pub sampled: Option<(Ms, Ms)>,
    /// The credentials that it was given last, and when by its own count of time; none while it waits for others, or where there were none.
    pub given: Option<(u32, Ms)>,
    /// How many sessions were opened.
    pub openings: u32,
}

/// A machine's clocks, as they differ from true time.
#[derive(Debug, Default, Clone, Copy)]
pub struct Machine {
    pub wall_ms: Ms,
    pub boot_ms: Ms,
    /// Until when the boot clock stands still.
    pub boot_still: Ms,
    pub wall_ppm: i64,
    pub boot_ppm: i64,
    /// How often it was started.
    pub boots: u32,
}

/// Everything.
pub struct State {
    pub engine: Engine,
    pub plan: Plan,
    pub rng: Rng,
    pub weather: Weather,
    pub users: Vec<Tradovate>,
    /// Of each machine.
    pub addresses: Vec<Address>,
    pub ledgers: Ledgers,
    pub hosts: Hosts,
    pub machines: Vec<Machine>,
    pub places: Vec<Place>,
    pub shared_stores: Vec<SharedStore>,
    pub under_way: Vec<Option<Flight>>,
    /// Stops that calls of bots were told of, which have not come back yet.
    pub sights: VecDeque<Sight>,
    /// The end of every stop that anybody has learned of.
    pub stop_learned: Ms,
    /// The longest stop that was noted by a clock that was ahead: it may count anew when that clock is set right.
    pub stop_ahead: Ms,
    /// Tokens that somebody was told 401 of where the user lacks a permission.
    pub denied: Vec<u64>,
    /// Tokens that somebody was told 401 of where he lacks none, or where he had another answer before: as a rule their session is
    /// closed.
    pub disowned: Vec<u64>,
    /// Withdrawals of permissions, by their turn, that have cost the processes of a store a login.
    pub withdrawals: BTreeSet<(usize, Ms)>,
    /// What users lack the permission for, and somebody had another answer of all the same.
    pub answered_wrongly: BTreeSet<(bool, u8)>,
    /// What a storm did is healed, and no other has come since.
    pub peace: bool,
    /// When two managers of one user, which share no store, last disturbed each other.
    pub disturbed_at: Ms,
    /// Numbers for requests, and how often which was seen.
    pub numbers: u64,
    pub sent: VecDeque<Sent>,
    /// Tickets of bots' calls, and when each is due.
    pub call_tickets: VecDeque<(u64, Ms)>,
    /// Tickets that were sent.
    pub tickets: Vec<u64>,
    /// Tokens that a renewal was refused with since they were granted.
    pub refused: Vec<u64>,
    /// When each login ended, by its number and by true time; when it was sent, until it has.
    pub logins_ended: BTreeMap<u64, Ms>,
    /// The version of each user's password that the operator knows.
    pub operators: Vec<u32>,
    pub figures: Figures,
    pub failure: Option<String>,
    pub trace: Option<VecDeque<String>>,
}

impl State {
    pub fn new(seed: u64, trace: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let plan = Plan::draw(&mut rng);
        Self::of(plan, rng, trace)
    }

    pub fn of(plan: Plan, mut rng: Rng, trace: bool) -> Self {
        let machines = (0..plan.machines).map(|_| plan.machine(&mut rng)).collect();
        let places = (0..plan.processes * plan.stores).map(|i| Place {
            store: i % plan.stores,
            machine: i % plan.machines,
            ..Place::default()
        });
        Self {
            engine: Engine::default(),
            weather: Weather::calm(&plan),
            users: (0..plan.users).map(|user| Tradovate::new(&plan, user)).collect(),
            addresses: (0..plan.machines).map(|_| Address::default()).collect(),
            ledgers: Ledgers::default(),
            hosts: Hosts::new(plan.proxied),
            machines,
            places: places.collect(),
            shared_stores: (0..plan.stores).map(|_| SharedStore::default()).collect(),
            under_way: Vec::new(),
            sights: VecDeque::new(),
            stop_learned: 0,
            stop_ahead: 0,
            denied: Vec::new(),
            disowned: Vec::new(),
            withdrawals: BTreeSet::new(),
            answered_wrongly: BTreeSet::new(),
            peace: false,
            disturbed_at: Ms::MIN / 4,
            numbers: 0,
            sent: VecDeque::new(),
            refused: Vec::new(),
            logins_ended: BTreeMap::new(),
            call_tickets: VecDeque::new(),
            tickets: Vec::new(),
            operators: vec![1; plan.users],
            figures: Figures::default(),
            failure: None,
            trace: trace.then(VecDeque::new),
            plan,
            rng,
        }
    }

    pub fn now(&self) -> Ms {
        self.engine.now
    }

    /// Notes what happens, if somebody will read it.
    pub fn tell(&mut self, what: impl FnOnce() -> String) {
        let now = self.engine.now;
        if let Some(trace) = &mut self.trace {
            if trace.len() == REMEMBERED {
                trace.pop_front();
            }
            trace.push_back(format!("{} {}", time(now), what()));
        }
    }

    /// An invariant does not hold. The first one counts.
    pub fn fail(&mut self, invariant: &'static str, what: &str) {
        if self.failure.is_none() && !disregarded(invariant) {
            self.failure = Some(format!("[{invariant}] at {}: {what}", time(self.engine.now)));
        }
    }

    /// The user at Tradovate that a process is for.
    pub fn user(&self, who: Pid) -> &Tradovate {
        &self.users[self.user_of(who)]
    }

    pub fn user_of(&self, who: Pid) -> usize {
        if self.plan.users > 1 {
            self.places[who.place].store
        } else {
            0
        }
    }

    /// The limit that a process is opened with.
    pub fn budget(&self, place: usize) -> MaxLogins {
        self.plan.max_logins[place / self.plan.stores % 2]
    }

    /// When the first life of a place begins: in a fleet all logins of one process begin at once.
    pub fn start_of(&mut self, place: usize) -> Ms {
        let wait = self.rng.i64(0..20 * MINUTE);
        match self.plan.theme {
            Theme::Fleet if place < self.plan.users => wait / 1_200,
            Theme::Fleet => wait,
            _ => wait / [1, 1_200][place % 2],
        }
    }

    pub fn alive(&self, who: Pid) -> bool {
        let place = &self.places[who.place];
        place.running && place.life == who.life
    }

    pub fn admit(&mut self, who: Pid) -> Admission {
        if self.engine.spins() {
            self.fail("no spinning", &format!("{who:?} works on and on while no time passes"));
            return Admission::Dead;
        }
        let place = &self.places[who.place];
        if !self.alive(who) {
            Admission::Dead
        } else if place.thaw > self.engine.now {
            Admission::Frozen(place.thaw)
        } else {
            Admission::Run
        }
    }

    /// Time by a process' own count, which stands still while it is frozen.
    pub fn awake(&self, who: Pid) -> Ms {
        self.engine.now - self.slept(who)
    }

    pub fn slept(&self, who: Pid) -> Ms {
        self.places[who.place].slept
    }

    /// Counts a step towards a process' death, and answers whether it is dead before the step is made.
    pub fn dies_before(&mut self, who: Pid) -> bool {
        if self.admit(who) == Admission::Dead {
            return true;
        }
        match &mut self.places[who.place].doom {
            Some((0, false)) => {
                self.kill(who.place);
                true
            }
            Some((steps @ 1.., _)) => {
                *steps -= 1;
                false
            }
            _ => false,
        }
    }

    pub fn dies_after(&mut self, who: Pid) -> bool {
        if self.alive(who) && matches!(self.places[who.place].doom, Some((0, true))) {
            self.kill(who.place);
            return true;
        }
        !self.alive(who)
    }

    /// A process is gone, wherever it was, and comes back some time later.
    pub fn kill(&mut self, place: usize) {
        let who = self.end(place);
        let store = self.places[place].store;
        self.shared_stores[store].died_at = Some(self.now());
        self.tell(|| format!("process {place} is killed"));
        self.figures.crashes += 1;
        self.engine.wake_all_of(who);
        let wait = Plan::restart_after(&mut self.rng);
        self.engine.after(wait, Happening::Start(place));
    }

    /// Ends a life; whatever it waits for unwinds.
    pub fn end(&mut self, place: usize) -> Pid {
        let life = self.places[place].life;
        let place_of = &mut self.places[place];
        place_of.running = false;
        place_of.session = None;
        place_of.doom = None;
        self.figures.process_ms += self.engine.now - place_of.started;
        Pid { place, life }
    }

    /// How a machine's wall and boot clocks differ from true time.
    pub fn off(&self, who: Pid) -> (Ms, Ms) {
        let (now, shown) = (self.engine.now, self.reading(who));
        (shown.wall_ms - EPOCH_MS - now, shown.boot_ms - now)
    }

    /// What a machine's clocks show.
    pub fn reading(&self, who: Pid) -> Reading {
        let now = self.engine.now;
        let machine = self.machines[self.places[who.place].machine];
        Reading {
            wall_ms: EPOCH_MS + now + machine.wall_ms + now / 1_000_000 * machine.wall_ppm,
            boot_ms: 1_000 + now + machine.boot_ms + now / 1_000_000 * machine.boot_ppm,
        }
    }
}

/// Whether `TRADOVATE_SIMULATION_WITHOUT` names an invariant, in a list with commas.
fn disregarded(invariant: &str) -> bool {
    static WITHOUT: LazyLock<String> =
        LazyLock::new(|| std::env::var("TRADOVATE_SIMULATION_WITHOUT").unwrap_or_default());
    WITHOUT.split(',').any(|name| name == invariant)
}

/// Tradovate's time.
pub fn server_time(now: Ms) -> Timestamp {
    timestamp(EPOCH_MS + now)
}

/// True time from Tradovate's.
pub fn true_time(at: Timestamp) -> Ms {
    at.as_millisecond() - EPOCH_MS
}

/// A moment, fit to be read.
pub fn time(now: Ms) -> String {
    let (days, rest) = (now / 86_400_000, now % 86_400_000);
    let (hours, minutes, ms) = (rest / 3_600_000, rest / 60_000 % 60, rest % 60_000);
    format!("{days}d {hours:02}:{minutes:02}:{:06.3}", ms as f64 / 1_000.0)
}
