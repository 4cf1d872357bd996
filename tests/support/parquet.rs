//! Parquet files as the hub writes them: pictures as a column of `{bytes, path}`.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

const SCHEMA: &str = "message schema {
    OPTIONAL INT64 key;
    OPTIONAL BYTE_ARRAY task_type (STRING);
    OPTIONAL BYTE_ARRAY instruction (STRING);
    OPTIONAL GROUP input_image { OPTIONAL BYTE_ARRAY bytes; OPTIONAL BYTE_ARRAY path (STRING); }
}";

/// Key, category, instruction, picture.
pub type Row = (i64, &'static str, &'static str, Option<Vec<u8>>);

/// Writes one file with one row group.
pub fn write(path: &Path, rows: &[Row], compression: Compression) {
    let properties = WriterProperties::builder().set_compression(compression);
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let keys: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let mut column = group.next_column().unwrap().unwrap();
    let levels = vec![1; rows.len()];
    column
        .typed::<Int64Type>()
        .write_batch(&keys, Some(&levels), None)
        .unwrap();
    column.close().unwrap();
    text(
        &mut group,
        rows.iter().map(|row| (1, Some(row.1.as_bytes()))),
    );
    text(
        &mut group,
        rows.iter().map(|row| (1, Some(row.2.as_bytes()))),
    );
    // Level 2: the bytes are there; 1: the struct is there but not its part; 0: no struct.
    text(&mut group, rows.iter().map(|row| (2, row.3.as_deref())));
    let no_path = |row: &Row| i16::from(row.3.is_some());
    let paths: Vec<i16> = rows.iter().map(no_path).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<ByteArrayType>()
        .write_batch(&[], Some(&paths), None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

/// Writes the next column: for each row its definition level when present, and its bytes.
fn text<'a>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    cells: impl Iterator<Item = (i16, Option<&'a [u8]>)>,
) {
    let cells: Vec<_> = cells.collect();
    let levels: Vec<i16> = cells
        .iter()
        .map(|(level, cell)| if cell.is_some() { *level } else { 0 })
        .collect();
    let values: Vec<ByteArray> = cells
        .iter()
        .filter_map(|(_, cell)| Some(cell.as_ref()?.to_vec().into()))
        .collect();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<ByteArrayType>()
        .write_batch(&values, Some(&levels), None)
        .unwrap();
    column.close().unwrap();
}

/// A row of GEdit-Bench.
pub struct GeditRow {
    pub task_type: &'static str,
    pub key: String,
    pub instruction: String,
    pub language: &'static str,
    /// Whether every model of the authors' comparison answered it.
    pub intersection: bool,
    pub picture: Vec<u8>,
}

const GEDIT_SCHEMA: &str = "message schema {
    OPTIONAL BYTE_ARRAY task_type (STRING);
    OPTIONAL BYTE_ARRAY key (STRING);
    OPTIONAL BYTE_ARRAY instruction (STRING);
    OPTIONAL BYTE_ARRAY instruction_language (STRING);
    OPTIONAL GROUP input_image { OPTIONAL BYTE_ARRAY bytes; OPTIONAL BYTE_ARRAY path (STRING); }
    OPTIONAL GROUP input_image_raw { OPTIONAL BYTE_ARRAY bytes; OPTIONAL BYTE_ARRAY path (STRING); }
    OPTIONAL BOOLEAN Intersection_exist;
}";

/// Writes one file with one row group in the columns of GEdit-Bench.
pub fn write_gedit(path: &Path, rows: &[GeditRow]) {
    let schema = Arc::new(parse_message_type(GEDIT_SCHEMA).unwrap());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    text(
        &mut group,
        rows.iter().map(|row| (1, Some(row.task_type.as_bytes()))),
    );
    text(
        &mut group,
        rows.iter().map(|row| (1, Some(row.key.as_bytes()))),
    );
    text(
        &mut group,
        rows.iter().map(|row| (1, Some(row.instruction.as_bytes()))),
    );
    text(
        &mut group,
        rows.iter().map(|row| (1, Some(row.language.as_bytes()))),
    );
    for _ in 0..2 {
        text(
            &mut group,
            rows.iter().map(|row| (2, Some(row.picture.as_slice()))),
        );
        text(
            &mut group,
            rows.iter().map(|row| (2, Some(row.key.as_bytes()))),
        );
    }
    let mut column = group.next_column().unwrap().unwrap();
    let levels = vec![1; rows.len()];
    let flags: Vec<bool> = rows.iter().map(|row| row.intersection).collect();
    let flag = column.typed::<parquet::data_type::BoolType>();
    flag.write_batch(&flags, Some(&levels), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}
