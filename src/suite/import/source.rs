//! The files of a source: a snapshot folder of the hub, or one file.

use std::path::{Path, PathBuf};

use glob::Pattern;
use serde::Serialize;

use super::table::{self, FILE, FOLDER, Format, Reading, SourceCell, SourceTable};
use super::{ImportError, revision, side, spool};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::common::outside::Folder;

/// Most files that a source may have, pictures included.
const MAX_FILES: usize = 200_000;

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// Its path in the source, with `/`.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// Everything that was read from a source.
#[derive(Debug)]
pub(super) struct Source {
    /// The folder that all paths are relative to.
    pub(super) root: Folder,
    /// The name of the folder or file that was given.
    pub(super) name: String,
    /// Its data files, by path.
    pub(super) tables: Vec<SourceTable>,
    /// Other files, pictures excepted.
    pub(super) ignored: Vec<Ignored>,
    /// Archives among them.
    pub(super) archives: Vec<String>,
    /// What else the user should know.
    pub(super) notes: Vec<String>,
}

/// Which files of a source are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<'a> {
    /// Patterns, of which a data file matches one; empty for all.
    pub(super) only: &'a [Pattern],
    /// The revision of a folder of the hub's cache.
    pub(super) revision: Option<&'a str>,
    /// Most bytes of data files together.
    pub(super) limit_bytes: u64,
    /// Whether lines of JSON that cannot be read are left out and named.
    pub(super) lenient: bool,
}

/// Most bytes of files that hold marks, unpacked.
const MAX_MARKS_BYTES: u64 = 1 << 30;

/// The data files of a folder or file, whatever they hold: `.json`, `.jsonl`, `.csv`, `.tsv`, `.xlsx`, `.parquet`.
/// Lines of JSON that cannot be read are named, and do not refuse their file.
///
/// # Errors
/// [`ImportError`]: files that cannot be read.
pub fn tables(path: &Path) -> Result<(Vec<SourceTable>, Vec<String>), ImportError> {
    let choice = Choice {
        only: &[],
        revision: None,
        limit_bytes: MAX_MARKS_BYTES,
        lenient: true,
    };
    read(path, choice).map(|source| (source.tables, source.notes))
}

/// Reads a source.
pub(super) fn read(path: &Path, choice: Choice<'_>) -> Result<Source, ImportError> {
    let name = |path: &Path| {
        path.file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into())
    };
    // A file keeps its own name: in a snapshot it links to a blob without extension.
    let absolute = std::path::absolute(path).map_err(FileError::at(path))?;
    let is_folder = std::fs::metadata(path)
        .map_err(FileError::at(path))?
        .is_dir();
    let mut notes = Vec::new();
    let (folder, found_name): (PathBuf, String) = match is_folder {
        true => {
            let resolved = path.canonicalize().map_err(FileError::at(path))?;
            let chosen = revision::choose(&resolved, choice.revision, &mut notes)?;
            (chosen, name(&resolved))
        }
        false => (
            absolute.parent().unwrap_or(Path::new("/")).to_owned(),
            name(&absolute),
        ),
    };
    let mut source = Source {
        root: Folder::at(&folder)?,
        name: found_name,
        tables: Vec::new(),
        ignored: Vec::new(),
        archives: Vec::new(),
        notes,
    };
    let files = match is_folder {
        true => source.list()?,
        false => vec![source.name.clone()],
    };
    source.read_all(files, !is_folder, choice)?;
    Ok(source)
}

impl Source {
    /// Whether the data files lie in several folders.
    pub(super) fn folders_differ(&self) -> bool {
        let mut folders = self.tables.iter().map(|table| &table.folder);
        let first = folders.next();
        folders.any(|folder| Some(folder) != first)
    }

    /// Every file below the folder.
    fn list(&mut self) -> Result<Vec<String>, ImportError> {
        let found = self.root.list(MAX_FILES)?;
        if found.more {
            return Err(ImportError::TooManyFiles { limit: MAX_FILES });
        }
        if let Some(cache) = revision::caches_in(&found.files) {
            return Err(ImportError::Cache(cache));
        }
        for file in found.refused {
            self.ignore(file, "not opened");
        }
        self.archives = found
            .files
            .iter()
            .filter(|file| side::is_archive(file))
            .cloned()
            .collect();
        Ok(found.files)
    }

