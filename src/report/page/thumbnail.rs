//! Small pictures for pages, made once per content and kept in the cache folder.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat};

use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::{self, MAX_ENCODED_BYTES};

/// Version of how thumbnails are made: part of their place in the cache.
const VERSION: &str = "thumbnails-1";
/// Quality of JPEG, 1–100.
const QUALITY: u8 = 85;
/// Longest thumbnail that is believed, in bytes.
const MAX_THUMBNAIL_BYTES: u64 = 4 << 20;
/// Longest PNG that is shown as it is when it is small enough in pixels, in bytes.
const MAX_AS_IS_BYTES: usize = 48 << 10;

/// An encoded small picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// PNG or JPEG bytes.
    pub bytes: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Thumbnail {
    /// Media type and file extension.
    pub fn kind(&self) -> (&'static str, &'static str) {
        if self.bytes.starts_with(b"\x89PNG") {
            ("image/png", "png")
        } else {
            ("image/jpeg", "jpg")
        }
    }

    fn sound(bytes: Vec<u8>) -> Option<Self> {
        let reader = image::ImageReader::new(Cursor::new(&bytes)).with_guessed_format();
        let (width, height) = reader.ok()?.into_dimensions().ok()?;
        Some(Self {
            bytes,
            width,
            height,
        })
    }
}

/// Makes thumbnails and remembers them in a folder.
#[derive(Clone, Debug)]
pub struct Thumbnails {
    folder: PathBuf,
}

impl Thumbnails {
    /// Thumbnails that are remembered below the cache folder `cache`.
    pub fn new(cache: &Path) -> Self {
        Self {
            folder: cache.join(VERSION),
        }
    }

    /// The thumbnail of the picture at `path`, whose bytes have this digest, at most `side` pixels wide and
    /// high. A cache that cannot be written is not an error: the thumbnail is made again next time.
    ///
    /// # Errors
    /// Why there is no picture to show, in words.
    pub fn of(&self, path: &Path, digest: Digest, side: u32) -> Result<Thumbnail, String> {
        let name = digest.to_string();
        let folder = self.folder.join(name.get(..2).unwrap_or("xx"));
        let cached = folder.join(format!("{name}-{side}"));
        let known = files::read_bounded(&cached, MAX_THUMBNAIL_BYTES).ok();
        if let Some(known) = known.and_then(Thumbnail::sound) {
            return Ok(known);
        }
        let bytes = files::read_bounded(path, MAX_ENCODED_BYTES)
            .map_err(|_| "the picture's file cannot be read".to_owned())?;
        if Digest::of(&bytes) != digest {
            return Err("the picture's file was changed after it was judged".to_owned());
        }
        let thumbnail = make(bytes, side)?;
        if files::create_folder(&folder).is_ok() {
            let _ = files::write_atomic(&cached, &thumbnail.bytes);
        }
        Ok(thumbnail)
    }
}

fn make(bytes: Vec<u8>, side: u32) -> Result<Thumbnail, String> {
    let format = image::guess_format(&bytes).ok();
    let short = bytes.len() <= MAX_AS_IS_BYTES
        && matches!(format, Some(ImageFormat::Png | ImageFormat::Jpeg));
    let made = picture::with_pixels(&bytes, |pixels| {
        let (width, height) = (pixels.width(), pixels.height());
        match width.max(height) > side {
            true => encode(&pixels.thumbnail(side, side)),
            false if short => Ok(Thumbnail {
                bytes: bytes.clone(),
                width,
                height,
            }),
            false => encode(&pixels),
        }
    });
    made.map_err(|_| "the picture cannot be decoded".to_owned())?
        .map_err(|_| "the picture cannot be encoded".to_owned())
}

/// The shorter of PNG, which suits drawings, and JPEG, which suits photographs.
fn encode(pixels: &DynamicImage) -> Result<Thumbnail, image::ImageError> {
    let mut png = Cursor::new(Vec::new());
    pixels.write_to(&mut png, ImageFormat::Png)?;
    let mut jpeg = Vec::new();
    let opaque = DynamicImage::ImageRgb8(pixels.to_rgb8());
    opaque.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))?;
    let png = png.into_inner();
    let bytes = if png.len() <= jpeg.len() { png } else { jpeg };
    Ok(Thumbnail {
        bytes,
        width: pixels.width(),
        height: pixels.height(),
    })
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn stored(folder: &Path, pixels: RgbImage) -> (PathBuf, Digest) {
        let mut bytes = Cursor::new(Vec::new());
        let pixels = DynamicImage::ImageRgb8(pixels);
        pixels.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let path = folder.join("x.png");
        std::fs::write(&path, bytes.get_ref()).unwrap();
        (path, Digest::of(bytes.get_ref()))
    }

    #[test]
    fn made_once_and_read_from_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let noise = |x: u32, y: u32| Rgb([(x * 7 + y * 13) as u8, (x * y) as u8, (x ^ y) as u8]);
        let (path, digest) = stored(folder.path(), RgbImage::from_fn(900, 300, noise));
        let cache = Thumbnails::new(folder.path());
        let first = cache.of(&path, digest, 320).unwrap();
        assert_eq!((first.width, first.height), (320, 107));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(cache.of(&path, digest, 320).unwrap(), first);
        assert!(
            cache.of(&path, digest, 96).is_err(),
            "another size is another thumbnail"
        );
    }

    #[test]
    fn small_pictures_stay_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (path, digest) = stored(folder.path(), RgbImage::from_pixel(64, 64, Rgb([9, 9, 9])));
        let found = Thumbnails::new(folder.path())
            .of(&path, digest, 320)
            .unwrap();
        assert_eq!(Digest::of(&found.bytes), digest);
    }

    #[test]
    fn broken_changed_and_absent_pictures_have_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let (path, digest) = stored(folder.path(), RgbImage::new(8, 8));
        let cache = Thumbnails::new(folder.path());
        std::fs::write(&path, b"<svg onload=alert(1)>").unwrap();
        let changed = cache.of(&path, digest, 320).unwrap_err();
        assert!(changed.contains("changed"), "{changed}");
        let broken = cache.of(&path, Digest::of(b"<svg onload=alert(1)>"), 320);
        assert!(broken.unwrap_err().contains("decoded"));
        assert!(cache.of(Path::new("/nowhere"), digest, 320).is_err());
    }
}
