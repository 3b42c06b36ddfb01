//! What a store tells of a login to whoever looks at it without opening a session.

// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

use std::time::Duration;

use tradovate_session::{
    api::{Denial, Environment, Failure, Origin},
    clock::ServerClock,
    error::{Error, ErrorKind},
    secret::Secret,
    session::{
        login_key::LoginKey,
        stored::stored_view,
        view::{State, View},
    },
    store::{Entry, Revision, Store},
};

use crate::support::{Act, LIFE, Seen, World, credentials, minutes, pass, upstream};

fn key() -> LoginKey {
    let origin = Origin::new(Environment::Demo, None).unwrap();
    // Another password: it is no part of what a login is found by.
    LoginKey::of(&origin, &credentials("another"))
}

async fn look(world: &World) -> Result<Option<(View, State, Option<Error>)>, Error> {
    let clock = ServerClock::new(world.clock.clone());
    let view = stored_view(&world.store, &key(), &clock).await?;
    Ok(view.map(|view| {
        let (state, reason) = (view.state(clock.now()), view.reason(clock.now()));
        (view, state, reason)
    }))
}

#[tokio::test(start_paused = true)]
async fn nothing_is_known_of_a_login_that_never_was() {
    let world = World::new();
    assert!(look(&world).await.unwrap().is_none());
    assert_eq!(world.count(Seen::Login), 0);
}

#[tokio::test(start_paused = true)]
async fn a_good_token_is_active_and_its_renewal_is_foreseen_whether_or_not_its_process_lives() {
    let world = World::new();
    let session = world.open().await;
    session.close().await;
    pass(minutes(10)).await;
    let (view, state, _) = look(&world).await.unwrap().unwrap();
    assert_eq!((state, view.record.generation.get()), (State::Active, 1));
    let token = view.record.token.as_ref().unwrap();
    let ahead = token.expires_at.duration_since(view.renews_at.unwrap());
    assert_eq!(ahead.as_secs(), 15 * 60);
    assert_eq!(view.record.user_id, session.view().record.user_id);
    pass(LIFE).await;
    let (_, state, reason) = look(&world).await.unwrap().unwrap();
    assert_eq!(state, State::Waiting);
    assert!(reason.is_none());
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_degraded_with_the_next_try() {
    for (failure, kind, status) in [
        (upstream(503), ErrorKind::Http, Some(503)),
        (Failure::NotSent("no network".into()), ErrorKind::Connect, None),
    ] {
        let world = World::new();
        let _session = world.open().await;
        world.always(Some(failure));
        pass(LIFE - minutes(10)).await;
        let (_, state, reason) = look(&world).await.unwrap().unwrap();
        let reason = reason.unwrap();
        assert_eq!((state, reason.kind(), reason.status()), (State::Degraded, kind, status));
    }
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_stopped_and_need_a_person() {
    let world = World::new();
    let refused = Failure::Denied(Denial::Credentials, "no such user".into());
    world.logins([Act::Fail(refused)]);
    let session = world.start();
    session.opened(Duration::from_secs(5)).await.unwrap_err();
    let (_, state, reason) = look(&world).await.unwrap().unwrap();
    let reason = reason.unwrap();
    assert_eq!((state, reason.kind()), (State::Stopped, ErrorKind::Credentials));
    assert!(reason.needs_person() && reason.retry_at().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_look_writes_nothing_and_waits_for_nobody() {
    let world = World::new();
    let _session = world.open().await;
    let before = world.store.read(key().as_str()).await.unwrap();
    let _lease = world.store.lease(key().as_str()).await.unwrap();
    look(&world).await.unwrap().unwrap();
    assert_eq!(world.store.read(key().as_str()).await.unwrap(), before);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_is_an_error() {
    let world = World::new();
    let entry = Entry {
        revision: 1.into(),
        text: Secret::new("{"),
    };
    let lease = world.store.lease(key().as_str()).await.unwrap();
    assert!(
        world
            .store
            .write(key().as_str(), entry, Revision::NONE, &lease)
            .await
            .unwrap()
    );
    assert_eq!(look(&world).await.unwrap_err().kind(), ErrorKind::Store);
}
