//! `parabench leaderboard`: which ranks runs can have, who beats whom, who cannot be told apart.

use std::path::PathBuf;

use anyhow::Context;

use crate::analysis::compare::CompareError;
use crate::analysis::published::Figures;
use crate::analysis::ranks::boards::{LeaderboardRequest, boards};
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::load::LoadedRun;
use crate::command::compare::{across, bridge, load_all};
use crate::command::results_option::ResultsOption;
use crate::command::terminal;
use crate::command::{Exit, Globals, UsageError};
use crate::common::files;
use crate::report::board::{board_csv, board_html, board_markdown, board_text};

/// Options of `parabench leaderboard`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs to rank, at least two: names or folders
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<String>,
    /// Judge to use
    ///
    /// The default is the only judge of the runs.
    #[arg(long, value_name = "NAME")]
    judge: Option<String>,
    /// Rank marks of different judges
    ///
    /// Every form of the board then shows a warning.
    #[arg(long)]
    force_judge: bool,
    /// Bridge file, for different judges
    ///
    /// A file of `parabench judge-bridge`. It sets runs that different judges marked on one scale; its uncertainty is in
    /// every interval and p.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["judge", "force_judge"])]
    bridge: Option<PathBuf>,
    /// Level of the rank sets
    ///
    /// Two-sided, for all pairs together.
    #[arg(long, default_value_t = 0.05, value_parser = level)]
    alpha: f64,
    /// Declaration made before the marks
    ///
    /// A TOML file. With declared looks there is nothing to rank.
    #[arg(long, value_name = "FILE")]
    declare: Option<PathBuf>,
    /// Leave out published rows
    #[arg(long)]
    no_published: bool,
    /// Print every column and all details
    #[arg(long)]
    full: bool,
    /// Write CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write one HTML file
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
    let boards = boards(&LeaderboardRequest {
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
        globals.print_json(&boards)?;
    } else {
        print!("{}", board_text(&boards, terminal::detail(options.full)));
    }
    Ok(Exit::Done)
}

fn usage(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Request(_) | CompareError::Judge(_) => UsageError(error.to_string()).into(),
        other => other.into(),
    }
}
