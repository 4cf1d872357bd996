//! `parabench shapes`: writes suites and training data of the world `shapes`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::ProgressBar;

use crate::command::{Exit, Globals, UsageError};
use crate::common::digest::Digest;
use crate::judge::oracle::{Probe, rules_digest};
use crate::model::control::truth::{Damage, answer};
use crate::suite::shapes::training::write_training_data;
use crate::suite::shapes::write::{suite_tasks, write_suite};
use crate::suite::shapes::{PROBE_SEED, world_digest};

/// Options of `parabench shapes`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write a suite of 300 tasks
    ///
    /// The folder gets suite.toml, tasks.jsonl and images.
    Suite {
        /// Seed of the tasks
        ///
        /// The same seed gives the same bytes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder to write, new or empty
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Write into a folder that is not empty
        #[arg(long)]
        force: bool,
    },
    /// Write training data
    ///
    /// It shares no combination with any suite. The folder gets data.jsonl (texts and boards as tile codes) and tiles.png
    /// (the tiles in code order).
    TrainingData {
        /// Seed of the records
        ///
        /// The same seed gives the same bytes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Number of records
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        /// Folder to write, new or empty
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Write into a folder that is not empty
        #[arg(long)]
        force: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// The folder is not empty, or something cannot be written.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    match &options.what {
        What::Suite {
            seed,
            output,
            force,
        } => {
            check_folder(output, *force)?;
            let tasks = suite_tasks(*seed)?;
            let frozen = frozen_rules()?;
            write_suite(output, &tasks, &frozen)
                .with_context(|| format!("cannot write the suite to {}", output.display()))?;
            say(globals, "tasks", tasks.len() as u64, output)?;
        }
        What::TrainingData {
            seed,
            count,
            output,
            force,
        } => {
            check_folder(output, *force)?;
            let bar = if globals.no_progress || globals.json {
                ProgressBar::hidden()
            } else {
                ProgressBar::new(*count)
            };
            write_training_data(output, *seed, *count, |added| bar.inc(added))
                .with_context(|| format!("cannot write training data to {}", output.display()))?;
            bar.finish_and_clear();
            say(globals, "records", *count, output)?;
        }
    }
    Ok(Exit::Done)
}

/// The digests of the rules as they are now, by the names that `suite.toml` has
/// for them.
///
/// # Errors
/// The rules make no tasks at all.
pub fn frozen_rules() -> anyhow::Result<[(&'static str, Digest); 2]> {
    let degrees = [0.0, 1.0];
    let probes: Vec<Probe> = suite_tasks(PROBE_SEED)?
        .into_iter()
        .flat_map(|task| {
            degrees.map(|error| {
                let truth = task.task.truth.clone();
                let (output, reasoning) = answer(&task.id, &truth, Damage::of(&task.id, error));
                Probe {
                    truth,
                    output,
                    reasoning,
                }
            })
        })
        .collect();
    Ok([
        ("world", world_digest()?),
        ("oracle", rules_digest(&probes)),
    ])
}

fn check_folder(folder: &Path, force: bool) -> anyhow::Result<()> {
    let holds_something = folder
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if holds_something && !force {
        let message = format!(
            "{} holds something already; name a new folder, or add --force to write into it",
            folder.display()
        );
        return Err(UsageError(message).into());
    }
    Ok(())
}

fn say(globals: &Globals, what: &str, count: u64, folder: &Path) -> anyhow::Result<()> {
    if globals.json {
        let folder = folder.display().to_string();
        return globals.print_json(&serde_json::json!({ what: count, "folder": folder }));
    }
    println!("{count} {what} written to {}", folder.display());
    Ok(())
}
