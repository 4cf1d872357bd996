//! The bridge file: the marks of two judges of the same answers, with everything that a comparison across them rests on.
//! It needs no run folder, holds no key and no address, and is known by the digest of its content.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::runs::comparable::NotComparable;
use crate::analysis::runs::load::NoJudge;
use crate::common::digest::Digest;
use crate::common::saved::SavedError;
use crate::common::sealed::{self, Content};
use crate::judge::{Identity, Score};
use crate::run::manifest::SuiteSection;
use crate::run::scores::{PartsCell, ScoreRow, Status};
use crate::suite::{Axis, Kind};

/// Most runs of one bridge.
const MAX_RUNS: usize = 1_000;

/// Two judges' marks of the same answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bridge {
    /// The program that made it.
    pub program: String,
    /// What was asked of the models.
    pub suite: SuiteSection,
    /// How the tasks were chosen.
    pub draw: Draw,
    /// The judge that is left.
    pub old: Marker,
    /// The judge that follows.
    pub new: Marker,
    /// The tasks that were drawn.
    pub tasks: Vec<AnchorTask>,
    /// The runs whose answers were marked.
    pub runs: Vec<AnchorRun>,
}

/// How the tasks were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The seed of the draw.
    pub seed: u64,
    /// Tasks that were asked for; strata with a small share have two all the same.
    pub wanted: usize,
    /// Tasks from which they were drawn.
    pub of: usize,
}

/// One of the two judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// Marks per answer and axis.
    pub repeats: u32,
    /// Digest of the identity.
    pub digest: Digest,
    /// Who it is.
    pub identity: Identity,
    /// Models that its endpoint said it served.
    pub served: BTreeSet<String>,
}

/// A task that was drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorTask {
    /// Its id.
    pub task: Arc<str>,
    /// Its stratum.
    pub category: Arc<str>,
}

/// A run whose answers both judges marked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorRun {
    /// What tables call it.
    pub label: String,
    /// The model's name.
    pub model: String,
    /// Whether the model is declared to think.
    pub thinks: bool,
    /// Digest of what decided its answers.
    pub samples_digest: Digest,
    /// Its answers to the drawn tasks.
    pub answers: Vec<AnchorAnswer>,
}

/// One answer and its marks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorAnswer {
    /// The task.
    pub task: Arc<str>,
    /// The number of the sample.
    pub sample: u32,
    /// Digest of what judges saw of it; absent where no answer is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Digest>,
    /// The marks by axis, where the axis applies.
    pub marks: BTreeMap<Axis, BothMarks>,
}

/// The marks of both judges on one axis, a number per repeat; `null` where a mark is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BothMarks {
    /// Of the old judge.
    pub old: Vec<Option<Score>>,
    /// Of the new judge.
    pub new: Vec<Option<Score>>,
}

/// Which of the two judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that is left.
    Old,
    /// The one that follows.
    New,
}

