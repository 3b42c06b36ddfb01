//! How the file store saves, locks, notices and forgets. What it refuses is in `file_store.rs`, and what it does for its
//! users in `stores.rs`.
#![cfg(unix)]
// What these tests wait for is a file system and a kernel, which no clock moves.
#![allow(clippy::disallowed_methods)]

#[path = "support/disk.rs"]
mod disk;

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use disk::{Disk, entry, mode, set_mode, write};
use jiff::Timestamp;
use tempfile::TempDir;
use tradovate_session::{
    clock::{SystemClock, earlier},
    error::{Error, ErrorKind},
    secret::Secret,
    store::{Damage, Entry, FallbackStore, FileStore, Revision, Store},
};

const MONTH: Duration = Duration::from_secs(31 * 86_400);

fn age(path: &Path, age: Duration) -> SystemTime {
    let at = fs::metadata(path).unwrap().modified().unwrap() - age;
    File::open(path).unwrap().set_modified(at).unwrap();
    at
}

#[tokio::test]
async fn promise_17_a_damaged_record_is_told_of_and_set_aside_by_the_next_write() {
    let disk = Disk::with_a_record().await;
    let good = fs::read(disk.path("record")).unwrap();
    let mut before = None;
    for (n, damage) in [&b""[..], b"garbage", &[0; 4096], &good[..good.len() - 1]]
        .iter()
        .enumerate()
    {
        fs::write(disk.path("record"), damage).unwrap();
        let at = age(&disk.path("record"), Duration::from_secs(60 * (n as u64 + 1)));
        let store = disk.store();
        assert_eq!(store.read("a").await.unwrap(), None);
        let told = store.damaged("a").await.unwrap().unwrap();
        let at = Timestamp::try_from(at).unwrap();
        assert_eq!(told, Damage { at, before });
        before = Some(at);
        assert_eq!(
            fs::read(disk.path("record")).unwrap(),
            *damage,
            "a look changes nothing"
        );
        assert!(write(&store, 1, 0).await.unwrap());
        assert_eq!(store.read("a").await.unwrap(), Some(entry(1)));
        assert_eq!(store.damaged("a").await.unwrap(), None);
        assert_eq!(fs::read(disk.path("damaged")).unwrap(), *damage);
        assert_eq!(disk.names(), ["a.damaged", "a.lock", "a.record"]);
    }
    fs::remove_file(disk.path("record")).unwrap();
    let killed_before_saving = disk.store().damaged("a").await.unwrap().unwrap();
    assert_eq!(Some(killed_before_saving.at), before);
}

#[tokio::test]
async fn promise_17_what_a_killed_process_left_half_written_is_cleared() {
    let disk = Disk::with_a_record().await;
    fs::write(disk.path("new"), "half a rec").unwrap();
    assert!(disk.write(2, 1).await.unwrap());
    assert_eq!(disk.names(), ["a.lock", "a.record"]);
    symlink(disk.path("lock"), disk.path("new")).unwrap();
    assert!(disk.write(3, 2).await.unwrap());
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(3)));
    assert_eq!(fs::read(disk.path("lock")).unwrap(), b"");
}

#[tokio::test]
async fn promise_17_a_write_whose_caller_gives_up_keeps_the_lease_until_it_is_done() {
    let disk = Disk::with_a_record().await;
    let (store, other) = (disk.store(), disk.store());
    for revision in (1_u64..200).step_by(2) {
        let lease = store.lease("a").await.unwrap();
        let write = tokio::spawn({
            let store = store.clone();
            async move { store.write("a", entry(revision + 1), revision.into(), &lease).await }
        });
        tokio::task::yield_now().await;
        write.abort();
        let lease = other.lease("a").await.unwrap();
        let found = other.read("a").await.unwrap().unwrap().revision;
        assert!(
            other.write("a", entry(revision + 2), found, &lease).await.unwrap(),
            "nobody wrote in between"
        );
    }
}

#[tokio::test]
async fn promise_14_what_cannot_be_saved_is_seen_by_this_process_until_it_can() {
    let disk = Disk::with_a_record().await;
    let store = disk.store();
    fs::create_dir(disk.path("new")).unwrap();
    assert_eq!(write(&store, 2, 1).await.unwrap_err().kind(), ErrorKind::Store);
    tokio::time::timeout(Duration::from_secs(10), store.changed("a", 1.into()))
        .await
        .unwrap();
    assert_eq!(store.read("a").await.unwrap(), Some(entry(2)));
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(1)));
    assert!(!write(&store, 2, 1).await.unwrap());
    assert_eq!(write(&store, 3, 2).await.unwrap_err().kind(), ErrorKind::Store);
    fs::remove_dir(disk.path("new")).unwrap();
    assert!(write(&store, 4, 3).await.unwrap());
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(4)));
    fs::create_dir(disk.path("new")).unwrap();
    assert!(write(&store, 5, 4).await.is_err());
    fs::remove_dir(disk.path("new")).unwrap();
    for revision in [5, 6] {
        assert!(disk.write(revision, revision - 1).await.unwrap());
    }
    assert_eq!(store.read("a").await.unwrap(), Some(entry(6)), "others have gone on");
}

