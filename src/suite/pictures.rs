//! The pictures of a suite: found, measured and hashed at every load,
//! decoded once per content.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::fault::{FaultList, quoted};
use super::load::Line;
use super::wire::TASKS_FILE;
use crate::common::digest::Digest;
use crate::common::files::FileError;
use crate::common::outside::Folder;
use crate::common::picture::PictureFile;

/// Every picture that tasks name, by the name they use.
pub(super) struct PictureTable {
    entries: HashMap<String, Entry>,
}

struct Entry {
    /// The first line that names it.
    line: usize,
    picture: Arc<PictureFile>,
}

impl PictureTable {
    /// Reads, in parallel, the header and digest of every picture named by `lines`.
    /// Pictures that are not there or whose header is unreadable become faults.
    pub(super) fn measure(
        folder: &Path,
        lines: &Option<Vec<Line>>,
        faults: &mut FaultList,
    ) -> Self {
        let mut first_lines: HashMap<&str, usize> = HashMap::new();
        for line in lines.iter().flatten() {
            for image in line.task.pictures() {
                first_lines.entry(image).or_insert(line.number);
            }
        }
        let mut wanted: Vec<(&str, usize)> = first_lines.into_iter().collect();
        wanted.sort_by_key(|&(_, line)| line);
        let folder = Folder::at(folder);
        let measured: Vec<_> = wanted
            .into_par_iter()
            .filter_map(|(name, line)| Some((name, line, measure(folder.as_ref().ok()?, name))))
            .collect();
        let mut entries = HashMap::with_capacity(measured.len());
        for (name, line, result) in measured {
            match result {
                Ok(picture) => {
                    let picture = Arc::new(picture);
                    entries.insert(name.to_owned(), Entry { line, picture });
                }
                Err((found, expected, cure)) => faults.push(line, found, expected, cure),
            }
        }
        Self { entries }
    }

    /// The picture of a name that tasks use.
    pub(super) fn get(&self, name: &str) -> Option<Arc<PictureFile>> {
        self.entries
            .get(name)
            .map(|entry| Arc::clone(&entry.picture))
    }

    /// Decodes every picture; those that do not decode become faults.
    pub(super) fn decode_all(&self, faults: &mut FaultList) {
        let broken: Vec<(usize, String)> = self
            .entries
            .par_iter()
            .filter_map(|(name, entry)| match entry.picture.check() {
                Ok(()) => None,
                Err(error) => Some((entry.line, format!("image {}: {error}", quoted(name)))),
            })
            .collect();
        for (line, found) in broken {
            faults.push(line, found, EXPECTED, "replace the file");
        }
    }
}

/// What a task's picture must be.
pub(super) const EXPECTED: &str = "a whole PNG, JPEG, WebP, GIF or BMP picture";

type Refusal = (String, &'static str, &'static str);

fn measure(folder: &Folder, name: &str) -> Result<PictureFile, Refusal> {
    let path = folder.find(name).map_err(|error| match error {
        FileError::Outside { target, .. } => (
            format!(
                "image {} leads to {}, outside of the suite's folder",
                quoted(name),
                quoted(&target.to_string_lossy())
            ),
            "a relative path with `/`, to a file or a link that stays inside the suite's folder",
            "put a copy of the picture under `images/` and name it so",
        ),
        other => not_read(name, &other),
    })?;
    PictureFile::measure(&path).map_err(|error| not_read(name, &error))
}

fn not_read(name: &str, error: &dyn std::error::Error) -> Refusal {
    (
        format!("image {}: {error}", quoted(name)),
        EXPECTED,
        "put the picture there, or correct the path",
    )
}

/// Whether pictures of a suite of this digest were all decoded before.
pub(super) fn is_known_good(cache: &Path, digest: &Digest) -> bool {
    marker(cache, digest).is_file()
}

/// Remembers that all pictures of a suite decode. An empty file is whole as soon as
/// it exists, so any number of processes may do this at once; where the cache cannot
/// be written, the next load decodes again.
pub(super) fn remember_good(cache: &Path, digest: &Digest) {
    let path = marker(cache, digest);
    let written = match path.parent() {
        Some(folder) => fs::create_dir_all(folder).and_then(|()| fs::write(&path, b"")),
        None => Ok(()),
    };
    if let Err(error) = written {
        tracing::debug!(path = %path.display(), %error, "the check of {TASKS_FILE} is not remembered");
    }
}

fn marker(cache: &Path, digest: &Digest) -> PathBuf {
    cache.join("suites").join(format!("{digest}.whole"))
}