    /// Reads those files that hold data. A file that was `named` by the user is data, whatever its name.
    fn read_all(
        &mut self,
        files: Vec<String>,
        named: bool,
        choice: Choice<'_>,
    ) -> Result<(), ImportError> {
        let mut left = choice.limit_bytes;
        let pictures = spool::Spool::new().map_err(FileError::at(&files::cache_folder()))?;
        let mut unreadable = Vec::new();
        for file in files {
            let chosen = choice.only.iter().any(|pattern| pattern.matches(&file));
            let Some(format) = Format::of(&file) else {
                match side::advice(&file) {
                    Some(advice) if named => return Err(ImportError::unreadable(&file, advice)),
                    Some(advice) => self.ignore(file, advice),
                    None => {}
                }
                continue;
            };
            if !choice.only.is_empty() && !chosen {
                self.ignore(file, "not chosen by --only");
                continue;
            }
            if let Some(reason) = side::reason(&file).filter(|_| !named && !chosen) {
                self.ignore(file, reason);
                continue;
            }
            let path = self.root.find(&file)?;
            let bytes = path.metadata().map_err(FileError::at(&path))?.len();
            if bytes > left {
                return Err(FileError::TooLong {
                    path: file.into(),
                    limit: choice.limit_bytes,
                }
                .into());
            }
            left -= bytes;
            let mut reading = Reading {
                pictures: pictures.clone(),
                limit_bytes: choice.limit_bytes,
                notes: Vec::new(),
                lenient: choice.lenient,
                broken: Vec::new(),
            };
            match table::records(format, files::open_regular(&path)?, &mut reading) {
                Ok(Some(records)) => self.add(
                    file,
                    Digest::of_file(&path).map_err(FileError::at(&path))?,
                    records,
                ),
                Ok(None) => {
                    self.ignore(file, "no list of records");
                    continue;
                }
                Err(_) if bytes == 0 && !named => {
                    self.ignore(file, "empty");
                    continue;
                }
                Err(what) => {
                    unreadable.push((file, what));
                    continue;
                }
            }
            if let Some(table) = self.tables.last_mut() {
                table.broken = std::mem::take(&mut reading.broken);
            }
            let name = self.tables.last().map_or("", |table| table.name.as_str());
            let notes = reading.notes.into_iter();
            self.notes
                .extend(notes.map(|note| format!("{name}: {note}")));
        }
        match unreadable.as_slice() {
            [] => Ok(()),
            [(file, what)] if named => Err(ImportError::unreadable(file, what)),
            _ => Err(ImportError::Unreadables(unreadable)),
        }
    }

    fn add(&mut self, file: String, digest: Digest, records: Vec<table::Record>) {
        let path = Path::new(&file);
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder_name = folder.file_name().map(|name| name.to_string_lossy());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let records = records.into_iter().enumerate().map(|(index, mut record)| {
            record.insert(FILE.to_owned(), SourceCell::text(without_shard(&stem)));
            if let Some(name) = &folder_name {
                record.insert(FOLDER.to_owned(), SourceCell::text(name.as_ref()));
            }
            (index + 1, record)
        });
        let records = records.collect();
        let folder = folder.to_string_lossy().into_owned();
        self.tables.push(SourceTable {
            name: file,
            folder,
            digest,
            records,
            broken: Vec::new(),
        });
    }

    /// Notes a file that is left out.
    pub(super) fn ignore(&mut self, file: String, reason: &str) {
        let reason = reason.to_owned();
        self.ignored.push(Ignored { file, reason });
    }
}

/// `train-00000-of-00002` is a shard of `train`.
fn without_shard(stem: &str) -> &str {
    let parts = || {
        let (head, total) = stem.rsplit_once("-of-")?;
        let (name, number) = head.rsplit_once('-')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        (is_number(total) && is_number(number)).then_some(name)
    };
    parts().unwrap_or(stem)
}
