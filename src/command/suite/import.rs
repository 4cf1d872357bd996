//! `parabench suite import`: what people have, as a suite.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::folder_of;
use crate::command::{Exit, Globals, UsageError};
use crate::judge::rubric::Rubrics;
use crate::suite::import::{self, Base, Report, columns::Field};
use crate::suite::{Definition, find};

/// Most notes, faults and files of one sort that are printed.
const SHOWN: usize = 20;

/// What to import and how.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Folder or file to read
    source: PathBuf,
    /// Suite of the tasks
    ///
    /// A name, or the path of a definition.
    #[arg(long, default_value = "parabench", conflicts_with = "new")]
    suite: String,
    /// Make a new suite of this name
    ///
    /// It has the categories of the source.
    #[arg(long, value_name = "NAME")]
    new: Option<String>,
    /// Folder to write
    ///
    /// The default is imported/NAME in the cache folder, where the name is found again.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Column that holds a field
    ///
    /// Fields: id, kind, category, instruction, image, target, reference, reference_image, cluster. What is not given is guessed,
    /// except target, references and cluster. `@key`, `@list`, `@folder` and `@file` are a record's key, its list, and its file's folder and name.
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Category that a word means
    ///
    /// For words of the source that differ from the name of the category.
    #[arg(long, value_name = "WORD=CATEGORY", value_parser = pair)]
    category: Vec<(String, String)>,
    /// Read only these data files
    ///
    /// A pattern for their path in the source, for example `data/*.json`; may be repeated. `*` matches `/`, too.
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Take only records with this value
    ///
    /// For a data set of which a suite is a part, such as one language; may be repeated.
    #[arg(long = "where", value_name = "COLUMN=VALUE", value_parser = pair)]
    rows: Vec<(String, String)>,
    /// Split to take: its name, or `all`
    #[arg(long, value_name = "NAME")]
    split: Option<String>,
    /// Revision to read
    ///
    /// For a data set in the cache of the Hugging Face hub: `main`, another reference, or the beginning of a hash.
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// Tasks have no input picture
    ///
    /// Columns that look like pictures are left out.
    #[arg(long)]
    no_image: bool,
    /// Leave out records that do not fit
    ///
    /// Otherwise nothing is imported when a record cannot become a task.
    #[arg(long)]
    skip_unmapped: bool,
    /// Take the numbers of tasks as planned
    ///
    /// The numbers of tasks that are there become the suite's plan.
    #[arg(long)]
    counts_as_found: bool,
    /// Take the prompts of the authors
    ///
    /// From a clone of their repository, the source itself if no folder is named; their files are read, never run. Such prompts
    /// have no defences against injected words, and every report says so.
    #[arg(long, value_name = "CLONE", num_args = 0..=1, conflicts_with = "new")]
    with_prompts: Option<Option<PathBuf>>,
    /// Most bytes to read
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

/// Runs `parabench suite import`.
pub(super) fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
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
        if columns.insert(field, column.clone()).is_some() {
            return Err(
                UsageError(format!("--map names two columns for {field}; give one")).into(),
            );
        }
    }
    if options.no_image && columns.contains_key(&Field::Image) {
        let message = "--no-image says that there is no input picture, and --map names its column; give one of them";
        return Err(UsageError(message.to_owned()).into());
    }
    let mut categories = BTreeMap::new();
    for (word, category) in &options.category {
        if categories.insert(word.clone(), category.clone()).is_some() {
            return Err(
                UsageError(format!("--category names `{word}` twice; give it once")).into(),
            );
        }
    }
    let request = import::ImportRequest {
        source: options.source.clone(),
        base,
        columns,
        categories,
        only: options.only.clone(),
        rows: options.rows.clone(),
        split: options.split.clone(),
        revision: options.revision.clone(),
        no_image: options.no_image,
        skip_unmapped: options.skip_unmapped,
        counts_as_found: options.counts_as_found,
        known_rubrics: Rubrics::built_in,
        prompts: options
            .with_prompts
            .as_ref()
            .map(|clone| clone.clone().unwrap_or_else(|| options.source.clone())),
        limit_bytes: options.limit_bytes,
    };
    let plan = import::plan(&request)
        .with_context(|| format!("importing {}", options.source.display()))?;
    check_words(&request.categories, &plan.report)?;
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
        globals.print_json(&json!({"imported": imported, "report": report}))?;
        return Ok(Exit::Done);
    }
    for note in imported.notes.iter().take(SHOWN) {
        println!("note: {}", plain(note));
    }
    if imported.notes.len() > SHOWN {
        println!("note: {} more of the kind", imported.notes.len() - SHOWN);
    }
    let total: usize = imported.tasks.values().sum();
    println!(
        "wrote {total} tasks to {}\naxes   {}\ndigest {}",
        imported.folder.display(),
        imported.axes.join(", "),
        imported.digest
    );
    println!(
        "use it with --suite {}",
        spec_of(&imported.folder, &name, options.output.as_deref())
    );
    Ok(Exit::Done)
}

/// How the new suite is named: by name where it went to its usual place.
/// Refuses words of `--category` that no record has: a misspelt one would change nothing. Where records could not be
/// mapped, that is said first.
fn check_words(said: &BTreeMap<String, String>, found: &Report) -> anyhow::Result<()> {
    let unused = said
        .keys()
        .find(|word| !found.categories.contains_key(*word));
    match unused.filter(|_| found.unmapped.is_empty()) {
        None => Ok(()),
        Some(word) => {
            let words: Vec<&str> = found.categories.keys().map(String::as_str).collect();
            Err(UsageError(format!(
                "--category: no record has the word `{}`; there are: {}",
                plain(word),
                plain(&words.join(", "))
            ))
            .into())
        }
    }
}

fn spec_of(folder: &Path, name: &str, output: Option<&Path>) -> String {
    match output {
        None => name.to_owned(),
        Some(_) if folder.components().count() > 1 => folder.display().to_string(),
        Some(_) => format!("./{}", folder.display()),
    }
}

fn print_report(report: &import::Report, skip_unmapped: bool) {
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
        println!("note: {}", plain(note));
    }
    if skip_unmapped {
        for fault in report.unmapped.iter().take(SHOWN) {
            println!("left out: {}", plain(&fault.to_string()));
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
