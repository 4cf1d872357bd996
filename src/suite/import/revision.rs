//! Folders of the Hugging Face hub's cache: `datasets--OWNER--NAME` with `snapshots/REVISION` and `refs/NAME`.

use std::path::{Path, PathBuf};

use super::ImportError;
use crate::common::files::FileError;
use crate::common::outside::Folder;

/// Longest file of a reference, in bytes.
const MAX_REF_BYTES: u64 = 1 << 10;
/// Most references and revisions that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// The folder to read: `folder` itself, or where it is a data set of the hub's cache, one of its revisions.
///
/// # Errors
/// Several revisions and none was said; one that is not there; a revision said of something else.
pub(super) fn choose(
    folder: &Path,
    said: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<PathBuf, ImportError> {
    let repository = match folder.file_name() {
        Some(name) if name == "snapshots" => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    let snapshots = repository.join("snapshots");
    if !snapshots.is_dir()
        || !repository.join("blobs").is_dir() && !repository.join("refs").is_dir()
    {
        return match said {
            Some(_) => Err(ImportError::NoCache),
            None => Ok(folder.to_owned()),
        };
    }
    let mut revisions = Vec::new();
    for entry in snapshots
        .read_dir()
        .map_err(FileError::at(&snapshots))?
        .take(MAX_ENTRIES)
    {
        let entry = entry.map_err(FileError::at(&snapshots))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        revisions.extend(entry.file_name().into_string().ok().filter(|_| is_folder));
    }
    revisions.sort();
    let refs = references(repository);
    let listed: Vec<String> = revisions
        .iter()
        .map(|revision| {
            let names: Vec<&str> = refs
                .iter()
                .filter(|(_, target)| target == revision)
                .map(|(name, _)| name.as_str())
                .collect();
            match names.as_slice() {
                [] => revision.clone(),
                names => format!("{revision} ({})", names.join(", ")),
            }
        })
        .collect();
    let revision = match (said, revisions.as_slice()) {
        (None, [only]) => only.clone(),
        (None, _) => return Err(ImportError::Revisions(listed.join(", "))),
        (Some(said), _) => {
            let named = refs
                .iter()
                .find(|(name, _)| name == said)
                .map(|(_, target)| target.clone());
            let wanted = named.unwrap_or_else(|| said.to_owned());
            let mut matching = revisions
                .iter()
                .filter(|revision| revision.starts_with(&wanted));
            match (matching.next(), matching.next()) {
                (Some(only), None) => only.clone(),
                _ => {
                    return Err(ImportError::NoRevision {
                        name: said.to_owned(),
                        listed,
                    });
                }
            }
        }
    };
    notes.push(format!(
        "revision {revision} of the cached data set was read"
    ));
    Ok(snapshots.join(revision))
}

/// The references of a repository: name and revision.
fn references(repository: &Path) -> Vec<(String, String)> {
    let Ok(folder) = Folder::at(&repository.join("refs")) else {
        return Vec::new();
    };
    let found = folder.list(MAX_ENTRIES).unwrap_or_default();
    let read = |name: String| {
        let text = folder.read_text(&name, MAX_REF_BYTES).ok()?;
        Some((name, text.trim().to_owned()))
    };
    found.files.into_iter().filter_map(read).collect()
}

/// A data set of a hub's cache that lies below a source: the source is then not one data set.
pub(super) fn caches_in(files: &[String]) -> Option<String> {
    files.iter().find_map(|file| {
        let mut at = 0;
        for part in file.split_inclusive('/') {
            at += part.len();
            if ["datasets--", "models--"]
                .iter()
                .any(|start| part.starts_with(start))
                && part.ends_with('/')
            {
                return file.get(..at - 1).map(str::to_owned);
            }
        }
        None
    })
}
