//! Promise 1: whoever gives up neither kills nor loses what is under way.

#![allow(clippy::disallowed_methods)]

mod support;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use support::{
    Seen, TIMEOUT, World,
    faulty::{Bot, Faulty, key, stored},
    minutes, pass,
};
use tradovate_session::{clock::Clock, session::view::State, store::Store};

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
    world.renewals([support::Act::When(told.clone())]);
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

#[tokio::test(start_paused = true)]
async fn promise_1_a_token_whose_lease_lapsed_is_stored_whenever_its_opener_gives_up() {
    let login_takes = Duration::from_secs(4);
    // While the login is under way, while a lease is taken anew, and once the token is stored.
    for given_up_after in (3_900..4_500).step_by(20) {
        let (world, store) = (World::new(), Arc::new(Faulty::default()));
        *world.tradovate.login_takes.lock().unwrap() = login_takes;
        *store.lease_takes.lock().unwrap() = Duration::from_millis(100);
        *store.lease_lasts.lock().unwrap() = Some(login_takes / 2);
        let bot = Bot::start(&world, &store);
        let _ = bot.session.opened(Duration::from_millis(given_up_after)).await;
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
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(1.into(), TIMEOUT).await.unwrap();
    pass(minutes(1)).await;
    store.cannot_write.store(false, Ordering::SeqCst);
    let held = store.store().lease(&key(&bot)).await.unwrap();
    bot.session.close().await;
    pass(Duration::from_secs(5)).await;
    drop(held);
    bot.session.ended().await;
    assert_eq!(stored(&store, &key(&bot)).await["generation"], 2);
    // A lease that is never given back keeps no closed session.
    let bot = Bot::open(&world, &store).await;
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(2.into(), TIMEOUT).await.unwrap();
    let held = store.store().lease(&key(&bot)).await.unwrap();
    bot.session.close().await;
    tokio::time::timeout(TIMEOUT * 2, bot.session.ended()).await.unwrap();
    drop(held);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 2));
}
