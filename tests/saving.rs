//! What a session does when its store fails, is changed behind its back, or loses what it kept.

// Times in a test are known to be in order.
#![allow(clippy::unchecked_time_subtraction)]

mod support;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use support::{Act, LIFE, Seen, TIMEOUT, World, credentials, minutes, pass};
use tradovate_session::{
    api::Failure,
    clock::{Clock, earlier, later},
    error::{Error, ErrorKind},
    secret::Secret,
    session::{
        Session,
        events::{Event, How, News},
        login_key::LoginKey,
        view::State,
    },
    store::{Damage, Entry, FileStore, Lease, MemoryStore, Store},
};

/// A memory store that fails when it is told to.
#[derive(Default)]
struct Faulty {
    store: Mutex<MemoryStore>,
    cannot_read: AtomicBool,
    breaks_once_leased: bool,
    cannot_write: AtomicBool,
    damage: Mutex<Option<Damage>>,
    is_optional: bool,
    writes: Mutex<Vec<u64>>,
}

impl Faulty {
    fn store(&self) -> MemoryStore {
        self.store.lock().unwrap().clone()
    }

    /// Another record in the place of the present one, as an administrator would put it there.
    async fn put(&self, entry: Option<Entry>, key: &str) {
        let store = MemoryStore::default();
        if let Some(entry) = entry {
            let lease = store.lease(key).await.unwrap();
            store.write(key, entry, 0, &lease).await.unwrap();
        }
        *self.store.lock().unwrap() = store;
    }
}

fn failure<T>(why: &str) -> Result<T, Error> {
    Err(Error::new(ErrorKind::Store, why))
}

impl Store for Faulty {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        let store = self.store();
        Box::pin(async move {
            self.cannot_read.fetch_or(self.breaks_once_leased, Ordering::SeqCst);
            store.lease(key).await
        })
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        let store = self.store();
        Box::pin(async move {
            if self.cannot_read.load(Ordering::SeqCst) {
                return failure("cannot be read");
            }
            if self.damage.lock().unwrap().is_some() {
                return Ok(None);
            }
            store.read(key).await
        })
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: u64,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        let store = self.store();
        Box::pin(async move {
            self.writes.lock().unwrap().push(entry.revision);
            if self.cannot_write.load(Ordering::SeqCst) {
                return failure("cannot be written");
            }
            if self.damage.lock().unwrap().take().is_some() {
                self.put(Some(entry), key).await;
                return Ok(true);
            }
            store.write(key, entry, before, lease).await
        })
    }

    fn damaged<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Damage>, Error>> {
        Box::pin(std::future::ready(Ok(*self.damage.lock().unwrap())))
    }

    fn is_required(&self) -> bool {
        !self.is_optional
    }
}

struct Bot {
    session: Session,
    news: Arc<News>,
}

impl Bot {
    fn start(world: &World, store: &Arc<Faulty>) -> Self {
        let credentials = credentials("pw");
        let news = Arc::new(News::new(|| {}));
        let mut options = world.options(&credentials);
        options.store = store.clone();
        options.news = news.clone();
        let session = Session::start(options, credentials);
        Self { session, news }
    }

    async fn open(world: &World, store: &Arc<Faulty>) -> Self {
        let bot = Self::start(world, store);
        bot.session.opened(TIMEOUT).await.unwrap();
        bot
    }

    fn generation(&self) -> u64 {
        self.session.view().record.generation
    }

    /// The texts of the warnings since the last time, and how tokens came.
    fn heard(&self) -> (Vec<String>, Vec<How>) {
        let (mut warnings, mut tokens) = (vec![], vec![]);
        for event in self.news.take() {
            match event {
                Event::Warning(error) => warnings.push(error.to_string()),
                Event::Token { how, .. } => tokens.push(how),
                Event::State(_) => {}
            }
        }
        (warnings, tokens)
    }
}

fn key(bot: &Bot) -> String {
    bot.session.view().record.key.as_str().to_owned()
}

