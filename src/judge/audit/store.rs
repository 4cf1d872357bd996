//! Pictures of an audit as files, named by their content.

use std::path::PathBuf;
use std::sync::Arc;

use image::{DynamicImage, RgbImage};

use crate::common::files;
use crate::common::picture::{Picture, PictureError, PictureFile};

/// A folder of pictures.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store in a folder that exists.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a picture; the same pixels are the same file.
    ///
    /// # Errors
    /// It cannot be encoded or written.
    pub fn keep(&self, pixels: RgbImage) -> Result<Arc<PictureFile>, PictureError> {
        let picture = Picture::from_pixels(&DynamicImage::ImageRgb8(pixels))?;
        let path = self.folder.join(format!("{}.png", picture.digest()));
        if !path.exists() {
            files::write_atomic(&path, picture.bytes())?;
        }
        let (width, height) = picture.size();
        Ok(Arc::new(PictureFile {
            path,
            digest: picture.digest(),
            width,
            height,
        }))
    }
}
