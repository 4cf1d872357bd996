//! Pictures made ready to send: scaled, encoded, in base 64, shared between the
//! requests that show the same one.

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};
use thiserror::Error;
use tokio::sync::OnceCell;

use crate::common::digest::Digest;
use crate::common::picture::{self, PictureError, PictureFile};
use crate::judge::profile::{Encoding, Format};

/// Most bytes of encoded pictures that are kept while no request uses them. The
/// axes of a task are asked one after the other, so a few tasks' pictures suffice.
const KEPT_BYTES: usize = 16 << 20;
/// Most pictures that are kept.
const KEPT_PICTURES: usize = 256;

/// Why a picture cannot be sent. Always names the file.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// It cannot be read, decoded or encoded.
    #[error("the picture {path} cannot be sent to the judge: {reason}")]
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
    /// The encoded bytes in base 64.
    pub base64: Bytes,
    /// SHA-256 of the encoded bytes.
    pub digest: Digest,
}

/// The media type under which pictures of an encoding are sent.
pub fn media_type(encoding: &Encoding) -> &'static str {
    match encoding.format {
        Format::Png => "image/png",
        Format::Jpeg(_) => "image/jpeg",
    }
}

/// An encoding as text: part of the judge's identity and of cache keys. The number
/// changes when the way of encoding does.
pub fn describe(encoding: &Encoding) -> String {
    let format = match encoding.format {
        Format::Png => "png".to_owned(),
        Format::Jpeg(quality) => format!("jpeg quality {quality}"),
    };
    match encoding.longest_side {
        Some(side) => format!("{format}, longest side {side}, encoder 1"),
        None => format!("{format}, encoder 1"),
    }
}

type Cell = Arc<OnceCell<Encoded>>;

/// Encodes pictures, each once while it stays in use.
#[derive(Debug)]
pub struct Pictures {
    encoding: Encoding,
    /// Most recently used first.
    kept: Mutex<VecDeque<(Digest, Cell)>>,
}

impl Pictures {
    /// Pictures in one encoding.
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            kept: Mutex::default(),
        }
    }

    /// The picture as it is sent. Requests that want the same one at the same time
    /// wait for one encoding of it.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub async fn get(&self, file: &Arc<PictureFile>) -> Result<Encoded, EncodeError> {
        let cell = self.cell(file.digest);
        let encode = || async {
            let (file, encoding) = (Arc::clone(file), self.encoding);
            let path = file.path.display().to_string();
            tokio::task::spawn_blocking(move || encode(&file, &encoding))
                .await
                .map_err(|_| EncodeError::Interrupted(path))?
        };
        let encoded = cell.get_or_try_init(encode).await.cloned();
        self.trim();
        encoded
    }

    fn cell(&self, digest: Digest) -> Cell {
        let mut kept = self.lock();
        let cell = match kept.iter().position(|(key, _)| *key == digest) {
            Some(at) => kept.remove(at).map(|(_, cell)| cell).unwrap_or_default(),
            None => Cell::default(),
        };
        kept.push_front((digest, Arc::clone(&cell)));
        cell
    }

    fn trim(&self) {
        let mut kept = self.lock();
        let mut bytes = 0;
        let fitting = kept
            .iter()
            .take(KEPT_PICTURES)
            .take_while(|(_, cell)| {
                bytes += cell.get().map_or(0, |encoded| encoded.base64.len());
                bytes <= KEPT_BYTES
            })
            .count();
        kept.truncate(fitting);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Digest, Cell)>> {
        self.kept
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn encode(file: &PictureFile, encoding: &Encoding) -> Result<Encoded, EncodeError> {
    let path = || file.path.display().to_string();
    let named = |reason| EncodeError::Picture {
        path: path(),
        reason,
    };
    let bytes = file.load().map_err(named)?;
    if Digest::of(&bytes) != file.digest {
        return Err(EncodeError::Changed(path()));
    }
    let fits = encoding
        .longest_side
        .is_none_or(|side| file.width.max(file.height) <= side);
    let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    if encoding.format == Format::Png && is_png && fits {
        return Ok(in_base64(&bytes, file.digest));
    }
    let sent = picture::with_pixels(&bytes, |pixels| {
        let sized = match (encoding.longest_side, fits) {
            (Some(side), false) => pixels.resize(side, side, FilterType::Lanczos3),
            _ => pixels,
        };
        encode_pixels(sized, encoding.format)
    });
    let sent = sent
        .map_err(named)?
        .map_err(|error| named(PictureError::Undecodable(error)))?;
    Ok(in_base64(&sent, Digest::of(&sent)))
}

fn encode_pixels(pixels: DynamicImage, format: Format) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    match format {
        Format::Png => pixels.write_to(&mut bytes, ImageFormat::Png)?,
        Format::Jpeg(quality) => {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            pixels.to_rgb8().write_with_encoder(encoder)?;
        }
    }
    Ok(bytes.into_inner())
}

