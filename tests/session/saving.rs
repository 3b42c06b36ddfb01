//! What a session does when its store fails: what cannot be saved, read or leased.

// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::Notify;
use tradovate_session::{
    api::{AccountCall, Failure},
    clock::Clock,
    error::ErrorKind,
    secret::Secret,
    session::{Deps, OnEviction, Session, events::How, login_key::LoginKey, view::State},
    store::{FileStore, Store},
};

use crate::support::{
    Act, LIFE, Seen, TIMEOUT, World, credentials,
    faulty::{Bot, Faulty, key, now, stored},
    minutes, pass, upstream,
};

#[tokio::test(start_paused = true)]
async fn promise_14_a_token_that_cannot_be_saved_is_served_and_saved_later() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    bot.heard();
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(1.into(), TIMEOUT).await.unwrap();
    assert_eq!(bot.generation().get(), 2);
    pass(minutes(30)).await;
    assert_eq!(bot.session.token(TIMEOUT).await.unwrap().record.generation.get(), 2);
    let (warnings, tokens) = bot.heard();
    assert_eq!(
        (warnings, tokens),
        (vec!["cannot be written".into()], vec![How::Renewal])
    );
    let tries = store.writes.lock().unwrap().len();
    assert!((30..=45).contains(&tries), "{tries} tries in 30 minutes");
    assert_eq!(stored(&store, &key(&bot)).await["generation"], 1);
    store.cannot_write.store(false, Ordering::SeqCst);
    pass(Duration::from_secs(61)).await;
    assert_eq!(stored(&store, &key(&bot)).await["generation"], 2);
    let saved = store.writes.lock().unwrap().len();
    pass(minutes(30)).await;
    assert_eq!(store.writes.lock().unwrap().len(), saved, "saved once");
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(2.into(), TIMEOUT).await.unwrap();
    assert_eq!(bot.heard().0, ["cannot be written"], "another episode");
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_14_the_call_of_another_counts_once_for_who_has_something_to_save() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let (bot, other) = (Bot::open(&world, &store).await, Bot::open(&world, &store).await);
    store.cannot_write.store(true, Ordering::SeqCst);
    let answered = Arc::new(Notify::new());
    world.renewals([Act::Fail(upstream(503)), Act::When(answered.clone())]);
    bot.session.renew(1.into(), TIMEOUT).await.unwrap_err();
    pass(Duration::from_secs(20)).await;
    store.cannot_write.store(false, Ordering::SeqCst);
    let answer = async {
        // The note of it is read meanwhile, by who tries to save.
        pass(Duration::from_secs(20)).await;
        answered.notify_one();
    };
    let (renewed, ()) = tokio::join!(other.session.renew(1.into(), TIMEOUT), answer);
    renewed.unwrap();
    pass(minutes(2)).await;
    for bot in [&bot, &other] {
        assert_eq!(bot.session.view().record.history.renewals.len(), 2);
    }
    assert_eq!(world.count(Seen::Renewal), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_14_a_file_that_cannot_be_written_is_written_later_and_seen_by_this_process_at_once() {
    let world = World::new();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("state");
    let open = || {
        let credentials = credentials("pw");
        let deps = Deps {
            store: file_store(&world, &path),
            ..world.deps(&credentials)
        };
        Session::start(world.settings(), deps, credentials)
    };
    let session = open();
    let key = session.opened(TIMEOUT).await.unwrap().record.key.as_str().to_owned();
    let hindrance = path.join(format!("{key}.new"));
    std::fs::create_dir(&hindrance).unwrap();
    session.renew(1.into(), TIMEOUT).await.unwrap();
    let sibling = open();
    sibling.opened(TIMEOUT).await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(sibling.view().record.generation.get(), 2);
    sibling.close().await;
    let on_disk = || async {
        let store = FileStore::new(&path, None, world.clock.clone());
        let entry = store.read(&key).await.unwrap().unwrap();
        serde_json::from_str::<serde_json::Value>(entry.text.expose()).unwrap()["generation"].clone()
    };
    pass(minutes(5)).await;
    assert_eq!(on_disk().await, 1);
    std::fs::remove_dir(&hindrance).unwrap();
    pass(Duration::from_secs(61)).await;
    assert_eq!(on_disk().await, 2);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

fn file_store(world: &World, folder: &Path) -> Arc<dyn Store> {
    let clock: Arc<dyn Clock> = world.clock.clone();
    Arc::new(FileStore::of_process(folder, None, &clock))
}

#[tokio::test(start_paused = true)]
async fn promise_14_starts_that_could_not_note_their_login_use_up_no_budget() {
    let world = World::new();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("state");
    let credentials = credentials("pw");
    let deps = Deps {
        store: file_store(&world, &path),
        ..world.deps(&credentials)
    };
    let hindrance = LoginKey::of(&world.settings().origin, &credentials).as_str().to_owned() + ".new";
    drop(deps.store.lease("another").await.unwrap());
    std::fs::create_dir(path.join(&hindrance)).unwrap();
    let session = Session::start(world.settings(), deps, credentials);
    assert_eq!(session.opened(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Store);
    pass(minutes(20)).await;
    assert_eq!(world.count(Seen::Login), 0);
    std::fs::remove_dir(path.join(&hindrance)).unwrap();
    session.token(2 * TIMEOUT).await.unwrap();
    assert_eq!(session.view().record.history.logins.len(), 1);
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_14_renewals_go_on_while_nothing_can_be_saved() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    store.cannot_write.store(true, Ordering::SeqCst);
    pass(24 * 60 * minutes(1)).await;
    assert_eq!(bot.session.view().state(now(&bot)), State::Active);
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_14_what_others_saved_while_we_could_not_is_merged() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let (bot, other) = (Bot::open(&world, &store).await, Bot::open(&world, &store).await);
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(1.into(), TIMEOUT).await.unwrap();
    store.cannot_write.store(false, Ordering::SeqCst);
    // The other one has not seen that token, and makes one of its own.
    other.session.renew(1.into(), TIMEOUT).await.unwrap();
    pass(minutes(2)).await;
    let saved = stored(&store, &key(&bot)).await;
    assert_eq!(saved["history"]["renewals"].as_array().unwrap().len(), 2);
    for bot in [&bot, &other] {
        let view = bot.session.view();
        assert_eq!(view.record.generation.get(), 3);
        let token = view.record.token.as_ref().unwrap().access_token.expose().to_owned();
        assert_eq!(saved["token"]["accessToken"], token);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_7_a_stop_outlives_the_loss_of_its_write_though_another_session_has_written_since() {
    let penalty = Failure::Penalty {
        ticket: Some(Secret::new("ticket")),
        wait: minutes(5),
    };
    for failure in [penalty, Failure::RateLimited(minutes(60))] {
        let world = World::new();
        let store = Arc::new(Faulty::default());
        let (bot, other) = (Bot::open(&world, &store).await, Bot::open(&world, &store).await);
        let key = key(&bot);
        let before = store.store().read(&key).await.unwrap();
        world.calls([failure.clone()]);
        bot.session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
        assert_ne!(store.store().read(&key).await.unwrap(), before, "it was saved");
        // In the same millisecond.
        store.put(before, &key).await;
        other.session.renew(1.into(), TIMEOUT).await.unwrap();
        pass(minutes(1)).await;
        for bot in [&bot, &other] {
            assert_eq!(bot.generation().get(), 2);
            bot.session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
        }
        assert_eq!(world.count(Seen::Get), 1, "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_14_where_the_store_was_asked_for_no_login_is_made_that_cannot_be_noted() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    store.cannot_write.store(true, Ordering::SeqCst);
    for _ in 0..100 {
        let bot = Bot::start(&world, &store);
        assert_eq!(bot.session.opened(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Store);
        pass(minutes(1)).await;
        assert_eq!(bot.heard().0, ["cannot be written"]);
    }
    assert_eq!(world.count(Seen::Login), 0);
    let bot = Bot::start(&world, &store);
    let _ = bot.session.opened(TIMEOUT).await;
    store.cannot_write.store(false, Ordering::SeqCst);
    bot.session.token(TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_14_where_it_was_not_a_login_is_made_all_the_same() {
    let world = World::new();
    let store = Arc::new(Faulty {
        is_optional: true,
        cannot_write: true.into(),
        ..Faulty::default()
    });
    let bot = Bot::open(&world, &store).await;
    assert_eq!(bot.heard().0, ["cannot be written"]);
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_16_without_reading_the_store_nothing_is_sent_and_the_good_token_is_served() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    bot.heard();
    store.cannot_read.store(true, Ordering::SeqCst);
    let error = Bot::start(&world, &store).session.opened(TIMEOUT).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Store, "cannot be read")
    );
    pass(LIFE - minutes(2)).await;
    assert_eq!(bot.session.token(TIMEOUT).await.unwrap().record.generation.get(), 1);
    assert_eq!(bot.session.view().state(now(&bot)), State::Degraded);
    pass(minutes(10)).await;
    let error = bot.session.token(TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(error.cause().unwrap().to_string(), "cannot be read");
    assert_eq!(bot.heard().0, ["cannot be read"]);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 0));
    store.cannot_read.store(false, Ordering::SeqCst);
    bot.session.token(TIMEOUT).await.unwrap();
    assert_eq!(bot.session.view().state(now(&bot)), State::Active);
    assert_eq!(world.count(Seen::Login), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_15_without_one_more_look_under_the_lease_nothing_is_sent() {
    let world = World::new();
    let store = Arc::new(Faulty {
        breaks_once_leased: true,
        ..Faulty::default()
    });
    let bot = Bot::start(&world, &store);
    assert_eq!(bot.session.opened(TIMEOUT).await.unwrap_err().kind(), ErrorKind::Store);
    assert_eq!(world.count(Seen::Login), 0);
}

#[tokio::test(start_paused = true)]
async fn promise_16_a_lease_that_cannot_be_had_is_an_error_or_the_good_token() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    bot.heard();
    let key = key(&bot);
    let held = store.store().lease(&key).await.unwrap();
    pass(LIFE - minutes(1)).await;
    assert_eq!(bot.session.token(TIMEOUT).await.unwrap().record.generation.get(), 1);
    pass(minutes(2)).await;
    let error = bot.session.token(TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Store);
    let error = Bot::start(&world, &store).session.opened(TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("lease"), "{error}");
    pass(minutes(30)).await;
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 0));
    assert_eq!(bot.heard().0.len(), 1, "told once");
    drop(held);
    bot.session.token(TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Login), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_5_a_token_that_dies_while_its_session_waits_for_a_lease_is_not_given_to_a_caller() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    *world.tradovate.always.lock().unwrap() = Some(upstream(503));
    pass(LIFE.saturating_sub(Duration::from_secs(20))).await;
    let held = store.store().lease(&key(&bot)).await.unwrap();
    world.calls([Failure::RateLimited(Duration::from_secs(300))]);
    let second = Duration::from_secs(1);
    bot.session.accounts(&AccountCall::List, second).await.unwrap_err();
    assert!(bot.session.token(second).await.is_ok(), "it lives");
    pass(Duration::from_secs(40)).await;
    let error = bot.session.token(second).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn promise_8_a_login_that_could_not_be_noted_is_no_login_that_was_made() {
    let world = World::new();
    world.logins([Act::Fail(Failure::NotSent("no route".into()))]);
    let store = Arc::new(Faulty::default());
    store.cannot_write.store(true, Ordering::SeqCst);
    let bot = Bot::start(&world, &store);
    assert!(bot.session.opened(TIMEOUT).await.is_err());
    pass(minutes(60)).await;
    assert!(bot.session.view().record.history.logins.is_empty());
}

#[tokio::test(start_paused = true)]
async fn promise_11_a_token_that_another_session_has_lost_is_served_no_more_from_when_that_is_read() {
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let store = Arc::new(Faulty::default());
    let (one, other) = (Bot::open(&world, &store).await, Bot::open(&world, &store).await);
    world.evict();
    let error = other.session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Evicted);
    pass(Duration::from_secs(1)).await;
    // It reads that, and comes no further.
    store.writes_hang.store(true, Ordering::SeqCst);
    world.calls([Failure::Penalty {
        ticket: None,
        wait: minutes(1),
    }]);
    let _ = one.session.accounts(&AccountCall::List, Duration::from_secs(1)).await;
    let error = one.session.token(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Evicted);
}
