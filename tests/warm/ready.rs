//! A connection is ready whenever a call is made.

use tradovate_session::api::{Failure, Method};

use super::{
    World,
    clock::until,
    minutes, seconds,
    server::{Manner, Protocol},
};

const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

#[tokio::test]
async fn a_call_after_any_idle_time_finds_a_connection_whose_handshake_has_ended() {
    for protocol in PROTOCOLS {
        for closes_after in [None, Some(seconds(60))] {
            let world = World::new(protocol, closes_after).await;
            let _kept = world.keep();
            world.pass(seconds(1)).await;
            for idle in [0, 1, 5, 44, 46, 58, 60, 61, 70, 118, 119, 299, 301, 1_500] {
                for method in [Method::Get, Method::Post] {
                    world.pass(seconds(idle)).await;
                    let is_ready = world.finds_one_ready(method).await;
                    assert!(is_ready, "{protocol:?} {closes_after:?} {idle} s {method:?}");
                }
            }
            assert_eq!((world.server.count("GET"), world.server.count("POST")), (14, 14));
        }
    }
}

#[tokio::test]
async fn a_server_that_closes_idle_connections_after_5_s_is_known_after_two_of_them() {
    for protocol in PROTOCOLS {
        let world = World::new(protocol, Some(seconds(5))).await;
        let _kept = world.keep();
        world.pass(seconds(20)).await;
        for _ in 0..2 {
            world.call(Method::Get).await.unwrap();
            world.pass(seconds(20)).await;
        }
        // From one look to the next, so that no moment of a connection's life is left out.
        for quarter in 0..48 {
            world.call(Method::Get).await.unwrap();
            world.pass(super::LOOK * quarter).await;
            assert!(world.finds_one_ready(Method::Post).await, "{protocol:?} {quarter}");
        }
        for idle in [30, 58, 70, 200, 299] {
            world.pass(seconds(idle)).await;
            assert!(world.finds_one_ready(Method::Post).await, "{protocol:?} {idle}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_closed_is_replaced_before_the_next_call() {
    for protocol in PROTOCOLS {
        let world = World::new(protocol, None).await;
        let _kept = world.keep();
        world.pass(seconds(3)).await;
        assert_eq!(world.server.handshakes(), 1);
        world.server.hang_up();
        world.server.has_closed(1).await;
        world.pass(seconds(1)).await;
        assert_eq!(world.server.handshakes(), 2, "{protocol:?}");
        assert!(world.finds_one_ready(Method::Post).await, "{protocol:?}");
    }
}

#[tokio::test]
async fn a_host_that_comes_back_has_a_connection_again() {
    let world = World::new(Protocol::Http1, None).await;
    world.server.will(Manner::Close);
    let _kept = world.keep();
    world.pass(minutes(5)).await;
    world.server.will(Manner::Serve);
    // The longest pause.
    world.pass(seconds(61)).await;
    assert!(world.finds_one_ready(Method::Get).await);
}

#[tokio::test]
async fn promise_2_after_a_call_without_an_answer_none_goes_out_on_a_connection_from_before() {
    for protocol in PROTOCOLS {
        let world = World::new(protocol, None).await;
        world.server.will(Manner::Silent);
        let _kept = world.keep();
        world.pass(seconds(3)).await;
        world.server.will(Manner::Serve);
        let late = async {
            until(|| world.server.count("POST") == 1).await;
            world.time.advance(world.time.now() + seconds(31));
        };
        let (unanswered, ()) = tokio::join!(world.call(Method::Post), late);
        assert!(
            matches!(unanswered, Err(Failure::TimedOut { sent: true })),
            "{protocol:?} {unanswered:?}"
        );
        // The clock stands still: on the old connection it would wait for ever.
        let answered = tokio::time::timeout(seconds(20), world.call(Method::Post)).await;
        let answered = answered.expect("it goes out on another connection");
        assert_eq!(answered.unwrap(), "[]", "{protocol:?}");
    }
}

#[tokio::test]
async fn after_the_sleep_of_the_machine_no_call_goes_out_on_a_connection_from_before() {
    for protocol in PROTOCOLS {
        let world = World::new(protocol, None).await;
        let _kept = world.keep();
        world.pass(seconds(3)).await;
        world.call(Method::Get).await.unwrap();
        world.time.sleep_through(minutes(120));
        assert!(!world.finds_one_ready(Method::Post).await, "{protocol:?}");
    }
}
