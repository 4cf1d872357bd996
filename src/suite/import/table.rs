//! Records from files: what people's data files hold, whatever their format.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;

use super::ImportError;
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
pub enum Cell {
    /// Nothing, or an empty text.
    Null,
    /// Text.
    Text(String),
    /// A number or a truth value.
    Scalar(Value),
    /// Raw bytes.
    Bytes(Bytes),
    /// Several values.
    List(Vec<Cell>),
    /// Named values.
    Group(BTreeMap<String, Cell>),
}

impl Cell {
    /// A text; [`Cell::Null`] when it is blank.
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

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(object) => Self::Group(
                object
                    .into_iter()
                    .map(|(name, value)| (name, Self::from(value)))
                    .collect(),
            ),
            scalar => Self::Scalar(scalar),
        }
    }
}

/// One record: column → value. Columns without a value may be absent.
pub type Record = BTreeMap<String, Cell>;

/// The records of one data file.
#[derive(Debug)]
pub struct Table {
    /// The file's path in the source, with `/`.
    pub name: String,
    /// Path in the source of the folder that the file lies in: what its picture paths are relative to.
    pub folder: String,
    /// Digest of the file's bytes.
    pub digest: Digest,
    /// The records in file order.
    pub records: Vec<Record>,
}

impl Table {
    /// Every column that some record has, in alphabetical order.
    pub fn columns(&self) -> BTreeSet<&str> {
        let records = self.records.iter();
        records
            .flat_map(|record| record.keys().map(String::as_str))
            .collect()
    }

    /// The values of a column that are not null.
    pub fn values<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a Cell> {
        let cells = self
            .records
            .iter()
            .filter_map(move |record| record.get(column));
        cells.filter(|cell| **cell != Cell::Null)
    }
}

/// The format of a data file, by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    JsonLines,
    Delimited(u8),
    Parquet,
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
            _ => None,
        }
    }
}

/// The records of a file's bytes. `Ok(None)` when it is sound but holds no records.
pub(super) fn records(
    format: Format,
    name: &str,
    bytes: Bytes,
    limit_bytes: u64,
) -> Result<Option<Vec<Record>>, ImportError> {
    match format {
        Format::Json => from_json(name, &bytes),
        Format::JsonLines => from_json_lines(name, &bytes).map(Some),
        Format::Delimited(delimiter) => from_delimited(name, &bytes, delimiter).map(Some),
        Format::Parquet => super::parquet::records(name, bytes, limit_bytes).map(Some),
    }
}

fn unreadable(name: &str, what: impl Into<String>) -> ImportError {
    ImportError::Unreadable {
        file: name.to_owned(),
        what: what.into(),
    }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// An array of records; an object of records keyed by id; or an object of arrays.
fn from_json(name: &str, bytes: &[u8]) -> Result<Option<Vec<Record>>, ImportError> {
    let value: Value = serde_json::from_slice(without_mark(bytes))
        .map_err(|error| unreadable(name, format!("not JSON: {error}")))?;
    Ok(match value {
        Value::Array(items) => list(items, None),
        Value::Object(object) if object.is_empty() => None,
        Value::Object(object) if object.values().all(Value::is_object) => {
            let keyed = object.into_iter().filter_map(|(key, value)| {
                let mut record = record(value)?;
                record.insert(KEY.to_owned(), Cell::Text(key));
                Some(record)
            });
            Some(keyed.collect())
        }
        Value::Object(object) => {
            let lists = object.into_iter().filter_map(|(key, value)| match value {
                Value::Array(items) => list(items, Some(&key)),
                _ => None,
            });
            Some(lists.flatten().collect::<Vec<_>>()).filter(|records| !records.is_empty())
        }
        _ => None,
    })
}

/// The records of an array of objects; `None` when it holds anything else.
fn list(items: Vec<Value>, name: Option<&str>) -> Option<Vec<Record>> {
    let named = |item| {
        let mut record = record(item)?;
        if let Some(name) = name {
            record.insert(LIST.to_owned(), Cell::text(name));
        }
        Some(record)
    };
    items.into_iter().map(named).collect()
}

fn record(value: Value) -> Option<Record> {
    match Cell::from(value) {
        Cell::Group(cells) => Some(cells),
        _ => None,
    }
}

fn from_json_lines(name: &str, bytes: &[u8]) -> Result<Vec<Record>, ImportError> {
    let lines = without_mark(bytes).split(|&byte| byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(index, line)| {
            let fault = |what| unreadable(name, format!("line {}: {what}", index + 1));
            let value = serde_json::from_slice(line)
                .map_err(|error| fault(format!("not JSON: {error}")))?;
            record(value).ok_or_else(|| fault("not an object".to_owned()))
        })
        .collect()
}

fn from_delimited(name: &str, bytes: &[u8], delimiter: u8) -> Result<Vec<Record>, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(without_mark(bytes));
    let headers = reader
        .headers()
        .map_err(|error| unreadable(name, error.to_string()))?
        .clone();
    let rows = reader.records().map(|row| {
        let row = row.map_err(|error| unreadable(name, error.to_string()))?;
        let pairs = headers.iter().zip(row.iter());
        Ok(pairs
            .map(|(column, value)| (column.trim().to_owned(), Cell::text(value)))
            .collect())
    });
    rows.collect()
}
