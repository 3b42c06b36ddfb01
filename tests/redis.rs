//! Promise 19: records in a real Redis, that is stopped, paused, restarted and emptied.

#![cfg(unix)]
#![allow(clippy::disallowed_methods)] // these tests run in real time

mod support;

use std::{sync::Arc, time::Duration};

use support::{Act, Seen, TIMEOUT, World, credentials, redis::Redis};
use tokio::{sync::Notify, time::Instant};
use tradovate_session::{
    clock::{Clock, SystemClock},
    error::ErrorKind,
    secret::Secret,
    session::{
        Options, Session,
        events::{Event, News},
        view::State,
    },
    store::{Entry, RedisOptions, RedisStore, Store, redis::DEFAULT_PREFIX},
};

const LEASE: Duration = Duration::from_secs(60);

fn store_with(url: &str, prefix: &str, lease: Duration, clock: Arc<dyn Clock>) -> RedisStore {
    let options = RedisOptions {
        url: Secret::new(url),
        prefix: prefix.into(),
        seal: None,
        extra_roots: Vec::new(),
        lease,
    };
    RedisStore::new(options, clock).unwrap()
}

fn store(redis: &Redis) -> RedisStore {
    store_with(&redis.url(), DEFAULT_PREFIX, LEASE, Arc::new(SystemClock))
}

/// Redis as a machine of this world knows it, with its clock.
fn store_at(redis: &Redis, world: &World) -> RedisStore {
    store_with(&redis.url(), DEFAULT_PREFIX, LEASE, world.clock.clone())
}

fn entry(revision: u64) -> Entry {
    Entry {
        revision,
        text: Secret::new(format!("text {revision}")),
    }
}

/// A session on a machine of its own: nothing is shared but Redis and Tradovate.
struct Machine {
    session: Session,
    news: Arc<News>,
}

impl Machine {
    fn new(world: &World, store: RedisStore) -> Self {
        let news = Arc::new(News::new(|| {}));
        let options = Options {
            store: Arc::new(store),
            news: news.clone(),
            ..world.options(&credentials("pw"))
        };
        let session = Session::start(options, credentials("pw"));
        Self { session, news }
    }

    async fn open(world: &World, store: RedisStore) -> Self {
        let machine = Self::new(world, store);
        machine.session.opened(TIMEOUT).await.unwrap();
        machine
    }

    fn token(&self) -> (u64, String) {
        let record = self.session.view().record.clone();
        let token = record.token.as_ref().unwrap().access_token.expose().to_owned();
        (record.generation, token)
    }

    fn warned(&self, kind: ErrorKind) -> bool {
        let warned = |event: &Event| matches!(event, Event::Warning(error) if error.kind() == kind);
        self.news.take().iter().any(warned)
    }
}

/// Waits for something, and tells how long that took. It fails after 20 s.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn promise_19_a_write_counts_only_by_its_holder_and_against_the_revision_it_was_made_from() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (one, two) = (store(&redis), store(&redis));
    assert_eq!(one.read("a").await.unwrap(), None);
    let lease = one.lease("a").await.unwrap();
    assert!(one.write("a", entry(1), 0, &lease).await.unwrap());
    assert_eq!(two.read("a").await.unwrap(), Some(entry(1)));
    assert_eq!(two.read("b").await.unwrap(), None);
    assert!(lease.is_held());
    assert!(!one.write("a", entry(3), 2, &lease).await.unwrap(), "another revision");
    assert!(!lease.is_held());
    lease.give_back().await;

    let lease = two.lease("a").await.unwrap();
    let other_login = two.lease("b").await.unwrap();
    assert!(
        !two.write("a", entry(2), 1, &other_login).await.unwrap(),
        "another lease"
    );
    assert!(two.write("a", entry(2), 1, &lease).await.unwrap());
    assert_eq!(one.read("a").await.unwrap(), Some(entry(2)));
}

#[tokio::test]
async fn promise_19_one_lease_at_a_time_given_back_by_word_or_by_dropping_it() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (one, two) = (store(&redis), store(&redis));
    let first = one.lease("a").await.unwrap();
    let second = two.lease("a");
    tokio::select! {
        _ = second => panic!("two leases of one login"),
        () = tokio::time::sleep(Duration::from_millis(300)) => {}
    }
    first.give_back().await;
    let second = two.lease("a").await.unwrap();
    drop(second);
    let start = Instant::now();
    one.lease("a").await.unwrap().give_back().await;
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(redis.command(&["KEYS", "*lease*"]), "");
}

