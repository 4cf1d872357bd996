//! A shelf: the folder `pictures/` beside a saved file, with each picture in a file that is named by the digest of its bytes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::PictureFile;
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::saved::SavedError;

/// The folder of pictures.
const FOLDER: &str = "pictures";

/// Pictures by digest. Each is read and checked against its name once.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// What writes such a shelf, for errors.
    origin: &'static str,
    checked: HashMap<Digest, Arc<PictureFile>>,
}

impl Shelf {
    /// The shelf in `folder`; `origin` says what writes it, for errors.
    pub fn within(folder: &Path, origin: &'static str) -> Self {
        Self {
            folder: folder.join(FOLDER),
            origin,
            checked: HashMap::new(),
        }
    }

    /// Copies pictures to the shelf byte for byte; those that are there already stay as they are.
    ///
    /// # Errors
    /// [`SavedError::File`], [`SavedError::Picture`].
    pub fn keep<'a>(
        &self,
        pictures: impl IntoIterator<Item = &'a Arc<PictureFile>>,
    ) -> Result<(), SavedError> {
        files::create_folder(&self.folder)?;
        for picture in pictures {
            let path = self.path(&picture.digest);
            if !path.exists() {
                files::write_atomic(&path, &picture.load()?)?;
            }
        }
        Ok(())
    }

    /// The picture of this digest, where one is named.
    ///
    /// # Errors
    /// [`SavedError::Picture`]: it is not there or not sound; [`SavedError::Faulty`]: its digest is another.
    pub fn picture(
        &mut self,
        digest: Option<Digest>,
    ) -> Result<Option<Arc<PictureFile>>, SavedError> {
        let Some(digest) = digest else {
            return Ok(None);
        };
        if let Some(picture) = self.checked.get(&digest) {
            return Ok(Some(Arc::clone(picture)));
        }
        let path = self.path(&digest);
        let picture = PictureFile::inspect(&path)?;
        if picture.digest != digest {
            let fault = format!("the picture's digest is {}", picture.digest);
            return Err(SavedError::faulty(&path, self.origin, fault));
        }
        let picture = Arc::new(picture);
        self.checked.insert(digest, Arc::clone(&picture));
        Ok(Some(picture))
    }

    /// A digest is 64 hexadecimal digits, so the path stays inside.
    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{digest}.png"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::picture::{Picture, PictureError};

    fn stored(folder: &Path, side: u32) -> Arc<PictureFile> {
        let picture = Picture::from_pixels(&image::DynamicImage::new_rgb8(side, side)).unwrap();
        let path = folder.join(format!("{side}.png"));
        std::fs::write(&path, picture.bytes()).unwrap();
        Arc::new(PictureFile::inspect(&path).unwrap())
    }

    #[test]
    fn pictures_come_back_and_another_under_a_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (small, large) = (stored(folder.path(), 4), stored(folder.path(), 8));
        let new = || Shelf::within(folder.path(), "a shelf is written by the test");
        new().keep([&small, &large, &small]).unwrap();
        let mut shelf = new();
        let back = shelf.picture(Some(small.digest)).unwrap().unwrap();
        assert_eq!(back.load().unwrap(), small.load().unwrap());
        assert!(shelf.picture(None).unwrap().is_none());

        std::fs::copy(&large.path, &back.path).unwrap();
        let error = new().picture(Some(small.digest)).unwrap_err().to_string();
        let expected = format!(
            "{}: the picture's digest is {}; a shelf is written by the test",
            back.path.display(),
            large.digest
        );
        assert_eq!(error, expected);

        std::fs::remove_file(&back.path).unwrap();
        let error = new().picture(Some(small.digest)).unwrap_err();
        assert!(matches!(error, SavedError::Picture(PictureError::File(_))));
    }
}
