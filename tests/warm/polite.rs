//! What it costs the server.

use std::time::Duration;

use tradovate_session::api::{HttpTradovate, Method, Tradovate};

use super::{
    AUTHORITY, World,
    clock::until,
    minutes, seconds,
    server::{Manner, Protocol},
};

#[tokio::test]
async fn a_busy_host_costs_no_handshake_but_its_first() {
    let world = World::new(Protocol::Http1, Some(seconds(60))).await;
    let _kept = world.keep();
    for _ in 0..60 {
        world.pass(seconds(5)).await;
        world.call(Method::Get).await.unwrap();
    }
    assert_eq!(world.server.handshakes(), 1);
}

#[tokio::test]
async fn an_idle_host_costs_a_handshake_in_45_s_and_later_one_in_58_s() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        for closes_after in [None, Some(seconds(60))] {
            let world = World::new(protocol, closes_after).await;
            let _kept = world.keep();
            world.pass(minutes(5) - seconds(1)).await;
            assert_eq!(world.server.handshakes(), 7, "{protocol:?} {closes_after:?}");
            world.pass(minutes(30)).await;
            let more = world.server.handshakes() - 7;
            assert!((30..=31).contains(&more), "{protocol:?} {closes_after:?} {more}");
            let seen = world.server.seen();
            assert!(seen.requests.is_empty());
            assert_eq!(seen.accepted, seen.handshakes);
        }
    }
}

#[tokio::test]
async fn where_connections_are_closed_early_one_is_made_for_each_that_ends() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let world = World::new(protocol, Some(seconds(5))).await;
        let _kept = world.keep();
        world.pass(minutes(5) - seconds(1)).await;
        let (handshakes, closed) = {
            let seen = world.server.seen();
            (seen.handshakes, seen.closed)
        };
        assert!(handshakes <= closed + 1, "{handshakes} {closed}");
        assert!((55..=75).contains(&handshakes), "{handshakes}");
        world.pass(minutes(10)).await;
        let more = world.server.handshakes() - handshakes;
        assert!((9..=11).contains(&more), "{more}");
    }
}

#[tokio::test]
async fn pauses_grow_where_the_server_closes_at_once_or_cannot_be_reached() {
    let world = World::new(Protocol::Http1, None).await;
    world.server.will(Manner::Close);
    let _kept = world.keep();
    world.pass(minutes(5) - seconds(1)).await;
    // After 1, 2, 4, 8, 16 and 32 s, then every minute; each is noticed at the next look.
    let handshakes = world.server.handshakes();
    assert!((8..=11).contains(&handshakes), "{handshakes}");
}

#[tokio::test]
async fn many_sessions_on_one_host_share_one_connection() {
    let world = World::new(Protocol::Http1, None).await;
    let kept: Vec<_> = (0..100).map(|_| world.keep()).collect();
    world.pass(seconds(40)).await;
    assert_eq!(world.server.seen().accepted, 1);
    drop(kept);
    world.clock.settled(0).await;
}

#[tokio::test]
async fn nothing_is_made_for_a_host_that_no_session_uses() {
    let world = World::new(Protocol::Http1, Some(seconds(60))).await;
    world.call(Method::Get).await.unwrap();
    drop(world.keep());
    world.clock.settled(0).await;
    for _ in 0..60 {
        world.time.advance(world.time.now() + seconds(10));
        world.server.settled().await;
    }
    world.server.has_closed(1).await;
    assert_eq!(world.server.seen().accepted, 1);
}

#[tokio::test]
async fn hundreds_of_sessions_in_a_row_leave_no_connection_behind() {
    let world = World::new(Protocol::Http1, None).await;
    for _ in 0..300 {
        let kept = world.keep();
        world.pass(Duration::ZERO).await;
        drop(kept);
        world.clock.settled(0).await;
    }
    let accepted = world.server.seen().accepted;
    assert!(accepted <= 2, "{accepted}");
    let kept = world.keep();
    world.pass(seconds(20)).await;
    drop(kept);
    // What the pool would use for too long is not left to it.
    world.server.has_closed(accepted).await;
}

#[tokio::test]
async fn a_session_that_ends_in_mid_handshake_ends_the_handshake() {
    let world = World::new(Protocol::Http1, None).await;
    world.server.will(Manner::Mute);
    let kept = world.keep();
    until(|| world.server.seen().accepted == 1).await;
    drop(kept);
    // Long before the handshake would be given up.
    let closed = world.server.has_closed(1);
    tokio::time::timeout(seconds(4), closed).await.expect("at once");
    assert_eq!(world.server.seen().accepted, 1);
}

#[tokio::test]
async fn a_host_without_tls_needs_none() {
    let world = World::new(Protocol::Http1, None).await;
    assert!(world.api.keep_warm("http://127.0.0.1:1/v1").is_none());
    let api = HttpTradovate::new(world.clock.clone(), AUTHORITY.into());
    assert!(api.keep_warm(&world.server.base).is_some());
}
