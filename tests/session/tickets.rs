//! The tickets of calls: each goes along once, with a call of its own endpoint, whatever becomes of the caller or the store.

#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tradovate_session::{
    api::{Failure, HostPurpose},
    error::{ErrorKind, Outcome},
};

use crate::support::{
    Seen, TIMEOUT, World,
    faulty::{Bot, Faulty},
    get, minutes, order, pass, penalty,
};

#[tokio::test(start_paused = true)]
async fn promise_7_an_order_waits_for_no_store_to_get_its_ticket_which_goes_along_once() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    let bot = Bot::open(&world, &store).await;
    world.calls([penalty(2)]);
    let order = order();
    let place = || bot.session.call(&order, HostPurpose::Demo, TIMEOUT);
    place().await.unwrap_err();
    store.cannot_read.store(true, Ordering::SeqCst);
    pass(minutes(1)).await;
    for placed in 1..=3 {
        let before = world.clock.elapsed();
        place().await.unwrap();
        assert!(world.clock.elapsed() - before < Duration::from_secs(10));
        assert_eq!(world.count(Seen::PostWithTicket), 1);
        assert_eq!(world.count(Seen::Post), placed);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_one_ticket_for_two_endpoints_ends_no_penalty_before_its_time() {
    let world = World::new();
    let session = world.open().await;
    let ask = |endpoint, patience| {
        let session = &session;
        async move { session.call(&endpoint, HostPurpose::Demo, patience).await }
    };
    let patience = Duration::from_secs(1);
    for (path, seconds) in [("a/list", 5), ("b/list", 300)] {
        world.calls([penalty(seconds)]);
        ask(get(path), patience).await.unwrap_err();
    }
    pass(Duration::from_secs(6)).await;
    ask(get("a/list"), TIMEOUT).await.unwrap();
    let error = ask(get("b/list"), patience).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Penalty);
    assert_eq!((world.count(Seen::Get), world.count(Seen::GetWithTicket)), (2, 1));
    pass(minutes(5)).await;
    ask(get("b/list"), TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Get), world.count(Seen::GetWithTicket)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_ticket_whose_call_was_not_sent_is_kept_for_the_next() {
    for (post, endpoint) in [(true, order()), (false, get("a/list"))] {
        for failure in [Failure::NotSent("refused".into()), Failure::TimedOut { sent: false }] {
            let world = World::new();
            let session = world.open().await;
            let ask = |patience| session.call(&endpoint, HostPurpose::Demo, patience);
            world.calls([penalty(2)]);
            ask(Duration::from_millis(500)).await.unwrap_err();
            pass(Duration::from_secs(3)).await;
            world.calls([failure.clone()]);
            let error = ask(TIMEOUT).await.unwrap_err();
            assert_eq!(error.outcome(), Some(Outcome::NotSent));
            ask(TIMEOUT).await.unwrap();
            let (plain, with_ticket) = if post {
                (Seen::Post, Seen::PostWithTicket)
            } else {
                (Seen::Get, Seen::GetWithTicket)
            };
            assert_eq!(
                (world.count(with_ticket), world.count(plain)),
                (2, 1),
                "{post} {failure:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_2_a_call_that_is_given_up_with_a_ticket_holds_nobody_up() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.calls([penalty(2)]);
    let other = world.open().await;
    let patient = tokio::spawn({
        let session = session.clone();
        async move { session.call(&get("a/list"), HostPurpose::Demo, minutes(60)).await }
    });
    pass(Duration::from_secs(1)).await;
    *world.tradovate.call_takes.lock().unwrap() = minutes(120);
    pass(Duration::from_secs(3)).await;
    assert_eq!(world.count(Seen::GetWithTicket), 1);
    patient.abort();
    let _ = patient.await;
    *world.tradovate.call_takes.lock().unwrap() = Duration::ZERO;
    pass(Duration::from_secs(5)).await;
    for session in [&*session, &other] {
        session.call(&get("a/list"), HostPurpose::Demo, TIMEOUT).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_nine_endpoints_in_a_penalty_are_each_waited_for() {
    let world = World::new();
    let session = world.open().await;
    let ask = |number: usize| {
        let (session, endpoint) = (&session, get(&format!("list-{number}/list")));
        async move { session.call(&endpoint, HostPurpose::Demo, Duration::from_secs(1)).await }
    };
    for number in 0..9 {
        world.calls([penalty(60)]);
        ask(number).await.unwrap_err();
    }
    for number in 0..9 {
        ask(number).await.unwrap_err();
    }
    assert_eq!((world.count(Seen::Get), world.count(Seen::GetWithTicket)), (9, 0));
}
