//! `parabench compare`: paired comparison of runs, and gates for pipelines.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::compare::{CompareError, Comparison, DEFAULT_DRAWS, Request, compare};
use crate::analysis::declaration::Declaration;
use crate::analysis::findings::published_rows::{PublishedRow, published_rows};
use crate::analysis::load::{LoadedRun, load};
use crate::analysis::published::Figures;
use crate::analysis::requirement::{Requirement, Verdict, verdict};
use crate::command::task_options::existing_run;
use crate::command::{Exit, Globals, UsageError, print_json};
use crate::common::files;
use crate::report::compare_csv::compare_csv;
use crate::report::compare_text::compare_text;
use crate::report::published_beside::published_beside;
use crate::report::requirement_text::requirement_text;

/// Compare runs on the same tasks: exact paired tests, intervals, multiplicity, missing marks.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit code 4 when a --require does not hold.")]
pub struct Options {
    /// Runs to compare: folders, or names in --results
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// The run they are compared with; may be given several times
    #[arg(long = "baseline", required = true, value_name = "RUN")]
    baselines: Vec<String>,
    /// Whose marks [default: the only judge of the runs]
    #[arg(long, value_name = "NAME")]
    judge: Option<String>,
    /// Compare marks of different judges; every line is flagged
    #[arg(long)]
    force_judge: bool,
    /// What was fixed before the marks were seen: primary contrast, margin, alpha, family (TOML)
    #[arg(long, value_name = "FILE")]
    declare: Option<PathBuf>,
    /// Must hold, else exit code 4: "METRIC > POINTS", for example "output_alignment > 0" (better) or
    /// "overall > -2.5" (not worse by 2.5); may be given several times
    #[arg(long = "require", value_name = "CONDITION")]
    requirements: Vec<Requirement>,
    /// Print all exploratory lines, not only those that pass
    #[arg(long)]
    categories: bool,
    /// Write all contrasts as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Folder of the runs
    #[arg(
        long,
        value_name = "DIR",
        default_value = "results",
        env = "PARABENCH_RESULTS"
    )]
    results: PathBuf,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    comparison: &'a Comparison,
    requirements: &'a [Verdict],
    /// The paper's rows about this suite: means only, never tested against.
    published: &'a [PublishedRow],
    exit_code: u8,
}

/// Runs the command.
///
/// # Errors
/// Runs that cannot be read or compared.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let declaration = match &options.declare {
        Some(path) => Declaration::read(path).context("--declare")?,
        None => Declaration::default(),
    };
    let loaded = load_all(
        &options.results,
        options.runs.iter().chain(&options.baselines),
    )?;
    let (candidates, baselines) = loaded.split_at(options.runs.len());
    let comparison = compare(&Request {
        candidates: candidates.iter().collect(),
        baselines: baselines.iter().collect(),
        judge: options.judge.as_deref(),
        force_judge: options.force_judge,
        declaration,
        cross_checks: globals.json,
        draws: DEFAULT_DRAWS,
    })
    .map_err(usage)?;
    let verdicts: Vec<Verdict> = options
        .requirements
        .iter()
        .map(|requirement| verdict(&comparison, requirement))
        .collect();
    let exit = if verdicts.iter().all(|verdict| verdict.held) {
        Exit::Done
    } else {
        Exit::RequirementFailed
    };
    if let Some(path) = &options.csv {
        files::write_atomic(path, compare_csv(&comparison)?.as_bytes()).context("--csv")?;
    }
    let published = published_rows(&Figures::read(None)?, &comparison.suite.name);
    if globals.json {
        print_json(&Outcome {
            comparison: &comparison,
            requirements: &verdicts,
            published: &published,
            exit_code: exit.code(),
        })?;
    } else {
        print!("{}", compare_text(&comparison, options.categories));
        print!("{}", published_beside(&published));
        print!("{}", requirement_text(&verdicts));
    }
    Ok(exit)
}

/// What the user named wrongly is a matter of usage, the rest a failure.
fn usage(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Request(_) | CompareError::Judge(_) => UsageError(error.to_string()).into(),
        other => other.into(),
    }
}

/// Loads runs by folder or name. All that cannot be loaded are reported at once.
///
/// # Errors
/// Runs that are not there or cannot be read.
pub fn load_all<'a>(
    results: &Path,
    runs: impl Iterator<Item = &'a String>,
) -> anyhow::Result<Vec<LoadedRun>> {
    let mut loaded = Vec::new();
    let mut faults = Vec::new();
    for run in runs {
        let read = existing_run(results, run).and_then(|folder| Ok(load(&folder)?));
        match read {
            Ok(run) => loaded.push(run),
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    if faults.is_empty() {
        Ok(loaded)
    } else {
        Err(anyhow::anyhow!("{}", faults.join("\n")))
    }
}
