//! `parabench judge-bridge`: two judges mark the same answers, and what the change from one to the other does.

mod anchored;
mod chairs;
mod marking;

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::bridge::file::Bridge;
use crate::analysis::judges::bridge::{Study, Terms, study};
use crate::command::results_option::ResultsOption;
use crate::command::terminal;
use crate::command::{Exit, Globals, UsageError};
use crate::common::files;
use crate::report::bridge::{bridge_csv, bridge_page, bridge_text};
use crate::stats::max_t::DEFAULT_DRAWS;

use self::marking::{Marked, mark};

/// The bridge file in the folder of `-o`.
pub const BRIDGE: &str = "bridge.json";
/// Its study as JSON.
const STUDY: &str = "study.json";
/// The same as CSV.
const TABLE: &str = "bridge.csv";
/// The same as a page.
const PAGE: &str = "index.html";

/// Options of `parabench judge-bridge`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs whose answers are marked: names or folders
    ///
    /// Two or more show whether the change favours a model.
    #[arg(
        required_unless_present = "anchors",
        conflicts_with = "anchors",
        value_name = "RUN"
    )]
    runs: Vec<String>,
    /// Old judge
    ///
    /// A profile, or the name of a judge of the runs.
    #[arg(
        long,
        value_name = "[NAME=]JUDGE",
        required_unless_present = "anchors",
        conflicts_with = "anchors"
    )]
    old: Option<String>,
    /// New judge
    #[arg(
        long,
        value_name = "[NAME=]JUDGE",
        required_unless_present = "save_anchors"
    )]
    new: Option<String>,
    /// Save the old judge's marks for later
    ///
    /// The folder keeps the drawn answers with the old judge's marks; it needs neither runs nor suite. A later judge can
    /// be compared with them by --anchors.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["new", "anchors", "output"])]
    save_anchors: Option<PathBuf>,
    /// Use saved marks of the old judge
    ///
    /// A folder of --save-anchors, instead of runs and --old.
    #[arg(long, value_name = "DIR")]
    anchors: Option<PathBuf>,
    /// Number of tasks that both judges mark
    ///
    /// Drawn at random by category, at least two of each.
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(2..))]
    items: u32,
    /// Seed of the draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Largest accepted favour to a model
    ///
    /// In points: below it the new judge may replace the old one.
    #[arg(long, value_name = "POINTS", default_value_t = 2.5, value_parser = positive)]
    margin: f64,
    /// Level of the tests for favour
    ///
    /// Two-sided, for all comparisons together.
    #[arg(long, default_value_t = 0.05, value_parser = super::leaderboard::level)]
    alpha: f64,
    /// Wanted half-width, in points
    ///
    /// The tasks that it needs are printed.
    #[arg(long, value_name = "POINTS", default_value_t = 2.5, value_parser = positive)]
    half_width: f64,
    /// Rubrics to use instead of the profiles'
    ///
    /// A bundled name, or a folder with one file per axis.
    #[arg(long, value_name = "NAME|DIR")]
    rubrics: Option<String>,
    /// Marks per answer and axis
    ///
    /// The default is the profile's number.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100))]
    repeats: Option<u32>,
    /// Concurrent requests
    ///
    /// The default is the profile's number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_connections: Option<u32>,
    /// Do not use the cache of replies
    #[arg(long)]
    no_cache: bool,
    /// Stop before this call costs more
    ///
    /// The marks that this call asks for count, over all runs.
    #[arg(long, value_name = "USD", value_parser = super::judge_options::money)]
    max_cost: Option<f64>,
    /// Ask again for what is missing
    #[arg(long)]
    retry_missing: bool,
    /// Allowed missing share
    ///
    /// The share of answers without a mark of both judges; above it the exit code is 3.
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, value_parser = super::judge_options::share)]
    allow_missing: f64,
    /// Show what it takes; send nothing
    ///
    /// Prints calls, tokens and money without sending a request.
    #[arg(long)]
    dry_run: bool,
    /// Folder of the results
    ///
    /// It gets bridge.json, a page, CSV and JSON.
    #[arg(short, long, value_name = "DIR", required_unless_present_any = ["dry_run", "save_anchors"])]
    output: Option<PathBuf>,
    /// Print every column and all details
    #[arg(long)]
    full: bool,
    /// Suite of the runs, if it has moved
    ///
    /// Needed only where the name in run.toml does not lead to the suite.
    #[arg(long, value_name = "NAME|DIR")]
    suite: Option<String>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(points) if points > 0.0 && points.is_finite() => Ok(points),
        _ => Err("a positive number of points is expected".to_owned()),
    }
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    bridge: Option<PathBuf>,
    study: &'a Study,
    exit_code: u8,
}

