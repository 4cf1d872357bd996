//! The folder of an anchor set: `anchors.json` and its pictures. It is written once and never overwritten.

use std::path::{Path, PathBuf};

use crate::common::saved::SavedError;

/// The file of questions or answers, and marks.
pub const FILE: &str = "anchors.json";

/// Why an anchor set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// A file or a picture cannot be used.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// The folder holds an anchor set already.
    #[error("{} holds an anchor set; anchors are never overwritten: name another folder", .0.display())]
    Taken(PathBuf),
}

/// Whether `folder` is free for an anchor set.
///
/// # Errors
/// [`AnchorError::Taken`].
pub fn check_free(folder: &Path) -> Result<(), AnchorError> {
    match folder.join(FILE).exists() {
        true => Err(AnchorError::Taken(folder.to_owned())),
        false => Ok(()),
    }
}
