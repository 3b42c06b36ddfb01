//! Promise 19: records in a real Redis, that is stopped, paused, restarted and emptied.

#![cfg(unix)]
#![allow(clippy::disallowed_methods)] // these tests run in real time

#[path = "../support/mod.rs"]
mod support;

mod lease;
mod machine;
mod machines;
mod outages;
mod server;
mod tls;

use std::{sync::Arc, time::Duration};

use support::redis::Redis;
use tradovate_session::{
    clock::{Clock, SystemClock},
    secret::Secret,
    store::{Entry, RedisOptions, RedisStore, Revision, redis::DEFAULT_PREFIX},
};

const LEASE: Duration = Duration::from_secs(60);

/// A store that differs from the usual one in what is given.
fn options(url: impl Into<String>) -> RedisOptions {
    RedisOptions {
        url: Secret::new(url),
        prefix: DEFAULT_PREFIX.into(),
        seal: None,
        extra_roots: Arc::default(),
        lease: LEASE,
    }
}

fn store_with(url: &str, prefix: &str, lease: Duration, clock: Arc<dyn Clock>) -> RedisStore {
    let options = RedisOptions {
        url: Secret::new(url),
        prefix: prefix.into(),
        seal: None,
        extra_roots: Arc::default(),
        lease,
    };
    RedisStore::new(options, clock).unwrap()
}

fn store(redis: &Redis) -> RedisStore {
    store_with(&redis.url(), DEFAULT_PREFIX, LEASE, Arc::new(SystemClock))
}

fn entry(revision: impl Into<Revision>) -> Entry {
    let revision = revision.into();
    Entry {
        revision,
        text: Secret::new(format!("text {revision}")),
    }
}
