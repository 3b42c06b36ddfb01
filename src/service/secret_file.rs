//! The file with the secret of a service at a port.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

use super::{
    private::{Identity, cannot, exposed, identity, is_own, new_of, occupied, service},
    proof::DIGITS,
};
use crate::{
    access::{Finding, finding, open_without_following, write_new},
    error::Error,
    secret::Secret,
};

const LONGEST_SECRET: u64 = 256;

/// Whether a secret may be written to `path`: there is nothing, or a file of this user that is empty or that a killed service has
/// left. Any other file may be the only copy of something.
///
/// # Errors
/// [`crate::error::ErrorKind::Config`] if something else is there, [`crate::error::ErrorKind::Service`] if it cannot be read.
pub fn check_secret_place(path: &Path) -> Result<(), Error> {
    // A service that was killed may have left the beginning of a secret beside the file, and no part of one in it.
    for (path, partial) in [(path, false), (&*new_of(path), true)] {
        let about = match fs::symlink_metadata(path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(cannot("look at", path, &error)),
        };
        if !about.is_file() || finding(&about) == Finding::Foreign || !holds_only_a_secret(path, partial)? {
            return Err(occupied(path, "the secret of a token service of your own"));
        }
    }
    Ok(())
}

/// Whether a file is empty, or holds a secret, or, if `partial`, the beginning of one.
fn holds_only_a_secret(path: &Path, partial: bool) -> Result<bool, Error> {
    let mut bytes = Zeroizing::new(Vec::new());
    open_without_following(path)
        .and_then(|file| file.take(LONGEST_SECRET).read_to_end(&mut bytes))
        .map_err(|error| cannot("read", path, &error))?;
    let fits = bytes.is_empty() || bytes.len() == DIGITS || (partial && bytes.len() < DIGITS);
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    Ok(fits && bytes.iter().all(is_digit))
}

/// Writes a secret for this user alone, in one step: a reader finds the old one or the new one.
///
/// # Errors
/// [`crate::error::ErrorKind::Service`] if the file cannot be written.
pub fn write_secret(path: &Path, secret: &Secret) -> Result<Identity, Error> {
    let write = || {
        let new = new_of(path);
        write_new(&new, secret.expose().as_bytes())?;
        fs::rename(&new, path)?;
        identity(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    write().map_err(|error| cannot("write", path, &error))
}

/// Reads the secret of a service of this user.
///
/// # Errors
/// [`crate::error::ErrorKind::Service`] if there is none, [`crate::error::ErrorKind::ServiceMismatch`] if others could have read or written it.
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

/// Whether nobody but this user can put another file in a secret's place.
///
/// # Errors
/// [`crate::error::ErrorKind::ServiceMismatch`] if others can.
#[cfg(unix)]
pub fn check_secret_folder(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;

    use super::private::own_user;
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::{
        super::{
            private::{remove_if, settled},
            proof::random_digits,
        },
        *,
    };
    use crate::error::ErrorKind;

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
    fn promise_23_only_a_file_that_a_service_has_left_or_an_empty_one_may_become_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let kind = || check_secret_place(&path).err().map(|error| error.kind());
        assert_eq!(kind(), None, "nothing is there");
        let secret = random_digits().unwrap();
        let left = secret.expose();
        for text in [left, ""] {
            fs::write(&path, text).unwrap();
            set_mode(&path, 0o644);
            assert_eq!(kind(), None, "{text}");
        }
        fs::write(new_of(&path), &left[..40]).unwrap();
        assert_eq!(kind(), None, "the beginning of one beside it");
        fs::remove_file(new_of(&path)).unwrap();
        let (longer, noted) = (format!("{left}00"), format!("{left} # mine"));
        for text in [
            "48213",
            &"ABCDEF01".repeat(8),
            &longer,
            &noted,
            "{}",
            "\n",
            "t ",
            &"0".repeat(1000),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(kind(), Some(ErrorKind::Config), "{text}");
        }
        fs::remove_file(&path).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, left).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert_eq!(kind(), Some(ErrorKind::Config), "a link");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(kind(), Some(ErrorKind::Config), "a folder");
        fs::remove_dir(&path).unwrap();
        fs::write(new_of(&path), "{}").unwrap();
        assert_eq!(kind(), Some(ErrorKind::Config), "what would be written first");
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
