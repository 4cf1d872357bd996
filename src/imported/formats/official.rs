//! What the evaluation scripts of benchmarks write.

use std::collections::BTreeSet;

use super::{Said, collected, has_column, records};
use crate::imported::ScoresImportError;
use crate::imported::entry::{AnswerEntry, place, short, words};
use crate::suite::Axis;
use crate::suite::import::table::{FILE, FOLDER, KEY, Record, SourceCell, SourceTable};

/// GenEval: `filename` is `…/<prompt>/samples/<sample>.png`, `correct` the mark.
pub(super) fn geneval(
    tables: &[SourceTable],
    axes: &[Axis],
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let axis = first(axes)?;
    let entries = records(tables).map(|(table, number, record)| {
        let place = place(table, number);
        let fault = |what: &str| format!("{place}: {what}");
        let path = words(record, "filename").ok_or_else(|| fault("no `filename`"))?;
        let parts: Vec<&str> = path.split('/').collect();
        let [.., prompt, _, file] = parts.as_slice() else {
            return Err(fault("`filename`: expected PROMPT/samples/SAMPLE.png"));
        };
        let number = |text: &str, what: &str| {
            let number = text.parse::<u32>();
            number.map_err(|_| {
                fault(&format!(
                    "`filename`: the {what} `{}` is not a number",
                    short(text)
                ))
            })
        };
        let sample = file.split('.').next().unwrap_or_default();
        Ok(AnswerEntry {
            task: number(prompt, "prompt")?.to_string(),
            category: words(record, "tag"),
            seed: Some(number(sample, "sample")?.into()),
            marks: vec![(axis.clone(), cell(record, "correct"))],
            place: place.clone(),
            ..AnswerEntry::default()
        })
    });
    collected(entries, || "no record with a `filename`".to_owned())
}

/// WISE: `prompt_id`, and either `score` or the three of the legacy protocol.
pub(super) fn wise(
    tables: &[SourceTable],
    axes: &[Axis],
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    by_columns(tables, "prompt_id", axes, |axis| axis.key().to_owned())
}

/// KRIS-Bench: `<category>/metrics.json`, an object by id with `<axis>_score`.
pub(super) fn kris(
    tables: &[SourceTable],
    axes: &[Axis],
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let entries = records(tables)
        .filter(|(_, _, record)| record.contains_key(KEY))
        .map(|(table, number, record)| {
            let place = place(table, number);
            let task = words(record, KEY).ok_or_else(|| format!("{place}: no id"))?;
            let marks = axes.iter().filter_map(|axis| {
                let column = format!("{}_score", axis.key());
                Some((axis.key().to_owned(), record.get(&column)?.clone()))
            });
            Ok(AnswerEntry {
                task,
                category: words(record, FOLDER),
                marks: marks.collect(),
                place,
                ..AnswerEntry::default()
            })
        });
    collected(entries, || {
        "no `metrics.json` with an object by id".to_owned()
    })
}

/// GEdit-Bench: the id is the stem of `edited_image`; the two minima are there.
pub(super) fn gedit(
    tables: &[SourceTable],
    said: &Said,
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let told = |record: &Record| words(record, "instruction_language");
    let languages: BTreeSet<String> = records(tables).filter_map(|(_, _, r)| told(r)).collect();
    let language = match (
        &said.language,
        languages.iter().collect::<Vec<_>>().as_slice(),
    ) {
        (Some(language), _) => Some(language),
        (None, [only]) => Some(*only),
        (None, []) => None,
        (None, several) => {
            let listed: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
            return Err(ScoresImportError::Format(format!(
                "the files hold several languages: {}; say which one with --language",
                listed.join(", ")
            )));
        }
    };
    let entries = records(tables)
        .filter(|(_, _, record)| told(record).as_ref() == language)
        .map(|(table, number, record)| {
            let place = place(table, number);
            let path = words(record, "edited_image")
                .ok_or_else(|| format!("{place}: no `edited_image`"))?;
            let parts: Vec<&str> = path.rsplit('/').collect();
            let stem = parts
                .first()
                .and_then(|file| file.split('.').next())
                .unwrap_or_default();
            Ok(AnswerEntry {
                task: stem.to_owned(),
                // …/fullset/<category>/<language>/<id>.png
                category: parts.get(2).map(|name| (*name).to_owned()),
                marks: vec![
                    ("sc".to_owned(), cell(record, "sementics_score")),
                    ("pq".to_owned(), cell(record, "quality_score")),
                ],
                place,
                ..AnswerEntry::default()
            })
        });
    collected(entries, || {
        "no record of this language with an `edited_image`".to_owned()
    })
}

