//! Which folders and files the file store refuses. How it keeps the others is in `files.rs`.
#![cfg(unix)]

#[path = "support/disk.rs"]
mod disk;

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::{chown, symlink},
    path::{Path, PathBuf},
    sync::Arc,
};

use disk::{Disk, entry, mode, set_mode, write};
use tradovate_session::{
    clock::SystemClock,
    error::ErrorKind,
    secret::Secret,
    store::{Entry, FallbackStore, FileStore, Store},
};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Reading and writing are both refused, and the file stays as it is.
async fn is_refused(store: &FileStore, path: &Path, kind: ErrorKind, why: &str) {
    let before = fs::read(path).ok();
    let read = store.read("a").await.unwrap_err();
    assert_eq!(read.kind(), kind, "{read}");
    assert!(read.to_string().contains(why), "{read}");
    let lease = store.lease("a").await.unwrap();
    for revision in [0, 1] {
        assert_eq!(
            store
                .write("a", entry(2), revision.into(), &lease)
                .await
                .unwrap_err()
                .kind(),
            kind
        );
    }
    assert_eq!(store.damaged("a").await.unwrap_err().kind(), kind);
    assert_eq!(fs::read(path).ok(), before);
}

#[tokio::test]
async fn promise_18_folder_and_files_are_private_whatever_the_umask_allows() {
    let disk = Disk::with_a_record().await;
    assert_eq!(mode(&disk.folder), 0o700);
    assert_eq!(mode(disk.folder.parent().unwrap()), 0o700);
    assert_eq!(disk.names(), ["a.lock", "a.record"]);
    for extension in ["lock", "record"] {
        assert_eq!(mode(&disk.path(extension)), 0o600);
    }
}

#[tokio::test]
async fn promise_18_a_folder_that_others_can_get_into_is_refused() {
    let disk = Disk::with_a_record().await;
    for bits in [0o701, 0o710, 0o755, 0o777] {
        set_mode(&disk.folder, bits);
        let error = disk.write(2, 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains("chmod 700"), "{error}");
        assert_eq!(disk.store().read("a").await.unwrap_err().kind(), ErrorKind::Store);
        assert_eq!(disk.store().prepare("a").await.unwrap_err().kind(), ErrorKind::Store);
    }
    set_mode(&disk.folder, 0o700);
    assert!(disk.write(2, 1).await.unwrap());
}

#[tokio::test]
async fn promise_18_a_folder_that_is_a_link_or_a_file_is_refused() {
    let disk = Disk::with_a_record().await;
    let parent = disk.folder.parent().unwrap();
    let (link, file) = (parent.join("link"), parent.join("file"));
    symlink(&disk.folder, &link).unwrap();
    File::create(&file).unwrap();
    let mut slash = link.clone().into_os_string();
    slash.push("/");
    for path in [&link, &file, &PathBuf::from(slash), &file.join("below")] {
        let store = FileStore::new(path, None, Arc::new(SystemClock));
        assert_eq!(
            store.prepare("a").await.unwrap_err().kind(),
            ErrorKind::Store,
            "{}",
            path.display()
        );
        assert_eq!(write(&store, 2, 1).await.unwrap_err().kind(), ErrorKind::Store);
    }
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(1)));
}

#[tokio::test]
async fn promise_18_a_record_that_is_a_link_is_refused() {
    let disk = Disk::with_a_record().await;
    let elsewhere = disk.folder.parent().unwrap().join("elsewhere");
    fs::rename(disk.path("record"), &elsewhere).unwrap();
    symlink(&elsewhere, disk.path("record")).unwrap();
    is_refused(&disk.store(), &disk.path("record"), ErrorKind::Store, "link").await;
    fs::remove_file(&elsewhere).unwrap();
    is_refused(&disk.store(), &disk.path("record"), ErrorKind::Store, "link").await;
    assert!(!elsewhere.exists());
}

#[tokio::test]
async fn promise_18_a_record_that_others_may_touch_is_refused() {
    let disk = Disk::with_a_record().await;
    for bits in [0o640, 0o620, 0o604, 0o601] {
        set_mode(&disk.path("record"), bits);
        is_refused(&disk.store(), &disk.path("record"), ErrorKind::Store, "chmod 600").await;
    }
}

