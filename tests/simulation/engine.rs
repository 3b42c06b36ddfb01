//! Simulated time: what happens when, and how the code under test waits for it.
//!
//! Everything that a session waits for ends up in one list of moments. A process can be frozen (its machine sleeps) or
//! crash: then whatever it waits for unwinds at its await, as if the process had been killed there.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    panic::resume_unwind,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{
    ledger::Page,
    world::{State, true_time},
};

/// Milliseconds of true time since the start of the world.
pub type Ms = i64;
pub const SECOND: Ms = 1_000;
pub const MINUTE: Ms = 60 * SECOND;
pub const HOUR: Ms = 60 * MINUTE;
pub const DAY: Ms = 24 * HOUR;
pub const YEAR: Ms = 365 * DAY + 6 * HOUR;

/// So many steps without time passing mean that something spins.
const SPINNING: u32 = 20_000;

/// One life of a process: a restart is another one in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pid {
    pub place: usize,
    pub life: u32,
}

/// What is going to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    /// Somebody has waited long enough.
    Wake(Key),
    /// A request reaches Tradovate.
    Arrive(usize),
    /// The answer to a request reaches its sender.
    Deliver(usize),
    /// A process starts in this place.
    Start(usize),
    /// A process is closed by its owner, and starts again some time later.
    Close(usize),
    /// A dead process' lease of this store, by its number, is freed.
    Free(usize, u32),
    /// A told host is retired.
    Retire(usize),
    /// Answers name another host, and the first one sends all calls but those for tokens there.
    Replace,
    /// The weather turns.
    Turn,
    /// Something strikes, as long as this storm lasts.
    Strike(u32),
    /// Whoever ran at the end of this storm must know the time by now.
    ReckonTime(u32),
    /// What this storm left behind must be healed by now.
    Reckon(u32),
    /// The same, for sessions that were still in doubt until their token was due.
    ReckonState(u32),
}

/// Who waits, in the list of those that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    index: u32,
    turn: u32,
}

/// What somebody waits for besides time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Time,
    Alarm,
    Lease(usize),
    Change(usize),
    Reply(usize),
    Ledger(Page),
}

struct Waiting {
    waker: Waker,
    who: Pid,
    what: For,
}

/// The list of moments, and of those who wait.
#[derive(Default)]
pub struct Engine {
    pub now: Ms,
    agenda: BinaryHeap<Reverse<(Ms, u64, Happening)>>,
    numbers: u64,
    waiting: Vec<(u32, Option<Waiting>)>,
    free: Vec<u32>,
    steps: u32,
}

impl Engine {
    pub fn at(&mut self, when: Ms, what: Happening) {
        self.numbers += 1;
        self.agenda.push(Reverse((when.max(self.now), self.numbers, what)));
    }

    pub fn after(&mut self, wait: Ms, what: Happening) {
        self.at(self.now + wait, what);
    }

    /// The next thing to happen, with the clock moved to its moment.
    pub fn next(&mut self, end: Ms) -> Option<Happening> {
        let Reverse((when, _, what)) = self.agenda.pop()?;
        if when > end {
            return None;
        }
        if when > self.now {
            self.steps = 0;
        }
        self.now = when;
        Some(what)
    }

    /// Counts a step; answers whether too many were made without time passing.
    pub fn spins(&mut self) -> bool {
        self.steps += 1;
        self.steps > SPINNING
    }

    pub fn wake(&mut self, key: Key) {
        if let Some((turn, Some(waiting))) = self.waiting.get(key.index as usize)
            && *turn == key.turn
        {
            waiting.waker.wake_by_ref();
        }
    }

    pub fn wake_for(&mut self, what: For) {
        self.wake_where(|waiting| waiting.what == what);
    }

    pub fn wake_all_of(&mut self, who: Pid) {
        self.wake_where(|waiting| waiting.who == who);
    }

    fn wake_where(&mut self, wanted: impl Fn(&Waiting) -> bool) {
        let waiting = self.waiting.iter().filter_map(|(_, waiting)| waiting.as_ref());
        let mut found: Vec<_> = waiting.filter(|waiting| wanted(waiting)).collect();
        // Not in the order of the list: two tasks of a process that end together leave their entries in any order.
        found.sort_by_key(|waiting| waiting.who.place);
        for waiting in found {
            waiting.waker.wake_by_ref();
        }
    }

