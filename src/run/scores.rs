//! The score table: one row per task, seed, axis, judge and repeat.

mod parts;
mod skip;

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::parts::PartsCell;

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::judge::{Mark, MissingReason, Score};
use crate::model::FailureKind;
use crate::run::answer::{self, Need};
use crate::run::folder::RunData;
use crate::run::manifest::{JudgeSection, Manifest};
use crate::run::record::{MarkKey, SampleKey, SampleRecord};
use crate::suite::{Axis, Kind, Suite, Task};

/// How a row came by its score, or why it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Status {
    /// A judge marked it.
    Ok,
    /// The answer was empty where the axis looks: 1, without a judge's call.
    ModelEmpty,
    /// The judge gave no mark.
    Missing(MissingReason),
    /// The answer was lost.
    ModelLost(FailureKind),
    /// The axis means nothing here, or this judge does not mark it.
    NotApplicable,
    /// Not asked yet: the run was stopped before.
    Pending,
}

impl Status {
    /// Those that are no [`MissingReason`].
    const OTHERS: [Self; 13] = [
        Self::Ok,
        Self::ModelEmpty,
        Self::ModelLost(FailureKind::Crash),
        Self::ModelLost(FailureKind::OutOfMemory),
        Self::ModelLost(FailureKind::Timeout),
        Self::ModelLost(FailureKind::NotANumber),
        Self::ModelLost(FailureKind::Transport),
        Self::ModelLost(FailureKind::NoAnswer),
        Self::ModelLost(FailureKind::Withheld),
        Self::ModelLost(FailureKind::Oversized),
        Self::ModelLost(FailureKind::BrokenFile),
        Self::NotApplicable,
        Self::Pending,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let missing = MissingReason::ALL.into_iter().map(Self::Missing);
        Self::OTHERS.into_iter().chain(missing)
    }

    /// The name in files and tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ModelEmpty => "model-empty",
            Self::Missing(reason) => reason.key(),
            Self::ModelLost(FailureKind::Crash) => "model-crash",
            Self::ModelLost(FailureKind::OutOfMemory) => "model-out-of-memory",
            Self::ModelLost(FailureKind::Timeout) => "model-timeout",
            Self::ModelLost(FailureKind::NotANumber) => "model-not-a-number",
            Self::ModelLost(FailureKind::Transport) => "model-transport",
            Self::ModelLost(FailureKind::NoAnswer) => "model-no-answer",
            Self::ModelLost(FailureKind::Withheld) => "model-withheld",
            Self::ModelLost(FailureKind::Oversized) => "model-oversized",
            Self::ModelLost(FailureKind::BrokenFile) => "model-broken-file",
            Self::NotApplicable => "not-applicable",
            Self::Pending => "pending",
        }
    }

    /// Whether a mark should be here and is not.
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Missing(_) | Self::ModelLost(_) | Self::Pending)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl From<Status> for &'static str {
    fn from(status: Status) -> Self {
        status.key()
    }
}

/// Text that names no status.
#[derive(Debug, thiserror::Error)]
#[error("unknown status of a score `{0}`")]
pub struct NotAStatus(String);

impl FromStr for Status {
    type Err = NotAStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all()
            .find(|status| status.key() == text)
            .ok_or_else(|| NotAStatus(text.chars().take(60).collect()))
    }
}

impl TryFrom<String> for Status {
    type Error = NotAStatus;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// One row of `scores.csv`. `score` is there exactly for `ok` and `model-empty`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreRow {
    /// The suite's name.
    pub suite: Arc<str>,
    /// The task's id.
    pub task: Arc<str>,
    /// Its stratum.
    pub category: Arc<str>,
    /// Its kind.
    pub kind: Kind,
    /// The model's name.
    pub model: Arc<str>,
    /// The number of the sample.
    pub seed: u32,
    /// The axis.
    pub axis: Axis,
    /// The judge's name.
    pub judge: Arc<str>,
    /// The number of the repeat.
    pub repeat: u32,
    /// The raw mark.
    pub score: Option<Score>,
    /// How it came about.
    pub status: Status,
    /// The parts of the mark.
    #[serde(default, skip_serializing_if = "PartsCell::is_absent")]
    pub parts: PartsCell,
}

/// What decides the rows besides the logs.
#[derive(Clone, Copy, Debug)]
pub struct RowPlan<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// Indices of the selected tasks, in suite order.
    pub tasks: &'a [usize],
    /// Numbers of the samples.
    pub samples: &'a Range<u32>,
}

