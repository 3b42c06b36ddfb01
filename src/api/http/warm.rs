//! Connections that are ready before they are needed, for the hosts that open sessions call.
//!
//! Each such host has one task, however many sessions use it. `plan` decides its steps, and `preconnect` takes them in the pool
//! from which calls take their connections: nothing changes for a call but that it finds one there.

mod plan;
mod preconnect;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::Notify;

pub use self::plan::WarmPeriods;
use self::plan::{Seen, Step};
use super::clients::{Clients, IDLE_TIMEOUT};
use crate::{clock::Clock, mutex::lock, task::spawn};

/// The hosts, and the means to connect to them.
pub(super) struct Warmth {
    clients: Arc<Clients>,
    clock: Arc<dyn Clock>,
    periods: WarmPeriods,
    /// By scheme and authority.
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

struct Host {
    /// Scheme and authority.
    base: String,
    state: Mutex<State>,
    /// Notified when a session has come or left.
    changed: Notify,
}

#[derive(Default)]
struct State {
    seen: Seen,
    has_task: bool,
}

impl Host {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Warmth {
    pub fn new(clients: Arc<Clients>, clock: Arc<dyn Clock>, periods: WarmPeriods) -> Arc<Self> {
        Arc::new(Self {
            clients,
            clock,
            periods,
            hosts: Mutex::default(),
        })
    }

    /// Keeps a connection ready until the result is dropped, on the present runtime. A host without TLS needs none.
    pub fn keep(self: &Arc<Self>, base: &str) -> Option<SessionOnHost> {
        let host = self.host(base)?;
        let mut state = host.state();
        state.seen.session_came(self.clock.boot());
        if state.has_task {
            host.changed.notify_one();
        } else {
            state.has_task = true;
            spawn(self.clone().run(host.clone()));
        }
        drop(state);
        Some(SessionOnHost { host })
    }

    /// Notes a call until the result is dropped. Idle connections that have grown too old unseen, as in a machine that slept,
    /// are retired first.
    pub async fn call(&self, base: &str) -> Option<CallUnderWay<'_>> {
        let host = self.host(base)?;
        let is_too_old = {
            let now = self.clock.boot();
            let seen = &mut host.state().seen;
            seen.call_started(now);
            seen.is_too_old(now, &self.periods)
        };
        let call = CallUnderWay {
            host,
            clock: &*self.clock,
        };
        if is_too_old {
            self.retire(&call.host).await;
        }
        Some(call)
    }

    /// Retires the idle connections to a host: a call on one has met no answer in time, so that all may be dead.
    pub async fn distrust(&self, base: &str) {
        if let Some(host) = self.host(base) {
            self.retire(&host).await;
        } else if let Ok(client) = self.clients.of(base).await {
            preconnect::retire(client, base).await;
        }
    }

    fn host(&self, base: &str) -> Option<Arc<Host>> {
        let origin = origin_of(base)?;
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(origin) {
            return Some(host.clone());
        }
        let host = Arc::new(Host {
            base: origin.to_owned(),
            state: Mutex::default(),
            changed: Notify::new(),
        });
        hosts.insert(origin.to_owned(), host.clone());
        Some(host)
    }

    async fn run(self: Arc<Self>, host: Arc<Host>) {
        loop {
            let step = host.state().seen.decide(self.clock.boot(), &self.periods);
            match step {
                Step::Wait(time) => {
                    tokio::select! {
                        () = self.clock.sleep(time) => {}
                        () = host.changed.notified() => {}
                    }
                }
                Step::Check => self.check(&host).await,
                Step::Make => self.make(&host).await,
                Step::Retire => self.retire(&host).await,
                Step::End => {
                    let outlives = host.state().seen.outlives_the_pool(IDLE_TIMEOUT, &self.periods);
                    if outlives {
                        self.retire(&host).await;
                    }
                    let mut state = host.state();
                    state.has_task = state.seen.has_sessions();
                    if !state.has_task {
                        return;
                    }
                }
            }
        }
    }

    async fn check(&self, host: &Host) {
        let is_open = match self.clients.of(&host.base).await {
            Ok(client) => preconnect::has_idle(client, &host.base).await,
            Err(_) => false,
        };
        let now = self.clock.boot();
        host.state().seen.checked(is_open, now, &self.periods);
        if !is_open {
            tracing::debug!(host = host.base, "the idle connection was closed");
        }
    }

    /// Ends early, and makes none, when the last session leaves.
    async fn make(&self, host: &Host) {
        let started = self.clock.boot();
        let is_made = tokio::select! {
            made = self.replace(&host.base) => made.is_some(),
            () = no_sessions(host) => return,
        };
        tracing::debug!(host = host.base, is_made, "a connection was made ahead");
        let now = self.clock.boot();
        host.state().seen.made(is_made, started, now, &self.periods);
    }

    async fn replace(&self, base: &str) -> Option<()> {
        let client = self.clients.of(base).await.ok()?;
        let without_pool = self.clients.without_pool().await.ok()?;
        let new = preconnect::connect(without_pool, base).await?;
        preconnect::replace(client, base, new).await;
        Some(())
    }

    async fn retire(&self, host: &Host) {
        if let Ok(client) = self.clients.of(&host.base).await {
            preconnect::retire(client, &host.base).await;
        }
        host.state().seen.retired();
    }
}

async fn no_sessions(host: &Host) {
    while host.state().seen.has_sessions() {
        host.changed.notified().await;
    }
}

/// A host that is kept warm while this lives.
pub(super) struct SessionOnHost {
    host: Arc<Host>,
}

impl Drop for SessionOnHost {
    fn drop(&mut self) {
        self.host.state().seen.session_left();
        self.host.changed.notify_one();
    }
}

/// A call that is under way while this lives.
pub(super) struct CallUnderWay<'a> {
    host: Arc<Host>,
    clock: &'a dyn Clock,
}

impl Drop for CallUnderWay<'_> {
    fn drop(&mut self) {
        self.host.state().seen.call_ended(self.clock.boot());
    }
}

/// Scheme and authority of a URL, if it is one with TLS.
fn origin_of(base: &str) -> Option<&str> {
    const SCHEME: &str = "https://";
    let rest = base.strip_prefix(SCHEME)?;
    let authority = rest.find('/').unwrap_or(rest.len());
    Some(&base[..SCHEME.len() + authority])
}