#[tokio::test]
async fn promise_14_what_could_not_be_saved_hides_no_smaller_revision_that_others_have_written_since() {
    let disk = Disk::with_a_record().await;
    let store = disk.store();
    fs::create_dir(disk.path("new")).unwrap();
    assert!(write(&store, 20, 1).await.is_err());
    assert!(write(&store, 30, 20).await.is_err());
    fs::remove_dir(disk.path("new")).unwrap();
    assert!(disk.write(10, 1).await.unwrap());
    assert!(
        !write(&store, 40, 30).await.unwrap(),
        "it would hide what others have noted"
    );
    assert_eq!(store.read("a").await.unwrap(), Some(entry(10)));
    assert!(write(&store, 40, 10).await.unwrap());
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(40)));
}

#[tokio::test]
async fn promise_14_where_the_folder_cannot_be_used_the_default_is_memory_and_says_so_once() {
    let parent = TempDir::new().unwrap();
    let file = parent.path().join("file");
    File::create(&file).unwrap();
    let open = parent.path().join("open");
    fs::create_dir(&open).unwrap();
    set_mode(&open, 0o755);
    for folder in [Some(file.join("below")), Some(file), Some(open), None] {
        let warnings: Arc<Mutex<Vec<Error>>> = Arc::default();
        let warn = {
            let warnings = warnings.clone();
            move |error| warnings.lock().unwrap().push(error)
        };
        let store = FallbackStore::new(folder.as_deref(), Arc::new(SystemClock), warn);
        assert!(!store.is_required());
        let lease = store.lease("a").await.unwrap();
        assert!(store.write("a", entry(1), 0.into(), &lease).await.unwrap());
        drop(lease);
        assert_eq!(store.read("a").await.unwrap(), Some(entry(1)));
        let warnings = warnings.lock().unwrap();
        let [warning] = warnings.as_slice() else {
            panic!("{warnings:?}")
        };
        assert_eq!(warning.kind(), ErrorKind::Store);
        assert!(warning.to_string().contains("store.path"), "{warning}");
        assert!(warning.cause().is_some());
    }
}

#[tokio::test]
async fn a_write_under_the_lease_of_another_key_is_refused() {
    let disk = Disk::with_a_record().await;
    let store = disk.store();
    let lease = store.lease("b").await.unwrap();
    assert_eq!(
        store.write("a", entry(2), 1.into(), &lease).await.unwrap_err().kind(),
        ErrorKind::Store
    );
    assert_eq!(store.read("a").await.unwrap(), Some(entry(1)));
}

#[tokio::test]
async fn promise_14_a_folder_that_is_removed_is_made_again() {
    let disk = Disk::with_a_record().await;
    let store = disk.store();
    let lease = store.lease("a").await.unwrap();
    fs::remove_dir_all(&disk.folder).unwrap();
    assert_eq!(store.read("a").await.unwrap(), None);
    drop(lease);
    assert!(write(&store, 2, 0).await.unwrap());
    assert_eq!(mode(&disk.folder), 0o700);
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(2)));
}

#[tokio::test]
async fn promise_16_a_lock_file_that_was_replaced_locks_nobody_out_of_the_new_one() {
    let disk = Disk::with_a_record().await;
    let lease = disk.store().lease("a").await.unwrap();
    fs::remove_file(disk.path("lock")).unwrap();
    let second = disk.store().lease("a").await.unwrap();
    let store = disk.store();
    let third = store.lease("a");
    tokio::select! {
        biased;
        _ = third => panic!("two leases of one lock file"),
        () = tokio::time::sleep(Duration::from_millis(100)) => {}
    }
    drop((lease, second));
}

