//! Records in Redis, for sessions on more than one machine.
//!
//! A lease is a key that names its owner and expires by itself. A write is one script that checks the owner and the revision
//! together, so a holder that was stopped past its lease changes nothing. All machines share Redis' clock.

mod server;

use std::{
    mem,
    slice::from_ref,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::future::{BoxFuture, join_all};
use redis::{Cmd, FromRedisValue, cmd};
use ring::rand::{SecureRandom, SystemRandom};

use self::server::{Server, TIMEOUT};
use super::{
    Entry, Lease, LeaseHandle, Revision, SealKey, Store,
    envelope::{Content, Envelope},
    lease::acquire,
    revision_of,
    watcher::{Pollable, Polled, Watcher, changed},
};
use crate::{
    backoff::Backoff,
    clock::{Clock, Reading},
    error::{Error, ErrorKind},
    secret::Secret,
    task::spawn,
};

/// The default prefix of all keys.
pub const DEFAULT_PREFIX: &str = "tradovate-session:";

const LEASE: &str = include_str!("redis/lease.lua");
const READ: &str = include_str!("redis/read.lua");
const RELEASE: &str = include_str!("redis/release.lua");
const WRITE: &str = include_str!("redis/write.lua");

/// The time between two tries to take a lease that somebody else holds.
const LEASE_PAUSES: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(100));

/// The options of a Redis store.
pub struct RedisOptions {
    /// A `redis://` or `rediss://` URL, with user, password and number of a database where Redis needs them.
    pub url: Secret,
    /// The prefix of all keys. Stores with different prefixes share nothing.
    pub prefix: String,
    /// Seals the stored texts: they can be read with this key only. By default they are plain.
    pub seal: Option<SealKey>,
    /// Certificates in PEM that `rediss://` trusts beside the system's and the bundled ones.
    pub extra_roots: Arc<[u8]>,
    /// How long a lease lasts that nobody gives back: [`lease_for`] the timeout of one call.
    pub lease: Duration,
}

/// How long a lease should last: twice the longest attempt, which is a call that may take `timeout`, and Redis' commands before
/// and after it.
#[must_use]
pub fn lease_for(timeout: Duration) -> Duration {
    timeout.saturating_add(TIMEOUT * 4).saturating_mul(2)
}

/// The Redis store. A clone is the same store.
#[derive(Clone)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    server: Server,
    clock: Arc<dyn Clock>,
    prefix: String,
    envelope: Envelope,
    watcher: Watcher<bool>,
    lease: Duration,
    /// Redis' clock minus this machine's wall clock, in milliseconds.
    ahead_ms: AtomicI64,
}

/// A script's answer: whether it did its work, and Redis' time in seconds and microseconds.
type Answer = (bool, (i64, i64));
/// The answer of the script that reads: its [`Answer`], then the revision and the text.
type Stored = (bool, (i64, i64), Option<u64>, Option<Vec<u8>>);

impl RedisStore {
    /// A store with these options. It connects to Redis when it is first used.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a URL that cannot be Redis'. It does not show the URL.
    pub fn new(options: RedisOptions, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let server = Server::new(options.url.expose(), options.extra_roots, clock.clone())?;
        Ok(Self {
            inner: Arc::new(Inner {
                server,
                prefix: options.prefix,
                envelope: Envelope::new(options.seal),
                watcher: Watcher::new(clock.clone()),
                clock,
                lease: options.lease,
                ahead_ms: AtomicI64::new(0),
            }),
        })
    }
}

impl Inner {
    /// The name of a login's key in Redis. The braces keep a login's keys on one node of a cluster, which scripts need.
    fn key(&self, key: &str, what: &str) -> String {
        format!("{}{{{key}}}:{what}", self.prefix)
    }

    fn place(&self, key: &str) -> String {
        format!("store: {} in Redis", self.key(key, "record"))
    }

