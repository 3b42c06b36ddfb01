//! A Tradovate that answers by a script, and a clock that follows tokio's: what the tests of promises run against.

// Sleeping here moves a paused clock, it waits for nothing.
#![allow(
    // Each file of tests uses a part of this.
    dead_code,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::new_without_default
)]

mod clock;
pub mod faulty;
#[cfg(unix)]
pub mod redis;
mod script;
pub mod witness;

pub use self::{
    clock::{Even, TestClock},
    script::{Act, Script, Seen},
};

use std::{sync::Arc, time::Duration};

use tradovate_session::{
    api::{Credentials, Denial, Endpoint, Environment, Failure, Method, Origin, Shape},
    clock::ServerClock,
    secret::Secret,
    session::{Deps, Limits, OnEviction, Session, Settings, events::EventQueue, ledger::Ledger},
    store::{MemoryStore, Store},
};

/// A world with one Tradovate and one store.
pub struct World {
    pub clock: Arc<TestClock>,
    pub tradovate: Arc<Script>,
    pub store: MemoryStore,
    pub on_eviction: OnEviction,
    pub random: Arc<Even>,
}

pub const LIFE: Duration = Duration::from_secs(80 * 60);
pub const TIMEOUT: Duration = Duration::from_secs(30);

impl World {
    pub fn new() -> Self {
        Self::with_clock(TestClock::new())
    }

    pub fn with_clock(clock: Arc<TestClock>) -> Self {
        let tradovate = Arc::new(Script::new(clock.clone()));
        Self {
            clock,
            tradovate,
            store: MemoryStore::default(),
            on_eviction: OnEviction::Login,
            random: Arc::default(),
        }
    }

    /// What the next logins come to.
    pub fn logins(&self, acts: impl IntoIterator<Item = Act>) {
        self.tradovate.logins.lock().unwrap().extend(acts);
    }

    /// What the next renewals come to.
    pub fn renewals(&self, acts: impl IntoIterator<Item = Act>) {
        self.tradovate.renewals.lock().unwrap().extend(acts);
    }

    /// How the next calls of callers fail.
    pub fn calls(&self, failures: impl IntoIterator<Item = Failure>) {
        self.tradovate.calls.lock().unwrap().extend(failures);
    }

    /// A login elsewhere closes the session: the next call and the next renewal are answered 401.
    pub fn evict(&self) {
        self.calls([Failure::Unauthorized(String::new())]);
        self.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    }

    /// How all logins and renewals fail from now on.
    pub fn always(&self, failure: Option<Failure>) {
        *self.tradovate.always.lock().unwrap() = failure;
    }

    /// How many calls were made.
    pub fn count(&self, wanted: Seen) -> usize {
        self.tradovate.count(wanted)
    }

    /// When calls were made, counted from the start.
    pub fn times(&self, wanted: Seen) -> Vec<Duration> {
        self.tradovate.times(wanted)
    }

    pub fn start(&self) -> Session {
        self.start_with("pw")
    }

    pub fn start_with(&self, password: &str) -> Session {
        let credentials = credentials(password);
        Session::start(self.settings(), self.deps(&credentials), credentials)
    }

    pub fn settings(&self) -> Settings {
        Settings {
            origin: Origin::new(Environment::Demo, None).unwrap(),
            limits: Limits {
                on_eviction: self.on_eviction,
                ..Limits::default()
            },
            timeout: TIMEOUT,
            resume: false,
            keep_warm: false,
        }
    }

    pub fn deps(&self, credentials: &Credentials) -> Deps {
        Deps {
            api: self.tradovate.clone(),
            store: Arc::new(self.store.clone()),
            ledger: self.ledger(Arc::new(self.store.clone())),
            source: Arc::new(credentials.clone()),
            random: self.random.clone(),
            clock: Arc::new(ServerClock::new(self.clock.clone())),
            events: Arc::new(EventQueue::new(|| {})),
        }
    }

    pub fn ledger(&self, store: Arc<dyn Store>) -> Ledger {
        Ledger::new(store, &self.settings().origin)
    }

    pub async fn open(&self) -> Session {
        let session = self.start();
        session.opened(TIMEOUT).await.unwrap();
        session
    }
}

pub fn credentials(password: &str) -> Credentials {
    Credentials {
        name: "me".into(),
        password: Secret::new(password),
        app_id: None,
        app_version: None,
        device_id: None,
        cid: None,
        sec: None,
    }
}

/// A POST that must not be made twice.
pub fn get(path: &str) -> Endpoint {
    Endpoint {
        method: Method::Get,
        path: path.to_owned(),
        query: String::new(),
        body: None,
        shape: Shape::Any,
    }
}

pub fn wrong_password() -> Act {
    let text = "Incorrect username or password.".into();
    Act::Fail(Failure::Denied(Denial::Credentials, text))
}

pub fn order() -> Endpoint {
    Endpoint {
        method: Method::Post,
        path: "order/placeorder".into(),
        query: String::new(),
        body: Some("{}".into()),
        shape: Shape::Any,
    }
}

pub fn penalty(seconds: u64) -> Failure {
    Failure::Penalty {
        ticket: Some(Secret::new("ticket")),
        wait: Duration::from_secs(seconds),
    }
}

pub fn upstream(status: u16) -> Failure {
    Failure::Upstream {
        status,
        retry_after: None,
        text: String::new(),
    }
}

pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

pub fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}
