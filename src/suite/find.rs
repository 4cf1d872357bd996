//! From what a user typed to a suite's folder.
//!
//! A text with a path separator, or that names an existing folder with a
//! `suite.toml`, is a path. Anything else is a name, looked for in
//!
//! 1. `$PARABENCH_BENCHMARKS/<name>`,
//! 2. `benchmarks/<name>` under the current folder,
//! 3. `imported/<name>` in the cache folder, where `suite import` puts its result,
//! 4. the suites bundled with the program.
//!
//! The first of these that holds tasks is taken. A folder with a `suite.toml` but no
//! `tasks.jsonl` is a definition: it says what an import has to bring.

use std::path::{Path, PathBuf};

use super::bundled;
use super::definition::Definition;
use super::wire::{DEFINITION_FILE, TASKS_FILE};
use crate::common::files::{self, FileError};
use crate::common::suggest::unknown;

/// The variable that names a folder of suites.
pub const FOLDER_VARIABLE: &str = "PARABENCH_BENCHMARKS";

/// Why no suite was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The path leads to no suite.
    #[error("{} is not a suite: it has no {DEFINITION_FILE}; name a folder that has one, or one of: {known}", path.display())]
    NotASuite {
        /// What was named.
        path: PathBuf,
        /// The names that exist.
        known: String,
    },
    /// No suite has that name.
    #[error("{}; a path must contain a `/`", unknown("suite", name, &known.iter().map(String::as_str).collect::<Vec<_>>(), Some("parabench list suites")))]
    Unknown {
        /// What was named.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// Only the definition is there; the tasks must be imported.
    #[error(
        "the suite `{name}` is here without its tasks{origin}; import them with\n\n    parabench suite import {source_hint} --suite {name}\n\nmarks that were made elsewhere need no tasks: `parabench scores import`",
        origin = hub.as_ref().map_or_else(String::new, |hub| format!(
            ", which are its authors': they are the data set {hub} of the Hugging Face hub"
        )),
        source_hint = hub.as_ref().map_or("FOLDER_OR_FILE", |_| "FOLDER_OF_THE_DATA_SET"),
    )]
    NotImported {
        /// The suite.
        name: String,
        /// The data set on the hub, where the definition names it.
        hub: Option<String>,
    },
    /// A bundled suite could not be unpacked.
    #[error(
        "a bundled suite cannot be unpacked: {0}; set PARABENCH_CACHE to a folder that can be written"
    )]
    Unpack(#[from] FileError),
}

/// One suite that can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// The folder that the name leads to.
    pub folder: PathBuf,
    /// Whether its tasks are there.
    pub has_tasks: bool,
}

/// The folder of the suite that `spec` names.
///
/// # Errors
/// [`FindError`]; an unknown name comes with those that exist.
pub fn find(spec: &str) -> Result<PathBuf, FindError> {
    let folder = find_definition(spec)?;
    if is_path(spec) || folder.join(TASKS_FILE).is_file() {
        return Ok(folder); // a path is what the user says it is: the loader tells what lacks
    }
    Err(FindError::NotImported {
        name: spec.to_owned(),
        hub: Definition::read(&folder)
            .ok()
            .and_then(|definition| definition.hub),
    })
}

/// The folder of the suite that `spec` names, with or without tasks.
///
/// # Errors
/// [`FindError`], except that tasks may be absent.
pub fn find_definition(spec: &str) -> Result<PathBuf, FindError> {
    let path = PathBuf::from(spec);
    if is_path(spec) {
        return if path.join(DEFINITION_FILE).is_file() {
            Ok(path)
        } else {
            let known = known_names().join(", ");
            Err(FindError::NotASuite { path, known })
        };
    }
    let has_tasks = |folder: &&PathBuf| folder.join(TASKS_FILE).is_file();
    let mut places = candidates(spec);
    if places.iter().find(has_tasks).is_none() {
        places.extend(bundled::unpack(spec).transpose()?);
    }
    let best = places.iter().find(has_tasks).or(places.first());
    best.cloned().ok_or_else(|| FindError::Unknown {
        name: spec.chars().take(80).collect(),
        known: known_names(),
    })
}

/// Every suite that can be named, by name.
pub fn known() -> Vec<Known> {
    let mut names: Vec<String> = bundled::names().map(str::to_owned).collect();
    for root in roots() {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        names.extend(
            entries
                .filter(|entry| entry.path().join(DEFINITION_FILE).is_file())
                .filter_map(|entry| entry.file_name().into_string().ok())
                .filter(|name| files::is_safe_name(name)),
        );
    }
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| {
            let folder = find_definition(&name).ok()?;
            let has_tasks = folder.join(TASKS_FILE).is_file();
            Some(Known {
                name,
                folder,
                has_tasks,
            })
        })
        .collect()
}

/// Where an import of a suite goes if the user names no folder.
pub fn import_folder(name: &str) -> PathBuf {
    files::cache_folder().join("imported").join(name)
}

fn known_names() -> Vec<String> {
    known().into_iter().map(|known| known.name).collect()
}

fn is_path(spec: &str) -> bool {
    spec.contains(['/', '\\']) || Path::new(spec).join(DEFINITION_FILE).is_file()
}

/// Folders that hold suites by name, in the order of precedence.
fn roots() -> Vec<PathBuf> {
    let named = std::env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty());
    named
        .map(PathBuf::from)
        .into_iter()
        .chain([
            PathBuf::from("benchmarks"),
            files::cache_folder().join("imported"),
        ])
        .collect()
}

/// The folders of that name that have a definition.
fn candidates(name: &str) -> Vec<PathBuf> {
    if !files::is_safe_name(name) {
        return Vec::new();
    }
    let folders = roots().into_iter().map(|root| root.join(name));
    folders
        .filter(|folder| folder.join(DEFINITION_FILE).is_file())
        .collect()
}
