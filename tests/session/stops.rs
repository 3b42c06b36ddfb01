//! Stops: a 423, a 429 or a penalty that a call is told of, and whom they stop from when on.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tradovate_session::{
    api::{AccountCall, Failure, HostPurpose},
    error::{ErrorKind, Outcome},
    session::{OnEviction, Session, events::Event, view::State},
};

use crate::support::{
    Act, Seen, TIMEOUT, World, credentials,
    faulty::{Bot, Faulty, key, stored},
    minutes, order, pass, penalty, upstream,
};

const SHORT: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn promise_7_a_429_stops_every_get_and_auth_call_but_no_post() {
    let world = World::new();
    let session = world.open().await;
    world.calls([Failure::RateLimited(minutes(60))]);
    for _ in 0..10 {
        let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    }
    assert_eq!(world.count(Seen::Get), 1);
    session.call(&order(), HostPurpose::Demo, TIMEOUT).await.unwrap();
    assert_eq!(
        session.renew(1.into(), TIMEOUT).await.unwrap_err().kind(),
        ErrorKind::RateLimited
    );
    session.token(TIMEOUT).await.expect("the good token is served on");
    assert_eq!((world.count(Seen::Renewal), world.count(Seen::Login)), (0, 1));
}

/// Every way to be stopped: what a GET meets, and what it and the next ones are refused with.
fn stops() -> [(Failure, ErrorKind); 3] {
    [
        (Failure::RateLimited(minutes(60)), ErrorKind::RateLimited),
        (Failure::LockedOut(minutes(60)), ErrorKind::LockedOut),
        (penalty(120), ErrorKind::Penalty),
    ]
}

