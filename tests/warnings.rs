//! Who hears of a failure finds it: a session shows what a failure has changed before it tells of it.

mod support;

use std::sync::{Arc, atomic::Ordering};

use support::{
    LIFE, TIMEOUT, World,
    faulty::{Bot, Faulty, key},
    pass, upstream,
    witness::Witness,
};
use tradovate_session::{error::ErrorKind, store::Damage};

async fn watched(world: &World, store: &Arc<Faulty>) -> (Bot, Witness) {
    let witness = Witness::new();
    let bot = Bot::start_with(world, store, witness.news.clone());
    bot.session.opened(TIMEOUT).await.unwrap();
    witness.watches(&bot.session);
    (bot, witness)
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_failed() {
    let world = World::new();
    let (_bot, witness) = watched(&world, &Arc::default()).await;
    world.always(Some(upstream(503)));
    pass(LIFE).await;
    let sights = witness.sights();
    assert!(!sights.is_empty());
    assert!(
        sights
            .iter()
            .all(|sight| *sight == (ErrorKind::Http, Some(ErrorKind::Http))),
        "{sights:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_read() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let (_bot, witness) = watched(&world, &store).await;
    store.cannot_read.store(true, Ordering::SeqCst);
    pass(LIFE).await;
    assert_eq!(witness.sights(), [(ErrorKind::Store, Some(ErrorKind::Store))]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_was_damaged() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let (bot, witness) = watched(&world, &store).await;
    let at = support::faulty::now(&bot);
    store.put(None, &key(&bot)).await;
    *store.damage.lock().unwrap() = Some(Damage { at, before: None });
    pass(LIFE).await;
    let sights = witness.sights();
    assert_eq!(
        sights.first(),
        Some(&(ErrorKind::Store, Some(ErrorKind::Store))),
        "{sights:?}"
    );
}
