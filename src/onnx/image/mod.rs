//! Pictures, prepared and finished exactly as the reference does: a code is decided by pixels, so a resize that is off
//! by one level can change what the model sees.

mod codes;
mod crop;
mod pixels;
mod resize;

use std::path::{Path, PathBuf};

use image::{ImageError, ImageReader, Limits, RgbImage};

pub use codes::{Codes, CodesError, Framing};
pub use crop::{CropChoice, CropPlan, crop_sizes};
pub use pixels::{ClipPixels, PictureError, Pixels, Rounding, Scaling};
pub use resize::{Filter, resize};

/// Longest side of a picture that is read, in pixels.
const MAX_SIDE: u32 = 16_384;
/// Most memory that decoding a picture may take, in bytes.
const MAX_MEMORY: u64 = 1 << 30;

/// A picture file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the picture {}", path.display())]
pub struct LoadError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: ImageError,
}

/// Reads a picture as 8-bit RGB, as Pillow's `convert("RGB")` does: transparency is dropped, grey is repeated, an
/// orientation in the metadata is not applied. The format is told by content, not by name.
///
/// # Errors
/// [`LoadError`] when the file is missing, damaged, of an unknown format or larger than 16384 pixels on a side.
pub fn load(path: &Path) -> Result<RgbImage, LoadError> {
    let failed = |source| LoadError {
        path: path.into(),
        source,
    };
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let mut reader = reader.map_err(|error| failed(error.into()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    Ok(reader.decode().map_err(failed)?.into_rgb8())
}
