//! One call for everybody, and an end to each.

// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tradovate_session::{
    api::{AccountCall, Credentials, Failure, HostPurpose},
    clock::{Clock, until},
    error::{Error, ErrorKind},
    secret::Secret,
    session::{CredentialsSource, Deps, Session, record::Record, token::Loss},
    store::Store,
};

use crate::support::{Act, Seen, TIMEOUT, World, credentials, minutes, order, pass, upstream};

#[tokio::test(start_paused = true)]
async fn promise_1_a_thousand_callers_of_mixed_triggers_make_one_call_a_round() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    for round in 1..=100 {
        pass(minutes(6)).await;
        let before = world.count(Seen::Renewal) + world.count(Seen::Login);
        let have = session.view().record.generation;
        if round % 2 == 0 {
            // The timer and the callers come at the same moment.
            let due = session.view().renews_at.unwrap();
            pass(until(session.clock().now(), due)).await;
        }
        world.calls(std::iter::repeat_n(Failure::Unauthorized(String::new()), 250));
        let callers: Vec<_> = (0..1_000)
            .map(|i| {
                let session = session.clone();
                tokio::spawn(async move {
                    match i % 4 {
                        0 => session.renew(have, TIMEOUT).await.map(|_| ()),
                        1 => session.token(TIMEOUT).await.map(|_| ()),
                        2 => session.accounts(&AccountCall::List, TIMEOUT).await.map(|_| ()),
                        _ => {
                            // What the service does with a dependent's report.
                            session.doubt(have, false, TIMEOUT).await;
                            Ok(())
                        }
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        let calls = world.count(Seen::Renewal) + world.count(Seen::Login) - before;
        assert_eq!(calls, 1, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_1_callers_who_come_during_a_call_share_its_failure() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.renewals([Act::Fail(upstream(503))]);
    let callers: Vec<_> = (0..100)
        .map(|i| {
            let session = session.clone();
            tokio::spawn(async move {
                pass(Duration::from_millis(if i % 2 == 0 { 0 } else { 10 })).await;
                session.renew(1.into(), TIMEOUT).await.map(|_| ())
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), ErrorKind::Http);
    }
    pass(Duration::from_secs(60)).await;
    assert_eq!(world.count(Seen::Renewal), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_2_a_hanging_call_fails_everybody_in_time_and_the_next_call_starts_one_more() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.renewals([Act::Hang]);
    let start = world.clock.boot();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.renew(1.into(), TIMEOUT).await.map(|_| ()).unwrap_err() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().kind(), ErrorKind::Timeout);
    }
    assert!(world.clock.boot().saturating_sub(start) <= TIMEOUT + Duration::from_millis(100));
    session.renew(1.into(), TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Renewal), 2);
}

#[tokio::test(start_paused = true)]
async fn closing_settles_whoever_waits() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    world.renewals([Act::Hang]);
    let waiter = tokio::spawn({
        let session = session.clone();
        async move { session.renew(1.into(), TIMEOUT).await.map(|_| ()) }
    });
    pass(Duration::from_millis(500)).await;
    session.close().await;
    session.close().await;
    assert_eq!(waiter.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(session.token(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Closed);
}

/// Never answers.
struct Silent;

impl CredentialsSource for Silent {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(std::future::pending())
    }
}

/// Lists the accounts, and closes the session a second later: the end of the list, and how long closing took.
async fn close_while_listing(world: &World, session: Session, timeout: Duration) -> (ErrorKind, Duration) {
    let session = Arc::new(session);
    let waiter = tokio::spawn({
        let session = session.clone();
        async move { session.accounts(&AccountCall::List, timeout).await }
    });
    pass(Duration::from_secs(1)).await;
    let start = world.clock.boot();
    session.close().await;
    let kind = waiter.await.unwrap().unwrap_err().kind();
    (kind, world.clock.boot() - start)
}

const AT_ONCE: (ErrorKind, Duration) = (ErrorKind::Closed, Duration::ZERO);

#[tokio::test(start_paused = true)]
async fn closing_waits_for_no_credentials() {
    let world = World::new();
    let credentials = credentials("pw");
    let deps = Deps {
        source: Arc::new(Silent),
        ..world.deps(&credentials)
    };
    let session = Session::start(world.settings(), deps, credentials);
    session.opened(TIMEOUT).await.unwrap();
    world.evict();
    assert_eq!(close_while_listing(&world, session, TIMEOUT).await, AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn promise_15_who_waits_for_credentials_takes_the_token_that_another_session_has_stored() {
    let world = World::new();
    let other = world.open().await;
    let credentials = credentials("pw");
    let deps = Deps {
        source: Arc::new(Silent),
        ..world.deps(&credentials)
    };
    let session = Arc::new(Session::start(world.settings(), deps, credentials));
    session.opened(TIMEOUT).await.unwrap();
    pass(minutes(2)).await;
    world.evict();
    let waiter = tokio::spawn({
        let session = session.clone();
        async move { session.accounts(&AccountCall::List, TIMEOUT).await }
    });
    // The other one learns of the eviction by the store, and logs in.
    pass(Duration::from_secs(2)).await;
    assert!(waiter.is_finished());
    waiter.await.unwrap().unwrap();
    assert_eq!(world.count(Seen::Login), 2);
    let generation = |session: &Session| session.view().record.generation;
    assert_eq!(generation(&session), generation(&other));
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_no_lease() {
    let world = World::new();
    let session = world.open().await;
    let key = session.view().record.key.clone();
    let _held = world.store.lease(key.as_str()).await.unwrap();
    world.calls([Failure::Unauthorized(String::new())]);
    assert_eq!(close_while_listing(&world, session, TIMEOUT).await, AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn closing_settles_a_call_that_sits_out_a_penalty_or_a_cooldown() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::Penalty {
        ticket: Some(Secret::new("ticket")),
        wait: Duration::from_secs(20),
    }]);
    assert_eq!(close_while_listing(&world, session, TIMEOUT).await, AT_ONCE);
    let session = world.open().await;
    world.calls([Failure::RateLimited(minutes(60))]);
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(close_while_listing(&world, session, minutes(90)).await, AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn closing_drops_a_get_under_way_and_lets_a_post_end() {
    let world = World::new();
    *world.tradovate.call_takes.lock().unwrap() = Duration::from_secs(20);
    let session = world.open().await;
    assert_eq!(close_while_listing(&world, session, TIMEOUT).await, AT_ONCE);
    let session = Arc::new(world.open().await);
    let order = tokio::spawn({
        let session = session.clone();
        async move { session.call(&order(), HostPurpose::Demo, TIMEOUT).await }
    });
    pass(Duration::from_secs(1)).await;
    session.close().await;
    assert_eq!(order.await.unwrap().unwrap(), "[]");
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_wait_for_longer_than_the_session_does() {
    let world = World::new();
    *world.tradovate.call_takes.lock().unwrap() = TIMEOUT * 2;
    let session = world.open().await;
    let list = |timeout| session.accounts(&AccountCall::List, timeout);
    assert_eq!(list(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(list(TIMEOUT * 3).await.unwrap(), "[]");
}

#[tokio::test(start_paused = true)]
async fn promise_15_what_is_read_under_the_lease_holds_for_callers_at_once() {
    let world = World::new();
    let session = Arc::new(world.open().await);
    let key = session.view().record.key.clone();
    let lease = world.store.lease(key.as_str()).await.unwrap();
    let waiting = session.clone();
    tokio::spawn(async move { waiting.renew(1.into(), TIMEOUT).await.map(|_| ()) });
    pass(Duration::from_secs(1)).await;
    // The holder of the lease has learned that the token is lost.
    let entry = world.store.read(key.as_str()).await.unwrap().unwrap();
    let mut record = Record::decode(&entry, &key).unwrap();
    record.token.as_mut().unwrap().lost = Some(Loss::Evicted);
    record.revision = record.revision.next();
    world
        .store
        .write(key.as_str(), record.encode(), entry.revision, &lease)
        .await
        .unwrap();
    world.logins([Act::Hang]);
    drop(lease);
    pass(Duration::from_secs(1)).await;
    assert_eq!(world.count(Seen::Login), 2);
    let error = session.token(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
}

#[tokio::test(start_paused = true)]
async fn promise_14_what_a_caller_saw_counts_while_somebody_else_has_the_lease() {
    for (failure, expected, gets) in [
        (Failure::Unauthorized(String::new()), ErrorKind::Unauthorized, 2),
        (Failure::RateLimited(minutes(60)), ErrorKind::RateLimited, 1),
    ] {
        let world = World::new();
        let session = world.open().await;
        let key = session.view().record.key.clone();
        let lease = world.store.lease(key.as_str()).await.unwrap();
        world.calls([failure.clone(), failure]);
        let short = Duration::from_secs(2);
        session.accounts(&AccountCall::List, short).await.unwrap_err();
        let error = session.accounts(&AccountCall::List, short).await.unwrap_err();
        assert_eq!((error.kind(), world.count(Seen::Get)), (expected, gets));
        assert_eq!(session.view().record.suspicion.probes, (gets == 2).then_some(0));
        // Once the lease can be had it is saved.
        drop(lease);
        pass(Duration::from_secs(1)).await;
        let entry = world.store.read(key.as_str()).await.unwrap().unwrap();
        let record = Record::decode(&entry, &key).unwrap();
        assert_eq!(record, *session.view().record);
        assert!(!record.cooldowns.is_empty() || record.generation.get() == 2);
    }
}