    fn park(&mut self, waiting: Waiting) -> Key {
        let index = self.free.pop().unwrap_or_else(|| {
            self.waiting.push((0, None));
            u32::try_from(self.waiting.len() - 1).unwrap()
        });
        let slot = &mut self.waiting[index as usize];
        slot.1 = Some(waiting);
        Key { index, turn: slot.0 }
    }

    fn unpark(&mut self, key: Key) {
        let slot = &mut self.waiting[key.index as usize];
        if slot.0 == key.turn {
            *slot = (slot.0 + 1, None);
            self.free.push(key.index);
        }
    }
}

/// The whole world, shared by everything in it.
pub struct World {
    state: Mutex<State>,
}

/// What unwinds through a process that crashes. It is no panic: no hook sees it.
struct Crash;

pub fn crash() -> ! {
    resume_unwind(Box::new(Crash))
}

/// Whether a process may run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Run,
    /// Its machine sleeps until then.
    Frozen(Ms),
    Dead,
}

impl World {
    pub fn new(state: State) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far ahead of true time a process believes to be.
    pub fn ahead(&self, who: Pid) -> Ms {
        let session = self.lock().places[who.place].session.clone();
        let believed = session.map(|session| true_time(session.clock().now()));
        let now = self.lock().now();
        believed.map_or(0, |believed| believed - now)
    }

    /// One step of a process' work; does not come back if the process is dead, or dies here.
    pub fn step<T>(&self, who: Pid, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let dead = state.dies_before(who);
        if !dead {
            let done = act(&mut state);
            if !state.dies_after(who) {
                return done;
            }
        }
        drop(state);
        crash();
    }

    /// Waits as a process: until `ready` answers, which is asked at `due` (by the process' own count of time, which stands
    /// still while its machine sleeps) and whenever what it waits for happens.
    pub fn wait<T, F>(self: &Arc<Self>, who: Pid, what: For, due: Option<Ms>, ready: F) -> Parked<F>
    where
        F: FnMut(&mut State) -> Option<T> + Unpin,
    {
        Parked {
            world: self.clone(),
            who,
            what,
            due,
            ready,
            key: None,
        }
    }

    /// Sleeps as a process.
    pub fn sleep(self: &Arc<Self>, who: Pid, time: Ms) -> impl Future<Output = ()> + Send + 'static {
        let due = self.lock().awake(who) + time;
        self.wait(who, For::Time, Some(due), move |state| {
            (state.awake(who) >= due).then_some(())
        })
    }

    /// Sleeps a slice of a calm time. A storm ends it: slices are short then, as they always are outside the simulation.
    pub fn sleep_in_calm(self: &Arc<Self>, who: Pid, time: Ms) -> impl Future<Output = ()> + Send + 'static {
        let (due, begun) = {
            let state = self.lock();
            (state.awake(who) + time, state.now())
        };
        self.wait(who, For::Time, Some(due), move |state| {
            let ended = state.weather.storm && state.weather.since >= begun;
            (ended || state.awake(who) >= due).then_some(())
        })
    }
}

/// See [`World::wait`].
pub struct Parked<F> {
    world: Arc<World>,
    who: Pid,
    what: For,
    due: Option<Ms>,
    ready: F,
    key: Option<Key>,
}

impl<T, F: FnMut(&mut State) -> Option<T> + Unpin> Future for Parked<F> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        let world = this.world.clone();
        let mut state = world.lock();
        if let Some(key) = this.key.take() {
            state.engine.unpark(key);
        }
        let look_at = match state.admit(this.who) {
            Admission::Dead => {
                drop(state);
                crash();
            }
            Admission::Frozen(thaw) => Some(thaw),
            Admission::Run => {
                if let Some(done) = (this.ready)(&mut state) {
                    return Poll::Ready(done);
                }
                this.due.map(|due| due + state.slept(this.who))
            }
        };
        let waiting = Waiting {
            waker: context.waker().clone(),
            who: this.who,
            what: this.what,
        };
        let key = state.engine.park(waiting);
        this.key = Some(key);
        if let Some(when) = look_at {
            state.engine.at(when, Happening::Wake(key));
        }
        Poll::Pending
    }
}

impl<F> Drop for Parked<F> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.world.lock().engine.unpark(key);
        }
    }
}
