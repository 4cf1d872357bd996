//! `parabench runs`: what runs there are, what they take, and their removal.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::runs_words::{changed, marks, state};
use super::terminal::{confirm, line, listing_detail};
use super::{Exit, Globals, UsageError, runs_status};
use crate::command::results_option::ResultsOption;
use crate::command::task_options::existing_run;
use crate::common::disk::{DiskUsage, human_bytes};
use crate::report::table::text;
use crate::report::table::{Column, Table, TableCell};
use crate::run::folder::{RunData, names};
use crate::run::inventory::{self, Overview, PARTS, PartKind};

/// Options of `parabench runs`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    verb: RunsVerb,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

#[derive(Debug, Subcommand)]
enum RunsVerb {
    /// List the runs: progress and size
    List,
    /// Show one run: settings, state and parts
    Show {
        /// Run to show: a name or a folder
        run: String,
    },
    /// Show the progress of a run in shards
    Status {
        /// Run to show
        ///
        /// The default is all runs in shards.
        run: Option<String>,
    },
    /// Remove runs, or one part of them
    Rm {
        /// Runs to remove: names or folders
        #[arg(required = true)]
        runs: Vec<String>,
        /// Remove only this part
        #[arg(long, value_name = "PART")]
        only: Option<Expendable>,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Show the disk space of the runs, by part
    Du,
}

/// The parts that a complete run can do without.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Expendable {
    /// What programs wrote to standard error
    Logs,
    /// Frames of decoding
    Trajectories,
}

impl Expendable {
    fn part(self) -> Option<PartKind> {
        let name = match self {
            Self::Logs => names::LOGS,
            Self::Trajectories => names::TRAJECTORIES,
        };
        PARTS.into_iter().find(|part| part.name == name)
    }
}

/// Runs the command.
///
/// # Errors
/// A run that is not there, cannot be read or must not be removed.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    match &options.verb {
        RunsVerb::List => list(&options.results.folder, globals),
        RunsVerb::Status { run } => {
            runs_status::run(&options.results.folder, run.as_deref(), globals)
        }
        RunsVerb::Show { run } => show(&existing_run(&options.results.folder, run)?, globals),
        RunsVerb::Rm { runs, only, yes } => {
            let folders = runs
                .iter()
                .map(|run| existing_run(&options.results.folder, run));
            let folders: Vec<PathBuf> = folders.collect::<Result<_, _>>()?;
            remove(&folders, *only, *yes, globals)
        }
        RunsVerb::Du => du(&options.results.folder, globals),
    }
}

fn list(results: &Path, globals: &Globals) -> anyhow::Result<Exit> {
    let runs = inventory::list(results)?;
    if globals.json {
        globals.print_json(&runs)?;
        return Ok(Exit::Done);
    }
    if runs.is_empty() {
        println!("no runs in {}", results.display());
        runs_status::tell(results)?;
        return Ok(Exit::Done);
    }
    let columns = [
        Column::words("run"),
        Column::words("state"),
        Column::numbers("answers", ""),
        Column::words("marks"),
        Column::numbers("size", ""),
        Column::words("changed"),
    ];
    let table = Table::new("", columns).with_rows(runs.iter().map(row));
    print!("{}", text::listing(&table, listing_detail()));
    for run in &runs {
        if let Some(fault) = &run.fault {
            println!("{}: {fault}", line(&run.name));
        }
    }
    runs_status::tell(results)?;
    Ok(Exit::Done)
}

fn row(run: &Overview) -> Vec<TableCell> {
    vec![
        TableCell::words(&*run.name),
        TableCell::words(state(run.state)),
        TableCell::Figures(format!("{}/{}", run.answered, run.planned)),
        TableCell::words(marks(run)),
        size(run.usage),
        changed(run.changed),
    ]
}

fn size(usage: DiskUsage) -> TableCell {
    TableCell::Figures(human_bytes(usage.bytes))
}

