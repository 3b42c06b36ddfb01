//! What a session makes of a stored record that was changed behind its back, damaged or removed.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tradovate_session::{
    api::Failure,
    clock::{Clock, earlier, later},
    error::ErrorKind,
    secret::Secret,
    session::view::State,
    store::{Damage, Entry, MemoryStore, Store},
};

use crate::support::{
    Act, Seen, TIMEOUT, World,
    faulty::{Bot, Faulty, key, now, stored},
    minutes, pass,
};

#[tokio::test(start_paused = true)]
async fn a_stored_record_that_is_older_or_gone_is_replaced_and_the_generation_does_not_fall() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    let key = key(&bot);
    let backup = store.store().read(&key).await.unwrap();
    bot.session.renew(1.into(), TIMEOUT).await.unwrap();
    for put in [backup, None] {
        store.put(put, &key).await;
        pass(Duration::from_secs(61)).await;
        assert_eq!(bot.generation().get(), 2);
        assert_eq!(stored(&store, &key).await["generation"], 2);
    }
    let other = Bot::open(&world, &store).await;
    assert_eq!(other.generation().get(), 2);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn promise_17_a_damaged_record_is_healed_by_who_knows_the_token() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    bot.heard();
    *store.damage.lock().unwrap() = Some(damage(&world, Duration::ZERO, None));
    pass(Duration::from_secs(61)).await;
    assert_eq!(stored(&store, &key(&bot)).await["generation"], 1);
    assert_eq!(bot.heard().0.len(), 1);
    assert_eq!(bot.session.view().state(now(&bot)), State::Active);
    assert_eq!(Bot::open(&world, &store).await.generation().get(), 1);
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_17_a_record_that_is_damaged_at_each_start_costs_no_login_too_many() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let mut before = None;
    for start in 0..50 {
        let damage = damage(&world, Duration::ZERO, before);
        before = Some(damage.at);
        *store.damage.lock().unwrap() = Some(damage);
        let opened = Bot::start(&world, &store).session.opened(TIMEOUT).await;
        match opened {
            Ok(_) => assert_eq!(start, 0),
            Err(error) => {
                assert!(
                    matches!(error.kind(), ErrorKind::LoginBudget | ErrorKind::Quota),
                    "{error:?}"
                );
                assert!(error.retry_at().is_some());
            }
        }
        pass(Duration::from_secs(10)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
}

/// Both see the damage, each at its own time; the one whose turn comes second finds a new record, in which it counts.
#[tokio::test(start_paused = true)]
async fn promise_17_a_damage_that_two_see_counts_once() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let first = Bot::open(&world, &store).await;
    pass(Duration::from_secs(5)).await;
    let second = Bot::open(&world, &store).await;
    let at = later(world.clock.wall(), minutes(60));
    *store.damage.lock().unwrap() = Some(Damage { at, before: None });
    let lease = store.lease(&key(&first)).await.unwrap();
    pass(Duration::from_secs(31)).await;
    lease.release().await;
    pass(minutes(1)).await;
    for bot in [&first, &second] {
        assert_eq!(bot.session.view().record.history.refusals.len(), 3);
    }
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_17_a_record_that_was_damaged_long_ago_holds_nothing_back() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let old = damage(&world, minutes(120), Some(earlier(world.clock.wall(), minutes(180))));
    *store.damage.lock().unwrap() = Some(old);
    Bot::open(&world, &store).await;
    assert_eq!(world.count(Seen::Login), 1);
    assert!(store.damage.lock().unwrap().is_none(), "healed");
}

#[tokio::test(start_paused = true)]
async fn promise_18_another_form_and_another_login_are_refused_and_nothing_is_sent() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    let key = key(&bot);
    let mine = stored(&store, &key).await;
    bot.session.close().await;
    for (field, value) in [("schema", 2.into()), ("key", "another".into())] {
        let mut changed = mine.clone();
        changed[field] = value;
        let entry = Entry {
            revision: 9.into(),
            text: Secret::new(changed.to_string()),
        };
        store.put(Some(entry.clone()), &key).await;
        let other = Bot::start(&world, &store);
        assert_eq!(
            other.session.opened(TIMEOUT).await.unwrap_err().kind(),
            ErrorKind::StoreMismatch
        );
        pass(minutes(100)).await;
        assert_eq!(store.store().read(&key).await.unwrap(), Some(entry), "left alone");
    }
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn promise_19_no_revision_is_given_twice_though_the_store_was_emptied() {
    let mut world = World::new();
    let session = world.open().await;
    for have in 1..5 {
        session.renew(have.into(), TIMEOUT).await.unwrap();
    }
    let key = session.view().record.key.clone();
    drop(session);
    pass(Duration::from_secs(1)).await;
    let before = world.store.read(key.as_str()).await.unwrap().unwrap();
    world.store = MemoryStore::default();
    world.open().await;
    let after = world.store.read(key.as_str()).await.unwrap().unwrap();
    assert!(
        after.revision > before.revision,
        "{} after {}",
        after.revision,
        before.revision
    );
}

#[tokio::test(start_paused = true)]
async fn promise_19_what_a_session_knows_outlives_a_store_that_was_emptied_and_filled_anew() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::start(&world, &store);
    bot.session.opened(TIMEOUT).await.unwrap();
    world.renewals([Act::Fail(Failure::Captcha)]);
    bot.session.renew(1.into(), TIMEOUT).await.unwrap_err();
    let known = bot.session.view().record.clone();
    let mut anew = (*known).clone();
    (anew.revision, anew.begun) = (known.revision.next(), known.revision.next());
    anew.cooldowns.clear();
    anew.history.renewals.clear();
    store.put(Some(anew.encode()), known.key.as_str()).await;
    pass(minutes(1)).await;
    let after = bot.session.view().record.clone();
    assert_eq!((&after.cooldowns, &after.history), (&known.cooldowns, &known.history));
    assert_eq!(after.begun, anew.begun);
}

fn damage(world: &World, ago: Duration, before: Option<Timestamp>) -> Damage {
    let at = earlier(world.clock.wall(), ago);
    Damage { at, before }
}

#[tokio::test(start_paused = true)]
async fn promise_14_a_garbage_offset_in_a_record_costs_no_token() {
    for garbage in [i64::MAX, i64::MIN, i64::MAX / 2] {
        let world = World::new();
        let store = Arc::new(Faulty::default());
        let bot = Bot::open(&world, &store).await;
        let key = key(&bot);
        bot.session.close().await;
        let mut record = stored(&store, &key).await;
        record["clock"]["wallMs"] = garbage.into();
        let revision = store.store().read(&key).await.unwrap().unwrap().revision;
        let text = Secret::new(record.to_string());
        store.put(Some(Entry { revision, text }), &key).await;
        let second = Bot::start(&world, &store);
        let opened = second.session.opened(TIMEOUT).await;
        assert!(opened.is_ok(), "{garbage}: {:?}", opened.err());
    }
}
