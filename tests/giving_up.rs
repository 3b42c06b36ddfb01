//! Promise 1: whoever gives up neither kills nor loses what is under way.

#![allow(clippy::disallowed_methods)]

mod support;

use std::{sync::Arc, time::Duration};

use support::{
    Act, Seen, TIMEOUT, World,
    faulty::{Bot, Faulty, key, now, stored},
    minutes, pass,
};
use tradovate_session::{
    api::{AccountCall, Denial, Failure},
    clock::Clock,
    error::ErrorKind,
    secret::Secret,
    session::{cooldown::CooldownKind, view::State},
    store::Store,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn promise_1_an_open_that_is_given_up_while_its_login_takes_4_s_leaves_its_token_to_the_next() {
    let world = World::new();
    *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(4);
    for _ in 0..3 {
        let session = world.start();
        session.opened(Duration::from_secs(1)).await.unwrap_err();
        let closing = world.clock.boot();
        session.close().await;
        assert!(world.clock.boot().saturating_sub(closing) < Duration::from_millis(100));
        assert_eq!(session.view().state(session.clock().now()), State::Closed);
        drop(session);
    }
    let session = world.open().await;
    assert_eq!(
        (world.count(Seen::Login), session.view().record.generation.get()),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_1_a_renewal_under_way_at_closing_is_stored() {
    let world = World::new();
    let session = world.open().await;
    let told = Arc::new(tokio::sync::Notify::new());
    world.renewals([Act::When(told.clone())]);
    let renewed = session.renew(1.into(), Duration::from_secs(1)).await;
    assert!(renewed.is_err());
    session.close().await;
    told.notify_one();
    session.ended().await;
    pass(minutes(1)).await;
    let next = world.open().await;
    assert_eq!((world.count(Seen::Login), next.view().record.generation.get()), (1, 2));
    next.token(TIMEOUT).await.unwrap();
}

/// A session that is closed while its login is under way, and whose lease lapses then.
async fn closed_in_a_login_that_outlasts_its_lease(world: &World, store: &Arc<Faulty>) -> Bot {
    *world.tradovate.login_takes.lock().unwrap() = 4 * SECOND;
    let bot = Bot::start(world, store);
    bot.session.opened(SECOND).await.unwrap_err();
    bot.session.close().await;
    store.lapse();
    *world.tradovate.login_takes.lock().unwrap() = Duration::ZERO;
    bot
}

#[tokio::test(start_paused = true)]
async fn promise_8_a_refusal_outlives_a_closed_session_whose_lease_has_lapsed() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    world.logins([Act::Fail(Failure::Denied(Denial::Credentials, "no".into()))]);
    let closed = closed_in_a_login_that_outlasts_its_lease(&world, &store).await;
    closed.session.ended().await;
    let error = Bot::start(&world, &store).session.opened(TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), world.count(Seen::Login)), (ErrorKind::Credentials, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_penalty_outlives_a_closed_session_whose_lease_has_lapsed() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let (ticket, wait) = (Some(Secret::new("ticket")), 20 * SECOND);
    world.logins([Act::Fail(Failure::Penalty { ticket, wait })]);
    let closed = closed_in_a_login_that_outlasts_its_lease(&world, &store).await;
    closed.session.ended().await;
    let answered = world.clock.elapsed();
    Bot::open(&world, &store).await;
    let again = world.times(Seen::LoginWithTicket);
    assert_eq!((world.count(Seen::Login), again.len()), (1, 1));
    assert!(again[0] >= answered + wait, "{again:?}, answered at {answered:?}");
}

#[tokio::test(start_paused = true)]
async fn promise_1_a_token_outlives_a_closed_session_whose_lease_another_one_has() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let closed = closed_in_a_login_that_outlasts_its_lease(&world, &store).await;
    let others = store.store().lease(&key(&closed)).await.unwrap();
    pass(10 * SECOND).await;
    drop(others);
    closed.session.ended().await;
    let next = Bot::open(&world, &store).await;
    assert_eq!((world.count(Seen::Login), next.generation().get()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_stop_outlives_a_session_that_is_closed_before_it_could_be_saved() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let bot = Bot::open(&world, &store).await;
    let others = store.store().lease(&key(&bot)).await.unwrap();
    world.calls([Failure::RateLimited(minutes(10))]);
    bot.session.accounts(&AccountCall::List, SECOND).await.unwrap_err();
    bot.session.close().await;
    drop(others);
    bot.session.ended().await;
    let next = Bot::open(&world, &store).await;
    let error = next.session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), world.count(Seen::Get)), (ErrorKind::RateLimited, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_stop_that_is_reported_just_before_its_session_is_closed_counts() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let bot = Bot::open(&world, &store).await;
    let reported = bot.session.stopped(CooldownKind::RateLimited, minutes(10), TIMEOUT);
    tokio::join!(reported, bot.session.close());
    bot.session.ended().await;
    let next = Bot::open(&world, &store).await;
    let error = next.session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), world.count(Seen::Get)), (ErrorKind::RateLimited, 0));
}

#[tokio::test(start_paused = true)]
async fn promise_22_a_closed_session_that_cannot_save_ends() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let bot = Bot::open(&world, &store).await;
    let others = store.store().lease(&key(&bot)).await.unwrap();
    world.calls([Failure::RateLimited(minutes(10))]);
    bot.session.accounts(&AccountCall::List, SECOND).await.unwrap_err();
    let closing = world.clock.boot();
    bot.session.close().await;
    assert!(world.clock.boot().saturating_sub(closing) < Duration::from_millis(100));
    assert_eq!(bot.session.view().state(now(&bot)), State::Closed);
    let ended = tokio::time::timeout(3 * TIMEOUT, bot.session.ended()).await;
    assert!(ended.is_ok(), "it waits for a lease that nobody gives back");
    drop(others);
    assert!(
        stored(&store, &key(&bot)).await["cooldowns"]
            .as_object()
            .unwrap()
            .is_empty()
    );
}
