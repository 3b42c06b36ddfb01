//! What every store keeps to: one suite, run over each of them.

#[cfg(unix)]
#[allow(dead_code)] // each file of tests uses a part of it
#[path = "support/redis.rs"]
mod redis_server;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::timeout;
use tradovate_session::{
    clock::SystemClock,
    secret::Secret,
    store::{Entry, FileStore, MemoryStore, RedisOptions, RedisStore, Revision, SealKey, Store, redis::DEFAULT_PREFIX},
};

/// Long enough for anything that comes at all.
const IN_TIME: Duration = Duration::from_secs(10);
/// Long enough to see that nothing comes.
const A_WHILE: Duration = Duration::from_millis(200);

/// Gives out handles on one and the same storage, each as another process would have it.
type Open = Box<dyn Fn() -> Arc<dyn Store> + Send + Sync>;

fn memory() -> Open {
    let store = Arc::new(MemoryStore::default());
    Box::new(move || store.clone())
}

fn file() -> Open {
    let folder = TempDir::new().unwrap();
    Box::new(move || {
        Arc::new(FileStore::new(
            &folder.path().join("state"),
            None,
            Arc::new(SystemClock),
        ))
    })
}

fn sealed_file() -> Open {
    let folder = TempDir::new().unwrap();
    Box::new(move || {
        let seal = SealKey::new(&[7; 32]);
        Arc::new(FileStore::new(
            &folder.path().join("state"),
            Some(seal),
            Arc::new(SystemClock),
        ))
    })
}

#[cfg(unix)]
fn redis() -> Option<Open> {
    redis_with(|| None)
}

#[cfg(unix)]
fn sealed_redis() -> Option<Open> {
    redis_with(|| Some(SealKey::new(&[7; 32])))
}

/// None, and a word about it, where there is no Redis.
#[cfg(unix)]
fn redis_with(seal: fn() -> Option<SealKey>) -> Option<Open> {
    let redis = redis_server::Redis::start(&[])?;
    Some(Box::new(move || {
        let options = RedisOptions {
            url: Secret::new(redis.url()),
            prefix: DEFAULT_PREFIX.into(),
            seal: seal(),
            extra_roots: Arc::default(),
            lease: Duration::from_secs(60),
        };
        Arc::new(RedisStore::new(options, Arc::new(SystemClock)).unwrap())
    }))
}

/// The suite as tests of a module's own; `$open` makes a new empty storage.
macro_rules! suite {
    ($name:ident, $open:expr, $($behaviour:ident),+ $(,)?) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $behaviour() {
                    let Some(open) = Option::from($open()) else { return };
                    super::$behaviour(open).await;
                }
            )+
        }
    };
    ($name:ident, $open:expr) => {
        suite!(
            $name,
            $open,
            nothing_is_stored_at_first,
            a_write_counts_only_against_the_revision_it_was_made_from,
            any_text_comes_back_as_it_was,
            promise_15_one_lease_a_key_at_a_time,
            promise_15_whoever_has_the_lease_sees_what_was_written_before,
            giving_up_waiting_for_a_lease_leaves_nothing_behind,
            a_change_is_noticed_even_if_it_came_before_the_wait,
            a_change_is_noticed_by_all_who_wait_and_by_nobody_of_another_key,
        );
    };
}

suite!(memory_store, super::memory);
suite!(file_store, super::file);
suite!(sealed_file_store, super::sealed_file);
#[cfg(unix)]
suite!(redis_store, super::redis);
#[cfg(unix)]
suite!(sealed_redis_store, super::sealed_redis);

fn entry(revision: impl Into<Revision>) -> Entry {
    let revision = revision.into();
    let text = Secret::new(format!("text {revision}"));
    Entry { revision, text }
}

async fn write(store: &Arc<dyn Store>, key: &str, entry: Entry, before: impl Into<Revision>) -> bool {
    let lease = store.lease(key).await.unwrap();
    store.write(key, entry, before.into(), &lease).await.unwrap()
}

async fn nothing_is_stored_at_first(open: Open) {
    let store = open();
    assert_eq!(store.read("a").await.unwrap(), None);
    assert_eq!(store.damaged("a").await.unwrap(), None);
}

