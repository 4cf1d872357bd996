//! Tables of people: long, a row per mark, or wide, a column per axis.

use std::collections::BTreeSet;

use super::{Said, collected, records};
use crate::imported::ScoresImportError;
use crate::imported::entry::{self, AnswerEntry, METRIC, SEED, TASK, place, whole, words};
use crate::suite::Axis;
use crate::suite::import::table::{Record, SourceCell, SourceTable};

/// The entries of long or wide tables.
pub(super) fn read(
    tables: &[SourceTable],
    axes: &[Axis],
    said: &Said,
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    for (axis, column) in &said.columns {
        let there = |name: &str| tables.iter().any(|table| table.columns().contains(name));
        if !there(column) && !axes.iter().any(|known| known.key() == column) {
            return Err(ScoresImportError::Format(format!(
                "--map {axis}={column}: no file has a column `{column}`; there are: {}",
                columns(tables)
            )));
        }
    }
    let long = tables.iter().all(|table| {
        let columns = table.columns();
        METRIC.iter().any(|name| columns.contains(name)) && columns.contains("score")
    });
    let entries = records(tables).map(|(table, number, record)| {
        let place = place(table, number);
        one(record, axes, said, long, place.clone()).map_err(|fault| format!("{place}: {fault}"))
    });
    let entries = collected(entries, || "the files hold no record".to_owned())?;
    if !long && entries.iter().all(|entry| entry.marks.is_empty()) {
        let keys: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
        return Err(ScoresImportError::Format(format!(
            "no column holds marks: expected `metric` and `score`, or a column per axis ({}), or --map AXIS=COLUMN; the files \
             have: {}",
            keys.join(", "),
            columns(tables)
        )));
    }
    Ok(entries)
}

fn columns(tables: &[SourceTable]) -> String {
    let names: BTreeSet<&str> = tables.iter().flat_map(|table| table.columns()).collect();
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| !name.starts_with('@'))
        .collect();
    names.join(", ")
}

fn one(
    record: &Record,
    axes: &[Axis],
    said: &Said,
    long: bool,
    place: String,
) -> Result<AnswerEntry, String> {
    let task = entry::task(record).ok_or_else(|| {
        format!(
            "no task: expected a column named one of {}",
            TASK.join(", ")
        )
    })?;
    let seed = match SEED.iter().find(|name| words(record, name).is_some()) {
        Some(name) => whole(record, name)?,
        None => None,
    };
    let cell = |column: &str| record.get(column).cloned().unwrap_or(SourceCell::Null);
    let marks = if long {
        let metric = METRIC.iter().find_map(|name| words(record, name));
        let metric = metric.ok_or("no metric")?;
        vec![(said.axis_of(&metric).to_owned(), cell("score"))]
    } else {
        let there = |axis: &&Axis| record.contains_key(said.column(axis.key()));
        let wide = axes.iter().filter(there);
        wide.map(|axis| (axis.key().to_owned(), cell(said.column(axis.key()))))
            .collect()
    };
    Ok(AnswerEntry {
        task,
        category: words(record, "category"),
        model: words(record, "model"),
        judge: words(record, "judge"),
        seed,
        repeat: whole(record, "repeat")?,
        without: Vec::new(),
        marks,
        official: Vec::new(),
        place,
    })
}
