//! `parabench scores import`: marks that were made elsewhere become runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::analysis::scores::items::Items;
use crate::analysis::scores::official::officials;
use crate::analysis::scores::score_table::score_table;
use crate::analysis::scores::sheet::{axis_sheets, overlaid};
use crate::command::{Exit, Globals, UsageError, human_scale, shell};
use crate::common::decimal::Decimal;
use crate::common::{files, plain};
use crate::imported::assemble::{self, ModelMarks, assemble};
use crate::imported::catalogue::{self, Catalogue};
use crate::imported::formats::{Format, Said, keep_rows};
use crate::imported::survey;
use crate::imported::write::{self, ImportedRun};
use crate::imported::{ScoresImportError, sketch};
use crate::report::figures_text::Figures;
use crate::report::imported_text::{Survey, imported_text};
use crate::run::manifest::{ImportSection, ImportedFile};
use crate::suite::Definition;
use crate::suite::import::table::SourceTable;
use crate::suite::import::tables;

/// Options of `parabench scores`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// What to do
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Verb {
    /// Make runs from files with marks
    ///
    /// Reads spreadsheets and the files of other harnesses. A table has a row per mark (task, model, metric, score) or a column
    /// per axis. If a row does not belong to a task and an axis of the suite, nothing is written.
    Import(Import),
}

/// Options of `parabench scores import`.
#[derive(Clone, Debug, clap::Args)]
struct Import {
    /// Files with marks, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Suite: a name or a folder
    #[arg(long, value_name = "NAME|DIR")]
    suite: String,
    /// Form of the files
    #[arg(long = "as", value_name = "FORM", default_value = "table")]
    format: Format,
    /// Run to write, for example results/mine
    ///
    /// Marks of several models become several runs, with -MODEL appended.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Take a column of the files for an axis
    #[arg(long = "map", value_name = "AXIS=COLUMN", value_parser = pair)]
    columns: Vec<(String, String)>,
    /// Define the suite from the files, marks from LO to HI
    ///
    /// Every metric of the files becomes an axis on this scale, every category a stratum as large as the files have tasks of it.
    #[arg(long, value_name = "LO..HI", value_parser = human_scale::ends)]
    scale: Option<(Decimal, Decimal)>,
    /// Distance of two marks on --scale
    #[arg(long, value_name = "STEP", requires = "scale", default_value = "1")]
    step: Decimal,
    /// Model, if the files do not name it
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Name of the judge, if the files do not say
    #[arg(long, value_name = "NAME")]
    judge: Option<String>,
    /// Read only records of this language
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Leave out rows that the suite does not have
    ///
    /// Rows about unknown tasks and metrics are an error otherwise.
    #[arg(long)]
    skip_unknown: bool,
    /// Treat rows of one mark as repeats
    ///
    /// In the order of the files, if no column numbers them. Otherwise they are an error.
    #[arg(long)]
    repeats_in_order: bool,
    /// Show what would be imported
    #[arg(long)]
    dry_run: bool,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    survey: &'a Survey,
    runs: Vec<PathBuf>,
    written: bool,
}

/// Runs the command.
///
/// # Errors
/// Files that cannot be read or placed; nothing is written then.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let Verb::Import(options) = &options.verb;
    let mut all = Vec::new();
    for file in &options.files {
        let (found, notes) = tables(file).context("the files with marks cannot be read")?;
        for note in notes {
            eprintln!("note: {}", plain::line(&note));
        }
        all.extend(found);
    }
    let said = Said {
        columns: options.columns.iter().cloned().collect(),
        language: options.language.clone(),
    };
    let mut definition = definition(options, &all, &said.columns)?;
    keep_rows(&mut all, &definition.rows).map_err(usage)?;
    let form = options.format;
    let axes = [definition.axes.as_slice(), &definition.extra].concat();
    let entries = form.read(&all, &axes, &said).map_err(usage)?;
    catalogue::plan_as_found(&mut definition, &entries);
    let catalogue = Catalogue::of(&definition, &entries).map_err(usage)?;
    let how = assemble::Options {
        model: options.model.clone(),
        judge: options.judge.clone(),
        skip_unknown: options.skip_unknown,
        repeats_in_order: options.repeats_in_order,
    };
    let assembled = assemble(&entries, &catalogue, &axes, &how).map_err(usage)?;
    let section = section(options, &all, said.columns);
    let runs: Vec<(PathBuf, ImportedRun)> = assembled
        .models
        .iter()
        .map(|marks| {
            let run = write::run(&definition, &catalogue, marks, section.clone());
            (folder(options, &assembled.models, marks), run)
        })
        .collect();
    let survey = Survey {
        suite: format!("{} {}", definition.name, definition.version),
        models: runs.iter().map(|(_, run)| survey::of(run)).collect(),
        figures: figures(&runs).map_err(usage)?,
        unnamed: catalogue.unnamed(),
        broken_lines: broken_lines(&all),
        skipped: assembled.skipped,
    };
    let folders: Vec<PathBuf> = runs.iter().map(|(folder, _)| folder.clone()).collect();
    if !options.dry_run {
        write::check_free(&runs).map_err(usage)?;
    }
    if !globals.json {
        print!("{}", imported_text(&survey));
    }
    if !options.dry_run {
        for (folder, run) in runs {
            run.write(&folder).map_err(usage)?;
        }
    }
    if globals.json {
        globals.print_json(&Printed {
            survey: &survey,
            runs: folders,
            written: !options.dry_run,
        })?;
    } else {
        print!("{}", next(&folders, options.dry_run));
    }
    Ok(Exit::Done)
}

