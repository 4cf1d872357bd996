//! One run over several machines: each makes a shard in a folder of its own, and a merge joins them.
//!
//! ```text
//! results/NAME.shards/plan.toml    how many shards, and the settings of the whole run
//! results/NAME.shards/3-of-8/      a run folder with one writer; its run.toml has [shard]
//! results/NAME/                    what the merge makes
//! ```
//!
//! A shard is a part of the tasks with all their samples. Which part depends on the run's seed and on
//! the number of shards; the seeds of samples do not, so a shard answers what the whole run would.

mod assembly;
mod costs;
mod earlier;
pub mod error;
mod heads;
pub mod join;
mod links;
pub mod merge;
pub mod outcome;
pub mod plan;
mod served;
pub mod split;
pub mod survey;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::common::seed::shuffle_key;
use crate::suite::Suite;

/// Most shards of a run.
pub const MAX_SHARDS: u32 = 10_000;

/// What the name of a sharded run's folder ends with.
pub const SUFFIX: &str = ".shards";

/// One of several parts of a run, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "InFile")]
pub struct Shard {
    index: u32,
    of: u32,
}

/// [`Shard`] before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InFile {
    index: u32,
    of: u32,
}

/// Why something is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// Not two numbers.
    #[error(
        "found `{0}`, expected I/N with two whole numbers, for example 0/8, the first of eight shards"
    )]
    Form(String),
    /// No shards, or too many.
    #[error("found {0} shards, expected 1 to {MAX_SHARDS}")]
    Count(u64),
    /// An index beyond the last.
    #[error(
        "shard {index} of {of} does not exist: shards are counted from 0, the last is {}; a job array of \
         them is --array=0-{}",
        of - 1, of - 1
    )]
    Index {
        /// The index.
        index: u64,
        /// How many shards there are.
        of: u32,
    },
}

impl Shard {
    /// Shard `index` of `of`.
    ///
    /// # Errors
    /// [`ShardError`]: `of` outside 1 to [`MAX_SHARDS`], `index` not below it.
    pub fn new(index: u64, of: u64) -> Result<Self, ShardError> {
        let of = u32::try_from(of)
            .ok()
            .filter(|of| (1..=MAX_SHARDS).contains(of))
            .ok_or(ShardError::Count(of))?;
        match u32::try_from(index).ok().filter(|index| *index < of) {
            Some(index) => Ok(Self { index, of }),
            None => Err(ShardError::Index { index, of }),
        }
    }

    /// All shards of a run of `of`.
    pub fn all(of: u32) -> impl Iterator<Item = Self> + Clone {
        (0..of).map(move |index| Self { index, of })
    }

    /// Its number, from 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shards the run has.
    pub fn of(self) -> u32 {
        self.of
    }

    /// The name of its folder: `3-of-8`.
    pub fn folder_name(self) -> String {
        format!("{}-of-{}", self.index, self.of)
    }

    /// The shard whose folder has this name.
    pub fn of_folder_name(name: &str) -> Option<Self> {
        let (index, of) = name.split_once("-of-")?;
        let shard = Self::new(whole(index)?, whole(of)?).ok()?;
        (shard.folder_name() == name).then_some(shard)
    }

    /// How many of the run's `all` tasks are its own.
    pub fn tasks_of(self, all: u64) -> u64 {
        let (index, of) = (u64::from(self.index), u64::from(self.of));
        all / of + u64::from(index < all % of)
    }

    /// Its part of an amount that the whole run may use, in proportion to its tasks.
    pub fn part_of(self, amount: f64, all_tasks: usize) -> f64 {
        let own = self.tasks_of(all_tasks as u64) as f64;
        amount * own / (all_tasks as f64).max(1.0)
    }
}

impl TryFrom<InFile> for Shard {
    type Error = ShardError;

    fn try_from(found: InFile) -> Result<Self, ShardError> {
        Self::new(found.index.into(), found.of.into())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(index, of)| Some((whole(index)?, whole(of)?)));
        let (index, of) =
            numbers.ok_or_else(|| ShardError::Form(text.chars().take(60).collect()))?;
        Self::new(index, of)
    }
}

/// A number written in digits and nothing else: no sign, no space.
pub fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The folder of the shards of the run that lies, or will lie, in `whole`.
pub fn shards_folder(whole: &Path) -> PathBuf {
    let mut name = whole.file_name().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    whole.with_file_name(name)
}

