//! The promises about when, kept by the whole session against a scripted Tradovate and a clock that is moved.

// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

mod support;

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use support::{Act, LIFE, Seen, TIMEOUT, World, minutes, pass, upstream};
use tradovate_session::{
    api::{AccountCall, Denial, Endpoint, Failure, HostPurpose, Method, Shape},
    clock::Clock,
    error::ErrorKind,
    secret::Secret,
    session::{OnEviction, view::State},
};

fn order() -> Endpoint {
    let path = "order/placeorder".into();
    Endpoint {
        method: Method::Post,
        path,
        query: String::new(),
        body: Some("{}".into()),
        shape: Shape::Any,
    }
}

#[tokio::test(start_paused = true)]
async fn promise_1_a_thousand_callers_of_mixed_triggers_make_one_call_a_round() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    for round in 1..=100 {
        pass(minutes(6)).await;
        let before = world.tradovate.count(Seen::Renewal) + world.tradovate.count(Seen::Login);
        let have = session.view().record.generation;
        let callers: Vec<_> = (0..1_000)
            .map(|i| {
                let session = session.clone();
                tokio::spawn(async move {
                    match i % 2 {
                        0 => session.renew(have, TIMEOUT).await.map(|_| ()),
                        _ => session.token(TIMEOUT).await.map(|_| ()),
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        let calls = world.tradovate.count(Seen::Renewal) + world.tradovate.count(Seen::Login) - before;
        assert_eq!(calls, 1, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_1_callers_who_come_during_a_call_share_its_failure() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world
        .tradovate
        .renewals
        .lock()
        .unwrap()
        .push_back(Act::Fail(upstream(503)));
    let callers: Vec<_> = (0..100)
        .map(|i| {
            let session = session.clone();
            tokio::spawn(async move {
                pass(Duration::from_millis(if i % 2 == 0 { 0 } else { 10 })).await;
                session.renew(1, TIMEOUT).await.map(|_| ())
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), ErrorKind::Http);
    }
    pass(Duration::from_secs(60)).await;
    assert_eq!(world.tradovate.count(Seen::Renewal), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_5_a_caller_who_cannot_wait_longer_gets_no_dead_token() {
    let world = World::new();
    let session = world.open().await;
    *world.tradovate.always.lock().unwrap() = Some(upstream(503));
    pass(LIFE - Duration::from_secs(5)).await;
    *world.tradovate.always.lock().unwrap() = None;
    world
        .tradovate
        .renewals
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(Act::Hang, 20));
    world
        .tradovate
        .logins
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(Act::Hang, 20));
    pass(Duration::from_secs(6)).await;
    let error = session.token(Duration::from_secs(3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
}

#[tokio::test(start_paused = true)]
async fn promise_2_a_hanging_call_fails_everybody_in_time_and_the_next_call_starts_one_more() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.tradovate.renewals.lock().unwrap().push_back(Act::Hang);
    let start = world.clock.boot();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.renew(1, TIMEOUT).await.map(|_| ()).unwrap_err() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().kind(), ErrorKind::Timeout);
    }
    assert!(world.clock.boot() - start <= TIMEOUT + Duration::from_millis(100));
    session.renew(1, TIMEOUT).await.unwrap();
    assert_eq!(world.tradovate.count(Seen::Renewal), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_3_the_timer_renews_fifteen_minutes_before_the_end() {
    let world = World::new();
    let session = world.open().await;
    pass(minutes(64)).await;
    assert_eq!(world.tradovate.count(Seen::Renewal), 0);
    pass(minutes(2)).await;
    assert_eq!(world.tradovate.count(Seen::Renewal), 1);
    assert_eq!(session.view().record.generation, 2);
    pass(minutes(24 * 60)).await;
    assert_eq!(world.tradovate.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_4_renewals_that_do_not_extend_make_at_most_twelve_calls() {
    let world = World::new();
    let session = world.open().await;
    world
        .tradovate
        .renewals
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(Act::Until(LIFE), 1_000));
    pass(LIFE - minutes(1)).await;
    let calls = world.tradovate.count(Seen::Renewal);
    assert!((2..=12).contains(&calls), "{calls} calls");
    assert_eq!(session.view().state(session.clock().now()), State::Degraded);
}

#[tokio::test(start_paused = true)]
async fn promise_5_a_good_token_outlives_an_outage_and_a_dead_one_is_never_served() {
    let world = World::new();
    let session = world.open().await;
    pass(LIFE - minutes(15)).await;
    *world.tradovate.always.lock().unwrap() = Some(upstream(503));
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
    *world.tradovate.always.lock().unwrap() = Some(upstream(503));
    pass(minutes(15)).await;
    let times = world.tradovate.times(Seen::Renewal);
    assert!((8..=12).contains(&times.len()), "{} renewals", times.len());
    assert!(
        times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(1)),
        "{times:?}"
    );
    pass(minutes(60)).await;
    let logins = world.tradovate.times(Seen::Login);
    assert!(
        logins
            .windows(2)
            .all(|pair| pair[1] - pair[0] >= Duration::from_secs(1)),
        "{logins:?}"
    );
    *world.tradovate.always.lock().unwrap() = None;
    pass(minutes(5)).await;
    assert_eq!(session.view().state(session.clock().now()), State::Active);
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_penalty_is_waited_out_and_the_call_sent_once_with_its_ticket() {
    let world = World::new();
    let penalty = Failure::Penalty {
        ticket: Secret::new("ticket"),
        wait: Duration::from_secs(15),
    };
    world.tradovate.logins.lock().unwrap().push_back(Act::Fail(penalty));
    let sessions: Vec<_> = (0..20).map(|_| world.start()).collect();
    for session in &sessions {
        session.opened(TIMEOUT).await.unwrap();
    }
    assert_eq!(world.tradovate.count(Seen::Login), 1);
    let resent = world.tradovate.times(Seen::LoginWithTicket);
    assert_eq!(resent.len(), 1);
    assert!(resent[0] - world.tradovate.times(Seen::Login)[0] >= Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_captcha_stops_logins_for_an_hour() {
    let world = World::new();
    world
        .tradovate
        .logins
        .lock()
        .unwrap()
        .push_back(Act::Fail(Failure::Captcha));
    for _ in 0..50 {
        let error = world.start().opened(TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Captcha);
        assert!(error.needs_person() && error.retry_at().is_some());
        pass(minutes(1)).await;
    }
    assert_eq!(world.tradovate.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_429_stops_every_get_and_auth_call_but_no_post() {
    let world = World::new();
    let session = world.open().await;
    world
        .tradovate
        .calls
        .lock()
        .unwrap()
        .push_back(Failure::RateLimited(minutes(60)));
    for _ in 0..10 {
        let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    }
    assert_eq!(world.tradovate.count(Seen::Get), 1);
    session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap();
    assert_eq!(
        session.renew(1, TIMEOUT).await.unwrap_err().kind(),
        ErrorKind::RateLimited
    );
    session.token(TIMEOUT).await.expect("the good token is served on");
    assert_eq!(
        (world.tradovate.count(Seen::Renewal), world.tradovate.count(Seen::Login)),
        (0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_8_a_thousand_starts_with_a_wrong_password_make_one_login() {
    let world = World::new();
    let wrong = Act::Fail(Failure::Denied(
        Denial::Credentials,
        "Incorrect username or password.".into(),
    ));
    world
        .tradovate
        .logins
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(wrong, 10));
    for _ in 0..1_000 {
        let error = world.start().opened(TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        pass(Duration::from_secs(3)).await;
    }
    assert_eq!(world.tradovate.count(Seen::Login), 1);
    let _ = world.start_with("another").opened(TIMEOUT).await;
    assert_eq!(world.tradovate.count(Seen::Login), 2, "changed credentials are tried");
}

#[tokio::test(start_paused = true)]
async fn promise_9_an_eviction_is_answered_once_and_the_next_is_a_fight() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.calls.lock().unwrap().push_back(Failure::Unauthorized);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!(
        (world.tradovate.count(Seen::Login), world.tradovate.count(Seen::Get)),
        (2, 2)
    );
    pass(minutes(5)).await;
    world.tradovate.calls.lock().unwrap().push_back(Failure::Unauthorized);
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contended);
    pass(minutes(24 * 60)).await;
    assert_eq!(world.tradovate.count(Seen::Login), 2);
    assert_eq!(session.view().state(session.clock().now()), State::Contended);
}

#[tokio::test(start_paused = true)]
async fn promise_9_an_eviction_can_be_left_at_that() {
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let session = world.open().await;
    world.tradovate.calls.lock().unwrap().push_back(Failure::Unauthorized);
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Evicted);
    pass(minutes(120)).await;
    assert_eq!(world.tradovate.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_burst_of_500s_with_a_healthy_session_makes_no_login() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world
        .tradovate
        .calls
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(upstream(500), 500));
    let callers: Vec<_> = (0..500)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.accounts(&AccountCall::List, TIMEOUT).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), ErrorKind::Http);
    }
    assert_eq!(
        (world.tradovate.count(Seen::Login), world.tradovate.count(Seen::Renewal)),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_closed_session_behind_a_500_is_found_by_one_probe_and_taken_back() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.calls.lock().unwrap().push_back(upstream(500));
    world
        .tradovate
        .renewals
        .lock()
        .unwrap()
        .push_back(Act::Fail(Failure::Unauthorized));
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!(
        (world.tradovate.count(Seen::Renewal), world.tradovate.count(Seen::Login)),
        (1, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_10_three_probes_that_settle_nothing_lead_to_one_login_in_a_quarter_of_an_hour() {
    let world = World::new();
    let session = world.open().await;
    *world.tradovate.always.lock().unwrap() = Some(upstream(500));
    for _ in 0..28 {
        world.tradovate.calls.lock().unwrap().push_back(upstream(500));
        let _ = session.accounts(&AccountCall::List, Duration::from_secs(5)).await;
        pass(Duration::from_secs(30)).await;
    }
    assert_eq!(
        (world.tradovate.count(Seen::Renewal), world.tradovate.count(Seen::Login)),
        (3, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_403_is_never_a_reason_to_log_in() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.calls.lock().unwrap().push_back(Failure::Forbidden);
    assert_eq!(
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err().kind(),
        ErrorKind::Forbidden
    );
    assert_eq!(
        (world.tradovate.count(Seen::Login), world.tradovate.count(Seen::Renewal)),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_11_old_rejections_after_a_rotation_cost_nothing() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world
        .tradovate
        .calls
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(Failure::Unauthorized, 500));
    let callers: Vec<_> = (0..500)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.call(&order(), HostPurpose::Demo, TIMEOUT).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), ErrorKind::Unauthorized);
    }
    session.token(TIMEOUT).await.unwrap();
    assert_eq!(
        (world.tradovate.count(Seen::Login), world.tradovate.count(Seen::Renewal)),
        (2, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_12_a_post_is_never_sent_again() {
    let world = World::new();
    let session = world.open().await;
    let ticket = Secret::new("ticket");
    for failure in [
        Failure::Unauthorized,
        upstream(500),
        Failure::WrongHost(307),
        Failure::Lost("reset".into()),
        Failure::Penalty {
            ticket,
            wait: Duration::from_secs(1),
        },
    ] {
        let before = world.tradovate.count(Seen::Post);
        world.tradovate.calls.lock().unwrap().push_back(failure.clone());
        session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap_err();
        assert_eq!(world.tradovate.count(Seen::Post) - before, 1, "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_12_a_get_is_sent_again_once() {
    let world = World::new();
    let session = world.open().await;
    world
        .tradovate
        .calls
        .lock()
        .unwrap()
        .extend([Failure::WrongHost(307), Failure::WrongHost(307)]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(
        (world.tradovate.count(Seen::Get), world.tradovate.count(Seen::Renewal)),
        (2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_post_on_the_wrong_host_has_the_hosts_resolved_anew_for_the_next_one() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.calls.lock().unwrap().push_back(Failure::WrongHost(307));
    let error = session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(307)));
    pass(Duration::from_secs(1)).await;
    assert_eq!(
        (world.tradovate.count(Seen::Post), world.tradovate.count(Seen::Renewal)),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_13_sessions_of_one_store_adopt_the_token() {
    let world = World::new();
    for _ in 0..50 {
        world.open().await.close().await;
        pass(Duration::from_secs(12)).await;
    }
    assert_eq!(world.tradovate.count(Seen::Login), 1);
}

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
async fn closing_settles_whoever_waits() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.tradovate.renewals.lock().unwrap().push_back(Act::Hang);
    let waiter = tokio::spawn({
        let session = session.clone();
        async move { session.renew(1, TIMEOUT).await.map(|_| ()) }
    });
    pass(Duration::from_millis(500)).await;
    session.close().await;
    session.close().await;
    assert_eq!(waiter.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(session.token(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test(start_paused = true)]
async fn twelve_renewals_an_hour_and_then_the_quota() {
    let world = World::new();
    let session = world.open().await;
    for have in 1..=12 {
        session.renew(have, TIMEOUT).await.unwrap();
        pass(Duration::from_secs(70)).await;
    }
    let error = session.renew(13, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Quota);
    assert_eq!(world.tradovate.count(Seen::Renewal), 12);
}
