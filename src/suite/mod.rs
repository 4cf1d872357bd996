//! What is asked: suites, their tasks and axes. Knows no model and no judge.

pub mod axes;
mod bundled;
pub mod calls;
mod canonical;
pub mod definition;
pub mod fault;
pub mod find;
pub mod id_ranges;
pub mod import;
pub mod inputs;
pub mod kind;
pub mod load;
pub mod mapping;
mod pictures;
pub mod prompts;
pub mod select;
pub mod shapes;
pub mod task;
pub mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use axes::parabench::ParabenchAxis;
pub use axes::{Axis, NotAnAxis};
pub use calls::{Call, ReplyForm};
pub use definition::{Definition, RubricSource};
pub use fault::{Fault, SuiteFaults};
pub use find::{FindError, find};
pub use id_ranges::IdRanges;
pub use inputs::{Input, Inputs, SeveralInputs};
pub use kind::Kind;
pub use load::load;
pub use mapping::{Print, ScoreMap};
pub use select::{Filter, SampleRange, Selection, select};
pub use task::{Prompt, Target, Task};

use crate::common::digest::Digest;

/// One stratum of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name, unique in the suite and safe as a file name.
    pub name: String,
    /// The kind of its tasks.
    pub kind: Kind,
    /// How many tasks the suite is designed to have here: the design weight.
    pub planned: u32,
    /// The ids of these tasks, where the definition tells them.
    pub ids: Option<IdRanges>,
}

/// A suite whose files have been checked.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Short name, for example `parabench`.
    pub name: String,
    /// Version of the data.
    pub version: String,
    /// Licence of the data, as an SPDX expression or words.
    pub licence: String,
    /// Axes that are judged, in reporting order.
    pub axes: Vec<Axis>,
    /// Axes without ends, which enter no official figure.
    pub extra: Vec<Axis>,
    /// Calls that mark several of them; of two that fit an axis and a category the first is made.
    pub calls: Vec<Call>,
    /// Scores that are computed from their marks, in reporting order; the first stands for the Overall.
    pub scores: Vec<Axis>,
    /// How raw marks become points.
    pub mapping: ScoreMap,
    /// How the authors print the benchmark's figures.
    pub print: Option<Print>,
    /// The strata, in reporting order.
    pub categories: Vec<Category>,
    /// The rubrics that the suite asks for; a run may name others.
    pub rubrics: Option<RubricSource>,
    /// Rules that were fixed before anyone trained on the suite: name → digest.
    /// Whoever owns a rule compares.
    pub frozen: BTreeMap<String, Digest>,
    /// The tasks, in file order. `task.category` names one of `categories`.
    pub tasks: Vec<Task>,
    /// Digest of what the suite says: its definition, its tasks and the bytes of
    /// every input image. The layout of the files does not count.
    pub digest: Digest,
    /// The folder it was read from.
    pub folder: PathBuf,
}

impl Suite {
    /// Whether it has axes or scores of its own, beside ParaBench's.
    pub fn declares(&self) -> bool {
        axes::are_declared(&self.axes, &self.scores)
    }
}

/// Why a suite cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// There is none of that name or path.
    #[error(transparent)]
    NotFound(#[from] FindError),
    /// It is faulty.
    #[error(transparent)]
    Faulty(#[from] SuiteFaults),
}

/// Finds and loads the suite that a name or path names: [`find()`], then [`load()`].
///
/// # Errors
/// Those of both.
pub fn open(spec: &str) -> Result<Suite, SuiteError> {
    Ok(load(&find(spec)?)?)
}
