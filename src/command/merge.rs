//! `parabench merge`: shards of a run become one run.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::scores::score_table::{ScoreTable, score_tables};
use crate::command::results_option::ResultsOption;
use crate::command::session::damage_text;
use crate::command::shard_folders::{existing_shards, open_suite};
use crate::command::{Exit, Globals, UsageError};
use crate::report::score_text::score_text;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};
use crate::run::folder::names;
use crate::run::shard::error::MergeError;
use crate::run::shard::merge::merge;
use crate::run::shard::outcome::{MergeRequest, Outcome, ShardFound, ShardState};
use crate::run::shard::plan::ShardPlan;
use crate::run::shard::whole_of_shards;

/// Options of `parabench merge`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Name of the run, or folder of its shards
    run: String,
    /// Further folders of shards
    ///
    /// For example of a shard that ran on another disk.
    #[arg(value_name = "SHARD")]
    also: Vec<PathBuf>,
    /// Merge although shards are unfinished
    ///
    /// What is not there yet is then pending and counts as missing.
    #[arg(long)]
    partial: bool,
    /// Accept shards of different served models
    #[arg(long)]
    mixed_served: bool,
    /// Suite of the run, if it has moved
    ///
    /// Needed only where the name in the plan of the shards does not lead to the suite.
    #[arg(long, value_name = "NAME|DIR")]
    suite: Option<String>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Printed<'a> {
    run: &'a Path,
    merged: bool,
    exit_code: u8,
    shards: &'a [ShardFound],
    spent_usd: f64,
    assumed_usd: f64,
    scores: Option<PathBuf>,
    tables: &'a [ScoreTable],
    lost_pictures: &'a [String],
}

/// Runs the command.
///
/// # Errors
/// Shards that do not belong together or cannot be read.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let shards = existing_shards(&options.results.folder, &options.run)?;
    let whole = whole_of_shards(&shards).context("the shards belong to no run")?;
    let plan = ShardPlan::read(&shards)?;
    let suite = open_suite(options.suite.as_deref(), &plan.suite, &plan.run.suite)?;
    let request = MergeRequest {
        whole: &whole,
        suite: &suite,
        plan: &plan,
        also: &options.also,
        partial: options.partial,
        mixed_served: options.mixed_served,
    };
    let outcome = merge(&request).map_err(usage)?;
    for (log, damage) in &outcome.damaged {
        eprintln!("{}", damage_text(log, damage));
    }
    let tables = match &outcome.merged {
        Some(merged) => score_tables(&merged.manifest.suite, &merged.rows)?,
        None => Vec::new(),
    };
    let exit = match outcome.merged {
        Some(_) => Exit::Done,
        None => Exit::MissingMarks,
    };
    if globals.json {
        globals.print_json(&Printed {
            run: &whole,
            merged: outcome.merged.is_some(),
            exit_code: exit.code(),
            shards: &outcome.shards,
            spent_usd: outcome.spent_usd,
            assumed_usd: outcome.assumed_usd,
            scores: (!tables.is_empty()).then(|| whole.join(names::SCORES)),
            tables: &tables,
            lost_pictures: &outcome.lost_pictures,
        })?;
        return Ok(exit);
    }
    tell(&outcome, &plan, &whole, &tables);
    Ok(exit)
}

/// What was named wrongly is a matter of usage, the rest a failure.
fn usage(error: MergeError) -> anyhow::Error {
    match error {
        MergeError::Twice(_) | MergeError::NotAShard(_) => UsageError(error.to_string()).into(),
        other => other.into(),
    }
}

fn tell(outcome: &Outcome, plan: &ShardPlan, whole: &Path, tables: &[ScoreTable]) {
    let lacking: Vec<&ShardFound> = outcome
        .shards
        .iter()
        .filter(|one| one.state != ShardState::Complete)
        .collect();
    if !lacking.is_empty() {
        eprint!("{}", lacking_text(&lacking, plan, outcome.merged.is_some()));
    }
    if outcome.merged.is_none() {
        return;
    }
    for picture in &outcome.lost_pictures {
        eprintln!("note: a picture is not there:\n{picture}");
    }
    for table in tables {
        println!("{}", score_text(table));
    }
    let answers: u64 = outcome.shards.iter().map(|one| one.answers).sum();
    println!("run     {}", whole.display());
    if !tables.is_empty() {
        println!("scores  {}", whole.join(names::SCORES).display());
    }
    println!(
        "merged  {} of {} shards, {answers} answers",
        outcome.shards.len() - lacking.len(),
        plan.shards
    );
    if outcome.spent_usd > 0.0 {
        println!("spent   ${:.4}", outcome.spent_usd);
    }
    if outcome.assumed_usd > 0.0 {
        eprintln!(
            "note: of ${:.4} spent, ${:.4} is an upper bound for the cost of calls whose usage the endpoint did not report",
            outcome.spent_usd, outcome.assumed_usd
        );
    }
}

/// Which shards are not complete, and what to do.
fn lacking_text(lacking: &[&ShardFound], plan: &ShardPlan, merged: bool) -> String {
    let columns = [
        Column::numbers("shard", ""),
        Column::words("state"),
        Column::words("answers"),
        Column::numbers("marks to come", ""),
    ];
    let rows = lacking.iter().map(|one| {
        vec![
            TableCell::count(one.index),
            TableCell::words(state(one.state)),
            TableCell::Figures(format!("{} of {}", one.answers, one.planned)),
            TableCell::count(one.pending_marks),
        ]
    });
    let did = match merged {
        true => "merged anyway; what is missing is pending",
        false => "nothing was written",
    };
    let mut said = format!(
        "{} of {} shards are not complete; {did}:\n",
        lacking.len(),
        plan.shards
    );
    said += &text::body(&Table::new("", columns).with_rows(rows), Detail::Full);
    let again: Vec<String> = lacking
        .iter()
        .filter(|one| one.state != ShardState::Running)
        .map(|one| one.index.to_string())
        .collect();
    if again.len() < lacking.len() {
        said += "wait for those that are running\n";
    }
    if let Some(first) = again.first() {
        said += &format!(
            "run the same commands again to resume: sbatch --array={} and your script, or --shard {first}/{} and so \
             on\n",
            again.join(","),
            plan.shards
        );
    }
    if !merged {
        said += "--partial merges what is there; the rest is then pending and counts as missing\n";
    }
    said
}

fn state(state: ShardState) -> &'static str {
    match state {
        ShardState::Complete => "complete",
        ShardState::Unfinished => "unfinished",
        ShardState::Running => "running",
        ShardState::Absent => "absent",
    }
}
