//! Splits of a data set: several of them are never merged without a word.

use std::collections::BTreeSet;

use super::ImportError;
use super::table::{LIST, Record, SourceCell, SourceTable};

/// Names of splits.
const NAMES: [&str; 9] = [
    "train",
    "training",
    "test",
    "testing",
    "validation",
    "valid",
    "val",
    "dev",
    "eval",
];
/// What `--split` takes for all of them.
const ALL: &str = "all";
/// The column that names a record's split.
const COLUMN: &str = "split";

/// Keeps the records of the split that was said.
///
/// # Errors
/// Several splits and none was said, or one that is not there.
pub(super) fn choose(tables: &mut Vec<SourceTable>, said: Option<&str>) -> Result<(), ImportError> {
    let there: BTreeSet<String> = tables
        .iter()
        .flat_map(|table| {
            let of_file = of_path(&table.name);
            table
                .records
                .iter()
                .filter_map(move |(_, record)| of_record(record).or(of_file.clone()))
        })
        .collect();
    let listed: Vec<String> = there.iter().cloned().collect();
    match said {
        None if there.len() > 1 => Err(ImportError::Splits(listed.join(", "))),
        None | Some(ALL) => Ok(()),
        Some(name) if !there.contains(&name.to_lowercase()) => Err(ImportError::NoSplit {
            name: name.to_owned(),
            listed,
        }),
        Some(name) => {
            let wanted = Some(name.to_lowercase());
            for table in tables.iter_mut() {
                let of_file = of_path(&table.name);
                let records = &mut table.records;
                records.retain(|(_, record)| of_record(record).or(of_file.clone()) == wanted);
            }
            tables.retain(|table| !table.records.is_empty());
            Ok(())
        }
    }
}

/// The split that a record itself names: by its list, or by a column.
fn of_record(record: &Record) -> Option<String> {
    let names = [LIST, COLUMN]
        .into_iter()
        .filter_map(|column| record.get(column));
    let mut names = names
        .filter_map(SourceCell::as_words)
        .map(|name| name.to_lowercase());
    names.find(|name| NAMES.contains(&name.as_str()))
}

/// The split that a path names: the file before a folder.
fn of_path(path: &str) -> Option<String> {
    let parts = path.rsplit('/');
    let mut words = parts
        .flat_map(|part| part.split(['-', '_', '.', ' ']))
        .map(str::to_lowercase);
    words.find(|word| NAMES.contains(&word.as_str()))
}
