//! The end of a service and of its session, as those see it who wait for events just then.

use tokio::task::JoinSet;

use crate::{
    far::Far,
    raw::{Home, limits, port_in, socket_in},
    support::Seen,
};

/// Closes a service's session under 20 dependents that poll, and counts those that still have its token afterwards.
async fn left_with_a_token(home: Home) -> usize {
    let mut dependents = Vec::new();
    for _ in 0..20 {
        dependents.push(Far::at(home.address()).await);
    }
    home.session.close().await;
    let mut waits = JoinSet::new();
    for far in dependents {
        waits.spawn(async move {
            far.shows(|far| far.session.view().last_failure.is_some()).await;
            far.has(1)
        });
    }
    waits.join_all().await.into_iter().filter(|has| *has).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_24_the_token_outlives_the_session_that_is_closed() {
    for address in [socket_in, port_in] {
        for _ in 0..5 {
            let home = Home::with(address, limits()).await;
            let tradovate = home.world.tradovate.clone();
            assert_eq!(left_with_a_token(home).await, 20);
            assert_eq!(tradovate.count(Seen::Login), 1);
        }
    }
}
