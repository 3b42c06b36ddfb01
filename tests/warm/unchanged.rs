//! What promise 12 says is as true of a connection that was made ahead.

use tradovate_session::{
    api::{Failure, Method, Tradovate},
    secret::Secret,
};

use super::{
    World, seconds,
    server::{Manner, Protocol},
};

const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

#[tokio::test]
async fn promise_12_a_post_is_sent_once_though_its_ready_connection_is_lost() {
    for protocol in PROTOCOLS {
        let world = World::new(protocol, None).await;
        world.server.will(Manner::HangUp);
        let _kept = world.keep();
        world.pass(seconds(2)).await;
        let lost = world.call(Method::Post).await;
        assert!(matches!(lost, Err(Failure::Lost(_))), "{protocol:?} {lost:?}");
        assert_eq!(world.server.count("POST"), 1, "{protocol:?}");
    }
}

#[tokio::test]
async fn promise_12_a_get_whose_ready_connection_is_lost_is_sent_once_more() {
    for protocol in PROTOCOLS {
        let world = World::new(protocol, None).await;
        world.server.will(Manner::HangUp);
        let _kept = world.keep();
        world.pass(seconds(2)).await;
        world.server.will(Manner::Serve);
        assert_eq!(world.call(Method::Get).await.unwrap(), "[]", "{protocol:?}");
        assert_eq!(world.server.count("GET"), 2, "{protocol:?}");
    }
}

#[tokio::test]
async fn promise_12_what_a_server_says_it_has_not_looked_at_counts_as_sent() {
    let world = World::new(Protocol::Http2, None).await;
    world.server.will(Manner::Refuse);
    let lost = world.call(Method::Post).await;
    assert!(matches!(lost, Err(Failure::Lost(_))), "{lost:?}");
    assert_eq!(world.server.count("POST"), 1);
    let lost = world.call(Method::Get).await;
    assert!(matches!(lost, Err(Failure::Lost(_))), "{lost:?}");
    assert_eq!(world.server.count("GET"), 2);
    let (base, token) = (&world.server.base, Secret::new("a-token"));
    let lost = world.api.renew_token(base, &token, None, seconds(30)).await.outcome;
    assert!(matches!(lost, Err(Failure::Lost(_))), "{lost:?}");
    assert_eq!(world.server.count("GET"), 3, "a renewal counts each time");
}

#[tokio::test]
async fn promise_12_a_post_that_meets_the_close_of_its_connection_is_never_seen_twice() {
    for protocol in PROTOCOLS {
        let world = World::new(protocol, None).await;
        let _kept = world.keep();
        for round in 1..=100 {
            world.pass(super::LOOK).await;
            world.server.hang_up();
            let before = world.server.count("POST");
            let outcome = world.call(Method::Post).await;
            let seen = world.server.count("POST") - before;
            match outcome {
                Ok(_) => assert_eq!(seen, 1, "{protocol:?} {round}"),
                Err(Failure::NotSent(why)) => assert_eq!(seen, 0, "{protocol:?} {round} {why}"),
                Err(Failure::Lost(_)) => assert!(seen <= 1, "{protocol:?} {round}"),
                Err(other) => panic!("{protocol:?} {round} {other:?}"),
            }
        }
    }
}
