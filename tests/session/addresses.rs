//! Promise 6: what Tradovate counts by address is counted for all logins of a machine.

#![allow(clippy::disallowed_methods)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tradovate_session::{
    api::{AccountCall, Credentials},
    clock::{Clock, later},
    error::{Error, ErrorKind},
    secret::Secret,
    session::{
        Session, Settings,
        events::{Event, EventQueue},
    },
    store::{Entry, Lease, MemoryStore, Revision, Store},
};

use crate::support::{LIFE, Seen, TIMEOUT, World, credentials, faulty::Faulty, minutes, pass, wrong_password};

fn user(name: &str) -> Credentials {
    let name = name.into();
    Credentials {
        name,
        ..credentials("pw")
    }
}

/// A process of its own: it shares the records and the ledger, and nothing else.
fn start(world: &World, name: &str) -> Session {
    let credentials = user(name);
    Session::start(world.settings(), world.deps(&credentials), credentials)
}

fn warnings_of(events: &EventQueue, kind: ErrorKind) -> usize {
    let is_wanted = |event: &&Event| matches!(event, Event::Warning(error) if error.kind() == kind);
    events.drain().iter().filter(is_wanted).count()
}

#[tokio::test(start_paused = true)]
async fn promise_6_eight_wrong_passwords_are_four_refused_logins_whatever_the_clock_says() {
    for wrong_by in [0, 120_000, -120_000, 7_200_000, -7_200_000] {
        let world = World::new();
        world.clock.wall_skew_ms.store(wrong_by, Ordering::SeqCst);
        world.logins(std::iter::repeat_n(wrong_password(), 8));
        for number in 0..8 {
            let session = start(&world, &format!("user {number}"));
            let error = session.opened(Duration::from_secs(1)).await.unwrap_err();
            let kind = if number < 4 {
                ErrorKind::Credentials
            } else {
                ErrorKind::Quota
            };
            assert_eq!(error.kind(), kind, "{wrong_by} ms, login {number}: {error}");
            session.close().await;
        }
        assert_eq!(world.count(Seen::Login), 4, "{wrong_by} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_6_a_ledger_that_hangs_or_is_garbage_holds_nothing_back() {
    for hangs in [true, false] {
        let (world, ledger) = (World::new(), Arc::new(Faulty::default()));
        let credentials = credentials("pw");
        let mut deps = world.deps(&credentials);
        deps.ledger = world.ledger(ledger.clone());
        ledger.hangs.store(hangs, Ordering::SeqCst);
        ledger.cannot_write.store(!hangs, Ordering::SeqCst);
        let session = Session::start(world.settings(), deps, credentials);
        session.opened(TIMEOUT).await.unwrap();
        pass(LIFE * 2).await;
        session.token(TIMEOUT).await.unwrap();
        assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn promise_6_what_a_ledger_has_decided_stands_though_its_disk_hangs_then() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    store.writes_hang.store(true, Ordering::SeqCst);
    let ledger = world.ledger(store);
    let clock = world.deps(&credentials("pw")).clock;
    let mut decided = "nothing";
    let saved = ledger.update(&clock, |_, _| decided = "held").await;
    assert_eq!(saved.unwrap_err().kind(), ErrorKind::Store);
    assert_eq!(decided, "held");
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn promise_6_a_ledgers_file_that_is_damaged_is_begun_anew_and_one_that_others_can_read_is_left_alone() {
    use std::{fs, os::unix::fs::PermissionsExt};

    use tradovate_session::store::FileStore;

    for (damaged, logins, told) in [(true, 4, 0), (false, 8, 8)] {
        let world = World::new();
        let folder = tempfile::TempDir::new().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let ledger = || Arc::new(FileStore::new(folder.path(), None, world.clock.clone()));
        let file = folder.path().join("address-tradovate.record");
        let start = |name: &str| {
            let credentials = user(name);
            let mut deps = world.deps(&credentials);
            deps.ledger = world.ledger(ledger());
            (deps.events.clone(), Session::start(world.settings(), deps, credentials))
        };
        start("first").1.opened(TIMEOUT).await.unwrap();
        if damaged {
            fs::write(&file, "garbage").unwrap();
        } else {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        world.logins(std::iter::repeat_n(wrong_password(), 8));
        let before = (world.count(Seen::Login), fs::read(&file).unwrap());
        let mut warned = 0;
        for number in 0..8 {
            let (events, session) = start(&format!("user {number}"));
            session.opened(Duration::from_secs(1)).await.unwrap_err();
            warned += warnings_of(&events, ErrorKind::Store);
            session.close().await;
        }
        assert_eq!((world.count(Seen::Login) - before.0, warned), (logins, told));
        assert_eq!(fs::read(&file).unwrap() == before.1, !damaged);
    }
}

/// A ledger in which others take the last renewals in the moment between a look at it and the call.
struct Contested {
    store: MemoryStore,
    is_armed: AtomicBool,
    renewals: Vec<Timestamp>,
}

impl Contested {
    async fn fill(&self, key: &str) {
        let lease = self.store.lease(key).await.unwrap();
        let before = self
            .store
            .read(key)
            .await
            .unwrap()
            .map_or(Revision::NONE, |entry| entry.revision);
        let text = Secret::new(serde_json::json!({ "renewals": self.renewals }).to_string());
        let revision = before.next();
        self.store
            .write(key, Entry { revision, text }, before, &lease)
            .await
            .unwrap();
    }
}

impl Store for Contested {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        Box::pin(async move {
            if self.is_armed.swap(false, Ordering::SeqCst) {
                self.fill(key).await;
            }
            self.store.lease(key).await
        })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.store.read(key)
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        self.store.write(key, entry, before, lease)
    }
}

#[tokio::test(start_paused = true)]
async fn promise_6_calls_that_cannot_be_counted_are_made_with_one_warning() {
    let (world, ledger) = (World::new(), Arc::new(Faulty::default()));
    let credentials = credentials("pw");
    let mut deps = world.deps(&credentials);
    deps.ledger = world.ledger(ledger.clone());
    let events = deps.events.clone();
    ledger.cannot_read.store(true, Ordering::SeqCst);
    let session = Session::start(world.settings(), deps, credentials);
    session.opened(TIMEOUT).await.unwrap();
    pass(LIFE * 3).await;
    session.token(TIMEOUT).await.unwrap();
    assert_eq!(warnings_of(&events, ErrorKind::Store), 1);
    ledger.cannot_read.store(false, Ordering::SeqCst);
    pass(LIFE).await;
    ledger.cannot_read.store(true, Ordering::SeqCst);
    pass(LIFE).await;
    assert_eq!(
        (warnings_of(&events, ErrorKind::Store), world.count(Seen::Login)),
        (1, 1),
        "another episode"
    );
}

#[tokio::test(start_paused = true)]
async fn promise_6_who_loses_the_last_renewal_to_another_login_is_told_until_when() {
    let world = World::new();
    pass(minutes(1)).await;
    let now = world.clock.wall();
    let ledger = Arc::new(Contested {
        store: MemoryStore::default(),
        is_armed: AtomicBool::new(false),
        renewals: vec![now; 12],
    });
    let credentials = credentials("pw");
    let mut deps = world.deps(&credentials);
    deps.ledger = world.ledger(ledger.clone());
    let session = Session::start(world.settings(), deps, credentials);
    session.opened(TIMEOUT).await.unwrap();
    ledger.is_armed.store(true, Ordering::SeqCst);
    let error = session.renew(1.into(), TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Quota, "{error}");
    assert_eq!(error.retry_at(), Some(later(now, minutes(60))));
    assert_eq!(world.count(Seen::Renewal), 0);
    // Who can wait that long gets it.
    session.renew(1.into(), minutes(62)).await.unwrap();
    assert_eq!(world.count(Seen::Renewal), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_eviction_is_found_though_the_renewals_of_the_address_are_used_up_by_other_logins() {
    let world = World::new();
    pass(minutes(1)).await;
    let ledger = Arc::new(Contested {
        store: MemoryStore::default(),
        is_armed: AtomicBool::new(true),
        renewals: vec![world.clock.wall(); 12],
    });
    let credentials = credentials("pw");
    let mut deps = world.deps(&credentials);
    deps.ledger = world.ledger(ledger.clone());
    let session = Session::start(world.settings(), deps, credentials);
    session.opened(TIMEOUT).await.unwrap();
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    pass(minutes(1)).await;
    world.evict();
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn promise_6_slow_refusals_are_four_an_hour_too() {
    let world = World::new();
    *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(70);
    world.logins(std::iter::repeat_n(wrong_password(), 12));
    let sessions: Vec<_> = (0..12)
        .map(|number| {
            let credentials = Credentials {
                name: format!("user {number}"),
                ..credentials("pw")
            };
            let settings = Settings {
                timeout: Duration::from_secs(120),
                ..world.settings()
            };
            Session::start(settings, world.deps(&credentials), credentials)
        })
        .collect();
    pass(minutes(20)).await;
    assert_eq!(world.count(Seen::Login), 4);
    drop(sessions);
}
