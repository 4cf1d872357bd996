//! How far the shards of a run are, from their folders alone.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::plan::{ShardPlan, shard_folders};
use super::{Shard, whole_of_shards};
use crate::run::RunError;
use crate::run::folder::names;
use crate::run::inventory::{self, Overview, State};

/// A run in shards at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    /// The run's name.
    pub name: String,
    /// The folder of the shards.
    pub folder: PathBuf,
    /// How many shards the run has.
    pub shards: u32,
    /// Whether the merged run is there.
    pub merged: bool,
    /// The suite, with its version.
    pub suite: String,
    /// The model's name.
    pub model: String,
    /// Answers that are planned, over all shards.
    pub planned: u64,
    /// Answers that are in the logs.
    pub answered: u64,
    /// Shard by shard.
    pub each: Vec<Progress>,
}

/// How far one shard is.
#[derive(Clone, Debug, Serialize)]
pub struct Progress {
    /// Its number, from 0.
    pub index: u32,
    /// How far it is; absent where it has not begun.
    pub state: Option<State>,
    /// Answers that are planned.
    pub planned: u64,
    /// Answers that are in its log.
    pub answered: u64,
    /// The run in its folder.
    pub run: Option<Overview>,
}

impl Survey {
    /// How many shards are in a state; `None` counts those that have not begun.
    pub fn count(&self, state: Option<State>) -> usize {
        self.each.iter().filter(|one| one.state == state).count()
    }
}

/// Looks at the shards in a folder.
///
/// # Errors
/// A plan that cannot be read, and a run among the shards that is none of them.
pub fn survey(folder: &Path) -> Result<Survey, RunError> {
    let plan = ShardPlan::read(folder)?;
    let whole = whole_of_shards(folder).unwrap_or_else(|| folder.to_owned());
    let mut folders = shard_folders(folder, plan.shards)?.into_iter().peekable();
    let samples = plan.samples();
    let tasks = plan.run.suite.tasks();
    let mut each = Vec::new();
    for shard in Shard::all(plan.shards) {
        let found = folders.next_if(|(found, _)| *found == shard);
        let run = found.map(|(_, path)| inventory::overview(&path));
        each.push(Progress {
            index: shard.index(),
            state: run.as_ref().map(|run| run.state),
            planned: shard.tasks_of(tasks) * u64::from(samples.count()),
            answered: run.as_ref().map_or(0, |run| run.answered),
            run,
        });
    }
    let name = whole.file_name().unwrap_or_default();
    Ok(Survey {
        name: name.to_string_lossy().into_owned(),
        folder: folder.to_owned(),
        shards: plan.shards,
        merged: whole != folder && whole.join(names::MANIFEST).is_file(),
        suite: format!("{} {}", plan.run.suite.name, plan.run.suite.version),
        model: plan.run.model.identity.name.clone(),
        planned: each.iter().map(|one| one.planned).sum(),
        answered: each.iter().map(|one| one.answered).sum(),
        each,
    })
}
