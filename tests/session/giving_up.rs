//! Promise 1: whoever gives up neither kills nor loses what is under way.

#![allow(clippy::disallowed_methods)]

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tradovate_session::{
    api::{AccountCall, Denial, Failure},
    clock::Clock,
    error::ErrorKind,
    secret::Secret,
    session::{cooldown::CooldownKind, view::State},
    store::Store,
};

use crate::support::{
    Act, Seen, TIMEOUT, World,
    faulty::{Bot, Faulty, key, now, stored},
    minutes, pass,
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

#[tokio::test(start_paused = true)]
async fn promise_1_a_token_whose_lease_lapsed_is_stored_whenever_its_opener_gives_up() {
    let login_takes = 4 * SECOND;
    // While the login is under way, while a lease is taken anew, and once the token is stored.
    for given_up_after in (3_900..4_500).step_by(20) {
        let (world, store) = (World::new(), Arc::new(Faulty::default()));
        *world.tradovate.login_takes.lock().unwrap() = login_takes;
        *store.lease_takes.lock().unwrap() = Duration::from_millis(100);
        let bot = Bot::start(&world, &store);
        let lapsing = async {
            pass(login_takes / 2).await;
            store.lapse();
        };
        let _ = tokio::join!(bot.session.opened(Duration::from_millis(given_up_after)), lapsing);
        let before = world.clock.boot();
        bot.session.close().await;
        assert!(world.clock.boot().saturating_sub(before) < Duration::from_millis(10));
        bot.session.ended().await;
        let next = Bot::open(&world, &store).await;
        assert_eq!(
            (world.count(Seen::Login), next.generation().get()),
            (1, 1),
            "given up after {given_up_after} ms"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_1_a_token_that_could_not_be_saved_is_saved_when_its_session_is_closed() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let bot = Bot::open(&world, &store).await;
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(1.into(), TIMEOUT).await.unwrap();
    pass(minutes(1)).await;
    store.cannot_write.store(false, Ordering::SeqCst);
    let held = store.store().lease(&key(&bot)).await.unwrap();
    bot.session.close().await;
    pass(5 * SECOND).await;
    drop(held);
    bot.session.ended().await;
    assert_eq!(stored(&store, &key(&bot)).await["generation"], 2);
    // A lease that is never given back keeps no closed session.
    let bot = Bot::open(&world, &store).await;
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(2.into(), TIMEOUT).await.unwrap();
    let held = store.store().lease(&key(&bot)).await.unwrap();
    bot.session.close().await;
    tokio::time::timeout(TIMEOUT * 3, bot.session.ended()).await.unwrap();
    drop(held);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 2));
}
