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
mod envelope;
mod exit;
pub mod experiment;
pub mod export;
pub mod export_results;
pub mod generate;
pub mod help;
mod human_scale;
pub mod judge;
pub mod judge_audit;
pub mod judge_bridge;
pub mod judge_options;
pub mod label;
pub mod leaderboard;
pub mod list;
pub mod manual;
pub mod merge;
pub mod power;
pub mod progress;
pub mod published;
pub mod report;
pub mod results_option;
pub mod run;
pub mod runs;
mod runs_status;
mod runs_words;
pub mod runtime_options;
pub mod scores;
pub mod session;
pub mod shapes;
pub mod shard_folders;
pub mod shard_options;
mod sharded;
pub mod shell;
pub mod signals;
pub mod suite;
pub mod summary;
pub mod task_options;
pub mod thinking;
pub mod trajectory;
pub mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{FromArgMatches, Parser, Subcommand};

pub use self::exit::{Exit, UsageError, exit_of_error};

use crate::common::{files, guarded};
use crate::onnx::runtime::switch as runtime_switch;

/// Evaluate models that think before they draw
///
/// A model answers the tasks of a suite, judges score the answers, and statistics say which model is better, by how much, and
/// how sure that is. Start with `parabench demo`.
#[derive(Debug, Parser)]
#[command(name = "parabench", version, max_term_width = 100)]
pub struct Cli {
    /// Options that every subcommand takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options that every subcommand takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Globals {
    /// Print the result as JSON
    ///
    /// Standard output holds one object and nothing else: `schema`, `command`, and `result` or `error`.
    #[arg(long, global = true)]
    pub json: bool,
    /// Show no progress bars
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Use no network except named endpoints
    ///
    /// Nothing is fetched; only a judge or model that was named is asked. Also set by PARABENCH_OFFLINE.
    #[arg(long, global = true, env = "PARABENCH_OFFLINE", hide_env = true, value_parser = switch)]
    pub offline: bool,
    /// The subcommand as it was typed, for the result as JSON.
    #[arg(skip)]
    pub command: String,
}

/// The subcommands, in the order of the work.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the full pipeline on a bundled model
    ///
    /// A miniature of MMaDA-Parallel answers the bundled suite `shapes` in several ways, control models run too, the
    /// oracle scores all answers by the stored truth, and a report is written. The network is used only to fetch ONNX Runtime
    /// (20 MB) the first time.
    Demo(demo::Options),
    /// Run a model on a suite and score it
    ///
    /// The same command resumes a run that was stopped. Exit code 3 when more marks are missing than --allow-missing.
    Run(run::Options),
    /// Run a model, score later
    ///
    /// The same command resumes a run that was stopped. `parabench judge` scores the answers later.
    Generate(generate::Options),
    /// Score stored answers
    ///
    /// The same command resumes. Judges add up: each keeps its marks in the run. Exit code 3 when more marks are missing than
    /// --allow-missing.
    Judge(judge::Options),
    /// Join the shards of a run
    ///
    /// Joins what several machines made with --shard, and proves that no shard is missing. Exit code 3 when shards are absent or
    /// unfinished; nothing is written then.
    Merge(merge::Options),
    /// Test a judge on known answers
    ///
    /// Asks the judge 120 questions whose right marks are known, never from the cache, and gives a verdict per axis. Exit code 0
    /// when all axes are fit, 4 when one is unfit, 3 when more calls are needed to decide.
    JudgeAudit(judge_audit::Options),
    /// Compare two judges on the same answers
    ///
    /// Shows how much the marks of both judges differ and whether the change favours a model, and writes a bridge file with
    /// which runs of both judges can be compared. Marks are kept in the runs and are not paid for twice; the same command
    /// resumes. Exit code 3 when too many marks are missing or --max-cost is reached.
    JudgeBridge(judge_bridge::Options),
    /// Write a page on which people mark answers
    ///
    /// Tasks are drawn at random from every category; model and judge are hidden; the page works offline. It saves the CSV that
    /// `parabench compare --human` reads.
    Label(label::Options),
    /// Compare runs, paired by task
    ///
    /// Exact paired tests, intervals, correction for many comparisons, and bounds for missing marks. Exit code 4 when a --require
    /// does not hold.
    Compare(compare::Options),
    /// Rank runs with confidence
    ///
    /// The runs must have answered the same tasks. Each gets the set of ranks that it can have.
    Leaderboard(leaderboard::Options),
    /// Write a report: a page, and files for a paper
    ///
    /// The page shows figures and every answer. `parabench verify` checks its numbers later.
    Report(report::Options),
    /// Check the numbers of a report
    ///
    /// Computes every number again from the runs and checks the runs' pictures against their digests. Exit code 1 when a file
    /// does not say what the runs say, a picture has changed, or the folder holds a file that does not belong to the report.
    Verify(verify::Options),
    /// Compare a model with and without thinking
    ///
    /// Shows where thinking helps: by category, task by task, and the five points of the paper with their exact p. Without runs,
    /// only the paper's table is shown.
    Thinking(thinking::Options),
    /// Measure text and picture along decoding
    ///
    /// The similarity of partial text and picture at each recorded step, and when they come to agree.
    Trajectory(trajectory::Options),
    /// Plan the number of tasks
    ///
    /// Sample size and detectable difference, from a pilot, an assumed spread or published means; also how many labels of people
    /// a difference needs.
    Power(power::Options),
    /// Show published results
    ///
    /// The paper's figures with their sources. Their arithmetic is checked, and inconsistencies are listed.
    Published(published::Options),
    /// Import marks that were made elsewhere
    Scores(scores::Options),
    /// Write runs in the form of another tool
    ///
    /// Marks, means with intervals, and answers for Hugging Face, MLflow, Inspect or Weights & Biases. A missing mark has no
    /// number there either.
    ExportResults(export_results::Options),
    /// List judges, models, suites, axes and rubrics
    List(list::Options),
    /// List, check and import suites
    Suite(suite::Options),
    /// List, show and remove runs
    Runs(runs::Options),
    /// Show and clear the cache
    Cache(cache::Options),
    /// Convert a checkpoint
    ///
    /// Makes a bundle from a checkpoint folder: ONNX graphs that use the weights in place.
    Export(export::Options),
    /// Check this machine, or a judge
    ///
    /// Finds ONNX Runtime, shows what it offers, and runs a graph of one node. With --judge it checks key, endpoint and end of life
    /// of a judge instead.
    Doctor(doctor::Options),
    /// Time a model on this machine
    ///
    /// Measures how fast a bundle decodes, and where the time goes.
    BenchModel(bench_model::Options),
    /// Write suites of the picture world `shapes`
    Shapes(shapes::Options),
    /// Print completions for a shell
    ///
    /// For example `parabench completions bash > ~/.local/share/bash-completion/completions/parabench`.
    Completions(manual::CompletionOptions),
    /// Write the manual pages
    Man(manual::ManOptions),
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
    let cli = match read_line(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            return match experiment::complete(&error) {
                Some((globals, result)) => ended(&globals, result),
                None => misread(&error),
            };
        }
        Err(help) => {
            // A reader that has gone away has seen enough of it.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let globals = cli.globals.clone();
    ended(&globals, run(cli))
}

