//! Promise 20: a clock that is set, in a run or between two, ends no stop and forgets no call of the hour.

#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

use std::{sync::atomic::Ordering, time::Duration};

use tradovate_session::{
    api::{AccountCall, Credentials, Failure},
    error::ErrorKind,
    session::Session,
};

use crate::support::{Act, Seen, TIMEOUT, TestClock, World, credentials, minutes, pass, wrong_password};

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_ahead_leaves_twelve_renewals_an_hour() {
    let world = World::new();
    let session = world.open().await;
    let use_up = async || loop {
        pass(Duration::from_secs(2)).await;
        let generation = session.view().record.generation;
        if let Err(error) = session.renew(generation, TIMEOUT).await {
            assert_eq!(error.kind(), ErrorKind::Quota);
            break;
        }
    };
    use_up().await;
    assert_eq!(world.count(Seen::Renewal), 12);
    world.clock.wall_skew_ms.store(61 * 60_000, Ordering::SeqCst);
    use_up().await;
    assert_eq!(
        world.count(Seen::Renewal),
        12,
        "renewals within {:?}; looks {}",
        world.clock.elapsed(),
        world.count(Seen::Time)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_ahead_in_steps_leaves_twelve_renewals_an_hour() {
    let world = World::new();
    let session = world.open().await;
    let mut quota = 0;
    // An hour and a half in six steps, a minute apart.
    for step in 0..6 {
        world.clock.wall_skew_ms.store(step * 15 * 60_000, Ordering::SeqCst);
        for _ in 0..12 {
            pass(Duration::from_secs(2)).await;
            let generation = session.view().record.generation;
            quota += usize::from(session.renew(generation, TIMEOUT).await.is_err());
        }
    }
    assert!(
        world.count(Seen::Renewal) <= 12,
        "{} renewals, {quota} refused, in {:?}",
        world.count(Seen::Renewal),
        world.clock.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_ahead_ends_no_429() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::RateLimited(minutes(60))]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(minutes(1)).await;
    world.clock.wall_skew_ms.store(61 * 60_000, Ordering::SeqCst);
    *world.tradovate.calls_ahead.lock().unwrap() = Some(Duration::ZERO);
    for _ in 0..5 {
        let _ = session.accounts(&AccountCall::List, Duration::from_secs(5)).await;
        pass(Duration::from_secs(1)).await;
    }
    assert_eq!(
        (world.count(Seen::Get), world.count(Seen::Renewal)),
        (1, 0),
        "calls in the hour of a 429"
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_renewal_under_a_clock_that_is_ahead_ends_no_429() {
    let world = World::new();
    let (session, other) = (world.open().await, world.open().await);
    world.calls([Failure::RateLimited(minutes(60))]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(minutes(1)).await;
    world.clock.wall_skew_ms.store(61 * 60_000, Ordering::SeqCst);
    let renewed = session.renew(1.into(), TIMEOUT).await.is_ok();
    pass(Duration::from_secs(2)).await;
    for _ in 0..10 {
        for session in [&session, &other] {
            let _ = session.accounts(&AccountCall::List, Duration::from_secs(5)).await;
        }
        pass(Duration::from_secs(10)).await;
    }
    assert_eq!(
        (world.count(Seen::Get), world.count(Seen::Renewal)),
        (1, 0),
        "calls within {:?} of a 429 for an hour (renewed {renewed}; the clock is {} ms off)",
        world.clock.elapsed(),
        session.clock().offset_ms() + 61 * 60_000,
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_ahead_ends_no_stop_of_logins() {
    for act in [
        Act::Fail(Failure::Captcha),
        wrong_password(),
        Act::Fail(Failure::LockedOut(minutes(60))),
    ] {
        let world = World::new();
        world.logins([act.clone(), act.clone(), act]);
        let session = world.start();
        let error = session.opened(TIMEOUT).await.unwrap_err();
        pass(minutes(1)).await;
        world.clock.wall_skew_ms.store(62 * 60_000, Ordering::SeqCst);
        pass(minutes(3)).await;
        assert_eq!(
            (world.count(Seen::Login), error.kind()),
            (1, error.kind()),
            "logins within {:?}: {:?}",
            world.clock.elapsed(),
            world.times(Seen::Login)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_right_between_two_runs_ends_no_stop_of_logins() {
    for boot in ["the same boot", "another boot"] {
        for act in [
            Act::Fail(Failure::Captcha),
            Act::Fail(Failure::LockedOut(minutes(60))),
            wrong_password(),
        ] {
            let clock = if boot == "the same boot" {
                TestClock::new()
            } else {
                TestClock::of_unknown_boot()
            };
            let world = World::with_clock(clock);
            world.clock.wall_skew_ms.store(-2 * 3_600_000, Ordering::SeqCst);
            world.logins([act.clone(), act.clone()]);
            let session = world.start();
            let error = session.opened(TIMEOUT).await.unwrap_err();
            session.close().await;
            world.clock.wall_skew_ms.store(0, Ordering::SeqCst);
            pass(minutes(1)).await;
            let session = world.start();
            let _ = session.opened(TIMEOUT).await;
            let (logins, looks) = (world.times(Seen::Login), world.count(Seen::Time));
            assert_eq!(
                logins.len(),
                1,
                "{boot}, {:?}: logins at {logins:?}, {looks} looks at the time",
                error.kind()
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_right_between_two_runs_leaves_four_refused_logins_an_hour() {
    let world = World::new();
    world.clock.wall_skew_ms.store(-2 * 3_600_000, Ordering::SeqCst);
    world.logins(std::iter::repeat_n(wrong_password(), 16));
    for number in 0..8 {
        if number == 4 {
            world.clock.wall_skew_ms.store(0, Ordering::SeqCst);
        }
        let credentials = Credentials {
            name: format!("user {number}"),
            ..credentials("wrong")
        };
        let session = Session::start(world.settings(), world.deps(&credentials), credentials);
        session.opened(Duration::from_secs(1)).await.unwrap_err();
        session.close().await;
    }
    assert_eq!(
        world.count(Seen::Login),
        4,
        "refused logins within {:?}",
        world.clock.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_right_between_two_runs_leaves_twelve_renewals_an_hour() {
    for boot in ["the same boot", "another boot"] {
        let clock = if boot == "the same boot" {
            TestClock::new()
        } else {
            TestClock::of_unknown_boot()
        };
        let world = World::with_clock(clock);
        world.clock.wall_skew_ms.store(-61 * 60_000, Ordering::SeqCst);
        for run in 0..2 {
            let session = world.open().await;
            loop {
                pass(Duration::from_secs(2)).await;
                let generation = session.view().record.generation;
                if session.renew(generation, TIMEOUT).await.is_err() {
                    break;
                }
            }
            session.close().await;
            if run == 0 {
                world.clock.wall_skew_ms.store(0, Ordering::SeqCst);
            }
        }
        assert_eq!(
            world.count(Seen::Renewal),
            12,
            "{boot}: within {:?}, {} looks",
            world.clock.elapsed(),
            world.count(Seen::Time)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_right_between_two_runs_ends_no_429() {
    let world = World::new();
    world.clock.wall_skew_ms.store(-61 * 60_000, Ordering::SeqCst);
    let session = world.open().await;
    world.calls([Failure::RateLimited(minutes(60))]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    session.close().await;
    world.clock.wall_skew_ms.store(0, Ordering::SeqCst);
    let session = world.open().await;
    let _ = session.accounts(&AccountCall::List, Duration::from_secs(5)).await;
    assert_eq!((world.count(Seen::Get), world.count(Seen::Time)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_word_under_a_wrong_clock_locks_nobody_out() {
    let world = World::new();
    world.clock.wall_skew_ms.store(8 * 3_600_000, Ordering::SeqCst);
    world.tradovate.tells_time.store(false, Ordering::SeqCst);
    world.logins([Act::Fail(Failure::Upstream {
        status: 503,
        retry_after: Some(Duration::from_secs(120)),
        text: String::new(),
    })]);
    let session = world.start();
    session.opened(Duration::from_secs(5)).await.unwrap_err();
    let _ = session.resume(Duration::from_secs(5)).await;
    assert_eq!(world.count(Seen::Login), 1);
    session.close().await;
    world.clock.wall_skew_ms.store(0, Ordering::SeqCst);
    world.tradovate.tells_time.store(true, Ordering::SeqCst);
    pass(minutes(3)).await;
    let session = world.start();
    let opened = session.opened(TIMEOUT).await;
    let error = opened.err();
    pass(minutes(30)).await;
    assert_eq!(
        world.count(Seen::Login),
        2,
        "{error:?}; now {}, looks {}",
        session.clock().now(),
        world.count(Seen::Time)
    );
}