/// Why there is no bridge.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The file could not be read or written, or is not what it should be.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// A run lacks one of the judges.
    #[error(transparent)]
    Judge(#[from] NoJudge),
    /// The runs were not made alike.
    #[error(transparent)]
    NotComparable(#[from] NotComparable),
    /// The two judges are one.
    #[error("`{0}` and `{1}` are the same judge (identity {2}): a bridge joins two different ones")]
    OneJudge(String, String, String),
}

impl Content for Bridge {
    const FORMAT: &'static str = "parabench bridge";
    const SCHEMA: u32 = 1;
    const FIELD: &'static str = "bridge";
    const ORIGIN: &'static str = "a bridge file is written by `parabench judge-bridge`";
    const MAX_BYTES: u64 = 64 << 20;
    const INDENTED: bool = false;

    fn resolved(mut self) -> Self {
        resolve_marks(&mut self.runs, &self.suite);
        self
    }
}

/// Files name axes by key: what they are, their suite says. Keys that are none of it stay, and are refused later.
pub(super) fn resolve_marks(runs: &mut [AnchorRun], suite: &SuiteSection) {
    for answer in runs.iter_mut().flat_map(|run| &mut run.answers) {
        let marks = std::mem::take(&mut answer.marks).into_iter();
        let known = |axis: Axis| axis.among(&suite.axes).unwrap_or(axis);
        answer.marks = marks.map(|(axis, both)| (known(axis), both)).collect();
    }
}

impl Bridge {
    /// Digest of the whole content.
    pub fn digest(&self) -> Digest {
        sealed::digest(self)
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`BridgeError::Saved`].
    pub fn write(&self, path: &Path) -> Result<(), BridgeError> {
        Ok(sealed::write(self, path)?)
    }

    /// Reads a file and checks it: its form, its digest, and that it contradicts itself nowhere.
    ///
    /// # Errors
    /// [`BridgeError::Saved`].
    pub fn read(path: &Path) -> Result<Self, BridgeError> {
        Self::checked(sealed::read(path)?, path)
    }

    /// Reads the text of a file; `path` is for errors.
    ///
    /// # Errors
    /// [`BridgeError::Saved`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, BridgeError> {
        Self::checked(sealed::parse(text, path)?, path)
    }

    fn checked(self, path: &Path) -> Result<Self, BridgeError> {
        self.check(path).map(|()| self)
    }

    /// Whether the content contradicts itself nowhere; `path` is for the error.
    ///
    /// # Errors
    /// [`BridgeError::Saved`].
    pub fn check(&self, path: &Path) -> Result<(), BridgeError> {
        self.fault().map_or(Ok(()), |fault| {
            Err(sealed::faulty::<Self>(path, fault).into())
        })
    }

    /// The first thing in which the content contradicts itself.
    fn fault(&self) -> Option<String> {
        for marker in [&self.old, &self.new] {
            let name = &marker.identity.name;
            if marker.identity.digest() != marker.digest {
                return Some(format!(
                    "the digest of judge {name} is not that of its details"
                ));
            }
            if !(1..=100).contains(&marker.repeats) {
                return Some(format!("{} repeats of judge {name}", marker.repeats));
            }
        }
        if self.old.digest == self.new.digest {
            return Some("both judges are the same".to_owned());
        }
        if self.runs.is_empty() || self.runs.len() > MAX_RUNS {
            return Some(format!(
                "{} runs, expected 1 to {MAX_RUNS}",
                self.runs.len()
            ));
        }
        let mut tasks = BTreeMap::new();
        for task in &self.tasks {
            let known = self.suite.categories.iter();
            let Some(category) = known.clone().find(|c| *c.name == *task.category) else {
                return Some(format!("task {} in an unknown category", task.task));
            };
            let place = (&*task.category, category.kind);
            if tasks.insert(&task.task, place).is_some() {
                return Some(format!("task {} twice", task.task));
            }
        }
        let labels: BTreeSet<&String> = self.runs.iter().map(|run| &run.label).collect();
        if labels.len() < self.runs.len() {
            return Some("two runs of one name".to_owned());
        }
        self.runs.iter().find_map(|run| self.run_fault(run, &tasks))
    }

    fn run_fault(
        &self,
        run: &AnchorRun,
        tasks: &BTreeMap<&Arc<str>, (&str, Kind)>,
    ) -> Option<String> {
        let mut seen = BTreeSet::new();
        for answer in &run.answers {
            let place = format!("run {}, task {}", run.label, answer.task);
            let Some(&(category, kind)) = tasks.get(&answer.task) else {
                return Some(format!("{place}: the task was not drawn"));
            };
            if !seen.insert((&answer.task, answer.sample)) {
                return Some(format!("{place}: sample {} twice", answer.sample));
            }
            for (axis, marks) in &answer.marks {
                let counts = (marks.old.len(), marks.new.len());
                let expected = (self.old.repeats as usize, self.new.repeats as usize);
                if counts != expected {
                    return Some(format!(
                        "{place}, {axis}: {counts:?} marks, expected {expected:?}"
                    ));
                }
                let applies = self.suite.axes.contains(axis)
                    && axis.exists_in(category, kind)
                    && self.suite.has(&answer.task, *axis)
                    && (run.thinks || !axis.needs_reasoning());
                if !applies {
                    return Some(format!("{place}: {axis} does not apply"));
                }
                let mut scores = marks.old.iter().chain(&marks.new).flatten();
                if let Some(fault) = scores.find_map(|score| score.fault(*axis)) {
                    return Some(format!("{place}: {fault}"));
                }
            }
        }
        let answered: BTreeSet<&Arc<str>> = run.answers.iter().map(|a| &a.task).collect();
        (answered.len() < tasks.len()).then(|| {
            let (found, all) = (answered.len(), tasks.len());
            format!("run {}: {found} of {all} tasks", run.label)
        })
    }

    /// One of the two judges.
    pub fn marker(&self, side: Side) -> &Marker {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    /// What one judge said of a run, as rows of a score table.
    pub fn rows(&self, run: &AnchorRun, side: Side) -> Vec<ScoreRow> {
        let judge: Arc<str> = self.marker(side).identity.name.as_str().into();
        let (suite, model): (Arc<str>, Arc<str>) =
            (self.suite.name.as_str().into(), run.model.as_str().into());
        let kinds = self.kinds();
        let mut rows = Vec::new();
        for answer in &run.answers {
            let Some((category, kind)) = kinds.get(&answer.task) else {
                continue;
            };
            for (axis, marks) in &answer.marks {
                let marks = match side {
                    Side::Old => &marks.old,
                    Side::New => &marks.new,
                };
                rows.extend((0..).zip(marks).map(|(repeat, score)| ScoreRow {
                    suite: Arc::clone(&suite),
                    task: Arc::clone(&answer.task),
                    category: Arc::clone(category),
                    kind: *kind,
                    model: Arc::clone(&model),
                    seed: answer.sample,
                    axis: *axis,
                    judge: Arc::clone(&judge),
                    repeat,
                    score: *score,
                    status: score.map_or(Status::Pending, |_| Status::Ok),
                    parts: PartsCell::Absent,
                }));
            }
        }
        rows
    }

    fn kinds(&self) -> BTreeMap<Arc<str>, (Arc<str>, Kind)> {
        let of = |task: &AnchorTask| {
            let mut known = self.suite.categories.iter();
            let category = known.find(|c| *c.name == *task.category)?;
            let value = (Arc::clone(&task.category), category.kind);
            Some((Arc::clone(&task.task), value))
        };
        self.tasks.iter().filter_map(of).collect()
    }
}
