//! `parabench demo`: the whole way from tasks to scores, offline.

use std::path::PathBuf;

use anyhow::Context;

use crate::analysis::score_table::ScoreTable;
use crate::command::generate::Answering;
use crate::command::judge_options::{JudgeOptions, StopOptions};
use crate::command::task_options::{PlaceOptions, TaskOptions};
use crate::command::{Exit, Globals, print_json};
use crate::report::matrix_text::matrix_text;
use crate::run::executor::Ending;
use crate::run::folder::names;
use crate::suite::select::SampleRange;

/// The models of the demo, best first, and what each is for.
const MODELS: [(&str, &str); 5] = [
    (
        "control:truth",
        "renders the right answer: the upper anchor",
    ),
    (
        "control:truth?error=0.2",
        "the same with a fifth of its answers damaged",
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

/// Show the whole way, offline: control models answer the bundled suite `shapes`, the
/// oracle marks them by the stored truth.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder of the runs
    #[arg(
        long,
        value_name = "DIR",
        default_value = "results",
        env = "PARABENCH_RESULTS"
    )]
    results: PathBuf,
    /// At most N of the suite's 300 tasks
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// One finished run of the demo.
struct Finished {
    spec: &'static str,
    folder: PathBuf,
    table: ScoreTable,
}

/// Runs the command.
///
/// # Errors
/// Whatever ended one of the runs.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let mut finished = Vec::new();
    for (number, (spec, purpose)) in MODELS.into_iter().enumerate() {
        if !globals.json {
            eprintln!("{} of {}  {spec}: {purpose}", number + 1, MODELS.len());
        }
        match evaluate(options, globals, spec)? {
            Some(run) => finished.push(run),
            None => return Ok(Exit::Interrupted),
        }
    }
    if globals.json {
        let tables: Vec<&ScoreTable> = finished.iter().map(|run| &run.table).collect();
        print_json(&tables)?;
    } else {
        show(&finished);
    }
    Ok(Exit::Done)
}

/// Evaluates one model; `None` when the user stopped it.
fn evaluate(
    options: &Options,
    globals: &Globals,
    spec: &'static str,
) -> anyhow::Result<Option<Finished>> {
    let tasks = TaskOptions {
        suite: "shapes".to_owned(),
        limit: options.limit,
        tasks: Vec::new(),
        categories: Vec::new(),
        seed: 0,
        seeds: SampleRange::default(),
    };
    let place = PlaceOptions {
        results: options.results.clone(),
        name: None,
    };
    let judges = JudgeOptions {
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
        },
    };
    let session = Answering {
        tasks: &tasks,
        model: spec,
        place: &place,
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
        spec,
        folder,
        table: table.context("the run has no score table")?,
    }))
}

fn show(finished: &[Finished]) {
    let tables: Vec<ScoreTable> = finished.iter().map(|run| run.table.clone()).collect();
    println!("\n{}", matrix_text(&tables));
    if let Some(first) = tables.first() {
        println!(
            "Points ({}), 95 % logit-t intervals over items below them. Judge: the oracle of the \
             suite shapes,\nwhich compares with a stored truth; no model judged anything.\n",
            first.mapping.formula()
        );
    }
    println!("Files:");
    for run in finished {
        println!(
            "  {}  {}",
            run.folder.join(names::SCORES).display(),
            run.spec
        );
    }
    println!(
        "Each folder also holds run.toml (what decided the result), samples.jsonl, judgments.jsonl \
         and images/."
    );
}