/// What to do next.
fn next(folders: &[PathBuf], dry_run: bool) -> String {
    if dry_run {
        return "Nothing was written (--dry-run).\n".to_owned();
    }
    let names: Vec<String> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let mut command = vec!["parabench".to_owned()];
    match names.as_slice() {
        [first, others @ ..] if !others.is_empty() => {
            command.push("compare".to_owned());
            command.extend(others.iter().cloned());
            command.extend(["--baseline".to_owned(), first.clone()]);
        }
        one => {
            command.push("report".to_owned());
            command.extend(one.iter().cloned());
            command.extend(["-o".to_owned(), "report".to_owned()]);
        }
    }
    format!(
        "Written: {}\nNext: {}\n",
        names.join(", "),
        shell::line(&command)
    )
}

/// The figures of every run under each of its judges.
fn figures(runs: &[(PathBuf, ImportedRun)]) -> Result<Vec<Figures>, ScoresImportError> {
    let mut all = Vec::new();
    for (_, run) in runs {
        let suite = &run.manifest.suite;
        let items = Items::of_rows(suite, &run.rows)?;
        for judge in &run.manifest.judges {
            let (model, judge) = (&run.manifest.model.identity.name, &judge.identity.name);
            let rows = run.rows.iter().filter(|row| *row.judge == **judge);
            let sheets = axis_sheets(&items, rows, &suite.scores)?;
            let numbers = run
                .official
                .iter()
                .filter(|one| *one.judge == *judge.as_str());
            let numbers = numbers.map(|one| (&one.at, one.number));
            let as_read = overlaid(&items, &sheets, numbers, &suite.scores)?;
            let names = (model.as_str().into(), judge.as_str().into());
            let mut table = score_table(suite, &items, &sheets, names);
            table.official = officials(suite, &items, &as_read);
            all.push(Figures::of(table));
        }
    }
    Ok(all)
}

fn broken_lines(tables: &[SourceTable]) -> Vec<String> {
    let lines = tables.iter().flat_map(|table| {
        let lines = table.broken.iter();
        lines.map(|(line, what)| format!("{} line {line}: {what}", table.name))
    });
    lines.collect()
}

/// The folder of a model's run.
fn folder(options: &Import, models: &[ModelMarks], marks: &ModelMarks) -> PathBuf {
    if models.len() == 1 {
        return options.output.clone();
    }
    let name = options
        .output
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let name = format!("{name}-{}", files::safe_name(&marks.model));
    options.output.with_file_name(name)
}

fn usage(error: ScoresImportError) -> anyhow::Error {
    match error {
        ScoresImportError::Format(_) | ScoresImportError::Rows(_) => {
            UsageError(error.to_string()).into()
        }
        other => other.into(),
    }
}

fn definition(
    options: &Import,
    tables: &[SourceTable],
    said: &BTreeMap<String, String>,
) -> anyhow::Result<Definition> {
    let Some((lo, hi)) = options.scale else {
        return catalogue::definition(&options.suite).map_err(|error| {
            UsageError(format!(
                "{error}\nto define a suite from the files, say the lowest and the highest mark with --scale LO..HI"
            ))
            .into()
        });
    };
    let scale = human_scale::scale(lo, hi, options.step)?;
    sketch::definition(&options.suite, scale, tables, said).map_err(usage)
}

fn section(
    options: &Import,
    tables: &[SourceTable],
    columns: BTreeMap<String, String>,
) -> ImportSection {
    let file = |table: &SourceTable| ImportedFile {
        name: table.name.clone(),
        sha256: table.digest,
        records: table.records.len() as u64,
        broken_lines: table.broken.iter().map(|(line, _)| *line as u64).collect(),
    };
    let name = clap::ValueEnum::to_possible_value(&options.format);
    ImportSection {
        format: name.map_or_else(String::new, |value| value.get_name().to_owned()),
        scores: None,
        columns,
        file: tables.iter().map(file).collect(),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((axis, column)) if !axis.is_empty() && !column.is_empty() => {
            Ok((axis.to_owned(), column.to_owned()))
        }
        _ => Err("expected AXIS=COLUMN".to_owned()),
    }
}
