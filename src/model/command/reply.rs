//! From a program's reply to an answer: the picture must lie where it may.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::protocol::ProgramAnswer;
use crate::common::files::{FileError, join_contained, read_bounded};
use crate::common::picture::MAX_ENCODED_BYTES;
use crate::model::{Answer, Failure, Part, text};

/// Makes an answer of a reply whose picture, if any, lies in `folder` (absolute,
/// links resolved).
///
/// # Errors
/// The picture lies elsewhere or is not there, in words that follow the program's name.
pub(super) fn answer(reply: ProgramAnswer, folder: &Path) -> Result<Answer, String> {
    let mut details = Map::new();
    if !reply.details.is_empty() {
        details.insert("reported".into(), Value::Object(reply.details));
    }
    if !reply.faults.is_empty() {
        details.insert("reply_faults".into(), reply.faults.into());
    }
    let reasoning = match reply.reasoning.flatten() {
        Some(raw) => text::reasoning(raw.into_bytes(), &mut details),
        None => not_given(reply.error.as_ref()),
    };
    let image = match reply.image.flatten() {
        Some(path) => picture(&path, folder)?,
        None => not_given(reply.error.as_ref()),
    };
    Ok(Answer {
        film: None,
        reasoning,
        image,
        timing_ms: reply.timing_ms,
        details,
        cost_usd: None,
    })
}

/// A half that is null: the model answered without it, unless the program says
/// that something failed.
fn not_given<T>(error: Option<&Failure>) -> Part<T> {
    match error {
        Some(failure) => Part::Lost(failure.clone()),
        None => Part::Empty,
    }
}

fn picture(path: &str, folder: &Path) -> Result<Part<Bytes>, String> {
    let found = contained(path, folder)?;
    match read_bounded(&found, MAX_ENCODED_BYTES) {
        // Whether it is a picture is found by whoever stores it.
        Ok(bytes) => Ok(Part::Given(bytes.into())),
        Err(error @ FileError::TooLong { .. }) => {
            Ok(Part::Lost(Failure::of_picture(&error.into())))
        }
        Err(error) => Err(format!("named a picture that cannot be read: {error}")),
    }
}

/// The file that a reply names, if it lies in the folder; links are followed first.
fn contained(path: &str, folder: &Path) -> Result<PathBuf, String> {
    let shown = text::excerpt(path, 300);
    let outside = || {
        format!(
            "named the picture `{shown}`, which is not in the folder of the `output` that it was \
             given"
        )
    };
    let named = match Path::new(path).is_absolute() {
        true => PathBuf::from(path),
        false => join_contained(folder, path).ok_or_else(outside)?,
    };
    let found = std::fs::canonicalize(&named)
        .map_err(|error| format!("named the picture `{shown}`, but: {error}"))?;
    match found.starts_with(folder) && found.is_file() {
        true => Ok(found),
        false => Err(outside()),
    }
}
