//! The layout `answers.jsonl`: one record per answer, pictures in files beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::faults::first_faults;
use super::folder::Listing;
use super::names::tasks_by_name;
use super::stored::{Answers, Line, Slot, Source, Stored};
use crate::common::digest::Digest;
use crate::common::fields::{self, Fields};
use crate::common::files::{FileError, join_contained};
use crate::common::outside::Folder;
use crate::model::{Failure, FailureKind, MAX_REASONING_BYTES, ModelError, text};
use crate::suite::Suite;

/// Name of the records file.
pub(super) const FILE_NAME: &str = "answers.jsonl";
/// UTF-8's mark, which some editors put at the beginning of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Longest line: a longest reasoning with every byte escaped, and room for the rest.
const MAX_LINE_BYTES: u64 = 6 * MAX_REASONING_BYTES as u64 + (64 << 10);

/// One line of the file.
#[derive(Debug, Default)]
struct Record {
    task: String,
    /// Number of the sample.
    seed: u32,
    /// Outer `None`: not said; inner `None`: the model answered without it.
    reasoning: Option<Option<String>>,
    image: Option<Option<String>>,
    /// Fields that mean nothing here.
    unknown: Vec<String>,
}

impl Record {
    fn parse(line: &[u8]) -> Result<Self, String> {
        fn value<'a, T: Deserialize<'a>>(name: &str, raw: &'a RawValue) -> Result<T, String> {
            serde_json::from_str(raw.get()).map_err(|error| format!("{name}: {error}"))
        }
        let line = fields::legible(line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line));
        let mut record = Self::default();
        let mut has_task = false;
        for (name, raw) in Fields::read(&line.text)?.0 {
            match &*name {
                "task" => {
                    record.task = value("task", raw)?;
                    has_task = true;
                }
                "seed" => record.seed = value("seed", raw)?,
                "reasoning" => record.reasoning = Some(value("reasoning", raw)?),
                "image" => record.image = Some(value("image", raw)?),
                _ => record.unknown.push(name),
            }
        }
        match has_task {
            true => Ok(record),
            false => Err("missing field `task`".into()),
        }
    }
}

/// What a records file holds.
#[derive(Default)]
pub(super) struct Records {
    /// The answers to tasks of the suite.
    pub(super) answers: Answers,
    /// Records of other tasks, and pictures that no record names: each with what
    /// may be a misspelt id.
    pub(super) left_over: Vec<(String, String)>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
    faults: Vec<String>,
    /// Fields that mean nothing here, with their number.
    unknown: BTreeMap<String, usize>,
}

/// Reads the records file of a listed folder.
///
/// # Errors
/// It cannot be read, or lines are malformed, doubled, or name files outside the
/// folder: all of them, by line.
pub(super) fn read(listing: &Listing, suite: &Suite) -> Result<Records, ModelError> {
    let unreadable = |error| ModelError::caused_by("replay: the records cannot be read", error);
    let path = listing.folder.find(FILE_NAME).map_err(unreadable)?;
    let files: BTreeSet<&str> = listing.files.iter().map(String::as_str).collect();
    let tasks = tasks_by_name(suite);
    let mut records = Records::default();
    let mut lines: BTreeMap<Slot, usize> = BTreeMap::new();
    each_line(&path, |number, line, bytes| {
        let record: Record = match bytes.ok_or_else(too_long).and_then(Record::parse) {
            Ok(record) => record,
            Err(fault) => return records.faults.push(format!("line {number}: {fault}")),
        };
        for name in &record.unknown {
            let shown = text::excerpt(name, 80);
            *records.unknown.entry(shown).or_default() += 1;
        }
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
    .map_err(unreadable)?;
    if !records.faults.is_empty() {
        return Err(ModelError::new(format!(
            "replay: {} is malformed; correct these lines:\n  {}",
            path.display(),
            first_faults(&records.faults)
        )));
    }
    records.note_unnamed_pictures(listing);
    records.note_unknown_fields();
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
        let path = path.strip_prefix("./").unwrap_or(path);
        let shown = text::excerpt(path, 200);
        if join_contained(Path::new(""), path).is_none() {
            self.faults.push(format!(
                "line {number}: image `{shown}` is not a path inside the folder"
            ));
            return Source::Absent;
        }
        if files.contains(path) {
            return Source::file(path);
        }
        let message = format!("{shown} (line {number}): no such file");
        Source::Lost(Failure::new(FailureKind::NoAnswer, message))
    }

    fn note_unknown_fields(&mut self) {
        if self.unknown.is_empty() {
            return;
        }
        let unknown = std::mem::take(&mut self.unknown);
        let names: Vec<String> = unknown
            .into_iter()
            .map(|(name, lines)| format!("`{name}` ({lines} lines)"))
            .collect();
        self.notes.push(format!(
            "fields of {FILE_NAME} that are ignored: {}",
            text::few(&names)
        ));
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
pub(super) fn reasoning(folder: &Folder, line: Line) -> Result<String, Failure> {
    let bytes = super::stored::read_line(folder, FILE_NAME, line)?;
    let broken = |why: String| Failure::new(FailureKind::BrokenFile, why);
    let record = Record::parse(&bytes).map_err(broken)?;
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
pub(super) fn exists(listing: &Listing) -> bool {
    exists_in(listing, "")
}

/// Whether a folder below has one; `below` ends with `/`.
pub(super) fn exists_in(listing: &Listing, below: &str) -> bool {
    let name = format!("{below}{FILE_NAME}");
    listing.files.binary_search(&name).is_ok()
}
