//! Promise 26: a host that Tradovate named is a hint. When it fails, the first host is asked.

#![allow(clippy::disallowed_methods)]

use std::time::Duration;

use futures_util::future::join_all;
use tradovate_session::{
    api::{AccountCall, Endpoint, Environment, Failure, HostPurpose, Method, Shape},
    clock::Clock,
    secret::Secret,
    session::Session,
};

use crate::support::{Act, LIFE, Seen, TIMEOUT, World, get, minutes, pass, upstream};

const RETIRED: &str = "old.tradovateapi.com";
const FIRST: &str = "demo.tradovateapi.com";

/// How a host fails that is gone.
fn ways() -> [(&'static str, Option<Failure>); 9] {
    let upstream = |status| {
        Some(Failure::Upstream {
            status,
            retry_after: None,
            text: String::new(),
        })
    };
    let nonsense = |status| {
        Some(Failure::Unintelligible {
            status,
            what: "no JSON object".into(),
        })
    };
    [
        ("404", Some(Failure::NotFound(String::new()))),
        ("403", Some(Failure::Forbidden(String::new()))),
        ("503", upstream(503)),
        ("502", upstream(502)),
        ("refused", Some(Failure::NotSent("connection refused".into()))),
        ("moved", Some(Failure::WrongHost(421))),
        ("page", nonsense(200)),
        ("410", nonsense(410)),
        ("mute", None),
    ]
}

/// A world in which the told host is retired, and the first host goes on naming it.
async fn moved() -> (World, Session) {
    let world = World::new();
    world.tradovate.told_hosts.lock().unwrap().push(("demo", RETIRED));
    let session = world.open().await;
    (world, session)
}

fn retire(world: &World, failure: Option<Failure>) {
    world.tradovate.hosts_down.lock().unwrap().push((RETIRED, failure));
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_retired_host_costs_a_running_session_no_login() {
    for (name, failure) in ways() {
        let (world, session) = moved().await;
        retire(&world, failure);
        pass(LIFE * 3).await;
        let view = session.token(TIMEOUT).await.unwrap();
        assert!(view.record.good_token(session.clock().now()).is_some(), "{name}");
        assert_eq!(world.count(Seen::Login), 1, "{name}");
        // The first host answered, and is asked at once from then on.
        assert!(
            world.count(Seen::Renewal) <= 5,
            "{name}: {}",
            world.count(Seen::Renewal)
        );
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    }
}

/// A retired host may refuse tokens and logins in the status of a refusal: the login that this costs goes to the first host.
#[tokio::test(start_paused = true)]
async fn promise_26_a_retired_host_that_refuses_all_locks_nobody_out() {
    for (name, failure) in [
        ("400", Failure::BadRequest(String::new())),
        ("401", Failure::Unauthorized(String::new())),
    ] {
        for restarted in [false, true] {
            let (world, mut session) = moved().await;
            retire(&world, Some(failure.clone()));
            if restarted {
                session.close().await;
                pass(LIFE * 2).await;
                session = world.start();
            }
            let mut without = Duration::ZERO;
            for _ in 0..6 * 360 {
                if session.view().record.good_token(session.clock().now()).is_none() {
                    without += Duration::from_secs(10);
                }
                pass(Duration::from_secs(10)).await;
            }
            assert!(without < Duration::from_secs(45), "{name} {restarted}: {without:?}");
            let logins = world.count(Seen::Login);
            assert!(logins <= 4, "{name} {restarted}: {logins} logins");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_caller_who_meets_a_retired_host_is_led_to_the_first_one() {
    for (name, failure) in ways() {
        let (world, session) = moved().await;
        retire(&world, failure);
        let asked = world.clock.boot();
        let mut tries = 0;
        while session
            .accounts(&AccountCall::List, Duration::from_secs(5))
            .await
            .is_err()
        {
            tries += 1;
            pass(Duration::from_secs(1)).await;
            assert!(
                world.clock.boot().saturating_sub(asked) < Duration::from_secs(45),
                "{name}"
            );
        }
        assert_eq!(world.count(Seen::Login), 1, "{name}");
        assert!(tries <= 4, "{name}: {tries} tries");
    }
}

/// The told host is gone; the first one serves tokens only, and names another host for all else.
fn replace(world: &World, failure: Option<Failure>) {
    retire(world, failure);
    world.tradovate.sends_away.lock().unwrap().push(FIRST);
    *world.tradovate.told_hosts.lock().unwrap() = vec![("demo", "new.tradovateapi.com")];
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_caller_is_led_to_the_host_that_took_a_retired_ones_place() {
    for method in [Method::Get, Method::Post] {
        for (name, failure) in ways() {
            let (world, session) = moved().await;
            replace(&world, failure);
            let endpoint = Endpoint {
                method,
                path: "order/item".into(),
                query: String::new(),
                body: (method == Method::Post).then(|| "{}".into()),
                shape: Shape::Any,
            };
            let asked = world.clock.boot();
            let purpose = Environment::Demo.purpose();
            while session.call(&endpoint, purpose, Duration::from_secs(5)).await.is_err() {
                pass(Duration::from_secs(1)).await;
                let taken = world.clock.boot().saturating_sub(asked);
                assert!(taken < Duration::from_secs(45), "{name} {method:?}: {taken:?}");
            }
            assert_eq!(world.count(Seen::Login), 1, "{name} {method:?}");
            let renewals = world.count(Seen::Renewal);
            assert!(renewals <= 4, "{name} {method:?}: {renewals} renewals");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_host_that_keeps_sending_its_callers_away_leaves_renewals_to_the_timer() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.sends_away.lock().unwrap().push(FIRST);
    for _ in 0..4 * 3600 {
        let _ = session.accounts(&AccountCall::List, Duration::from_secs(5)).await;
        pass(Duration::from_secs(1)).await;
        assert!(session.view().record.history.renewals.len() < 11);
    }
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_host_that_was_left_for_one_lost_connection_is_the_right_one_after_all() {
    let (world, session) = moved().await;
    world.tradovate.sends_away.lock().unwrap().push(FIRST);
    world.calls([Failure::Lost("reset".into())]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(Duration::from_secs(1)).await;
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

/// A world in which the told host was left for a lost connection, while the first host sends calls on and has just been asked for
/// the name.
async fn left() -> (World, Session) {
    let (world, session) = moved().await;
    world.tradovate.sends_away.lock().unwrap().push(FIRST);
    for _ in 0..2 {
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
        lose_one(&world, &session).await;
    }
    (world, session)
}

async fn lose_one(world: &World, session: &Session) {
    world.calls([Failure::Lost("reset".into())]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn promise_26_lost_connections_in_a_row_cost_one_renewal_and_no_answer_of_other_calls() {
    let (world, session) = left().await;
    for lost in 3..=6 {
        let before = world.count(Seen::Get);
        let accounts = session.accounts(&AccountCall::List, TIMEOUT).await;
        assert!(accounts.is_ok(), "after {lost}: {accounts:?}");
        assert_eq!(
            world.count(Seen::Get) - before,
            2,
            "at the first host, and at the told one"
        );
        lose_one(&world, &session).await;
    }
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_call_that_is_sent_on_goes_to_the_told_host_also_where_its_token_was_renewed_meanwhile() {
    let (world, session) = left().await;
    let before = world.count(Seen::Get);
    *world.tradovate.call_takes.lock().unwrap() = Duration::from_secs(3);
    let have = session.view().record.generation;
    let (accounts, renewed) = tokio::join!(
        session.accounts(&AccountCall::List, TIMEOUT),
        session.renew(have, TIMEOUT)
    );
    renewed.unwrap();
    accounts.unwrap();
    assert_eq!(world.count(Seen::Get) - before, 2);
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_call_that_a_renewal_repeats_goes_to_the_told_host_again() {
    let (world, session) = moved().await;
    world.tradovate.sends_away.lock().unwrap().push(FIRST);
    world.calls([Failure::Lost("reset".into()), Failure::Unauthorized(String::new())]);
    let (unauthorized, lost) = (get("order/item"), get("order/list"));
    let purpose = Environment::Demo.purpose();
    let (lost, repeated) = tokio::join!(session.call(&lost, purpose, TIMEOUT), async {
        // The other one is lost first.
        pass(Duration::from_millis(1)).await;
        session.call(&unauthorized, purpose, TIMEOUT).await
    });
    lost.unwrap_err();
    repeated.unwrap();
    let renewals = world.count(Seen::Renewal);
    assert_eq!(
        (world.count(Seen::Login), renewals),
        (1, 2),
        "one for the 401, and one for the name"
    );
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_call_whose_ticket_was_used_is_not_sent_without_it() {
    let (world, session) = moved().await;
    world.tradovate.sends_away.lock().unwrap().push(FIRST);
    world.calls([Failure::Penalty {
        ticket: Some(Secret::new("fake-ticket")),
        wait: Duration::from_secs(5),
    }]);
    let (penalised, purpose) = (get("order/item"), Environment::Demo.purpose());
    let (answer, ()) = tokio::join!(session.call(&penalised, purpose, TIMEOUT), async {
        pass(Duration::from_secs(1)).await;
        for _ in 0..2 {
            lose_one(&world, &session).await;
            session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
        }
        lose_one(&world, &session).await;
    });
    answer.unwrap_err();
    assert_eq!(world.count(Seen::GetWithTicket), 1);
    let before = world.count(Seen::Get);
    session.call(&penalised, purpose, TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Get) - before, 1);
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_host_that_sends_its_callers_on_is_not_asked_again_as_the_told_one() {
    let world = World::new();
    world.tradovate.told_hosts.lock().unwrap().push(("demo", FIRST));
    let session = world.open().await;
    world.renewals(std::iter::repeat_n(Act::Fail(upstream(503)), 2));
    session
        .renew(session.view().record.generation, TIMEOUT)
        .await
        .unwrap_err();
    world.tradovate.sends_away.lock().unwrap().push(FIRST);
    let calls = (0..10).map(|_| session.accounts(&AccountCall::List, TIMEOUT));
    for answer in join_all(calls).await {
        answer.unwrap_err();
    }
    assert_eq!(world.count(Seen::Get), 10);
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_retired_host_locks_no_restarted_bot_out() {
    for (name, failure) in ways() {
        let (world, session) = moved().await;
        session.close().await;
        drop(session);
        retire(&world, failure);
        // The token ends while nobody runs.
        pass(LIFE * 2).await;
        let start = world.clock.boot();
        while world.start().opened(TIMEOUT).await.is_err() {
            assert!(
                world.clock.boot().saturating_sub(start) < Duration::from_secs(45),
                "{name}"
            );
        }
        assert!(
            world.clock.boot().saturating_sub(start) < Duration::from_secs(45),
            "{name}"
        );
        assert!(
            world.count(Seen::Login) - 1 <= 3,
            "{name}: {}",
            world.count(Seen::Login)
        );
        let again = world.count(Seen::Login);
        pass(LIFE * 2).await;
        world.open().await;
        assert_eq!(
            world.count(Seen::Login),
            again + 1,
            "{name}: the host that answered is remembered"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_host_that_is_told_anew_is_asked() {
    let (world, session) = moved().await;
    retire(&world, Some(Failure::NotFound(String::new())));
    pass(LIFE).await;
    *world.tradovate.told_hosts.lock().unwrap() = vec![("demo", "new.tradovateapi.com")];
    pass(LIFE).await;
    let view = session.view();
    let purpose = Environment::Demo.purpose();
    assert_eq!(
        session.origin().host(purpose, &view.record.hosts),
        "new.tradovateapi.com"
    );
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_data_host_that_is_gone_moves_no_auth_call() {
    let (world, session) = moved().await;
    let data = "old-md.tradovateapi.com";
    world.tradovate.told_hosts.lock().unwrap().push(("mdDemo", data));
    session.renew(1.into(), TIMEOUT).await.unwrap();
    let gone = Failure::NotSent("connection refused".into());
    world.tradovate.hosts_down.lock().unwrap().push((data, Some(gone)));
    let endpoint = get("md/item");
    session.call(&endpoint, HostPurpose::MdDemo, TIMEOUT).await.unwrap_err();
    pass(Duration::from_secs(1)).await;
    session.call(&endpoint, HostPurpose::MdDemo, TIMEOUT).await.unwrap();
    let hosts = &session.view().record.hosts;
    assert_eq!(session.origin().host(HostPurpose::Demo, hosts), RETIRED);
    assert_eq!(
        session.origin().host(HostPurpose::MdDemo, hosts),
        "md-demo.tradovateapi.com"
    );
}

#[tokio::test(start_paused = true)]
async fn promise_26_a_data_host_that_answers_by_a_page_is_left() {
    let world = World::new();
    let data = "old-md.tradovateapi.com";
    world.tradovate.told_hosts.lock().unwrap().push(("mdDemo", data));
    let session = world.open().await;
    let page = Failure::Unintelligible {
        status: 200,
        what: "no valid JSON".into(),
    };
    world.tradovate.hosts_down.lock().unwrap().push((data, Some(page)));
    for _ in 0..30 {
        if session
            .call(&get("md/item"), HostPurpose::MdDemo, TIMEOUT)
            .await
            .is_ok()
        {
            return;
        }
        pass(minutes(10)).await;
    }
    panic!("every call of {:?} failed", world.clock.elapsed());
}
