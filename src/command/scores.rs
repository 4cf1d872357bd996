//! `parabench scores import`: marks that were made elsewhere become runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::analysis::scores::official::{Official, in_print, officials};
use crate::analysis::scores::score_table::{ScoreTable, score_table};
use crate::analysis::scores::sheet::{Items, axis_sheets};
use crate::command::{Exit, Globals, UsageError};
use crate::common::decimal::Decimal;
use crate::common::plain;
use crate::imported::assemble::{self, ModelMarks, assemble};
use crate::imported::catalogue::{self, Catalogue};
use crate::imported::formats::{Format, Said};
use crate::imported::survey::{self, ModelSurvey};
use crate::imported::write::{self, ImportedRun};
use crate::imported::{ScoresImportError, sketch};
use crate::report::table::text::{Detail, whole};
use crate::report::table::{Cell, Column, Table};
use crate::run::manifest::{ImportSection, ImportedFile};
use crate::suite::axes::scale::MarkScale;
use crate::suite::import::tables;
use crate::suite::{Definition, Print};

/// Options of `parabench scores`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// What to do
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Verb {
    /// Make runs of files with marks
    ///
    /// Reads spreadsheets and the files of other harnesses. A table has a row per mark (task, model, metric, score) or a column
    /// per axis. Every row needs a place: nothing is written where one has none.
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
    #[arg(long, value_name = "LO..HI", value_parser = ends)]
    scale: Option<(Decimal, Decimal)>,
    /// Distance of two marks on --scale
    #[arg(long, value_name = "STEP", requires = "scale", default_value = "1")]
    step: Decimal,
    /// Model, where the files do not name it
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Who marked, where the files do not say
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
    /// Take rows of one mark for repeats
    ///
    /// In the order of the files, where no column numbers them. They are an error otherwise.
    #[arg(long)]
    repeats_in_order: bool,
    /// Only say what would be imported
    #[arg(long)]
    dry_run: bool,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Printed<'a> {
    suite: &'a str,
    runs: Vec<PathBuf>,
    models: &'a [ModelSurvey],
    figures: &'a [Figures],
    broken_lines: Vec<String>,
    skipped: &'a [String],
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
        let (found, notes) = tables(file).with_context(|| format!("{}", file.display()))?;
        for note in notes {
            eprintln!("note: {}", plain::line(&note));
        }
        all.extend(found);
    }
    let said = Said {
        columns: options.columns.iter().cloned().collect(),
        language: options.language.clone(),
    };
    let definition = definition(options, &all, &said.columns)?;
    let entries = options
        .format
        .read(&all, &definition.axes, &said)
        .map_err(usage)?;
    let mut catalogue = Catalogue::of(&definition).map_err(usage)?;
    if options.scale.is_some() {
        catalogue = catalogue.with_tasks_of(&entries);
    }
    let how = assemble::Options {
        model: options.model.clone(),
        judge: options.judge.clone(),
        skip_unknown: options.skip_unknown,
        repeats_in_order: options.repeats_in_order,
    };
    let assembled = assemble(&entries, &catalogue, &definition.axes, &how).map_err(usage)?;
    let runs = runs(
        options,
        &definition,
        &assembled.models,
        section(options, &all, said.columns),
    );
    let surveys: Vec<ModelSurvey> = runs
        .iter()
        .zip(&assembled.models)
        .map(|((_, run), marks)| survey::of(run, marks.unnamed, marks.samples))
        .collect();
    let figures: Vec<Figures> = runs
        .iter()
        .map(|(_, run)| figures(run))
        .collect::<Result<_, _>>()
        .map_err(usage)?;
    let broken = broken_lines(&all);
    let folders: Vec<PathBuf> = runs.iter().map(|(folder, _)| folder.clone()).collect();
    if !globals.json {
        print!(
            "{}",
            told(&definition, &surveys, &broken, &assembled.skipped)
        );
        for figures in &figures {
            print!("{}", figures_text(figures));
        }
    }
    if !options.dry_run {
        check_free(&folders)?;
        for (folder, run) in runs {
            run.write(&folder).map_err(usage)?;
        }
    }
    if globals.json {
        globals.print_json(&Printed {
            suite: &definition.name,
            runs: folders,
            models: &surveys,
            figures: &figures,
            broken_lines: broken,
            skipped: &assembled.skipped,
            written: !options.dry_run,
        })?;
    } else {
        print!("{}", next(&folders, options.dry_run));
    }
    Ok(Exit::Done)
}

