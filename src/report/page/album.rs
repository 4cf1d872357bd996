//! The pictures of a page: each content once, embedded in the page or in a folder beside it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use serde::Serialize;

use super::thumbnail::{RUNGS, Rung, Thumbnail, Thumbnails};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

/// Most bytes of a page's texts and pictures, as base64: with its figures it stays below 8 MB.
pub const MAX_EMBEDDED_BYTES: usize = 7_200_000;
/// The smallest rung takes about this part of the bytes of the best one: above it, smaller ones are not tried.
const SMALLEST_SHARE: usize = 8;
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
pub struct AlbumEntry {
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
    pub entries: Vec<AlbumEntry>,
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

    /// Makes all thumbnails, as good as fits into a page with so many bytes of `texts`; a picture that cannot be shown says
    /// why.
    pub fn develop(self, thumbnails: &Thumbnails, texts: usize) -> Developed {
        self.within(thumbnails, MAX_EMBEDDED_BYTES.saturating_sub(texts))
    }

    /// The same with `most` bytes of pictures in the page.
    fn within(self, thumbnails: &Thumbnails, most: usize) -> Developed {
        let [best, smaller @ ..] = RUNGS;
        let mut made = self.made(thumbnails, best);
        let mut embed = length(&made) <= most;
        if !embed && length(&made) <= SMALLEST_SHARE * most {
            for rung in smaller {
                let tried = self.made(thumbnails, rung);
                if length(&tried) <= most {
                    (made, embed) = (tried, true);
                    break;
                }
            }
        }
        let mut developed = Developed::default();
        for (wanted, made) in self.wanted.iter().zip(made) {
            let entry = match made {
                Ok(thumbnail) if embed => embedded(&thumbnail),
                Ok(thumbnail) => {
                    let (_, extension) = thumbnail.kind();
                    let stem = wanted.digest.short(20);
                    let name = format!("{stem}-{}.{extension}", wanted.side);
                    let entry = AlbumEntry {
                        url: Some(format!("{FOLDER}/{name}")),
                        width: thumbnail.width,
                        height: thumbnail.height,
                        fault: None,
                    };
                    developed.files.push((name, thumbnail.bytes));
                    entry
                }
                Err(fault) => AlbumEntry {
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

    fn made(&self, thumbnails: &Thumbnails, rung: Rung) -> Vec<Result<Thumbnail, String>> {
        let of = |wanted: &Wanted| {
            let rung = Rung {
                side: rung.side.min(wanted.side),
                ..rung
            };
            thumbnails.of(&wanted.path, wanted.digest, rung)
        };
        self.wanted.par_iter().map(of).collect()
    }
}

/// Bytes of all thumbnails as base64.
fn length(made: &[Result<Thumbnail, String>]) -> usize {
    let bytes = made.iter().flatten().map(|t| t.bytes.len().div_ceil(3) * 4);
    bytes.sum()
}

fn embedded(thumbnail: &Thumbnail) -> AlbumEntry {
    let (media, _) = thumbnail.kind();
    let data = STANDARD.encode(&thumbnail.bytes);
    AlbumEntry {
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

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    #[test]
    fn pictures_shrink_until_they_fit_and_else_lie_beside_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let noise = |x: u32, y: u32| Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, (x ^ y) as u8]);
        let path = folder.path().join("noise.png");
        RgbImage::from_fn(400, 400, noise).save(&path).unwrap();
        let digest = Digest::of(&std::fs::read(&path).unwrap());
        let thumbnails = Thumbnails::new(folder.path());
        let within = |most: usize| {
            let mut album = Album::default();
            assert_eq!(album.add(&path, digest, 320), album.add(&path, digest, 320));
            album.within(&thumbnails, most)
        };
        let whole = within(usize::MAX / SMALLEST_SHARE);
        let length = |shown: &Developed| shown.entries[0].url.as_ref().unwrap().len();
        assert_eq!((whole.entries[0].width, whole.files.len()), (320, 0));
        let smaller = within(length(&whole) * 2 / 3);
        assert!(smaller.files.is_empty() && smaller.entries[0].width < 320);
        assert!(length(&smaller) <= length(&whole) * 2 / 3 + 30);
        let beside = within(100);
        assert_eq!((beside.entries[0].width, beside.files.len()), (320, 1));
        let url = beside.entries[0].url.as_ref().unwrap();
        assert!(url.starts_with("images/"), "{url}");
    }
}
