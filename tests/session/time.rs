//! Clocks that jump and drift.

// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

use std::{sync::atomic::Ordering, time::Duration};

use tradovate_session::{
    api::{AccountCall, Failure},
    error::ErrorKind,
    session::view::State,
};

use crate::support::{Act, Seen, TIMEOUT, World, minutes, pass, upstream};

const TWO_HOURS_MS: i64 = 2 * 3_600_000;

#[tokio::test(start_paused = true)]
async fn promise_21_jumps_of_the_wall_clock() {
    let world = World::new();
    let session = world.open().await;
    world.clock.wall_skew_ms.store(-3_600_000, Ordering::SeqCst);
    pass(minutes(10)).await;
    assert_eq!(
        world.tradovate.log.lock().unwrap().len(),
        1,
        "an hour back: nothing is called"
    );
    world.clock.wall_skew_ms.store(2 * 3_600_000, Ordering::SeqCst);
    pass(Duration::from_secs(35)).await;
    assert_eq!(
        world.tradovate.log.lock().unwrap().len(),
        2,
        "two hours on: acted within 35 s"
    );
    drop(session);
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_ahead_while_a_session_runs_costs_a_look_at_the_time_and_no_login() {
    let world = World::new();
    let session = world.open().await;
    for hours in [2, 4, -3, 5] {
        world.clock.wall_skew_ms.store(hours * 3_600_000, Ordering::SeqCst);
        pass(minutes(10)).await;
        session.token(TIMEOUT).await.unwrap();
    }
    pass(minutes(24 * 60)).await;
    assert_eq!((world.count(Seen::Login), world.count(Seen::Time)), (1, 3));
}

/// When the renewals of a day are made, in true time, by a machine whose clocks are wrong.
async fn renewals_of_a_day(skew_ms: i64, drift_ppm: i64) -> Vec<Duration> {
    let world = World::new();
    world.clock.wall_skew_ms.store(skew_ms, Ordering::SeqCst);
    world.clock.drift_ppm.store(drift_ppm, Ordering::SeqCst);
    let _session = world.open().await;
    pass(minutes(24 * 60)).await;
    assert_eq!(world.count(Seen::Login), 1);
    world.times(Seen::Renewal)
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_wrong_and_drifts_renews_at_the_same_true_time() {
    let right = renewals_of_a_day(0, 0).await;
    for (skew_ms, drift_ppm) in [
        (TWO_HOURS_MS, 0),
        (-TWO_HOURS_MS, 0),
        (0, 500),
        (0, -500),
        (TWO_HOURS_MS, -500),
        (-TWO_HOURS_MS, 500),
    ] {
        let wrong = renewals_of_a_day(skew_ms, drift_ppm).await;
        assert_eq!(wrong.len(), right.len());
        let gaps = |times: &[Duration]| -> Vec<_> { times.windows(2).map(|pair| pair[1] - pair[0]).collect() };
        for (gap, expected) in gaps(&wrong).into_iter().zip(gaps(&right)) {
            let off = gap.abs_diff(expected);
            assert!(
                off <= Duration::from_secs(5),
                "{skew_ms} ms, {drift_ppm} ppm: off by {off:?}"
            );
        }
        let off = wrong[0].abs_diff(right[0]);
        assert!(off <= Duration::from_secs(5), "the first is off by {off:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_while_a_token_lives_moves_no_renewal() {
    let world = World::new();
    let _session = world.open().await;
    for (minute, skew_ms) in [(10, -7_200_000), (20, 0), (30, -60_000), (40, 0)] {
        pass(minutes(minute) - world.clock.elapsed()).await;
        world.clock.wall_skew_ms.store(skew_ms, Ordering::SeqCst);
    }
    pass(minutes(70) - world.clock.elapsed()).await;
    let times = world.times(Seen::Renewal);
    assert_eq!(times.len(), 1);
    let off = times[0].abs_diff(minutes(65));
    assert!(off <= minutes(1), "renewed at {:?}", times[0]);
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_wrong_clock_delays_no_login_after_one_that_failed() {
    for skew_ms in [TWO_HOURS_MS, -TWO_HOURS_MS] {
        let world = World::new();
        world.clock.wall_skew_ms.store(skew_ms, Ordering::SeqCst);
        world.logins([Act::Fail(upstream(503))]);
        world.start().opened(TIMEOUT).await.unwrap_err();
        world.start().opened(TIMEOUT).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_logins_are_counted_by_the_right_time_from_the_first_one_on() {
    for skew_ms in [0, TWO_HOURS_MS, -TWO_HOURS_MS] {
        let world = World::new();
        world.clock.wall_skew_ms.store(skew_ms, Ordering::SeqCst);
        *world.tradovate.life.lock().unwrap() = Duration::from_secs(20);
        world.renewals(std::iter::repeat_n(Act::Fail(Failure::Forbidden(String::new())), 100));
        let _session = world.open().await;
        for logins in [3, 6] {
            pass(minutes(9)).await;
            assert_eq!(world.count(Seen::Login), logins, "{skew_ms} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_who_opens_while_another_one_logs_in_asks_for_no_time() {
    let world = World::new();
    *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(5);
    world.logins([Act::Fail(Failure::LockedOut(minutes(60)))]);
    let first = world.start();
    pass(Duration::from_millis(100)).await;
    let others: Vec<_> = (0..5).map(|_| world.start()).collect();
    for session in [first].iter().chain(&others) {
        assert_eq!(session.opened(TIMEOUT).await.unwrap_err().kind(), ErrorKind::LockedOut);
    }
    assert_eq!((world.count(Seen::Login), world.count(Seen::Time)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_date_that_a_proxy_has_made_costs_no_token_and_one_look_at_the_time() {
    let world = World::new();
    let session = world.open().await;
    pass(minutes(5)).await;
    *world.tradovate.calls_ahead.lock().unwrap() = Some(minutes(180));
    for _ in 0..60 {
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
        pass(Duration::from_secs(1)).await;
        let now = session.clock().now();
        assert_eq!(session.view().state(now), State::Active);
    }
    assert_eq!((world.count(Seen::Time), world.count(Seen::Login)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_machine_that_stood_still_asks_for_the_time_once_an_answer_tells_another() {
    let world = World::new();
    let session = world.open().await;
    pass(minutes(5)).await;
    // Both local clocks are three hours behind all of a sudden, as those of a machine that was restored from a snapshot.
    *world.tradovate.ahead.lock().unwrap() = minutes(180);
    *world.tradovate.calls_ahead.lock().unwrap() = Some(Duration::ZERO);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(world.count(Seen::Login), 2, "the token has ended");
    assert!(session.clock().offset_ms() > 179 * 60_000);
}

#[tokio::test(start_paused = true)]
async fn promise_20_the_date_of_a_page_in_place_of_a_renewals_answer_costs_no_token() {
    let world = World::new();
    let session = world.open().await;
    pass(minutes(5)).await;
    *world.tradovate.calls_ahead.lock().unwrap() = Some(minutes(180));
    world.renewals([Act::Fail(upstream(503))]);
    session.renew(1.into(), TIMEOUT).await.unwrap_err();
    pass(Duration::from_secs(5)).await;
    session.token(TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Time), world.count(Seen::Login)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_token_that_ended_while_the_machine_stood_still_is_no_eviction() {
    let world = World::new();
    let session = world.open().await;
    pass(minutes(5)).await;
    *world.tradovate.ahead.lock().unwrap() = minutes(180);
    world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    let _ = session.renew(1.into(), TIMEOUT).await;
    pass(Duration::from_secs(5)).await;
    assert_eq!(world.count(Seen::Login), 2);
    assert!(session.view().record.history.evictions.is_empty());
}
