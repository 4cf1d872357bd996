//! Pictures that codes have given, kept for all engines of this process: ways to decode one checkpoint often end in the same
//! codes, and the same codes always give the same picture.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use image::RgbImage;

use crate::common::digest::Digest;

/// Most bytes of pixels that are kept; later pictures are made every time.
const MAX_BYTES: usize = 16 << 20;

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Kept {
    pictures: HashMap<Digest, RgbImage>,
    bytes: usize,
}

impl Kept {
    fn keep(&mut self, key: Digest, picture: &RgbImage) {
        let bytes = self.bytes + picture.as_raw().len();
        if bytes <= MAX_BYTES && self.pictures.insert(key, picture.clone()).is_none() {
            self.bytes = bytes;
        }
    }
}

/// What pictures are known by: the graphs with what computes them, and the codes.
pub(super) fn key(graphs: Digest, codes: &[i64]) -> Digest {
    let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
    Digest::of_fields([graphs.as_bytes().as_slice(), &bytes])
}

/// The picture that is known by `key`, made now if it is not kept.
///
/// # Errors
/// Those of `make`.
pub(super) fn picture<E>(
    key: Digest,
    make: impl FnOnce() -> Result<RgbImage, E>,
) -> Result<RgbImage, E> {
    let known = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(picture) = known().pictures.get(&key) {
        return Ok(picture.clone());
    }
    let picture = make()?;
    known().keep(key, &picture);
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_made_once_and_an_error_is_not_kept() {
        let key = key(Digest::of(b"graphs of this test"), &[1, 2]);
        let made = RgbImage::from_pixel(2, 1, image::Rgb([1, 2, 3]));
        assert_eq!(picture(key, || Err("none")), Err("none"));
        assert_eq!(
            picture(key, || Ok::<_, &str>(made.clone())),
            Ok(made.clone())
        );
        assert_eq!(picture(key, || Err("made again")), Ok(made));
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let mut kept = Kept::default();
        let picture = RgbImage::new(1024, 1024);
        for number in 0..9_u8 {
            kept.keep(Digest::of(&[number]), &picture);
        }
        assert_eq!(kept.pictures.len(), MAX_BYTES / (3 << 20));
    }
}
