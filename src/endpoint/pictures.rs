//! Pictures made ready to send: scaled, encoded, in base 64, shared between the
//! requests that show the same one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::OnceCell;

use super::ask::SentPicture;
use super::encoding::{EncodeError, Encoded, Encoding, Limits, Way, encode, load};
use crate::common::digest::Digest;
use crate::common::picture::PictureFile;

/// Most bytes of encoded pictures that are kept while no request uses them. The
/// axes of a task are asked one after the other, so a few tasks' pictures suffice.
const KEPT_BYTES: usize = 16 << 20;
/// Most pictures that are kept.
const KEPT_PICTURES: usize = 256;

type Cell = Arc<OnceCell<Encoded>>;
/// A picture and the size that it is sent in, where that is not its own.
type Key = (Digest, Option<[u32; 2]>);

/// Encodes pictures, each once while it stays in use.
#[derive(Debug)]
pub struct Pictures {
    way: Way,
    /// Most recently used first.
    kept: Mutex<VecDeque<(Key, Cell)>>,
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
    pub async fn get(&self, shown: &SentPicture) -> Result<Encoded, EncodeError> {
        let cell = self.cell((shown.file.digest, shown.size));
        let encode = || async {
            let (shown, way) = (shown.clone(), self.way);
            let path = shown.file.path.display().to_string();
            tokio::task::spawn_blocking(move || encode(&shown, &way))
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

    fn cell(&self, wanted: Key) -> Cell {
        let mut kept = lock(&self.kept);
        let cell = match kept.iter().position(|(key, _)| *key == wanted) {
            Some(at) => kept.remove(at).map(|(_, cell)| cell).unwrap_or_default(),
            None => Cell::default(),
        };
        kept.push_front((wanted, Arc::clone(&cell)));
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
    use crate::common::picture::resize::{Filter, resize};
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
            output_to_input: false,
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
                output_to_input: false,
            };
            let limits = Limits { base64_bytes, side };
            let sent = Pictures::new(encoding, limits, false)
                .get(&Arc::clone(&file).into())
                .await;
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
        let sent = pictures.get(&Arc::clone(&file).into()).await.unwrap();
        assert_eq!(sent.digest, file.digest);
        assert_eq!(STANDARD.decode(&sent.sent).unwrap(), file.load().unwrap());
        // The second time nothing is read: the file may be gone.
        std::fs::remove_file(&file.path).unwrap();
        assert_eq!(
            pictures
                .get(&Arc::clone(&file).into())
                .await
                .unwrap()
                .digest,
            sent.digest
        );
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
            let sent = pictures.get(&Arc::clone(&file).into()).await.unwrap();
            let (format, pixels) = decoded(&sent);
            assert_eq!(
                (format, pixels.width(), pixels.height()),
                (expected, 32, 16)
            );
            assert_ne!(sent.digest, file.digest);
        }
    }

    #[tokio::test]
    async fn a_picture_can_be_sent_in_another_size_as_pillow_makes_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder, "a.png", 64);
        let pictures = pictures(Format::Png, None);
        let shown = |size| SentPicture {
            file: Arc::clone(&file),
            size,
        };
        let own = pictures.get(&shown(None)).await.unwrap();
        let larger = pictures.get(&shown(Some([96, 40]))).await.unwrap();
        let same = pictures.get(&shown(Some([64, 32]))).await.unwrap();
        assert_eq!((own.digest, same.digest), (file.digest, file.digest));
        let pixels = decoded(&own).1.into_rgb8();
        let expected = resize(&pixels, 96, 40, Filter::Bicubic);
        assert_eq!(decoded(&larger).1.into_rgb8(), expected);
        // What the endpoint takes at the most still holds.
        let small = super::tests::pictures(Format::Png, Some(48));
        let sent = small.get(&shown(Some([96, 40]))).await.unwrap();
        assert_eq!(decoded(&sent).1.width(), 48);
    }

    #[tokio::test]
    async fn changed_and_missing_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder, "a.png", 64);
        let pictures = pictures(Format::Png, None);
        std::fs::write(&file.path, b"else").unwrap();
        let message = pictures
            .get(&Arc::clone(&file).into())
            .await
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("a.png") && message.contains("changed"),
            "{message}"
        );
        std::fs::remove_file(&file.path).unwrap();
        let message = pictures
            .get(&Arc::clone(&file).into())
            .await
            .unwrap_err()
            .to_string();
        assert!(message.contains("a.png"), "{message}");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let pictures = pictures(Format::Png, None);
        for n in 0_u32..40 {
            let cell = pictures.cell((Digest::of(&n.to_le_bytes()), None));
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