/// The figures of one run, per judge: as the benchmark's script makes them, and as the plan estimates them.
#[derive(Serialize)]
struct Figures {
    model: String,
    judge: String,
    official: Vec<Official>,
    estimate: ScoreTable,
    #[serde(skip)]
    print: Print,
}

fn figures(run: &ImportedRun) -> Result<Figures, ScoresImportError> {
    let suite = &run.manifest.suite;
    let items = Items::of_rows(suite, &run.rows)?;
    let judge = run
        .manifest
        .judges
        .first()
        .map_or("", |judge| judge.identity.name.as_str());
    let rows = run.rows.iter().filter(|row| *row.judge == *judge);
    let sheets = axis_sheets(&items, rows, &suite.scores)?;
    let model = run.manifest.model.identity.name.as_str();
    Ok(Figures {
        model: model.to_owned(),
        judge: judge.to_owned(),
        official: officials(suite, &items, &sheets),
        print: in_print(suite),
        estimate: score_table(suite, &items, &sheets, (model.into(), judge.into())),
    })
}

fn figures_text(figures: &Figures) -> String {
    let (table, print) = (&figures.estimate, figures.print);
    let digits = usize::from(print.digits);
    let levels = table
        .axes
        .iter()
        .map(|score| (score.axis.key(), &score.level));
    let overall = figures
        .official
        .iter()
        .find(|official| !table.axes.iter().any(|s| s.axis.key() == official.metric));
    let levels = levels.chain(overall.map(|official| (official.metric, &table.overall)));
    let rows = levels.map(|(metric, level)| {
        let official = figures
            .official
            .iter()
            .find(|official| official.metric == metric);
        let mut row = vec![
            Cell::words(metric),
            Cell::words(official.map_or("-", |official| official.printed.as_str())),
            Cell::words(official.map_or("", |official| official.rule)),
        ];
        match level {
            Ok(level) => row.extend([
                Cell::number(print.of_points(level.points), digits),
                Cell::interval(level.ci95.map(|end| print.of_points(end)), digits),
                Cell::count(level.items),
            ]),
            Err(_) => row.extend([Cell::words("-"), Cell::words(""), Cell::words("")]),
        }
        row
    });
    let shown = Table::new(
        format!("Figures of {} by {}", plain::line(&figures.model), plain::line(&figures.judge)),
        [
            Column::words("Metric"),
            Column::words("Official"),
            Column::words("Official rule"),
            Column::numbers("Estimate", ""),
            Column::words("95 % interval"),
            Column::numbers("Units", ""),
        ],
    )
    .with_rows(rows)
    .with_notes([
        "Official: what is there, averaged as the benchmark's own script does. Estimate: weighted as the suite plans, \
         interval over independent units. Both on the scale that the authors print."
            .to_owned(),
    ]);
    whole(&shown, Detail::of(true))
}

/// Every run has a place of its own before the first is written.
fn check_free(folders: &[PathBuf]) -> Result<(), UsageError> {
    let taken = folders.iter().find(|folder| folder.exists());
    if let Some(folder) = taken {
        return Err(UsageError(format!(
            "{} exists already; choose another name with -o, or remove it",
            folder.display()
        )));
    }
    let distinct: std::collections::BTreeSet<&PathBuf> = folders.iter().collect();
    if distinct.len() < folders.len() {
        return Err(UsageError(
            "two models of the files would have folders of the same name; rename one of them in the files"
                .to_owned(),
        ));
    }
    Ok(())
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
    tables: &[crate::suite::import::table::Table],
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
    let scale = MarkScale::new(lo, hi, options.step).ok_or_else(|| {
        UsageError(format!(
            "--scale {lo}..{hi} in steps of {}: expected a lowest mark below the highest, and steps that lead from the one \
             to the other",
            options.step
        ))
    })?;
    sketch::definition(&options.suite, scale, tables, said).map_err(usage)
}