/// The run whose shards lie in a folder; `None` where its name does not end in [`SUFFIX`].
pub fn whole_of_shards(folder: &Path) -> Option<PathBuf> {
    let name = folder.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    (!name.is_empty()).then(|| folder.with_file_name(name))
}

/// Which shard each selected task belongs to.
#[derive(Clone, Debug)]
pub struct Membership(HashMap<Arc<str>, Shard>);

impl Membership {
    /// Deals the selected tasks out: sorted in the order that the run's seed decides by hash (the executor's own
    /// order), the task of rank r belongs to shard r mod `of`. The order in the suite's file decides nothing.
    pub fn new(suite: &Suite, tasks: &[usize], run_seed: u64, of: u32) -> Self {
        let tasks = tasks.iter().filter_map(|&index| suite.tasks.get(index));
        let mut ids: Vec<(u64, Arc<str>)> = tasks
            .map(|task| &task.prompt.id)
            .map(|id| (shuffle_key(run_seed, "order", id), Arc::clone(id)))
            .collect();
        ids.sort_unstable();
        let shards = Shard::all(of).cycle();
        Self(
            ids.into_iter()
                .zip(shards)
                .map(|((_, id), shard)| (id, shard))
                .collect(),
        )
    }

    /// The shard of a task; `None` where it is no task of the run.
    pub fn shard_of(&self, task: &str) -> Option<Shard> {
        self.0.get(task).copied()
    }

    /// Those of the selected tasks that belong to a shard, in suite order.
    pub fn tasks(&self, suite: &Suite, tasks: &[usize], shard: Shard) -> Vec<usize> {
        let own = |index: &usize| {
            let task = suite.tasks.get(*index);
            task.is_some_and(|task| self.shard_of(task.id()) == Some(shard))
        };
        tasks.iter().copied().filter(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_plain_numbers_name_a_shard() {
        let shard: Shard = "3/8".parse().unwrap();
        assert_eq!((shard.index(), shard.of()), (3, 8));
        assert_eq!(
            (shard.to_string(), shard.folder_name()),
            ("3/8".into(), "3-of-8".into())
        );
        for bad in [
            "", "3", "/", "3/", "/8", "+3/8", "3/ 8", "-1/8", "3/8/9", "a/8", "3.0/8",
        ] {
            assert!(
                matches!(bad.parse::<Shard>(), Err(ShardError::Form(_))),
                "{bad}"
            );
        }
        for bad in ["0/0", "0/10001", "0/99999999999"] {
            assert!(
                matches!(bad.parse::<Shard>(), Err(ShardError::Count(_))),
                "{bad}"
            );
        }
        for bad in ["8/8", "9/8", "4294967296/8"] {
            assert!(
                matches!(bad.parse::<Shard>(), Err(ShardError::Index { .. })),
                "{bad}"
            );
        }
        let text = "8/8".parse::<Shard>().unwrap_err().to_string();
        assert!(text.contains("--array=0-7"), "{text}");
        // Beyond the largest number that can be held.
        assert!("99999999999999999999/8".parse::<Shard>().is_err());
    }

    #[test]
    fn a_shard_in_a_file_is_checked_too() {
        assert!(toml::from_str::<Shard>("index = 7\nof = 8").is_ok());
        assert!(toml::from_str::<Shard>("index = 8\nof = 8").is_err());
    }

    #[test]
    fn tasks_and_money_are_dealt_out_whole() {
        for (all, of) in [(300_u64, 8_u32), (5, 8), (0, 3), (8, 8), (1, 1)] {
            let shards: Vec<Shard> = Shard::all(of).collect();
            assert_eq!(
                shards.iter().map(|shard| shard.tasks_of(all)).sum::<u64>(),
                all
            );
            if all > 0 {
                let money: f64 = shards.iter().map(|s| s.part_of(25.0, all as usize)).sum();
                assert!((money - 25.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_folder_of_the_shards_lies_beside_the_run() {
        let whole = Path::new("results/mine");
        let shards = shards_folder(whole);
        assert_eq!(shards, Path::new("results/mine.shards"));
        assert_eq!(whole_of_shards(&shards).as_deref(), Some(whole));
        assert_eq!(whole_of_shards(whole), None);
    }
}
