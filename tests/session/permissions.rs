//! Promise 10: a 401 for want of a permission is the endpoint's own, and no matter of the session.

#![allow(clippy::disallowed_methods)]

use std::time::Duration;

use tradovate_session::{
    api::{Endpoint, Failure, HostPurpose, Method, Shape},
    error::{Error, ErrorKind},
    session::{OnEviction, Session, view::State},
};

use crate::support::{Act, Seen, TIMEOUT, World, minutes, pass, upstream};

const POSITIONS: &str = "position/list";
const ACCOUNTS: &str = "account/list";
const ORDER: &str = "order/placeorder";
/// The pause after three probes, and some time for calls.
const PROBE_GAP: Duration = Duration::from_secs(25);

fn endpoint(method: Method, path: &str) -> Endpoint {
    Endpoint {
        method,
        path: path.into(),
        query: String::new(),
        body: (method == Method::Post).then(|| "{}".into()),
        shape: Shape::Any,
    }
}

async fn call(session: &Session, method: Method, path: &str) -> Result<String, ErrorKind> {
    let answer = session.call(&endpoint(method, path), HostPurpose::Demo, TIMEOUT).await;
    answer.map_err(|error| error.kind())
}

fn state(session: &Session) -> State {
    session.view().state(session.clock().now())
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_day_of_polling_what_the_key_may_not_read_costs_no_login() {
    for on_eviction in [OnEviction::Login, OnEviction::Stop] {
        let world = World {
            on_eviction,
            ..World::new()
        };
        let session = world.open().await;
        world.tradovate.denied.lock().unwrap().extend([POSITIONS, ORDER]);
        for second in 0..24 * 3_600 {
            let denied = call(&session, Method::Get, POSITIONS).await;
            assert_eq!(denied, Err(ErrorKind::Unauthorized), "second {second}");
            assert_eq!(state(&session), State::Active, "second {second}");
            if second % 600 == 0 {
                assert_eq!(call(&session, Method::Post, ORDER).await, Err(ErrorKind::Unauthorized));
                assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
            }
            pass(Duration::from_millis(960)).await;
        }
        assert_eq!(world.count(Seen::Login), 1);
        // A probe for each of the two when it is first refused, later at most one an hour, beside the timer's.
        assert!(world.count(Seen::Renewal) <= 70, "{}", world.count(Seen::Renewal));
        if on_eviction == OnEviction::Stop {
            continue;
        }
        world.evict();
        assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
        assert_eq!(world.count(Seen::Login), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_endpoint_that_is_permitted_again_is_no_exception_any_more() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().push(POSITIONS);
    assert_eq!(
        call(&session, Method::Get, POSITIONS).await,
        Err(ErrorKind::Unauthorized)
    );
    assert_eq!((world.count(Seen::Get), world.count(Seen::Renewal)), (2, 1));
    assert_eq!(
        call(&session, Method::Get, POSITIONS).await,
        Err(ErrorKind::Unauthorized)
    );
    assert_eq!((world.count(Seen::Get), world.count(Seen::Renewal)), (3, 1));
    world.tradovate.denied.lock().unwrap().clear();
    assert_eq!(call(&session, Method::Get, POSITIONS).await, Ok("[]".into()));
    pass(Duration::from_secs(10)).await;
    // From now on its 401 is as suspicious as any other's.
    world.evict();
    assert_eq!(call(&session, Method::Get, POSITIONS).await, Ok("[]".into()));
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_suspicion_right_after_a_settled_one_is_looked_into_all_the_same() {
    let world = World::new();
    let session = world.open().await;
    session.doubt(1.into(), false, TIMEOUT).await;
    pass(Duration::from_secs(1)).await;
    assert_eq!(
        (world.count(Seen::Renewal), session.view().record.generation.get()),
        (1, 2)
    );
    // The session is closed a moment later, and nobody calls again.
    world.evict();
    session.doubt(2.into(), false, TIMEOUT).await;
    pass(Duration::from_secs(10)).await;
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (2, 2));
    assert_eq!(state(&session), State::Active);
}

#[tokio::test(start_paused = true)]
async fn promise_10_a_key_without_any_permission_costs_few_probes() {
    const PATHS: [&str; 12] = [
        "a/list", "b/list", "c/list", "d/list", "e/list", "f/list", "g/list", "h/list", "i/list", "j/list", "k/list",
        "l/list",
    ];
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend(PATHS);
    for _ in 0..60 {
        for path in PATHS {
            assert_eq!(call(&session, Method::Get, path).await, Err(ErrorKind::Unauthorized));
        }
        pass(minutes(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
    assert!(world.count(Seen::Renewal) <= 9, "{}", world.count(Seen::Renewal));
}

/// How long an eviction goes unnoticed that comes so long after the start, while endpoints are polled of which some refuse.
async fn unnoticed(refused: &[&'static str], after: Duration) -> Duration {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend(refused);
    let mut evicted_at = None;
    for second in 0.. {
        if evicted_at.is_none() && world.clock.elapsed() >= after {
            evicted_at = Some(world.clock.elapsed());
            world.renewals(std::iter::repeat_n(Act::Fail(Failure::Unauthorized(String::new())), 20));
        }
        // A bot comes to its endpoints one after the other.
        for path in &refused[..refused.len().min(second / 100 + 1)] {
            let _ = call(&session, Method::Get, path).await;
        }
        if evicted_at.is_some() {
            world.calls([Failure::Unauthorized(String::new())]);
        }
        let _ = call(&session, Method::Get, ACCOUNTS).await;
        world.tradovate.calls.lock().unwrap().clear();
        if world.count(Seen::Login) > 1 {
            break;
        }
        pass(Duration::from_millis(900)).await;
    }
    world.clock.elapsed().saturating_sub(evicted_at.unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_eviction_is_found_within_seconds_whatever_refusals_are_known() {
    const PATHS: [&str; 10] = [
        "a/list", "b/list", "c/list", "d/list", "e/list", "f/list", "g/list", "h/list", "i/list", "j/list",
    ];
    for refused in [1, 10] {
        for after in [33, 90] {
            let unnoticed = unnoticed(&PATHS[..refused], minutes(after)).await;
            assert!(
                unnoticed < Duration::from_secs(6),
                "{refused} after {after} min: {unnoticed:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_endpoint_that_failed_in_an_outage_is_excused_no_401() {
    let world = World::new();
    let session = world.open().await;
    // An outage of one endpoint, whatever it lasts, and then an eviction.
    for _ in 0..200 {
        world.calls([upstream(503), upstream(503)]);
        let _ = call(&session, Method::Get, POSITIONS).await;
        world.tradovate.calls.lock().unwrap().clear();
        pass(Duration::from_secs(1)).await;
    }
    let evicted_at = world.clock.elapsed();
    world.renewals(std::iter::repeat_n(Act::Fail(Failure::Unauthorized(String::new())), 20));
    while world.count(Seen::Login) == 1 {
        world.calls(std::iter::repeat_n(Failure::Unauthorized(String::new()), 2));
        let _ = call(&session, Method::Get, POSITIONS).await;
        world.tradovate.calls.lock().unwrap().clear();
        pass(Duration::from_secs(1)).await;
        let unnoticed = world.clock.elapsed().saturating_sub(evicted_at);
        assert!(unnoticed < PROBE_GAP, "{unnoticed:?}");
    }
}

const OF_KEY: &str = "the session has been shown to be good, so its API key may not do this; a person must give the key the \
                      permission on Tradovate's web site; Tradovate says: Access is denied";
const OF_KEY_OR_SESSION: &str = "the API key may not do this, or the session was closed: a renewal shows which of them; Tradovate \
                                 says: Access is denied";

/// The error of a call that is refused for want of a permission.
async fn refused(session: &Session, method: Method, path: &str) -> Error {
    let answer = session.call(&endpoint(method, path), HostPurpose::Demo, TIMEOUT).await;
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthorized, Some(401)));
    error
}

fn assert_said_of_key(error: &Error, path: &str) {
    let told = (error.needs_person(), error.retry_at(), error.to_string());
    assert_eq!(told, (true, None, format!("{path}: {OF_KEY}")));
}

#[tokio::test(start_paused = true)]
async fn promise_27_what_the_key_may_not_do_is_said_of_the_key_and_not_of_the_token() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend([POSITIONS, ORDER]);
    for _ in 0..2 {
        assert_said_of_key(&refused(&session, Method::Get, POSITIONS).await, POSITIONS);
    }
    // A POST is not sent again, so that the first one may have met a dead token.
    let first = refused(&session, Method::Post, ORDER).await;
    let told = (first.needs_person(), first.to_string());
    assert_eq!(told, (false, format!("{ORDER}: {OF_KEY_OR_SESSION}")));
    pass(Duration::from_secs(30)).await;
    assert_said_of_key(&refused(&session, Method::Post, ORDER).await, ORDER);
}

#[tokio::test(start_paused = true)]
async fn promise_27_what_the_key_may_not_do_is_said_of_the_key_whenever_it_is_asked_again() {
    const PATHS: [&str; 6] = ["a/list", "b/list", "c/list", "d/list", "e/list", "f/list"];
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend(PATHS);
    for _ in 0..6 {
        for path in PATHS {
            let _ = refused(&session, Method::Get, path).await;
        }
        pass(Duration::from_secs(10)).await;
    }
    // What is known of an endpoint runs out, each at its time, and a renewal settles it for some of them.
    for _ in 0..200 {
        for path in PATHS {
            assert_said_of_key(&refused(&session, Method::Get, path).await, path);
        }
        pass(Duration::from_secs(10)).await;
    }
    world.tradovate.denied.lock().unwrap().clear();
    for path in PATHS {
        assert_eq!(call(&session, Method::Get, path).await, Ok("[]".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn promise_27_who_is_denied_something_soon_after_a_probe_learns_when_it_is_known_why() {
    const PATHS: [&str; 4] = ["a/list", "b/list", "c/list", "d/list"];
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend(PATHS);
    for path in &PATHS[..2] {
        assert_said_of_key(&refused(&session, Method::Get, path).await, path);
    }
    let mut known_at = None;
    for path in &PATHS[2..] {
        let error = refused(&session, Method::Get, path).await;
        let told = (error.needs_person(), error.to_string());
        assert_eq!(told, (false, format!("{path}: {OF_KEY_OR_SESSION}")));
        known_at = error.retry_at();
        assert!(known_at.is_some_and(|at| at > session.clock().now()), "{known_at:?}");
    }
    session.clock().sleep_until(known_at.unwrap()).await;
    pass(Duration::from_secs(1)).await;
    for path in PATHS {
        assert_said_of_key(&refused(&session, Method::Get, path).await, path);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_closed_soon_after_a_probe_has_no_reason() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend([POSITIONS, ACCOUNTS]);
    for path in [POSITIONS, ACCOUNTS] {
        let denied = session
            .call(&endpoint(Method::Get, path), HostPurpose::Demo, Duration::from_secs(2))
            .await;
        denied.unwrap_err();
    }
    session.close().await;
    let (view, now) = (session.view(), session.clock().now());
    assert_eq!(view.state(now), State::Closed);
    assert!(view.reason(now).is_none() && view.retry_at(now).is_none());
}

/// Uses up the renewals of this hour, each a second after the one before.
async fn use_up_renewals(session: &Session) {
    loop {
        pass(Duration::from_secs(2)).await;
        let generation = session.view().record.generation;
        match session.renew(generation, TIMEOUT).await {
            Ok(_) => {}
            Err(error) => return assert_eq!(error.kind(), ErrorKind::Quota),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_10_an_eviction_is_found_though_the_renewals_of_the_hour_are_used_up() {
    let world = World::new();
    let session = world.open().await;
    assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
    use_up_renewals(&session).await;
    world.evict();
    assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (2, 12));
    assert_eq!(state(&session), State::Active);
    // Nobody can tell whether a session is closed that no renewal may be made for: one login in a quarter of an hour.
    pass(Duration::from_secs(5)).await;
    world.calls([Failure::Unauthorized(String::new())]);
    let denied = call(&session, Method::Get, ACCOUNTS).await;
    assert_eq!(denied, Err(ErrorKind::Unauthorized));
    assert_eq!((world.count(Seen::Login), state(&session)), (2, State::Degraded));
}

#[tokio::test(start_paused = true)]
async fn promise_10_what_the_key_may_not_do_costs_no_login_where_the_renewals_of_the_hour_are_used_up() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend([POSITIONS]);
    assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
    use_up_renewals(&session).await;
    for _ in 0..20 {
        let error = refused(&session, Method::Get, POSITIONS).await;
        let told = error.to_string();
        assert!(told.contains(OF_KEY_OR_SESSION), "{told}");
        assert!(error.retry_at().is_some_and(|at| at > session.clock().now()));
        pass(minutes(1)).await;
    }
    let (view, now) = (session.view(), session.clock().now());
    assert_eq!((world.count(Seen::Login), view.state(now)), (1, State::Degraded));
    let reason = view.reason(now).unwrap();
    assert_eq!(
        (reason.kind(), reason.retry_at()),
        (ErrorKind::Quota, view.retry_at(now))
    );
    // A permission that is taken away is found to be one after one login.
    world.tradovate.denied.lock().unwrap().extend([ACCOUNTS]);
    for _ in 0..20 {
        refused(&session, Method::Get, ACCOUNTS).await;
        pass(minutes(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_10_good_answers_that_settle_a_suspicion_put_no_probe_off() {
    const PATHS: [&str; 9] = [
        "a/list", "b/list", "c/list", "d/list", "e/list", "f/list", "g/list", "h/list", "i/list",
    ];
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().extend(&PATHS[..8]);
    for path in &PATHS[..8] {
        refused(&session, Method::Get, path).await;
        assert_eq!(call(&session, Method::Get, ACCOUNTS).await, Ok("[]".into()));
        pass(Duration::from_secs(6)).await;
    }
    assert!(world.count(Seen::Renewal) <= 4, "{}", world.count(Seen::Renewal));
    // What is called from now on has never answered well.
    let evicted_at = world.clock.elapsed();
    world.renewals(std::iter::repeat_n(Act::Fail(Failure::Unauthorized(String::new())), 20));
    while world.count(Seen::Login) == 1 {
        world.calls([Failure::Unauthorized(String::new())]);
        let _ = call(&session, Method::Get, PATHS[8]).await;
        world.tradovate.calls.lock().unwrap().clear();
        pass(Duration::from_secs(1)).await;
        let unnoticed = world.clock.elapsed().saturating_sub(evicted_at);
        assert!(unnoticed < PROBE_GAP, "{unnoticed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_person_who_has_given_the_permission_says_so() {
    let world = World::new();
    let session = world.open().await;
    world.tradovate.denied.lock().unwrap().push(POSITIONS);
    for _ in 0..100 {
        assert_said_of_key(&refused(&session, Method::Get, POSITIONS).await, POSITIONS);
        pass(minutes(2)).await;
    }
    // To give it, the person has logged in, which has closed the session.
    world.tradovate.denied.lock().unwrap().clear();
    world.calls(std::iter::repeat_n(Failure::Unauthorized("Access is denied".into()), 2));
    world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    assert_said_of_key(&refused(&session, Method::Get, POSITIONS).await, POSITIONS);
    session.resume(TIMEOUT).await.unwrap();
    assert_eq!(call(&session, Method::Get, POSITIONS).await, Ok("[]".into()));
    assert_eq!(world.count(Seen::Login), 2);
}
