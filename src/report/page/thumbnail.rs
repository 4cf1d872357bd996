//! Small pictures for pages, made once per content and kept in the cache folder.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use fast_image_resize::{FilterType, ResizeAlg, ResizeError, ResizeOptions, Resizer};
use image::{DynamicImage, ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder, EncodingError, SamplingFactor};
use thiserror::Error;

use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::{self, MAX_ENCODED_BYTES};

/// Version of how thumbnails are made: part of their place in the cache.
const VERSION: &str = "thumbnails-3";
/// Longest thumbnail that is believed, in bytes.
const MAX_THUMBNAIL_BYTES: u64 = 4 << 20;

/// How large a thumbnail may be, and how well it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Longest side in pixels.
    pub side: u32,
    /// Quality of JPEG, 1–100.
    pub quality: u8,
}

/// From the best to the smallest.
pub const RUNGS: [Rung; 4] = [
    Rung {
        side: 320,
        quality: 80,
    },
    Rung {
        side: 256,
        quality: 75,
    },
    Rung {
        side: 192,
        quality: 70,
    },
    Rung {
        side: 160,
        quality: 60,
    },
];

/// An encoded small picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// PNG, WebP or JPEG bytes.
    pub bytes: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Thumbnail {
    /// Media type and file extension.
    pub fn kind(&self) -> (&'static str, &'static str) {
        match self.bytes.get(..4) {
            Some(b"\x89PNG") => ("image/png", "png"),
            Some(b"RIFF") => ("image/webp", "webp"),
            _ => ("image/jpeg", "jpg"),
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

    /// The thumbnail of the picture at `path`, whose bytes have this digest, at most as wide and high as the rung says. A cache that cannot be written is not an error: the thumbnail is made again next time.
    ///
    /// # Errors
    /// Why there is no picture to show, in words.
    pub fn of(&self, path: &Path, digest: Digest, rung: Rung) -> Result<Thumbnail, String> {
        let name = digest.to_string();
        let folder = self.folder.join(name.get(..2).unwrap_or("xx"));
        let cached = folder.join(format!("{name}-{}-{}", rung.side, rung.quality));
        let known = files::read_bounded(&cached, MAX_THUMBNAIL_BYTES).ok();
        if let Some(known) = known.and_then(unsealed).and_then(Thumbnail::sound) {
            return Ok(known);
        }
        let bytes = files::read_bounded(path, MAX_ENCODED_BYTES)
            .map_err(|_| "the picture's file cannot be read".to_owned())?;
        if Digest::of(&bytes) != digest {
            return Err("the picture's file was changed after it was judged".to_owned());
        }
        let thumbnail = make(bytes, rung)?;
        if files::create_folder(&folder).is_ok() {
            let _ = files::write_cached(&cached, &sealed(&thumbnail.bytes));
        }
        Ok(thumbnail)
    }
}

/// The bytes with their digest behind them, by which a file that was cut off is known.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    [bytes, Digest::of(bytes).as_bytes().as_slice()].concat()
}

/// What was sealed, if the seal holds.
fn unsealed(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let (content, seal) = bytes.split_last_chunk::<32>()?;
    let (length, holds) = (content.len(), Digest::of(content).as_bytes() == seal);
    bytes.truncate(length);
    holds.then_some(bytes)
}

fn make(bytes: Vec<u8>, rung: Rung) -> Result<Thumbnail, String> {
    let shown = matches!(
        image::guess_format(&bytes),
        Ok(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)
    );
    let made = picture::with_pixels(&bytes, |pixels| -> Result<Thumbnail, MakeError> {
        let (width, height) = (pixels.width(), pixels.height());
        if width.max(height) > rung.side {
            return encode(&smaller(pixels, rung.side)?, rung.quality);
        }
        let made = encode(&pixels.to_rgb8(), rung.quality)?;
        // A picture that is small in pixels and bytes stays as it is.
        Ok(match shown && bytes.len() <= made.bytes.len() {
            true => Thumbnail {
                bytes: bytes.clone(),
                ..made
            },
            false => made,
        })
    });
    made.map_err(|_| "the picture cannot be decoded".to_owned())?
        .map_err(|_| "the picture cannot be encoded".to_owned())
}

/// Why a thumbnail cannot be made of pixels.
#[derive(Debug, Error)]
enum MakeError {
    #[error(transparent)]
    WebP(#[from] image::ImageError),
    #[error(transparent)]
    Jpeg(#[from] EncodingError),
    #[error(transparent)]
    Resize(#[from] ResizeError),
}

/// The picture with its longer side at `side` pixels; each pixel is the mean of the area that it covers.
fn smaller(pixels: DynamicImage, side: u32) -> Result<RgbImage, ResizeError> {
    let longer = pixels.width().max(pixels.height());
    let scaled = |length: u32| {
        let scaled =
            (u64::from(length) * u64::from(side) * 2 + u64::from(longer)) / (2 * u64::from(longer));
        u32::try_from(scaled).unwrap_or(side).clamp(1, side)
    };
    let mut small = DynamicImage::new_rgb8(scaled(pixels.width()), scaled(pixels.height()));
    let area = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
    let rgb = DynamicImage::ImageRgb8(pixels.into_rgb8());
    Resizer::new().resize(&rgb, &mut small, &area)?;
    Ok(small.into_rgb8())
}

/// The shorter of lossless WebP, which suits drawings, and JPEG, which suits photographs.
fn encode(pixels: &RgbImage, quality: u8) -> Result<Thumbnail, MakeError> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    let side = |pixels| u16::try_from(pixels).unwrap_or(u16::MAX);
    let (width, height) = (side(pixels.width()), side(pixels.height()));
    encoder.encode(pixels, width, height, ColorType::Rgb)?;
    let mut bytes = jpeg;
    // What cannot be shorter is not made.
    if least_webp(pixels) <= bytes.len() {
        let mut webp = Cursor::new(Vec::new());
        pixels.write_to(&mut webp, ImageFormat::WebP)?;
        let webp = webp.into_inner();
        if webp.len() <= bytes.len() {
            bytes = webp;
        }
    }
    Ok(Thumbnail {
        bytes,
        width: pixels.width(),
        height: pixels.height(),
    })
}

/// A number of bytes that the lossless WebP of `image` does not go below.
///
/// It writes red and blue less green, each less the pixel above, with one prefix code per channel; a pixel that equals
/// the one before it can be part of a run. A prefix code needs no fewer bits than the entropy (Shannon 1948), here of the
/// pixels of every other row that are in no run.
fn least_webp(pixels: &RgbImage) -> usize {
    let length = 3 * pixels.width() as usize;
    let mut counts = [[0_u32; 256]; 3];
    let rows: Vec<&[u8]> = pixels.as_raw().chunks_exact(length.max(1)).collect();
    for pair in rows.chunks_exact(2) {
        let [above, row] = pair else { continue };
        let mut before = None;
        for (upper, pixel) in above.chunks_exact(3).zip(row.chunks_exact(3)) {
            let rest = rest(pixel, upper);
            // The first of a row may belong to a run of the row above.
            if before.is_some_and(|before| before != rest) {
                for (counts, value) in counts.iter_mut().zip(rest) {
                    if let Some(count) = counts.get_mut(usize::from(value)) {
                        *count += 1;
                    }
                }
            }
            before = Some(rest);
        }
    }
    let bits: f64 = counts.iter().map(|counts| entropy(counts)).sum();
    (bits / 8.0) as usize
}

/// Red less green, green, blue less green, each less the same of the pixel above.
fn rest(pixel: &[u8], above: &[u8]) -> [u8; 3] {
    let parted = |pixel: &[u8]| match *pixel {
        [red, green, blue] => [red.wrapping_sub(green), green, blue.wrapping_sub(green)],
        _ => [0; 3],
    };
    let ([a, b, c], [d, e, f]) = (parted(pixel), parted(above));
    [a.wrapping_sub(d), b.wrapping_sub(e), c.wrapping_sub(f)]
}

/// Bits of all values together under the best code for their counts.
fn entropy(counts: &[u32]) -> f64 {
    let all: f64 = counts.iter().copied().map(f64::from).sum();
    let of = |&count: &u32| f64::from(count) * (all / f64::from(count)).log2();
    counts.iter().filter(|count| **count > 0).map(of).sum()
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
        let first = cache.of(&path, digest, RUNGS[0]).unwrap();
        assert_eq!((first.width, first.height), (320, 107));
        let picture = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(cache.of(&path, digest, RUNGS[0]).unwrap(), first);
        // A cached file that was cut off is not believed.
        let name = digest.to_string();
        let cached = format!("{VERSION}/{}/{name}-320-80", &name[..2]);
        let cached = folder.path().join(cached);
        let whole = std::fs::read(&cached).unwrap();
        std::fs::write(&cached, &whole[..whole.len() - 40]).unwrap();
        assert!(cache.of(&path, digest, RUNGS[0]).is_err());
        std::fs::write(&path, &picture).unwrap();
        assert_eq!(cache.of(&path, digest, RUNGS[0]).unwrap(), first);
        assert_eq!(std::fs::read(&cached).unwrap(), whole);
        std::fs::remove_file(&path).unwrap();
        assert!(
            cache.of(&path, digest, RUNGS[1]).is_err(),
            "another size is another thumbnail"
        );
    }

    #[test]
    fn small_pictures_are_never_made_longer_nor_larger() {
        let folder = tempfile::tempdir().unwrap();
        let (path, digest) = stored(folder.path(), RgbImage::from_pixel(64, 64, Rgb([9, 9, 9])));
        let length = std::fs::metadata(&path).unwrap().len();
        let found = Thumbnails::new(folder.path())
            .of(&path, digest, RUNGS[0])
            .unwrap();
        assert!(found.bytes.len() as u64 <= length);
        assert_eq!((found.width, found.height), (64, 64));
        assert_eq!(
            found.kind().1,
            "webp",
            "a plain picture is shortest without loss"
        );
    }

    /// Drawings, photographs and what lies between: the bound holds, and rules WebP out where it is much longer.
    #[test]
    fn the_least_webp_is_a_lower_bound() {
        let hash = |x: u32, y: u32| {
            (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519)
        };
        let plain = RgbImage::from_pixel(97, 41, Rgb([3, 200, 90]));
        let board = RgbImage::from_fn(160, 90, |x, y| {
            Rgb([(x / 20 * 30) as u8, (y / 15 * 40) as u8, 77])
        });
        let noise = RgbImage::from_fn(130, 64, |x, y| {
            Rgb([
                hash(x, y) as u8,
                (hash(x, y) >> 8) as u8,
                (hash(x, y) >> 16) as u8,
            ])
        });
        let photograph = RgbImage::from_fn(320, 320, |x, y| {
            let grain = (hash(x, y) >> 29) as u8;
            Rgb([1, 2, 3].map(|k| ((x * k / 3 + y * (4 - k) / 2) % 256 / 2) as u8 + grain))
        });
        for (name, pixels) in [
            ("plain", &plain),
            ("board", &board),
            ("noise", &noise),
            ("photograph", &photograph),
        ] {
            let mut webp = Cursor::new(Vec::new());
            pixels.write_to(&mut webp, ImageFormat::WebP).unwrap();
            let length = webp.into_inner().len();
            assert!(
                least_webp(pixels) <= length,
                "{name}: {} of {length}",
                least_webp(pixels)
            );
        }
        assert_eq!(encode(&plain, 80).unwrap().kind().1, "webp");
        assert_eq!(encode(&photograph, 80).unwrap().kind().1, "jpg");
        assert!(least_webp(&photograph) > encode(&photograph, 80).unwrap().bytes.len());
        assert!(least_webp(&noise) > 130 * 64);
    }

    #[test]
    fn broken_changed_and_absent_pictures_have_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let (path, digest) = stored(folder.path(), RgbImage::new(8, 8));
        let cache = Thumbnails::new(folder.path());
        std::fs::write(&path, b"<svg onload=alert(1)>").unwrap();
        let changed = cache.of(&path, digest, RUNGS[0]).unwrap_err();
        assert!(changed.contains("changed"), "{changed}");
        let broken = cache.of(&path, Digest::of(b"<svg onload=alert(1)>"), RUNGS[0]);
        assert!(broken.unwrap_err().contains("decoded"));
        assert!(cache.of(Path::new("/nowhere"), digest, RUNGS[0]).is_err());
    }
}
