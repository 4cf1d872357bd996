//! Digests of large files, remembered so that a file that nobody touched is read once.
//!
//! A file is known again by its size, its times and its inode (elsewhere than on Unix: its path, size and time).
//! The memory lies in the user's own cache; without one, every file is read.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use super::digest::Digest;
use super::files::{own_cache_folder, read_text_bounded, write_atomic};

/// Folder of the cache that holds the digests, a file each.
const FOLDER: &str = "digests";

/// SHA-256 of a file, from the memory where the file did not change since it was read.
///
/// # Errors
/// The file cannot be read.
pub fn digest_of(path: &Path) -> io::Result<Digest> {
    digest_in(path, own_cache_folder().as_deref())
}

fn digest_in(path: &Path, cache: Option<&Path>) -> io::Result<Digest> {
    let before = identity(path, &fs::metadata(path)?)?;
    let place = cache.map(|cache| cache.join(FOLDER));
    let entry = place
        .as_ref()
        .map(|place| place.join(Digest::of(&before).to_string()));
    let known = entry
        .as_ref()
        .and_then(|entry| read_text_bounded(entry, 64).ok()?.parse().ok());
    if let Some(known) = known {
        return Ok(known);
    }
    let digest = Digest::of_file(path)?;
    let unchanged = identity(path, &fs::metadata(path)?)? == before;
    if let (Some(place), Some(entry), true) = (place, entry, unchanged) {
        let kept = fs::create_dir_all(&place)
            .map(|()| write_atomic(&entry, digest.to_string().as_bytes()).is_ok());
        if !matches!(kept, Ok(true)) {
            tracing::debug!("the digest of {} is not remembered", path.display());
        }
    }
    Ok(digest)
}

/// What tells whether a file is still the one that was read.
#[cfg(unix)]
fn identity(_: &Path, facts: &Metadata) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::MetadataExt;
    let numbers = [
        facts.dev(),
        facts.ino(),
        facts.len(),
        facts.mtime().cast_unsigned(),
        facts.mtime_nsec().cast_unsigned(),
        facts.ctime().cast_unsigned(),
        facts.ctime_nsec().cast_unsigned(),
    ];
    Ok(numbers.into_iter().flat_map(u64::to_le_bytes).collect())
}

#[cfg(not(unix))]
fn identity(path: &Path, facts: &Metadata) -> io::Result<Vec<u8>> {
    let path = path.canonicalize()?;
    Ok(format!("{path:?} {} {:?}", facts.len(), facts.modified()?).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_only_after_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let path = folder.path().join("weights");
        fs::write(&path, b"one").unwrap();
        let digest = |path: &Path| digest_in(path, Some(&cache)).unwrap();
        assert_eq!(digest(&path), Digest::of(b"one"));
        // What is remembered is taken: a false memory shows that the file was not read.
        let entry = fs::read_dir(cache.join(FOLDER)).unwrap().next().unwrap();
        let false_memory = Digest::of(b"false");
        fs::write(entry.unwrap().path(), false_memory.to_string()).unwrap();
        assert_eq!(digest(&path), false_memory);
        let moved = folder.path().join("moved");
        fs::rename(&path, &moved).unwrap();
        fs::write(&moved, b"two").unwrap();
        assert_eq!(digest(&moved), Digest::of(b"two"));
        // Without a cache nothing is remembered.
        assert_eq!(digest_in(&moved, None).unwrap(), Digest::of(b"two"));
    }
}
