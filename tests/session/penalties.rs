//! Cooldowns that Tradovate imposes.

// Times in a test are known to be in order, and a real server is waited for in real time.
#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tradovate_session::{
    api::{AccountCall, Denial, Endpoint, Failure, HostPurpose},
    error::ErrorKind,
    session::{Deps, Session, cooldown::CooldownKind, view::State},
};

use crate::support::{Act, Seen, TIMEOUT, World, credentials, minutes, order, pass, penalty};

#[tokio::test(start_paused = true)]
async fn promise_7_a_penalty_is_waited_out_and_the_call_sent_once_with_its_ticket() {
    let world = World::new();
    world.logins([Act::Fail(penalty(15))]);
    let sessions: Vec<_> = (0..20).map(|_| world.start()).collect();
    for session in &sessions {
        session.opened(TIMEOUT).await.unwrap();
    }
    assert_eq!(world.count(Seen::Login), 1);
    let resent = world.times(Seen::LoginWithTicket);
    assert_eq!(resent.len(), 1);
    assert!(resent[0] - world.times(Seen::Login)[0] >= Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_penalty_on_a_renewal_is_waited_out_by_whoever_asked_for_it() {
    for seconds in [1, 5] {
        let world = World::new();
        let session = world.open().await;
        world.renewals([Act::Fail(penalty(seconds))]);
        session.renew(1.into(), TIMEOUT).await.unwrap();
        assert_eq!(
            (world.count(Seen::Renewal), world.count(Seen::RenewalWithTicket)),
            (1, 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_renewal_is_sent_again_with_its_ticket_though_nobody_waits_any_more() {
    let world = World::new();
    let session = world.open().await;
    world.renewals([Act::Fail(penalty(5))]);
    let error = session.renew(1.into(), Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Penalty);
    pass(Duration::from_secs(6)).await;
    assert_eq!(
        (world.count(Seen::Renewal), world.count(Seen::RenewalWithTicket)),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_ticket_that_found_no_connection_is_kept() {
    let world = World::new();
    world.logins([Act::Fail(penalty(2)), Act::Fail(Failure::NotSent("refused".into()))]);
    world.start().opened(TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::LoginWithTicket)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_7_penalties_in_a_row_are_answered_ever_later() {
    let world = World::new();
    let session = world.open().await;
    let gaps = || {
        let mut times = world.times(Seen::Renewal);
        times.extend(world.times(Seen::RenewalWithTicket));
        times.sort_unstable();
        let gaps = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs());
        gaps.collect::<Vec<_>>()
    };
    world.renewals(std::iter::repeat_with(|| Act::Fail(penalty(5))).take(6));
    session.renew(1.into(), TIMEOUT).await.unwrap_err();
    pass(minutes(10)).await;
    assert_eq!(gaps(), [5, 10, 20, 40, 80, 160]);
    // The last one was granted, which ends the row.
    assert_eq!(session.view().record.generation, 2.into());
    world.renewals([Act::Fail(penalty(5)), Act::Fail(penalty(5))]);
    pass(minutes(80)).await;
    assert_eq!(gaps()[7..], [5, 10]);
}

#[tokio::test(start_paused = true)]
async fn promise_7_penalties_in_a_row_count_also_where_their_ticket_cannot_be_sent() {
    let world = World::new();
    let without_ticket = || Failure::Penalty {
        ticket: None,
        wait: Duration::from_secs(5),
    };
    world.logins(std::iter::repeat_with(|| Act::Fail(without_ticket())).take(4));
    let session = world.start();
    session.opened(TIMEOUT).await.unwrap_err();
    pass(minutes(10)).await;
    let times = world.times(Seen::Login);
    let gaps: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(gaps, [5, 10, 20], "the four of an hour");
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_logins_ticket_goes_with_the_credentials_that_it_was_given_for_and_within_an_hour() {
    for (password, after, with_ticket) in [
        ("pw", minutes(1), 1),
        ("another", minutes(1), 0),
        ("pw", minutes(59), 1),
        ("pw", minutes(62), 0),
    ] {
        let world = World::new();
        world.logins([Act::Fail(penalty(15))]);
        let first = world.start_with("pw");
        first.opened(Duration::from_secs(5)).await.unwrap_err();
        first.close().await;
        pass(after).await;
        let second = world.start_with(password);
        second.opened(TIMEOUT).await.unwrap();
        let sent = (world.count(Seen::LoginWithTicket), world.count(Seen::Login));
        assert_eq!(sent, (with_ticket, 2 - with_ticket), "{password} after {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_credentials_whose_ticket_is_of_no_use_any_more_are_loaded_anew() {
    for (stop, password) in [(minutes(30), "pw"), (minutes(90), "rotated")] {
        let world = World::new();
        world.logins([Act::Fail(penalty(15))]);
        let given = credentials("pw");
        let deps = Deps {
            source: Arc::new(credentials("rotated")),
            ..world.deps(&given)
        };
        let session = Session::start(world.settings(), deps, given);
        session.opened(Duration::from_secs(5)).await.unwrap_err();
        session.stopped(CooldownKind::RateLimited, stop, TIMEOUT).await;
        pass(stop + minutes(1)).await;
        session.opened(TIMEOUT).await.unwrap();
        assert_eq!(*world.tradovate.passwords.lock().unwrap(), ["pw", password]);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_ticket_that_is_of_no_use_any_more_calls_for_no_renewal() {
    for (stop, with_ticket) in [(minutes(30), 1), (minutes(90), 0)] {
        let world = World::new();
        *world.tradovate.life.lock().unwrap() = minutes(600);
        let session = world.open().await;
        world.renewals([Act::Fail(penalty(15))]);
        session.renew(1.into(), Duration::from_secs(5)).await.unwrap_err();
        session.stopped(CooldownKind::RateLimited, stop, TIMEOUT).await;
        pass(stop + minutes(5)).await;
        let sent = (world.count(Seen::Renewal), world.count(Seen::RenewalWithTicket));
        assert_eq!(sent, (1, with_ticket), "{stop:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_25_a_refusal_that_repeats_the_ticket_does_not_show_it() {
    let world = World::new();
    let text = "no: ticket".to_owned();
    world.logins([
        Act::Fail(penalty(1)),
        Act::Fail(Failure::Denied(Denial::Credentials, text)),
    ]);
    let session = world.start();
    session.opened(TIMEOUT).await.unwrap_err();
    let error = session.token(TIMEOUT).await.unwrap_err();
    assert_eq!(world.count(Seen::LoginWithTicket), 1);
    let stored = session.view().record.encode();
    for shown in [format!("{error:?}"), stored.text.expose().to_owned()] {
        assert!(!shown.contains("no: ticket"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_ticket_that_met_a_429_is_not_sent_again() {
    let world = World::new();
    let stop = Failure::RateLimited(minutes(60));
    world.logins([Act::Fail(penalty(2)), Act::Fail(stop)]);
    let session = world.start();
    session.opened(TIMEOUT).await.unwrap_err();
    pass(minutes(61)).await;
    session.token(TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::LoginWithTicket)), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_ticket_for_a_renewal_ends_with_its_session() {
    let world = World::new();
    let session = world.open().await;
    world.renewals([Act::Fail(penalty(90 * 60))]);
    session.renew(1.into(), TIMEOUT).await.unwrap_err();
    // The token ends before the penalty does.
    pass(minutes(100)).await;
    assert_eq!(
        (
            world.count(Seen::Login),
            world.count(Seen::Renewal),
            world.count(Seen::RenewalWithTicket)
        ),
        (2, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_penalty_is_waited_out_after_a_lost_token_too() {
    let world = World::new();
    let session = world.open().await;
    world.evict();
    world.calls([penalty(2)]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!(
        (
            world.count(Seen::Login),
            world.count(Seen::Get),
            world.count(Seen::GetWithTicket)
        ),
        (2, 2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_7_gets_that_meet_a_penalty_together_wait_once_whoever_is_less_patient() {
    let world = World::new();
    let session = world.open().await;
    world.calls((0..20).map(|_| penalty(2)));
    let calls = (0..20).map(|n| {
        // The first one to ask has the ticket, and the most patience.
        session.accounts(&AccountCall::List, TIMEOUT - Duration::from_millis(n))
    });
    for answer in join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!((world.count(Seen::Get), world.count(Seen::GetWithTicket)), (39, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_captcha_stops_logins_for_an_hour() {
    let world = World::new();
    world.logins([Act::Fail(Failure::Captcha)]);
    for _ in 0..50 {
        let error = world.start().opened(TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Captcha);
        assert!(error.needs_person() && error.retry_at().is_some());
        pass(minutes(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_penalty_that_was_met_before_a_longer_one_does_not_take_its_place_when_it_is_saved() {
    let world = World::new();
    let (one, other) = (Arc::new(world.open().await), world.open().await);
    world.renewals([Act::Hang]);
    let renewal = tokio::spawn({
        let one = one.clone();
        async move { one.renew(1.into(), TIMEOUT).await }
    });
    pass(Duration::from_secs(1)).await;
    // Both meet a penalty while one has the lease: neither can read what the other one has met.
    let patience = Duration::from_secs(5);
    for (session, seconds) in [(&other, 40), (&*one, 280)] {
        world.calls([penalty(seconds)]);
        let error = session.accounts(&AccountCall::List, patience).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Penalty);
    }
    assert!(!renewal.is_finished());
    pass(Duration::from_secs(120)).await;
    for session in [&other, &*one] {
        let error = session.accounts(&AccountCall::List, patience).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Penalty);
    }
    assert_eq!(world.count(Seen::Get), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_gets_are_stopped_is_waiting_and_says_until_when_and_why() {
    for (failure, kind) in [
        (Failure::RateLimited(minutes(10)), ErrorKind::RateLimited),
        (Failure::LockedOut(minutes(10)), ErrorKind::LockedOut),
    ] {
        let world = World::new();
        let session = world.open().await;
        let now = || session.clock().now();
        world.calls([failure]);
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
        let view = session.view();
        assert_eq!(view.state(now()), State::Waiting);
        assert_eq!(view.reason(now()).unwrap().kind(), kind);
        let wait = view.retry_at(now()).unwrap().duration_since(now());
        assert!((599..=600).contains(&wait.as_secs()), "{wait:?}");
        let mut views = session.views();
        pass(minutes(9)).await;
        views.mark_unchanged();
        pass(minutes(2)).await;
        assert!(views.has_changed().unwrap(), "its end is told");
        let view = session.view();
        assert_eq!(view.state(now()), State::Active);
        assert!(view.reason(now()).is_none() && view.retry_at(now()).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn promise_2_a_call_is_not_sent_again_once_its_time_is_over() {
    let world = World::new();
    let session = world.open().await;
    // While the keeper is busy nobody takes the ticket in.
    world.renewals([Act::Hang]);
    world.calls([penalty(2)]);
    let renewing = session.renew(1.into(), TIMEOUT);
    let calling = async {
        pass(Duration::from_millis(100)).await;
        session.accounts(&AccountCall::List, Duration::from_secs(10)).await
    };
    let (_, answer) = tokio::join!(renewing, calling);
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Penalty);
    assert_eq!((world.count(Seen::Get), world.count(Seen::GetWithTicket)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_caller_that_gives_up_before_it_has_the_ticket_leaves_it_to_the_next() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.calls([penalty(2)]);
    let accounts = |patience| session.accounts(&AccountCall::List, patience);
    accounts(Duration::from_secs(1)).await.unwrap_err();
    // While the keeper is busy nobody is given the ticket.
    world.renewals([Act::Hang]);
    let renewal = tokio::spawn({
        let session = session.clone();
        async move { session.renew(1.into(), TIMEOUT).await }
    });
    pass(Duration::from_secs(3)).await;
    let error = accounts(Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Penalty);
    renewal.await.unwrap().unwrap_err();
    accounts(TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Get), world.count(Seen::GetWithTicket)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_ticket_is_an_endpoints_however_its_path_is_spelt() {
    let world = World::new();
    let session = world.open().await;
    world.calls([penalty(2)]);
    let spelt = |path: &str| Endpoint {
        path: path.into(),
        ..order()
    };
    let (first, second) = (spelt("order/placeOrder"), spelt("Order/PLACEORDER"));
    session.call(&first, HostPurpose::Demo, TIMEOUT).await.unwrap_err();
    pass(Duration::from_secs(3)).await;
    session.call(&second, HostPurpose::Demo, TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Post), world.count(Seen::PostWithTicket)), (1, 1));
}