/// Parts of a mark of VIEScore: success and over-editing, or naturalness and artifacts.
const VIESCORE_PARTS: usize = 2;

/// VIEScore: `<model>/SC.json` and `<model>/PQ.json`, objects by item whose `score` is a list of two parts, of which the
/// smallest counts. The authors' notebook takes the smallest of what is there, a bare number too; a mark has both.
pub(super) fn viescore(tables: &[SourceTable]) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let entries = records(tables)
        .filter(|(_, _, record)| record.contains_key(KEY))
        .map(|(table, number, record)| {
            let place = place(table, number);
            let task = words(record, KEY).ok_or_else(|| format!("{place}: no item"))?;
            let axis = words(record, FILE).unwrap_or_default().to_lowercase();
            Ok(AnswerEntry {
                task,
                model: words(record, FOLDER),
                marks: vec![(axis.clone(), whole(record.get("score")))],
                official: vec![(axis, smallest(record.get("score")))],
                place,
                ..AnswerEntry::default()
            })
        });
    collected(entries, || {
        "no `SC.json` or `PQ.json` with an object by item".to_owned()
    })
}

/// The smallest of both parts; where one lacks, words that are no mark.
fn whole(cell: Option<&SourceCell>) -> SourceCell {
    match cell {
        Some(SourceCell::List(parts)) if parts.len() == VIESCORE_PARTS => smallest(cell),
        None | Some(SourceCell::Null) => SourceCell::Null,
        Some(_) => SourceCell::text(format!("not a list of {VIESCORE_PARTS} parts")),
    }
}

/// The smallest of a list of numbers; a bare number is itself.
fn smallest(cell: Option<&SourceCell>) -> SourceCell {
    match cell {
        Some(SourceCell::List(parts)) => {
            let numbers: Option<Vec<f64>> = parts
                .iter()
                .map(|part| part.as_words()?.parse().ok())
                .collect();
            let least = numbers.and_then(|numbers| numbers.into_iter().reduce(f64::min));
            least.map_or(SourceCell::Null, |least| {
                SourceCell::text(least.to_string())
            })
        }
        Some(other) => other.clone(),
        None => SourceCell::Null,
    }
}

/// ImagenHub: a file per person, `uid` and a column per model with `[SC, PQ]`.
pub(super) fn imagenhub(tables: &[SourceTable]) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let mut entries = Vec::new();
    for (table, number, record) in records(tables) {
        let place = place(table, number);
        let rater = words(record, FILE).unwrap_or_default();
        let repeat: String = rater
            .chars()
            .rev()
            .take_while(char::is_ascii_digit)
            .collect();
        let repeat: String = repeat.chars().rev().collect();
        let Some(task) = words(record, "uid") else {
            entries.push(Err(format!("{place}: no `uid`")));
            continue;
        };
        let models = record
            .iter()
            .filter(|(name, _)| *name != "uid" && !name.starts_with('@'));
        entries.extend(models.map(|(model, cell)| {
            let (sc, pq) = pair(cell);
            Ok(AnswerEntry {
                task: task.clone(),
                model: Some(model.clone()),
                judge: Some("people".to_owned()),
                repeat: repeat.parse().ok(),
                marks: vec![("sc".to_owned(), sc), ("pq".to_owned(), pq)],
                place: place.clone(),
                ..AnswerEntry::default()
            })
        }));
    }
    collected(entries.into_iter(), || "no record with a `uid`".to_owned())
}

