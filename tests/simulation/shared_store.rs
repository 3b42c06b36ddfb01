//! A store that processes share, and everything that can go wrong with one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures_util::{FutureExt, future::BoxFuture};
use tradovate_session::{
    error::{Error, ErrorKind},
    session::token::Generation,
    store::{Damage, Entry, Lease, LeaseHandle, Revision, Store, revision_of},
};

use super::{
    engine::{For, Happening, Ms, Pid, SECOND, World},
    oracle::Known,
    world::{State, server_time},
};

/// One login's record, and who may change it.
#[derive(Default)]
pub struct SharedStore {
    entry: Option<Entry>,
    /// What is known to whoever reads it.
    pub known: Known,
    /// The entry before, to which a lost write falls back.
    before: Option<Entry>,
    pub holder: Option<(Pid, u32)>,
    leases: u32,
    /// Whether it lapses during the next auth call.
    pub lapses: bool,
    /// Whether the holder of the lease has read the record since it got it, and written its call into it.
    pub read_by_holder: bool,
    pub noted: bool,
    /// When what is stored became unreadable.
    damaged: Option<Ms>,
    pub generation: Generation,
    pub written_at: Ms,
    /// Whether it ever failed in a way that makes processes forget.
    pub forgets: bool,
    /// Whether it ever lost a write that it had confirmed.
    pub falls_back: bool,
    /// When a renewal last showed that an endpoint's refusals are its own.
    pub confirmed: BTreeMap<(String, bool), Ms>,
    /// When a process of it was last killed.
    pub died_at: Option<Ms>,
    /// What clocks were put forward, and how far ahead of true time its latest caller believed to be.
    pub stretch: Ms,
    pub believed: Option<Ms>,
}

/// A process' hand on a store.
pub struct Reach {
    pub world: Arc<World>,
    pub who: Pid,
    pub shelf: usize,
    /// The stored revision that its session has seen.
    pub seen: Mutex<Revision>,
}

struct Held {
    world: Arc<World>,
    who: Pid,
    shelf: usize,
    number: u32,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.world.lock();
        let wait = if state.alive(self.who) { 0 } else { state.plan.lease_ms };
        if wait == 0 {
            state.free(self.shelf, self.number);
        } else {
            state.engine.after(wait, Happening::Free(self.shelf, self.number));
        }
    }
}

impl LeaseHandle for Held {
    fn is_held(&self) -> bool {
        let holder = self.world.lock().shared_stores[self.shelf].holder;
        holder == Some((self.who, self.number))
    }
}

impl SharedStore {
    pub fn revision(&self) -> Option<Revision> {
        self.entry.as_ref().map(|entry| entry.revision)
    }
}

fn last_failure(what: &str) -> Error {
    Error::new(ErrorKind::Store, what)
}

impl Reach {
    /// A step of the store takes its time.
    async fn delay(&self) {
        let time = self.world.step(self.who, |state| {
            let most = state.plan.store_ms;
            if most > 0 && state.rng.bool() {
                state.rng.i64(0..=most)
            } else {
                0
            }
        });
        if time > 0 {
            self.world.sleep(self.who, time).await;
        }
    }

    fn revision(state: &State, shelf: usize) -> Revision {
        state.shared_stores[shelf].revision().unwrap_or_default()
    }
}

impl Store for Reach {
    fn lease<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        Box::pin(async move {
            self.delay().await;
            if self.world.step(self.who, State::store_fails) {
                return Err(last_failure("the lease cannot be had"));
            }
            let (who, shelf) = (self.who, self.shelf);
            let number = self
                .world
                .wait(who, For::Lease(shelf), None, move |state| state.take(who, shelf))
                .await;
            let held = Held {
                world: self.world.clone(),
                who,
                shelf,
                number,
            };
            Ok(Lease::of(held))
        })
    }

    fn read<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            self.delay().await;
            self.world
                .step(self.who, |state| state.read(self.who, self.shelf, &self.seen))
        })
    }

    fn write<'a>(
        &'a self,
        _: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            // What is learned from now on is not in the entry.
            let known = self
                .world
                .step(self.who, |state| state.places[self.who.place].known.clone());
            self.delay().await;
            let ahead = self.world.ahead(self.who);
            let held = lease.is_held();
            self.world.step(self.who, |state| {
                state.believe(self.who, ahead);
                let revision = entry.revision;
                let held = held.then_some(known);
                let written = state.write(self.who, self.shelf, entry, before, held);
                if state.shared_stores[self.shelf].revision() == Some(revision) {
                    *self.seen.lock().unwrap() = revision;
                }
                written
            })
        })
    }

    fn damaged<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Damage>, Error>> {
        Box::pin(async move {
            let ahead = self.world.ahead(self.who);
            self.world.step(self.who, |state| {
                state.believe(self.who, ahead);
                // Files are dated by their machine's clock.
                let at = state.shared_stores[self.shelf].damaged?;
                let (wall_ms, _) = state.off(self.who);
                let at = server_time(at + wall_ms);
                Some(Damage { at, before: None })
            })
        })
        .map(Ok)
        .boxed()
    }

    fn changed<'a>(&'a self, _: &'a str, seen: Revision) -> BoxFuture<'a, ()> {
        let tells = self.world.lock().plan.tells;
        if !tells {
            return Box::pin(std::future::pending());
        }
        let shelf = self.shelf;
        Box::pin(self.world.wait(self.who, For::Change(shelf), None, move |state| {
            (Self::revision(state, shelf) != seen).then_some(())
        }))
    }
}

impl State {
    pub fn store_fails(&mut self) -> bool {
        let fails = self.weather.store_errors > 0.0 && self.rng.f64() < self.weather.store_errors;
        self.figures.store_faults += u64::from(fails);
        fails
    }

