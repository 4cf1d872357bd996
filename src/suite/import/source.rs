//! The files of a source: a snapshot folder of the hub, or one file.

use std::path::Path;

use bytes::Bytes;
use serde::Serialize;

use super::ImportError;
use super::table::{self, Cell, FILE, FOLDER, Format, Table};
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::outside::Folder;

/// Most files that a source may have, pictures included.
const MAX_FILES: usize = 200_000;
/// Extensions of pictures: not data, and not worth a word.
const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "webp"];

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
    pub(super) tables: Vec<Table>,
    /// Other files, pictures excepted.
    pub(super) ignored: Vec<Ignored>,
}

/// Reads a source of which data files have together at most `limit_bytes`.
pub(super) fn read(path: &Path, limit_bytes: u64) -> Result<Source, ImportError> {
    // A file keeps its own name: in a snapshot it links to a blob without extension.
    let resolved = if path.is_dir() {
        path.canonicalize()
    } else {
        path.metadata().and_then(|_| std::path::absolute(path))
    };
    let path = resolved.map_err(files::FileError::at(path))?;
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into());
    let mut source = Source {
        root: Folder::at(if path.is_dir() {
            &path
        } else {
            path.parent().unwrap_or(Path::new("/"))
        })?,
        name,
        tables: Vec::new(),
        ignored: Vec::new(),
    };
    let found = if path.is_dir() {
        let found = source.root.list(MAX_FILES)?;
        if found.more {
            return Err(ImportError::TooManyFiles { limit: MAX_FILES });
        }
        let refused = found.refused.into_iter();
        source.ignored.extend(refused.map(|file| Ignored {
            file,
            reason: "not opened".to_owned(),
        }));
        found.files
    } else {
        vec![source.name.clone()]
    };
    let mut left = limit_bytes;
    for file in found {
        let Some(format) = Format::of(&file) else {
            source.ignore_foreign(file);
            continue;
        };
        let bytes = Bytes::from(source.root.read(&file, left)?);
        left -= bytes.len() as u64;
        let digest = Digest::of(&bytes);
        match table::records(format, &file, bytes, limit_bytes)? {
            Some(records) => source.add(file, digest, records),
            None => source.ignore(file, "no list of records"),
        }
    }
    Ok(source)
}

impl Source {
    /// Whether the data files lie in several folders.
    pub(super) fn folders_differ(&self) -> bool {
        let mut folders = self.tables.iter().map(|table| &table.folder);
        let first = folders.next();
        folders.any(|folder| Some(folder) != first)
    }

    fn add(&mut self, file: String, digest: Digest, mut records: Vec<table::Record>) {
        let path = Path::new(&file);
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder_name = folder.file_name().map(|name| name.to_string_lossy());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        for record in &mut records {
            record.insert(FILE.to_owned(), Cell::text(without_shard(&stem)));
            if let Some(name) = &folder_name {
                record.insert(FOLDER.to_owned(), Cell::text(name.as_ref()));
            }
        }
        let folder = folder.to_string_lossy().into_owned();
        self.tables.push(Table {
            name: file,
            folder,
            digest,
            records,
        });
    }

    /// Moves a file from those read to those left out.
    pub(super) fn ignore(&mut self, file: String, reason: &str) {
        let reason = reason.to_owned();
        self.ignored.push(Ignored { file, reason });
    }

    fn ignore_foreign(&mut self, file: String) {
        let extension = file
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_ascii_lowercase());
        if !extension.is_some_and(|extension| PICTURES.contains(&extension.as_str())) {
            self.ignore(file, "not JSON, JSONL, CSV, TSV or Parquet");
        }
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
