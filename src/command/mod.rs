//! The command line: one file per subcommand. Each reads its options, calls the
//! rooms below and prints; none computes anything itself.

#[macro_use]
pub mod terminal;

pub mod bench_model;
pub mod cache;
pub mod compare;
pub mod declare_options;
pub mod demo;
pub mod doctor;
mod doctor_judges;
pub mod experiment;
pub mod export;
pub mod export_results;
pub mod generate;
pub mod judge;
pub mod judge_audit;
pub mod judge_bridge;
pub mod judge_options;
pub mod label;
pub mod leaderboard;
pub mod merge;
pub mod power;
pub mod progress;
pub mod published;
pub mod report;
pub mod results_option;
pub mod run;
pub mod runs;
mod runs_status;
pub mod runtime_options;
pub mod session;
pub mod shapes;
pub mod shard_options;
pub mod sharded;
pub mod signals;
pub mod suite;
pub mod task_options;
pub mod thinking;
pub mod trajectory;
pub mod verify;

use std::fmt;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use serde::Serialize;

use crate::common::{files, guarded};
use crate::onnx::runtime::switch as runtime_switch;

/// Evaluate models that think before they draw, with intervals that a sceptic accepts.
#[derive(Debug, Parser)]
#[command(
    name = "parabench",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    /// Options that every subcommand takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options that every subcommand takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Globals {
    /// Print the result as JSON on standard output, and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    /// Show no progress bars.
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Never reach for the network except to a judge or model that was named
    #[arg(long, global = true, env = "PARABENCH_OFFLINE", value_parser = switch)]
    pub offline: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The whole way from tasks to scores, offline
    Demo(demo::Options),
    /// A model answers a suite and judges mark the answers
    Run(run::Options),
    /// A model answers a suite
    Generate(generate::Options),
    /// Judges mark the answers of a run
    Judge(judge::Options),
    /// Shards of a run, made by several machines, become one run
    Merge(merge::Options),
    /// Is a judge fit for use? Questions whose right marks are known
    JudgeAudit(judge_audit::Options),
    /// Two judges mark the same answers: what a change of judge does
    JudgeBridge(judge_bridge::Options),
    /// A page on which people mark answers
    Label(label::Options),
    /// Compare runs on the same tasks
    Compare(compare::Options),
    /// Rank runs, with rank sets
    Leaderboard(leaderboard::Options),
    /// Recompute a report from its runs
    Verify(verify::Options),
    /// One model with and without thinking
    Thinking(thinking::Options),
    /// Similarity of partial text and picture along the denoising steps
    Trajectory(trajectory::Options),
    /// What a number of items can show
    Power(power::Options),
    /// A page, figures and files for a paper
    Report(report::Options),
    /// The paper's figures, checked
    Published(published::Options),
    /// A checkpoint becomes a bundle that can be run
    Export(export::Options),
    /// Runs in the form of another tool: Hugging Face, MLflow, Inspect, Weights & Biases
    ExportResults(export_results::Options),
    /// What runs there are: list, show and remove them
    Runs(runs::Options),
    /// What is kept for later runs: show and clear it
    Cache(cache::Options),
    /// Is this machine fit to run bundles?
    Doctor(doctor::Options),
    /// What is asked: list, check, show and import suites
    Suite(suite::Options),
    /// How fast a bundle decodes on this machine, and where the time goes
    BenchModel(bench_model::Options),
    /// Write suites and training data of the picture world `shapes`
    Shapes(shapes::Options),
}

/// How a command ended, and the exit code that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// It failed; an error was printed.
    Failed,
    /// The options are wrong.
    Usage,
    /// Finished, with more marks missing than allowed, or too few calls to decide.
    MissingMarks,
    /// A comparison that was required did not hold, or an audited judge is unfit.
    RequirementFailed,
    /// Stopped by the user; the same command resumes.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::MissingMarks => 3,
            Self::RequirementFailed => 4,
            Self::Interrupted => 130,
        }
    }
}

