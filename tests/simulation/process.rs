//! Processes: what their sessions work with, and how they start and are closed.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tradovate_session::{
    api::{Credentials, Environment, Origin},
    clock::{Clock, Reading, ServerClock, timestamp},
    error::{Error, ErrorKind},
    secret::Secret,
    session::{
        CredentialsSource, Deps, Limits, Random, Session, Settings, events::EventQueue, ledger::Ledger,
        token::Generation,
    },
};

use super::{
    bots::{TIMEOUT, bots},
    calls::Penalties,
    engine::{HOUR, Happening, MINUTE, Ms, Pid, SECOND, World},
    hosts::PROXY,
    ledger::{Book, Notes},
    needless::Probes,
    oracle::Known,
    plan::{Plan, Theme},
    shared_store::Reach,
    wire::Line,
    world::{Place, State},
};

/// No call, lease or store is waited for as long as this; only for what a record says.
const LONGEST_STEP: Ms = 2 * MINUTE;

/// A process' clocks, random and source of credentials.
struct Machine {
    world: Arc<World>,
    who: Pid,
}

impl Clock for Machine {
    fn wall(&self) -> Timestamp {
        timestamp(self.reading().wall_ms)
    }

    fn boot(&self) -> Duration {
        Duration::from_millis(self.reading().boot_ms.unsigned_abs())
    }

    fn reading(&self) -> Reading {
        self.world.lock().reading(self.who)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let time = Ms::try_from(time.as_nanos().div_ceil(1_000_000))
            .unwrap_or(Ms::MAX / 4)
            .min(Ms::MAX / 4);
        if time > LONGEST_STEP {
            return Box::pin(self.world.sleep_in_calm(self.who, time));
        }
        Box::pin(self.world.sleep(self.who, time))
    }

    fn slice(&self) -> Duration {
        let state = self.world.lock();
        let slice = if state.weather.storm {
            30 * SECOND
        } else {
            state.plan.calm_slice
        };
        Duration::from_millis(slice.unsigned_abs())
    }
}

impl Random for Machine {
    fn unit(&self) -> f64 {
        self.world.lock().rng.f64()
    }

    fn number(&self) -> u64 {
        self.world.lock().rng.u64(..)
    }
}

impl CredentialsSource for Machine {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(async {
            let late = self.world.step(self.who, |state| {
                state.places[self.who.place].given = None;
                let is_slow = state.rng.f64() < state.weather.credentials_fail;
                is_slow.then(|| state.rng.i64(0..LONGEST_STEP))
            });
            if let Some(late) = late {
                self.world.sleep(self.who, late).await;
            }
            let told = self.world.step(self.who, |state| {
                let fails = state.rng.f64() < state.weather.credentials_fail;
                (!fails).then(|| state.give(self.who))
            });
            told.ok_or_else(|| Error::new(ErrorKind::Config, "the vault is sealed"))
        })
    }
}

impl State {
    /// The credentials that the operator of a process knows now.
    fn give(&mut self, who: Pid) -> Credentials {
        let user = self.user_of(who);
        let version = self.operators[user];
        self.places[who.place].given = Some((version, self.awake(who)));
        Credentials {
            name: format!("user{user}"),
            password: Secret::new(format!("w{version}")),
            app_id: None,
            app_version: None,
            device_id: None,
            cid: None,
            sec: None,
        }
    }
}

/// Starts a process, if none runs there.
pub fn start(world: &Arc<World>, place: usize) {
    let who = {
        let mut state = world.lock();
        if state.places[place].running {
            return;
        }
        let now = state.now();
        let of = &mut state.places[place];
        of.life += 1;
        let who = Pid { place, life: of.life };
        (of.running, of.closing, of.started, of.doom) = (true, false, now, None);
        (of.generation, of.sampled) = (Generation::default(), None);
        of.known = Known::default();
        state.tell(|| format!("process {place} starts"));
        state.figures.starts += 1;
        let user = state.user_of(who);
        let store = state.places[place].store;
        let is_alone = |(i, of): (usize, &Place)| i == place || of.store != store || !of.running;
        if state.places.iter().enumerate().all(is_alone) {
            state.users[user].is_needed(now);
        }
        who
    };
    let session = open(world, who);
    tokio::spawn(bots(world.clone(), who, session));
}

/// Opens a session in a process.
pub fn open(world: &Arc<World>, who: Pid) -> Arc<Session> {
    let machine = Arc::new(Machine {
        world: world.clone(),
        who,
    });
    let clock = Arc::new(ServerClock::new(machine.clone()));
    let served = Arc::new(OnceLock::new());
    let (settings, deps, credentials) = {
        let mut state = world.lock();
        let of = &mut state.places[who.place];
        (of.penalties, of.notes, of.sampled) = (Penalties::default(), Notes::default(), None);
        of.probes = Probes::default();
        of.openings += 1;
        let opening = of.openings;
        let shelf = of.store;
        let page = state.page_of(who);
        let base = state.plan.proxied.then_some(PROXY);
        let settings = Settings {
            origin: Origin::new(Environment::Demo, base).unwrap(),
            limits: Limits {
                renew_before: Duration::from_millis(state.plan.renew_before.unsigned_abs()),
                on_eviction: state.plan.on_eviction,
                max_logins: state.budget(who.place),
            },
            timeout: TIMEOUT,
            resume: false,
            keep_warm: false,
        };
        let book = Book {
            world: world.clone(),
            who,
            page,
        };
        let deps = Deps {
            api: Arc::new(Line {
                world: world.clone(),
                who,
                opening,
                session: served.clone(),
            }),
            store: Arc::new(Reach {
                world: world.clone(),
                who,
                shelf,
                seen: Mutex::default(),
            }),
            ledger: Ledger::new(Arc::new(book), &settings.origin),
            source: machine.clone(),
            random: machine,
            clock,
            events: Arc::new(EventQueue::new(|| {})),
        };
        let credentials = state.give(who);
        (settings, deps, credentials)
    };
    let session = Arc::new(Session::start(settings, deps, credentials));
    served.get_or_init(|| Arc::downgrade(&session));
    world.lock().places[who.place].session = Some(session.clone());
    session
}

/// Closes a process as its owner would, and starts it again some time later.
pub fn close(world: &Arc<World>, place: usize) {
    let (session, who, wait) = {
        let mut state = world.lock();
        state.places[place].closing = true;
        let State { plan, rng, .. } = &mut *state;
        let wait = if plan.theme == Theme::Feud {
            rng.i64(2 * HOUR..5 * HOUR)
        } else {
            Plan::restart_after(rng)
        };
        let of = &state.places[place];
        let who = Pid { place, life: of.life };
        (of.session.clone().filter(|_| of.running), who, wait)
    };
    let Some(session) = session else { return };
    let world = world.clone();
    tokio::spawn(async move {
        session.close().await;
        let mut state = world.lock();
        if state.alive(who) {
            state.tell(|| format!("process {place} is closed"));
            state.end(place);
            state.engine.wake_all_of(who);
            state.engine.after(wait, Happening::Start(place));
        }
    });
}
