//! Options that say which tasks are asked, and where the run lies.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::command::UsageError;
use crate::command::results_option::ResultsOption;
use crate::command::shard_folders::find_shards;
use crate::command::shard_options::ShardOptions;
use crate::common::files::{self, is_safe_name};
use crate::common::suggest;
use crate::run::shard::{Shard, shards_folder};
use crate::suite::select::{Filter, SampleRange, Selection, select};
use crate::suite::{self, Suite};

/// Which tasks, how often, under which seed.
#[derive(Clone, Debug, clap::Args)]
pub struct TaskOptions {
    /// Suite to answer: a name or a folder
    ///
    /// A bundled or imported suite by name, as `parabench list suites` shows them, or the path of a folder.
    #[arg(long, value_name = "NAME|DIR")]
    pub suite: String,
    /// Take at most N tasks
    ///
    /// They are spread over the categories in proportion to their size; the seed decides which.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Take only these tasks
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    pub tasks: Vec<String>,
    /// Take only these categories
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub categories: Vec<String>,
    /// Seed of the run
    ///
    /// The seeds of all samples derive from it by hash.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: u64,
    /// Samples per task, half open
    ///
    /// 0..3 makes three samples of each task, with the numbers 0, 1 and 2.
    #[arg(long, value_name = "A..B", default_value = "0..1")]
    pub seeds: SampleRange,
}

impl TaskOptions {
    /// Loads the suite and selects its tasks.
    ///
    /// # Errors
    /// Those of loading and selecting.
    pub fn open(&self) -> anyhow::Result<(Suite, Selection)> {
        let suite = suite::open(&self.suite)?;
        let selection =
            select(&suite, &self.filter()).map_err(|error| UsageError(error.to_string()))?;
        Ok((suite, selection))
    }

    /// What the suite is filtered by.
    pub fn filter(&self) -> Filter {
        Filter {
            limit: self.limit,
            tasks: self.tasks.clone(),
            categories: self.categories.clone(),
            seed: self.seed,
        }
    }
}

/// Where runs lie.
#[derive(Clone, Debug, clap::Args)]
pub struct PlaceOptions {
    /// Where the runs lie.
    #[command(flatten)]
    pub results: ResultsOption,
    /// Name of the run
    ///
    /// By default it is made of suite, model and a digest of all settings, so that the same command resumes the same run.
    #[arg(long)]
    pub name: Option<String>,
    /// Which part of the run.
    #[command(flatten)]
    pub part: ShardOptions,
}

impl PlaceOptions {
    /// Whether a run can be written: asked before a model loads.
    ///
    /// # Errors
    /// The folder that cannot be written to.
    pub fn check(&self) -> anyhow::Result<()> {
        let folder = match &self.name {
            Some(name) => self.folder(name)?,
            None => self.results.folder.clone(),
        };
        files::check_writable(&folder).with_context(|| {
            let folder = folder.display();
            format!("no run can be written to {folder}; name another folder with --results")
        })
    }

    /// Whether the run that `--name` names, or this shard of it, is there already.
    ///
    /// # Errors
    /// [`UsageError`] for a name that is no safe file name.
    pub fn exists(&self, shard: Option<Shard>) -> anyhow::Result<bool> {
        use crate::run::folder::names::MANIFEST;
        let Some(name) = &self.name else {
            return Ok(false);
        };
        let whole = self.folder(name)?;
        let folder = match shard {
            Some(shard) => shards_folder(&whole).join(shard.folder_name()),
            None => whole,
        };
        Ok(folder.join(MANIFEST).is_file())
    }

    /// The run's folder; `default_name` when no name was given.
    ///
    /// # Errors
    /// [`UsageError`] for a name that is no safe file name.
    pub fn folder(&self, default_name: &str) -> anyhow::Result<PathBuf> {
        let name = self.name.as_deref().unwrap_or(default_name);
        if !is_safe_name(name) {
            return Err(UsageError(format!(
                "--name `{name}` cannot name a folder: letters, digits, `-`, `_` and `.` are \
                 allowed, at most 128, no leading `.`"
            ))
            .into());
        }
        Ok(self.results.folder.join(name))
    }
}

/// The folder of an existing run: a path, or a name in the folder of runs.
///
/// # Errors
/// When there is no run, with the runs that are there.
pub fn existing_run(results: &Path, run: &str) -> anyhow::Result<PathBuf> {
    use crate::run::folder::names::MANIFEST;
    let candidates = [PathBuf::from(run), results.join(run)];
    let found = candidates
        .iter()
        .find(|folder| folder.join(MANIFEST).is_file());
    found.cloned().ok_or_else(|| {
        if let Some(shards) = find_shards(results, run) {
            return UsageError(format!(
                "`{run}` lies in shards below {} and is not merged yet: `parabench merge {run}` joins them, \
                 `parabench runs status {run}` shows how far they are",
                shards.display()
            ))
            .into();
        }
        let known = runs_in(results);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let unknown = suggest::unknown("run", run, &known, Some("parabench runs list"));
        UsageError(format!("{unknown}; looked in {}", results.display())).into()
    })
}

fn runs_in(results: &Path) -> Vec<String> {
    use crate::run::folder::names::MANIFEST;
    let entries = std::fs::read_dir(results).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join(MANIFEST).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