#[tokio::test]
async fn promise_19_a_lease_lapses_and_its_holder_can_change_nothing_then() {
    let Some(redis) = Redis::start(&[]) else { return };
    let short = Duration::from_millis(500);
    let stopped = store_with(&redis.url(), DEFAULT_PREFIX, short, Arc::new(SystemClock));
    let late = stopped.lease("a").await.unwrap();
    assert!(late.is_held());
    let next = store(&redis);
    let lease = next.lease("a").await.unwrap();
    assert!(!late.is_held(), "its own clock says so, without Redis");
    assert!(!stopped.write("a", entry(1), 0, &late).await.unwrap());
    assert_eq!(next.read("a").await.unwrap(), None);
    late.give_back().await;
    assert!(
        next.write("a", entry(1), 0, &lease).await.unwrap(),
        "the lease is still its new owner's"
    );
}

#[tokio::test]
async fn promise_19_a_write_lets_the_lease_last_anew() {
    let Some(redis) = Redis::start(&[]) else { return };
    let one = store(&redis);
    let lease = one.lease("a").await.unwrap();
    let key = redis.command(&["KEYS", "*lease*"]);
    redis.command(&["PEXPIRE", &key, "5000"]);
    one.write("a", entry(1), 0, &lease).await.unwrap();
    let left: u64 = redis.command(&["PTTL", &key]).parse().unwrap();
    assert!(left > 55_000, "{left} ms");
}

#[tokio::test]
async fn promise_19_what_another_machine_writes_is_noticed_within_five_seconds() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (one, two) = (store(&redis), store(&redis));
    let lease = one.lease("a").await.unwrap();
    one.write("a", entry(1), 0, &lease).await.unwrap();
    let start = Instant::now();
    two.changed("a", 0).await;
    tokio::select! {
        () = two.changed("a", 1) => panic!("nothing has changed"),
        () = async { tokio::time::sleep(Duration::from_millis(1500)).await } => {}
    }
    one.write("a", entry(2), 1, &lease).await.unwrap();
    two.changed("a", 1).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn prefixes_and_databases_are_kept_apart() {
    let Some(redis) = Redis::start(&[]) else { return };
    let url = format!("{}/3", redis.url());
    let one = store_with(&url, "mine:", LEASE, Arc::new(SystemClock));
    let lease = one.lease("a").await.unwrap();
    one.write("a", entry(1), 0, &lease).await.unwrap();
    let other = store_with(&url, "yours:", LEASE, Arc::new(SystemClock));
    assert_eq!(other.read("a").await.unwrap(), None);
    assert_eq!(
        store_with(&redis.url(), "mine:", LEASE, Arc::new(SystemClock))
            .read("a")
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        redis.command(&["-n", "3", "EXISTS", "mine:{a}:record", "mine:{a}:lease"]),
        "2"
    );
}

#[tokio::test]
async fn a_redis_that_wants_a_user_and_a_password_has_them_from_its_url() {
    let Some(redis) = Redis::start(&["--requirepass", "canary-default"]) else {
        return;
    };
    let acl = ["SETUSER", "bot", "on", ">canary/pass", "~ts:*", "+@all"];
    assert_eq!(
        redis.command(&[&["-a", "canary-default", "ACL"][..], &acl].concat()),
        "OK"
    );
    let at = |login: &str, prefix: &str| {
        let url = format!("redis://{login}127.0.0.1:{}", redis.port());
        store_with(&url, prefix, LEASE, Arc::new(SystemClock))
    };
    for login in ["bot:canary%2Fpass@", ":canary-default@"] {
        at(login, "ts:").lease("a").await.unwrap().give_back().await;
    }
    for (login, prefix, words) in [
        ("", "ts:", "refused the user or password"),
        ("bot:canary-wrong@", "ts:", "refused the user or password"),
        (":canary-wrong@", "ts:", "refused the user or password"),
        ("bot:canary%2Fpass@", "others:", "no permissions"),
    ] {
        let Err(error) = at(login, prefix).lease("a").await else {
            panic!("{login} is let in")
        };
        assert_eq!(error.kind(), ErrorKind::Store);
        let text = format!("{error} {error:?}");
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("canary") && !text.contains('@'), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_record_is_a_store_error() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis);
    let key = format!("{DEFAULT_PREFIX}{{a}}:record");
    let large = "x".repeat(64 * 1024 + 1);
    for put in [
        vec!["SET", &key, "text"],
        vec!["HSET", &key, "revision", "many", "text", "text"],
        vec!["HSET", &key, "revision", "1"],
        vec!["HSET", &key, "revision", "1", "text", &large],
    ] {
        redis.command(&["DEL", &key]);
        redis.command(&put);
        assert_eq!(
            store.read("a").await.unwrap_err().kind(),
            ErrorKind::Store,
            "{:?}",
            &put[..1]
        );
    }
}