#[tokio::test]
async fn promise_18_a_record_or_folder_of_another_user_is_refused() {
    if !is_root() {
        assert!(std::env::var_os("CI").is_none(), "only root can give a file away");
        eprintln!("SKIPPED: only root can give a file away");
        return;
    }
    let disk = Disk::with_a_record().await;
    chown(disk.path("record"), Some(12_345), None).unwrap();
    is_refused(&disk.store(), &disk.path("record"), ErrorKind::Store, "another user").await;
    chown(&disk.folder, Some(12_345), None).unwrap();
    let error = disk.store().prepare("a").await.unwrap_err();
    assert!(error.to_string().contains("another user"), "{error}");
}

#[tokio::test]
async fn promise_18_more_than_64_kib_is_refused_and_not_read() {
    let disk = Disk::with_a_record().await;
    let mut file = OpenOptions::new().append(true).open(disk.path("record")).unwrap();
    file.write_all(&vec![b'x'; 64 * 1024]).unwrap();
    is_refused(&disk.store(), &disk.path("record"), ErrorKind::Store, "longer").await;
}

#[cfg(target_os = "linux")] // where rustix can make a pipe
#[tokio::test]
async fn promise_18_what_is_no_file_is_refused_without_waiting_for_it() {
    let disk = Disk::with_a_record().await;
    fs::remove_file(disk.path("record")).unwrap();
    fs::create_dir(disk.path("record")).unwrap();
    is_refused(&disk.store(), &disk.path("record"), ErrorKind::Store, "not a file").await;
    fs::remove_dir(disk.path("record")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        disk.path("record"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    let read = disk.store().read("a").await.unwrap_err();
    assert!(read.to_string().contains("not a file"), "{read}");
}

#[tokio::test]
async fn promise_18_a_lock_file_that_is_not_ours_is_refused() {
    let disk = Disk::with_a_record().await;
    set_mode(&disk.path("lock"), 0o666);
    let error = disk.store().lease("a").await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Store);
    fs::remove_file(disk.path("lock")).unwrap();
    symlink(disk.path("record"), disk.path("lock")).unwrap();
    assert_eq!(disk.store().lease("a").await.err().unwrap().kind(), ErrorKind::Store);
}

#[tokio::test]
async fn promise_18_another_version_a_wrong_key_and_a_missing_one_are_refused() {
    let disk = Disk::with_a_record().await;
    is_refused(
        &disk.sealed(1),
        &disk.path("record"),
        ErrorKind::StoreMismatch,
        "not sealed",
    )
    .await;
    fs::remove_file(disk.path("record")).unwrap();
    assert!(write(&disk.sealed(1), 1, 0).await.unwrap());
    let bytes = fs::read(disk.path("record")).unwrap();
    assert!(!bytes.windows(6).any(|bytes| bytes == b"canary"));
    is_refused(
        &disk.sealed(2),
        &disk.path("record"),
        ErrorKind::StoreMismatch,
        "another key",
    )
    .await;
    is_refused(&disk.store(), &disk.path("record"), ErrorKind::StoreMismatch, "no key").await;
    fs::write(disk.path("record"), "tradovate-session 2 what may come\n").unwrap();
    for store in [disk.store(), disk.sealed(1)] {
        is_refused(
            &store,
            &disk.path("record"),
            ErrorKind::StoreMismatch,
            "another version",
        )
        .await;
    }
}

#[tokio::test]
async fn promise_18_where_the_files_are_to_be_refused_the_default_is_not_memory() {
    let disk = Disk::with_a_record().await;
    let store = FallbackStore::new(Some(&disk.folder), Arc::new(SystemClock), |error| panic!("{error}"));
    assert_eq!(store.read("a").await.unwrap(), Some(entry(1)));
    for (extension, bits) in [("record", 0o644), ("lock", 0o644)] {
        set_mode(&disk.path(extension), bits);
        let store = FallbackStore::new(Some(&disk.folder), Arc::new(SystemClock), |error| panic!("{error}"));
        let lease = store.lease("a").await;
        let read = store.read("a").await;
        assert!(lease.is_err() || read.is_err(), "{extension}");
        set_mode(&disk.path(extension), 0o600);
    }
}

#[tokio::test]
async fn promise_18_a_record_that_could_not_be_read_again_is_not_written() {
    let disk = Disk::with_a_record().await;
    let store = disk.store();
    let text = Secret::new("x".repeat(64 * 1024));
    let lease = store.lease("a").await.unwrap();
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
    assert_eq!(disk.store().read("a").await.unwrap(), Some(entry(1)));
}
