//! A 401 where no renewal can find out what it means: evictions, and permissions that are withdrawn.

use std::time::Duration;

use tradovate_session::{
    api::{Endpoint, Failure, HostPurpose, Method, Shape},
    error::ErrorKind,
    session::{Session, view::State},
};

use crate::support::{Act, Seen, TIMEOUT, World, minutes, pass, penalty, upstream};

const ACCOUNTS: &str = "account/list";
const ORDER: &str = "order/placeorder";

async fn call(session: &Session, method: Method, path: &str) -> Result<String, ErrorKind> {
    let endpoint = Endpoint {
        method,
        path: path.into(),
        query: String::new(),
        body: (method == Method::Post).then(|| "{}".into()),
        shape: Shape::Any,
    };
    let answer = session.call(&endpoint, HostPurpose::Demo, TIMEOUT).await;
    answer.map_err(|error| error.kind())
}

/// A session whose accounts were listed, and those of others of its store.
async fn opened(world: &World) -> Session {
    let session = world.open().await;
    assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
    session
}

async fn use_up_renewals(session: &Session) {
    loop {
        pass(Duration::from_secs(2)).await;
        let generation = session.view().record.generation;
        if let Err(error) = session.renew(generation, TIMEOUT).await {
            assert_eq!(error.kind(), ErrorKind::Quota);
            return;
        }
    }
}

