//! Forms in which other programs write marks: a reader each, from records to [`AnswerEntry`]s.

mod generic;
mod harnesses;
mod official;

use std::collections::BTreeMap;

use crate::imported::ScoresImportError;
use crate::imported::entry::{self, AnswerEntry};
use crate::suite::Axis;
use crate::suite::import::table::SourceTable;

/// A form of files with marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table: a row per mark (task, metric, score) or a column per axis
    Table,
    /// VLMEvalKit: a row per item, `index` and a column of scores
    Vlmevalkit,
    /// lmms-eval: `*_samples_*.jsonl`
    LmmsEval,
    /// inspect: the JSON export of a log
    Inspect,
    /// GenEval: `results.jsonl`
    Geneval,
    /// WISE: `*_scores_results.jsonl` and `*_scores.jsonl`
    Wise,
    /// GEdit-Bench: `*_gpt_score.csv`
    Gedit,
    /// VIEScore: `<model>/{SC,PQ}.json`
    Viescore,
    /// ImagenHub: `*_rater<N>.tsv` of people
    Imagenhub,
    /// KRIS-Bench: `<category>/metrics.json`
    Kris,
    /// RISEBench: `<model>_judge.xlsx`
    Rise,
    /// ROVER: `rover_metrics.jsonl`
    Rover,
}

/// What the user said about the files.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Axis → column of the file.
    pub columns: BTreeMap<String, String>,
    /// Only records of this language, where a file holds several.
    pub language: Option<String>,
}

impl Said {
    /// The column of an axis: the one that was said, else the one of its own name.
    fn column<'a>(&'a self, axis: &'a str) -> &'a str {
        self.columns.get(axis).map_or(axis, String::as_str)
    }

    /// The axis that a column holds, by what was said.
    fn axis_of<'a>(&'a self, column: &'a str) -> &'a str {
        let said = self.columns.iter().find(|(_, known)| *known == column);
        said.map_or(column, |(axis, _)| axis)
    }
}

impl Format {
    /// The entries of the files.
    ///
    /// # Errors
    /// [`ScoresImportError::Format`] where the files are of another form, [`ScoresImportError::Rows`] for records that
    /// cannot be read.
    pub fn read(
        self,
        tables: &[SourceTable],
        axes: &[Axis],
        said: &Said,
    ) -> Result<Vec<AnswerEntry>, ScoresImportError> {
        if said.language.is_some() && self != Self::Gedit {
            return Err(ScoresImportError::Format(
                "--language: only files of --as gedit tell a language; leave it out".to_owned(),
            ));
        }
        let named = matches!(
            self,
            Self::Table | Self::Vlmevalkit | Self::LmmsEval | Self::Inspect
        );
        if !said.columns.is_empty() && !named {
            return Err(ScoresImportError::Format(
                "--map: the columns of this form are known; leave it out, or read the files with --as table".to_owned(),
            ));
        }
        let mut entries = match self {
            Self::Table => generic::read(tables, axes, said),
            Self::Vlmevalkit => harnesses::vlmevalkit(tables, axes, said),
            Self::LmmsEval => harnesses::lmms_eval(tables, axes, said),
            Self::Inspect => harnesses::inspect(tables, axes, said),
            Self::Geneval => official::geneval(tables, axes),
            Self::Wise => official::wise(tables, axes),
            Self::Gedit => official::gedit(tables, said),
            Self::Viescore => official::viescore(tables),
            Self::Imagenhub => official::imagenhub(tables),
            Self::Kris => official::kris(tables, axes),
            Self::Rise => official::rise(tables),
            Self::Rover => official::rover(tables, axes),
        }?;
        // Scripts of benchmarks average the numbers that they find, on the scale or not.
        for entry in entries.iter_mut().filter(|_| !named) {
            if entry.official.is_empty() {
                entry.official.clone_from(&entry.marks);
            }
        }
        Ok(entries)
    }
}

/// Leaves only the records whose columns have the values that a suite names; letters count alike in both cases.
///
/// # Errors
/// [`ScoresImportError::Format`] where no file has such a column: then nothing tells which records belong to the suite.
pub fn keep_rows(
    tables: &mut [SourceTable],
    rows: &BTreeMap<String, String>,
) -> Result<(), ScoresImportError> {
    for (column, value) in rows {
        if !tables
            .iter()
            .any(|table| table.columns().contains(column.as_str()))
        {
            return Err(ScoresImportError::Format(format!(
                "no record has the column `{column}`, which tells the records of this suite (`{value}`) from others"
            )));
        }
        let belongs = |record: &crate::suite::import::table::Record| {
            entry::words(record, column).is_some_and(|found| found.eq_ignore_ascii_case(value))
        };
        for table in tables.iter_mut() {
            table.records.retain(|(_, record)| belongs(record));
        }
    }
    Ok(())
}

/// The records of all files, each with its table and number.
fn records(
    tables: &[SourceTable],
) -> impl Iterator<Item = (&SourceTable, usize, &crate::suite::import::table::Record)> {
    tables.iter().flat_map(|table| {
        table
            .records
            .iter()
            .map(move |(number, record)| (table, *number, record))
    })
}

/// Refuses files of which none has a column: its marks would all be missing.
fn has_column(tables: &[SourceTable], column: &str) -> Result<(), ScoresImportError> {
    match tables.iter().any(|table| table.columns().contains(column)) {
        true => Ok(()),
        false => Err(ScoresImportError::Format(format!(
            "no record has a `{column}`; is it the right suite for these files?"
        ))),
    }
}

/// Collects entries; what cannot be read is listed all at once.
fn collected(
    entries: impl Iterator<Item = Result<AnswerEntry, String>>,
    lacking: impl FnOnce() -> String,
) -> Result<Vec<AnswerEntry>, ScoresImportError> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Ok(entry) => read.push(entry),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(ScoresImportError::Rows(faults));
    }
    if read.is_empty() {
        return Err(ScoresImportError::Format(lacking()));
    }
    Ok(read)
}
