//! `parabench demo`: the whole way from tasks to a comparison, offline.

mod miniature;

use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::analysis::compare::Comparison;
use crate::analysis::findings::Findings;
use crate::analysis::scores::score_table::ScoreTable;
use crate::command::declare_options::DeclareOptions;
use crate::command::generate::Answering;
use crate::command::judge_options::{JudgeOptions, StopOptions};
use crate::command::report;
use crate::command::results_option::ResultsOption;
use crate::command::runtime_options::{DecodingOptions, Every, LibraryOptions};
use crate::command::shard_options::ShardOptions;
use crate::command::task_options::{PlaceOptions, TaskOptions};
use crate::command::{Exit, Globals, signals};
use crate::onnx::runtime::Runtime;
use crate::report::demo_text::found_text;
use crate::report::matrix_text::matrix_text;
use crate::report::page::PAGE;
use crate::run::executor::Ending;
use crate::run::folder::names;
use crate::suite::select::SampleRange;

/// The strategies of the miniature checkpoint, and what each is for. All decode the same weights.
const STRATEGIES: [(&str, &str); 5] = [
    ("parallel", "text and picture come about together"),
    (
        "semi-parallel",
        "half of the text alone, then the picture with the rest of it",
    ),
    ("sequential", "all of the text, then the picture"),
    (
        "joint",
        "whatever is most certain next, of text and picture alike",
    ),
    (
        "image-only",
        "without any text: the same model not thinking",
    ),
];

/// The strategy that the others are compared with.
const BASELINE: &str = "sequential";

/// Controls: what the scale is worth.
const CONTROLS: [(&str, &str); 4] = [
    (
        "control:truth",
        "renders the right answer: the upper anchor",
    ),
    (
        "control:shuffled-reasoning?over=control:truth",
        "the right pictures with the reasoning of other tasks",
    ),
    (
        "control:copy-input",
        "gives the input back: nothing is changed",
    ),
    ("control:blank", "an empty picture: the lower anchor"),
];

/// Tasks that are asked unless all are wanted: a fixed sample, spread over the categories.
const SAMPLE: usize = 120;
/// Prompts that are decoded together.
const BATCH: usize = 128;

/// Options of `parabench demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
    /// Folder of the report
    #[arg(long, value_name = "DIR", default_value = "reports/demo")]
    report: PathBuf,
    /// Take at most N of the suite's 300 tasks
    ///
    /// They are spread over the categories.
    #[arg(long, value_name = "N", default_value_t = SAMPLE, value_parser = at_least_two)]
    limit: usize,
    /// Leave out the model
    ///
    /// Only the controls run. The model, a miniature checkpoint, needs ONNX Runtime.
    #[arg(long)]
    controls_only: bool,
    #[command(flatten)]
    library: LibraryOptions,
}

fn at_least_two(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(limit) if limit >= 2 => Ok(limit),
        _ => Err("expected a number of tasks, at least 2".to_owned()),
    }
}

/// One model of the demo.
struct Contestant {
    spec: String,
    purpose: &'static str,
    /// Whether it is the checkpoint; controls are not compared with each other.
    decodes: bool,
    is_baseline: bool,
}

/// One finished run of the demo.
struct Finished {
    contestant: Contestant,
    folder: PathBuf,
    table: ScoreTable,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    runs: Vec<&'a PathBuf>,
    tables: Vec<&'a ScoreTable>,
    comparison: Option<&'a Comparison>,
}

/// Runs the command.
///
/// # Errors
/// Whatever ended one of the runs.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let contestants = contestants(options, globals)?;
    let count = contestants.len();
    let mut finished = Vec::new();
    for (number, contestant) in contestants.into_iter().enumerate() {
        if !globals.json {
            let (spec, purpose) = (&contestant.spec, contestant.purpose);
            eprintln!("{} of {count}  {spec}: {purpose}", number + 1);
        }
        match evaluate(options, globals, contestant)? {
            Some(run) => finished.push(run),
            None => return Ok(Exit::Interrupted),
        }
    }
    let found = reported(options, &finished)?;
    let comparison = found.as_ref().and_then(|found| found.comparison.as_ref());
    if globals.json {
        globals.print_json(&Outcome {
            runs: finished.iter().map(|run| &run.folder).collect(),
            tables: finished.iter().map(|run| &run.table).collect(),
            comparison,
        })?;
    } else {
        show(options, &finished, comparison);
    }
    Ok(Exit::Done)
}

