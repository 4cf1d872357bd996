//! `parabench judge`: judges mark the answers of a run.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::command::declare_options::DeclareOptions;
use crate::command::judge_options::JudgeOptions;
use crate::command::session::Session;
use crate::command::task_options::existing_run;
use crate::command::{Exit, Globals};
use crate::common::files;
use crate::run::executor::Plan;
use crate::run::folder::{RunData, names};
use crate::run::manifest::Manifest;
use crate::suite::select::{SampleRange, select};
use crate::suite::{self, Suite};

/// Mark the answers of a run that exists; resumes by itself. Judges add up: each keeps its marks.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The run: its folder, or its name in the folder of runs
    run: String,
    #[command(flatten)]
    judges: JudgeOptions,
    #[command(flatten)]
    declare: DeclareOptions,
    /// The suite of the run, where its recorded name does not lead to it
    #[arg(long, value_name = "NAME|DIR")]
    suite: Option<String>,
    /// Folder of the runs
    #[arg(
        long,
        value_name = "DIR",
        default_value = "results",
        env = "PARABENCH_RESULTS"
    )]
    results: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Whatever ended the run.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let folder = existing_run(&options.results, &options.run)?;
    let manifest = Manifest::read(&folder.join(names::MANIFEST))?;
    if !options.judges.stop.dry_run {
        files::check_writable(&folder).context("the run cannot be marked")?;
    }
    let suite = open_suite(options.suite.as_deref(), &manifest)?;
    let samples: SampleRange =
        manifest.sampling.seeds.parse().with_context(|| {
            format!("{}: sampling.seeds", folder.join(names::MANIFEST).display())
        })?;
    let tasks = select(&suite, &manifest.sampling.filter())?.indices;
    let answered = RunData::read(&folder)?.samples.len();
    let planned = tasks.len() * samples.count() as usize;
    if answered < planned {
        eprintln!(
            "note: {answered} of {planned} answers are there; marks of the others stay pending \
             until `run` or `generate` has made them"
        );
    }
    Session {
        plan: Plan {
            tasks,
            samples: samples.iter(),
            run_seed: manifest.sampling.run_seed,
            seats: options.judges.open(&suite)?,
            suite: Arc::new(suite),
            model: None,
            retry_missing: options.judges.stop.retry_missing,
            max_cost_usd: options.judges.stop.max_cost,
        },
        manifest: Manifest {
            judges: Vec::new(),
            declaration: options.declare.section()?.or(manifest.declaration),
            ..manifest
        },
        folder,
        scored: None,
        stop: &options.judges.stop,
        globals,
    }
    .go()
}

/// The suite that a run was made on: the one that is named, or that of the recorded name.
///
/// # Errors
/// A suite that cannot be opened, or another one.
pub(super) fn open_suite(named: Option<&str>, manifest: &Manifest) -> anyhow::Result<Suite> {
    let recorded = &manifest.suite;
    let spec = named.unwrap_or(&recorded.name);
    let suite = suite::open(spec)?;
    if suite.digest != recorded.digest {
        bail!(
            "the run was made on `{}` version {} with digest {}, `{spec}` is version {} with \
             digest {}; name the folder of the run's suite with --suite",
            recorded.name,
            recorded.version,
            recorded.digest.short(12),
            suite.version,
            suite.digest.short(12)
        );
    }
    Ok(suite)
}