async fn a_write_counts_only_against_the_revision_it_was_made_from(open: Open) {
    let (store, other) = (open(), open());
    assert!(write(&store, "a", entry(1), 0).await);
    assert!(!write(&other, "a", entry(1), 0).await);
    assert!(write(&other, "a", entry(2), 1).await);
    assert!(!write(&store, "a", entry(2), 1).await);
    assert_eq!(store.read("a").await.unwrap(), Some(entry(2)));
    assert_eq!(store.read("b").await.unwrap(), None);
}

async fn any_text_comes_back_as_it_was(open: Open) {
    let (store, other) = (open(), open());
    let long = "x".repeat(40_000);
    for (before, text) in (0_u64..).zip(["", "\n", "{\"a\":\r\n1}", "né 東京 \u{0} 🦀", &long]) {
        let entry = Entry {
            revision: (before + 1).into(),
            text: Secret::new(text),
        };
        assert!(write(&store, "a", entry.clone(), before).await);
        assert_eq!(other.read("a").await.unwrap(), Some(entry));
    }
}

async fn promise_15_one_lease_a_key_at_a_time(open: Open) {
    let (store, other) = (open(), open());
    for (first, second) in [(&store, &other), (&store, &store)] {
        let lease = first.lease("a").await.unwrap();
        let other_key = timeout(IN_TIME, second.lease("b"))
            .await
            .expect("another key is free")
            .unwrap();
        assert!(
            timeout(A_WHILE, second.lease("a")).await.is_err(),
            "two leases of one key"
        );
        drop(lease);
        timeout(IN_TIME, second.lease("a"))
            .await
            .expect("the key is free again")
            .unwrap();
        drop(other_key);
    }
}

async fn promise_15_whoever_has_the_lease_sees_what_was_written_before(open: Open) {
    let inside = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (store, inside) = (open(), inside.clone());
            tokio::spawn(async move {
                for _ in 0..5 {
                    let lease = store.lease("a").await.unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two holders at once");
                    let before = store
                        .read("a")
                        .await
                        .unwrap()
                        .map_or(Revision::NONE, |entry| entry.revision);
                    assert!(store.write("a", entry(before.next()), before, &lease).await.unwrap());
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(open().read("a").await.unwrap(), Some(entry(50)));
}

async fn giving_up_waiting_for_a_lease_leaves_nothing_behind(open: Open) {
    let (store, other) = (open(), open());
    let lease = store.lease("a").await.unwrap();
    for _ in 0..20 {
        let waiting = other.lease("a");
        assert!(timeout(Duration::from_millis(3), waiting).await.is_err());
    }
    drop(lease);
    for handle in [&store, &other, &store] {
        timeout(IN_TIME, handle.lease("a"))
            .await
            .expect("nobody holds it")
            .unwrap();
    }
}

async fn a_change_is_noticed_even_if_it_came_before_the_wait(open: Open) {
    let (store, other) = (open(), open());
    assert!(write(&store, "a", entry(1), 0).await);
    timeout(IN_TIME, other.changed("a", 0.into()))
        .await
        .expect("a first write");
    assert_eq!(other.read("a").await.unwrap(), Some(entry(1)));
    assert!(
        timeout(A_WHILE, other.changed("a", 1.into())).await.is_err(),
        "no change"
    );
    assert!(write(&store, "a", entry(2), 1).await);
    timeout(IN_TIME, other.changed("a", 1.into()))
        .await
        .expect("a second write");
}

async fn a_change_is_noticed_by_all_who_wait_and_by_nobody_of_another_key(open: Open) {
    let (store, other) = (open(), open());
    let wait = |store: &Arc<dyn Store>, key: &'static str| {
        let store = store.clone();
        tokio::spawn(async move {
            store.read(key).await.unwrap();
            store.changed(key, Revision::NONE).await;
        })
    };
    let waiting = [wait(&store, "a"), wait(&other, "a"), wait(&other, "a")];
    let elsewhere = wait(&other, "b");
    tokio::task::yield_now().await;
    assert!(write(&store, "a", entry(1), 0).await);
    for waiter in waiting {
        timeout(IN_TIME, waiter).await.expect("the change").unwrap();
    }
    assert!(!elsewhere.is_finished());
}
