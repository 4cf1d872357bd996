//! Files that this program saved earlier and reads back: what is not exactly what it writes is refused.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::common::files::{self, FileError};
use crate::common::picture::PictureError;

/// Why a saved file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A picture is not there or not sound.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// It is not what it should be.
    #[error("{}: {fault}; {origin}", path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        fault: String,
        /// What writes such a file, as a clause.
        origin: &'static str,
    },
}

impl SavedError {
    /// The file at `path` is not what it should be; `origin` says what writes such a file.
    pub fn faulty(path: &Path, origin: &'static str, fault: impl Display) -> Self {
        Self::Faulty {
            path: path.to_owned(),
            fault: fault.to_string(),
            origin,
        }
    }
}

/// Reads a file of at most `limit` bytes as one JSON value; `origin` says what writes such a file.
///
/// # Errors
/// [`SavedError::File`], [`SavedError::Faulty`].
pub fn read_json<T: DeserializeOwned>(
    path: &Path,
    limit: u64,
    origin: &'static str,
) -> Result<T, SavedError> {
    parse_json(&read_text(path, limit, origin)?, path, origin)
}

/// Reads the text of a file of at most `limit` bytes; `origin` says what writes such a file.
///
/// # Errors
/// [`SavedError::Faulty`] where there is no file, else [`SavedError::File`].
pub fn read_text(path: &Path, limit: u64, origin: &'static str) -> Result<String, SavedError> {
    files::read_text_bounded(path, limit).map_err(|error| match error.is_not_found() {
        true => SavedError::faulty(path, origin, "no such file"),
        false => SavedError::File(error),
    })
}

/// Reads a text as one JSON value, after which nothing follows; `path` and `origin` are for errors.
///
/// # Errors
/// [`SavedError::Faulty`], with the place in the value.
pub fn parse_json<T: DeserializeOwned>(
    text: &str,
    path: &Path,
    origin: &'static str,
) -> Result<T, SavedError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| SavedError::faulty(path, origin, error))?;
    json.end()
        .map_err(|error| SavedError::faulty(path, origin, error))?;
    Ok(value)
}
