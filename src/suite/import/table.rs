//! Records from files: what people's data files hold, whatever their format.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Arc;

use serde_json::Value;

use super::spool::{Blob, Spool};
use super::{delimited, json, parquet, picture, workbook};
use crate::common::digest::Digest;

/// The pseudo-column of a record's key in an object keyed by id.
pub const KEY: &str = "@key";
/// The pseudo-column of the name of the list that a record stands in.
pub const LIST: &str = "@list";
/// The pseudo-column of the name of the data file's folder.
pub const FOLDER: &str = "@folder";
/// The pseudo-column of the data file's name, without extension and shard number.
pub const FILE: &str = "@file";

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceCell {
    /// Nothing, or an empty text.
    Null,
    /// Text.
    Text(String),
    /// A number or a truth value.
    Scalar(Value),
    /// Raw bytes.
    Bytes(Blob),
    /// Several values.
    List(Vec<SourceCell>),
    /// Named values.
    Group(BTreeMap<String, SourceCell>),
}

impl SourceCell {
    /// A text; [`SourceCell::Null`] when it is blank.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() {
            Self::Null
        } else {
            Self::Text(text)
        }
    }

    /// What a text or a scalar reads as; `None` for everything else.
    pub fn as_words(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim().to_owned()),
            Self::Scalar(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// The value as JSON; `None` where it holds bytes, which JSON cannot.
    pub fn to_json(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::String(text.clone()),
            Self::Scalar(value) => value.clone(),
            Self::Bytes(_) => return None,
            Self::List(cells) => cells.iter().map(Self::to_json).collect::<Option<_>>()?,
            Self::Group(cells) => cells
                .iter()
                .map(|(name, cell)| Some((name.clone(), cell.to_json()?)))
                .collect::<Option<_>>()?,
        })
    }
}

/// One record: column → value. Columns without a value may be absent.
pub type Record = BTreeMap<String, SourceCell>;

/// The records of one data file.
#[derive(Debug)]
pub struct SourceTable {
    /// The file's path in the source, with `/`.
    pub name: String,
    /// Path in the source of the folder that the file lies in: what its picture paths are relative to.
    pub folder: String,
    /// Digest of the file's bytes.
    pub digest: Digest,
    /// The records in file order, each with its number in the file, counted from 1.
    pub records: Vec<(usize, Record)>,
    /// Lines that cannot be read, each with what is wrong; only where they do not refuse the file.
    pub broken: Vec<(usize, String)>,
}

impl SourceTable {
    /// Every column that some record has, in alphabetical order.
    pub fn columns(&self) -> BTreeSet<&str> {
        let records = self.records.iter();
        records
            .flat_map(|(_, record)| record.keys().map(String::as_str))
            .collect()
    }

    /// The values of a column that are not null.
    pub fn values<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a SourceCell> {
        let cells = self
            .records
            .iter()
            .filter_map(move |(_, record)| record.get(column));
        cells.filter(|cell| **cell != SourceCell::Null)
    }
}

/// The format of a data file, by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    JsonLines,
    Delimited(u8),
    Parquet,
    Workbook,
}

impl Format {
    /// The format of a file name; `None` for what is no data file.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "csv" => Some(Self::Delimited(b',')),
            "tsv" => Some(Self::Delimited(b'\t')),
            "parquet" => Some(Self::Parquet),
            "xlsx" => Some(Self::Workbook),
            _ => None,
        }
    }
}

/// What reading files needs and finds.
#[derive(Debug)]
pub(super) struct Reading {
    /// Where long values go.
    pub(super) pictures: Arc<Spool>,
    /// Most bytes that a file may unpack to.
    pub(super) limit_bytes: u64,
    /// What the user should know of the file.
    pub(super) notes: Vec<&'static str>,
    /// Whether lines of JSON that cannot be read are left out and named, and do not refuse the file.
    pub(super) lenient: bool,
    /// Those lines, each with what is wrong.
    pub(super) broken: Vec<(usize, String)>,
}

impl Reading {
    /// A text as a value: long texts that are pictures in base64 go to the disk.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn text(&self, text: &str) -> Result<SourceCell, String> {
        const SHORT: usize = 16 << 10;
        let long = Some(text).filter(|text| text.len() > SHORT);
        match long.and_then(picture::from_base64) {
            Some(bytes) => self.bytes(&bytes),
            None => Ok(SourceCell::text(text)),
        }
    }

    /// Raw bytes as a value.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<SourceCell, String> {
        let stored = self.pictures.put(bytes);
        stored
            .map(SourceCell::Bytes)
            .map_err(|error| format!("a picture cannot be kept on disk: {error}"))
    }
}

/// The records of a file. `Ok(None)` when it is sound but holds no records.
///
/// # Errors
/// What is wrong with it.
pub(super) fn records(
    format: Format,
    file: File,
    reading: &mut Reading,
) -> Result<Option<Vec<Record>>, String> {
    match format {
        Format::Json => json::whole(&file, reading),
        Format::JsonLines => json::lines(&file, reading),
        Format::Delimited(delimiter) => delimited::records(&file, delimiter, reading).map(Some),
        Format::Parquet => parquet::records(file, reading).map(Some),
        Format::Workbook => workbook::records(&file, reading).map(Some),
    }
}