fn show(folder: &Path, globals: &Globals) -> anyhow::Result<Exit> {
    let run = inventory::overview(folder);
    let spent_usd = RunData::read(folder).map(|data| data.spent_usd).ok();
    let parts: Vec<(PartKind, DiskUsage)> = PARTS
        .into_iter()
        .map(|part| (part, DiskUsage::of(&folder.join(part.name))))
        .collect();
    if globals.json {
        let parts = parts.iter().map(|(part, usage)| {
            json!({"name": part.name, "usage": usage, "holds": part.holds, "lost_without_it": part.loss, "expendable": part.expendable})
        });
        globals.print_json(
            &json!({"run": run, "spent_usd": spent_usd, "parts": parts.collect::<Vec<_>>()}),
        )?;
        return Ok(Exit::Done);
    }
    println!("run      {}", folder.display());
    println!("state    {}", state(run.state));
    if let Some(fault) = &run.fault {
        println!("fault    {fault}");
    }
    println!("suite    {}", line(&run.suite));
    println!("model    {}", line(&run.model));
    println!("judges   {}", line(&run.judges.join(", ")));
    println!("answers  {} of {}", run.answered, run.planned);
    println!("marks    {}", marks(&run));
    if let Some(usd) = spent_usd.filter(|usd| *usd > 0.0) {
        println!("spent    ${usd:.2}");
    }
    println!();
    let columns = [
        Column::words("part"),
        Column::numbers("size", ""),
        Column::numbers("files", ""),
        Column::words("holds"),
        Column::words("lost without it"),
    ];
    let there = parts
        .iter()
        .filter(|(part, usage)| usage.files > 0 && part.name != names::LOCK);
    let rows = there.map(|(part, usage)| {
        vec![
            TableCell::words(part.name),
            size(*usage),
            TableCell::count(usage.files),
            TableCell::words(part.holds),
            TableCell::words(part.loss),
        ]
    });
    let table = Table::new("", columns).with_rows(rows);
    print!("{}", text::listing(&table, listing_detail()));
    println!(
        "`parabench runs rm {} --only logs` (or trajectories) removes such a part.",
        line(&run.name)
    );
    Ok(Exit::Done)
}

fn remove(
    folders: &[PathBuf],
    only: Option<Expendable>,
    yes: bool,
    globals: &Globals,
) -> anyhow::Result<Exit> {
    let part = only.and_then(Expendable::part);
    let mut freed = DiskUsage::default();
    for folder in folders {
        let what = part.map_or_else(|| folder.clone(), |part| folder.join(part.name));
        freed = [freed, DiskUsage::of(&what)].into_iter().sum();
        let spent = RunData::read(folder).map_or(0.0, |data| data.spent_usd);
        let cost = match part {
            None if spent > 0.0 => format!(", which cost ${spent:.2}"),
            _ => String::new(),
        };
        eprintln!(
            "{}  {}{cost}",
            what.display(),
            human_bytes(DiskUsage::of(&what).bytes)
        );
    }
    if !yes && !confirm("Remove this for good?") {
        return Err(
            UsageError("nothing was removed; --yes removes without asking".to_owned()).into(),
        );
    }
    for folder in folders {
        inventory::remove(folder, part)?;
    }
    if globals.json {
        globals.print_json(
            &json!({"removed": folders, "only": part.map(|part| part.name), "freed": freed}),
        )?;
    } else {
        println!("removed, {} freed", human_bytes(freed.bytes));
    }
    Ok(Exit::Done)
}

fn du(results: &Path, globals: &Globals) -> anyhow::Result<Exit> {
    let runs = inventory::list(results)?;
    let of =
        |run: &Overview| PARTS.map(|part| (part.name, DiskUsage::of(&run.folder.join(part.name))));
    if globals.json {
        let runs = runs.iter().map(|run| {
            let parts: std::collections::BTreeMap<_, _> = of(run).into_iter().collect();
            json!({"run": run.folder, "usage": run.usage, "parts": parts})
        });
        globals.print_json(&runs.collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let columns = [
        Column::words("run"),
        Column::numbers("all", ""),
        Column::numbers("images", ""),
        Column::numbers("logs of the run", ""),
        Column::numbers("trajectories", ""),
        Column::numbers("standard error", ""),
    ];
    let rows = runs.iter().map(|run| {
        let part = |name: &str| DiskUsage::of(&run.folder.join(name));
        let logs = [names::SAMPLES, names::JUDGMENTS, names::SCORES].map(part);
        vec![
            TableCell::words(&*run.name),
            size(run.usage),
            size(part(names::IMAGES)),
            size(logs.into_iter().sum()),
            size(part(names::TRAJECTORIES)),
            size(part(names::LOGS)),
        ]
    });
    let table = Table::new("", columns).with_rows(rows);
    print!("{}", text::listing(&table, listing_detail()));
    let all: DiskUsage = runs.iter().map(|run| run.usage).sum();
    println!(
        "{} in {} files, {} runs in {}",
        human_bytes(all.bytes),
        all.files,
        runs.len(),
        results.display()
    );
    Ok(Exit::Done)
}
