//! Parquet files, row by row, with pictures embedded as the hub does it: a column of `{bytes, path}`.

use std::fs::File;
use std::io::{Read as _, Seek as _};

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};

use super::table::{Reading, Record, SourceCell};
use super::text;

/// Rows that are decoded at a time: pictures make them long.
const ROWS: usize = 16;

/// The records of a file whose columns unpack to at most the bytes that are allowed.
pub(super) fn records(mut file: File, reading: &Reading) -> Result<Vec<Record>, String> {
    let mut head = Vec::new();
    let read = file.by_ref().take(512).read_to_end(&mut head);
    read.and_then(|_| file.rewind())
        .map_err(|error| error.to_string())?;
    if text::is_foreign(&head) {
        text::decode(head)?;
    }
    let broken = |error: ParquetError| format!("not Parquet: {error}");
    let reader = SerializedFileReader::new(file).map_err(broken)?;
    let groups = reader.metadata().row_groups();
    let unpacked: u64 = groups
        .iter()
        .map(|group| u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX))
        .fold(0, u64::saturating_add);
    if unpacked > reading.limit_bytes {
        return Err(format!(
            "it unpacks to {unpacked} bytes, more than the {} allowed; raise --limit-bytes",
            reading.limit_bytes
        ));
    }
    let columns = reader
        .metadata()
        .file_metadata()
        .schema_descr()
        .root_schema()
        .get_fields();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    for (index, name) in names.iter().enumerate() {
        if names.iter().take(index).any(|other| other == name) {
            return Err(format!("two columns of the name `{name}`; rename one"));
        }
    }
    let rows = RowIter::from_file_into(Box::new(reader)).with_batch_size(ROWS);
    rows.map(|row| record(row.map_err(broken)?, reading))
        .collect()
}

/// One row as a record.
fn record(row: Row, reading: &Reading) -> Result<Record, String> {
    let columns = row.into_columns().into_iter();
    columns
        .map(|(name, field)| Ok((name, cell(field, reading)?)))
        .collect()
}

fn cell(field: Field, reading: &Reading) -> Result<SourceCell, String> {
    Ok(match field {
        Field::Null => SourceCell::Null,
        Field::Str(text) => reading.text(&text)?,
        Field::Bytes(bytes) => reading.bytes(bytes.data())?,
        Field::Group(row) => SourceCell::Group(record(row, reading)?),
        Field::ListInternal(list) => {
            let elements = list.elements().iter().cloned();
            SourceCell::List(
                elements
                    .map(|element| cell(element, reading))
                    .collect::<Result<_, _>>()?,
            )
        }
        Field::Bool(value) => SourceCell::Scalar(value.into()),
        Field::Byte(value) => SourceCell::Scalar(value.into()),
        Field::Short(value) => SourceCell::Scalar(value.into()),
        Field::Int(value) => SourceCell::Scalar(value.into()),
        Field::Long(value) => SourceCell::Scalar(value.into()),
        Field::UByte(value) => SourceCell::Scalar(value.into()),
        Field::UShort(value) => SourceCell::Scalar(value.into()),
        Field::UInt(value) => SourceCell::Scalar(value.into()),
        Field::ULong(value) => SourceCell::Scalar(value.into()),
        Field::Float(value) => SourceCell::Scalar(value.into()),
        Field::Double(value) => SourceCell::Scalar(value.into()),
        // Dates, decimals and maps tell nothing about a task but can be a target.
        other => SourceCell::text(other.to_string()),
    })
}
