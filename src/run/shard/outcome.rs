//! What is merged, and what comes of it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::plan::ShardPlan;
use crate::run::journal::Damage;
use crate::run::manifest::Manifest;
use crate::run::scores::ScoreRow;
use crate::suite::Suite;

/// What is merged, and how.
#[derive(Clone, Copy, Debug)]
pub struct MergeRequest<'a> {
    /// Where the merged run lies, or will lie.
    pub whole: &'a Path,
    /// The suite.
    pub suite: &'a Suite,
    /// The plan of the shards.
    pub plan: &'a ShardPlan,
    /// Further folders of shards, beside those that lie with the plan.
    pub also: &'a [PathBuf],
    /// Merge also where shards are absent or unfinished: what lacks is pending.
    pub partial: bool,
    /// Merge also where the shards' endpoints served different models.
    pub mixed_served: bool,
}

/// How far a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShardState {
    /// Everything that was planned for it is there.
    Complete,
    /// Answers or marks are still to come, and nobody is making them.
    Unfinished,
    /// A process is writing it now.
    Running,
    /// It has no folder.
    Absent,
}

/// What a merge found of a shard.
#[derive(Clone, Debug, Serialize)]
pub struct ShardFound {
    /// Its number, from 0.
    pub index: u32,
    /// How far it is.
    pub state: ShardState,
    /// Answers that are planned.
    pub planned: u64,
    /// Answers that are there.
    pub answers: u64,
    /// Marks that are still to come, where all its answers are known.
    pub pending_marks: u64,
    /// Money spent on all its records, in US dollars.
    pub spent_usd: f64,
}

/// A merged run.
#[derive(Debug)]
pub struct Merged {
    /// What decided it.
    pub manifest: Manifest,
    /// Its score table.
    pub rows: Vec<ScoreRow>,
}

/// What came out of a merge.
#[derive(Debug)]
pub struct Outcome {
    /// What was found, shard by shard.
    pub shards: Vec<ShardFound>,
    /// The run; `None` where shards are missing or unfinished and that was not allowed: then nothing was written.
    pub merged: Option<Merged>,
    /// Money spent on all records, in US dollars.
    pub spent_usd: f64,
    /// The part of it that is the most that it can be.
    pub assumed_usd: f64,
    /// Logs that hold lines which are not what was written.
    pub damaged: Vec<(PathBuf, Damage)>,
    /// Pictures that are not there, where that was allowed.
    pub lost_pictures: Vec<String>,
}
