//! What is asked: suites, their tasks and axes. Knows no model and no judge.

pub mod axis;
pub mod mapping;
pub mod shapes;
pub mod task;

use std::path::PathBuf;

pub use axis::{Axis, NotAnAxis};
pub use mapping::ScoreMap;
pub use task::{Kind, Prompt, Target, Task};

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
    /// How raw marks become points.
    pub mapping: ScoreMap,
    /// The strata, in reporting order.
    pub categories: Vec<Category>,
    /// The tasks, in file order. `task.category` names one of `categories`.
    pub tasks: Vec<Task>,
    /// Digest of everything that makes the suite what it is: `suite.toml`,
    /// `tasks.jsonl` and the bytes of every input image.
    pub digest: Digest,
    /// The folder it was read from.
    pub folder: PathBuf,
}
