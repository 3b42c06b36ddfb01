//! The files that only this user may use: the folder of a socket, the file of a secret, and the lock of each.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::{
    access::{Finding, finding, make_folder, open_or_make, open_without_following, write_new},
    error::{Error, ErrorKind},
    secret::Secret,
};

const LONGEST_SECRET: u64 = 256;

/// The lock file lies beside the file that it protects, and is never removed: two services could then hold it.
fn lock_path(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// The path with `ending` added to the file's name.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
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
    _file: File,
}

impl Lock {
    /// Takes the lock beside `path`.
    ///
    /// # Errors
    /// [`ErrorKind::Service`] if a live service holds it, or the file cannot be used.
    pub fn take(path: &Path) -> Result<Self, Error> {
        let file = open_or_make(&lock_path(path)).map_err(|error| cannot("use the lock of", path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(service(format!(
                "another token service is alive at {}; connect to it, or close it first",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(cannot("lock", path, &error)),
        }
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

/// Writes a secret for this user alone, in one step: a reader finds the old one or the new one.
///
/// # Errors
/// [`ErrorKind::Service`] if the file cannot be written.
pub fn write_secret(path: &Path, secret: &Secret) -> Result<Identity, Error> {
    let write = || {
        let new = beside(path, ".new");
        write_new(&new, secret.expose().as_bytes())?;
        fs::rename(&new, path)?;
        identity(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    write().map_err(|error| cannot("write", path, &error))
}

/// Reads the secret of a service of this user.
///
/// # Errors
/// [`ErrorKind::Service`] if there is none, [`ErrorKind::ServiceMismatch`] if others could have read or written it.
pub fn read_secret(path: &Path) -> Result<Secret, Error> {
    let file = open_without_following(path).map_err(|error| cannot("read", path, &error))?;
    let about = file.metadata().map_err(|error| cannot("read", path, &error))?;
    if !about.is_file() || about.len() > LONGEST_SECRET || !is_own(&about) {
        return Err(exposed(path, "a file of your own with mode 0600"));
    }
    let mut text = String::new();
    file.take(LONGEST_SECRET)
        .read_to_string(&mut text)
        .map_err(|error| cannot("read", path, &error))?;
    let secret = Secret::new(text.trim_end());
    if secret.fits_a_header() {
        Ok(secret)
    } else {
        Err(service(format!("{} holds no secret", path.display())))
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

/// Whether nobody but this user can put another file in a secret's place.
///
/// # Errors
/// [`ErrorKind::ServiceMismatch`] if others can.
#[cfg(unix)]
pub fn check_secret_folder(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    let folder = path.parent().unwrap_or(path);
    match fs::metadata(folder) {
        Ok(about) if about.is_dir() && about.uid() == own_user() && about.mode() & 0o022 == 0 => Ok(()),
        Ok(_) => Err(exposed(folder, "a folder of your own that nobody else can write to")),
        Err(error) => Err(cannot("look at", folder, &error)),
    }
}

/// A user's own folders are private by themselves.
#[cfg(not(unix))]
pub fn check_secret_folder(_: &Path) -> Result<(), Error> {
    Ok(())
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

fn exposed(path: &Path, wanted: &str) -> Error {
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

fn is_own(about: &fs::Metadata) -> bool {
    finding(about) == Finding::Private
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn promise_23_a_secret_is_written_for_its_user_alone_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = settled(&folder.path().join("deep/er/secret")).unwrap();
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        for text in ["canary-one", "canary-two"] {
            write_secret(&path, &Secret::new(text)).unwrap();
            assert_eq!(mode(&path), 0o600);
            assert_eq!(read_secret(&path).unwrap().expose(), text);
        }
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing else is left"
        );
    }

    #[test]
    fn promise_23_a_secret_that_others_can_touch_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_secret(&path, &Secret::new("canary")).unwrap();
        for bits in [0o640, 0o604, 0o620, 0o666] {
            set_mode(&path, bits);
            assert_eq!(
                read_secret(&path).unwrap_err().kind(),
                ErrorKind::ServiceMismatch,
                "{bits:o}"
            );
        }
        set_mode(&path, 0o600);
        assert!(read_secret(&path).is_ok());
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(read_secret(&link).unwrap_err().kind(), ErrorKind::Service);
        fs::write(&path, "x".repeat(1000)).unwrap();
        assert_eq!(read_secret(&path).unwrap_err().kind(), ErrorKind::ServiceMismatch);
        fs::write(&path, "").unwrap();
        assert_eq!(read_secret(&path).unwrap_err().kind(), ErrorKind::Service);
        assert_eq!(
            read_secret(&folder.path().join("none")).unwrap_err().kind(),
            ErrorKind::Service
        );
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
    fn promise_23_a_folder_in_which_others_could_replace_a_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for (bits, fine) in [
            (0o700, true),
            (0o755, true),
            (0o775, false),
            (0o757, false),
            (0o1777, false),
        ] {
            set_mode(folder.path(), bits);
            let refused = check_secret_folder(&path).err().map(|error| error.kind());
            assert_eq!(refused, (!fine).then_some(ErrorKind::ServiceMismatch), "{bits:o}");
        }
    }

    #[test]
    fn a_lock_is_had_once_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let lock = Lock::take(&path).unwrap();
        assert_eq!(Lock::take(&path).err().unwrap().kind(), ErrorKind::Service);
        drop(lock);
        assert!(Lock::take(&path).is_ok());
    }

    #[test]
    fn only_the_very_file_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let mine = write_secret(&path, &Secret::new("canary")).unwrap();
        write_secret(&path, &Secret::new("another")).unwrap();
        remove_if(&path, mine);
        assert!(path.exists());
        remove_if(&path, identity(&path).unwrap());
        assert!(!path.exists());
    }
}
