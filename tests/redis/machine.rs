//! A machine with a session of its own.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tradovate_session::{
    error::ErrorKind,
    session::{
        Deps, Session,
        events::{Event, EventQueue},
    },
    store::{RedisStore, Store, redis::DEFAULT_PREFIX},
};

use crate::{
    LEASE, store_with,
    support::{TIMEOUT, World, credentials, redis::Redis},
};

/// Redis as a machine of this world knows it, with its clock.
pub fn store_at(redis: &Redis, world: &World) -> RedisStore {
    store_with(&redis.url(), DEFAULT_PREFIX, LEASE, world.clock.clone())
}

/// A session on a machine of its own: nothing is shared but Redis and Tradovate.
pub struct Machine {
    pub session: Session,
    pub events: Arc<EventQueue>,
}

impl Machine {
    pub fn new(world: &World, store: Arc<dyn Store>) -> Self {
        let events = Arc::new(EventQueue::new(|| {}));
        let deps = Deps {
            store,
            events: events.clone(),
            ..world.deps(&credentials("pw"))
        };
        let session = Session::start(world.settings(), deps, credentials("pw"));
        Self { session, events }
    }

    pub async fn open(world: &World, store: Arc<dyn Store>) -> Self {
        let machine = Self::new(world, store);
        machine.session.opened(TIMEOUT).await.unwrap();
        machine
    }

    pub fn token(&self) -> (u64, String) {
        let record = self.session.view().record.clone();
        let token = record.token.as_ref().unwrap().access_token.expose().to_owned();
        (record.generation.get(), token)
    }

    pub fn warned(&self, kind: ErrorKind) -> bool {
        let warned = |event: &Event| matches!(event, Event::Warning(error) if error.kind() == kind);
        self.events.drain().iter().any(warned)
    }
}

/// Waits for something, and tells how long that took. It fails after 20 s.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    start.elapsed()
}
