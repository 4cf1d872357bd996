//! Tables as Parquet files: flat columns, and pictures as the hub's data sets have them.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// The values of one column in one group of rows; `None` is a null.
pub(super) enum Column {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// PNG files and their names.
    Picture(Vec<Option<(Vec<u8>, String)>>),
}

impl Column {
    fn declaration(&self, name: &str) -> String {
        match self {
            Self::Text(_) => format!("OPTIONAL BYTE_ARRAY {name} (STRING);"),
            Self::Whole(_) => format!("OPTIONAL INT64 {name};"),
            Self::Picture(_) => format!(
                "OPTIONAL GROUP {name} {{ OPTIONAL BYTE_ARRAY bytes; OPTIONAL BYTE_ARRAY path (STRING); }}"
            ),
        }
    }
}

/// Writes groups of rows one after the other into a file; every group has the same columns.
pub(super) fn write<E: From<std::io::Error> + From<ParquetError>>(
    path: &Path,
    groups: impl Iterator<Item = Result<Vec<(&'static str, Column)>, E>>,
) -> Result<(), E> {
    let mut partial = crate::common::files::partial_in(path.parent().unwrap_or(Path::new(".")))?;
    let mut writer: Option<SerializedFileWriter<File>> = None;
    for columns in groups {
        let columns = columns?;
        let open = match writer.take() {
            Some(open) => open,
            None => start(partial.as_file().try_clone()?, &columns)?,
        };
        writer = Some(group(open, &columns)?);
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    partial.flush()?;
    partial.as_file().sync_data()?;
    partial.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn start(
    file: File,
    columns: &[(&'static str, Column)],
) -> Result<SerializedFileWriter<File>, ParquetError> {
    let fields: Vec<String> = columns
        .iter()
        .map(|(name, column)| column.declaration(name))
        .collect();
    let schema = parse_message_type(&format!("message schema {{ {} }}", fields.join(" ")))?;
    let compression = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(compression);
    SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()))
}

fn group(
    mut writer: SerializedFileWriter<File>,
    columns: &[(&'static str, Column)],
) -> Result<SerializedFileWriter<File>, ParquetError> {
    let mut rows = writer.next_row_group()?;
    for (_, column) in columns {
        match column {
            Column::Text(values) => {
                let bytes = |text: &String| ByteArray::from(text.as_bytes().to_vec());
                bytes_column(
                    &mut rows,
                    values.iter().map(|text| text.as_ref().map(bytes)),
                    1,
                )?;
            }
            Column::Whole(values) => whole_column(&mut rows, values)?,
            Column::Picture(values) => {
                let files = values
                    .iter()
                    .map(|one| one.as_ref().map(|(file, _)| file.clone().into()));
                bytes_column(&mut rows, files, 2)?;
                let names = values.iter().map(|one| {
                    one.as_ref()
                        .map(|(_, name)| name.as_bytes().to_vec().into())
                });
                bytes_column(&mut rows, names, 2)?;
            }
        }
    }
    rows.close()?;
    Ok(writer)
}

/// One column of bytes. `depth` is the level at which a value is there: 1, or 2 within a group.
fn bytes_column(
    rows: &mut SerializedRowGroupWriter<'_, File>,
    cells: impl Iterator<Item = Option<ByteArray>>,
    depth: i16,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<ByteArray>> = cells.collect();
    let levels: Vec<i16> = cells
        .iter()
        .map(|cell| if cell.is_some() { depth } else { 0 })
        .collect();
    let values: Vec<ByteArray> = cells.into_iter().flatten().collect();
    let mut column = next(rows)?;
    column
        .typed::<ByteArrayType>()
        .write_batch(&values, Some(&levels), None)?;
    column.close()
}

fn whole_column(
    rows: &mut SerializedRowGroupWriter<'_, File>,
    cells: &[Option<i64>],
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<i64> = cells.iter().flatten().copied().collect();
    let mut column = next(rows)?;
    column
        .typed::<Int64Type>()
        .write_batch(&values, Some(&levels), None)?;
    column.close()
}

fn next<'a>(
    rows: &'a mut SerializedRowGroupWriter<'_, File>,
) -> Result<parquet::file::writer::SerializedColumnWriter<'a>, ParquetError> {
    rows.next_column()?.ok_or_else(|| {
        ParquetError::General("the schema has fewer columns than the table".to_owned())
    })
}
