//! Runs as other tools keep them: a data set of the Hugging Face hub, a tracking folder of MLflow, logs of Inspect, a
//! record for Weights & Biases. Marks and means are those of the run; nothing is computed here.

mod hugging_face;
mod inspect;
mod mlflow;
mod parquet;
mod wandb;

pub use hugging_face::write as write_hugging_face;
pub use inspect::{Instructions, write as write_inspect};
pub use mlflow::write as write_mlflow;
pub use wandb::{SCRIPT as WANDB_SCRIPT, record as wandb_record};

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::analysis::runs::load::{LoadError, LoadedRun, load};
use crate::analysis::scores::score_table::{Level, NoLevel, ScoreTable, score_tables};
use crate::common::files::{self, FileError};
use crate::run::RunError;
use crate::run::folder::{RunData, names};
use crate::run::journal::{self, JournalError};
use crate::run::record::{JudgmentRecord, MarkKey, SampleKey, SampleRecord};
use crate::run::scores::ScoreRow;
use crate::stats::error::StatsError;

/// Why a run cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Its public files.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its logs.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its log of marks.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its means.
    #[error("cannot compute the means of the run: {0}")]
    Stats(#[from] StatsError),
    /// A file that is read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A table is not written.
    #[error("{0}: cannot write it as Parquet: {1}")]
    Parquet(&'static str, #[source] ::parquet::errors::ParquetError),
    /// A result is not written as JSON.
    #[error("cannot write the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A picture is not the one that was judged.
    #[error(
        "{path}: its bytes do not fit the name; expected the picture with that SHA-256; `parabench verify` names all such files"
    )]
    Picture {
        /// The file.
        path: String,
    },
    /// Two runs would have the same name.
    #[error(
        "two runs are called `{0}`; expected different names of folders: export them one by one"
    )]
    SameName(String),
}

/// A run with what exports need of it.
#[derive(Debug)]
pub struct Exported {
    /// Manifest and score table.
    pub run: LoadedRun,
    /// Means by judge.
    tables: Vec<ScoreTable>,
    /// The answers; empty for a run that came without logs.
    answers: BTreeMap<SampleKey, SampleRecord>,
    /// The judges' reasons, by judge.
    reasons: HashMap<Arc<str>, HashMap<MarkKey, String>>,
    /// First and last moment in its logs.
    span: Option<(jiff::Timestamp, jiff::Timestamp)>,
}

