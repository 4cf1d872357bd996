//! `parabench judge`: judges mark the answers of a run.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::command::declare_options::DeclareOptions;
use crate::command::judge_options::JudgeOptions;
use crate::command::results_option::ResultsOption;
use crate::command::session::Session;
use crate::command::shard_folders::{find_shards, open_suite};
use crate::command::shard_options::ShardOptions;
use crate::command::sharded;
use crate::command::task_options::existing_run;
use crate::command::{Exit, Globals, UsageError};
use crate::common::files;
use crate::run::RunError;
use crate::run::folder::{RunData, names};
use crate::run::manifest::Manifest;
use crate::run::plan::RunPlan;
use crate::run::shard::plan::{PLAN, ShardPlan};
use crate::run::shard::split::split;
use crate::run::shard::{Membership, Shard, shards_folder, whole_of_shards};
use crate::suite::Suite;
use crate::suite::select::{SampleRange, select};

/// Options of `parabench judge`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Run to score: a name or a folder
    run: String,
    #[command(flatten)]
    judges: JudgeOptions,
    #[command(flatten)]
    declare: DeclareOptions,
    #[command(flatten)]
    part: ShardOptions,
    /// Suite of the run, if it has moved
    ///
    /// Needed only where the name in run.toml does not lead to the suite.
    #[arg(long, value_name = "NAME|DIR")]
    suite: Option<String>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// Runs the command.
///
/// # Errors
/// Whatever ended the run.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let shard = options.part.chosen()?;
    let Place {
        folder,
        manifest,
        suite,
    } = place(options, shard)?;
    if !options.judges.stop.dry_run {
        files::check_writable(&folder).context("the run cannot be marked")?;
    }
    let samples: SampleRange =
        manifest.sampling.seeds.parse().with_context(|| {
            format!("{}: sampling.seeds", folder.join(names::MANIFEST).display())
        })?;
    let tasks = select(&suite, &manifest.sampling.filter())?.indices;
    let shard = manifest.shard;
    let answered = RunData::read(&folder)?.samples.len() as u64;
    let own = shard.map_or(tasks.len() as u64, |shard| {
        shard.tasks_of(tasks.len() as u64)
    });
    let planned = own * u64::from(samples.count());
    if answered < planned {
        eprintln!(
            "note: {answered} of {planned} answers are there; marks of the others stay pending \
             until `run` or `generate` has made them"
        );
    }
    let session = Session {
        plan: RunPlan {
            tasks,
            samples: samples.iter(),
            run_seed: manifest.sampling.run_seed,
            seats: options.judges.open(&suite, shard.map_or(1, Shard::of))?,
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
        typed: options.judges.judges.clone(),
        stop: &options.judges.stop,
        globals,
    };
    match shard {
        Some(shard) => sharded::restricted(session, shard).go(),
        None => session.go(),
    }
}

/// What is to be marked.
struct Place {
    folder: PathBuf,
    manifest: Manifest,
    suite: Suite,
}

fn place(options: &Options, shard: Option<Shard>) -> anyhow::Result<Place> {
    let given = options.suite.as_deref();
    let Some(shard) = shard else {
        let folder = existing_run(&options.results.folder, &options.run)?;
        let manifest = Manifest::read(&folder.join(names::MANIFEST))?;
        if manifest.import.is_some() {
            return Err(RunError::Imported { folder }.into());
        }
        let plan = folder
            .parent()
            .and_then(|shards| ShardPlan::read(shards).ok());
        let plan = plan.filter(|_| manifest.shard.is_some());
        let recorded = plan.map_or(manifest.suite.name.clone(), |plan| plan.suite);
        let suite = open_suite(given, &recorded, &manifest.suite)?;
        return Ok(Place {
            folder,
            manifest,
            suite,
        });
    };
    let found = find_shards(&options.results.folder, &options.run);
    let whole = match &found {
        Some(shards) => whole_of_shards(shards).context("the shards belong to no run")?,
        None => existing_run(&options.results.folder, &options.run)?,
    };
    let shards = found.unwrap_or_else(|| shards_folder(&whole));
    let folder = shards.join(shard.folder_name());
    let is_whole = whole.join(names::MANIFEST).is_file();
    let plan = match shards.join(PLAN).is_file() {
        true => ShardPlan::read(&shards)?,
        false => {
            let manifest = Manifest::read(&whole.join(names::MANIFEST))?;
            let recorded = given.unwrap_or(&manifest.suite.name);
            ShardPlan::new(shard.of(), recorded, &manifest)
        }
    };
    if plan.shards != shard.of() {
        return Err(UsageError(format!(
            "{} says that the run has {} shards, found --shard {shard}; use I/{} or auto/{}",
            shards.join(PLAN).display(),
            plan.shards,
            plan.shards,
            plan.shards
        ))
        .into());
    }
    let suite = open_suite(given, &plan.suite, &plan.run.suite)?;
    if !folder.join(names::MANIFEST).is_file() {
        if !is_whole {
            return Err(UsageError(format!(
                "shard {shard} of `{}` has no answers yet; `parabench generate` with --shard {shard} makes them",
                options.run
            ))
            .into());
        }
        if options.judges.stop.dry_run {
            return Err(UsageError(format!(
                "shard {shard} is not made yet, and --dry-run makes nothing; leave --shard out to see what all marks \
                 of the run take"
            ))
            .into());
        }
        plan.agree(&shards)?;
        let tasks = select(&suite, &plan.run.sampling.filter())?.indices;
        let seed = plan.run.sampling.run_seed;
        let members = Membership::new(&suite, &tasks, seed, plan.shards);
        let manifest = Manifest::read(&whole.join(names::MANIFEST))?;
        split(&whole, &shards, shard, &manifest, &members)?;
    }
    let manifest = Manifest::read(&folder.join(names::MANIFEST))?;
    if manifest.shard != Some(shard) {
        bail!(
            "{}: its run.toml does not say shard {shard}; was the folder renamed?",
            folder.display()
        );
    }
    Ok(Place {
        folder,
        manifest,
        suite,
    })
}
