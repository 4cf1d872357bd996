//! What lies in a folder of stored answers: a bounded listing that does not leave it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::files::FileError;
use crate::model::ModelError;

/// Folders within folders that are looked into; layouts need three.
const MAX_DEPTH: usize = 4;
/// Most files that are listed.
const MAX_FILES: usize = 1_000_000;

/// The files of a folder, sorted by name.
#[derive(Debug)]
pub(super) struct Listing {
    /// The folder, with symbolic links resolved.
    pub(super) root: PathBuf,
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
    pub(super) fn of(folder: &Path) -> Result<Self, ModelError> {
        let missing = |error| {
            let what = format!(
                "replay: there is no readable folder `{}`; expected a folder of stored answers",
                folder.display()
            );
            ModelError::caused_by(what, FileError::at(folder)(error))
        };
        let root = fs::canonicalize(folder).map_err(missing)?;
        if !root.is_dir() {
            return Err(ModelError::new(format!(
                "replay: `{}` is a file; expected the folder that holds the stored answers",
                folder.display()
            )));
        }
        let mut listing = Self {
            root: root.clone(),
            files: Vec::new(),
            refused: Vec::new(),
        };
        listing.descend(&root, "", 0)?;
        listing.files.sort();
        listing.refused.sort();
        Ok(listing)
    }

    fn descend(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), ModelError> {
        let unreadable = |error| {
            let what = format!("replay: cannot list `{}`", folder.display());
            ModelError::caused_by(what, FileError::at(folder)(error))
        };
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let shown = name.to_string_lossy();
                self.refused
                    .push(format!("{prefix}{shown} (the name is not UTF-8)"));
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            let relative = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() && depth == MAX_DEPTH {
                self.refused
                    .push(format!("{relative}/ (deeper than any layout goes)"));
            } else if kind.is_dir() {
                self.descend(&entry.path(), &format!("{relative}/"), depth + 1)?;
            } else if kind.is_symlink() {
                self.add_link(&entry.path(), relative)?;
            } else if kind.is_file() {
                self.add(relative)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, relative: String) -> Result<(), ModelError> {
        if self.files.len() == MAX_FILES {
            return Err(ModelError::new(format!(
                "replay: `{}` holds more than {MAX_FILES} files; name the folder of one model's \
                 answers",
                self.root.display()
            )));
        }
        self.files.push(relative);
        Ok(())
    }

    /// Takes a symbolic link to a file only if the file lies in the folder too:
    /// what is read from here is shown to judges.
    fn add_link(&mut self, path: &Path, relative: String) -> Result<(), ModelError> {
        match fs::canonicalize(path) {
            Ok(target) if !target.starts_with(&self.root) => {
                self.refused
                    .push(format!("{relative} (a link that leaves the folder)"));
            }
            Ok(target) if target.is_file() => {
                self.add(relative)?;
            }
            Ok(_) => {}
            Err(_) => self.refused.push(format!("{relative} (a broken link)")),
        }
        Ok(())
    }
}