impl Exported {
    /// Reads a run.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn read(folder: &Path) -> Result<Self, ExportError> {
        let run = load(folder)?;
        let tables = score_tables(&run.manifest.suite, &run.rows)?;
        let data = RunData::read(folder)?;
        let mut times: Vec<jiff::Timestamp> = data.samples.values().map(|one| one.at).collect();
        let mut reasons: HashMap<Arc<str>, HashMap<MarkKey, String>> = HashMap::new();
        journal::read(&folder.join(names::JUDGMENTS), |record: JudgmentRecord| {
            times.push(record.at);
            let key = record.key();
            let of_judge = reasons.entry(Arc::clone(&record.judge)).or_default();
            // The last record of a mark counts; a reason about an answer that was replaced does not.
            let answer = data.samples.get(&key.sample);
            let holds = answer.is_some_and(|answer| answer.answer_digest() == record.answer);
            match record.verdict.rationale.filter(|_| holds) {
                Some(reason) => of_judge.insert(key, reason),
                None => of_judge.remove(&key),
            };
        })?;
        let span = times.iter().min().copied().zip(times.iter().max().copied());
        Ok(Self {
            run,
            tables,
            answers: data.samples,
            reasons,
            span,
        })
    }

    /// The reasons for a mark.
    fn reason(&self, row: &ScoreRow) -> Option<&str> {
        let key = MarkKey {
            sample: sample_key(row),
            axis: row.axis,
            repeat: row.repeat,
        };
        Some(self.reasons.get(&row.judge)?.get(&key)?)
    }

    /// What decided the run, as names and values.
    fn parameters(&self) -> BTreeMap<String, String> {
        let manifest = &self.run.manifest;
        let mut parameters = BTreeMap::from([
            ("program".to_owned(), manifest.program.clone()),
            ("suite".to_owned(), manifest.suite.name.clone()),
            ("suite_version".to_owned(), manifest.suite.version.clone()),
            ("suite_digest".to_owned(), manifest.suite.digest.to_string()),
            ("model".to_owned(), self.run.model().to_string()),
            ("model_spec".to_owned(), manifest.model.spec.clone()),
            (
                "run_seed".to_owned(),
                manifest.sampling.run_seed.to_string(),
            ),
            ("samples".to_owned(), manifest.sampling.seeds.clone()),
            ("tasks".to_owned(), manifest.suite.tasks().to_string()),
        ]);
        for (at, judge) in manifest.judges.iter().enumerate() {
            let name = |what: &str| match manifest.judges.len() {
                1 => format!("judge{what}"),
                _ => format!("judge_{}{what}", at + 1),
            };
            parameters.insert(name(""), judge.identity.name.clone());
            parameters.insert(name("_digest"), judge.digest.to_string());
            parameters.insert(name("_repeats"), judge.repeats.to_string());
        }
        parameters
    }

    /// Means with their intervals, in points, and missing marks, by name. A mean that is not there has no entry:
    /// [`no_means`](Self::no_means) says why.
    fn metrics(&self) -> BTreeMap<String, f64> {
        let mut metrics = BTreeMap::new();
        for (table, prefix) in self.tables.iter().zip(self.prefixes()) {
            metrics.insert(format!("{prefix}missing_share"), table.missing_share);
            for (metric, level) in means(table) {
                if let Ok(level) = level {
                    metrics.insert(format!("{prefix}{metric}_points"), level.points);
                    metrics.insert(format!("{prefix}{metric}_ci95_lo"), level.ci95[0]);
                    metrics.insert(format!("{prefix}{metric}_ci95_hi"), level.ci95[1]);
                }
            }
        }
        metrics
    }

    /// Why means are not there, by name.
    fn no_means(&self) -> BTreeMap<String, String> {
        let mut reasons = BTreeMap::new();
        for (table, prefix) in self.tables.iter().zip(self.prefixes()) {
            for (metric, level) in means(table) {
                if let Err(reason) = level {
                    let reason = serde_json::to_string(reason).unwrap_or_default();
                    reasons.insert(format!("{prefix}{metric}_missing_because"), reason);
                }
            }
        }
        reasons
    }

    /// What stands before the metrics of each judge: nothing for the only one.
    fn prefixes(&self) -> Vec<String> {
        let several = self.tables.len() > 1;
        let name = |(at, table): (usize, &ScoreTable)| match several {
            true => format!("{}.{}.", at + 1, files::safe_name(&table.judge)),
            false => String::new(),
        };
        self.tables.iter().enumerate().map(name).collect()
    }

    /// A name of 32 digits that belongs to this run and its marks.
    fn id(&self) -> String {
        let samples = self.run.manifest.samples_digest();
        let mut fields = vec![self.run.label.as_bytes(), samples.as_bytes().as_slice()];
        let judges = self.run.manifest.judges.iter();
        let digests: Vec<_> = judges.map(|judge| judge.digest).collect();
        fields.extend(digests.iter().map(|digest| digest.as_bytes().as_slice()));
        crate::common::digest::Digest::of_fields(fields).short(32)
    }
}

/// Which sample a row is about.
fn sample_key(row: &ScoreRow) -> SampleKey {
    SampleKey {
        task: Arc::clone(&row.task),
        sample: row.seed,
    }
}

/// The means of a table by name, Overall last.
fn means(table: &ScoreTable) -> impl Iterator<Item = (&str, &Result<Level, NoLevel>)> {
    let axes = table.axes.iter().map(|axis| (axis.axis.key(), &axis.level));
    axes.chain([("overall", &table.overall)])
}

/// Names of runs are names of folders or rows: no two may be alike.
///
/// # Errors
/// [`ExportError::SameName`].
pub fn check_names(runs: &[Exported]) -> Result<(), ExportError> {
    let mut names = std::collections::BTreeSet::new();
    match runs.iter().find(|one| !names.insert(&one.run.label)) {
        Some(twice) => Err(ExportError::SameName(twice.run.label.clone())),
        None => Ok(()),
    }
}
