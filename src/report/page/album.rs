//! The pictures of a page: each content once, embedded in the page or in a folder beside it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use serde::Serialize;

use super::thumbnail::{Thumbnail, Thumbnails};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

/// Most bytes of pictures, as base64, that a page embeds.
pub const MAX_EMBEDDED_BYTES: usize = 25_000_000;
/// The folder beside the page.
pub const FOLDER: &str = "images";

/// Where a picture is, and how large it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    path: PathBuf,
    digest: Digest,
    side: u32,
}

/// Collects the pictures that a page shows.
#[derive(Debug, Default)]
pub struct Album {
    wanted: Vec<Wanted>,
    known: HashMap<(Digest, u32), usize>,
}

/// A picture as the page's script finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// A data URL, or a path relative to the page; none where the picture cannot be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Why it cannot be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// The pictures of a page, ready to be written.
#[derive(Debug, Default)]
pub struct Developed {
    /// In the order of the numbers that [`Album::add`] gave.
    pub entries: Vec<Entry>,
    /// Files for the folder beside the page, by name; empty where pictures are embedded.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Album {
    /// Notes a picture and gives its number. The same content in the same size is one picture.
    pub fn add(&mut self, path: &Path, digest: Digest, side: u32) -> usize {
        let next = self.wanted.len();
        let number = *self.known.entry((digest, side)).or_insert(next);
        if number == next {
            self.wanted.push(Wanted {
                path: path.to_owned(),
                digest,
                side,
            });
        }
        number
    }

    /// Makes all thumbnails; a picture that cannot be shown says why.
    pub fn develop(self, thumbnails: &Thumbnails) -> Developed {
        let made: Vec<Result<Thumbnail, String>> = self
            .wanted
            .par_iter()
            .map(|wanted| thumbnails.of(&wanted.path, wanted.digest, wanted.side))
            .collect();
        let bytes = made.iter().flatten().map(|t| t.bytes.len().div_ceil(3) * 4);
        let embed = bytes.sum::<usize>() <= MAX_EMBEDDED_BYTES;
        let mut developed = Developed::default();
        for (wanted, made) in self.wanted.iter().zip(made) {
            let entry = match made {
                Ok(thumbnail) if embed => embedded(&thumbnail),
                Ok(thumbnail) => {
                    let (_, extension) = thumbnail.kind();
                    let stem = wanted.digest.short(20);
                    let name = format!("{stem}-{}.{extension}", wanted.side);
                    let entry = Entry {
                        url: Some(format!("{FOLDER}/{name}")),
                        width: thumbnail.width,
                        height: thumbnail.height,
                        fault: None,
                    };
                    developed.files.push((name, thumbnail.bytes));
                    entry
                }
                Err(fault) => Entry {
                    url: None,
                    width: 0,
                    height: 0,
                    fault: Some(fault),
                },
            };
            developed.entries.push(entry);
        }
        developed
    }
}

fn embedded(thumbnail: &Thumbnail) -> Entry {
    let (media, _) = thumbnail.kind();
    let data = STANDARD.encode(&thumbnail.bytes);
    Entry {
        url: Some(format!("data:{media};base64,{data}")),
        width: thumbnail.width,
        height: thumbnail.height,
        fault: None,
    }
}

/// Writes files into the folder beside the page; nothing where there are none.
///
/// # Errors
/// [`FileError`].
pub fn write(report: &Path, images: &[(String, Vec<u8>)]) -> Result<(), FileError> {
    if images.is_empty() {
        return Ok(());
    }
    let folder = report.join(FOLDER);
    files::create_folder(&folder)?;
    images.par_iter().try_for_each(|(name, bytes)| {
        let path = folder.join(name);
        // Names say what the content is: what lies there in full length is right.
        let there = std::fs::metadata(&path).is_ok_and(|meta| meta.len() == bytes.len() as u64);
        if there {
            return Ok(());
        }
        std::fs::write(&path, bytes).map_err(FileError::at(&path))
    })
}
