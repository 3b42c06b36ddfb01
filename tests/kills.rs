//! Promise 17 over real processes: writers are killed at any moment, and whoever reads meanwhile finds a whole record.

#![cfg(unix)]
// What these tests wait for are processes, which no clock moves.
#![allow(clippy::disallowed_methods)]

use std::{
    env, fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tempfile::TempDir;
use tradovate_session::{
    clock::SystemClock,
    secret::Secret,
    store::{Entry, FileStore, Revision, SealKey, Store},
};

const KILLS: usize = 1_000;
const LINES: usize = 4;
/// Names the folder to a process that is to write in it.
const FOLDER: &str = "TRADOVATE_SESSION_TEST_WRITES_IN";

fn store(folder: &Path) -> FileStore {
    FileStore::new(folder, Some(SealKey::new(&[3; 32])), Arc::new(SystemClock))
}

/// Of any length that takes one block or several, and known by its revision.
fn text(revision: Revision) -> String {
    let length = usize::try_from(revision.get() * 7_919 % 12_000).unwrap();
    format!("{revision} {}", "x".repeat(length))
}

async fn write_for_ever(folder: PathBuf) {
    let store = store(&folder);
    loop {
        let lease = store.lease("a").await.unwrap();
        let before = store
            .read("a")
            .await
            .unwrap()
            .map_or(Revision::NONE, |entry| entry.revision);
        let revision = before.next();
        let text = Secret::new(text(revision));
        assert!(
            store
                .write("a", Entry { revision, text }, before, &lease)
                .await
                .unwrap()
        );
    }
}

fn writer(test: &str, folder: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([test, "--exact"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_17_a_thousand_kills_at_random_points_leave_every_read_whole() {
    if let Some(folder) = env::var_os(FOLDER) {
        return write_for_ever(folder.into()).await;
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    let done = Arc::new(AtomicBool::new(false));
    let killed = Arc::new(AtomicUsize::new(0));
    let killers: Vec<_> = (0..LINES)
        .map(|_| {
            let (path, killed) = (path.clone(), killed.clone());
            thread::spawn(move || {
                while killed.fetch_add(1, Ordering::SeqCst) < KILLS {
                    let mut child = writer(
                        "promise_17_a_thousand_kills_at_random_points_leave_every_read_whole",
                        &path,
                    );
                    thread::sleep(Duration::from_micros(fastrand::u64(..40_000)));
                    child.kill().unwrap();
                    let ended = child.wait().unwrap();
                    assert_eq!(ended.signal(), Some(9), "killed, and not ended by itself");
                }
            })
        })
        .collect();
    let reader = tokio::spawn({
        let (store, done) = (store(&path), done.clone());
        async move {
            let (mut last, mut reads) = (Revision::NONE, 0_u32);
            while !done.load(Ordering::SeqCst) {
                assert_eq!(store.damaged("a").await.unwrap(), None);
                if let Some(entry) = store.read("a").await.unwrap() {
                    assert_eq!(entry.text.expose(), text(entry.revision));
                    assert!(entry.revision >= last, "{last} and then {}", entry.revision);
                    last = entry.revision;
                    reads += 1;
                }
            }
            (last, reads)
        }
    });
    for killer in killers {
        tokio::task::spawn_blocking(|| killer.join().unwrap()).await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let (writes, reads) = reader.await.unwrap();
    assert!(writes.get() >= 500 && reads >= 500, "{writes} writes, {reads} reads");
    let store = store(&path);
    let lease = tokio::time::timeout(Duration::from_secs(1), store.lease("a"))
        .await
        .expect("no lock outlives its holder")
        .unwrap();
    let found = store.read("a").await.unwrap().unwrap();
    let next = Entry {
        revision: found.revision.next(),
        text: Secret::new("the end"),
    };
    assert!(store.write("a", next, found.revision, &lease).await.unwrap());
    let mut names: Vec<_> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a.lock", "a.record"], "nothing half-written is left");
}