fn section(
    options: &Import,
    tables: &[crate::suite::import::table::Table],
    columns: BTreeMap<String, String>,
) -> ImportSection {
    let file = |table: &crate::suite::import::table::Table| ImportedFile {
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

fn runs(
    options: &Import,
    definition: &Definition,
    models: &[ModelMarks],
    section: ImportSection,
) -> Vec<(PathBuf, ImportedRun)> {
    let folder = |marks: &ModelMarks| match models {
        [_] => options.output.clone(),
        _ => {
            let name = options
                .output
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            let name = format!("{name}-{}", catalogue::run_name(&marks.model));
            options.output.with_file_name(name)
        }
    };
    let run = |marks: &ModelMarks| {
        (
            folder(marks),
            write::run(definition, marks, section.clone()),
        )
    };
    models.iter().map(run).collect()
}

fn broken_lines(tables: &[crate::suite::import::table::Table]) -> Vec<String> {
    let lines = tables.iter().flat_map(|table| {
        table
            .broken
            .iter()
            .map(|(line, what)| format!("{} line {line}: {what}", table.name))
    });
    lines.collect()
}

/// The survey in words.
fn told(
    definition: &Definition,
    surveys: &[ModelSurvey],
    broken: &[String],
    skipped: &[String],
) -> String {
    let rows = surveys.iter().flat_map(|survey| {
        survey.axes.iter().map(|(axis, counts)| {
            let count = |status: &str| counts.get(status).copied().unwrap_or(0);
            let all: u64 = counts.values().sum();
            let lacking = counts.iter().filter(|(status, _)| **status != "ok");
            let lacking: Vec<String> = lacking.map(|(status, n)| format!("{n} {status}")).collect();
            vec![
                Cell::words(plain::line(&survey.model)),
                Cell::words(plain::line(&survey.judges.join(", "))),
                Cell::words(*axis),
                Cell::count(all),
                Cell::count(count("ok")),
                Cell::words(lacking.join(", ")),
            ]
        })
    });
    let mut notes = Vec::new();
    for survey in surveys {
        if survey.absent_count > 0 {
            let more = survey.absent_count - survey.absent.len() as u64;
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            notes.push(format!(
                "{}: {} tasks have no row in the files: {}{more}.",
                plain::line(&survey.model),
                survey.absent_count,
                plain::line(&survey.absent.join(", "))
            ));
        }
        if survey.unnamed > 0 {
            notes.push(format!(
                "{}: {} planned tasks are not in the files; the suite does not tell their ids.",
                plain::line(&survey.model),
                survey.unnamed
            ));
        }
    }
    notes.extend(
        broken
            .iter()
            .take(20)
            .map(|line| format!("not read: {}", plain::line(line))),
    );
    notes.extend(
        skipped
            .iter()
            .take(20)
            .map(|row| format!("left out: {}", plain::line(row))),
    );
    if skipped.len() > 20 {
        notes.push(format!("left out: {} rows in all", skipped.len()));
    }
    let table = Table::new(
        format!(
            "Marks imported for {} {}",
            definition.name, definition.version
        ),
        [
            Column::words("Model"),
            Column::words("Judge"),
            Column::words("Axis"),
            Column::numbers("Planned", "marks"),
            Column::numbers("Taken", ""),
            Column::words("Missing"),
        ],
    )
    .with_rows(rows)
    .with_notes(notes);
    whole(&table, Detail::of(true))
}

/// What to do next.
fn next(folders: &[PathBuf], dry_run: bool) -> String {
    if dry_run {
        return "Nothing was written (--dry-run).\n".to_owned();
    }
    let written: Vec<String> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let names: Vec<&str> = written.iter().map(String::as_str).collect();
    let hint = match names.as_slice() {
        [one] => format!("parabench report {one}"),
        [first, others @ ..] => {
            format!("parabench compare {} --baseline {first}", others.join(" "))
        }
        [] => String::new(),
    };
    format!("Written: {}\nNext: {hint}\n", names.join(", "))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((axis, column)) if !axis.is_empty() && !column.is_empty() => {
            Ok((axis.to_owned(), column.to_owned()))
        }
        _ => Err("expected AXIS=COLUMN".to_owned()),
    }
}

fn ends(text: &str) -> Result<(Decimal, Decimal), String> {
    let (lo, hi) = text
        .split_once("..")
        .ok_or("expected LO..HI, for example 1..5")?;
    let number = |text: &str| text.parse::<Decimal>().map_err(|error| error.to_string());
    Ok((number(lo)?, number(hi)?))
}
