//! What a session tells, and when: a failure once it is shown, and the last word before closing ends.

// A listener that takes its time.
#![allow(clippy::disallowed_methods)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::Notify;
use tradovate_session::{
    api::Failure,
    error::ErrorKind,
    session::{
        events::{CallBegin, CallEnd, Event, EventQueue},
        transitions::Call,
        view::State,
    },
    store::Damage,
};

use crate::support::{
    Act, LIFE, Seen, TIMEOUT, World,
    faulty::{Bot, Faulty, key},
    minutes, pass, upstream,
    witness::Witness,
};

async fn watched(world: &World, store: &Arc<Faulty>) -> (Bot, Witness) {
    let witness = Witness::new();
    let bot = Bot::start_with(world, store, witness.events.clone());
    bot.session.opened(TIMEOUT).await.unwrap();
    witness.watches(&bot.session);
    (bot, witness)
}

#[tokio::test(start_paused = true)]
async fn who_hears_of_a_failed_renewal_finds_it() {
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
async fn who_hears_of_a_store_that_cannot_be_read_finds_it() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let (_bot, witness) = watched(&world, &store).await;
    store.cannot_read.store(true, Ordering::SeqCst);
    pass(LIFE).await;
    assert_eq!(witness.sights(), [(ErrorKind::Store, Some(ErrorKind::Store))]);
}

#[tokio::test(start_paused = true)]
async fn who_hears_of_a_damaged_record_finds_it() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let (bot, witness) = watched(&world, &store).await;
    let at = crate::support::faulty::now(&bot);
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

#[tokio::test(start_paused = true)]
async fn promise_22_the_end_of_a_token_is_told_while_a_call_is_under_way() {
    let world = World::new();
    let bot = Bot::open(&world, &Arc::default()).await;
    world.always(Some(Failure::NotSent("refused".into())));
    let waits = |events: Vec<Event>| {
        let told = events.iter().filter(|event| matches!(event, Event::State(_)));
        told.map(|event| matches!(event, Event::State(State::Waiting)))
            .collect::<Vec<_>>()
    };
    pass(LIFE.saturating_sub(Duration::from_secs(10))).await;
    world.always(None);
    world.renewals([Act::Hang]);
    world.logins([Act::Hang]);
    let _ = bot.session.renew(1.into(), Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(waits(bot.events.drain()), [false], "degraded");
    pass(Duration::from_secs(10)).await;
    assert_eq!(waits(bot.events.drain()), [true]);
    assert!(bot.session.view().phase.is_in_flight());
    pass(minutes(2)).await;
    assert_eq!(waits(bot.events.drain()), [false], "told once, and then active");
}

/// Between the view that shows the closing and the word that tells it stands a failure whose listener takes its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_word_is_told_before_closing_ends() {
    let world = World::new();
    let is_slow = Arc::new(AtomicBool::new(false));
    let ring = {
        let is_slow = is_slow.clone();
        move || {
            if is_slow.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(100));
            }
        }
    };
    let bot = Bot::start_with(&world, &Arc::default(), Arc::new(EventQueue::new(ring)));
    bot.session.opened(TIMEOUT).await.unwrap();
    world.renewals([Act::Hang]);
    let Bot { session, events } = bot;
    let session = Arc::new(session);
    let renewal = tokio::spawn({
        let session = session.clone();
        async move { session.renew(1.into(), TIMEOUT).await }
    });
    while world.count(Seen::Renewal) == 0 {
        tokio::task::yield_now().await;
    }
    events.drain();
    is_slow.store(true, Ordering::SeqCst);
    session.close().await;
    let told = events.drain();
    assert!(matches!(told.last(), Some(Event::State(State::Closed))), "{told:?}");
    assert_eq!(renewal.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_login_and_a_renewal_tell_when_they_begin_and_what_they_came_to() {
    const SLOW: Duration = Duration::from_secs(3);
    let world = World::new();
    let bot = Bot::open(&world, &Arc::default()).await;
    let answer = Arc::new(Notify::new());
    world.renewals([Act::When(answer.clone()), Act::Fail(upstream(503))]);
    let slowly = async {
        pass(SLOW).await;
        answer.notify_one();
    };
    let (renewed, ()) = tokio::join!(bot.session.renew(1.into(), TIMEOUT), slowly);
    renewed.unwrap();
    bot.session.renew(2.into(), TIMEOUT).await.unwrap_err();
    let (mut begun, mut ended) = (vec![], vec![]);
    for event in bot.events.drain() {
        match event {
            Event::CallBegun(CallBegin { call, base, at }) => {
                assert_eq!(begun.len(), ended.len(), "one at a time");
                assert_eq!(base, bot.session.origin().first());
                begun.push((call, at));
            }
            Event::CallEnded(end) => {
                let CallEnd {
                    call,
                    notes,
                    took,
                    error,
                    ..
                } = end;
                ended.push((call, notes.generation, took >= SLOW, error.map(|error| error.kind())));
            }
            _ => {}
        }
    }
    assert_eq!(
        ended,
        [
            (Call::Login, Some(1), false, None),
            (Call::Renewal, Some(2), true, None),
            (Call::Renewal, None, false, Some(ErrorKind::Http)),
        ]
    );
    let calls: Vec<_> = begun.iter().map(|(call, _)| *call).collect();
    assert_eq!(calls, [Call::Login, Call::Renewal, Call::Renewal]);
    assert!(begun[1].1.duration_until(begun[2].1) >= SLOW.try_into().unwrap());
}
