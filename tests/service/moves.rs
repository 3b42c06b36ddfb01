//! Dependents where the machine's clock is set, and where the host that they were told is gone.

#![allow(clippy::disallowed_methods)] // these tests are about real time

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tradovate_session::api::Failure;

use crate::{
    far::Far,
    raw::Home,
    support::{TIMEOUT, pass},
};

const RETIRED: &str = "old.tradovateapi.com";
const IN_TIME: Duration = Duration::from_secs(45);

#[tokio::test]
async fn promise_20_a_clock_that_is_set_ahead_takes_no_token_from_a_dependent() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    assert_eq!(far.list().await.unwrap(), "[]");
    for world in [&home.world, &far.world] {
        world.clock.wall_skew_ms.store(2 * 3_600_000, Ordering::SeqCst);
    }
    let begun = Instant::now();
    let served = home.session.token(TIMEOUT).await;
    assert!(served.is_ok(), "the service's own session: {:?}", served.err());
    let mut told = Vec::new();
    while begun.elapsed() < Duration::from_secs(40) {
        match far.list().await {
            Ok(_) => break,
            Err(error) => told.push((begun.elapsed().as_secs(), error.to_string())),
        }
        if told.len() == 3 {
            // A newer token does not help.
            let generation = home.session.view().record.generation;
            home.session.renew(generation, TIMEOUT).await.unwrap();
        }
    }
    let placed = far.post().await;
    assert!(
        told.len() < 2 && placed.is_ok(),
        "after {:?} the dependent has no token: {} tries, last {:?}; an order: {:?}; generations {} and {}",
        begun.elapsed(),
        told.len(),
        told.last(),
        placed.err().map(|error| (error.kind(), error.outcome())),
        home.session.view().record.generation,
        far.session.view().record.generation,
    );
}

/// Whether a dependent that was told a host is led away from it in time, as a session is.
async fn is_led_away(failure: Failure) -> bool {
    let home = Home::at_socket().await;
    home.world.tradovate.told_hosts.lock().unwrap().push(("demo", RETIRED));
    home.session.renew(1.into(), TIMEOUT).await.unwrap();
    let far = Far::at(home.address()).await;
    assert_eq!(far.list().await.unwrap(), "[]");
    for world in [&home.world, &far.world] {
        let down = (RETIRED, Some(failure.clone()));
        world.tradovate.hosts_down.lock().unwrap().push(down);
    }
    let begun = Instant::now();
    while far.list().await.is_err() && begun.elapsed() < IN_TIME {
        pass(Duration::from_secs(1)).await;
    }
    far.post().await.is_ok() && begun.elapsed() < IN_TIME
}

#[tokio::test]
async fn promise_26_a_dependent_is_led_away_from_a_retired_host() {
    let ways = [
        Failure::NotSent("connection refused".into()),
        Failure::NotFound(String::new()),
        Failure::Forbidden(String::new()),
        Failure::Unintelligible {
            status: 410,
            what: "HTTP 410".into(),
        },
    ];
    let led = join_all(ways.map(is_led_away)).await;
    assert_eq!(led, [true; 4]);
}