fn deny(world: &World, paths: &[&'static str]) {
    *world.tradovate.denied.lock().unwrap() = paths.to_vec();
}

/// How long an evicted session is served until there is a login. Its renewals would be answered by a 401.
async fn until_login(world: &World, session: &Session) -> Duration {
    let evicted_at = world.clock.elapsed();
    world.renewals(std::iter::repeat_n(Act::Fail(Failure::Unauthorized(String::new())), 50));
    while session.view().counts.logins == 1 {
        deny(world, &[ACCOUNTS]);
        let _ = call(session, Method::Get, ACCOUNTS).await;
        deny(world, &[]);
        pass(Duration::from_secs(1)).await;
    }
    world.clock.elapsed().saturating_sub(evicted_at)
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_login_that_opened_no_session_puts_the_next_one_off_by_its_own_back_off_alone() {
    for failure in [Failure::NotSent("refused".into()), upstream(503), penalty(15)] {
        let world = World::new();
        let session = opened(&world).await;
        use_up_renewals(&session).await;
        world.logins([Act::Fail(failure.clone())]);
        let unnoticed = until_login(&world, &session).await;
        assert!(unnoticed < minutes(1), "no session for {unnoticed:?} after {failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_eviction_is_found_while_a_captcha_stops_renewals() {
    let world = World::new();
    let session = opened(&world).await;
    world.renewals([Act::Fail(Failure::Captcha)]);
    session.renew(1.into(), TIMEOUT).await.unwrap_err();
    pass(minutes(1)).await;
    let unnoticed = until_login(&world, &session).await;
    assert!(unnoticed < minutes(1), "a dead token was served for {unnoticed:?}");
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_eviction_is_found_while_the_last_renewals_are_spread() {
    let world = World::new();
    let session = opened(&world).await;
    for _ in 0..8 {
        pass(Duration::from_secs(2)).await;
        let generation = session.view().record.generation;
        session.renew(generation, TIMEOUT).await.unwrap();
    }
    world.renewals([Act::Fail(upstream(503))]);
    let generation = session.view().record.generation;
    session.renew(generation, TIMEOUT).await.unwrap_err();
    pass(Duration::from_secs(5)).await;
    let unnoticed = until_login(&world, &session).await;
    assert!(unnoticed < minutes(1), "a dead token was served for {unnoticed:?}");
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_withdrawn_permission_costs_processes_of_one_store_one_login_together() {
    let world = World::new();
    let (one, other) = (opened(&world).await, opened(&world).await);
    use_up_renewals(&one).await;
    deny(&world, &[ACCOUNTS]);
    for _ in 0..50 {
        for session in [&one, &other] {
            let answer = call(session, Method::Get, ACCOUNTS).await;
            assert_eq!(answer, Err(ErrorKind::Unauthorized));
        }
        pass(minutes(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 2, "{:?}", world.times(Seen::Login));
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_withdrawn_permission_to_order_costs_one_login() {
    let world = World::new();
    let session = world.open().await;
    assert_eq!(call(&session, Method::Post, ORDER).await, Ok("[]".into()));
    use_up_renewals(&session).await;
    deny(&world, &[ORDER]);
    for _ in 0..50 {
        let answer = call(&session, Method::Post, ORDER).await;
        assert_eq!(answer, Err(ErrorKind::Unauthorized));
        pass(minutes(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 2, "{:?}", world.times(Seen::Login));
}

#[tokio::test(start_paused = true)]
async fn promise_10_withdrawn_permissions_that_probes_have_shown_cost_no_login() {
    const PATHS: [&str; 4] = ["a/list", "b/list", "c/list", "d/list"];
    let world = World::new();
    let session = world.open().await;
    for path in PATHS {
        assert_eq!(call(&session, Method::Get, path).await, Ok("[]".into()));
    }
    deny(&world, &PATHS);
    for second in 0..3 * 3_600_u64 {
        for (i, path) in (0..).zip(PATHS) {
            // Each has its own pace.
            if second % (20 + 7 * i) == 0 {
                let answer = call(&session, Method::Get, path).await;
                assert_eq!(answer, Err(ErrorKind::Unauthorized));
            }
        }
        pass(Duration::from_secs(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 1, "{:?}", world.times(Seen::Login));
}

#[tokio::test(start_paused = true)]
async fn promise_22_retry_at_is_the_time_of_the_login_that_comes_before_the_next_probe() {
    let world = World::new();
    let session = opened(&world).await;
    use_up_renewals(&session).await;
    world.evict();
    assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
    assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
    assert_eq!(world.count(Seen::Login), 2);
    pass(Duration::from_secs(5)).await;
    world.calls([Failure::Unauthorized(String::new())]);
    let answer = call(&session, Method::Get, ACCOUNTS).await;
    assert_eq!(answer, Err(ErrorKind::Unauthorized));
    let (view, now) = (session.view(), session.clock().now());
    assert_eq!(view.state(now), State::Degraded);
    let told = view.retry_at(now).unwrap();
    while world.count(Seen::Login) == 2 {
        pass(Duration::from_secs(1)).await;
    }
    let made = session.clock().now();
    assert!(told <= made, "retryAt is {told}, the login came at {made}");
}

#[tokio::test(start_paused = true)]
async fn promise_6_logins_on_suspicion_that_meet_penalties_leave_others_of_the_address_room() {
    let world = World::new();
    let session = opened(&world).await;
    use_up_renewals(&session).await;
    world.renewals(std::iter::repeat_n(Act::Fail(penalty(600)), 1_000));
    world.logins(std::iter::repeat_n(Act::Fail(penalty(600)), 1_000));
    // Until the token ends: the state in which a token is there, and nobody finds out whether it is good.
    deny(&world, &[ACCOUNTS]);
    for _ in 0..6 * 60 {
        let _ = call(&session, Method::Get, ACCOUNTS).await;
        pass(Duration::from_secs(10)).await;
    }
    let logins = world.count(Seen::Login) + world.count(Seen::LoginWithTicket) - 1;
    assert!(logins <= 3, "{logins} logins within the hour");
}

#[tokio::test(start_paused = true)]
async fn promise_10_reports_of_dependents_leave_probes_for_an_eviction() {
    let world = World::new();
    let session = world.open().await;
    let reports_until = minutes(15);
    while world.clock.elapsed() < reports_until {
        let generation = session.view().record.generation;
        session.doubt(generation, true, TIMEOUT).await;
        pass(Duration::from_secs(30)).await;
    }
    let renewals = world.count(Seen::Renewal);
    world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    let evicted = world.clock.elapsed();
    let mut states = std::collections::BTreeSet::new();
    while world.count(Seen::Login) < 2 && world.clock.elapsed() < minutes(120) {
        let view = session.view();
        states.insert(view.state(session.clock().now()).as_str());
        session.doubt(view.record.generation, true, TIMEOUT).await;
        pass(Duration::from_secs(1)).await;
    }
    let took = world.clock.elapsed().saturating_sub(evicted);
    assert!(
        took < minutes(6),
        "the eviction was found after {took:?}; {renewals} renewals before it; states meanwhile {states:?}"
    );
}
