//! The lock that makes one process the only writer of a run folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::common::files::{self, FileError};
use crate::run::RunError;
use crate::run::folder::names;

/// The lock of a run folder: held, nobody else writes.
///
/// # Errors
/// [`RunError::Locked`] while another process holds it, [`RunError::NoLocks`] where there is none.
pub(super) fn take_lock(folder: &Path) -> Result<File, RunError> {
    let path = folder.join(names::LOCK);
    if path.exists() {
        // A pipe in its place would be waited for.
        files::open_regular(&path)?;
    }
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(FileError::at(&path))?;
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN),
            Err(TryLockError::Error(error)) => return Err(cannot_lock(folder, &path, error)),
        }
    }
    Err(RunError::Locked {
        folder: folder.to_owned(),
    })
}

/// How often a lock is tried. A program that is just being started has the open files of this process for a moment, so
/// a lock that was given back can still be held.
const TRIES: u32 = 10;

/// Time between two tries.
const BETWEEN: Duration = Duration::from_millis(20);

/// What to do where a file cannot be locked.
fn cannot_lock(folder: &Path, lock: &Path, error: io::Error) -> RunError {
    use io::ErrorKind::Unsupported;
    // What network file systems say that have no locks.
    let no_locks = error.kind() == Unsupported || NO_LOCKS.contains(&error.raw_os_error());
    match no_locks {
        true => RunError::NoLocks {
            folder: folder.to_owned(),
            reason: error,
        },
        false => FileError::at(lock)(error).into(),
    }
}

/// `ENOLCK`, which has no [`io::ErrorKind`].
const NO_LOCKS: [Option<i32>; 1] = [if cfg!(target_os = "linux") {
    Some(37)
} else if cfg!(unix) {
    Some(77)
} else {
    None
}];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_without_locks_is_told_with_the_remedy() {
        let (folder, lock) = (Path::new("/mnt/runs/r"), Path::new("/mnt/runs/r/.lock"));
        let without = io::Error::from(io::ErrorKind::Unsupported);
        let text = cannot_lock(folder, lock, without).to_string();
        assert!(
            text.contains("--results") && text.contains("no locks"),
            "{text}"
        );
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let text = cannot_lock(folder, lock, denied).to_string();
        assert!(text.starts_with("/mnt/runs/r/.lock"), "{text}");
        #[cfg(target_os = "linux")]
        assert!(matches!(
            cannot_lock(folder, lock, io::Error::from_raw_os_error(37)),
            RunError::NoLocks { .. }
        ));
    }
}
