//! Records of a part of a data set: those with a value in a column, such as one language.

use std::collections::BTreeSet;

use super::table::{SourceCell, SourceTable};
use super::{Base, ImportError, ImportRequest};

/// The hint of a definition that picks records.
const WHERE: &str = "where";

/// Most values that an error lists.
const MAX_LISTED: usize = 20;

/// The records that the user wants, else those that the suite's definition hints.
pub(super) fn wanted(request: &ImportRequest) -> Result<Vec<(String, String)>, ImportError> {
    let hint = match &request.base {
        Base::Suite(definition) if request.rows.is_empty() => definition.import.get(WHERE),
        _ => None,
    };
    match hint {
        None => Ok(request.rows.clone()),
        Some(text) => hinted(text).ok_or_else(|| ImportError::BadHint(text.clone())),
    }
}

/// Keeps the records that have every wanted value in its column, and says of each how many those are.
///
/// # Errors
/// A column that is nowhere, or a value that no record has.
pub(super) fn keep(
    tables: &mut Vec<SourceTable>,
    wanted: &[(String, String)],
) -> Result<Vec<String>, ImportError> {
    let mut notes = Vec::new();
    for (column, value) in wanted {
        let all: usize = tables.iter().map(|table| table.records.len()).sum();
        let there: BTreeSet<String> = values(tables, column);
        if there.is_empty() {
            let columns: BTreeSet<&str> = tables.iter().flat_map(SourceTable::columns).collect();
            return Err(ImportError::NoRowColumn {
                column: column.clone(),
                columns: columns.into_iter().collect::<Vec<_>>().join(", "),
            });
        }
        if !there.contains(value) {
            return Err(ImportError::NoRows {
                column: column.clone(),
                value: value.clone(),
                there: there
                    .into_iter()
                    .take(MAX_LISTED)
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
        for table in tables.iter_mut() {
            let records = &mut table.records;
            records.retain(|(_, record)| words(record.get(column)).as_ref() == Some(value));
        }
        tables.retain(|table| !table.records.is_empty());
        let kept: usize = tables.iter().map(|table| table.records.len()).sum();
        notes.push(format!(
            "{kept} of {all} records have {column} = {value}; the others were left out"
        ));
    }
    Ok(notes)
}

fn values(tables: &[SourceTable], column: &str) -> BTreeSet<String> {
    let records = tables.iter().flat_map(|table| &table.records);
    records
        .filter_map(|(_, record)| words(record.get(column)))
        .collect()
}

fn words(cell: Option<&SourceCell>) -> Option<String> {
    cell.and_then(SourceCell::as_words)
}

/// Reads `COLUMN=VALUE, COLUMN=VALUE`, as a suite's definition hints; `None` for anything else.
fn hinted(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |part: &str| {
        let (column, value) = part.split_once('=')?;
        let pair = (column.trim().to_owned(), value.trim().to_owned());
        (!pair.0.is_empty() && !pair.1.is_empty()).then_some(pair)
    };
    text.split(',').map(pair).collect()
}
