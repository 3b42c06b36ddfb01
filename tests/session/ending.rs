//! The end of a session or of its lease while something is still to be saved.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tradovate_session::{
    api::Failure,
    clock::{Clock, until},
    error::ErrorKind,
    session::view::State,
    store::Store,
};

use crate::support::{
    Act, Seen, TIMEOUT, World,
    faulty::{Bot, Faulty, key, now, stored},
    minutes, pass, upstream,
};

#[tokio::test(start_paused = true)]
async fn promise_19_a_token_that_is_granted_after_the_lease_lapsed_outlives_another_sessions_failure() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let (bot, other) = (Bot::open(&world, &store).await, Bot::open(&world, &store).await);
    let answer = Arc::new(tokio::sync::Notify::new());
    world.renewals([Act::When(answer.clone()), Act::Fail(upstream(503))]);
    let meanwhile = async {
        pass(Duration::from_secs(1)).await;
        store.lapse();
        other.session.renew(1.into(), TIMEOUT).await.unwrap_err();
        assert_eq!(stored(&store, &key(&bot)).await["renewal"]["failures"], 1);
        answer.notify_one();
    };
    let (renewed, ()) = tokio::join!(bot.session.renew(1.into(), TIMEOUT), meanwhile);
    let token = renewed.unwrap().record.token.clone().unwrap();
    let saved = stored(&store, &key(&bot)).await;
    assert_eq!(saved["token"]["accessToken"], token.access_token.expose());
    pass(minutes(1)).await;
    assert_eq!((bot.generation().get(), other.generation().get()), (2, 2));
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_22_a_session_that_waits_for_a_lease_can_be_closed() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    let held = store.store().lease(&key(&bot)).await.unwrap();
    for wait in [Duration::from_millis(10), Duration::from_secs(5)] {
        let other = Bot::open(&world, &store).await;
        let renewal = tokio::time::timeout(wait, other.session.renew(1.into(), TIMEOUT));
        assert!(renewal.await.is_err());
        let before = world.clock.boot();
        other.session.close().await;
        assert!(world.clock.boot().saturating_sub(before) < Duration::from_millis(10));
    }
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn promise_13_who_has_renewed_a_token_or_closed_its_session_can_end_the_process_at_once() {
    const SLOW: Duration = Duration::from_secs(2);
    for closes in [false, true] {
        let (world, store) = (World::new(), Arc::new(Faulty::default()));
        let bot = Bot::open(&world, &store).await;
        *store.write_takes.lock().unwrap() = SLOW;
        let mut views = bot.session.views();
        let renewal = bot.session.renew(1.into(), TIMEOUT);
        let before = world.clock.boot();
        if closes {
            let shown = async {
                views.wait_for(|view| view.record.generation.get() == 2).await.unwrap();
                bot.session.close().await;
            };
            let (renewed, ()) = tokio::join!(renewal, shown);
            renewed.unwrap();
        } else {
            renewal.await.unwrap();
        }
        assert!(
            world.clock.boot().saturating_sub(before) < SLOW * 3,
            "no longer than for the note and the token"
        );
        assert_eq!(stored(&store, &key(&bot)).await["generation"], 2, "closes: {closes}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_13_who_has_opened_a_session_after_a_failure_or_resumed_one_can_end_the_process_at_once() {
    for resumes in [false, true] {
        let (world, store) = (World::new(), Arc::new(Faulty::default()));
        *store.write_takes.lock().unwrap() = Duration::from_millis(500);
        world.logins([Act::Fail(Failure::NotSent("no network".into()))]);
        let bot = Bot::start(&world, &store);
        if resumes {
            pass(Duration::from_millis(600)).await;
            bot.session.resume(TIMEOUT).await.unwrap();
        } else {
            bot.session.opened(TIMEOUT).await.unwrap();
        }
        assert_eq!(world.count(Seen::Login), 2);
        assert_eq!(stored(&store, &key(&bot)).await["generation"], 1, "resumes: {resumes}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_13_who_was_given_a_token_that_lives_no_longer_can_end_the_process_at_once() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let bot = Bot::open(&world, &store).await;
    *store.write_takes.lock().unwrap() = Duration::from_secs(2);
    let expiry = bot.session.view().record.token.as_ref().unwrap().expires_at;
    let left = until(now(&bot), expiry);
    world.renewals([Act::Until(left)]);
    let renewed = bot.session.renew(1.into(), TIMEOUT).await.unwrap();
    let token = renewed.record.token.clone().unwrap();
    let saved = stored(&store, &key(&bot)).await;
    assert_eq!(saved["token"]["accessToken"], token.access_token.expose());
}

#[tokio::test(start_paused = true)]
async fn promise_14_a_disk_that_hangs_costs_who_renews_a_token_or_closes_its_session_five_seconds() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let bot = Bot::open(&world, &store).await;
    let answer = Arc::new(tokio::sync::Notify::new());
    world.renewals([Act::When(answer.clone())]);
    let hangs = async {
        pass(Duration::from_secs(1)).await;
        store.writes_hang.store(true, Ordering::SeqCst);
        answer.notify_one();
        let before = world.clock.boot();
        pass(Duration::from_secs(3)).await;
        bot.session.close().await;
        world.clock.boot().saturating_sub(before)
    };
    let before = world.clock.boot();
    let (renewed, closed) = tokio::join!(bot.session.renew(1.into(), TIMEOUT), hangs);
    assert_eq!(renewed.unwrap().record.generation.get(), 2);
    assert_eq!(closed.as_secs(), 5);
    assert!(world.clock.boot().saturating_sub(before) < Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn promise_22_a_session_whose_disk_hangs_can_be_closed() {
    let hang = |store: &Faulty| store.hangs.store(true, Ordering::SeqCst);
    // At its start, while it idles, while a caller waits for a renewal, and while its new token is being saved.
    for step in 0..4 {
        let (world, store) = (World::new(), Arc::new(Faulty::default()));
        let bot = Bot::start(&world, &store);
        if step == 0 {
            hang(&store);
        } else {
            bot.session.opened(TIMEOUT).await.unwrap();
        }
        let told = Arc::new(tokio::sync::Notify::new());
        world.renewals([Act::When(told.clone())]);
        match step {
            1 => hang(&store),
            2 => {
                hang(&store);
                let renewed = tokio::time::timeout(Duration::from_secs(40), bot.session.renew(1.into(), TIMEOUT));
                assert_eq!(renewed.await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
            }
            3 => {
                let renewed = bot.session.renew(1.into(), Duration::from_millis(100));
                assert!(renewed.await.is_err());
                hang(&store);
                told.notify_one();
                pass(Duration::from_secs(1)).await;
                assert_eq!(bot.generation().get(), 2);
            }
            _ => pass(Duration::from_secs(1)).await,
        }
        pass(Duration::from_secs(40)).await;
        let before = world.clock.boot();
        let closed = tokio::time::timeout(TIMEOUT, bot.session.close());
        closed.await.unwrap_or_else(|_| panic!("step {step}: closing hangs"));
        assert!(world.clock.boot().saturating_sub(before) < Duration::from_millis(10));
        assert_eq!(bot.session.view().state(now(&bot)), State::Closed);
    }
}