async fn stored(store: &Faulty, key: &str) -> serde_json::Value {
    let entry = store.store().read(key).await.unwrap().unwrap();
    serde_json::from_str(entry.text.expose()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn promise_14_a_token_that_cannot_be_saved_is_served_and_saved_later() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    bot.heard();
    store.cannot_write.store(true, Ordering::SeqCst);
    bot.session.renew(1, TIMEOUT).await.unwrap();
    assert_eq!(bot.generation(), 2);
    pass(minutes(30)).await;
    assert_eq!(bot.session.token(TIMEOUT).await.unwrap().record.generation, 2);
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
    bot.session.renew(2, TIMEOUT).await.unwrap();
    assert_eq!(bot.heard().0, ["cannot be written"], "another episode");
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn promise_14_a_file_that_cannot_be_written_is_written_later_and_seen_by_this_process_at_once() {
    let world = World::new();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("state");
    let open = || {
        let credentials = credentials("pw");
        let mut options = world.options(&credentials);
        options.store = Arc::new(FileStore::of_process(&path, None, &options.clock));
        Session::start(options, credentials)
    };
    let session = open();
    let key = session.opened(TIMEOUT).await.unwrap().record.key.as_str().to_owned();
    let hindrance = path.join(format!("{key}.new"));
    std::fs::create_dir(&hindrance).unwrap();
    session.renew(1, TIMEOUT).await.unwrap();
    let sibling = open();
    sibling.opened(TIMEOUT).await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(sibling.view().record.generation, 2);
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

#[tokio::test(start_paused = true)]
async fn promise_14_starts_that_could_not_note_their_login_use_up_no_budget() {
    let world = World::new();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("state");
    let credentials = credentials("pw");
    let mut options = world.options(&credentials);
    options.store = Arc::new(FileStore::of_process(&path, None, &options.clock));
    let hindrance = LoginKey::of(&options.origin, &credentials).as_str().to_owned() + ".new";
    drop(options.store.lease("another").await.unwrap());
    std::fs::create_dir(path.join(&hindrance)).unwrap();
    let session = Session::start(options, credentials);
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
    bot.session.renew(1, TIMEOUT).await.unwrap();
    store.cannot_write.store(false, Ordering::SeqCst);
    // The other one has not seen that token, and makes one of its own.
    other.session.renew(1, TIMEOUT).await.unwrap();
    pass(minutes(2)).await;
    let saved = stored(&store, &key(&bot)).await;
    assert_eq!(saved["history"]["renewals"].as_array().unwrap().len(), 2);
    for bot in [&bot, &other] {
        let view = bot.session.view();
        assert_eq!(view.record.generation, 3);
        let token = view.record.token.as_ref().unwrap().access_token.expose().to_owned();
        assert_eq!(saved["token"]["accessToken"], token);
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
    assert_eq!(bot.session.token(TIMEOUT).await.unwrap().record.generation, 1);
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
    assert_eq!(bot.session.token(TIMEOUT).await.unwrap().record.generation, 1);
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
async fn promise_22_a_session_that_waits_for_a_lease_can_be_closed() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    let held = store.store().lease(&key(&bot)).await.unwrap();
    for wait in [Duration::from_millis(10), Duration::from_secs(5)] {
        let other = Bot::open(&world, &store).await;
        let renewal = tokio::time::timeout(wait, other.session.renew(1, TIMEOUT));
        assert!(renewal.await.is_err());
        let before = world.clock.boot();
        other.session.close().await;
        assert!(world.clock.boot() - before < Duration::from_millis(10));
    }
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_stored_record_that_is_older_or_gone_is_replaced_and_the_generation_does_not_fall() {
    let world = World::new();
    let store = Arc::new(Faulty::default());
    let bot = Bot::open(&world, &store).await;
    let key = key(&bot);
    let backup = store.store().read(&key).await.unwrap();
    bot.session.renew(1, TIMEOUT).await.unwrap();
    for put in [backup, None] {
        store.put(put, &key).await;
        pass(Duration::from_secs(61)).await;
        assert_eq!(bot.generation(), 2);
        assert_eq!(stored(&store, &key).await["generation"], 2);
    }
    let other = Bot::open(&world, &store).await;
    assert_eq!(other.generation(), 2);
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
    assert_eq!(Bot::open(&world, &store).await.generation(), 1);
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
    lease.give_back().await;
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
            revision: 9,
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
async fn promise_19_no_revision_is_given_twice_though_the_store_was_emptied() {
    let mut world = World::new();
    let session = world.open().await;
    for have in 1..5 {
        session.renew(have, TIMEOUT).await.unwrap();
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
    bot.session.renew(1, TIMEOUT).await.unwrap_err();
    let known = bot.session.view().record.clone();
    let mut anew = (*known).clone();
    (anew.revision, anew.begun) = (known.revision + 1, known.revision + 1);
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

fn now(bot: &Bot) -> Timestamp {
    bot.session.clock().now()
}
