//! How a Redis is reached, and what becomes of a URL with a password.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tradovate_session::{
    clock::SystemClock,
    error::ErrorKind,
    secret::Secret,
    store::{RedisOptions, RedisStore, Revision, Store},
};

use crate::{LEASE, entry, store, store_with, support::redis::Redis};

#[tokio::test]
async fn prefixes_and_databases_are_kept_apart() {
    let Some(redis) = Redis::start(&[]) else { return };
    let url = format!("{}/3", redis.url());
    let one = store_with(&url, "mine:", LEASE, Arc::new(SystemClock));
    let lease = one.lease("a").await.unwrap();
    one.write("a", entry(1), 0.into(), &lease).await.unwrap();
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
    // No more than docs/many-bots.md asks for.
    let commands = "+eval +get +set +del +pexpire +hmget +hset +hget +time";
    let mut acl = vec!["SETUSER", "bot", "on", ">canary/pass", "~ts:*"];
    acl.extend(commands.split(' '));
    assert_eq!(
        redis.command(&[&["-a", "canary-default", "ACL"][..], &acl].concat()),
        "OK"
    );
    let at = |login: &str, prefix: &str| {
        let url = format!("redis://{login}127.0.0.1:{}", redis.port());
        store_with(&url, prefix, LEASE, Arc::new(SystemClock))
    };
    for login in ["bot:canary%2Fpass@", ":canary-default@"] {
        let store = at(login, "ts:");
        let before = store
            .read("a")
            .await
            .unwrap()
            .map_or(Revision::NONE, |entry| entry.revision);
        let lease = store.lease("a").await.unwrap();
        assert!(store.write("a", entry(before.next()), before, &lease).await.unwrap());
        store.changed("a", before).await;
        lease.release().await;
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
async fn promise_25_what_is_stored_shows_in_no_error() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis);
    for revision in ["canary", "1"] {
        let record = "tradovate-session:{a}:record";
        redis.command(&["HSET", record, "revision", revision, "text", "canary"]);
        let error = store.read("a").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
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
            extra_roots: Arc::default(),
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
    store.lease("a").await.unwrap().release().await;
    redis.stop();
    redis.start_again();
    store.lease("a").await.unwrap().release().await;
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
