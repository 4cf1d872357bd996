//! The layout `answers.jsonl`: one record per answer, pictures in files beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use super::faults::first_faults;
use super::folder::Listing;
use super::stored::{Answers, Line, Slot, Source, Stored};
use crate::common::digest::Digest;
use crate::common::files::{FileError, join_contained};
use crate::model::wire::{parse_line, said};
use crate::model::{Failure, FailureKind, MAX_REASONING_BYTES, ModelError, text};
use crate::suite::Suite;

/// Name of the records file.
pub(super) const FILE_NAME: &str = "answers.jsonl";
/// Longest line: a longest reasoning with every byte escaped, and room for the rest.
const MAX_LINE_BYTES: u64 = 6 * MAX_REASONING_BYTES as u64 + (64 << 10);

/// One line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    task: String,
    /// Number of the sample.
    #[serde(default)]
    seed: u32,
    /// Outer `None`: not said; inner `None`: the model answered without it.
    #[serde(default, deserialize_with = "said")]
    reasoning: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    image: Option<Option<String>>,
}

/// What a records file holds.
#[derive(Default)]
pub(super) struct Records {
    /// The answers to tasks of the suite.
    pub(super) answers: Answers,
    /// Records of other tasks, and pictures that no record names: each with what
    /// may be a misspelt id.
    pub(super) left_over: Vec<(String, String)>,
    faults: Vec<String>,
}

/// Reads the records file of a listed folder.
///
/// # Errors
/// It cannot be read, or lines are malformed, doubled, or name files outside the
/// folder: all of them, by line.
pub(super) fn read(listing: &Listing, suite: &Suite) -> Result<Records, ModelError> {
    let path = listing.root.join(FILE_NAME);
    let files: BTreeSet<&str> = listing.files.iter().map(String::as_str).collect();
    let tasks = suite.tasks.iter().enumerate();
    let tasks: BTreeMap<&str, usize> = tasks.map(|(index, task)| (task.id(), index)).collect();
    let mut records = Records::default();
    let mut lines: BTreeMap<Slot, usize> = BTreeMap::new();
    each_line(&path, |number, line, bytes| {
        let record: Record = match bytes.ok_or_else(too_long).and_then(parse_line) {
            Ok(record) => record,
            Err(fault) => return records.faults.push(format!("line {number}: {fault}")),
        };
        let Some(&task) = tasks.get(record.task.as_str()) else {
            let name = text::excerpt(&record.task, 80);
            let left = format!("line {number} of {FILE_NAME} (task `{name}`)");
            return records.left_over.push((left, name));
        };
        if let Some(first) = lines.insert((task, record.seed), number) {
            let (task, seed) = (&record.task, record.seed);
            return records.faults.push(format!(
                "line {number}: task `{task}`, seed {seed} again, first on line {first}"
            ));
        }
        records.add((task, record.seed), record, number, line, &files);
    })
    .map_err(|error| ModelError::caused_by("replay: the records cannot be read", error))?;
    if !records.faults.is_empty() {
        return Err(ModelError::new(format!(
            "replay: {} is malformed; correct these lines:\n  {}",
            path.display(),
            first_faults(&records.faults)
        )));
    }
    records.note_unnamed_pictures(listing);
    Ok(records)
}

impl Records {
    fn add(
        &mut self,
        slot: Slot,
        record: Record,
        number: usize,
        line: Line,
        files: &BTreeSet<&str>,
    ) {
        let reasoning = match record.reasoning {
            None => Source::Absent,
            Some(None) => Source::Null,
            Some(Some(_)) => Source::Record(line),
        };
        let image = match record.image {
            None => Source::Absent,
            Some(None) => Source::Null,
            Some(Some(path)) => self.picture(&path, number, files),
        };
        self.answers.insert(slot, Stored { reasoning, image });
    }

    /// The picture that a record names, if it lies in the folder.
    fn picture(&mut self, path: &str, number: usize, files: &BTreeSet<&str>) -> Source {
        let shown = text::excerpt(path, 200);
        if join_contained(Path::new(""), path).is_none() {
            self.faults.push(format!(
                "line {number}: image `{shown}` is no path inside the folder"
            ));
            return Source::Absent;
        }
        if files.contains(path) {
            return Source::file(path);
        }
        let message = format!("{shown} (line {number}): no such file");
        Source::Lost(Failure::new(FailureKind::NoAnswer, message))
    }

    fn note_unnamed_pictures(&mut self, listing: &Listing) {
        let named: BTreeSet<&str> = self
            .answers
            .values()
            .filter_map(|stored| match &stored.image {
                Source::File { relative, .. } => Some(relative.as_str()),
                _ => None,
            })
            .collect();
        let files = listing.files.iter().map(String::as_str);
        let unnamed = files.filter(|name| *name != FILE_NAME && !named.contains(name));
        let unnamed = unnamed.map(|name| (name.to_owned(), name.to_owned()));
        self.left_over.extend(unnamed);
    }
}

/// The reasoning text of a record that was read before.
///
/// # Errors
/// The file is gone or changed.
pub(super) fn reasoning(root: &Path, line: Line) -> Result<String, Failure> {
    let bytes = super::stored::read_line(&root.join(FILE_NAME), line)?;
    let broken = |why: String| Failure::new(FailureKind::BrokenFile, why);
    let record: Record = parse_line(&bytes).map_err(broken)?;
    Ok(record.reasoning.flatten().unwrap_or_default())
}

fn too_long() -> String {
    format!("longer than {MAX_LINE_BYTES} bytes")
}

/// Calls `visit` with number, place and bytes of each line that is not blank; the
/// bytes are `None` when the line is longer than any record.
fn each_line(
    path: &Path,
    mut visit: impl FnMut(usize, Line, Option<&[u8]>),
) -> Result<(), FileError> {
    let file = File::open(path).map_err(FileError::at(path))?;
    let mut reader = BufReader::new(file);
    let mut bytes = Vec::new();
    let mut offset = 0;
    for number in 1.. {
        bytes.clear();
        let length = bounded_line(&mut reader, &mut bytes).map_err(FileError::at(path))?;
        if length == 0 {
            break;
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let fits = length <= MAX_LINE_BYTES;
        if !fits || !line.trim_ascii().is_empty() {
            let place = Line {
                offset,
                bytes: line.len(),
                digest: Digest::of(line),
            };
            visit(number, place, fits.then_some(line));
        }
        offset += length;
    }
    Ok(())
}

/// Reads a line with its line feed; of one that is too long only the beginning is
/// kept. Returns its whole length.
fn bounded_line(reader: &mut BufReader<File>, bytes: &mut Vec<u8>) -> io::Result<u64> {
    let mut length = reader
        .by_ref()
        .take(MAX_LINE_BYTES + 1)
        .read_until(b'\n', bytes)? as u64;
    while length > MAX_LINE_BYTES && !bytes.ends_with(b"\n") {
        bytes.clear();
        let more = reader
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', bytes)?;
        if more == 0 {
            break;
        }
        length += more as u64;
    }
    Ok(length)
}

/// Whether a folder has a records file.
pub(super) fn exists(folder: &Path) -> bool {
    fs::metadata(folder.join(FILE_NAME)).is_ok_and(|meta| meta.is_file())
}
