//! Spreadsheets (`.xlsx`): the values of their one sheet. Formulas are not computed: what was stored with them counts.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use calamine::{Data, Reader, Xlsx};

use super::table::{Reading, Record, SourceCell};

/// Most cells of a sheet.
const MAX_CELLS: usize = 20_000_000;
/// Most columns of a sheet.
const MAX_COLUMNS: usize = 10_000;

/// The records of a file, whose first row names the columns.
pub(super) fn records(mut file: &File, reading: &mut Reading) -> Result<Vec<Record>, String> {
    let packed = file.metadata().map_err(|error| error.to_string())?.len();
    check_size(file, packed, reading.limit_bytes)?;
    file.rewind().map_err(|error| error.to_string())?;
    let not = |error: calamine::XlsxError| format!("not a spreadsheet: {error}");
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(not)?;
    let sheets = book.sheet_names();
    let [sheet] = sheets.as_slice() else {
        return Err(format!(
            "{} sheets ({}); save the one that holds the records as a file of its own",
            sheets.len(),
            sheets.join(", ")
        ));
    };
    let range = book.worksheet_range(sheet).map_err(not)?;
    let (rows, columns) = range.get_size();
    if columns > MAX_COLUMNS || rows.saturating_mul(columns) > MAX_CELLS {
        return Err(format!(
            "{rows} rows of {columns} cells, at most {MAX_CELLS} cells"
        ));
    }
    let mut rows = range.rows();
    let Some(head) = rows.next() else {
        return Err("the sheet is empty".to_owned());
    };
    let heads: Vec<String> = head
        .iter()
        .map(|cell| cell.to_string().trim().to_owned())
        .collect();
    for (index, name) in heads.iter().enumerate() {
        if heads.iter().take(index).any(|other| other == name) && !name.is_empty() {
            return Err(format!("two columns of the name `{name}`; rename one"));
        }
    }
    let mut records = Vec::new();
    for row in rows.filter(|row| row.iter().any(|cell| *cell != Data::Empty)) {
        let mut record = Record::new();
        for (name, value) in heads.iter().zip(row).filter(|(name, _)| !name.is_empty()) {
            record.insert(name.clone(), cell(value, reading)?);
        }
        records.push(record);
    }
    Ok(records)
}

fn cell(value: &Data, reading: &Reading) -> Result<SourceCell, String> {
    Ok(match value {
        Data::Empty => SourceCell::Null,
        Data::String(text) => reading.text(text)?,
        Data::Int(number) => SourceCell::Scalar((*number).into()),
        Data::Bool(truth) => SourceCell::Scalar((*truth).into()),
        // Spreadsheets store whole numbers as floating-point numbers.
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            SourceCell::Scalar((*number as i64).into())
        }
        Data::Float(number) => serde_json::Number::from_f64(*number)
            .map_or(SourceCell::Null, |number| SourceCell::Scalar(number.into())),
        other => SourceCell::text(other.to_string()),
    })
}

/// A spreadsheet is an archive: what it says to unpack to is held against the limit before it is unpacked.
fn check_size(file: &File, packed: u64, limit: u64) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file))
        .map_err(|error| format!("not a spreadsheet: {error}"))?;
    let mut left = limit;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| format!("not a spreadsheet: {error}"))?;
        let unpacked = std::io::copy(&mut entry.by_ref().take(left + 1), &mut std::io::sink())
            .map_err(|error| format!("not a spreadsheet: {error}"))?;
        if unpacked > left {
            return Err(format!(
                "unpacks to more than {limit} bytes ({packed} packed)"
            ));
        }
        left -= unpacked;
    }
    Ok(())
}
