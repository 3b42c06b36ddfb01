//! Which hosts a session keeps warm, and when.

// Times in a test are known to be in order.
#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

use std::time::Duration;

use tradovate_session::{
    api::{AccountCall, Denial, Endpoint, Failure, HostPurpose, Method, Shape},
    session::{Session, Settings},
};

use crate::support::{Act, TIMEOUT, World, credentials, minutes, pass};

const DEMO: &str = "https://demo.tradovateapi.com/v1";
const HOUR: Duration = Duration::from_secs(3_600);

fn start(world: &World) -> Session {
    let credentials = credentials("pw");
    let settings = Settings {
        keep_warm: true,
        ..world.settings()
    };
    Session::start(settings, world.deps(&credentials), credentials)
}

async fn open(world: &World) -> Session {
    let session = start(world);
    session.opened(TIMEOUT).await.unwrap();
    session
}

/// The hosts that are kept warm, once all have done what they can do now.
async fn warm(world: &World) -> Vec<String> {
    pass(Duration::from_millis(100)).await;
    let mut warm = world.tradovate.warm.lock().unwrap().clone();
    warm.sort();
    warm
}

#[tokio::test(start_paused = true)]
async fn an_open_session_keeps_its_host_warm_until_it_is_closed() {
    let world = World::new();
    let session = open(&world).await;
    assert_eq!(warm(&world).await, [DEMO]);
    pass(HOUR * 5).await;
    assert_eq!(warm(&world).await, [DEMO]);
    session.close().await;
    assert_eq!(warm(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_without_a_close_keeps_nothing_warm() {
    let world = World::new();
    let session = open(&world).await;
    assert_eq!(warm(&world).await, [DEMO]);
    drop(session);
    assert_eq!(warm(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_warm_where_that_is_switched_off_or_there_is_no_token() {
    let world = World::new();
    let _session = world.open().await;
    assert_eq!(warm(&world).await, [""; 0]);
    let world = World::new();
    world.logins([Act::Fail(Failure::Denied(Denial::Credentials, "no".into()))]);
    let session = start(&world);
    session.opened(TIMEOUT).await.unwrap_err();
    assert_eq!(warm(&world).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_warm_while_calls_are_stopped() {
    for (failure, minutes_off) in [(Failure::RateLimited(minutes(5)), 5), (Failure::LockedOut(HOUR), 60)] {
        let world = World::new();
        let session = open(&world).await;
        world.calls([failure]);
        session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
        assert_eq!(warm(&world).await, [""; 0]);
        pass(minutes(minutes_off) - Duration::from_secs(5)).await;
        assert_eq!(warm(&world).await, [""; 0]);
        pass(minutes(1)).await;
        assert_eq!(warm(&world).await, [DEMO]);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_warm_while_a_captcha_waits_for_a_person() {
    let world = World::new();
    let session = open(&world).await;
    world.renewals([Act::Fail(Failure::Captcha)]);
    session.renew(1.into(), TIMEOUT).await.unwrap_err();
    assert_eq!(warm(&world).await, [""; 0]);
    session.resume(TIMEOUT).await.unwrap();
    assert_eq!(warm(&world).await, [DEMO]);
}

#[tokio::test(start_paused = true)]
async fn the_host_that_tradovate_names_is_kept_warm_in_the_place_of_the_one_before() {
    let world = World::new();
    let session = open(&world).await;
    world
        .tradovate
        .told_hosts
        .lock()
        .unwrap()
        .push(("demo", "demo-2.tradovateapi.com"));
    session.renew(1.into(), TIMEOUT).await.unwrap();
    assert_eq!(warm(&world).await, ["https://demo-2.tradovateapi.com/v1"]);
}

#[tokio::test(start_paused = true)]
async fn every_host_that_was_called_is_kept_warm() {
    let world = World::new();
    let session = open(&world).await;
    let endpoint = Endpoint {
        method: Method::Get,
        path: "report/list".into(),
        query: String::new(),
        body: None,
        shape: Shape::Any,
    };
    for _ in 0..3 {
        session
            .call(&endpoint, HostPurpose::ReportingDemo, TIMEOUT)
            .await
            .unwrap();
    }
    assert_eq!(warm(&world).await, [DEMO, "https://rpt-demo.tradovateapi.com/v1"]);
}
