//! `parabench suite`: list, check, show and import suites.

mod import;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::terminal::line;
use super::{Exit, Globals, UsageError};
use crate::judge::rubric::{Rubrics, ToMark};
use crate::report::columns::{LINE, wrapped};
use crate::suite::calls::never_made;
use crate::suite::definition::RubricSource;
use crate::suite::wire::TASKS_FILE;
use crate::suite::{self, Definition, FindError, Suite, find};

/// Where the values of `suite show` begin, in characters.
const INDENT: usize = 9;

/// Options of `parabench suite`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    verb: SuiteVerb,
}

#[derive(Debug, Subcommand)]
enum SuiteVerb {
    /// List the suites that can be named
    List,
    /// Check every file of a suite
    ///
    /// All faults are reported together.
    Check {
        /// Suite: a name or a folder
        suite: String,
    },
    /// Show what a suite asks and how it is scored
    Show {
        /// Suite: a name or a folder
        suite: String,
        /// Task to show
        #[arg(long)]
        task: Option<String>,
    },
    /// Make a suite from a data set
    ///
    /// Reads a snapshot folder of the Hugging Face hub, or a JSON, JSONL, CSV, TSV or Parquet file.
    Import(Box<import::Options>),
}

/// Runs `parabench suite`.
///
/// # Errors
/// Suites that cannot be found, faulty suites, sources that cannot be imported.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    match &options.verb {
        SuiteVerb::List => list(globals),
        SuiteVerb::Check { suite } => check(suite, globals),
        SuiteVerb::Show { suite, task: None } => show(suite, globals),
        SuiteVerb::Show {
            suite,
            task: Some(task),
        } => show_task(suite, task, globals),
        SuiteVerb::Import(options) => import::run(options, globals),
    }
}

