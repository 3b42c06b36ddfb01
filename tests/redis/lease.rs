//! Leases, and what may be written under them.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tradovate_session::{
    clock::SystemClock,
    error::ErrorKind,
    secret::Secret,
    store::{Entry, Store, redis::DEFAULT_PREFIX},
};

use crate::{entry, store, store_with, support::redis::Redis};

#[tokio::test]
async fn promise_19_a_write_counts_only_by_its_holder_and_against_the_revision_it_was_made_from() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (one, two) = (store(&redis), store(&redis));
    assert_eq!(one.read("a").await.unwrap(), None);
    let lease = one.lease("a").await.unwrap();
    assert!(one.write("a", entry(1), 0.into(), &lease).await.unwrap());
    assert_eq!(two.read("a").await.unwrap(), Some(entry(1)));
    assert_eq!(two.read("b").await.unwrap(), None);
    assert!(lease.is_held());
    assert!(
        !one.write("a", entry(3), 2.into(), &lease).await.unwrap(),
        "another revision"
    );
    assert!(!lease.is_held());
    lease.release().await;

    let lease = two.lease("a").await.unwrap();
    let other_login = two.lease("b").await.unwrap();
    assert!(
        !two.write("a", entry(2), 1.into(), &other_login).await.unwrap(),
        "another lease"
    );
    assert!(two.write("a", entry(2), 1.into(), &lease).await.unwrap());
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
    first.release().await;
    let second = two.lease("a").await.unwrap();
    drop(second);
    let start = Instant::now();
    one.lease("a").await.unwrap().release().await;
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
    assert!(!stopped.write("a", entry(1), 0.into(), &late).await.unwrap());
    assert_eq!(next.read("a").await.unwrap(), None);
    late.release().await;
    assert!(
        next.write("a", entry(1), 0.into(), &lease).await.unwrap(),
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
    one.write("a", entry(1), 0.into(), &lease).await.unwrap();
    let left: u64 = redis.command(&["PTTL", &key]).parse().unwrap();
    assert!(left > 55_000, "{left} ms");
}

#[tokio::test]
async fn promise_19_what_another_machine_writes_is_noticed_within_five_seconds() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (one, two) = (store(&redis), store(&redis));
    let lease = one.lease("a").await.unwrap();
    one.write("a", entry(1), 0.into(), &lease).await.unwrap();
    let start = Instant::now();
    two.changed("a", 0.into()).await;
    tokio::select! {
        () = two.changed("a", 1.into()) => panic!("nothing has changed"),
        () = async { tokio::time::sleep(Duration::from_millis(1500)).await } => {}
    }
    one.write("a", entry(2), 1.into(), &lease).await.unwrap();
    two.changed("a", 1.into()).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
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
async fn a_record_that_could_not_be_read_again_is_not_written() {
    let Some(redis) = Redis::start(&[]) else { return };
    let store = store(&redis);
    let lease = store.lease("a").await.unwrap();
    assert!(store.write("a", entry(1), 0.into(), &lease).await.unwrap());
    let text = Secret::new("x".repeat(64 * 1024));
    let written = store
        .write(
            "a",
            Entry {
                revision: 2.into(),
                text,
            },
            1.into(),
            &lease,
        )
        .await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Store);
    assert_eq!(store.read("a").await.unwrap(), Some(entry(1)));
    assert!(
        store.write("a", entry(2), 1.into(), &lease).await.unwrap(),
        "nothing was sent, so the lease is still held"
    );
}
