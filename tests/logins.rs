//! How few logins are made: starts, refusals, fights.

mod support;

use std::time::Duration;

use support::{Act, Seen, TIMEOUT, World, minutes, pass};
use tradovate_session::{
    api::{AccountCall, Denial, Failure},
    error::ErrorKind,
    session::{OnEviction, view::State},
};

#[tokio::test(start_paused = true)]
async fn promise_8_a_thousand_starts_with_a_wrong_password_make_one_login() {
    let world = World::new();
    let wrong = Act::Fail(Failure::Denied(
        Denial::Credentials,
        "Incorrect username or password.".into(),
    ));
    world.logins(std::iter::repeat_n(wrong, 10));
    for _ in 0..1_000 {
        let error = world.start().opened(TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        pass(Duration::from_secs(3)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
    let _ = world.start_with("another").opened(TIMEOUT).await;
    assert_eq!(world.count(Seen::Login), 2, "changed credentials are tried");
}

#[tokio::test(start_paused = true)]
async fn promise_9_an_eviction_is_answered_once_and_the_next_is_a_fight() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::Unauthorized]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::Get)), (2, 2));
    pass(minutes(5)).await;
    world.calls([Failure::Unauthorized]);
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contended);
    pass(minutes(24 * 60)).await;
    assert_eq!(world.count(Seen::Login), 2);
    assert_eq!(session.view().state(session.clock().now()), State::Contended);
}

#[tokio::test(start_paused = true)]
async fn promise_9_an_eviction_can_be_left_at_that() {
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let session = world.open().await;
    world.calls([Failure::Unauthorized]);
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Evicted);
    pass(minutes(120)).await;
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_13_sessions_of_one_store_adopt_the_token() {
    let world = World::new();
    for _ in 0..50 {
        world.open().await.close().await;
        pass(Duration::from_secs(12)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
}
