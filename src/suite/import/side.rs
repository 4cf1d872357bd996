//! Files of a source that are no tasks: those known by their names, and those in forms that are not read.

use super::names::fold;
use crate::common::picture::EXTENSIONS;

/// Names, without ending and folded, of files that describe a data set or a project.
const DESCRIPTIONS: [&str; 14] = [
    "datasetinfos",
    "datasetinfo",
    "datasetdict",
    "state",
    "readme",
    "license",
    "licence",
    "package",
    "packagelock",
    "tsconfig",
    "croissant",
    "citation",
    "vercel",
    "config",
];
/// Beginnings of folded names of files that hold results.
const RESULTS: [&str; 2] = ["leaderboard", "scoreboard"];
/// Endings of archives.
const ARCHIVES: [&str; 9] = [
    ".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst",
];

/// Why a file is no data by its name; `None` where it may be.
pub(super) fn reason(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let folded = fold(stem);
    if DESCRIPTIONS.contains(&folded.as_str()) {
        Some("it describes a data set or a project, by its name")
    } else if RESULTS.iter().any(|start| folded.starts_with(start)) {
        Some("it holds results, by its name")
    } else {
        None
    }
}

/// Whether a file is an archive.
pub(super) fn is_archive(path: &str) -> bool {
    let name = path.to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| name.ends_with(ending))
}

/// What to say of a file in a form that is not read; `None` for pictures, which are not worth a word.
pub(super) fn advice(path: &str) -> Option<&'static str> {
    let ending = path
        .rsplit_once('.')
        .map_or("", |(_, ending)| ending)
        .to_ascii_lowercase();
    if EXTENSIONS.contains(&ending.as_str()) {
        return None;
    }
    Some(match ending.as_str() {
        _ if is_archive(path) => "an archive: unpack it and import the folder",
        "arrow" | "feather" => {
            "Arrow: read the data set's Parquet instead (on the hub: revision refs/convert/parquet)"
        }
        "xlsx" | "xls" | "ods" => "a spreadsheet: save it as CSV",
        "yaml" | "yml" | "toml" | "xml" => {
            "not read: save the tasks as JSON, JSONL, CSV or Parquet"
        }
        _ => "not JSON, JSONL, CSV, TSV or Parquet",
    })
}