/// `[SC, PQ]` as text.
fn pair(cell: &SourceCell) -> (SourceCell, SourceCell) {
    let text = cell.as_words().unwrap_or_default();
    let inside = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match inside.and_then(|text| text.split_once(',')) {
        Some((sc, pq)) => (SourceCell::text(sc.trim()), SourceCell::text(pq.trim())),
        None => (cell.clone(), cell.clone()),
    }
}

/// RISEBench: `<model>_judge.xlsx` with `index`, `category` and a column per dimension.
pub(super) fn rise(tables: &[SourceTable]) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    const COLUMNS: [(&str, &str); 3] = [
        ("consistency", "ApprConsistency"),
        ("reasoning", "Reasoning"),
        ("plausibility", "VisualPlausibility"),
    ];
    let entries = records(tables).map(|(table, number, record)| {
        let place = place(table, number);
        let task = words(record, "index").ok_or_else(|| format!("{place}: no `index`"))?;
        let marks = COLUMNS
            .iter()
            .filter_map(|(axis, column)| Some(((*axis).to_owned(), record.get(*column)?.clone())));
        let model = words(record, FILE).map(|stem| stem.trim_end_matches("_judge").to_owned());
        let free =
            words(record, "consistency_free").is_some_and(|free| free == "true" || free == "1");
        Ok(AnswerEntry {
            task,
            category: words(record, "category"),
            model,
            without: if free {
                vec!["consistency".to_owned()]
            } else {
                Vec::new()
            },
            marks: marks
                .filter(|(axis, _)| !(free && axis == "consistency"))
                .collect(),
            place,
            ..AnswerEntry::default()
        })
    });
    collected(entries, || "no record with an `index`".to_owned())
}

/// ROVER: `key` and `result.<axis>_score`.
pub(super) fn rover(
    tables: &[SourceTable],
    axes: &[Axis],
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let entries = records(tables).map(|(table, number, record)| {
        let place = place(table, number);
        let task = words(record, "key").ok_or_else(|| format!("{place}: no `key`"))?;
        let Some(SourceCell::Group(result)) = record.get("result") else {
            return Err(format!(
                "{place}: `result` is not an object; expected an object with the scores"
            ));
        };
        let marks = axes.iter().filter_map(|axis| {
            let cell = result.get(&format!("{}_score", axis.key()))?;
            Some((axis.key().to_owned(), cell.clone()))
        });
        Ok(AnswerEntry {
            category: task
                .rsplit_once('_')
                .map(|(category, _)| category.to_owned()),
            task,
            marks: marks.collect(),
            place,
            ..AnswerEntry::default()
        })
    });
    collected(entries, || "no record with a `key`".to_owned())
}

/// Records with an id and a column per axis.
fn by_columns(
    tables: &[SourceTable],
    id: &str,
    axes: &[Axis],
    column: impl Fn(&Axis) -> String,
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    for axis in axes {
        has_column(tables, &column(axis))?;
    }
    let entries = records(tables).map(|(table, number, record)| {
        let place = place(table, number);
        let task = words(record, id).ok_or_else(|| format!("{place}: no `{id}`"))?;
        let marks = axes
            .iter()
            .map(|axis| (axis.key().to_owned(), cell(record, &column(axis))));
        Ok(AnswerEntry {
            task,
            marks: marks.collect(),
            place,
            ..AnswerEntry::default()
        })
    });
    collected(entries, || format!("no record with `{id}`"))
}

fn cell(record: &Record, column: &str) -> SourceCell {
    record.get(column).cloned().unwrap_or(SourceCell::Null)
}

fn first(axes: &[Axis]) -> Result<String, ScoresImportError> {
    axes.first()
        .map(|axis| axis.key().to_owned())
        .ok_or_else(|| ScoresImportError::Format("the suite has no axis".to_owned()))
}