/// An error in what the user typed: exit code 2 instead of 1.
#[derive(Debug, thiserror::Error)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Sends log lines to standard error: this program's from `info` up, others' from `warn`
/// up, or what `PARABENCH_LOG` says (for example `parabench=debug`).
pub fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PARABENCH_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,parabench=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| terminal::Said)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .init();
}

fn switch(text: &str) -> Result<bool, String> {
    runtime_switch(text).ok_or_else(|| "expected yes, true, 1, no, false or 0".to_owned())
}

/// The whole program: reads the command line, runs the command, tells what went wrong.
pub fn main() -> ExitCode {
    guarded::print_only_panics_that_count();
    signals::survive_file_limit();
    start_logging();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let arguments: Vec<_> = std::env::args_os().collect();
            if error.kind() == clap::error::ErrorKind::MissingRequiredArgument
                && let Some(result) = experiment::complete(&arguments)
            {
                return ended(result);
            }
            terminal::say(&error.render().to_string());
            return ExitCode::from(Exit::Usage.code());
        }
        Err(help) => {
            // A reader that has gone away has seen enough of it.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    ended(run(cli))
}

/// Tells what went wrong, if anything, and gives the exit code.
fn ended(result: anyhow::Result<Exit>) -> ExitCode {
    let told = |error: anyhow::Error| {
        eprintln!("error: {error:#}");
        exit_of_error(&error)
    };
    let exit = result.unwrap_or_else(told);
    let exit = terminal::finish().map_or_else(told, |()| exit);
    ExitCode::from(exit.code())
}

/// Runs one parsed command line.
///
/// # Errors
/// Whatever the command ran into; [`exit_of_error`] gives the exit code.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    files::check_cache_folder()?;
    match &cli.verb {
        Verb::BenchModel(options) => bench_model::run(options, &cli.globals),
        Verb::Demo(options) => demo::run(options, &cli.globals),
        Verb::Run(options) => run::run(options, &cli.globals),
        Verb::Generate(options) => generate::run(options, &cli.globals),
        Verb::Judge(options) => judge::run(options, &cli.globals),
        Verb::Merge(options) => merge::run(options, &cli.globals),
        Verb::JudgeAudit(options) => judge_audit::run(options, &cli.globals),
        Verb::JudgeBridge(options) => judge_bridge::run(options, &cli.globals),
        Verb::Label(options) => label::run(options, &cli.globals),
        Verb::Compare(options) => compare::run(options, &cli.globals),
        Verb::Leaderboard(options) => leaderboard::run(options, &cli.globals),
        Verb::Verify(options) => verify::run(options, &cli.globals),
        Verb::Thinking(options) => thinking::run(options, &cli.globals),
        Verb::Trajectory(options) => trajectory::run(options, &cli.globals),
        Verb::Power(options) => power::run(options, &cli.globals),
        Verb::Report(options) => report::run(options, &cli.globals),
        Verb::Published(options) => published::run(options, &cli.globals),
        Verb::Export(options) => export::run(options, &cli.globals),
        Verb::ExportResults(options) => export_results::run(options, &cli.globals),
        Verb::Runs(options) => runs::run(options, &cli.globals),
        Verb::Cache(options) => cache::run(options, &cli.globals),
        Verb::Doctor(options) => doctor::run(options, &cli.globals),
        Verb::Shapes(options) => shapes::run(options, &cli.globals),
        Verb::Suite(options) => suite::run(options, &cli.globals),
    }
}

/// Prints a result as JSON on standard output.
///
/// # Errors
/// When the result cannot be written as JSON.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value).context("cannot write the result as JSON")?;
    terminal::print_json_text(&text);
    Ok(())
}

/// The exit code of an error.
pub fn exit_of_error(error: &anyhow::Error) -> Exit {
    if error.chain().any(|cause| cause.is::<UsageError>()) {
        Exit::Usage
    } else {
        Exit::Failed
    }
}
