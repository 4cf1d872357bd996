//! `parabench leaderboard`: which ranks runs can have, who beats whom, who cannot be told apart.

use std::path::PathBuf;

use anyhow::Context;

use crate::analysis::compare::CompareError;
use crate::analysis::published::Figures;
use crate::analysis::ranks::boards::{Request, boards};
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::load::LoadedRun;
use crate::command::compare::{across, bridge, load_all};
use crate::command::results_option::ResultsOption;
use crate::command::{Exit, Globals, UsageError, print_json};
use crate::common::files;
use crate::report::board::{board_csv, board_html, board_markdown, board_text};
use crate::report::table::text::Detail;

/// Rank runs that were asked the same tasks, with rank sets instead of bare ranks.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs to rank, two at least: folders, or names in --results
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<String>,
    /// Whose marks [default: the only judge of the runs]
    #[arg(long, value_name = "NAME")]
    judge: Option<String>,
    /// Rank marks of different judges; every form says so
    #[arg(long)]
    force_judge: bool,
    /// Set runs that were marked by different judges on one scale, by this bridge file of `judge-bridge`; its uncertainty is
    /// in every interval and p
    #[arg(long, value_name = "FILE", conflicts_with_all = ["judge", "force_judge"])]
    bridge: Option<PathBuf>,
    /// Family-wise two-sided level of the rank sets
    #[arg(long, default_value_t = 0.05, value_parser = level)]
    alpha: f64,
    /// What was declared; looks at a contrast leave nothing to rank (TOML)
    #[arg(long, value_name = "FILE")]
    declare: Option<PathBuf>,
    /// Leave the paper's rows out
    #[arg(long)]
    no_published: bool,
    /// Print every column, however wide
    #[arg(long)]
    full: bool,
    /// Write the boards as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write them as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write them as a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

pub(super) fn level(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(level) if level > 0.0 && level <= 0.2 => Ok(level),
        _ => Err("a level above 0 and at most 0.2 is expected".to_owned()),
    }
}

/// Runs the command.
///
/// # Errors
/// Runs that cannot be read or ranked, files that cannot be written.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let loaded: Vec<LoadedRun> = load_all(&options.results.folder, options.runs.iter())?;
    let mut figures = Figures::read(None)?;
    if options.no_published {
        figures.0.clear();
    }
    let declaration = match &options.declare {
        Some(path) => Declaration::read(path).context("--declare")?,
        None => Declaration::default(),
    };
    let bridge = bridge(options.bridge.as_deref())?;
    let boards = boards(&Request {
        declaration,
        runs: loaded.iter().collect(),
        judge: options.judge.as_deref(),
        across: across(bridge.as_ref(), options.force_judge),
        alpha: options.alpha,
        published: &figures,
    })
    .map_err(usage)?;
    if let Some(path) = &options.csv {
        files::write_atomic(path, board_csv(&boards)?.as_bytes()).context("--csv")?;
    }
    if let Some(path) = &options.markdown {
        files::write_atomic(path, board_markdown(&boards).as_bytes()).context("--markdown")?;
    }
    if let Some(path) = &options.html {
        files::write_atomic(path, board_html(&boards)?.as_bytes()).context("--html")?;
    }
    if globals.json {
        print_json(&boards)?;
    } else {
        print!("{}", board_text(&boards, Detail::of(options.full)));
    }
    Ok(Exit::Done)
}

fn usage(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Request(_) | CompareError::Judge(_) => UsageError(error.to_string()).into(),
        other => other.into(),
    }
}
