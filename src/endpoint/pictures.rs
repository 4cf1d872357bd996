//! Pictures made ready to send: scaled, encoded, in base 64, shared between the
//! requests that show the same one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::OnceCell;

use super::encoding::{EncodeError, Encoded, Encoding, Limits, Way, encode, load};
use crate::common::digest::Digest;
use crate::common::picture::PictureFile;

/// Most bytes of encoded pictures that are kept while no request uses them. The
/// axes of a task are asked one after the other, so a few tasks' pictures suffice.
const KEPT_BYTES: usize = 16 << 20;
/// Most pictures that are kept.
const KEPT_PICTURES: usize = 256;

type Cell = Arc<OnceCell<Encoded>>;

/// Encodes pictures, each once while it stays in use.
#[derive(Debug)]
pub struct Pictures {
    way: Way,
    /// Most recently used first.
    kept: Mutex<VecDeque<(Digest, Cell)>>,
    /// Those whose bytes were seen to be what they should be.
    seen: Mutex<HashMap<Digest, Arc<OnceCell<()>>>>,
}

impl Pictures {
    /// Pictures in one encoding within an endpoint's limits; `raw` sends bytes, not base 64.
    pub fn new(encoding: Encoding, limits: Limits, raw: bool) -> Self {
        Self {
            way: Way {
                encoding,
                limits,
                raw,
            },
            kept: Mutex::default(),
            seen: Mutex::default(),
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
            let (file, way) = (Arc::clone(file), self.way);
            let path = file.path.display().to_string();
            tokio::task::spawn_blocking(move || encode(&file, &way))
                .await
                .map_err(|_| EncodeError::Interrupted(path))?
        };
        let encoded = cell.get_or_try_init(encode).await.cloned();
        self.trim();
        encoded
    }

    /// Checks that the bytes of a picture are what they should be, once for each. Requests that show the same one at the
    /// same time wait for one check of it.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub async fn check(&self, file: &Arc<PictureFile>) -> Result<(), EncodeError> {
        let cell = Arc::clone(lock(&self.seen).entry(file.digest).or_default());
        let check = || async {
            let (file, path) = (Arc::clone(file), file.path.display().to_string());
            tokio::task::spawn_blocking(move || load(&file).map(drop))
                .await
                .map_err(|_| EncodeError::Interrupted(path))?
        };
        cell.get_or_try_init(check).await.copied()
    }

    fn cell(&self, digest: Digest) -> Cell {
        let mut kept = lock(&self.kept);
        let cell = match kept.iter().position(|(key, _)| *key == digest) {
            Some(at) => kept.remove(at).map(|(_, cell)| cell).unwrap_or_default(),
            None => Cell::default(),
        };
        kept.push_front((digest, Arc::clone(&cell)));
        cell
    }

    fn trim(&self) {
        let mut kept = lock(&self.kept);
        let mut bytes = 0;
        let fitting = kept
            .iter()
            .take(KEPT_PICTURES)
            .take_while(|(_, cell)| {
                bytes += cell.get().map_or(0, |encoded| encoded.sent.len());
                bytes <= KEPT_BYTES
            })
            .count();
        kept.truncate(fitting);
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use image::{DynamicImage, ImageFormat};

    use super::*;
    use crate::common::picture;
    use crate::common::picture::Picture;
    use crate::endpoint::encoding::{Format, PNG};

    fn file(folder: &tempfile::TempDir, name: &str, side: u32) -> Arc<PictureFile> {
        let pixels = DynamicImage::ImageRgba8(image::RgbaImage::from_fn(side, side / 2, |x, y| {
            image::Rgba([x as u8, y as u8, 90, 255])
        }));
        let picture = Picture::from_pixels(&pixels).unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, picture.bytes()).unwrap();
        Arc::new(PictureFile::inspect(&path).unwrap())
    }

    const ROOMY: Limits = Limits {
        base64_bytes: 1 << 24,
        side: 8000,
    };

    fn pictures(format: Format, longest_side: Option<u32>) -> Pictures {
        let encoding = Encoding {
            format,
            longest_side,
        };
        Pictures::new(encoding, ROOMY, false)
    }

    /// Noise that no lossless encoding makes small.
    fn noisy(folder: &tempfile::TempDir, side: u32) -> Arc<PictureFile> {
        let mut state = 1_u32;
        let pixels = image::RgbImage::from_fn(side, side, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
        });
        let picture = Picture::from_pixels(&DynamicImage::ImageRgb8(pixels)).unwrap();
        let path = folder.path().join("noise.png");
        std::fs::write(&path, picture.bytes()).unwrap();
        Arc::new(PictureFile::inspect(&path).unwrap())
    }

    #[tokio::test]
    async fn what_is_sent_stays_within_the_limits() {
        let folder = tempfile::tempdir().unwrap();
        let file = noisy(&folder, 128);
        for (format, base64_bytes, side) in [
            (Format::Png, 60_000, 8000),
            (Format::Own, 30_000, 8000),
            (Format::Jpeg(100), 4_000, 8000),
            (Format::Own, 1 << 24, 100),
        ] {
            let encoding = Encoding {
                format,
                longest_side: None,
            };
            let limits = Limits { base64_bytes, side };
            let sent = Pictures::new(encoding, limits, false).get(&file).await;
            let sent = sent.unwrap();
            let (_, pixels) = decoded(&sent);
            assert!(sent.sent.len() <= base64_bytes, "{format:?} {limits:?}");
            assert!(pixels.width() <= side, "{format:?} {limits:?}");
            assert_ne!(sent.digest, file.digest);
        }
    }

    fn decoded(encoded: &Encoded) -> (ImageFormat, DynamicImage) {
        picture::decode(&STANDARD.decode(&encoded.sent).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn png_that_fits_is_sent_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder, "a.png", 64);
        let pictures = pictures(Format::Png, Some(64));
        let sent = pictures.get(&file).await.unwrap();
        assert_eq!(sent.digest, file.digest);
        assert_eq!(STANDARD.decode(&sent.sent).unwrap(), file.load().unwrap());
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
            let pictures = pictures(format, Some(32));
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
        let pictures = pictures(Format::Png, None);
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
        let pictures = pictures(Format::Png, None);
        for n in 0_u32..40 {
            let cell = pictures.cell(Digest::of(&n.to_le_bytes()));
            let encoded = Encoded {
                sent: Bytes::from(vec![b'A'; 1 << 20]),
                media_type: PNG,
                digest: Digest::of(b""),
            };
            cell.set(encoded).unwrap();
            pictures.trim();
        }
        assert_eq!(lock(&pictures.kept).len(), KEPT_BYTES >> 20);
    }
}
