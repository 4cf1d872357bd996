//! Parquet files, row by row, with pictures embedded as the hub does it:
//! a column of `{bytes, path}`.

use bytes::Bytes;

use super::ImportError;
use super::table::Record;

/// Without the cargo feature nothing is read, and the error says how to get it.
#[cfg(not(feature = "parquet"))]
pub(super) fn records(
    name: &str,
    _bytes: Bytes,
    _limit_bytes: u64,
) -> Result<Vec<Record>, ImportError> {
    Err(ImportError::Unreadable {
        file: name.to_owned(),
        what: "this build reads no Parquet; install with `cargo install parabench --features \
               parquet` (or build with `cargo build --release --features parquet`), or convert \
               the file to JSONL"
            .to_owned(),
    })
}

/// The records of a file whose columns unpack to at most `limit_bytes`.
#[cfg(feature = "parquet")]
pub(super) fn records(
    name: &str,
    bytes: Bytes,
    limit_bytes: u64,
) -> Result<Vec<Record>, ImportError> {
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let fault = |what: String| ImportError::Unreadable {
        file: name.to_owned(),
        what,
    };
    let broken = |error: parquet::errors::ParquetError| fault(format!("not Parquet: {error}"));
    let reader = SerializedFileReader::new(bytes).map_err(broken)?;
    let groups = reader.metadata().row_groups();
    let unpacked: u64 = groups
        .iter()
        .map(|group| u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX))
        .fold(0, u64::saturating_add);
    if unpacked > limit_bytes {
        return Err(fault(format!(
            "it unpacks to {unpacked} bytes, more than the {limit_bytes} allowed; raise --limit-bytes"
        )));
    }
    let rows = reader.get_row_iter(None).map_err(broken)?;
    rows.map(|row| Ok(fields::record(row.map_err(broken)?)))
        .collect()
}

#[cfg(feature = "parquet")]
mod fields {
    use bytes::Bytes;
    use parquet::record::{Field, Row};

    use super::Record;
    use crate::suite::import::table::Cell;

    /// One row as a record.
    pub(super) fn record(row: Row) -> Record {
        let columns = row.into_columns().into_iter();
        columns.map(|(name, field)| (name, cell(field))).collect()
    }

    fn cell(field: Field) -> Cell {
        match field {
            Field::Null => Cell::Null,
            Field::Str(text) => Cell::text(text),
            Field::Bytes(bytes) => Cell::Bytes(Bytes::copy_from_slice(bytes.data())),
            Field::Group(row) => Cell::Group(record(row)),
            Field::ListInternal(list) => {
                Cell::List(list.elements().iter().cloned().map(cell).collect())
            }
            Field::Bool(value) => Cell::Scalar(value.into()),
            Field::Byte(value) => Cell::Scalar(value.into()),
            Field::Short(value) => Cell::Scalar(value.into()),
            Field::Int(value) => Cell::Scalar(value.into()),
            Field::Long(value) => Cell::Scalar(value.into()),
            Field::UByte(value) => Cell::Scalar(value.into()),
            Field::UShort(value) => Cell::Scalar(value.into()),
            Field::UInt(value) => Cell::Scalar(value.into()),
            Field::ULong(value) => Cell::Scalar(value.into()),
            Field::Float(value) => Cell::Scalar(value.into()),
            Field::Double(value) => Cell::Scalar(value.into()),
            // Dates, decimals and maps tell nothing about a task but can be a target.
            other => Cell::text(other.to_string()),
        }
    }
}