fn in_base64(bytes: &[u8], digest: Digest) -> Encoded {
    Encoded {
        base64: STANDARD.encode(bytes).into(),
        digest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::picture::Picture;

    fn file(folder: &tempfile::TempDir, name: &str, side: u32) -> Arc<PictureFile> {
        let pixels = DynamicImage::ImageRgba8(image::RgbaImage::from_fn(side, side / 2, |x, y| {
            image::Rgba([x as u8, y as u8, 90, 255])
        }));
        let picture = Picture::from_pixels(&pixels).unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, picture.bytes()).unwrap();
        Arc::new(PictureFile::inspect(&path).unwrap())
    }

    fn decoded(encoded: &Encoded) -> (ImageFormat, DynamicImage) {
        picture::decode(&STANDARD.decode(&encoded.base64).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn png_that_fits_is_sent_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder, "a.png", 64);
        let pictures = Pictures::new(Encoding {
            format: Format::Png,
            longest_side: Some(64),
        });
        let sent = pictures.get(&file).await.unwrap();
        assert_eq!(sent.digest, file.digest);
        assert_eq!(STANDARD.decode(&sent.base64).unwrap(), file.load().unwrap());
        // The second time nothing is read: the file may be gone.
        std::fs::remove_file(&file.path).unwrap();
        assert_eq!(pictures.get(&file).await.unwrap().digest, sent.digest);
    }

    #[tokio::test]
    async fn larger_pictures_are_scaled_and_jpeg_is_jpeg() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder, "a.png", 64);
        for (format, expected) in [
            (Format::Png, ImageFormat::Png),
            (Format::Jpeg(80), ImageFormat::Jpeg),
        ] {
            let pictures = Pictures::new(Encoding {
                format,
                longest_side: Some(32),
            });
            let sent = pictures.get(&file).await.unwrap();
            let (format, pixels) = decoded(&sent);
            assert_eq!(
                (format, pixels.width(), pixels.height()),
                (expected, 32, 16)
            );
            assert_ne!(sent.digest, file.digest);
        }
    }

    #[tokio::test]
    async fn changed_and_missing_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder, "a.png", 64);
        let pictures = Pictures::new(Encoding {
            format: Format::Png,
            longest_side: None,
        });
        std::fs::write(&file.path, b"else").unwrap();
        let message = pictures.get(&file).await.unwrap_err().to_string();
        assert!(
            message.contains("a.png") && message.contains("changed"),
            "{message}"
        );
        std::fs::remove_file(&file.path).unwrap();
        let message = pictures.get(&file).await.unwrap_err().to_string();
        assert!(message.contains("a.png"), "{message}");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let pictures = Pictures::new(Encoding {
            format: Format::Png,
            longest_side: None,
        });
        for n in 0_u32..40 {
            let cell = pictures.cell(Digest::of(&n.to_le_bytes()));
            let base64 = Bytes::from(vec![b'A'; 1 << 20]);
            let digest = Digest::of(b"");
            cell.set(Encoded { base64, digest }).unwrap();
            pictures.trim();
        }
        assert_eq!(pictures.lock().len(), KEPT_BYTES >> 20);
    }
}