    fn lease_ms(&self) -> u64 {
        u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX)
    }

    /// Runs a script, and notes how far Redis' clock is ahead: Redis read it about half-way between call and answer.
    async fn run<T: FromRedisValue>(&self, command: Cmd, time: impl Fn(&T) -> (i64, i64)) -> Result<T, Error> {
        let sent = self.clock.reading().wall_ms;
        let answer = self.server.ask(&command).await;
        let received = self.clock.reading().wall_ms;
        let (seconds, micros) = time(answer.as_ref().map_err(Error::clone)?);
        let ahead = seconds.saturating_mul(1000).saturating_add(micros / 1000) - sent.midpoint(received);
        self.ahead_ms.store(ahead, Ordering::Relaxed);
        answer
    }

    async fn read(&self, key: &str) -> Result<Option<Entry>, Error> {
        let command = script(READ, &[self.key(key, "record")]);
        let stored: Result<Stored, Error> = self.run(command, |answer: &Stored| answer.1).await;
        let is_lost = stored.is_err();
        let entry = stored.and_then(|(_, _, revision, text)| self.entry(key, revision.map(Revision::from), text));
        let revision = entry.as_ref().ok().map(|entry| revision_of(entry.as_ref()));
        self.watcher.learn(key, is_lost, revision);
        entry
    }

    fn entry(&self, key: &str, revision: Option<Revision>, text: Option<Vec<u8>>) -> Result<Option<Entry>, Error> {
        let Some(revision) = revision else { return Ok(None) };
        let located = |error: Error| error.found_in(&self.place(key));
        match self.envelope.unwrap(key, &text.unwrap_or_default()).map_err(located)? {
            Content::Intact(entry) if entry.revision == revision => Ok(Some(entry)),
            _ => {
                let name = self.key(key, "record");
                let text =
                    format!("store: what Redis has under {name} is no record; delete it, and it is written again");
                Err(Error::new(ErrorKind::Store, text))
            }
        }
    }

    async fn write(&self, key: &str, entry: &Entry, before: Revision, lease: &Lease) -> Result<bool, Error> {
        let text = self.envelope.wrap(key, entry)?;
        let mut command = script(WRITE, &[self.key(key, "lease"), self.key(key, "record")]);
        command
            .arg(lease.owner().unwrap_or_default())
            .arg(self.lease_ms())
            .arg(before.get())
            .arg(entry.revision.get())
            .arg(text.as_slice());
        let written = self
            .run(command, |answer: &Answer| answer.1)
            .await
            .map(|answer| answer.0);
        if matches!(written, Ok(true)) {
            self.watcher.learn(key, false, Some(entry.revision));
        } else {
            self.watcher.learn(key, written.is_err(), None);
            lease.lose();
        }
        written
    }

    /// The stored revision.
    async fn revision(&self, key: &str) -> Result<Revision, Error> {
        let mut command = cmd("HGET");
        command.arg(self.key(key, "record")).arg("revision");
        let revision: Option<u64> = self.server.ask(&command).await?;
        Ok(revision.map_or(Revision::NONE, Revision::from))
    }

    async fn take(self: &Arc<Self>, key: &str) -> Result<Lease, Error> {
        let owner = owner()?;
        acquire(&*self.clock, LEASE_PAUSES, || self.try_take(key, &owner))
            .await
            .map(Lease::of)
    }

    async fn try_take(self: &Arc<Self>, key: &str, owner: &str) -> Result<Option<Held>, Error> {
        let sent = self.clock.reading();
        let ms = i64::try_from(self.lease_ms()).unwrap_or(i64::MAX);
        let mut held = Held {
            store: self.clone(),
            key: self.key(key, "lease"),
            owner: owner.to_owned(),
            until: Reading {
                wall_ms: sent.wall_ms.saturating_add(ms),
                boot_ms: sent.boot_ms.saturating_add(ms),
            },
            asked: true,
        };
        let mut command = script(LEASE, from_ref(&held.key));
        command.arg(owner).arg(self.lease_ms());
        // A caller that gives up here, or an answer that is lost, may leave a lease behind: dropping `held` gives it back.
        held.asked = self.run(command, |answer: &Answer| answer.1).await?.0;
        Ok(held.asked.then_some(held))
    }
}

impl Pollable for Inner {
    /// Whether Redis is lost. When it is lost or found again, users have to read.
    type Version = bool;

    fn watcher(&self) -> &Watcher<bool> {
        &self.watcher
    }

    async fn poll(self: Arc<Self>, keys: Vec<String>) -> Vec<Polled<bool>> {
        let poll_one = async |key: String| {
            let revision = self.revision(&key).await;
            Polled {
                key,
                version: revision.is_err(),
                revision: revision.ok(),
            }
        };
        join_all(keys.into_iter().map(poll_one)).await
    }
}

impl Store for RedisStore {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        Box::pin(self.inner.take(key))
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(self.inner.read(key))
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move { self.inner.write(key, &entry, before, lease).await })
    }

    fn changed<'a>(&'a self, key: &'a str, seen: Revision) -> BoxFuture<'a, ()> {
        Box::pin(changed(&self.inner, key, seen))
    }

    fn place(&self, key: &str) -> Option<String> {
        Some(self.inner.place(key))
    }

    fn ahead_ms(&self) -> i64 {
        self.inner.ahead_ms.load(Ordering::Relaxed)
    }
}

/// A lease in Redis. A random owner names its holder.
struct Held {
    store: Arc<Inner>,
    key: String,
    owner: String,
    /// When it expires, by this machine's two clocks: either of them may have stood still.
    until: Reading,
    /// Whether Redis may have granted it.
    asked: bool,
}

impl Held {
    /// Gives it back. If that fails, it expires by itself.
    fn delete(&mut self) -> impl Future<Output = ()> + Send + 'static {
        let (store, asked) = (self.store.clone(), mem::take(&mut self.asked));
        let mut command = script(RELEASE, from_ref(&self.key));
        command.arg(&self.owner);
        async move {
            if asked {
                let _ = store.server.ask::<Answer>(&command).await;
            }
        }
    }
}

impl LeaseHandle for Held {
    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn is_held(&self) -> bool {
        let now = self.store.clock.reading();
        now.boot_ms < self.until.boot_ms && now.wall_ms < self.until.wall_ms
    }

    fn release(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.delete())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.asked && tokio::runtime::Handle::try_current().is_ok() {
            spawn(self.delete());
        }
    }
}

fn script(text: &str, keys: &[String]) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(text).arg(keys.len()).arg(keys);
    command
}

/// 128 random bits: no two owners on any machines are alike.
fn owner() -> Result<String, Error> {
    let mut bytes = [0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Store, "store: the system gives no random numbers"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
