//! Files of a shard under a second name in the merged run.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::error::MergeError;
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

/// SHA-256 of a log; of nothing where it is not there.
pub(super) fn digest_of(path: &Path) -> Result<Digest, MergeError> {
    match files::open_regular(path) {
        Ok(file) => Ok(Digest::of_reader(file).map_err(FileError::at(path))?),
        Err(error) if error.is_not_found() => Ok(Digest::of(&[])),
        Err(error) => Err(error.into()),
    }
}

/// Whether a regular file lies there; a link is none.
pub(super) fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
}

/// Gives a file a second name; copies it where that cannot be done.
pub(super) fn link(from: &Path, to: &Path) -> Result<(), FileError> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        // Two answers with one picture.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(_) => {
            let bytes = files::read_bounded(from, crate::common::picture::MAX_ENCODED_BYTES)?;
            files::write_atomic(to, &bytes)
        }
    }
}

/// Links the files of a trajectory's folder.
pub(super) fn link_folder(from: &Path, to: &Path) -> Result<(), MergeError> {
    files::create_folder(to)?;
    for entry in fs::read_dir(from).map_err(FileError::at(from))? {
        let path = entry.map_err(FileError::at(from))?.path();
        if let Some(name) = path.file_name().filter(|_| is_file(&path)) {
            link(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// Moves what is not there yet from one folder to another.
pub(super) fn move_new(from: &Path, to: &Path) -> Result<(), MergeError> {
    for entry in fs::read_dir(from).map_err(FileError::at(from))? {
        let entry = entry.map_err(FileError::at(from))?;
        let there = to.join(entry.file_name());
        if fs::symlink_metadata(&there).is_err() {
            fs::rename(entry.path(), &there).map_err(FileError::at(&there))?;
        }
    }
    Ok(())
}