/// Runs the command.
///
/// # Errors
/// Runs that cannot be read or joined, and whatever ended the marking.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    if let Some(folder) = &options.output {
        // What is written at the end must be possible before money is spent.
        files::check_writable(folder).context("--output")?;
    }
    let marked = match &options.anchors {
        Some(folder) => anchored::mark(options, globals, folder)?,
        None => mark(options, globals)?,
    };
    match marked {
        Marked::Told => Ok(Exit::Done),
        Marked::Saved(folder) => {
            if globals.json {
                globals.print_json(&serde_json::json!({ "anchors": folder }))?;
            } else {
                println!("anchors {}", folder.display());
            }
            Ok(Exit::Done)
        }
        Marked::Stopped => {
            eprintln!("stopped; the same command resumes");
            Ok(Exit::Interrupted)
        }
        Marked::OutOfBudget => {
            eprintln!(
                "stopped before --max-cost was exceeded; no bridge is written. The same command with a higher --max-cost resumes"
            );
            Ok(Exit::MissingMarks)
        }
        Marked::Bridge(bridge) => conclude(options, globals, &bridge),
    }
}

fn conclude(options: &Options, globals: &Globals, bridge: &Bridge) -> anyhow::Result<Exit> {
    let terms = Terms {
        margin: options.margin,
        alpha: options.alpha,
        half_width: options.half_width,
        draws: DEFAULT_DRAWS,
    };
    let found = study(bridge, terms).context("the marks cannot be compared")?;
    let missing = found.runs.iter().map(|run| run.missing).sum::<u64>() as f64;
    let expected = found.runs.iter().map(|run| run.expected).sum::<u64>() as f64;
    let too_many = missing > options.allow_missing * expected;
    let exit = match too_many {
        true => Exit::MissingMarks,
        false => Exit::Done,
    };
    if let Some(folder) = &options.output {
        write(folder, bridge, &found)?;
    }
    if globals.json {
        globals.print_json(&Outcome {
            bridge: options.output.as_ref().map(|folder| folder.join(BRIDGE)),
            study: &found,
            exit_code: exit.code(),
        })?;
    } else {
        print!("{}", bridge_text(&found, terminal::detail(options.full)));
        if let Some(folder) = &options.output {
            println!("\nbridge  {}", folder.join(BRIDGE).display());
            println!("page    {}", folder.join(PAGE).display());
        }
    }
    if too_many {
        eprintln!(
            "{missing} of {expected} answers have no mark of one judge, more than --allow-missing {}: --retry-missing \
             asks again (exit code 3)",
            options.allow_missing
        );
    }
    Ok(exit)
}

fn write(folder: &Path, bridge: &Bridge, found: &Study) -> anyhow::Result<()> {
    let page = bridge_page(found).context("the page cannot be rendered")?;
    let json = serde_json::to_vec_pretty(found).context("the study cannot be written")?;
    files::create_folder(folder).context("--output")?;
    bridge.write(&folder.join(BRIDGE))?;
    files::write_atomic(&folder.join(STUDY), &json)?;
    files::write_atomic(&folder.join(TABLE), bridge_csv(found)?.as_bytes())?;
    Ok(files::write_atomic(&folder.join(PAGE), page.as_bytes())?)
}

fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}
