//! Where a record's picture is: embedded bytes, base64, or a file of the source.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::spool::Blob;
use super::table::SourceCell;
use crate::common::files::{self, FileError};
use crate::common::outside::Folder;
use crate::common::picture::{EXTENSIONS, Foreign, MAX_ENCODED_BYTES, Picture, PictureError};
use crate::suite::fault::quoted;

/// Longest text that may be a path, in bytes.
const MAX_PATH_BYTES: usize = 1024;
/// Shortest text that may be a picture in base64, in bytes: the smallest pictures have some 40.
const MIN_BASE64_BYTES: usize = 48;
/// How the formats that are read begin, and some that are not.
const BEGINNINGS: [&[u8]; 6] = [
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"RIFF",
    b"GIF8",
    b"BM",
    b"\0\0\0",
];

/// The folders of a source that a picture's path may be relative to, the likeliest first.
#[derive(Debug)]
pub(super) struct Places<'a> {
    root: &'a Folder,
    /// Prefixes, empty or with `/` at the end.
    prefixes: [String; 4],
    /// Archives of the source, in which a file that is not found may lie.
    archives: &'a [String],
}

impl<'a> Places<'a> {
    /// For the records of a data file that lies in `folder`, a path in the source.
    pub(super) fn of(root: &'a Folder, folder: &str, archives: &'a [String]) -> Self {
        let own = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let images = format!("{own}images/");
        Self {
            root,
            prefixes: [own, String::new(), images, "images/".to_owned()],
            archives,
        }
    }

    /// Where the file of a path lies; `None` where there is nothing of that name.
    ///
    /// # Errors
    /// There is something, but no regular file of the source.
    fn find(&self, relative: &str) -> Result<Option<PathBuf>, FileError> {
        for prefix in &self.prefixes {
            match self.root.find(&format!("{prefix}{relative}")) {
                Ok(path) => return Ok(Some(path)),
                Err(FileError::Io { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// A picture of the source that nobody has decoded yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PictureSource {
    /// Encoded bytes.
    Embedded(Blob),
    /// A file.
    File(PathBuf),
}

impl PictureSource {
    /// Reads and checks it; the result is PNG.
    pub(super) fn load(&self) -> Result<Picture, PictureError> {
        Picture::from_untrusted(match self {
            Self::Embedded(blob) => blob.load().map_err(image::ImageError::IoError)?,
            Self::File(path) => files::read_bounded(path, MAX_ENCODED_BYTES)?.into(),
        })
    }
}

/// Whether a value looks like a picture, of a format that is read or of another.
pub(super) fn looks_like_one(cell: &SourceCell) -> bool {
    match cell {
        SourceCell::Bytes(blob) => bytes_look_like_one(blob.head()),
        SourceCell::Text(text) => {
            let text = text.trim();
            text.starts_with("data:image/") || names_one(text) || from_base64(text).is_some()
        }
        SourceCell::List(cells) => cells.iter().any(looks_like_one),
        SourceCell::Group(cells) => ["bytes", "path", "src", "url"]
            .iter()
            .filter_map(|name| cells.get(*name))
            .any(looks_like_one),
        SourceCell::Null | SourceCell::Scalar(_) => false,
    }
}

fn bytes_look_like_one(head: &[u8]) -> bool {
    let known = BEGINNINGS.iter().any(|start| head.starts_with(start));
    known
        || matches!(
            Foreign::of(head),
            Some(Foreign::LfsPointer | Foreign::Format(_))
        )
}

/// Whether a text is the path or address of a picture by its ending, and not a sentence.
fn names_one(text: &str) -> bool {
    let path = match text.split_once("://") {
        Some((_, address)) => address.split(['?', '#']).next().unwrap_or(address),
        None => text,
    };
    let ending = path
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| EXTENSIONS.contains(&ending.as_str()))
        && path.len() <= MAX_PATH_BYTES
        && !path.contains('\n')
}

/// The picture that a value means; `Ok(None)` when there is none.
///
/// # Errors
/// What was found instead of a picture.
pub(super) fn locate(
    cell: &SourceCell,
    places: &Places<'_>,
) -> Result<Option<PictureSource>, String> {
    match cell {
        SourceCell::Null => Ok(None),
        SourceCell::Bytes(blob) if blob.head().is_empty() => Ok(None),
        SourceCell::Bytes(blob) => Ok(Some(PictureSource::Embedded(blob.clone()))),
        SourceCell::Text(text) => locate_text(text.trim(), places).map(Some),
        SourceCell::List(cells) => match cells.as_slice() {
            [] => Ok(None),
            [only] => locate(only, places),
            more => Err(format!("{} pictures where a task has one", more.len())),
        },
        SourceCell::Group(cells) => {
            let part = |name: &str| cells.get(name).filter(|cell| **cell != SourceCell::Null);
            match part("bytes").or_else(|| part("path")) {
                Some(cell) => locate(cell, places),
                None if cells.contains_key("bytes") || cells.contains_key("path") => Ok(None),
                None => Err("an object without `bytes` and `path`".to_owned()),
            }
        }
        SourceCell::Scalar(value) => Err(format!("{value}, which is not a picture")),
    }
}

fn locate_text(text: &str, places: &Places<'_>) -> Result<PictureSource, String> {
    if text.contains("://") {
        return Err(format!(
            "the address {}, which is not fetched: fetch the pictures into the source, and name the files",
            quoted(text)
        ));
    }
    if let Some(bytes) = from_base64(text) {
        return Ok(PictureSource::Embedded(Blob::Memory(bytes)));
    }
    let relative = text.replace('\\', "/");
    let relative = relative.trim_start_matches("./");
    let nowhere = || {
        let shown = quoted(text);
        let advice = match places.archives {
            [] => String::new(),
            [first, ..] => format!(" (the source holds {first}: unpack it there)"),
        };
        format!("{shown}, which is neither a file of the source nor base64{advice}")
    };
    if relative.len() > MAX_PATH_BYTES {
        return Err(nowhere());
    }
    let found = places.find(relative).map_err(|error| match error {
        FileError::Outside { .. } => {
            format!("{}, which leads outside of the source", quoted(text))
        }
        FileError::NotRegular { what, .. } => format!("{}, which is {what}", quoted(text)),
        other => other.to_string(),
    })?;
    found.map(PictureSource::File).ok_or_else(nowhere)
}

/// The bytes of a picture in base64, with or without `data:image/…;base64,` before it.
pub(super) fn from_base64(text: &str) -> Option<Bytes> {
    let body = match text.trim().strip_prefix("data:") {
        Some(rest) => rest.split_once(";base64,")?.1,
        None => text,
    };
    let too_long = body.len() as u64 > MAX_ENCODED_BYTES / 3 * 4 + 4;
    if body.len() < MIN_BASE64_BYTES || too_long {
        return None;
    }
    let compact: Vec<u8> = body.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(compact).ok()?;
    bytes_look_like_one(&bytes).then(|| bytes.into())
}
