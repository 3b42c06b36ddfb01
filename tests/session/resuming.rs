//! Promise 27: a person's word ends what needs a person, for all sessions of a login, and nothing else.

#![allow(clippy::disallowed_methods)]

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tradovate_session::{
    api::{AccountCall, Failure},
    clock::until,
    error::{ErrorKind, Outcome},
    session::{OnEviction, Session, cooldown::CooldownKind, view::State},
    store::Store,
};

use crate::support::{
    Act, Seen, TIMEOUT, World,
    faulty::{Bot, Faulty, key},
    minutes, pass, wrong_password,
};

fn state(session: &Session) -> State {
    session.view().state(session.clock().now())
}

/// Evicts a session twice within minutes.
async fn fight(world: &World, session: &Session) {
    for _ in 0..2 {
        pass(minutes(1)).await;
        world.evict();
        let _ = session.accounts(&AccountCall::List, TIMEOUT).await;
    }
    assert_eq!(state(session), State::Contended);
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_persons_word_ends_a_fight_for_all_sessions_of_the_login_by_one_login() {
    let world = World::new();
    let (session, other) = (world.open().await, world.open().await);
    fight(&world, &session).await;
    let before = world.count(Seen::Login);
    let (a, b, c) = tokio::join!(session.resume(TIMEOUT), other.resume(TIMEOUT), session.resume(TIMEOUT));
    for view in [a.unwrap(), b.unwrap(), c.unwrap()] {
        assert_eq!(view.record.session, 3.into());
    }
    assert_eq!(world.count(Seen::Login), before + 1);
    // The next eviction is the first one again.
    pass(minutes(9)).await;
    world.evict();
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!((state(&session), state(&other)), (State::Active, State::Active));
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_word_that_cannot_be_saved_at_once_is_not_taken_back_by_what_is_stored() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    *store.store.lock().unwrap() = world.store.clone();
    let (bot, other) = (Bot::open(&world, &store).await, world.open().await);
    fight(&world, &bot.session).await;
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.resume(TIMEOUT).await.unwrap();
    // Another session writes what it knows: the fight is not over there.
    let second = Duration::from_secs(1);
    other.stopped(CooldownKind::RateLimited, second, TIMEOUT).await;
    store.cannot_write.store(false, Ordering::SeqCst);
    pass(minutes(9)).await;
    assert_eq!((state(&bot.session), state(&other)), (State::Active, State::Active));
    world.evict();
    bot.session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!(state(&bot.session), State::Active);
}

#[tokio::test(start_paused = true)]
async fn promise_27_refused_credentials_are_tried_once_for_each_word_and_four_times_an_hour() {
    let world = World::new();
    world.logins(std::iter::repeat_n(wrong_password(), 10));
    let session = world.start();
    session.opened(TIMEOUT).await.unwrap_err();
    for word in 1..8 {
        let error = session.resume(TIMEOUT).await.unwrap_err();
        let (kind, outcome) = if word < 4 {
            (ErrorKind::Credentials, Outcome::Answered)
        } else {
            (ErrorKind::Quota, Outcome::NotSent)
        };
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, Some(outcome)),
            "word {word}: {error}"
        );
        assert!(error.retry_at().is_some(), "word {word}: {error}");
        pass(Duration::from_secs(2)).await;
    }
    assert_eq!(world.count(Seen::Login), 4);
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_captchas_hour_ends_and_a_429_and_a_423_stay() {
    for (failure, ends) in [
        (Failure::Captcha, true),
        (Failure::RateLimited(minutes(60)), false),
        (Failure::LockedOut(minutes(60)), false),
    ] {
        let world = World::new();
        world.logins([Act::Fail(failure.clone())]);
        let session = world.start();
        session.opened(TIMEOUT).await.unwrap_err();
        let resumed = session.resume(TIMEOUT).await;
        assert_eq!(resumed.is_ok(), ends, "{failure:?}");
        assert_eq!(world.count(Seen::Login), 1 + usize::from(ends), "{failure:?}");
        if let Err(error) = resumed {
            assert!(
                matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::LockedOut),
                "{error}"
            );
            assert!(error.retry_at().is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_word_that_comes_while_others_have_the_lease_counts_once_they_give_it_back() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    fight(&world, &bot.session).await;
    let held = store.store().lease(&key(&bot)).await.unwrap();
    let error = bot.session.resume(Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    drop(held);
    bot.session.token(TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Login), 3);
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_word_during_a_call_shares_it_and_one_with_a_good_token_costs_nothing() {
    let world = World::new();
    *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(4);
    let session = world.start();
    pass(Duration::from_secs(1)).await;
    session.resume(TIMEOUT).await.unwrap();
    session.resume(TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn promise_9_a_fight_is_over_for_who_opens_after_the_time_given_and_for_who_has_waited() {
    let world = World::new();
    let session = world.open().await;
    fight(&world, &session).await;
    let error = world.start().opened(TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contended);
    let retry_at = error.retry_at().unwrap();
    pass(until(session.clock().now(), retry_at)).await;
    world.open().await;
    pass(Duration::from_secs(31)).await;
    assert_eq!((world.count(Seen::Login), state(&session)), (3, State::Active));
}

/// A session that leaves an eviction at that, and another of the same login.
async fn stopping() -> (World, Session, Session) {
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let (session, other) = (world.open().await, world.open().await);
    (world, session, other)
}

async fn evicted(world: &World, session: &Session) -> ErrorKind {
    pass(minutes(1)).await;
    world.evict();
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    error.kind()
}

#[tokio::test(start_paused = true)]
async fn promise_9_an_eviction_that_is_left_at_that_is_not_ended_by_a_persons_word() {
    let (world, session, other) = stopping().await;
    assert_eq!(evicted(&world, &session).await, ErrorKind::Evicted);
    for resumed in [&session, &other, &session] {
        let error = resumed.resume(TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Evicted, "{error}");
    }
    pass(minutes(60)).await;
    assert_eq!((state(&session), state(&other)), (State::Stopped, State::Stopped));
    assert_eq!(world.count(Seen::Login), 1);
    // A new session is that of its opener, and the others use its token.
    world.open().await;
    pass(Duration::from_secs(1)).await;
    assert_eq!((state(&session), world.count(Seen::Login)), (State::Active, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_persons_word_ends_contended_where_evictions_are_left_at_that_too() {
    let (world, session, other) = stopping().await;
    assert_eq!(evicted(&world, &session).await, ErrorKind::Evicted);
    let opened = world.open().await;
    assert_eq!(evicted(&world, &opened).await, ErrorKind::Contended);
    pass(Duration::from_secs(1)).await;
    assert_eq!((state(&session), state(&other)), (State::Contended, State::Contended));
    session.resume(TIMEOUT).await.unwrap();
    pass(Duration::from_secs(1)).await;
    assert_eq!((state(&session), state(&other)), (State::Active, State::Active));
    assert_eq!(world.count(Seen::Login), 3);
    // That was for the one eviction: the next one is left at that, and a word changes nothing.
    assert_eq!(evicted(&world, &session).await, ErrorKind::Evicted);
    assert_eq!(session.resume(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Evicted);
}

#[tokio::test(start_paused = true)]
async fn promise_9_a_word_between_two_evictions_does_not_keep_the_second_from_being_a_fight() {
    let world = World::new();
    let session = world.open().await;
    pass(minutes(1)).await;
    world.evict();
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    session.resume(TIMEOUT).await.unwrap();
    world.open().await.resume(TIMEOUT).await.unwrap();
    pass(minutes(1)).await;
    world.evict();
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(
        (error.kind(), state(&session), world.count(Seen::Login)),
        (ErrorKind::Contended, State::Contended, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_9_a_word_while_all_is_well_does_not_forgive_an_eviction_to_come() {
    let (world, session, _other) = stopping().await;
    assert_eq!(evicted(&world, &session).await, ErrorKind::Evicted);
    let opened = world.open().await;
    assert_eq!(evicted(&world, &opened).await, ErrorKind::Contended);
    opened.close().await;
    pass(minutes(15)).await;
    // The login of a new session has ended it.
    world.open().await.close().await;
    pass(Duration::from_secs(1)).await;
    assert_eq!(state(&session), State::Active);
    session.resume(TIMEOUT).await.unwrap();
    assert_eq!(evicted(&world, &session).await, ErrorKind::Evicted);
    assert_eq!(session.resume(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Evicted);
}
