//! Why shards cannot be merged.

use std::path::PathBuf;

use super::Shard;
use crate::common::files::FileError;
use crate::run::RunError;
use crate::run::journal::JournalError;
use crate::run::scores::ScoresError;
use crate::suite::select::SelectError;

/// Why shards cannot be merged. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A run among them could not be read or locked.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file could not be read, linked or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A log could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The score table could not be written.
    #[error(transparent)]
    Scores(#[from] ScoresError),
    /// The plan's selection does not fit the suite.
    #[error("the tasks of the plan")]
    Select(#[from] SelectError),
    /// The suite selects other tasks than the plan's.
    #[error(
        "{}: the suite selects other tasks than those of the plan; name the suite that the shards were made with, with --suite",
        .0.display()
    )]
    Tasks(PathBuf),
    /// A folder was given that holds no shard.
    #[error(
        "{}: its run.toml has no [shard], so it is a whole or merged run, not a shard; only shards can be merged",
        .0.display()
    )]
    NotAShard(PathBuf),
    /// A folder was given twice.
    #[error("{}: this shard was given twice; leave one out", .0.display())]
    Twice(PathBuf),
    /// A shard lies in the folder of another.
    #[error("{}: its run.toml says shard {found}, expected shard {expected}", folder.display())]
    Misplaced {
        /// The folder.
        folder: PathBuf,
        /// What its `run.toml` says.
        found: Shard,
        /// What its name says.
        expected: String,
    },
    /// Shards were made differently.
    #[error(
        "these shards do not belong together:\n{}\nmake them again with one command, or merge each kind under a name of its own",
        .0.join("\n")
    )]
    Different(Vec<String>),
    /// A record is in the wrong log.
    #[error("{}: holds {what}, {why}", log.display())]
    Foreign {
        /// The log.
        log: PathBuf,
        /// The record.
        what: String,
        /// Why it does not belong there.
        why: String,
    },
    /// Two logs hold different records of the same.
    #[error(
        "{what} differs between {} and {}, or was paid for in both; move away the copy of the shard that shall not count",
        one.display(), other.display()
    )]
    Conflict {
        /// Answer or mark.
        what: String,
        /// A log.
        one: PathBuf,
        /// Another one.
        other: PathBuf,
    },
    /// The log of the whole run changed while it was read.
    #[error("{}: changed while it was read; merge again", .0.display())]
    Changed(PathBuf),
    /// Pictures of answers are not there.
    #[error(
        "{} pictures of answers are not there:\n{}\nrun the command of these shards again with --retry-missing, or merge with --partial: their marks are then missing",
        .0.len(), listed(.0)
    )]
    Pictures(Vec<String>),
    /// The endpoints of shards served different models.
    #[error(
        "the shards were not served by the same model:\n{}\n--mixed-served merges them anyway; reports then say so",
        .0.join("\n")
    )]
    Served(Vec<String>),
}

/// Most lines of a list in a message.
const MAX_LISTED: usize = 20;

fn listed(lines: &[String]) -> String {
    let shown = lines.iter().take(MAX_LISTED).cloned();
    let more = lines.len().saturating_sub(MAX_LISTED);
    let more = (more > 0).then(|| format!("  and {more} more"));
    shown.chain(more).collect::<Vec<_>>().join("\n")
}
