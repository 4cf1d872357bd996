//! The suites inside the binary: what makes an installed program work outside the
//! repository.
//!
//! They are embedded when this file is compiled: touch it after adding a file to a
//! suite's folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

/// The bundled suites: one line each.
static BUNDLED: &[(&str, Dir<'static>)] = &[
    (
        "gedit-full",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/gedit-full"),
    ),
    (
        "gedit-full-cn",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/gedit-full-cn"),
    ),
    (
        "gedit-full-en",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/gedit-full-en"),
    ),
    (
        "gedit-intersection",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/gedit-intersection"),
    ),
    (
        "gedit-intersection-cn",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/gedit-intersection-cn"),
    ),
    (
        "gedit-intersection-en",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/gedit-intersection-en"),
    ),
    (
        "geneval",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/geneval"),
    ),
    (
        "imagenhub",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/imagenhub"),
    ),
    ("kris", include_dir!("$CARGO_MANIFEST_DIR/benchmarks/kris")),
    (
        "parabench",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/parabench"),
    ),
    ("rise", include_dir!("$CARGO_MANIFEST_DIR/benchmarks/rise")),
    (
        "rise-pre-2026-04",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/rise-pre-2026-04"),
    ),
    (
        "rover",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/rover"),
    ),
    (
        "shapes",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/shapes"),
    ),
    (
        "viescore-imagenhub",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/viescore-imagenhub"),
    ),
    (
        "wise-legacy",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/wise-legacy"),
    ),
    (
        "wise-verified",
        include_dir!("$CARGO_MANIFEST_DIR/benchmarks/wise-verified"),
    ),
];

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BUNDLED.iter().map(|(name, _)| *name)
}

/// The folder of a bundled suite, unpacked into the cache folder if it is not there
/// yet; `None` for an unknown name. The folder is named by the digest of its content
/// and appears whole, so several processes and several versions get along.
///
/// # Errors
/// [`FileError`] when the cache folder cannot be written.
pub(super) fn unpack(name: &str) -> Option<Result<PathBuf, FileError>> {
    let (name, dir) = BUNDLED.iter().find(|(known, _)| *known == name)?;
    Some(unpack_into(
        &files::cache_folder().join("suites"),
        name,
        dir,
    ))
}

fn unpack_into(cache: &Path, name: &str, dir: &Dir<'_>) -> Result<PathBuf, FileError> {
    let entries = files_of(dir);
    let target = cache.join(format!("{name}-{}", digest_of(&entries).short(16)));
    if is_whole(&target, &entries) {
        return Ok(target);
    }
    files::create_folder(cache)?;
    let fresh = tempfile::Builder::new()
        .prefix(".unpacking-")
        .tempdir_in(cache)
        .map_err(FileError::at(cache))?;
    // A folder of its own inside, so that it gets the usual permissions.
    let folder = fresh.path().join("suite");
    for (path, bytes) in &entries {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            files::create_folder(parent)?;
        }
        fs::write(&path, bytes).map_err(FileError::at(&path))?;
    }
    put_in_place(&folder, &target, &entries).map_err(FileError::at(&target))?;
    Ok(target)
}

/// Renames the fresh folder to its name. Where another process was faster its folder
/// stays; where a cleaner of caches left half a folder it makes way.
fn put_in_place(fresh: &Path, target: &Path, entries: &[(&Path, &[u8])]) -> io::Result<()> {
    if fs::rename(fresh, target).is_ok() || is_whole(target, entries) {
        return Ok(());
    }
    let aside = tempfile::Builder::new()
        .prefix(".damaged-")
        .tempdir_in(target.parent().unwrap_or(Path::new(".")))?;
    fs::rename(target, aside.path().join("suite"))?;
    fs::rename(fresh, target)
}

/// All files with their paths in the suite's folder, by path.
fn files_of<'a>(dir: &'a Dir<'_>) -> Vec<(&'a Path, &'a [u8])> {
    let mut found = Vec::new();
    let mut open = vec![dir];
    while let Some(dir) = open.pop() {
        for entry in dir.entries() {
            match entry {
                DirEntry::Dir(dir) => open.push(dir),
                DirEntry::File(file) => found.push((file.path(), file.contents())),
            }
        }
    }
    found.sort();
    found
}

fn digest_of(entries: &[(&Path, &[u8])]) -> Digest {
    Digest::of_fields(
        entries
            .iter()
            .flat_map(|(path, bytes)| [path.as_os_str().as_encoded_bytes(), *bytes]),
    )
}

/// Whether every file is there with its length; what it holds is the loader's matter.
fn is_whole(target: &Path, entries: &[(&Path, &[u8])]) -> bool {
    entries.iter().all(|(path, bytes)| {
        fs::metadata(target.join(path)).is_ok_and(|meta| meta.len() == bytes.len() as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_once_and_repairs() {
        let cache = tempfile::tempdir().unwrap();
        let (name, dir) = &BUNDLED[0];
        let first = unpack_into(cache.path(), name, dir).unwrap();
        let definition = first.join("suite.toml");
        assert!(definition.is_file());
        assert_eq!(unpack_into(cache.path(), name, dir).unwrap(), first);

        let bytes = fs::read(&definition).unwrap();
        fs::write(&definition, b"half").unwrap();
        assert_eq!(unpack_into(cache.path(), name, dir).unwrap(), first);
        assert_eq!(fs::read(&definition).unwrap(), bytes);
        let left: Vec<_> = fs::read_dir(cache.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn many_at_once_agree() {
        let cache = tempfile::tempdir().unwrap();
        let (name, dir) = &BUNDLED[0];
        std::thread::scope(|scope| {
            let unpack = || unpack_into(cache.path(), name, dir).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(unpack)).collect();
            for thread in threads {
                assert!(thread.join().unwrap().join("suite.toml").is_file());
            }
        });
    }
}