/// Reads a command line, its first word the program.
fn read_line(words: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = help::command().try_get_matches_from(words)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    cli.globals.command = help::path_of(&matches);
    Ok(cli)
}

/// Tells what went wrong, if anything, and gives the exit code.
fn ended(globals: &Globals, result: anyhow::Result<Exit>) -> ExitCode {
    let told = |error: anyhow::Error| {
        let exit = exit_of_error(&error);
        eprintln!("error: {error:#}");
        globals.print_error(&error, exit);
        exit
    };
    let exit = result.unwrap_or_else(told);
    globals.print_without_result(exit);
    let exit = terminal::finish().map_or_else(told, |()| exit);
    ExitCode::from(exit.code())
}

/// Tells what is wrong with the command line, also as JSON where that was asked for.
fn misread(error: &clap::Error) -> ExitCode {
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let command = help::typed(words.iter().map(String::as_str));
    let text = help::unknown_command(error, &command)
        .unwrap_or_else(|| help::plain(&error.render().to_string()));
    terminal::say(&text);
    let asked = words
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--json");
    let globals = Globals {
        json: asked,
        command,
        ..Globals::default()
    };
    let said = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let said: Vec<&str> = said
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let message = said.join(" ").trim_start_matches("error: ").to_owned();
    globals.print_error(&UsageError(message).into(), Exit::Usage);
    ExitCode::from(Exit::Usage.code())
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
        Verb::Scores(options) => scores::run(options, &cli.globals),
        Verb::Export(options) => export::run(options, &cli.globals),
        Verb::ExportResults(options) => export_results::run(options, &cli.globals),
        Verb::Runs(options) => runs::run(options, &cli.globals),
        Verb::Cache(options) => cache::run(options, &cli.globals),
        Verb::Doctor(options) => doctor::run(options, &cli.globals),
        Verb::Shapes(options) => shapes::run(options, &cli.globals),
        Verb::Suite(options) => suite::run(options, &cli.globals),
        Verb::List(options) => list::run(options, &cli.globals),
        Verb::Completions(options) => manual::completions(options, &cli.globals),
        Verb::Man(options) => manual::man(options, &cli.globals),
    }
}