/// The checkpoint under every strategy, unless it is to be left out, and the controls.
fn contestants(options: &Options, globals: &Globals) -> anyhow::Result<Vec<Contestant>> {
    let mut contestants = Vec::new();
    if !options.controls_only {
        Runtime::open(&options.library.runtime(globals)).context(
            "the demo's checkpoint needs ONNX Runtime, which cannot be used; `parabench doctor` tells more, and \
             `demo --controls-only` shows the rest without the checkpoint",
        )?;
        let bundle = miniature::bundle()?;
        let folder = bundle.display();
        contestants.extend(STRATEGIES.map(|(strategy, purpose)| Contestant {
            spec: format!("onnx:{folder}?strategy={strategy}&batch={BATCH}&name={strategy}"),
            purpose,
            decodes: true,
            is_baseline: strategy == BASELINE,
        }));
    }
    contestants.extend(CONTROLS.map(|(spec, purpose)| Contestant {
        spec: spec.to_owned(),
        purpose,
        decodes: false,
        is_baseline: false,
    }));
    Ok(contestants)
}

/// Evaluates one model; `None` when the user stopped it.
fn evaluate(
    options: &Options,
    globals: &Globals,
    contestant: Contestant,
) -> anyhow::Result<Option<Finished>> {
    let tasks = TaskOptions {
        suite: "shapes".to_owned(),
        limit: Some(options.limit),
        tasks: Vec::new(),
        categories: Vec::new(),
        seed: 0,
        seeds: SampleRange::default(),
    };
    let place = PlaceOptions {
        results: options.results.clone(),
        name: None,
        part: ShardOptions::default(),
    };
    let judges = oracle();
    let decoding = DecodingOptions {
        // Few frames a sample: enough for a film strip.
        trajectory: contestant.decodes.then_some(Every { every: 4 }),
        library: options.library.clone(),
    };
    let declare = DeclareOptions::default();
    let session = Answering {
        tasks: &tasks,
        model: &contestant.spec,
        decoding: &decoding,
        place: &place,
        declare: &declare,
        stop: &judges.stop,
        judges: Some(&judges),
        cache: false,
        globals,
    }
    .session()?;
    let folder = session.folder.clone();
    let (ending, tables) = session.quietly()?;
    if ending == Ending::Stopped {
        return Ok(None);
    }
    let table = tables.into_iter().next();
    Ok(Some(Finished {
        folder,
        table: table.context("the run has no score table")?,
        contestant,
    }))
}

fn oracle() -> JudgeOptions {
    JudgeOptions {
        judges: vec!["oracle".to_owned()],
        rubrics: None,
        repeats: None,
        max_connections: None,
        no_cache: true,
        stop: StopOptions {
            max_cost: None,
            retry_missing: false,
            allow_missing: 0.0,
            dry_run: false,
            grace: signals::GRACE,
        },
    }
}

/// Writes the report of the strategies against [`BASELINE`]; `None` where the checkpoint was left out.
fn reported(options: &Options, finished: &[Finished]) -> anyhow::Result<Option<Findings>> {
    let folders = |baseline: bool| -> Vec<String> {
        let decoded = finished.iter().filter(|run| run.contestant.decodes);
        let wanted = decoded.filter(|run| run.contestant.is_baseline == baseline);
        wanted.map(|run| run.folder.display().to_string()).collect()
    };
    let baselines = folders(true);
    if baselines.is_empty() {
        return Ok(None);
    }
    let found = report::make(&report::Options {
        runs: folders(false),
        baselines,
        output: options.report.clone(),
        judge: None,
        force_judge: false,
        bridge: None,
        declare: None,
        multiverse: false,
        suite: None,
        rebuttal: false,
        published: Vec::new(),
        results: options.results.clone(),
    })?;
    Ok(Some(found))
}

fn show(options: &Options, finished: &[Finished], comparison: Option<&Comparison>) {
    if let Some(comparison) = comparison {
        println!("\n{}", found_text(comparison));
    }
    let tables: Vec<ScoreTable> = finished.iter().map(|run| run.table.clone()).collect();
    println!("{}", matrix_text(&tables));
    if let Some(first) = tables.first() {
        println!(
            "Points ({}), 95 % logit-t intervals over tasks below them. Judge: the oracle of the suite\n\
             shapes, which compares with a stored truth; no model judged anything.",
            first.mapping.formula()
        );
    }
    if comparison.is_some() {
        println!(
            "The strategies decode one miniature checkpoint that was trained for this world of pictures and no \
             other:\nthey say how decoding orders differ here, not how MMaDA-Parallel does."
        );
    }
    println!("\nFiles:");
    if comparison.is_some() {
        println!(
            "  {}  the report: figures, every answer, tables for a paper",
            options.report.join(PAGE).display()
        );
    }
    for run in finished {
        println!(
            "  {}  {}",
            run.folder.join(names::SCORES).display(),
            run.table.model
        );
    }
    println!(
        "Each folder also holds run.toml (what decided the result), samples.jsonl, judgments.jsonl \
         and images/."
    );
}
