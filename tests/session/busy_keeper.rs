//! Promises 2, 14 and 27: whoever waits while the keeper waits for a disk or another process learns what is known already.

#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tradovate_session::api::{Failure, HostPurpose};

use crate::support::{
    Act, LIFE, Seen, TIMEOUT, World,
    faulty::{Bot, Faulty},
    get, minutes, order, pass, penalty,
};

#[tokio::test(start_paused = true)]
async fn promise_27_an_orders_answer_is_told_at_once_while_another_process_has_the_lease() {
    for failure in [Failure::RateLimited(minutes(60)), penalty(5)] {
        let world = World::new();
        let (session, other) = (world.open().await, Arc::new(world.open().await));
        world.renewals([Act::Hang]);
        let renewal = tokio::spawn({
            let other = other.clone();
            async move { other.renew(1.into(), TIMEOUT).await }
        });
        pass(Duration::from_secs(1)).await;
        world.calls([failure.clone()]);
        let before = world.clock.elapsed();
        session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap_err();
        let took = world.clock.elapsed() - before;
        assert!(took < Duration::from_secs(2), "{failure:?}: told after {took:?}");
        renewal.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn promise_14_a_call_with_the_token_before_is_sent_again_while_the_disk_hangs() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    let session = Arc::new(bot.session);
    let told = Arc::new(tokio::sync::Notify::new());
    world.renewals([Act::When(told.clone())]);
    *world.tradovate.call_takes.lock().unwrap() = Duration::from_secs(3);
    world.calls([Failure::Unauthorized(String::new())]);
    let calling = tokio::spawn({
        let session = session.clone();
        async move { session.call(&get("a/list"), HostPurpose::Demo, TIMEOUT).await }
    });
    pass(Duration::from_millis(100)).await;
    let renewal = tokio::spawn({
        let session = session.clone();
        async move { session.renew(1.into(), TIMEOUT).await }
    });
    pass(Duration::from_secs(1)).await;
    assert_eq!(world.count(Seen::Renewal), 1);
    store.writes_hang.store(true, Ordering::SeqCst);
    told.notify_one();
    pass(Duration::from_secs(1)).await;
    assert_eq!(session.view().record.generation, 2.into(), "the new token is in use");
    let before = world.clock.elapsed();
    let answer = calling.await.unwrap();
    let took = world.clock.elapsed() - before;
    let again = tokio::spawn({
        let session = session.clone();
        async move { session.renew(1.into(), Duration::from_secs(20)).await }
    });
    let second = world.clock.elapsed();
    let renewed = again.await.unwrap();
    let renew_took = world.clock.elapsed() - second;
    assert!(
        answer.is_ok() && took < Duration::from_secs(10) && renew_took < Duration::from_secs(1),
        "the GET ended after {took:?}: {:?}, sent {} times; a renew(1) that had its token already after {renew_took:?}: {:?}",
        answer.err().map(|error| (error.kind(), error.to_string())),
        world.count(Seen::Get),
        renewed.map(|view| view.record.generation),
    );
    drop(renewal);
}

#[tokio::test(start_paused = true)]
async fn promise_2_closing_ends_calls_while_the_disk_hangs() {
    let mut told = Vec::new();
    for (name, failure, endpoint) in [
        ("GET 429", Failure::RateLimited(minutes(60)), get("a/list")),
        ("GET penalty", penalty(5), get("a/list")),
        ("GET 401", Failure::Unauthorized(String::new()), get("a/list")),
        ("POST 429", Failure::RateLimited(minutes(60)), order()),
    ] {
        let world = World::new();
        let store = Arc::new(Faulty::default());
        let bot = Bot::open(&world, &store).await;
        let session = Arc::new(bot.session);
        store.writes_hang.store(true, Ordering::SeqCst);
        world.calls([failure]);
        let calling = tokio::spawn({
            let session = session.clone();
            async move { session.call(&endpoint, HostPurpose::Demo, TIMEOUT).await }
        });
        pass(Duration::from_secs(1)).await;
        let before = world.clock.elapsed();
        session.close().await;
        let closed = world.clock.elapsed() - before;
        let answer = calling.await.unwrap();
        let took = world.clock.elapsed() - before;
        if took > Duration::from_secs(1) {
            told.push(format!(
                "{name}: closed after {closed:?}, its call ended after {took:?}: {:?}",
                answer.err().map(|error| error.kind())
            ));
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}

#[tokio::test(start_paused = true)]
async fn promise_2_closing_ends_waits_while_the_disk_hangs() {
    let mut told = Vec::new();
    for name in ["token", "renew", "resume"] {
        let world = World::new();
        let store = Arc::new(Faulty::default());
        let bot = Bot::open(&world, &store).await;
        let session = Arc::new(bot.session);
        pass(LIFE - minutes(20)).await;
        store.writes_hang.store(true, Ordering::SeqCst);
        // The timer's renewal hangs in its note; the token ends.
        pass(minutes(25)).await;
        let waiting = tokio::spawn({
            let session = session.clone();
            async move {
                let done = match name {
                    "token" => session.token(TIMEOUT).await,
                    "renew" => session.renew(1.into(), TIMEOUT).await,
                    _ => session.resume(TIMEOUT).await,
                };
                done.map(|_| ()).map_err(|error| error.kind())
            }
        });
        pass(Duration::from_secs(1)).await;
        let before = world.clock.elapsed();
        session.close().await;
        let done = waiting.await.unwrap();
        let took = world.clock.elapsed() - before;
        if took > Duration::from_secs(1) {
            told.push(format!("{name}: {done:?} {took:?} after the closing"));
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}