#[tokio::test]
async fn a_url_that_cannot_be_a_redis_is_refused_without_being_shown() {
    for url in [
        "",
        "canary",
        "http://canary@127.0.0.1/",
        "redis+unix:///canary",
        "redis://canary:canary@127.0.0.1/canary",
        "redis://canary:canary@0.0.0.0",
        "rediss://canary:canary@127.0.0.1/#insecure",
    ] {
        let options = RedisOptions {
            url: Secret::new(url),
            prefix: String::new(),
            seal: None,
            extra_roots: Vec::new(),
            lease: LEASE,
        };
        let Err(error) = RedisStore::new(options, Arc::new(SystemClock)) else {
            panic!("{url} is taken")
        };
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_lost_while_idle_is_made_again() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let store = store(&redis);
    store.lease("a").await.unwrap().give_back().await;
    redis.stop();
    redis.start_again();
    store.lease("a").await.unwrap().give_back().await;
    redis.stop();
    let start = Instant::now();
    let error = store.read("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "a refused connection is known at once"
    );
}

#[tokio::test]
async fn a_redis_that_does_not_answer_is_given_up_in_time() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis);
    store.read("a").await.unwrap();
    redis.pause();
    for _ in 0..2 {
        let start = Instant::now();
        let error = store.read("a").await.unwrap_err();
        assert!(error.to_string().contains("did not answer"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
    redis.go_on();
    store.read("a").await.unwrap();
}

#[tokio::test]
async fn promise_19_machines_share_one_token_and_the_clock_of_redis() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (world, wrong) = (World::new(), World::new());
    let one = Machine::open(&world, store_at(&redis, &world)).await;

    // Another machine, whose clock is two hours ahead: by it the token is dead. It has no answer of Tradovate's to go by.
    wrong
        .clock
        .wall_skew_ms
        .store(2 * 3_600_000, std::sync::atomic::Ordering::SeqCst);
    let there = store_with(&redis.url(), DEFAULT_PREFIX, LEASE, wrong.clock.clone());
    let news = Arc::new(News::new(|| {}));
    let options = Options {
        api: world.tradovate.clone(),
        store: Arc::new(there),
        news: news.clone(),
        ..wrong.options(&credentials("pw"))
    };
    let session = Session::start(options, credentials("pw"));
    session.opened(TIMEOUT).await.unwrap();
    let two = Machine { session, news };
    assert_eq!(one.token(), two.token());
    assert!(!two.session.clock().is_sampled());
    let off = two.session.clock().now().as_millisecond() - one.session.clock().now().as_millisecond();
    assert!(off.abs() < 1000, "{off} ms");

    for have in 1..=3 {
        one.session.renew(have, TIMEOUT).await.unwrap();
        let took = until("the other machine adopts", || two.token() == one.token()).await;
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 3));
}

#[tokio::test]
async fn promise_19_a_holder_stopped_past_its_lease_is_refused_and_adopts() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let short = store_with(
        &redis.url(),
        DEFAULT_PREFIX,
        Duration::from_secs(1),
        world.clock.clone(),
    );
    let stopped = Machine::open(&world, short).await;
    let other = Machine::open(&world, store_at(&redis, &world)).await;

    let answers = Arc::new(Notify::new());
    world.renewals([Act::When(answers.clone())]);
    let renewing = stopped.session.renew(1, TIMEOUT);
    let overtaking = async {
        until("the call is under way", || world.count(Seen::Renewal) == 1).await;
        other.session.renew(1, TIMEOUT).await.unwrap();
        answers.notify_one();
    };
    let (renewed, ()) = tokio::join!(renewing, overtaking);
    renewed.unwrap();
    // Not the token of its own call, which came later than the stored one.
    assert_eq!(stopped.token(), (2, "token-2".into()));
    assert_eq!(stopped.token(), other.token());
    until("both rest", || {
        stopped.session.view().state(stopped.session.clock().now()) == State::Active
    })
    .await;
    stopped.session.renew(2, TIMEOUT).await.unwrap();
    until("the other adopts", || other.token() == stopped.token()).await;
    assert_eq!(stopped.token().0, 3);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 3));
}

