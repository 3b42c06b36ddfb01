//! Opens private files, and checks who else may use them. Windows has no such permissions: a user's own folders are private
//! there by themselves, and nothing is checked.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use system::make_private;
pub use system::{finding, is_at, is_shortage, make_folder, number, open_without_following, sync_folder};

/// The users who may use a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code))]
pub enum Finding {
    /// Its owner only, who is this process' user.
    Private,
    /// Another user, who owns it.
    Foreign,
    /// Its group or everybody as well.
    Open,
}

/// Opens a file for reading and writing. Makes an empty private one if there is none.
pub fn open_or_make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    make_private(&mut options);
    options.open(path)
}

/// Writes a whole private file. It removes an old one first: the caller holds a lock, so a killed process has left that.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<File> {
    remove_stale(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    make_private(&mut options);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
}

/// Removes a file that a killed process may have left.
pub fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
mod system {
    use std::{
        fs::{DirBuilder, File, Metadata, OpenOptions},
        io,
        os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
        path::Path,
    };

    use rustix::{fs::OFlags, io::Errno, process::geteuid};

    use super::Finding;

    /// The users who may use a file or folder.
    pub fn finding(found: &Metadata) -> Finding {
        if found.uid() != geteuid().as_raw() {
            Finding::Foreign
        } else if found.mode() & 0o077 != 0 {
            Finding::Open
        } else {
            Finding::Private
        }
    }

    /// Whether the path leads to this file.
    pub fn is_at(file: &File, path: &Path) -> bool {
        let (Ok(ours), Ok(there)) = (file.metadata(), path.symlink_metadata()) else {
            return false;
        };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }

    /// Whether this process, or its machine, has for now too many open files or too little memory.
    pub fn is_shortage(error: &io::Error) -> bool {
        let shortages = [Errno::MFILE, Errno::NFILE, Errno::NOMEM];
        Errno::from_io_error(error).is_some_and(|error| shortages.contains(&error))
    }

    /// Makes a private folder, and those above it that are missing.
    pub fn make_folder(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Lets the options create private files, and follow no link.
    pub fn make_private(options: &mut OpenOptions) {
        options.mode(0o600).custom_flags(flags(OFlags::NOFOLLOW));
    }

    /// The number of a file in its file system.
    pub fn number(found: &Metadata) -> u64 {
        found.ino()
    }

    /// Opens a file for reading. A link is an error, and a pipe does not block.
    pub fn open_without_following(path: &Path) -> io::Result<File> {
        let flags = flags(OFlags::NOFOLLOW | OFlags::NONBLOCK);
        OpenOptions::new().read(true).custom_flags(flags).open(path)
    }

    /// Writes the folder's entries to the disk, so that a renaming outlasts a power failure.
    pub fn sync_folder(path: &Path) -> io::Result<()> {
        match File::open(path)?.sync_all() {
            // Some network file systems cannot do that, and need not.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            synced => synced,
        }
    }

    fn flags(flags: OFlags) -> i32 {
        i32::try_from(flags.bits()).unwrap_or_default()
    }
}

#[cfg(not(unix))]
mod system {
    use std::{
        fs::{self, File, Metadata, OpenOptions},
        io,
        path::Path,
    };

    use super::Finding;

    pub fn finding(_: &Metadata) -> Finding {
        Finding::Private
    }

    pub fn is_at(_: &File, path: &Path) -> bool {
        path.exists()
    }

    pub fn is_shortage(_: &io::Error) -> bool {
        false
    }

    pub fn make_folder(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub fn make_private(_: &mut OpenOptions) {}

    pub fn number(_: &Metadata) -> u64 {
        0
    }

    pub fn open_without_following(path: &Path) -> io::Result<File> {
        if path.symlink_metadata()?.is_symlink() {
            return Err(io::Error::other("it is a link"));
        }
        File::open(path)
    }

    pub fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn promise_16_a_file_that_was_replaced_is_not_the_one_at_its_path() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("lock");
        let file = open_or_make(&path).unwrap();
        assert!(is_at(&file, &path));
        fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path));
        open_or_make(&path).unwrap();
        #[cfg(unix)]
        assert!(!is_at(&file, &path));
    }
}
