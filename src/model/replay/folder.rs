//! What lies in a folder of stored answers: a bounded listing that does not leave it.

use std::path::Path;

use crate::common::outside::Folder;
use crate::model::ModelError;

/// Most files that are listed.
const MAX_FILES: usize = 1_000_000;

/// The files of a folder, sorted by name.
#[derive(Debug)]
pub(super) struct Listing {
    /// The folder, which keeps its readers inside.
    pub(super) folder: Folder,
    /// Regular files, relative to the folder, parts joined by `/`; names that begin with `.` are passed over.
    pub(super) files: Vec<String>,
    /// Names that were not taken, each with the reason.
    pub(super) refused: Vec<String>,
}

impl Listing {
    /// Lists a folder.
    ///
    /// # Errors
    /// It is no folder, cannot be read, or holds more files than anyone stores answers.
    pub(super) fn of(path: &Path) -> Result<Self, ModelError> {
        if path.is_file() {
            return Err(ModelError::new(format!(
                "replay: `{}` is a file; expected the folder that holds the stored answers",
                path.display()
            )));
        }
        let missing = |error| {
            let what = format!(
                "replay: there is no readable folder `{}`; expected a folder of stored answers",
                path.display()
            );
            ModelError::caused_by(what, error)
        };
        let folder = Folder::at(path).map_err(missing)?;
        let found = folder.list(MAX_FILES).map_err(missing)?;
        if found.more {
            return Err(ModelError::new(format!(
                "replay: `{}` holds more than {MAX_FILES} files; name the folder of one model's answers",
                path.display()
            )));
        }
        Ok(Self {
            folder,
            files: found.files,
            refused: found.refused,
        })
    }
}