#[tokio::test]
async fn promise_19_a_token_got_under_a_lapsed_lease_is_kept_if_nobody_has_another() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let short = store_with(
        &redis.url(),
        DEFAULT_PREFIX,
        Duration::from_secs(1),
        world.clock.clone(),
    );
    let answers = Arc::new(Notify::new());
    world.logins([Act::When(answers.clone())]);
    let slow = Machine::new(&world, short);
    let opening = slow.session.opened(TIMEOUT);
    let lapsing = async {
        until("the call is under way", || world.count(Seen::Login) == 1).await;
        until("the lease has lapsed", || {
            redis.command(&["KEYS", "*lease*"]).is_empty()
        })
        .await;
        answers.notify_one();
    };
    let (opened, ()) = tokio::join!(opening, lapsing);
    opened.unwrap();
    let other = Machine::open(&world, store_at(&redis, &world)).await;
    assert_eq!(other.token(), slow.token());
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test]
async fn promise_19_redis_restarted_in_a_renewal() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let one = Machine::open(&world, store_at(&redis, &world)).await;
    let two = Machine::open(&world, store_at(&redis, &world)).await;
    let answers = Arc::new(Notify::new());
    world.renewals([Act::When(answers.clone())]);
    let renewing = one.session.renew(1, TIMEOUT);
    let restarting = async {
        until("the call is under way", || world.count(Seen::Renewal) == 1).await;
        redis.stop();
        answers.notify_one();
        until("the token is in use before it is saved", || one.token().0 == 2).await;
        redis.start_again();
    };
    let (renewed, ()) = tokio::join!(renewing, restarting);
    renewed.unwrap();
    let took = until("both are on one token", || two.token() == one.token()).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    let third = Machine::open(&world, store_at(&redis, &world)).await;
    assert_eq!(third.token(), one.token());
    assert!(one.token().0 >= 2);
    assert_eq!(world.count(Seen::Login), 1);
    assert!(world.count(Seen::Renewal) <= 2);
}

#[tokio::test]
async fn promise_19_redis_emptied_in_a_renewal_and_at_rest() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let one = Machine::open(&world, store_at(&redis, &world)).await;
    let two = Machine::open(&world, store_at(&redis, &world)).await;
    let answers = Arc::new(Notify::new());
    world.renewals([Act::When(answers.clone())]);
    let renewing = one.session.renew(1, TIMEOUT);
    let emptying = async {
        until("the call is under way", || world.count(Seen::Renewal) == 1).await;
        redis.command(&["FLUSHALL"]);
        answers.notify_one();
    };
    let (renewed, ()) = tokio::join!(renewing, emptying);
    renewed.unwrap();
    until("both are on one token", || two.token() == one.token()).await;
    let before = one.token();
    assert!(before.0 >= 2);

    redis.command(&["FLUSHALL"]);
    until("the record is written again", || {
        !redis.command(&["KEYS", "*record"]).is_empty()
    })
    .await;
    let third = Machine::open(&world, store_at(&redis, &world)).await;
    assert_eq!(
        (third.token(), one.token(), two.token()),
        (before.clone(), before.clone(), before)
    );
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
}

#[tokio::test]
async fn promise_19_a_login_into_an_emptied_redis_is_adopted_without_a_falling_generation() {
    let Some(redis) = Redis::start(&[]) else { return };
    let world = World::new();
    let one = Machine::open(&world, store_at(&redis, &world)).await;
    for have in 1..=4 {
        one.session.renew(have, TIMEOUT).await.unwrap();
    }
    // Between the emptying and its noticing somebody else logs in.
    redis.command(&["FLUSHALL"]);
    let other = Machine::open(&world, store_at(&redis, &world)).await;
    until("both are on one token", || other.token() == one.token()).await;
    assert!(one.token().0 >= 5, "{:?}", one.token());
    assert!(world.count(Seen::Login) <= 2);
}

#[tokio::test]
async fn promise_19_without_redis_the_token_is_served_and_nothing_is_called() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let world = World::new();
    *world.tradovate.life.lock().unwrap() = Duration::from_secs(8);
    let machine = Machine::open(&world, store_at(&redis, &world)).await;
    redis.stop();
    until("a warning", || machine.warned(ErrorKind::Store)).await;
    // Past the time of its renewal, and then past its expiry.
    let calls = world.tradovate.log.lock().unwrap().len();
    let error = loop {
        match machine.session.token(Duration::from_millis(50)).await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => break error,
        }
    };
    assert!(world.clock.boot() >= Duration::from_secs(8), "a good token is served");
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Store, "{error:?}");
    assert_eq!(
        world.tradovate.log.lock().unwrap().len(),
        calls,
        "nothing is called without a lease"
    );

    redis.start_again();
    let took = until("it carries on", || {
        machine
            .session
            .view()
            .record
            .good_token(machine.session.clock().now())
            .is_some()
    })
    .await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(machine.token().0 >= 2);
}

#[tokio::test]
async fn promise_19_a_start_without_redis_logs_in_nowhere() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    redis.stop();
    let world = World::new();
    let machine = Machine::new(&world, store_at(&redis, &world));
    let error = machine.session.opened(Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert_eq!(world.count(Seen::Login), 0);
    redis.start_again();
    machine.session.opened(TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Login), 1);
}
