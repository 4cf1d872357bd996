//! `parabench suite`: list, check, show and import suites.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Exit, Globals, UsageError};
use crate::suite::import::{self, Base, columns::Field};
use crate::suite::{self, Definition, FindError, Suite, find};

/// What to do with suites.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    verb: SuiteVerb,
}

#[derive(Debug, Subcommand)]
enum SuiteVerb {
    /// List the suites that can be named.
    List,
    /// Check every file of a suite and report all faults.
    Check {
        /// A name, or the path of a folder.
        suite: String,
    },
    /// Show what a suite asks and how it is scored.
    Show {
        /// A name, or the path of a folder.
        suite: String,
        /// Show this task.
        #[arg(long)]
        task: Option<String>,
    },
    /// Make a suite of a data set: a snapshot folder of the Hugging Face hub, or a
    /// JSON, JSONL, CSV, TSV or Parquet file.
    Import(Import),
}

#[derive(Debug, Args)]
struct Import {
    /// The folder or file to read.
    source: PathBuf,
    /// The suite that the tasks belong to: a name, or the path of a definition.
    #[arg(long, default_value = "parabench", conflicts_with = "new")]
    suite: String,
    /// Make a new suite of this name, with the categories that the source has.
    #[arg(long, value_name = "NAME")]
    new: Option<String>,
    /// The new folder [default: imported/NAME in the cache folder, where the name is
    /// found again].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Which column holds a field (id, kind, category, instruction, image, target); what
    /// is not said is guessed. `@key`, `@list`, `@folder` and `@file` are a record's key,
    /// its list, and its file's folder and name.
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Which category a word of the source means, where it is not the same word.
    #[arg(long, value_name = "WORD=CATEGORY", value_parser = pair)]
    category: Vec<(String, String)>,
    /// Leave out records that cannot become tasks, instead of importing nothing.
    #[arg(long)]
    skip_unmapped: bool,
    /// Make the numbers of tasks that are there the suite's plan.
    #[arg(long)]
    counts_as_found: bool,
    /// Most bytes of data files that are read.
    #[arg(long, value_name = "BYTES", default_value_t = 2 << 30)]
    limit_bytes: u64,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => {
            Ok((left.to_owned(), right.to_owned()))
        }
        _ => Err("NAME=NAME is expected".to_owned()),
    }
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
        SuiteVerb::Import(options) => import(options, globals),
    }
}

