//! Sessions on several machines: nothing is shared but Redis and Tradovate.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::Notify;
use tradovate_session::{
    session::{Deps, Session, events::EventQueue, view::State},
    store::redis::DEFAULT_PREFIX,
};

use crate::{
    LEASE,
    machine::{Machine, store_at, until},
    store_with,
    support::{Act, Seen, TIMEOUT, World, credentials, redis::Redis},
};

#[tokio::test]
async fn promise_19_machines_share_one_token_and_the_clock_of_redis() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (world, wrong) = (World::new(), World::new());
    let one = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;

    // Another machine, whose clock is two hours ahead: by it the token is dead. It has no answer of Tradovate's to go by.
    wrong.clock.wall_skew_ms.store(2 * 3_600_000, Ordering::SeqCst);
    let there = store_with(&redis.url(), DEFAULT_PREFIX, LEASE, wrong.clock.clone());
    let events = Arc::new(EventQueue::new(|| {}));
    let deps = Deps {
        api: world.tradovate.clone(),
        store: Arc::new(there),
        events: events.clone(),
        ..wrong.deps(&credentials("pw"))
    };
    let session = Session::start(wrong.settings(), deps, credentials("pw"));
    session.opened(TIMEOUT).await.unwrap();
    let two = Machine { session, events };
    assert_eq!(one.token(), two.token());
    assert!(!two.session.clock().is_told());
    let off = two.session.clock().now().as_millisecond() - one.session.clock().now().as_millisecond();
    assert!(off.abs() < 1000, "{off} ms");

    for have in 1..=3 {
        one.session.renew(have.into(), TIMEOUT).await.unwrap();
        let took = until("the other machine adopts", || two.token() == one.token()).await;
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 3));
}

#[tokio::test]
async fn promise_19_a_holder_stopped_past_its_lease_is_refused_and_adopts() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let short = store_with(
        &redis.url(),
        DEFAULT_PREFIX,
        Duration::from_secs(1),
        world.clock.clone(),
    );
    let stopped = Machine::open(&world, Arc::new(short)).await;
    let other = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;

    let answers = Arc::new(Notify::new());
    world.renewals([Act::When(answers.clone())]);
    let renewing = stopped.session.renew(1.into(), TIMEOUT);
    let overtaking = async {
        until("the call is under way", || world.count(Seen::Renewal) == 1).await;
        other.session.renew(1.into(), TIMEOUT).await.unwrap();
        answers.notify_one();
    };
    let (renewed, ()) = tokio::join!(renewing, overtaking);
    renewed.unwrap();
    // Not the token of its own call, but the stored one, under a generation that everybody takes for events.
    assert_eq!(stopped.token(), (3, "token-2".into()));
    until("the other adopts", || other.token() == stopped.token()).await;
    until("both rest", || {
        stopped.session.view().state(stopped.session.clock().now()) == State::Active
    })
    .await;
    stopped.session.renew(3.into(), TIMEOUT).await.unwrap();
    until("the other adopts", || other.token() == stopped.token()).await;
    assert_eq!(stopped.token().0, 4);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 3));
}

#[tokio::test]
async fn promise_19_a_token_got_under_a_lapsed_lease_is_kept_if_nobody_has_another() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let short = store_with(
        &redis.url(),
        DEFAULT_PREFIX,
        Duration::from_secs(1),
        world.clock.clone(),
    );
    let answers = Arc::new(Notify::new());
    world.logins([Act::When(answers.clone())]);
    let slow = Machine::new(&world, Arc::new(short));
    let opening = slow.session.opened(TIMEOUT);
    let lapsing = async {
        until("the call is under way", || world.count(Seen::Login) == 1).await;
        until("the lease has lapsed", || {
            redis.command(&["KEYS", "*lease*"]).is_empty()
        })
        .await;
        answers.notify_one();
    };
    let (opened, ()) = tokio::join!(opening, lapsing);
    opened.unwrap();
    let other = Machine::open(&world, Arc::new(store_at(&redis, &world))).await;
    assert_eq!(other.token(), slow.token());
    assert_eq!(world.count(Seen::Login), 1);
}
