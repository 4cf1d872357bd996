//! Files that a report rests on without printing them: the pictures of its runs; and files that it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use super::Checked;
use crate::analysis::runs::source::RunSource;
use crate::common::digest::Digest;
use crate::run::answer::picture_name;
use crate::run::folder::names;

/// Most files of a report's folder that are looked at.
const MAX_FILES: usize = 100_000;

/// Deepest folder below the report's that is looked at.
const MAX_DEPTH: usize = 8;

/// The pictures of a run against the digests that its log of answers holds: those that are missing, replaced or
/// altered, and one entry for all that are sound. A cache of small pictures is not asked.
pub fn pictures(source: &RunSource) -> Vec<Checked> {
    let Some(log) = &source.log else {
        return Vec::new();
    };
    let label = &source.run.label;
    let folder = source.run.folder.join(names::IMAGES);
    let wanted: BTreeMap<String, Digest> = log
        .pictures
        .iter()
        .map(|picture| (picture_name(picture), picture.digest))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut checked: Vec<Checked> = wanted
        .par_iter()
        .filter_map(|(name, digest)| {
            let file = format!("{label}/{}/{name}", names::IMAGES);
            let wanted = format!("the picture with digest {}", digest.short(12));
            match found(&folder.join(name)) {
                Ok(found) if found == *digest => None,
                Ok(found) => Some(Checked::whole(
                    &file,
                    format!("digest {}", found.short(12)),
                    wanted,
                )),
                Err(why) => Some(Checked::whole(&file, why, wanted)),
            }
        })
        .collect();
    let sound = wanted.len() - checked.len();
    checked.push(Checked {
        pictures: sound,
        ..Checked::of(&format!("{label}/{}", names::IMAGES))
    });
    checked
}

fn found(path: &Path) -> Result<Digest, String> {
    let is_file = std::fs::metadata(path).map(|meta| meta.is_file());
    match is_file {
        Ok(true) => Digest::of_file(path).map_err(|error| error.to_string()),
        Ok(false) => Err("something that is not a file".to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err("no such file".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// What lies in a report's folder and is not among its `own` files, given by their relative paths with `/`.
pub fn strangers(folder: &Path, own: &BTreeSet<String>) -> Vec<Checked> {
    let mut found = Vec::new();
    walk(folder, "", 0, &mut found);
    found.sort();
    let mut strange = found.into_iter().filter(|name| !own.contains(name));
    let mut checked: Vec<Checked> = strange
        .by_ref()
        .take(super::MAX_LISTED)
        .map(|name| {
            Checked::whole(
                &name,
                "a file",
                "nothing: it does not belong to this report",
            )
        })
        .collect();
    let more = strange.count();
    if more > 0 {
        let text = format!("{more} more files");
        checked.push(Checked::whole(
            "the folder",
            text,
            "only the files of this report",
        ));
    }
    checked
}

/// Relative paths of everything but folders. Links are not followed; what cannot be read counts as a file.
fn walk(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        found.push(prefix.trim_end_matches('/').to_owned());
        return;
    };
    for entry in entries.flatten() {
        if found.len() >= MAX_FILES {
            return;
        }
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < MAX_DEPTH {
            walk(&entry.path(), &format!("{name}/"), depth + 1, found);
        } else {
            found.push(name);
        }
    }
}
