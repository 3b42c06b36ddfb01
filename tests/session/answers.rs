//! What the answers to a caller's calls do to the token, and which calls are sent again.

use std::{sync::Arc, time::Duration};

use tradovate_session::{
    api::{AccountCall, Endpoint, Failure, HostPurpose, Shape},
    clock::Clock,
    error::ErrorKind,
    secret::Secret,
    session::OnEviction,
};

use crate::support::{Act, Seen, TIMEOUT, World, minutes, order, pass, upstream};

#[tokio::test(start_paused = true)]
async fn promise_10_a_burst_of_500s_with_a_healthy_session_makes_no_login() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.calls(std::iter::repeat_n(upstream(500), 1_000));
    let callers: Vec<_> = (0..500)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.accounts(&AccountCall::List, TIMEOUT).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), ErrorKind::Http);
    }
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_closed_session_behind_a_500_is_found_by_one_probe_and_taken_back() {
    let world = World::new();
    let session = world.open().await;
    world.calls([upstream(500)]);
    world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Renewal), world.count(Seen::Login)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_10_three_probes_that_settle_nothing_lead_to_one_login_in_a_quarter_of_an_hour() {
    let world = World::new();
    let session = world.open().await;
    world.always(Some(upstream(500)));
    for _ in 0..28 {
        world.calls([upstream(500)]);
        let _ = session.accounts(&AccountCall::List, Duration::from_secs(5)).await;
        pass(Duration::from_secs(30)).await;
    }
    assert_eq!((world.count(Seen::Renewal), world.count(Seen::Login)), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_403_is_never_a_reason_to_log_in() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::Forbidden(String::new())]);
    assert_eq!(
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err().kind(),
        ErrorKind::Forbidden
    );
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn promise_11_old_rejections_after_a_rotation_cost_nothing() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.evict();
    world.calls(std::iter::repeat_n(Failure::Unauthorized(String::new()), 499));
    let callers: Vec<_> = (0..500)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.call(&order(), HostPurpose::Demo, TIMEOUT).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), ErrorKind::Unauthorized);
    }
    crate::support::pass(Duration::from_secs(1)).await;
    session.token(TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_27_an_order_whose_outcome_nobody_knows_says_how_to_look_for_it() {
    let world = World::new();
    let session = world.open().await;
    let placing = Endpoint {
        shape: Shape::of_answer_to("order/placeorder"),
        ..order()
    };
    for (failure, is_told) in [
        (Failure::Lost("reset".into()), true),
        (Failure::TimedOut { sent: true }, true),
        (upstream(503), true),
        (Failure::NotSent("refused".into()), false),
        (Failure::Rejected("no".into()), false),
    ] {
        world.calls([failure.clone()]);
        let error = session.call(&placing, HostPurpose::Demo, TIMEOUT).await.unwrap_err();
        let advice = "; look for the order by its clOrdId before you place another";
        assert_eq!(error.to_string().ends_with(advice), is_told, "{failure:?}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_12_a_post_is_never_sent_again() {
    let world = World::new();
    let session = world.open().await;
    let ticket = Some(Secret::new("ticket"));
    for failure in [
        Failure::Unauthorized(String::new()),
        upstream(500),
        Failure::WrongHost(307),
        Failure::Lost("reset".into()),
        Failure::Penalty {
            ticket,
            wait: Duration::from_secs(1),
        },
    ] {
        let before = world.count(Seen::Post);
        world.calls([failure.clone()]);
        session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap_err();
        assert_eq!(world.count(Seen::Post) - before, 1, "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_became_of_an_order_is_told_at_once_while_a_renewal_hangs() {
    for failure in [
        Failure::Unauthorized(String::new()),
        upstream(503),
        Failure::WrongHost(307),
    ] {
        let world = World::new();
        let session = Arc::new(world.open().await);
        world.renewals([Act::Hang]);
        let renewing = session.clone();
        tokio::spawn(async move { renewing.renew(1.into(), TIMEOUT).await });
        pass(Duration::from_secs(1)).await;
        world.calls([failure.clone()]);
        let asked = world.clock.boot();
        session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap_err();
        let taken = world.clock.boot().saturating_sub(asked);
        assert!(taken < Duration::from_secs(1), "{failure:?}: {taken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_probe_whose_answers_make_no_sense_settles_nothing() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::Unauthorized(String::new())]);
    let nonsense = Failure::Unintelligible {
        status: 200,
        what: "no token".into(),
    };
    world.renewals(std::iter::repeat_n(Act::Fail(nonsense), 20));
    let _ = session.accounts(&AccountCall::List, TIMEOUT).await;
    pass(Duration::from_secs(30)).await;
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn promise_12_a_get_is_sent_again_once() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::WrongHost(307), Failure::WrongHost(307)]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!((world.count(Seen::Get), world.count(Seen::Renewal)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_post_on_the_wrong_host_has_the_hosts_resolved_anew_for_the_next_one() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::WrongHost(307)]);
    let error = session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(307)));
    pass(Duration::from_secs(1)).await;
    assert_eq!((world.count(Seen::Post), world.count(Seen::Renewal)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_call_that_is_answered_settles_the_doubt_of_an_outage() {
    let world = World::new();
    let session = world.open().await;
    world.always(Some(upstream(503)));
    world.calls([upstream(503)]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(minutes(2)).await;
    world.always(None);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    let in_the_outage = world.count(Seen::Login);
    pass(minutes(40)).await;
    assert_eq!(world.count(Seen::Login), in_the_outage);
}

#[tokio::test(start_paused = true)]
async fn promise_9_a_session_in_doubt_is_not_taken_back_where_evictions_are_left_at_that() {
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let session = world.open().await;
    world.always(Some(upstream(500)));
    world.calls([upstream(500)]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(minutes(30)).await;
    assert_eq!(world.count(Seen::Login), 1);
    session
        .token(TIMEOUT)
        .await
        .expect("the token is good by all that is known");
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_eviction_during_an_outage_is_found_after_it_where_nothing_is_taken_back() {
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let session = world.open().await;
    world.always(Some(upstream(503)));
    world.calls([upstream(503)]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(minutes(5)).await;
    assert_eq!(world.count(Seen::Renewal), 3);
    world.always(Some(Failure::Unauthorized(String::new())));
    pass(minutes(15)).await;
    let error = session.token(TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), world.count(Seen::Renewal)), (ErrorKind::Evicted, 4));
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_timer_renewal_that_is_refused_in_words_costs_one_dead_call_at_most() {
    for refused in [
        Failure::BadRequest("Expired".into()),
        Failure::Rejected("Expired".into()),
    ] {
        let world = World::new();
        let session = world.open().await;
        world.renewals(std::iter::repeat_n(Act::Fail(refused.clone()), 20));
        // Words alone do not say that the token is dead: it is served on.
        pass(minutes(66)).await;
        let tries = world.count(Seen::Renewal);
        assert!(tries > 0 && world.count(Seen::Login) == 1, "{refused:?}");
        session.token(TIMEOUT).await.unwrap();
        // It is: the first call that says so, and one more refusal, settle that.
        world.calls([Failure::Unauthorized(String::new())]);
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
        pass(minutes(1)).await;
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
        assert_eq!(
            (world.count(Seen::Renewal), world.count(Seen::Login)),
            (tries + 1, 2),
            "{refused:?}"
        );
    }
}