    fn take(&mut self, who: Pid, shelf: usize) -> Option<u32> {
        let shelf = &mut self.shared_stores[shelf];
        if shelf.holder.is_some() {
            return None;
        }
        shelf.leases += 1;
        shelf.holder = Some((who, shelf.leases));
        (shelf.read_by_holder, shelf.noted) = (false, false);
        Some(shelf.leases)
    }

    pub fn free(&mut self, shelf: usize, number: u32) {
        let holder = self.shared_stores[shelf].holder.filter(|holder| holder.1 == number);
        if let Some((who, _)) = holder {
            for flight in self.under_way.iter_mut().flatten().filter(|flight| flight.who == who) {
                flight.lapsed = true;
            }
            self.shared_stores[shelf].holder = None;
            self.engine.wake_for(For::Lease(shelf));
        }
    }

    fn read(&mut self, who: Pid, shelf: usize, seen: &Mutex<Revision>) -> Result<Option<Entry>, Error> {
        let holds = self.shared_stores[shelf].holder.is_some_and(|holder| holder.0 == who);
        if self.store_fails() {
            self.tell(|| format!("process {} cannot read", who.place));
            return Err(last_failure("reading failed"));
        }
        let of = &mut self.shared_stores[shelf];
        if holds {
            of.read_by_holder = true;
        }
        let revision = revision_of(of.entry.as_ref());
        if std::mem::replace(&mut *seen.lock().unwrap(), revision) != revision {
            self.places[who.place].known.merge(&of.known);
            self.tell(|| format!("process {} reads revision {revision}", who.place));
        }
        Ok(self.shared_stores[shelf].entry.clone())
    }

    /// Writes an entry under a lease that is still held. Whoever reads it knows what its writer did.
    fn write(
        &mut self,
        who: Pid,
        shelf: usize,
        entry: Entry,
        before: Revision,
        held: Option<Known>,
    ) -> Result<bool, Error> {
        let fails = self.store_fails();
        self.shared_stores[shelf].noted = false;
        if fails && self.rng.bool() {
            self.tell(|| format!("process {} cannot write", who.place));
            return Err(last_failure("the disk is full"));
        }
        let lost = self.weather.lost_writes > 0.0 && self.rng.f64() < self.weather.lost_writes;
        let now = self.now();
        let generation = generation_in(entry.text.expose());
        let of = &mut self.shared_stores[shelf];
        let Some(known) = held.filter(|_| revision_of(of.entry.as_ref()) == before) else {
            return Ok(false);
        };
        of.damaged = None;
        if generation < of.generation {
            let text = format!("{who:?} writes {generation} over {}", of.generation);
            self.fail("generation", &text);
        }
        let of = &mut self.shared_stores[shelf];
        if generation != of.generation {
            (of.generation, of.written_at) = (generation, now);
        }
        let revision = entry.revision;
        of.before = of.entry.replace(entry);
        of.known = known;
        of.noted = !fails;
        self.store_shown(who);
        self.mislead(who, shelf);
        self.tell(|| {
            format!(
                "process {} writes revision {revision}, generation {generation}, confirmed: {}",
                who.place, !fails
            )
        });
        if lost {
            self.lose_write(shelf);
        }
        self.engine.wake_for(For::Change(shelf));
        if fails {
            return Err(last_failure("the answer of the store was lost"));
        }
        Ok(true)
    }

    /// A clock that was set back while it was running, or that nobody could tell the time, cuts short what lies ahead of it.
    fn mislead(&mut self, who: Pid, shelf: usize) {
        if self.lag(who) > 30 * SECOND {
            let places = self.places.iter_mut().filter(|place| place.store == shelf);
            let all = places.map(|place| &mut place.known);
            for known in all.chain([&mut self.shared_stores[shelf].known]) {
                (known.denied, known.blind) = (None, None);
            }
        }
    }

    /// A write that was confirmed is gone again.
    fn lose_write(&mut self, shelf: usize) {
        self.figures.store_faults += 1;
        self.tell(|| format!("store {shelf} loses its latest write"));
        // Revisions are given twice from now on: nobody can tell any more what was confirmed.
        for place in self.places.iter_mut().filter(|place| place.store == shelf) {
            place.known = Known {
                // Whoever has renewed a token takes its refusal for no eviction, whatever the store says.
                extended: std::mem::take(&mut place.known.extended),
                ..Known::default()
            };
        }
        let of = &mut self.shared_stores[shelf];
        (of.forgets, of.noted, of.falls_back) = (true, false, true);
        of.known = Known::default();
        match of.before.take() {
            Some(entry) => {
                of.generation = generation_in(entry.text.expose());
                of.entry = Some(entry);
            }
            None => self.wipe(shelf),
        }
    }

    /// What is stored becomes unreadable, or is gone.
    pub fn spoil(&mut self, shelf: usize, wipes: bool) {
        self.figures.store_faults += 1;
        self.tell(|| format!("store {shelf} is spoilt, at once: {wipes}"));
        let now = self.now();
        self.shared_stores[shelf].damaged = (!wipes).then_some(now);
        self.wipe(shelf);
    }

    fn wipe(&mut self, shelf: usize) {
        let of = &mut self.shared_stores[shelf];
        (of.entry, of.before, of.known) = (None, None, Known::default());
        (of.generation, of.forgets, of.noted) = (Generation::default(), true, false);
        of.written_at = -SECOND;
        self.engine.wake_for(For::Change(shelf));
    }
}

fn generation_in(text: &str) -> Generation {
    let rest = text.split_once("\"generation\":").map_or("", |(_, rest)| rest);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse::<u64>().unwrap_or_default().into()
}
