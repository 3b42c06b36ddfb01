//! The files that only this user may use: the folder of a socket, the socket, and the lock of an address.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

#[cfg(unix)]
use crate::access::remove_stale;
use crate::{
    access::{Finding, finding, is_at, make_folder, open_or_make},
    error::{Error, ErrorKind, Outcome},
};

/// The lock file lies beside the file that it protects, and is never removed: two services could then hold it.
fn lock_path(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// The file that is written whole before it takes the place of the one at `path`.
pub fn new_of(path: &Path) -> PathBuf {
    beside(path, ".new")
}

/// The path with `ending` added to the file's name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Resolves the folder of a path, so that a change of the working directory does not change the path. Makes a missing folder
/// for this user alone.
///
/// # Errors
/// [`ErrorKind::Service`] if it cannot be made.
pub fn settled(path: &Path) -> Result<PathBuf, Error> {
    let (Some(name), Some(folder)) = (path.file_name(), path.parent()) else {
        return Err(service(format!("{} names no file", path.display())));
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let failed = |error| cannot("make the folder", folder, &error);
    make_folder(folder).map_err(failed)?;
    Ok(absolute(folder).map_err(failed)?.join(name))
}

#[cfg(unix)]
fn absolute(folder: &Path) -> io::Result<PathBuf> {
    folder.canonicalize()
}

/// A path without links would begin with `\\?\` there, which people do not know and many programs refuse.
#[cfg(not(unix))]
fn absolute(folder: &Path) -> io::Result<PathBuf> {
    std::path::absolute(folder)
}

/// The exclusive right to a path. The kernel takes it back when its holder dies.
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock beside `path`.
    ///
    /// # Errors
    /// [`ErrorKind::Service`] if a live service holds it, or the file cannot be used.
    pub fn take(path: &Path) -> Result<Self, Error> {
        let file = open_or_make(&lock_path(path)).map_err(|error| cannot("use the lock of", path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) if path.exists() => Err(service(format!(
                "another token service is alive at {}; connect to it, or close it first",
                path.display()
            ))),
            Err(TryLockError::WouldBlock) => Err(service(format!(
                "another token service is alive, and its {} is missing: it makes that within seconds; connect to it then, or close it first",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(cannot("lock", path, &error)),
        }
    }

    /// Whether it is still the lock of `path`: its file can be removed, and another service can make one.
    #[must_use]
    pub fn is_at(&self, path: &Path) -> bool {
        is_at(&self.file, &lock_path(path))
    }
}

/// Identifies a file in its file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    number: u64,
}

/// Removes a file, unless another one has taken its place.
pub fn remove_if(path: &Path, mine: Identity) {
    if identity(path).is_some_and(|found| found == mine) {
        // In a folder that is read-only by now the file stays.
        let _ = fs::remove_file(path);
    }
}

/// Whether the folder of a socket is this user's alone.
///
/// # Errors
/// [`ErrorKind::ServiceMismatch`] if others can get in.
#[cfg(unix)]
pub fn check_folder(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    match fs::metadata(folder) {
        Ok(about) if about.is_dir() && is_own(&about) => Ok(()),
        Ok(_) => Err(exposed(folder, "a folder of your own with mode 0700")),
        Err(error) => Err(cannot("look at", folder, &error)),
    }
}

/// Whether a socket is this user's alone; false if there is nothing at the path.
///
/// # Errors
/// [`ErrorKind::ServiceMismatch`] if it is something else, or others can use it.
#[cfg(unix)]
pub fn check_socket(path: &Path) -> Result<bool, Error> {
    use std::os::unix::fs::FileTypeExt;
    match fs::symlink_metadata(path) {
        Ok(about) if about.file_type().is_socket() && is_own(&about) => Ok(true),
        Ok(_) => Err(exposed(path, "a socket of your own with mode 0600")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot("look at", path, &error)),
    }
}

/// Removes the socket that a killed service has left at `path`.
///
/// # Errors
/// [`ErrorKind::Config`] if something else is there, [`ErrorKind::Service`] if it cannot be removed.
#[cfg(unix)]
pub fn remove_stale_socket(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::FileTypeExt;
    if fs::symlink_metadata(path).is_ok_and(|about| !about.file_type().is_socket()) {
        return Err(occupied(path, "a socket"));
    }
    remove_stale(path).map_err(|error| cannot("remove", path, &error))
}

/// Makes a file this user's alone.
#[cfg(unix)]
pub fn close_to_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// This process' user.
#[cfg(unix)]
#[must_use]
pub fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The error of a token service that cannot be used.
pub fn service(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Service, text)
}

/// The error of something that could not be done to a file.
pub fn cannot(doing: &str, path: &Path, error: &io::Error) -> Error {
    service(format!("cannot {doing} {}: {error}", path.display()))
}

/// The error of a place where something else is than this package writes there.
pub fn occupied(path: &Path, wanted: &str) -> Error {
    let text = format!(
        "{} is not {wanted}, and is left as it is; name another file, or remove this one",
        path.display()
    );
    Error::new(ErrorKind::Config, text).with_outcome(Outcome::NotSent)
}

/// The error of a file or folder that others can use, or could have made.
pub fn exposed(path: &Path, wanted: &str) -> Error {
    let text = format!(
        "{} is not {wanted}: somebody else could have put it there or read it",
        path.display()
    );
    Error::new(ErrorKind::ServiceMismatch, text)
}

#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let about = fs::symlink_metadata(path).ok()?;
    Some(Identity {
        device: about.dev(),
        number: about.ino(),
    })
}

#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<Identity> {
    path.exists().then_some(Identity { device: 0, number: 0 })
}

/// Whether it is this user's alone.
pub fn is_own(about: &fs::Metadata) -> bool {
    finding(about) == Finding::Private
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn promise_23_a_folder_that_others_can_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        for (bits, fine) in [
            (0o700, true),
            (0o500, true),
            (0o750, false),
            (0o711, false),
            (0o1777, false),
        ] {
            set_mode(folder.path(), bits);
            assert_eq!(check_folder(&path).is_ok(), fine, "{bits:o}");
        }
    }

    #[test]
    fn a_lock_is_had_once_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let lock = Lock::take(&path).unwrap();
        let refused = || Lock::take(&path).err().unwrap();
        assert_eq!(refused().kind(), ErrorKind::Service);
        assert!(refused().to_string().contains("it makes that within seconds"));
        fs::write(&path, "").unwrap();
        assert!(refused().to_string().contains("connect to it, or close it first"));
        drop(lock);
        assert!(Lock::take(&path).is_ok());
    }
}
