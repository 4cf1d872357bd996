//! Replies that were paid for once: one file per reply, named by a digest of all
//! that decided it, shared by runs and processes.
//!
//! A file is whole or not there (written aside, then renamed). Files that are torn
//! or foreign are not believed: they count as absent and are overwritten. Losing a
//! file costs one call, so nothing is synced.

use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

/// What is kept.
pub trait Keepable: Serialize + DeserializeOwned {
    /// Version of the files' layout; others are not believed.
    const VERSION: u32;
    /// Longest file that is read, in bytes.
    const MAX_BYTES: u64;
    /// The folder in the platform's cache folder.
    const FOLDER: &'static str;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile<E> {
    version: u32,
    /// The file's own name: a copy under another name is foreign.
    key: Digest,
    /// SHA-256 of the entry as this program writes it.
    checksum: Digest,
    entry: E,
}

/// A folder of replies.
#[derive(Debug)]
pub struct Kept<E> {
    folder: PathBuf,
    entries: PhantomData<fn() -> E>,
}

impl<E> Clone for Kept<E> {
    fn clone(&self) -> Self {
        Self {
            folder: self.folder.clone(),
            entries: PhantomData,
        }
    }
}

impl<E: Keepable> Kept<E> {
    /// The cache in `folder`, which need not exist yet.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            entries: PhantomData,
        }
    }

    /// The cache that all runs share, in the platform's cache folder.
    pub fn shared() -> Self {
        Self::new(files::cache_folder().join(E::FOLDER))
    }

    /// The reply under a key; `None` when it is not there or not to be believed.
    pub fn get(&self, key: &Digest) -> Option<E> {
        let bytes = files::read_bounded(&self.path(key), E::MAX_BYTES).ok()?;
        let file: WireFile<E> = serde_json::from_slice(&bytes).ok()?;
        let sound = file.version == E::VERSION
            && file.key == *key
            && file.checksum == checksum(&file.entry).ok()?;
        sound.then_some(file.entry)
    }

    /// Keeps a reply. Of two processes that keep the same key one wins, wholly.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn put(&self, key: &Digest, entry: E) -> Result<(), FileError> {
        let path = self.path(key);
        let write = || -> io::Result<()> {
            let file = WireFile {
                version: E::VERSION,
                key: *key,
                checksum: checksum(&entry)?,
                entry,
            };
            write_aside(&path, &serde_json::to_vec(&file)?)
        };
        write().map_err(FileError::at(&path))
    }

    /// Where the reply under a key lies.
    pub(crate) fn path(&self, key: &Digest) -> PathBuf {
        self.folder.join(key.short(2)).join(format!("{key}.json"))
    }
}

fn checksum<E: Serialize>(entry: &E) -> serde_json::Result<Digest> {
    Ok(Digest::of(&serde_json::to_vec(entry)?))
}

fn write_aside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".partial-")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