/// Five GETs one after another, each refused with this.
async fn refuses_gets(session: &Session, kind: ErrorKind) {
    for _ in 0..5 {
        let error = session.accounts(&AccountCall::List, SHORT).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_what_stops_gets_stops_them_while_a_renewal_is_under_way() {
    for (failure, kind) in stops() {
        let world = World::new();
        let session = Arc::new(world.open().await);
        world.renewals([Act::Hang]);
        let renewal = tokio::spawn({
            let session = session.clone();
            async move { session.renew(1.into(), TIMEOUT).await }
        });
        pass(Duration::from_secs(1)).await;
        world.calls([failure]);
        refuses_gets(&session, kind).await;
        assert!(!renewal.is_finished(), "the renewal is under way all the while");
        assert_eq!((world.count(Seen::Get), world.count(Seen::Renewal)), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_what_stops_gets_stops_them_while_another_session_has_the_lease() {
    for (failure, kind) in stops() {
        let world = World::new();
        let (one, other) = (world.open().await, world.open().await);
        world.renewals([Act::Hang]);
        let renewal = tokio::spawn(async move { one.renew(1.into(), TIMEOUT).await });
        pass(Duration::from_secs(1)).await;
        let waiting = other.renew(1.into(), Duration::from_millis(100)).await.unwrap_err();
        assert_eq!(waiting.kind(), ErrorKind::Timeout);
        world.calls([failure]);
        refuses_gets(&other, kind).await;
        assert!(!renewal.is_finished(), "the renewal is under way all the while");
        assert_eq!(world.count(Seen::Get), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_what_another_session_was_stopped_by_counts_once_it_is_read() {
    for (failure, kind) in stops() {
        let (world, store) = (World::new(), Arc::new(Faulty::default()));
        let one = Bot::open(&world, &store).await;
        let other = Bot::open(&world, &store).await;
        world.calls([failure]);
        let error = one.session.accounts(&AccountCall::List, SHORT).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        store.writes_hang.store(true, Ordering::SeqCst);
        world.calls([upstream(503)]);
        let placed = other.session.call(&order(), HostPurpose::Demo, SHORT).await;
        placed.expect_err("the report of it is what the record is read for");
        pass(Duration::from_secs(1)).await;
        let error = other.session.accounts(&AccountCall::List, SHORT).await.unwrap_err();
        assert_eq!((error.kind(), world.count(Seen::Get)), (kind, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_what_stops_gets_stops_them_while_the_record_is_being_saved_and_is_saved_after_it() {
    let both = [true, false].map(|releases_slowly| stops().map(|stop| (stop, releases_slowly)));
    for ((failure, kind), releases_slowly) in both.into_iter().flatten() {
        let (world, store) = (World::new(), Arc::new(Faulty::default()));
        let bot = Bot::open(&world, &store).await;
        let takes = if releases_slowly {
            &store.release_takes
        } else {
            &store.write_takes
        };
        *takes.lock().unwrap() = Duration::from_secs(10);
        world.calls([upstream(503)]);
        let placed = bot.session.call(&order(), HostPurpose::Demo, SHORT).await;
        placed.expect_err("the report of it is what is being saved");
        pass(Duration::from_secs(1)).await;
        world.calls([failure]);
        refuses_gets(&bot.session, kind).await;
        assert_eq!(world.count(Seen::Get), 1);
        pass(minutes(1)).await;
        let saved = stored(&store, &key(&bot)).await;
        let noted = if kind == ErrorKind::Penalty {
            "penalties"
        } else {
            "cooldowns"
        };
        assert_eq!(saved[noted].as_object().unwrap().len(), 1, "{saved}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_stop_that_is_told_while_an_auth_call_is_about_to_be_made_stops_it() {
    for (failure, kind) in stops().into_iter().filter(|(_, kind)| *kind != ErrorKind::Penalty) {
        let (world, ledger) = (World::new(), Arc::new(Faulty::default()));
        let credentials = credentials("pw");
        let mut deps = world.deps(&credentials);
        deps.ledger = world.ledger(ledger.clone());
        let session = Arc::new(Session::start(world.settings(), deps, credentials));
        session.opened(TIMEOUT).await.unwrap();
        ledger.hangs.store(true, Ordering::SeqCst);
        let renewal = tokio::spawn({
            let session = session.clone();
            async move { session.renew(1.into(), TIMEOUT).await }
        });
        // The ledger was read in vain for 5 s, and a place in it is asked for.
        pass(Duration::from_secs(7)).await;
        world.calls([failure]);
        let error = session.accounts(&AccountCall::List, SHORT).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(renewal.await.unwrap().unwrap_err().kind(), kind);
        pass(minutes(5)).await;
        assert_eq!(world.count(Seen::Renewal), 0);
        let history = session.view().record.history.clone();
        assert!(history.renewals.is_empty(), "one that was not sent counts for nothing");
        pass(minutes(62)).await;
        session.renew(1.into(), TIMEOUT).await.unwrap();
        assert_eq!((world.count(Seen::Renewal), world.count(Seen::Login)), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn who_opens_a_login_with_stored_stops_sees_no_state_before_its_first_one() {
    let store = Arc::new(Faulty::default());
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let one = Bot::open(&world, &store).await;
    world.calls([penalty(120)]);
    one.session.accounts(&AccountCall::List, SHORT).await.unwrap_err();
    world.evict();
    let error = one.session.renew(1.into(), TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Evicted);
    one.session.close().await;
    let other = Bot::open(&world, &store).await;
    let states: Vec<_> = other
        .events
        .drain()
        .into_iter()
        .filter_map(|event| match event {
            Event::State(state) => Some(state),
            _ => None,
        })
        .collect();
    assert!(states.is_empty(), "{states:?}");
}

#[tokio::test(start_paused = true)]
async fn promise_27_who_asks_for_a_renewal_that_is_stopped_is_told_by_what() {
    for (failure, kind) in [
        (Failure::RateLimited(minutes(2)), ErrorKind::RateLimited),
        (Failure::LockedOut(minutes(2)), ErrorKind::LockedOut),
    ] {
        let world = World::new();
        let session = world.open().await;
        world.renewals([Act::Fail(failure)]);
        for outcome in [Outcome::Answered, Outcome::NotSent] {
            let error = session.renew(1.into(), TIMEOUT).await.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (kind, Some(outcome)));
            assert!(error.retry_at().is_some());
        }
        pass(minutes(3)).await;
        assert_eq!(session.view().state(session.clock().now()), State::Active);
        session.renew(1.into(), TIMEOUT).await.unwrap();
        assert_eq!(world.count(Seen::Renewal), 2);
    }
}
