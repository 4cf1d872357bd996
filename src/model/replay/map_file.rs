//! The layout `map`: a CSV file that says which file belongs to which task.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use csv::StringRecord;
use serde::Deserialize;

use super::faults::first_faults;
use super::folder::Listing;
use super::names::tasks_by_name;
use super::stored::{Slot, Source, Stored};
use super::survey::Matched;
use crate::common::files::{join_contained, read_bounded};
use crate::model::{Failure, FailureKind, ModelError, text};
use crate::suite::Suite;

/// The columns, for people.
pub(super) const COLUMNS: &str = "task,image,text (and sample, from the second one on)";
/// Longest map that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// One row. A path that is empty or not there: not stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRow {
    task: String,
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    sample: Option<u32>,
}

/// The map while it is read.
struct Reading<'a> {
    files: BTreeSet<&'a str>,
    tasks: BTreeMap<&'a str, usize>,
    /// The file → the line that names it.
    named: BTreeMap<String, u64>,
    lines: BTreeMap<Slot, u64>,
    matched: Matched,
    faults: Vec<String>,
}

/// Reads a map over a listed folder, at which its paths start.
///
/// # Errors
/// It cannot be read, or rows are malformed, doubled, or name a file twice or outside the
/// folder: all of them, by line.
pub(super) fn read(path: &Path, listing: &Listing, suite: &Suite) -> Result<Matched, ModelError> {
    let bytes = read_bounded(path, MAX_BYTES).map_err(|error| {
        let what = format!(
            "replay: the map `{}` cannot be read; its path starts where the command runs",
            path.display()
        );
        ModelError::caused_by(what, error)
    })?;
    let mut reading = Reading {
        files: listing.files.iter().map(String::as_str).collect(),
        tasks: tasks_by_name(suite),
        named: BTreeMap::new(),
        lines: BTreeMap::new(),
        matched: Matched::default(),
        faults: Vec::new(),
    };
    reading.read(&bytes);
    if !reading.faults.is_empty() {
        return Err(ModelError::new(format!(
            "replay: the map {} cannot be used; expected the columns {COLUMNS}; correct these \
             lines:\n  {}",
            path.display(),
            first_faults(&reading.faults)
        )));
    }
    // A map that lies in the folder itself is no answer left over.
    let own = path.canonicalize().ok();
    let own = own
        .as_deref()
        .and_then(|path| path.strip_prefix(listing.folder.root()).ok());
    for name in &listing.files {
        if !reading.named.contains_key(name) && own != Some(Path::new(name)) {
            reading.matched.left_over.push((name.clone(), name.clone()));
        }
    }
    Ok(reading.matched)
}

impl Reading<'_> {
    fn read(&mut self, bytes: &[u8]) {
        let mut rows = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let headers = match rows.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => return self.faults.push(format!("line 1: {error}")),
        };
        for record in rows.records() {
            match record {
                Ok(record) => self.row(&record, &headers),
                Err(error) => self.faults.push(error.to_string()),
            }
        }
    }

    fn row(&mut self, record: &StringRecord, headers: &StringRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        let row: WireRow = match record.deserialize(Some(headers)) {
            Ok(row) => row,
            Err(error) => {
                let what = match error.kind() {
                    csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
                    _ => error.to_string(),
                };
                return self.faults.push(format!("line {line}: {what}"));
            }
        };
        let Some(&task) = self.tasks.get(row.task.as_str()) else {
            let name = text::excerpt(&row.task, 80);
            let left = format!("line {line} of the map (task `{name}`)");
            return self.matched.left_over.push((left, name));
        };
        let slot = (task, row.sample.unwrap_or(0));
        if let Some(first) = self.lines.insert(slot, line) {
            let (task, sample) = (&row.task, slot.1);
            return self.faults.push(format!(
                "line {line}: task `{task}`, sample {sample} again, first on line {first}"
            ));
        }
        let stored = Stored {
            image: self.file(row.image, "image", line),
            reasoning: self.file(row.text, "text", line),
        };
        if stored.image != Source::Absent || stored.reasoning != Source::Absent {
            self.matched.answers.insert(slot, stored);
        }
    }

    /// The file of one half, if it lies in the folder.
    fn file(&mut self, path: Option<String>, half: &str, line: u64) -> Source {
        let Some(path) = path.filter(|path| !path.is_empty()) else {
            return Source::Absent;
        };
        let path = path.strip_prefix("./").map_or(path.clone(), str::to_owned);
        let shown = text::excerpt(&path, 200);
        if join_contained(Path::new(""), &path).is_none() {
            self.faults.push(format!(
                "line {line}: {half} `{shown}` is not a path inside the folder"
            ));
            return Source::Absent;
        }
        if let Some(first) = self.named.insert(path.clone(), line) {
            self.faults.push(format!(
                "line {line}: {half} `{shown}` is already an answer, on line {first}"
            ));
        }
        if self.files.contains(path.as_str()) {
            return Source::file(&path);
        }
        let message = format!("{shown} (line {line}): no such file");
        Source::Lost(Failure::new(FailureKind::NoAnswer, message))
    }
}
