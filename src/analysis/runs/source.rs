//! A run as a report reads it: the two public files, and what the logs beside them tell.

use std::collections::BTreeMap;
use std::path::Path;

use crate::analysis::runs::load::{LoadError, LoadedRun, load_tables};
use crate::analysis::runs::log::{LogError, RunLog};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::run::folder::names;

/// The files of a run that decide what a report says.
const FILES: [&str; 4] = [
    names::MANIFEST,
    names::SCORES,
    names::SAMPLES,
    names::JUDGMENTS,
];

/// A run with everything that a report needs of it.
#[derive(Clone, Debug)]
pub struct RunSource {
    /// Its two public files.
    pub run: LoadedRun,
    /// What its logs tell; none for a run that came without logs.
    pub log: Option<RunLog>,
    /// SHA-256 of its files by name; those that are not there are left out.
    pub files: BTreeMap<String, Digest>,
}

/// Why a run cannot be reported.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Its public files.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its logs.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
}

impl RunSource {
    /// Reads a run folder: `run.toml` and `scores.csv`, and the logs where they are there.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn read(folder: &Path) -> Result<Self, SourceError> {
        let mut run = load_tables(folder)?;
        let mut files = BTreeMap::new();
        for name in FILES {
            match digest_of(&folder.join(name)) {
                Ok(digest) => {
                    files.insert(name.to_owned(), digest);
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let logged = files.contains_key(names::SAMPLES) || files.contains_key(names::JUDGMENTS);
        let log = logged.then(|| RunLog::read(folder)).transpose()?;
        if let Some(log) = &log {
            run.served = log.served.models();
        }
        Ok(Self { run, log, files })
    }
}

fn digest_of(path: &Path) -> Result<Digest, FileError> {
    let file = files::open_regular(path)?;
    Digest::of_reader(file).map_err(FileError::at(path))
}
