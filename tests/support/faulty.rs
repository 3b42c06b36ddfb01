//! A store that fails when it is told to, and bots that keep their records in it.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tradovate_session::{
    error::{Error, ErrorKind},
    session::{
        Deps, Session,
        events::{Event, EventQueue, How},
        token::Generation,
    },
    store::{Damage, Entry, Lease, LeaseHandle, MemoryStore, Revision, Store},
};

use super::{TIMEOUT, World, credentials};

/// A memory store that fails when it is told to.
#[derive(Default)]
pub struct Faulty {
    pub store: Mutex<MemoryStore>,
    pub cannot_read: AtomicBool,
    pub breaks_once_leased: bool,
    /// How long it takes to get a lease.
    pub lease_takes: Mutex<Duration>,
    /// How long it takes to give one back.
    pub release_takes: Mutex<Duration>,
    pub cannot_write: AtomicBool,
    /// How long a write takes.
    pub write_takes: Mutex<Duration>,
    /// As a disk of a server that is gone: what is asked of it never ends.
    pub hangs: AtomicBool,
    /// The same of writes alone.
    pub writes_hang: AtomicBool,
    pub damage: Mutex<Option<Damage>>,
    pub is_optional: bool,
    /// The latest lease, while its holder has it.
    pub held: Mutex<Weak<Held>>,
    pub writes: Mutex<Vec<Revision>>,
    /// The times by which it was to forget what is old.
    pub clearings: Mutex<Vec<Timestamp>>,
}

/// A lease that can lapse.
pub struct Held(Mutex<Option<Lease>>);

impl Held {
    fn is_held(&self) -> bool {
        self.0.lock().unwrap().is_some()
    }
}

struct Holding {
    held: Arc<Held>,
    release_takes: Duration,
}

impl LeaseHandle for Holding {
    fn is_held(&self) -> bool {
        self.held.is_held()
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if !self.release_takes.is_zero() {
                tokio::time::sleep(self.release_takes).await;
            }
        })
    }
}

impl Faulty {
    /// The latest lease lapses: its holder can write nothing under it, and others can have one.
    pub fn lapse(&self) {
        let held = self.held.lock().unwrap().upgrade().expect("nobody has a lease");
        held.0.lock().unwrap().take().expect("it has lapsed already");
    }

    pub fn store(&self) -> MemoryStore {
        self.store.lock().unwrap().clone()
    }

    async fn answers(&self) {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    /// Another record in the place of the present one, as an administrator would put it there.
    pub async fn put(&self, entry: Option<Entry>, key: &str) {
        let store = MemoryStore::default();
        if let Some(entry) = entry {
            let lease = store.lease(key).await.unwrap();
            store.write(key, entry, Revision::NONE, &lease).await.unwrap();
        }
        *self.store.lock().unwrap() = store;
    }
}

fn failure<T>(why: &str) -> Result<T, Error> {
    Err(Error::new(ErrorKind::Store, why))
}

impl Store for Faulty {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        let store = self.store();
        Box::pin(async move {
            self.cannot_read.fetch_or(self.breaks_once_leased, Ordering::SeqCst);
            let takes = *self.lease_takes.lock().unwrap();
            tokio::time::sleep(takes).await;
            let held = Arc::new(Held(Mutex::new(Some(store.lease(key).await?))));
            *self.held.lock().unwrap() = Arc::downgrade(&held);
            let release_takes = *self.release_takes.lock().unwrap();
            Ok(Lease::of(Holding { held, release_takes }))
        })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        let store = self.store();
        Box::pin(async move {
            self.answers().await;
            if self.cannot_read.load(Ordering::SeqCst) {
                return failure("cannot be read");
            }
            if self.damage.lock().unwrap().is_some() {
                return Ok(None);
            }
            store.read(key).await
        })
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        let store = self.store();
        Box::pin(async move {
            self.answers().await;
            if self.writes_hang.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let takes = *self.write_takes.lock().unwrap();
            if !takes.is_zero() {
                tokio::time::sleep(takes).await;
            }
            self.writes.lock().unwrap().push(entry.revision);
            if !lease.is_held() {
                return Ok(false);
            }
            if self.cannot_write.load(Ordering::SeqCst) {
                return failure("cannot be written");
            }
            if self.damage.lock().unwrap().take().is_some() {
                self.put(Some(entry), key).await;
                return Ok(true);
            }
            store.write(key, entry, before, lease).await
        })
    }

    fn damaged<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Damage>, Error>> {
        Box::pin(std::future::ready(Ok(*self.damage.lock().unwrap())))
    }

    fn is_required(&self) -> bool {
        !self.is_optional
    }

    fn forget(&self, now: Timestamp) {
        self.clearings.lock().unwrap().push(now);
    }
}

pub struct Bot {
    pub session: Session,
    pub events: Arc<EventQueue>,
}

impl Bot {
    pub fn start(world: &World, store: &Arc<Faulty>) -> Self {
        Self::start_with(world, store, Arc::new(EventQueue::new(|| {})))
    }

    pub fn start_with(world: &World, store: &Arc<Faulty>, events: Arc<EventQueue>) -> Self {
        let credentials = credentials("pw");
        let deps = Deps {
            store: store.clone(),
            events: events.clone(),
            ..world.deps(&credentials)
        };
        let session = Session::start(world.settings(), deps, credentials);
        Self { session, events }
    }

    pub async fn open(world: &World, store: &Arc<Faulty>) -> Self {
        let bot = Self::start(world, store);
        bot.session.opened(TIMEOUT).await.unwrap();
        bot
    }

    pub fn generation(&self) -> Generation {
        self.session.view().record.generation
    }

    /// The texts of the warnings since the last time, and how tokens came.
    pub fn heard(&self) -> (Vec<String>, Vec<How>) {
        let (mut warnings, mut tokens) = (vec![], vec![]);
        for event in self.events.drain() {
            match event {
                Event::Warning(error) => warnings.push(error.to_string()),
                Event::Token { how, .. } => tokens.push(how),
                Event::State(_) | Event::CallBegun(_) | Event::CallEnded(_) => {}
            }
        }
        (warnings, tokens)
    }
}

pub fn key(bot: &Bot) -> String {
    bot.session.view().record.key.as_str().to_owned()
}

pub async fn stored(store: &Faulty, key: &str) -> serde_json::Value {
    let entry = store.store().read(key).await.unwrap().unwrap();
    serde_json::from_str(entry.text.expose()).unwrap()
}

pub fn now(bot: &Bot) -> Timestamp {
    bot.session.clock().now()
}