fn list(globals: &Globals) -> anyhow::Result<Exit> {
    let known = find::known();
    if globals.json {
        let row = |known: &find::Known| {
            let definition = Definition::read(&known.folder).ok();
            json!({
                "name": known.name,
                "folder": known.folder,
                "has_tasks": known.has_tasks,
                "tasks": definition.as_ref().map(Definition::planned),
                "version": definition.as_ref().map(|definition| &definition.version),
            })
        };
        globals.print_json(&known.iter().map(row).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let width = known
        .iter()
        .map(|known| known.name.len())
        .max()
        .unwrap_or(0);
    for known in &known {
        println!(
            "{:<width$} {}  {}",
            known.name,
            about(known),
            known.folder.display()
        );
    }
    Ok(Exit::Done)
}

/// How many tasks a suite has, and whether they are here.
pub(super) fn about(known: &find::Known) -> String {
    match Definition::read(&known.folder) {
        Err(_) => "faulty: see `parabench suite check`".to_owned(),
        Ok(definition) if known.has_tasks => format!("{} tasks", definition.planned()),
        Ok(definition) if definition.counts_as_found() => {
            "number of tasks not stated, not imported yet".to_owned()
        }
        Ok(definition) => format!("{} tasks, not imported yet", definition.planned()),
    }
}

/// The folder that a user named; a name that leads nowhere is wrong usage.
fn folder_of(spec: &str, find: fn(&str) -> Result<PathBuf, FindError>) -> anyhow::Result<PathBuf> {
    find(spec).map_err(|error| match error {
        FindError::Unknown { .. } | FindError::NotASuite { .. } => {
            UsageError(error.to_string()).into()
        }
        other => other.into(),
    })
}

fn print_sound(suite: &Suite) {
    let with_pictures = suite
        .tasks
        .iter()
        .filter(|task| !task.prompt.inputs.is_empty());
    println!(
        "{} is sound: {} tasks, {} with pictures\ndigest {}",
        suite.name,
        suite.tasks.len(),
        with_pictures.count(),
        suite.digest
    );
    if suite.rubrics.is_none() && suite.declares() {
        println!(
            "It names no rubrics (`rubrics = \"FOLDER/\"`): judge models need `--rubrics DIR` to mark its axes."
        );
    }
    for call in never_made(&suite.calls) {
        println!(
            "The call `{}` is never made: calls before it mark its axes in all of its categories.",
            call.rubric
        );
    }
}

fn check(spec: &str, globals: &Globals) -> anyhow::Result<Exit> {
    let folder = folder_of(spec, suite::find)?;
    let loaded = suite::load(&folder);
    if let Ok(suite) = &loaded
        && let Some(RubricSource::Folder(folder)) = &suite.rubrics
    {
        Rubrics::load(&folder.to_string_lossy(), &ToMark::of(suite))?;
    }
    match loaded {
        Ok(suite) if globals.json => {
            globals.print_json(&json!({"sound": true, "suite": summary(&suite)}))?;
        }
        Ok(suite) => print_sound(&suite),
        Err(faults) if globals.json => {
            globals.print_json(&json!({"sound": false, "faults": faults}))?;
            return Ok(Exit::Failed);
        }
        Err(faults) => return Err(faults.into()),
    }
    Ok(Exit::Done)
}

fn summary(suite: &Suite) -> serde_json::Value {
    json!({
        "name": suite.name,
        "version": suite.version,
        "folder": suite.folder,
        "digest": suite.digest,
        "tasks": suite.tasks.len(),
    })
}

fn show(spec: &str, globals: &Globals) -> anyhow::Result<Exit> {
    let folder = folder_of(spec, find::find_definition)?;
    let definition = Definition::read(&folder)?;
    if globals.json {
        let wire = definition.to_wire();
        globals.print_json(&json!({"folder": folder, "definition": wire}))?;
        return Ok(Exit::Done);
    }
    println!(
        "{} {} ({})",
        definition.name,
        line(&definition.version),
        line(&definition.licence)
    );
    println!("folder   {}", folder.display());
    println!("mapping  {}", definition.mapping.described());
    let axes: Vec<&str> = definition.axes.iter().map(|axis| axis.title()).collect();
    for (number, text) in wrapped(&axes.join(", "), LINE - INDENT).iter().enumerate() {
        let title = if number == 0 { "axes" } else { "" };
        println!("{title:<INDENT$}{text}");
    }
    let open = definition.counts_as_found() && !definition.folder.join(TASKS_FILE).exists();
    match open {
        true => println!("tasks    number set by the import"),
        false => println!("tasks    {} planned", definition.planned()),
    }
    for category in &definition.categories {
        println!(
            "         {:>5}  {} ({})",
            if open {
                "-".to_owned()
            } else {
                category.planned.to_string()
            },
            line(&category.name),
            category.kind
        );
    }
    if let Some(source) = &definition.source {
        println!("source   {}", line(&source.name));
        for file in &source.files {
            println!(
                "         {}  sha256 {}",
                line(&file.name),
                line(&file.sha256)
            );
        }
    }
    match suite::find(spec) {
        Err(error) => println!("{error}"),
        Ok(_) => println!("`parabench suite check {spec}` checks its files"),
    }
    Ok(Exit::Done)
}

fn show_task(spec: &str, id: &str, globals: &Globals) -> anyhow::Result<Exit> {
    let suite = suite::load(&folder_of(spec, suite::find)?)?;
    let filter = suite::Filter {
        tasks: vec![id.to_owned()],
        ..suite::Filter::default()
    };
    let selection =
        suite::select(&suite, &filter).map_err(|error| UsageError(error.to_string()))?;
    for task in selection
        .indices
        .iter()
        .filter_map(|&index| suite.tasks.get(index))
    {
        let prompt = &task.prompt;
        if globals.json {
            let shown = json!({
                "id": &*prompt.id,
                "kind": prompt.kind(),
                "category": &*prompt.category,
                "instruction": &*prompt.instruction,
                "input": prompt.inputs.first().map(|input| &**input),
                "inputs": prompt.inputs.pictures().map(|input| &**input).collect::<Vec<_>>(),
                "reference": task.reference.as_deref(),
                "reference_image": task.reference_image.as_deref(),
                "target": task.target.as_deref().map(|target| &target.0),
            });
            globals.print_json(&shown)?;
            continue;
        }
        let category = line(&prompt.category);
        println!("{}  {category} ({})", prompt.id, prompt.kind());
        println!("{}", prompt.instruction);
        for input in prompt.inputs.pictures() {
            println!(
                "{}  {} x {}",
                input.path.display(),
                input.width,
                input.height
            );
        }
        if task.target.is_some() {
            println!("a target for judges: --json shows it");
        }
    }
    Ok(Exit::Done)
}
