//! Pictures from untrusted sources: decoded within bounds, kept as PNG, named by
//! the digest of their bytes.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

/// Longest encoded picture that is read, in bytes.
pub const MAX_ENCODED_BYTES: u64 = 64 << 20;
/// Largest width or height that is decoded, in pixels.
pub const MAX_SIDE: u32 = 8192;
/// Most memory that decoding may take, in bytes.
const MAX_DECODED_BYTES: u64 = 512 << 20;

/// Why bytes are no picture.
#[derive(Debug, Error)]
pub enum PictureError {
    /// More bytes than [`MAX_ENCODED_BYTES`].
    #[error("{0} bytes are more than a picture may have ({MAX_ENCODED_BYTES})")]
    TooLong(u64),
    /// Not a readable PNG, JPEG or WebP, or larger than [`MAX_SIDE`].
    #[error("not a readable PNG, JPEG or WebP picture of at most {MAX_SIDE} pixels a side: {0}")]
    Undecodable(#[from] image::ImageError),
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
}

impl Picture {
    /// Checks untrusted bytes by decoding them within bounds. PNG bytes are kept as
    /// they are; JPEG and WebP are encoded again as PNG, so that a store holds one format.
    ///
    /// # Errors
    /// [`PictureError::TooLong`] and [`PictureError::Undecodable`].
    pub fn from_untrusted(bytes: Bytes) -> Result<Self, PictureError> {
        let (format, decoded) = decode(&bytes)?;
        let bytes = match format {
            ImageFormat::Png => bytes,
            _ => encode_png(&decoded)?,
        };
        Ok(Self {
            digest: Digest::of(&bytes),
            width: decoded.width(),
            height: decoded.height(),
            bytes,
        })
    }

    /// Encodes pixels that the program made itself.
    ///
    /// # Errors
    /// [`PictureError::Undecodable`] when the encoder refuses (a side of 0).
    pub fn from_pixels(pixels: &DynamicImage) -> Result<Self, PictureError> {
        let bytes = encode_png(pixels)?;
        Ok(Self {
            digest: Digest::of(&bytes),
            width: pixels.width(),
            height: pixels.height(),
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

    /// The decoded pixels.
    ///
    /// # Errors
    /// [`PictureError::File`] and [`PictureError::Undecodable`].
    pub fn decode(&self) -> Result<DynamicImage, PictureError> {
        Ok(decode(&self.load()?)?.1)
    }

    /// Reads a file of which only the header is looked at: its digest and size.
    /// Whether the pixels decode is not known after this.
    ///
    /// # Errors
    /// All of [`PictureError`].
    pub fn measure(path: &Path) -> Result<Self, PictureError> {
        let bytes = files::read_bounded(path, MAX_ENCODED_BYTES)?;
        let (width, height) = reader_of(&bytes)?.into_dimensions()?;
        if width.max(height) > MAX_SIDE {
            let kind = image::error::LimitErrorKind::DimensionError;
            let error = image::error::LimitError::from_kind(kind);
            return Err(image::ImageError::Limits(error).into());
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
        let (_, decoded) = decode(&bytes)?;
        Ok(Self {
            path: path.to_owned(),
            digest: Digest::of(&bytes),
            width: decoded.width(),
            height: decoded.height(),
        })
    }
}

/// Decodes bytes within bounds.
///
/// # Errors
/// [`PictureError::TooLong`] and [`PictureError::Undecodable`].
pub fn decode(bytes: &[u8]) -> Result<(ImageFormat, DynamicImage), PictureError> {
    if bytes.len() as u64 > MAX_ENCODED_BYTES {
        return Err(PictureError::TooLong(bytes.len() as u64));
    }
    let mut reader = reader_of(bytes)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let format = reader.format().unwrap_or(ImageFormat::Png);
    Ok((format, reader.decode()?))
}

fn reader_of(bytes: &[u8]) -> Result<ImageReader<Cursor<&[u8]>>, PictureError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    Ok(reader.map_err(image::ImageError::IoError)?)
}

fn encode_png(pixels: &DynamicImage) -> Result<Bytes, PictureError> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn png_is_kept_and_jpeg_becomes_png() {
        let pixels = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(
            20,
            10,
            image::Rgb([200, 30, 30]),
        ));
        let png = Picture::from_pixels(&pixels).unwrap();
        let same = Picture::from_untrusted(png.bytes().clone()).unwrap();
        assert_eq!(same.digest(), png.digest());

        let mut jpeg = Cursor::new(Vec::new());
        pixels.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let kept = Picture::from_untrusted(jpeg.into_inner().into()).unwrap();
        assert_eq!(kept.size(), (20, 10));
        assert!(kept.bytes().starts_with(b"\x89PNG"));
    }

    #[test]
    fn torn_and_foreign_bytes_are_refused() {
        let pixels = DynamicImage::new_rgb8(32, 32);
        let png = Picture::from_pixels(&pixels).unwrap();
        let torn = png.bytes().slice(..png.bytes().len() / 2);
        assert!(Picture::from_untrusted(torn).is_err());
        assert!(Picture::from_untrusted(Bytes::from_static(b"<html>")).is_err());
        assert!(Picture::from_untrusted(Bytes::new()).is_err());
    }
}