fn list(globals: &Globals) -> anyhow::Result<Exit> {
    let mut rows = Vec::new();
    for known in find::known() {
        let definition = Definition::read(&known.folder);
        if !globals.json {
            let about = match &definition {
                Ok(definition) => format!("{} tasks", definition.planned()),
                Err(_) => "faulty: see `parabench suite check`".to_owned(),
            };
            let state = if known.has_tasks {
                ""
            } else {
                ", not imported yet"
            };
            println!(
                "{:<16} {about}{state}  {}",
                known.name,
                known.folder.display()
            );
        }
        rows.push(json!({
            "name": known.name,
            "folder": known.folder,
            "has_tasks": known.has_tasks,
            "tasks": definition.as_ref().ok().map(Definition::planned),
            "version": definition.as_ref().ok().map(|definition| &definition.version),
        }));
    }
    if globals.json {
        println!("{:#}", json!(rows));
    }
    Ok(Exit::Done)
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

fn check(spec: &str, globals: &Globals) -> anyhow::Result<Exit> {
    let folder = folder_of(spec, suite::find)?;
    match suite::load(&folder) {
        Ok(suite) if globals.json => {
            println!("{:#}", json!({"sound": true, "suite": summary(&suite)}));
        }
        Ok(suite) => println!(
            "{} is sound: {} tasks, {} with pictures\ndigest {}",
            suite.name,
            suite.tasks.len(),
            suite
                .tasks
                .iter()
                .filter(|task| task.prompt.input.is_some())
                .count(),
            suite.digest
        ),
        Err(faults) if globals.json => {
            println!("{:#}", json!({"sound": false, "faults": faults}));
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
        println!("{:#}", json!({"folder": folder, "definition": wire}));
        return Ok(Exit::Done);
    }
    println!(
        "{} {} ({})",
        definition.name, definition.version, definition.licence
    );
    println!("folder   {}", folder.display());
    println!("mapping  {}", definition.mapping.formula());
    let axes: Vec<&str> = definition.axes.iter().map(|axis| axis.title()).collect();
    println!("axes     {}", axes.join(", "));
    println!("tasks    {} planned", definition.planned());
    for category in &definition.categories {
        println!(
            "         {:>5}  {} ({})",
            category.planned, category.name, category.kind
        );
    }
    if let Some(source) = &definition.source {
        println!("source   {}", source.name);
        for file in &source.files {
            println!("         {}  sha256 {}", file.name, file.sha256);
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
                "input": prompt.input.as_deref(),
                "target": task.target.as_deref().map(|target| &target.0),
            });
            println!("{shown:#}");
            continue;
        }
        println!("{}  {} ({})", prompt.id, prompt.category, prompt.kind());
        println!("{}", prompt.instruction);
        if let Some(input) = &prompt.input {
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

fn import(options: &Import, globals: &Globals) -> anyhow::Result<Exit> {
    let (base, name) = match &options.new {
        Some(name) => (Base::New(name.clone()), name.clone()),
        None => {
            let definition = Definition::read(&folder_of(&options.suite, find::find_definition)?)?;
            let name = definition.name.clone();
            (Base::Suite(Box::new(definition)), name)
        }
    };
    let mut columns = BTreeMap::new();
    for (field, column) in &options.map {
        let field: Field = field
            .parse()
            .map_err(|error| UsageError(format!("--map: {error}")))?;
        columns.insert(field, column.clone());
    }
    let request = import::Request {
        source: options.source.clone(),
        base,
        columns,
        categories: options.category.iter().cloned().collect(),
        skip_unmapped: options.skip_unmapped,
        counts_as_found: options.counts_as_found,
        limit_bytes: options.limit_bytes,
    };
    let plan = import::plan(&request)
        .with_context(|| format!("importing {}", options.source.display()))?;
    if !globals.json {
        print_report(&plan.report, options.skip_unmapped);
    }
    let report = plan.report.clone();
    let folder = options
        .output
        .clone()
        .unwrap_or_else(|| find::import_folder(&name));
    let imported = plan.write(&folder)?;
    if globals.json {
        println!("{:#}", json!({"imported": imported, "report": report}));
        return Ok(Exit::Done);
    }
    let total: usize = imported.tasks.values().sum();
    println!(
        "wrote {total} tasks to {}\ndigest {}",
        imported.folder.display(),
        imported.digest
    );
    println!(
        "use it with --suite {}",
        spec_of(&imported.folder, &name, options.output.as_deref())
    );
    Ok(Exit::Done)
}

/// How the new suite is named: by name where it went to its usual place.
fn spec_of(folder: &Path, name: &str, output: Option<&Path>) -> String {
    match output {
        None => name.to_owned(),
        Some(_) if folder.components().count() > 1 => folder.display().to_string(),
        Some(_) => format!("./{}", folder.display()),
    }
}

fn print_report(report: &import::Report, skip_unmapped: bool) {
    const SHOWN: usize = 20;
    for file in &report.files {
        println!("{}: {} records", plain(&file.file), file.records);
        for (field, (column, choice)) in &file.columns.fields {
            let how = match choice {
                import::columns::Choice::Said => "as said",
                import::columns::Choice::Guessed => "guessed",
            };
            println!("  {:<12} <- {} ({how})", field.key(), plain(column));
        }
        if !file.columns.unused.is_empty() {
            println!(
                "  not used:       {}",
                plain(&file.columns.unused.join(", "))
            );
        }
    }
    for (word, (category, count)) in &report.categories {
        println!("category {category} <- {}: {count} records", plain(word));
    }
    for ignored in report.ignored.iter().take(SHOWN) {
        println!(
            "ignored {}: {}",
            plain(&ignored.file),
            plain(&ignored.reason)
        );
    }
    if report.ignored.len() > SHOWN {
        println!("ignored {} more files", report.ignored.len() - SHOWN);
    }
    for note in &report.notes {
        println!("note: {note}");
    }
    if skip_unmapped {
        for fault in report.unmapped.iter().take(SHOWN) {
            println!("left out: {fault}");
        }
        if report.unmapped.len() > SHOWN {
            println!("left out: {} more records", report.unmapped.len() - SHOWN);
        }
    }
}

/// Foreign text without control characters, which a terminal would obey.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
