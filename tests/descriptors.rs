//! A process that has no file left to open. It has a test binary of its own, since it takes them from every thread.
#![cfg(unix)]

#[path = "support/disk.rs"]
mod disk;

use std::{fs::File, sync::Arc};

use disk::{Disk, entry};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tradovate_session::{
    clock::SystemClock,
    error::ErrorKind,
    store::{FallbackStore, Store},
};

#[tokio::test]
async fn promise_14_a_moment_without_files_to_open_is_no_reason_to_keep_the_token_in_memory() {
    let disk = Disk::with_a_record().await;
    let store = FallbackStore::new(Some(&disk.folder), Arc::new(SystemClock), |error| panic!("{error}"));
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let current = Some(128);
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    let taken: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    let error = store.lease("a").await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(store.read("a").await.is_err());
    drop(taken);
    assert_eq!(store.read("a").await.unwrap(), Some(entry(1)));
    let lease = store.lease("a").await.unwrap();
    assert!(store.write("a", entry(2), 1.into(), &lease).await.unwrap());
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(2)));
}
