//! When a token is renewed, and what is served while that fails.

// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

use std::time::Duration;

use tradovate_session::{
    api::{Environment, Failure},
    clock::Clock,
    error::ErrorKind,
    session::view::State,
};

use crate::support::{Act, LIFE, Seen, TIMEOUT, World, minutes, order, pass, upstream};

#[tokio::test(start_paused = true)]
async fn promise_5_a_caller_who_cannot_wait_longer_gets_no_dead_token() {
    let world = World::new();
    let session = world.open().await;
    world.always(Some(upstream(503)));
    pass(LIFE - Duration::from_secs(5)).await;
    world.always(None);
    world.renewals(std::iter::repeat_n(Act::Hang, 20));
    world.logins(std::iter::repeat_n(Act::Hang, 20));
    pass(Duration::from_secs(6)).await;
    let error = session.token(Duration::from_secs(3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
}

#[tokio::test(start_paused = true)]
async fn promise_5_a_renewal_that_hangs_holds_no_call_back_while_the_token_is_good() {
    let world = World::new();
    *world.tradovate.life.lock().unwrap() = Duration::from_secs(100);
    let session = world.open().await;
    world.renewals(std::iter::repeat_n(Act::Hang, 20));
    pass(Duration::from_secs(91)).await;
    assert_eq!(world.count(Seen::Renewal), 1);
    let asked = world.clock.boot();
    session.token(Duration::from_secs(2)).await.unwrap();
    assert!(
        world.clock.boot() - asked <= Duration::from_secs(1),
        "half of its time is the caller's"
    );
    for _ in 0..3 {
        let asked = world.clock.boot();
        session
            .call(&order(), Environment::Demo.purpose(), TIMEOUT)
            .await
            .unwrap();
        assert!(world.clock.boot() - asked <= Duration::from_secs(1));
    }
    assert_eq!(world.count(Seen::Post), 3);
}

#[tokio::test(start_paused = true)]
async fn promise_3_the_timer_renews_fifteen_minutes_before_the_end() {
    let world = World::new();
    let session = world.open().await;
    pass(minutes(64)).await;
    assert_eq!(world.count(Seen::Renewal), 0);
    pass(minutes(2)).await;
    assert_eq!(world.count(Seen::Renewal), 1);
    assert_eq!(session.view().record.generation.get(), 2);
    pass(minutes(24 * 60)).await;
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_4_renewals_that_do_not_extend_make_at_most_twelve_calls() {
    let world = World::new();
    let session = world.open().await;
    world.renewals(std::iter::repeat_n(Act::Until(LIFE), 1_000));
    pass(LIFE - minutes(1)).await;
    let calls = world.count(Seen::Renewal);
    assert!((2..=12).contains(&calls), "{calls} calls");
    assert_eq!(session.view().state(session.clock().now()), State::Degraded);
}

#[tokio::test(start_paused = true)]
async fn promise_5_a_good_token_outlives_an_outage_and_a_dead_one_is_never_served() {
    let world = World::new();
    let session = world.open().await;
    pass(LIFE - minutes(15)).await;
    world.always(Some(upstream(503)));
    for _ in 0..14 * 6 {
        pass(Duration::from_secs(10)).await;
        session.token(TIMEOUT).await.expect("the token is still good");
    }
    pass(Duration::from_secs(61)).await;
    let error = session.token(Duration::from_millis(900)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Http);
}

#[tokio::test(start_paused = true)]
async fn promise_6_an_outage_costs_few_calls_with_gaps_and_is_recovered_from() {
    let world = World::new();
    let session = world.open().await;
    pass(LIFE - minutes(15)).await;
    world.always(Some(upstream(503)));
    pass(minutes(15)).await;
    let times = world.times(Seen::Renewal);
    assert!((8..=12).contains(&times.len()), "{} renewals", times.len());
    assert!(
        times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(1)),
        "{times:?}"
    );
    pass(minutes(60)).await;
    let logins = world.times(Seen::Login);
    assert!(
        logins
            .windows(2)
            .all(|pair| pair[1] - pair[0] >= Duration::from_secs(1)),
        "{logins:?}"
    );
    world.always(None);
    pass(minutes(5)).await;
    assert_eq!(session.view().state(session.clock().now()), State::Active);
}

#[tokio::test(start_paused = true)]
async fn twelve_renewals_an_hour_and_then_the_quota() {
    let world = World::new();
    let session = world.open().await;
    for have in 1..=12 {
        session.renew(have.into(), TIMEOUT).await.unwrap();
        pass(Duration::from_secs(70)).await;
    }
    let error = session.renew(13.into(), TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Quota);
    assert_eq!(world.count(Seen::Renewal), 12);
    let (view, now) = (session.view(), session.clock().now());
    assert_eq!(view.state(now), State::Active, "none is due yet");
    assert!(view.reason(now).is_none() && view.retry_at(now).is_none());
}

#[tokio::test(start_paused = true)]
async fn promise_6_a_renewal_that_was_never_sent_uses_up_nothing() {
    let world = World::new();
    let session = world.open().await;
    let refused = || Act::Fail(Failure::NotSent("connection refused".into()));
    world.renewals(std::iter::repeat_with(refused).take(13));
    for _ in 0..13 {
        session.renew(1.into(), TIMEOUT).await.unwrap_err();
        pass(Duration::from_secs(1)).await;
    }
    assert!(session.view().record.history.renewals.is_empty());
    session.renew(1.into(), TIMEOUT).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn promise_6_a_renewal_that_is_asked_for_waits_as_retry_after_says() {
    let world = World::new();
    let session = world.open().await;
    world.renewals([Act::Fail(Failure::Upstream {
        status: 503,
        retry_after: Some(minutes(1)),
        text: String::new(),
    })]);
    session.renew(1.into(), TIMEOUT).await.unwrap_err();
    let error = session.renew(1.into(), TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_at().is_some()), (ErrorKind::Http, true));
    session.renew(1.into(), minutes(2)).await.unwrap();
    let times = world.times(Seen::Renewal);
    assert!(times.len() == 2 && times[1] - times[0] >= minutes(1), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_was_asked_for_early_and_failed_is_no_trouble_once_its_back_off_is_over() {
    let world = World::new();
    let session = world.open().await;
    world.renewals([Act::Fail(Failure::Forbidden(String::new()))]);
    session.renew(1.into(), TIMEOUT).await.unwrap_err();
    let state = || session.view().state(session.clock().now());
    let retry_at = || session.view().retry_at(session.clock().now());
    assert_eq!((state(), retry_at()), (State::Degraded, session.view().renews_at));
    assert!(retry_at().is_some());
    pass(minutes(2)).await;
    assert_eq!(retry_at(), None);
    assert_eq!((state(), world.count(Seen::Renewal)), (State::Active, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_captcha_of_a_renewal_is_told_to_all_who_ask_until_its_hour_is_over() {
    let world = World::new();
    let session = world.open().await;
    *world.tradovate.life.lock().unwrap() = minutes(24 * 60);
    session.renew(1.into(), TIMEOUT).await.unwrap();
    world.renewals([Act::Fail(Failure::Captcha)]);
    let state = || session.view().state(session.clock().now());
    for _ in 0..3 {
        let error = session.renew(2.into(), TIMEOUT).await.unwrap_err();
        assert_eq!((error.kind(), state()), (ErrorKind::Captcha, State::Degraded));
        pass(minutes(15)).await;
    }
    pass(minutes(16)).await;
    assert_eq!((state(), world.count(Seen::Renewal)), (State::Active, 2));
}
