//! What other evaluation harnesses write.

use super::{Said, collected, records};
use crate::imported::ScoresImportError;
use crate::imported::entry::{AnswerEntry, place, whole, words};
use crate::suite::Axis;
use crate::suite::import::table::{FILE, LIST, Record, SourceCell, SourceTable};

/// VLMEvalKit: `<model>_<data>[_<judge>].xlsx`, `.csv`, `.tsv` or `.json` with `index` and a column per metric.
pub(super) fn vlmevalkit(
    tables: &[SourceTable],
    axes: &[Axis],
    said: &Said,
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let only = match axes {
        [axis] => Some(axis.key()),
        _ => None,
    };
    // With one axis its column may be called `score`.
    let column = |axis: &Axis, record: &Record| -> Option<String> {
        let own = said.column(axis.key());
        let score = only.filter(|_| !record.contains_key(own)).map(|_| "score");
        record
            .contains_key(own)
            .then_some(own)
            .or(score)
            .map(str::to_owned)
    };
    let entries = records(tables).map(|(table, number, record)| {
        let place = place(table, number);
        let task = words(record, "index").ok_or_else(|| format!("{place}: no `index`"))?;
        let marks = axes.iter().filter_map(|axis| {
            let column = column(axis, record)?;
            Some((axis.key().to_owned(), record.get(&column)?.clone()))
        });
        let (model, judge) = names(record);
        Ok(AnswerEntry {
            task,
            category: words(record, "category"),
            model,
            judge,
            marks: marks.collect(),
            place,
            ..AnswerEntry::default()
        })
    });
    let entries = collected(entries, || "no record with an `index`".to_owned())?;
    if entries.iter().all(|entry| entry.marks.is_empty()) {
        return Err(ScoresImportError::Format(
            "no column holds marks: name it with --map AXIS=COLUMN".to_owned(),
        ));
    }
    Ok(entries)
}

/// Model and judge of a file's name `<model>_<data>_<judge>`.
fn names(record: &Record) -> (Option<String>, Option<String>) {
    let Some(stem) = words(record, FILE) else {
        return (None, None);
    };
    let parts: Vec<&str> = stem.split('_').collect();
    match parts.as_slice() {
        [model, _, judge] => (Some((*model).to_owned()), Some((*judge).to_owned())),
        [model, _] => (Some((*model).to_owned()), None),
        _ => (None, None),
    }
}

/// lmms-eval: a line per document with a group per metric, `{score, valid, key, category, image_id}`, or a bare value.
pub(super) fn lmms_eval(
    tables: &[SourceTable],
    axes: &[Axis],
    said: &Said,
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let entries = records(tables).map(|(table, number, record)| {
        let place = place(table, number);
        let mut entry = AnswerEntry {
            place: place.clone(),
            ..AnswerEntry::default()
        };
        for axis in axes {
            let Some((_, cell)) = record
                .iter()
                .find(|(column, _)| is_metric(column, *axis, said))
            else {
                continue;
            };
            let mark = match cell {
                SourceCell::Group(group) => {
                    entry.category = entry.category.take().or_else(|| words(group, "category"));
                    let id = words(group, "image_id").or_else(|| words(group, "key"));
                    if entry.task.is_empty() {
                        entry.task = id.unwrap_or_default();
                    }
                    let valid = words(group, "valid").is_none_or(|valid| valid == "true");
                    match (valid, group.get("score")) {
                        (true, Some(score)) => score.clone(),
                        _ => SourceCell::Null,
                    }
                }
                other => other.clone(),
            };
            entry.marks.push((axis.key().to_owned(), mark));
        }
        if entry.task.is_empty() {
            entry.task = words(record, "doc_id").ok_or_else(|| format!("{place}: no `doc_id`"))?;
        }
        Ok(entry)
    });
    let entries = collected(entries, || "the files hold no record".to_owned())?;
    if entries.iter().all(|entry| entry.marks.is_empty()) {
        return Err(ScoresImportError::Format(format!(
            "no metric of the suite is in the files: expected names that end in {}, or --map AXIS=COLUMN",
            axes.iter()
                .map(|axis| format!("`{}_score`", axis.key()))
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    Ok(entries)
}

fn is_metric(column: &str, axis: Axis, said: &Said) -> bool {
    let key = axis.key();
    match said.columns.get(key) {
        Some(named) => named == column,
        None => {
            column == key
                || column.ends_with(&format!("_{key}_score"))
                || column.ends_with(&format!("_{key}"))
        }
    }
}

/// inspect: `samples[]` with `id`, `epoch` and `scores.<scorer>.value`; C and I are 1 and 0, P and N are no marks.
pub(super) fn inspect(
    tables: &[SourceTable],
    axes: &[Axis],
    said: &Said,
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let of_samples = |record: &&Record| {
        record
            .get(LIST)
            .and_then(SourceCell::as_words)
            .is_none_or(|list| list == "samples")
    };
    let entries = records(tables)
        .filter(|(_, _, record)| of_samples(record) && record.contains_key("scores"))
        .map(|(table, number, record)| {
            let place = place(table, number);
            let task = words(record, "id").ok_or_else(|| format!("{place}: no `id`"))?;
            let Some(SourceCell::Group(scores)) = record.get("scores") else {
                return Err(format!(
                    "{place}: `scores` is not an object; expected an object with a score for each \
                    metric"
                ));
            };
            let marks = axes.iter().filter_map(|axis| {
                let value = match scores.get(said.column(axis.key()))? {
                    SourceCell::Group(score) => {
                        score.get("value").cloned().unwrap_or(SourceCell::Null)
                    }
                    other => other.clone(),
                };
                Some((axis.key().to_owned(), value))
            });
            let values: Vec<(String, SourceCell)> = marks.collect();
            let read = |how: fn(SourceCell) -> SourceCell| -> Vec<(String, SourceCell)> {
                values
                    .iter()
                    .map(|(key, value)| (key.clone(), how(value.clone())))
                    .collect()
            };
            Ok(AnswerEntry {
                task,
                seed: whole(record, "epoch").map_err(|fault| format!("{place}: {fault}"))?,
                marks: read(letter),
                official: read(letter_as_number),
                place,
                ..AnswerEntry::default()
            })
        });
    collected(entries, || {
        "no `samples` with `scores`: export the log as JSON (`inspect log dump`)".to_owned()
    })
}

/// As Inspect's `value_to_float` reads letters: half a point for partial answers, none for no answer.
fn letter_as_number(value: SourceCell) -> SourceCell {
    match value.as_words().as_deref() {
        Some("P") => SourceCell::text("0.5"),
        Some("N") => SourceCell::Scalar(0.into()),
        _ => letter(value),
    }
}

fn letter(value: SourceCell) -> SourceCell {
    match value.as_words().as_deref() {
        Some("C") => SourceCell::Scalar(1.into()),
        Some("I") => SourceCell::Scalar(0.into()),
        Some("P" | "N") => SourceCell::Null,
        _ => value,
    }
}
