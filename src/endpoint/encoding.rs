//! How pictures are sent: scaled, encoded, and made to fit what an endpoint takes.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};
use thiserror::Error;

use super::ask::SentPicture;
use crate::common::digest::Digest;
use crate::common::picture::resize::{Filter, resize};
use crate::common::picture::{self, PictureError, PictureFile};

/// The format in which pictures are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The file's own bytes.
    Own,
    /// Lossless; PNG bytes that fit are sent as they are.
    Png,
    /// Lossy, with a quality of 1–100; always encoded here, so that the quality holds.
    Jpeg(u8),
}

/// How pictures are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The format.
    pub format: Format,
    /// Larger pictures are scaled down to this many pixels on the longer side.
    pub longest_side: Option<u32>,
    /// Whether the model's picture is first scaled to the size of the picture to edit, as Pillow does by bicubic: for judges.
    pub output_to_input: bool,
}

/// What an endpoint takes of a picture at the most. A larger one is sent as JPEG, with the first
/// quality of [`QUALITIES`] that makes it fit, halved in size until one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the picture in base 64.
    pub base64_bytes: usize,
    /// Pixels of the longer side.
    pub side: u32,
}

/// Qualities of JPEG that are tried on a picture that is too large, in this order.
pub const QUALITIES: [u8; 3] = [95, 90, 80];

/// Why a picture cannot be sent. Always names the file.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// It cannot be read, decoded or encoded.
    #[error("the picture {path} cannot be sent: {reason}")]
    Picture {
        /// The file.
        path: String,
        /// What is wrong.
        reason: PictureError,
    },
    /// Its bytes are not those that the run recorded.
    #[error(
        "the picture {0} has changed since the run recorded it (its SHA-256 differs); put the original back"
    )]
    Changed(String),
    /// The task that encoded it was stopped.
    #[error("encoding the picture {0} was interrupted")]
    Interrupted(String),
}

/// A picture as it is sent.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The encoded bytes, in base 64 unless they are sent raw.
    pub sent: Bytes,
    /// Their media type.
    pub media_type: &'static str,
    /// SHA-256 of the encoded bytes.
    pub digest: Digest,
}

/// An encoding as text: part of an identity and of cache keys. The number changes when the way
/// of encoding does.
pub fn describe(encoding: &Encoding) -> String {
    let format = match encoding.format {
        Format::Own => return "as they are".to_owned(),
        Format::Png => "png".to_owned(),
        Format::Jpeg(quality) => format!("jpeg quality {quality}"),
    };
    let side = encoding
        .longest_side
        .map(|side| format!(", longest side {side}"));
    let sized = match encoding.output_to_input {
        true => ", output in the size of the input by bicubic",
        false => "",
    };
    format!("{format}{}{sized}, encoder 1", side.unwrap_or_default())
}

/// All that decides how a picture is sent.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The encoding.
    pub encoding: Encoding,
    /// What the endpoint takes.
    pub limits: Limits,
    /// Whether bytes are sent, not base 64.
    pub raw: bool,
}

/// The bytes of a picture, which are those that its digest stands for.
///
/// # Errors
/// [`EncodeError::Picture`], [`EncodeError::Changed`].
pub fn load(file: &PictureFile) -> Result<Bytes, EncodeError> {
    let bytes = file
        .load_unchanged()
        .map_err(|reason| unreadable(file, reason))?;
    bytes.ok_or_else(|| EncodeError::Changed(file.path.display().to_string()))
}

fn unreadable(file: &PictureFile, reason: PictureError) -> EncodeError {
    EncodeError::Picture {
        path: file.path.display().to_string(),
        reason,
    }
}

/// The picture of a question as it is sent.
///
/// # Errors
/// [`EncodeError`].
pub fn encode(shown: &SentPicture, way: &Way) -> Result<Encoded, EncodeError> {
    let file = &*shown.file;
    let named = |reason| unreadable(file, reason);
    let bytes = load(file)?;
    let [width, height] = shown.sides();
    let side = width.max(height);
    let own_size = [file.width, file.height] == [width, height];
    let most = way.encoding.longest_side.unwrap_or(way.limits.side);
    let most = most.min(way.limits.side);
    // The pixels stand upright wherever they go.
    let (bytes, digest) = match picture::turned(&bytes).map_err(named)? {
        Some(turned) => {
            let digest = Digest::of(&turned);
            (turned, digest)
        }
        None => (bytes, file.digest),
    };
    let fits = own_size && side <= most && in_base64_bytes(bytes.len()) <= way.limits.base64_bytes;
    let media_type = media_type(&bytes);
    let as_it_is = match way.encoding.format {
        Format::Own => true,
        Format::Png => media_type == PNG,
        Format::Jpeg(_) => false,
    };
    if as_it_is && fits {
        return Ok(sent(bytes, media_type, digest, way));
    }
    let sent = picture::with_pixels(&bytes, |pixels| {
        let pixels = match own_size {
            true => pixels,
            false => resize(&pixels.into_rgb8(), width, height, Filter::Bicubic).into(),
        };
        let sized = match side > most {
            true => pixels.resize(most, most, FilterType::Lanczos3),
            false => pixels,
        };
        encode_to_fit(sized, way)
    });
    sent.map_err(named)?
        .map_err(|error| named(PictureError::Undecodable(error)))
}

/// The picture in its own encoding where that is small enough, else as [`Limits`] says.
fn encode_to_fit(mut pixels: DynamicImage, way: &Way) -> Result<Encoded, image::ImageError> {
    let smaller = QUALITIES.map(Format::Jpeg);
    let mut formats = vec![match way.encoding.format {
        Format::Own => Format::Png,
        own => own,
    }];
    formats.extend(smaller);
    loop {
        for format in formats.drain(..) {
            let bytes = encode_pixels(&pixels, format)?;
            if in_base64_bytes(bytes.len()) <= way.limits.base64_bytes {
                let (media_type, digest) = (media_type(&bytes), Digest::of(&bytes));
                return Ok(sent(bytes.into(), media_type, digest, way));
            }
        }
        let half = (pixels.width().max(pixels.height()) / 2).max(1);
        pixels = pixels.resize(half, half, FilterType::Lanczos3);
        formats.extend(smaller);
    }
}

fn encode_pixels(pixels: &DynamicImage, format: Format) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    match format {
        Format::Jpeg(quality) => {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            pixels.to_rgb8().write_with_encoder(encoder)?;
        }
        Format::Own | Format::Png => pixels.write_to(&mut bytes, ImageFormat::Png)?,
    }
    Ok(bytes.into_inner())
}

/// The media type of PNG.
pub(super) const PNG: &str = "image/png";

fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => PNG,
    }
}

fn in_base64_bytes(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

fn sent(bytes: Bytes, media_type: &'static str, digest: Digest, way: &Way) -> Encoded {
    Encoded {
        sent: match way.raw {
            true => bytes,
            false => Simd::standard(PAD).encode(&bytes).into(),
        },
        media_type,
        digest,
    }
}