#[tokio::test]
async fn a_file_that_is_put_in_place_by_hand_is_noticed() {
    let disk = Disk::with_a_record().await;
    let store = disk.store();
    let backup = fs::read(disk.path("record")).unwrap();
    assert!(disk.write(2, 1).await.unwrap());
    assert_eq!(store.read("a").await.unwrap(), Some(entry(2)));
    fs::write(disk.path("record"), &backup).unwrap();
    tokio::time::timeout(Duration::from_secs(10), store.changed("a", 2.into()))
        .await
        .unwrap();
    assert_eq!(store.read("a").await.unwrap(), Some(entry(1)));
    fs::remove_file(disk.path("record")).unwrap();
    tokio::time::timeout(Duration::from_secs(10), store.changed("a", 1.into()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_used_does_not_wake_who_waits_for_a_change_again_and_again() {
    let disk = Disk::with_a_record().await;
    let store = disk.store();
    for damage in ["garbage", "tradovate-session 2 x\n"] {
        fs::write(disk.path("record"), damage).unwrap();
        let _ = store.read("a").await;
        let seen = u64::from(damage != "garbage");
        let waited = tokio::time::timeout(Duration::from_millis(1_500), store.changed("a", seen.into())).await;
        assert!(waited.is_err(), "{damage}");
    }
}

#[tokio::test]
async fn logins_that_nobody_has_used_for_a_month_are_forgotten() {
    let disk = Disk::with_a_record().await;
    let file = |name: &str, extension: &str| disk.folder.join(format!("{name}.{extension}"));
    let now = Timestamp::now();
    for name in ["b", "c", "d", "e"] {
        let store = disk.store();
        let lease = store.lease(name).await.unwrap();
        // Of "d" only the revision is young: it was written on a machine whose clock was far behind.
        let written_ago = if name == "d" { MONTH / 2 } else { MONTH };
        let revision = u64::try_from(earlier(now, written_ago).as_millisecond())
            .unwrap()
            .into();
        let text = Secret::new("text");
        let written = store
            .write(name, Entry { revision, text }, Revision::NONE, &lease)
            .await;
        assert!(written.unwrap());
        fs::copy(file(name, "record"), file(name, "damaged")).unwrap();
        for extension in ["record", "lock", "damaged"] {
            age(&file(name, extension), MONTH);
        }
    }
    // "c" was found damaged today, and nothing can be said of what is in "e".
    File::options()
        .append(true)
        .open(file("c", "damaged"))
        .unwrap()
        .write_all(b"!")
        .unwrap();
    fs::write(file("e", "record"), "garbage").unwrap();
    age(&file("e", "record"), MONTH);
    let before = disk.names();
    let store = disk.store();
    store.forget(now);
    let left: Vec<_> = before.into_iter().filter(|name| !name.starts_with("b.")).collect();
    while disk.names() != left {
        assert!(disk.names().len() >= left.len(), "{:?}", disk.names());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(target_os = "linux")] // where a process can see its own open files
#[tokio::test]
async fn promise_22_a_store_that_is_dropped_leaves_no_task_and_no_file_open() {
    let disk = Disk::with_a_record().await;
    let open = || {
        let fds = fs::read_dir("/proc/self/fd").unwrap();
        let paths = fds.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
        paths.filter(|path| path.starts_with(&disk.folder)).count()
    };
    let held = disk.store().lease("a").await.unwrap();
    let store = disk.store();
    for _ in 0..50 {
        let lease = tokio::time::timeout(Duration::from_millis(2), store.lease("a"));
        assert!(lease.await.is_err());
    }
    let alive = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let change = tokio::time::timeout(Duration::from_millis(50), store.changed("a", 0.into()));
    assert!(change.await.is_err());
    drop((held, store));
    let done = async {
        while open() > 0 || tokio::runtime::Handle::current().metrics().num_alive_tasks() > alive {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), done)
        .await
        .expect("all is closed");
}

#[cfg(target_os = "linux")] // where a process can see its own threads
#[test]
fn many_sessions_that_open_at_once_take_few_threads() {
    const SESSIONS: usize = 400;
    let name = "counted-threads";
    let threads = || {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|found| found.trim() == name).count()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .thread_name(name)
        .enable_all()
        .build()
        .unwrap();
    let parent = TempDir::new().unwrap();
    let store = FileStore::new(&parent.path().join("state"), None, Arc::new(SystemClock));
    let most = runtime.block_on(async {
        let tasks: Vec<_> = (0..SESSIONS)
            .map(|i| {
                let store = store.clone();
                tokio::spawn(async move {
                    let key = i.to_string();
                    let lease = store.lease(&key).await.unwrap();
                    assert!(store.write(&key, entry(1), Revision::NONE, &lease).await.unwrap());
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        threads()
    });
    // Few work at once. On a busy machine the runtime starts another one where those that it woke have not run yet.
    assert!((1..=SESSIONS / 2).contains(&most), "{most} threads");
}
