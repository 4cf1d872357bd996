//! A run: its plan, its executor and its append-only store.
//!
//! The two logs `samples.jsonl` and `judgments.jsonl` are the truth; `scores.csv`
//! is rebuilt from them. A record counts once it is synced, and nothing that
//! counts is ever lost, asked for again or doubled.

pub mod answer;
pub mod budget;
pub mod causes;
pub mod event;
pub mod executor;
pub mod folder;
pub mod forecast;
pub mod generation;
pub mod inventory;
pub mod journal;
pub mod judging;
mod lock;
mod lost;
pub mod manifest;
pub mod plan;
mod reading;
pub mod record;
mod resume;
pub mod scores;
pub mod shard;
pub mod stage;
pub mod trajectories;

use std::path::PathBuf;

use crate::common::files::FileError;
use crate::common::picture::PictureError;
use crate::judge::JudgeError;
use crate::model::ModelError;

/// What ends a run before it is done. Whatever was acknowledged until then is
/// kept, and the same command resumes.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file of the run could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A log could not be read or written.
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    /// A trajectory could not be written down.
    #[error("a trajectory cannot be stored")]
    Film(#[source] serde_json::Error),
    /// Another process writes the same run.
    #[error(
        "{}: another process is writing this run; wait for it, or give this one another --name",
        folder.display()
    )]
    Locked {
        /// The run folder.
        folder: PathBuf,
    },
    /// The run lies where nothing can be locked.
    #[error(
        "{}: this file system has no locks ({reason}), so a second process could write the same run at the same time; \
         put the runs on another disk with --results",
        folder.display()
    )]
    NoLocks {
        /// The run folder.
        folder: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// Its marks were made elsewhere.
    #[error(
        "{}: its marks were imported, so it has no answers that a judge could mark; start a new run with another \
         --name",
        folder.display()
    )]
    Imported {
        /// The run folder.
        folder: PathBuf,
    },
    /// `run.toml` cannot be read.
    #[error("{}: {message}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// The folder holds a run that was made differently.
    #[error(
        "{} holds a run made with other settings:\n{differences}\nresume it with its own settings, or start a new run \
         with another --name; to add a judge with other settings, give it another name: --judge NEWNAME=JUDGE",
        folder.display()
    )]
    Different {
        /// The run folder.
        folder: PathBuf,
        /// One line per setting: name, recorded value, value now.
        differences: String,
    },
    /// A shard was told something else than those before it.
    #[error(
        "{} was made with other settings:\n{differences}\nall shards of a run share one plan; use its settings, or \
         start a new run with another --name",
        plan.display()
    )]
    DifferentPlan {
        /// The plan's file.
        plan: PathBuf,
        /// One line per setting: name, recorded value, value now.
        differences: String,
    },
    /// The file system cannot link files, which is how one of several shards makes the plan.
    #[error(
        "{}: this file system has no hard links ({reason}), so shards that start together cannot agree on one plan; \
         put the runs on another disk with --results",
        folder.display()
    )]
    NoLinks {
        /// The folder of the shards.
        folder: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A run lies among the shards that is none of them.
    #[error(
        "{}: not a shard of a run with {of} shards, which are called 0-of-{of} and so on; move it elsewhere",
        folder.display()
    )]
    StrangeShard {
        /// Its folder.
        folder: PathBuf,
        /// How many shards the run has.
        of: u32,
    },
    /// A declaration came after the first mark.
    #[error(
        "{}: --declare comes too late: this run already has marks; leave it out (a declaration given to `compare` or \
         `report` is then called \"declared when the report was made\"), or start a new run with another --name",
        folder.display()
    )]
    DeclaredLate {
        /// The run folder.
        folder: PathBuf,
    },
    /// A picture of a sample could not be stored.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The model cannot answer anything.
    #[error("model")]
    Model(#[from] ModelError),
    /// The judge cannot mark anything.
    #[error("judge {name}")]
    Judge {
        /// The judge's name.
        name: String,
        /// What it said.
        #[source]
        error: JudgeError,
    },
    /// A cost cap needs prices.
    #[error(
        "--max-cost cannot be kept: the profile of judge {judge} states no price; add [price] with input and output in USD per million tokens"
    )]
    NoPrice {
        /// The judge's name.
        judge: String,
    },
    /// A cost cap needs the model's price, too.
    #[error(
        "--max-cost cannot be kept: no price is known for model {model}; name a profile that states one in its spec, as openai:FILE.toml with [price] (docs/baselines.md)"
    )]
    NoModelPrice {
        /// The model's name.
        model: String,
    },
    /// A worker of this program died.
    #[error("a worker thread of this program failed: {0}")]
    Worker(#[from] tokio::task::JoinError),
}
