//! `parabench demo`: the full pipeline from tasks to a comparison, offline.

mod contestants;
mod miniature;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;

use self::contestants::{CONTESTANTS, Contestant, Role};
use crate::analysis::compare::Comparison;
use crate::analysis::findings::Findings;
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::scores::score_table::ScoreTable;
use crate::command::declare_options::DeclareOptions;
use crate::command::generate::Answering;
use crate::command::judge_options::{JudgeOptions, StopOptions};
use crate::command::progress::Watch;
use crate::command::progress::whole::Whole;
use crate::command::report;
use crate::command::results_option::ResultsOption;
use crate::command::runtime_options::{DecodingOptions, LibraryOptions, Recorded};
use crate::command::shard_options::ShardOptions;
use crate::command::summary::{self, Spent};
use crate::command::task_options::{PlaceOptions, TaskOptions};
use crate::command::{Exit, Globals, shell, signals, terminal};
use crate::common::files;
use crate::onnx::runtime::Runtime;
use crate::report::demo_text::{Shown, demo_text};
use crate::report::matrix_text::matrix_text;
use crate::report::page::PAGE;
use crate::report::standing::thousands;
use crate::report::table::text;
use crate::run::stage::Ending;
use crate::suite::select::SampleRange;

/// What is declared before the first mark.
const DECLARATION: &str = include_str!("demo.toml");
/// Its name in the folder of the runs.
const DECLARATION_FILE: &str = "demo.toml";
/// Tasks that are asked unless others are wanted: a fixed sample, spread over the categories.
const SAMPLE: usize = 240;

/// Options of `parabench demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
    /// Folder of the report
    #[arg(long, value_name = "DIR", default_value = "reports/demo")]
    report: PathBuf,
    /// Suite: `shapes`, or one of another seed
    ///
    /// `parabench shapes suite --seed 7 -o shapes-7` makes one; its folder is named as ./shapes-7.
    #[arg(long, value_name = "NAME|DIR", default_value = "shapes")]
    suite: String,
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

/// One finished run of the demo.
struct Finished {
    contestant: Contestant,
    folder: PathBuf,
    table: ScoreTable,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    question: &'a str,
    runs: Vec<&'a PathBuf>,
    tables: Vec<&'a ScoreTable>,
    comparison: Option<&'a Comparison>,
}

/// Runs the command.
///
/// # Errors
/// Whatever ended one of the runs.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let wanted = CONTESTANTS.into_iter();
    let wanted = wanted.filter(|one| !options.controls_only || !one.needs_checkpoint());
    let wanted: Vec<Contestant> = wanted.collect();
    if !globals.json {
        eprint!("{}", text::paragraph(&beginning(options, &wanted)));
    }
    let bundle = match options.controls_only {
        true => None,
        false => Some(checkpoint(options, globals)?),
    };
    let (declare, question) = declaration(options)?;
    let shares = wanted.iter().map(|one| (one.title(), one.work));
    let bar = Arc::new(Whole::new(
        shares.collect(),
        globals.no_progress || globals.json,
    ));
    let mut finished: Vec<Finished> = Vec::new();
    for (number, contestant) in wanted.into_iter().enumerate() {
        bar.begin(number);
        let baseline = finished
            .iter()
            .find(|run| run.contestant.role == Role::Baseline);
        let baseline = baseline.map(|run| run.folder.as_path());
        let spec = contestant.spec(bundle.as_deref(), baseline);
        let spec =
            spec.context("a control answers with the baseline's pictures, which are not there")?;
        let watch = Arc::clone(&bar) as Arc<dyn Watch>;
        let what = (spec.as_str(), contestant.decodes());
        match evaluate(options, globals, what, &declare, watch)? {
            Some((folder, table)) => finished.push(Finished {
                contestant,
                folder,
                table,
            }),
            None => {
                eprintln!("stopped; the same command resumes");
                return Ok(Exit::Interrupted);
            }
        }
    }
    let found = reported(options, &finished, &declare)?;
    bar.end();
    let comparison = found.as_ref().and_then(|found| found.comparison.as_ref());
    if globals.json {
        globals.print_json(&Outcome {
            question: &question,
            runs: finished.iter().map(|run| &run.folder).collect(),
            tables: finished.iter().map(|run| &run.table).collect(),
            comparison,
        })?;
    } else {
        show(options, (&question, &finished), comparison, &bar);
    }
    Ok(Exit::Done)
}

fn beginning(options: &Options, wanted: &[Contestant]) -> String {
    let controls = wanted
        .iter()
        .filter(|one| matches!(one.role, Role::Detector | Role::Anchor));
    let controls = controls.count();
    match wanted.len() - controls {
        0 => format!("{} tasks, {controls} controls.", options.limit),
        decodings => format!(
            "{} tasks, {decodings} decodings of one checkpoint, {controls} controls. About 90 s for 240 tasks on two cores; \
             ONNX Runtime (20 MB) is fetched the first time.",
            options.limit
        ),
    }
}

