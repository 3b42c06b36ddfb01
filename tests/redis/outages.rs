//! A Redis that goes, comes back, or forgets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tradovate_session::{
    clock::Clock,
    error::{Error, ErrorKind},
    store::{Entry, Lease, RedisStore, Revision, Store},
};

use crate::{
    machine::{Machine, store_at, until},
    support::{Act, Seen, TIMEOUT, World, redis::Redis},
};

/// A store whose leases are lost, once, just before something is written under them.
struct Snatched {
    store: RedisStore,
    redis: Arc<Redis>,
    snatch: AtomicBool,
}

impl Store for Snatched {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        self.store.lease(key)
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
        if self.snatch.swap(false, Ordering::SeqCst) {
            let name = self.redis.command(&["KEYS", "*lease"]);
            assert_eq!(self.redis.command(&["DEL", &name]), "1");
        }
        self.store.write(key, entry, before, lease)
    }

    fn ahead_ms(&self) -> i64 {
        self.store.ahead_ms()
    }
}

#[tokio::test]
async fn promise_19_a_lease_that_is_lost_before_the_call_forbids_it() {
    let Some(redis) = Redis::start(&[]).map(Arc::new) else {
        return;
    };
    let world = World::new();
    let store = Arc::new(Snatched {
        store: store_at(&redis, &world),
        redis: redis.clone(),
        snatch: AtomicBool::new(true),
    });
    let machine = Machine::new(&world, store.clone());
    until("a warning", || machine.warned(ErrorKind::Store)).await;
    assert_eq!(world.count(Seen::Login), 0, "no login without the lease");
    machine.session.opened(TIMEOUT).await.unwrap();
    machine.events.drain();

    store.snatch.store(true, Ordering::SeqCst);
    let renewing = machine.session.renew(1.into(), TIMEOUT);
    let watching = async {
        until("a warning", || machine.warned(ErrorKind::Store)).await;
        assert_eq!(world.count(Seen::Renewal), 0, "no renewal without the lease");
    };
    let (renewed, ()) = tokio::join!(renewing, watching);
    assert_eq!(renewed.unwrap_err().kind(), ErrorKind::Store);
    machine.session.renew(1.into(), TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

#[tokio::test]
async fn promise_19_redis_restarted_in_a_renewal() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let one = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    let two = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    let answers = Arc::new(Notify::new());
    world.renewals([Act::When(answers.clone())]);
    let renewing = one.session.renew(1.into(), TIMEOUT);
    let restarting = async {
        until("the call is under way", || world.count(Seen::Renewal) == 1).await;
        redis.stop();
        answers.notify_one();
        until("the token is in use before it is saved", || one.token().0 == 2).await;
        redis.start_again();
    };
    let (renewed, ()) = tokio::join!(renewing, restarting);
    renewed.unwrap();
    let took = until("both are on one token", || two.token() == one.token()).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    let third = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    assert_eq!(third.token(), one.token());
    assert!(one.token().0 >= 2);
    assert_eq!(world.count(Seen::Login), 1);
    assert!(world.count(Seen::Renewal) <= 2);
}

#[tokio::test]
async fn promise_19_redis_emptied_in_a_renewal_and_at_rest() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let one = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    let two = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    let answers = Arc::new(Notify::new());
    world.renewals([Act::When(answers.clone())]);
    let renewing = one.session.renew(1.into(), TIMEOUT);
    let emptying = async {
        until("the call is under way", || world.count(Seen::Renewal) == 1).await;
        redis.command(&["FLUSHALL"]);
        answers.notify_one();
    };
    let (renewed, ()) = tokio::join!(renewing, emptying);
    renewed.unwrap();
    until("both are on one token", || two.token() == one.token()).await;
    let before = one.token();
    assert!(before.0 >= 2);

    redis.command(&["FLUSHALL"]);
    until("the record is written again", || {
        !redis.command(&["KEYS", "*record"]).is_empty()
    })
    .await;
    let third = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    assert_eq!(
        (third.token(), one.token(), two.token()),
        (before.clone(), before.clone(), before)
    );
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

#[tokio::test]
async fn promise_19_a_login_into_an_emptied_redis_is_adopted_without_a_falling_generation() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let one = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    for have in 1..=4 {
        one.session.renew(have.into(), TIMEOUT).await.unwrap();
    }
    // Between the emptying and its noticing somebody else logs in.
    redis.command(&["FLUSHALL"]);
    let other = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    until("both are on one token", || other.token() == one.token()).await;
    assert!(one.token().0 >= 5, "{:?}", one.token());
    assert!(world.count(Seen::Login) <= 2);
}

#[tokio::test]
async fn promise_19_without_redis_the_token_is_served_and_nothing_is_called() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let world = World::new();
    *world.tradovate.life.lock().unwrap() = Duration::from_secs(8);
    let machine = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    redis.stop();
    until("a warning", || machine.warned(ErrorKind::Store)).await;
    // Past the time of its renewal, and then past its expiry.
    let calls = world.tradovate.log.lock().unwrap().len();
    let error = loop {
        match machine.session.token(Duration::from_millis(50)).await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => break error,
        }
    };
    assert!(world.clock.boot() >= Duration::from_secs(8), "a good token is served");
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Store, "{error:?}");
    assert_eq!(
        world.tradovate.log.lock().unwrap().len(),
        calls,
        "nothing is called without a lease"
    );

    redis.start_again();
    let took = until("it carries on", || {
        machine
            .session
            .view()
            .record
            .good_token(machine.session.clock().now())
            .is_some()
    })
    .await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(machine.token().0 >= 2);
}

#[tokio::test]
async fn promise_19_a_start_without_redis_logs_in_nowhere() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    redis.stop();
    let world = World::new();
    let machine = Machine::new(&world, Arc::new(store_at(&redis, &world)));
    let error = machine.session.opened(Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert_eq!(world.count(Seen::Login), 0);
    redis.start_again();
    machine.session.opened(TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Login), 1);
}