/// Builds all rows, in the order task, sample, judge, axis, repeat: the same logs give
/// the same rows however they were filled.
pub fn rows(plan: RowPlan<'_>, manifest: &Manifest, data: &RunData) -> Vec<ScoreRow> {
    let suite: Arc<str> = manifest.suite.name.as_str().into();
    let model: Arc<str> = manifest.model.identity.name.as_str().into();
    let judges: Vec<(Arc<str>, &JudgeSection)> = manifest
        .judges
        .iter()
        .map(|judge| (judge.identity.name.as_str().into(), judge))
        .collect();
    let tasks = plan
        .tasks
        .iter()
        .filter_map(|&index| plan.suite.tasks.get(index));
    let no_parts = PartsCell::empty(&manifest.suite.axes);
    let mut rows = Vec::new();
    for task in tasks {
        let prompt = &task.prompt;
        for seed in plan.samples.clone() {
            let key = SampleKey {
                task: Arc::clone(&prompt.id),
                sample: seed,
            };
            let answered = data.samples.get(&key).map(|s| (s, s.answer_digest()));
            for (judge, section) in &judges {
                let first = rows.len();
                for (axis, repeat) in cells(&manifest.axes_of(section), section.repeats) {
                    let thinks = manifest.model.identity.thinks;
                    let need = match section.identity.marks(axis) {
                        true => need(axis, task, thinks, answered.as_ref()),
                        false => Some(Need::NotApplicable),
                    };
                    let mark_key = MarkKey {
                        sample: key.clone(),
                        axis: axis.key(),
                        repeat,
                    };
                    let mark = data.marks.get(judge).and_then(|marks| marks.get(&mark_key));
                    let mark = mark
                        .filter(|mark| answered.as_ref().is_some_and(|(_, d)| *d == mark.answer));
                    let (score, status) = outcome(axis, need, mark.map(|mark| mark.mark));
                    let parts = mark.filter(|_| status == Status::Ok && axis.parts().is_some());
                    rows.push(ScoreRow {
                        suite: Arc::clone(&suite),
                        task: Arc::clone(&prompt.id),
                        category: Arc::clone(&prompt.category),
                        kind: prompt.kind(),
                        model: Arc::clone(&model),
                        seed,
                        axis,
                        judge: Arc::clone(judge),
                        repeat,
                        score,
                        status,
                        parts: parts.map_or_else(
                            || no_parts.clone(),
                            |mark| PartsCell::Of(mark.parts.clone()),
                        ),
                    });
                }
                if let Some(rows) = rows.get_mut(first..) {
                    skip::skip_items(rows, &plan.suite.calls, &section.identity);
                }
            }
        }
    }
    rows
}

/// The cells of one answer under one judge: every axis with every repeat.
pub fn cells(axes: &[Axis], repeats: u32) -> impl Iterator<Item = (Axis, u32)> {
    axes.iter()
        .flat_map(move |&axis| (0..repeats).map(move |repeat| (axis, repeat)))
}

/// `None` while the answer is not there.
fn need(
    axis: Axis,
    task: &Task,
    thinks: bool,
    answered: Option<&(&SampleRecord, Digest)>,
) -> Option<Need> {
    match answered {
        Some((sample, _)) => Some(answer::need(axis, task, thinks, sample, Path::new(""))),
        None => (!answer::applies(axis, task, thinks)).then_some(Need::NotApplicable),
    }
}

fn outcome(axis: Axis, need: Option<Need>, mark: Option<Mark>) -> (Option<Score>, Status) {
    match (need, mark) {
        (Some(Need::NotApplicable), _) => (None, Status::NotApplicable),
        // A log that somebody else wrote: not a mark of this axis.
        (Some(_), Some(Mark::Scored(score))) if !axis.scale().holds(score.get()) => {
            (None, Status::Missing(MissingReason::OutOfRange))
        }
        // Without a lowest mark there is none for an empty answer.
        (Some(Need::Empty), _) if axis.scale().is_endless() => {
            (None, Status::ModelLost(FailureKind::NoAnswer))
        }
        (Some(Need::Empty), _) => (Some(Score::lowest(axis.scale())), Status::ModelEmpty),
        // A picture that was lost after a judge had looked at it: the mark stands.
        (Some(Need::Lost(_)), Some(Mark::Scored(score))) => (Some(score), Status::Ok),
        (Some(Need::Lost(kind)), _) => (None, Status::ModelLost(kind)),
        (Some(Need::Ask(_)), Some(Mark::Scored(score))) => (Some(score), Status::Ok),
        (Some(Need::Ask(_)), Some(Mark::Missing(reason))) => (None, Status::Missing(reason)),
        (Some(Need::Ask(_)), None) | (None, _) => (None, Status::Pending),
    }
}

/// Why a score table cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ScoresError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A row, with its line.
    #[error("{}: {reason}", path.display())]
    Csv {
        /// The file.
        path: std::path::PathBuf,
        /// What does not fit, and where.
        reason: csv::Error,
    },
    /// A row whose score and status contradict each other.
    #[error("{}: row {row}: status `{status}` with {found}", path.display())]
    Contradiction {
        /// The file.
        path: std::path::PathBuf,
        /// Number of the row, from 1, the header not counted.
        row: usize,
        /// The status.
        status: Status,
        /// `a score` or `no score`.
        found: &'static str,
    },
}

/// Writes the table, whole or not at all.
///
/// # Errors
/// [`ScoresError::File`] and [`ScoresError::Csv`].
pub fn write(path: &Path, rows: &[ScoreRow]) -> Result<(), ScoresError> {
    let fault = |reason| ScoresError::Csv {
        path: path.to_owned(),
        reason,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(fault)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| fault(error.into_error().into()))?;
    Ok(files::write_atomic(path, &bytes)?)
}

/// Reads the table of a run on `axes` and checks that scores and statuses fit together. An axis that is not among them
/// stays [unknown](Axis::is_declared).
///
/// # Errors
/// All of [`ScoresError`].
pub fn read(path: &Path, axes: &[Axis]) -> Result<Vec<ScoreRow>, ScoresError> {
    let fault = |reason| ScoresError::Csv {
        path: path.to_owned(),
        reason,
    };
    let file = files::open_regular(path)?;
    let mut rows = Vec::new();
    for row in csv::Reader::from_reader(std::io::BufReader::new(file)).deserialize() {
        let mut row: ScoreRow = row.map_err(fault)?;
        row.axis = row.axis.among(axes).unwrap_or(row.axis);
        let expects = matches!(row.status, Status::Ok | Status::ModelEmpty);
        if expects != row.score.is_some() {
            return Err(ScoresError::Contradiction {
                path: path.to_owned(),
                row: rows.len() + 1,
                status: row.status,
                found: if expects { "no score" } else { "a score" },
            });
        }
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