/// The exported checkpoint, once ONNX Runtime is there.
fn checkpoint(options: &Options, globals: &Globals) -> anyhow::Result<PathBuf> {
    Runtime::open(&options.library.runtime(globals)).context(
        "the demo's checkpoint needs ONNX Runtime, which cannot be used; `parabench doctor` tells more, and \
         `demo --controls-only` shows the rest without the checkpoint",
    )?;
    miniature::bundle()
}

/// The declaration, written where the runs lie, and the question that it asks.
fn declaration(options: &Options) -> anyhow::Result<(DeclareOptions, String)> {
    let folder = &options.results.folder;
    files::check_writable(folder).with_context(|| {
        format!(
            "no run can be written to {}; name another folder with --results",
            folder.display()
        )
    })?;
    files::create_folder(folder)?;
    let path = folder.join(DECLARATION_FILE);
    files::write_atomic(&path, DECLARATION.as_bytes())?;
    let question = Declaration::read(&path)?.question.unwrap_or_default();
    let declare = DeclareOptions {
        declare: Some(path),
    };
    Ok((declare, question))
}

/// Evaluates one model: the folder of its run and its scores; `None` when the user stopped it.
fn evaluate(
    options: &Options,
    globals: &Globals,
    (spec, decodes): (&str, bool),
    declare: &DeclareOptions,
    watch: Arc<dyn Watch>,
) -> anyhow::Result<Option<(PathBuf, ScoreTable)>> {
    let tasks = TaskOptions {
        suite: options.suite.clone(),
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
        // Frames would cost a third more time; controls decode nothing.
        trajectory: decodes.then_some(Recorded::STEPS),
        library: options.library.clone(),
    };
    let session = Answering {
        tasks: &tasks,
        model: spec,
        decoding: &decoding,
        place: &place,
        declare,
        stop: &judges.stop,
        judges: Some(&judges),
        cache: false,
        notices: false,
        globals,
    }
    .session()?;
    let folder = session.folder.clone();
    let (ending, tables) = session.watched(watch)?;
    if ending == Ending::Stopped {
        return Ok(None);
    }
    let table = tables.into_iter().next();
    Ok(Some((folder, table.context("the run has no score table")?)))
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

/// Writes the report against the baseline; `None` where the checkpoint was left out.
fn reported(
    options: &Options,
    finished: &[Finished],
    declare: &DeclareOptions,
) -> anyhow::Result<Option<Findings>> {
    let folders = |wanted: &[Role]| -> Vec<String> {
        let wanted = finished
            .iter()
            .filter(|run| wanted.contains(&run.contestant.role));
        wanted.map(|run| run.folder.display().to_string()).collect()
    };
    let baselines = folders(&[Role::Baseline]);
    if baselines.is_empty() {
        return Ok(None);
    }
    let found = report::make(&report::Options {
        runs: folders(&[Role::Decoding, Role::Detector]),
        baselines,
        beside: folders(&[Role::Anchor]),
        output: options.report.clone(),
        judge: None,
        force_judge: false,
        bridge: None,
        declare: declare.declare.clone(),
        multiverse: false,
        audits: Vec::new(),
        suite: (options.suite != "shapes").then(|| options.suite.clone()),
        rebuttal: false,
        published: Vec::new(),
        results: options.results.clone(),
    })?;
    Ok(Some(found))
}

fn show(
    options: &Options,
    (question, finished): (&str, &[Finished]),
    comparison: Option<&Comparison>,
    bar: &Whole,
) {
    let tables: Vec<ScoreTable> = finished.iter().map(|run| run.table.clone()).collect();
    let Some(comparison) = comparison else {
        println!("{}", matrix_text(&tables));
        println!(
            "Only controls ran, so nothing is compared. Without --controls-only a checkpoint runs as well."
        );
        return;
    };
    let name = |label: &str| {
        let run = comparison.runs.iter().find(|run| run.label == label);
        run.map_or(label, |run| &run.model).replace('-', " ")
    };
    let is_control = |label: &str| {
        let mut runs = finished.iter();
        let of = |run: &&Finished| folder_name(&run.folder) == label;
        runs.find(of)
            .is_some_and(|run| run.contestant.role == Role::Detector)
    };
    let anchors = finished
        .iter()
        .filter(|run| run.contestant.role == Role::Anchor);
    print!(
        "{}",
        demo_text(&Shown {
            comparison,
            question,
            name: &name,
            is_control: &is_control,
            anchors: anchors
                .map(|run| (run.contestant.title(), &run.table))
                .collect(),
            detail: terminal::detail(false),
        })
    );
    let missing: u64 = tables
        .iter()
        .flat_map(|table| &table.axes)
        .map(|axis| axis.missing)
        .sum();
    let expected: u64 = tables
        .iter()
        .flat_map(|table| &table.axes)
        .map(|axis| axis.expected)
        .sum();
    let spent = Spent {
        usd: 0.0,
        unpriced: None,
    };
    println!(
        "\n{}, {missing} of {} marks missing.",
        summary::time_and_money(bar.elapsed(), spent).trim_end_matches('.'),
        thousands(expected)
    );
    let page = options.report.join(PAGE);
    println!(
        "Open {}. Next: parabench run --help",
        shell::line(&[page.display().to_string()])
    );
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().display().to_string()
}
