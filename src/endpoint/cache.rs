//! Replies that were paid for once: one file per reply, named by a digest of all
//! that decided it, shared by runs and processes.
//!
//! A file is whole or not there (written aside, then renamed). Files that are torn
//! or foreign are not believed: they count as absent and are overwritten. Losing a
//! file costs one call, so nothing is synced.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ask::EndpointReply;
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::common::picture::MAX_ENCODED_BYTES;

/// Version of the files' layout; others are not believed.
const VERSION: u32 = 2;
/// Longest file that is read, in bytes: a longest picture in base 64, and words, which escaping
/// makes at most six-fold.
const MAX_BYTES: u64 = MAX_ENCODED_BYTES.div_ceil(3) * 4 + (9 << 20);

/// A reply, with what was sent for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheEntry {
    /// The reply.
    pub reply: EndpointReply,
    /// Digest of the whole request, encoded pictures included.
    pub prompt_digest: Digest,
    /// Digests of the pictures as they were sent.
    pub image_digests: Vec<Digest>,
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
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in `folder`, which need not exist yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The cache that all runs share: a folder of this name in the platform's cache folder.
    pub fn shared(name: &str) -> Self {
        Self::new(files::cache_folder().join(name))
    }

    /// The reply under a key; `None` when it is not there or not to be believed.
    pub fn get(&self, key: &Digest) -> Option<CacheEntry> {
        let bytes = files::read_bounded(&self.path(key), MAX_BYTES).ok()?;
        let file: WireFile<CacheEntry> = serde_json::from_slice(&bytes).ok()?;
        let sound = file.version == VERSION
            && file.key == *key
            && file.checksum == checksum(&file.entry).ok()?;
        sound.then_some(file.entry)
    }

    /// Keeps a reply. Of two processes that keep the same key one wins, wholly.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn put(&self, key: &Digest, entry: &CacheEntry) -> Result<(), FileError> {
        let path = self.path(key);
        let write = || -> io::Result<()> {
            let file = WireFile {
                version: VERSION,
                key: *key,
                checksum: checksum(entry)?,
                entry,
            };
            write_aside(&path, &serde_json::to_vec(&file)?)
        };
        write().map_err(FileError::at(&path))
    }

    /// Where the reply under a key lies.
    pub fn path(&self, key: &Digest) -> PathBuf {
        self.folder.join(key.short(2)).join(format!("{key}.json"))
    }
}

fn checksum(entry: &CacheEntry) -> serde_json::Result<Digest> {
    Ok(Digest::of(&serde_json::to_vec(entry)?))
}

fn write_aside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(files::PARTIAL)
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::price::Usage;

    fn entry() -> CacheEntry {
        let reply = EndpointReply {
            text: "{\"reasoning\": \"ü\", \"k\": 4}".into(),
            served_model: Some("m".into()),
            usage: Usage {
                input_text: 1,
                output_text: 2,
                ..Usage::default()
            },
            ..EndpointReply::default()
        };
        CacheEntry {
            reply,
            prompt_digest: Digest::of(b"prompt"),
            image_digests: vec![Digest::of(b"image")],
        }
    }

    #[test]
    fn what_was_put_is_there_and_other_keys_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("deep/er"));
        let (key, other) = (Digest::of(b"key"), Digest::of(b"other"));
        assert_eq!(cache.get(&key), None);
        cache.put(&key, &entry()).unwrap();
        assert_eq!(cache.get(&key), Some(entry()));
        assert_eq!(cache.get(&other), None);
        std::fs::create_dir_all(cache.path(&other).parent().unwrap()).unwrap();
        std::fs::copy(cache.path(&key), cache.path(&other)).unwrap();
        assert_eq!(cache.get(&other), None, "a copy under another name");
    }

    /// Whatever byte is changed and wherever the file is cut, the entry is as it was
    /// or absent, and can be written anew.
    #[test]
    fn damaged_files_are_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        let key = Digest::of(b"key");
        cache.put(&key, &entry()).unwrap();
        let path = cache.path(&key);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(cache.get(&key), None, "byte {at} changed");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(cache.get(&key), None, "cut at {at}");
        }
        cache.put(&key, &entry()).unwrap();
        assert_eq!(cache.get(&key), Some(entry()));
    }
}
