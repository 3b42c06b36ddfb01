//! Promise 1: whoever gives up neither kills nor loses what is under way.

#![allow(clippy::disallowed_methods)]

mod support;

use std::time::Duration;

use support::{Seen, TIMEOUT, World, minutes, pass};
use tradovate_session::{clock::Clock, session::view::State};

#[tokio::test(start_paused = true)]
async fn promise_1_an_open_that_is_given_up_while_its_login_takes_4_s_leaves_its_token_to_the_next() {
    let world = World::new();
    *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(4);
    for _ in 0..3 {
        let session = world.start();
        session.opened(Duration::from_secs(1)).await.unwrap_err();
        let closing = world.clock.boot();
        session.close().await;
        assert!(world.clock.boot().saturating_sub(closing) < Duration::from_millis(100));
        assert_eq!(session.view().state(session.clock().now()), State::Closed);
        drop(session);
    }
    let session = world.open().await;
    assert_eq!(
        (world.count(Seen::Login), session.view().record.generation.get()),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_1_a_renewal_under_way_at_closing_is_stored() {
    let world = World::new();
    let session = world.open().await;
    let told = std::sync::Arc::new(tokio::sync::Notify::new());
    world.renewals([support::Act::When(told.clone())]);
    let renewed = session.renew(1.into(), Duration::from_secs(1)).await;
    assert!(renewed.is_err());
    session.close().await;
    told.notify_one();
    session.ended().await;
    pass(minutes(1)).await;
    let next = world.open().await;
    assert_eq!((world.count(Seen::Login), next.view().record.generation.get()), (1, 2));
    next.token(TIMEOUT).await.unwrap();
}
