//! Pictures from untrusted sources: decoded within bounds, kept as PNG, named by
//! the digest of their bytes.
//!
//! What is decoded is the picture as it is meant to be seen: turned upright as its EXIF orientation says,
//! transparent pixels composed on white, 16 bits a channel reduced to 8. A colour profile is kept beside
//! the pixels and not applied, as in most evaluation code. PNG, JPEG, WebP, GIF and BMP are read; a picture
//! that is cut off or animated is refused, and other formats are refused by their name.

mod budget;
mod decode;
mod foreign;
pub mod resize;
pub mod shelf;
mod whole;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

pub use self::decode::Changes;
pub use self::foreign::{Foreign, LFS_ADVICE, is_lfs_pointer};
pub use self::whole::NotWhole;

/// Longest encoded picture that is read, in bytes.
pub const MAX_ENCODED_BYTES: u64 = 64 << 20;
/// Largest width or height that is decoded, in pixels.
pub const MAX_SIDE: u32 = 8192;
/// File name endings of pictures, of those that are read and of those that are only recognised.
pub const EXTENSIONS: [&str; 18] = [
    "png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic",
    "heif", "jxl", "jp2", "svg", "ico", "psd",
];

/// Why bytes are no picture.
#[derive(Debug, Error)]
pub enum PictureError {
    /// More bytes than [`MAX_ENCODED_BYTES`].
    #[error("{0} bytes are more than a picture may have ({MAX_ENCODED_BYTES})")]
    TooLong(u64),
    /// Something that was recognised and is no picture that is read.
    #[error("not a picture that can be read: it is {0}")]
    Foreign(Foreign),
    /// Cut off or animated.
    #[error(transparent)]
    NotWhole(#[from] NotWhole),
    /// Not readable as what it begins like, or larger than [`MAX_SIDE`].
    #[error(
        "not a readable PNG, JPEG, WebP, GIF or BMP picture of at most {MAX_SIDE} pixels a side: {0}"
    )]
    Undecodable(#[from] image::ImageError),
    /// A JPEG that is damaged.
    #[error("not a readable JPEG picture: {0}")]
    Jpeg(#[from] zune_jpeg::errors::DecodeErrors),
    /// The file that should hold it could not be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A picture that is known to decode, as encoded bytes.
#[derive(Clone, Debug)]
pub struct Picture {
    bytes: Bytes,
    digest: Digest,
    width: u32,
    height: u32,
    changes: Changes,
}

impl Picture {
    /// Checks untrusted bytes by decoding them within bounds. The bytes of a PNG that is upright, opaque
    /// and of 8 bits are kept as they are; everything else is encoded again as such a PNG, its colour
    /// profile beside it, so that a store holds one form.
    ///
    /// # Errors
    /// All of [`PictureError`] but [`PictureError::File`].
    pub fn from_untrusted(bytes: Bytes) -> Result<Self, PictureError> {
        decode::decoded(&bytes, |header, decoded| {
            let kept = header.format == ImageFormat::Png && decoded.changes.none();
            let bytes = match kept {
                true => bytes.clone(),
                false => encode_png(&decoded.pixels, header.profile)?,
            };
            Ok(Self {
                digest: Digest::of(&bytes),
                width: decoded.pixels.width(),
                height: decoded.pixels.height(),
                changes: decoded.changes,
                bytes,
            })
        })
    }

    /// Encodes pixels that the program made itself.
    ///
    /// # Errors
    /// [`PictureError::Undecodable`] when the encoder refuses (a side of 0).
    pub fn from_pixels(pixels: &DynamicImage) -> Result<Self, PictureError> {
        let bytes = encode_png(pixels, None)?;
        Ok(Self {
            digest: Digest::of(&bytes),
            width: pixels.width(),
            height: pixels.height(),
            changes: Changes::default(),
            bytes,
        })
    }

    /// Encoded PNG bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of [`bytes`](Self::bytes).
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What was done to the pixels that came.
    pub fn changes(&self) -> Changes {
        self.changes
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

/// A picture that lies in a file and was found sound when it was put there or
/// checked: what tasks, samples and evidence carry, so that memory does not grow
/// with their number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFile {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of the encoded bytes.
    pub digest: Digest,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl PictureFile {
    /// The encoded bytes.
    ///
    /// # Errors
    /// [`PictureError::File`].
    pub fn load(&self) -> Result<Bytes, PictureError> {
        Ok(files::read_bounded(&self.path, MAX_ENCODED_BYTES)?.into())
    }

    /// The encoded bytes; `None` where the file holds others than those that its digest stands for.
    ///
    /// # Errors
    /// [`PictureError::File`].
    pub fn load_unchanged(&self) -> Result<Option<Bytes>, PictureError> {
        let bytes = self.load()?;
        Ok((Digest::of(&bytes) == self.digest).then_some(bytes))
    }

    /// The decoded pixels.
    ///
    /// # Errors
    /// All of [`PictureError`].
    pub fn decode(&self) -> Result<DynamicImage, PictureError> {
        Ok(decode(&self.load()?)?.1)
    }

    /// Decodes the pixels and drops them.
    ///
    /// # Errors
    /// All of [`PictureError`].
    pub fn check(&self) -> Result<(), PictureError> {
        with_pixels(&self.load()?, drop)
    }

    /// Reads a file of which only the header is looked at: its digest and size.
    /// Whether the pixels decode is not known after this.
    ///
    /// # Errors
    /// All of [`PictureError`].
    pub fn measure(path: &Path) -> Result<Self, PictureError> {
        let bytes = files::read_bounded(path, MAX_ENCODED_BYTES)?;
        let header = decode::header(&bytes)?;
        let (mut width, mut height) = header.stored;
        if decode::lies_on_its_side(header.orientation) {
            (width, height) = (height, width);
        }
        Ok(Self {
            path: path.to_owned(),
            digest: Digest::of(&bytes),
            width,
            height,
        })
    }

    /// Reads and checks a file that nobody has checked yet.
    ///
    /// # Errors
    /// All of [`PictureError`].
    pub fn inspect(path: &Path) -> Result<Self, PictureError> {
        let bytes = files::read_bounded(path, MAX_ENCODED_BYTES)?;
        let (width, height) = with_pixels(&bytes, |pixels| (pixels.width(), pixels.height()))?;
        Ok(Self {
            path: path.to_owned(),
            digest: Digest::of(&bytes),
            width,
            height,
        })
    }
}

/// Decodes bytes within bounds.
///
/// # Errors
/// All of [`PictureError`] but [`PictureError::File`].
pub fn decode(bytes: &[u8]) -> Result<(ImageFormat, DynamicImage), PictureError> {
    decode::decoded(bytes, |header, decoded| Ok((header.format, decoded.pixels)))
}

/// Decodes bytes within bounds and does `work` with the pixels. The work counts towards the memory that
/// all threads share for pictures, so that many large pictures at once wait for each other.
///
/// # Errors
/// Those of [`decode()`].
pub fn with_pixels<T>(
    bytes: &[u8],
    work: impl FnOnce(DynamicImage) -> T,
) -> Result<T, PictureError> {
    decode::decoded(bytes, |_, decoded| Ok(work(decoded.pixels)))
}

/// The pixels of a picture that its EXIF orientation turns, upright and as PNG; `None` for all others. What leaves
/// this program goes through here, so that whoever gets it need not know of orientations.
///
/// # Errors
/// Those of [`decode()`].
pub fn turned(bytes: &[u8]) -> Result<Option<Bytes>, PictureError> {
    if decode::header(bytes)?.orientation == Orientation::NoTransforms {
        return Ok(None);
    }
    decode::decoded(bytes, |header, decoded| {
        encode_png(&decoded.pixels, header.profile).map(Some)
    })
}

fn encode_png(pixels: &DynamicImage, profile: Option<Vec<u8>>) -> Result<Bytes, PictureError> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    if let Some(profile) = profile {
        encoder
            .set_icc_profile(profile)
            .map_err(image::ImageError::Unsupported)?;
    }
    let color = ExtendedColorType::from(pixels.color());
    encoder.write_image(pixels.as_bytes(), pixels.width(), pixels.height(), color)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests;
