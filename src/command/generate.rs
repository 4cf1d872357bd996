//! `parabench generate`: a model answers a suite; nobody marks yet.

use std::sync::Arc;

use anyhow::Context;

use crate::command::declare_options::DeclareOptions;
use crate::command::judge_options::{JudgeOptions, StopOptions};
use crate::command::runtime_options::DecodingOptions;
use crate::command::session::Session;
use crate::command::task_options::{PlaceOptions, TaskOptions};
use crate::command::{Exit, Globals, UsageError, sharded};
use crate::endpoint::probe::NobodyHere;
use crate::model::trajectory::Filming;
use crate::model::{self, Model, OpenContext, Spec};
use crate::run::manifest::{Manifest, ModelSection, SamplingSection, SuiteSection, program};
use crate::run::plan::{RunPlan, Seat};
use crate::run::shard::Shard;
use crate::suite::Suite;
use crate::suite::select::Selection;

/// Options of `parabench generate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    tasks: TaskOptions,
    /// Model to run: KIND:REST
    ///
    /// KIND:REST[?OPTION=VALUE&...]; see `parabench list models`.
    #[arg(long, value_name = "SPEC")]
    model: String,
    /// Do not use the cache of replies
    ///
    /// Replies that are paid for are neither read from the cache nor kept there.
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    decoding: DecodingOptions,
    #[command(flatten)]
    place: PlaceOptions,
    #[command(flatten)]
    stop: StopOptions,
    #[command(flatten)]
    declare: DeclareOptions,
}

/// Runs the command.
///
/// # Errors
/// Whatever ended the run.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    Answering {
        tasks: &options.tasks,
        model: &options.model,
        decoding: &options.decoding,
        place: &options.place,
        declare: &options.declare,
        stop: &options.stop,
        judges: None,
        cache: !options.no_cache,
        notices: true,
        globals,
    }
    .session()?
    .go()
}

/// A sitting in which a model answers, with or without judges.
pub struct Answering<'a> {
    /// Which tasks.
    pub tasks: &'a TaskOptions,
    /// The model's specification.
    pub model: &'a str,
    /// What models that decode here need to know.
    pub decoding: &'a DecodingOptions,
    /// Where the run lies.
    pub place: &'a PlaceOptions,
    /// What is declared before the first mark.
    pub declare: &'a DeclareOptions,
    /// When to stop.
    pub stop: &'a StopOptions,
    /// Who marks, if anyone.
    pub judges: Option<&'a JudgeOptions>,
    /// Whether the model's replies are looked for in the cache and kept there.
    pub cache: bool,
    /// Whether what the model says beforehand is printed.
    pub notices: bool,
    /// Options of every command.
    pub globals: &'a Globals,
}

impl<'a> Answering<'a> {
    /// Opens suite and model and makes the plan. Nothing is asked yet.
    ///
    /// # Errors
    /// Whatever cannot be opened.
    pub fn session(self) -> anyhow::Result<Session<'a>> {
        let shard = self.place.part.chosen()?;
        let shards = shard.map_or(1, Shard::of);
        let (suite, selection) = self.tasks.open()?;
        let asked = selection
            .indices
            .iter()
            .filter_map(|&index| suite.tasks.get(index));
        let context = OpenContext {
            asked: Some(asked.map(|task| Arc::clone(&task.prompt.id)).collect()),
            run_seed: self.tasks.seed,
            samples: self.tasks.seeds.iter(),
            cache: self.cache,
            connections_over: shards as usize,
            film: self.decoding.trajectory.map(Filming::from),
            onnx: self.decoding.library.runtime(self.globals),
            ..OpenContext::new(&suite)
        };
        let declaration = self.declare.section()?;
        let spec = Spec::parse(self.model)?;
        if self.decoding.trajectory.is_some() && !decodes(&spec) {
            let message = format!(
                "--trajectory records how a model onnx:BUNDLE decodes; {} shows no steps",
                self.model
            );
            return Err(UsageError(message).into());
        }
        // Judges first: a wrong profile should not wait for a model to start.
        let seats = match self.judges {
            Some(judges) => judges.open(&suite, shards)?,
            None => Vec::new(),
        };
        if !self.stop.dry_run {
            self.place.check()?;
        }
        let ask_first = !self.stop.dry_run && !self.place.exists(shard)?;
        if ask_first {
            judges_ready(&seats, loads(&spec))?;
        }
        let model = model::open(self.model, &context)?;
        if ask_first {
            model.ready()?;
        }
        if self.notices {
            for notice in model.notices() {
                eprintln!("note: {notice}");
            }
        }
        let mut manifest = self.manifest(&suite, &selection, &*model);
        manifest.declaration = declaration;
        let session = Session {
            folder: self.place.folder(&manifest.default_name())?,
            plan: RunPlan {
                suite: Arc::new(suite),
                tasks: selection.indices,
                samples: self.tasks.seeds.iter(),
                run_seed: self.tasks.seed,
                model: Some(Arc::from(model)),
                seats,
                retry_missing: self.stop.retry_missing,
                max_cost_usd: self.stop.max_cost,
            },
            manifest,
            scored: None,
            typed: self
                .judges
                .map_or_else(Vec::new, |judges| judges.judges.clone()),
            stop: self.stop,
            globals: self.globals,
        };
        sharded::narrowed(session, shard, &self.tasks.suite)
    }

    fn manifest(&self, suite: &Suite, selection: &Selection, model: &dyn Model) -> Manifest {
        let section = SuiteSection::new(suite, &selection.indices);
        Manifest {
            schema: section.schema(),
            program: program(),
            suite: section,
            sampling: SamplingSection::new(
                &self.tasks.filter(),
                self.tasks.seeds,
                suite,
                &selection.indices,
            ),
            model: ModelSection {
                spec: self.model.to_owned(),
                identity: model.identity().clone(),
                provenance: model.provenance(),
            },
            declaration: None,
            shard: None,
            merged: None,
            import: None,
            judges: Vec::new(),
        }
    }
}

/// Whether a model of this spec decodes here, step by step, also beneath a control or behind a text model.
fn decodes(spec: &Spec) -> bool {
    let below = || Spec::parse(spec.option("over")?).ok();
    spec.kind.name == "onnx" || below().is_some_and(|below| decodes(&below))
}

/// Whether opening a model of this spec takes long: programs and bundles, also beneath a control.
fn loads(spec: &Spec) -> bool {
    spec.option("over").is_some()
        || !["replay", "control", "openai", "gemini"].contains(&spec.kind.name)
}

/// Finds out what would keep the judges from marking before a model loads or a folder is made:
/// keys that are missing, and, where a model `loads`, addresses where nobody listens. On this
/// machine that is only said: the judge's server may be started beside the model.
fn judges_ready(seats: &[Seat], loads: bool) -> anyhow::Result<()> {
    for seat in seats {
        seat.judge.ready()?;
    }
    if !loads || seats.is_empty() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a worker thread")?;
    for seat in seats {
        runtime.block_on(seat.judge.probe(NobodyHere::Warning))?;
    }
    Ok(())
}
