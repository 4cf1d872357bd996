//! `parabench report`: what goes into the paper, and the page that convinces its readers.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::compare::{CompareError, DEFAULT_DRAWS};
use crate::analysis::findings::plan::{ReportRecord, names};
use crate::analysis::findings::{Findings, ReportRequest, findings};
use crate::analysis::judges::audit::AuditRecord;
use crate::analysis::published::Figures;
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::runs::source::RunSource;
use crate::command::compare::{across, bridge};
use crate::command::results_option::ResultsOption;
use crate::command::shell;
use crate::command::task_options::existing_run;
use crate::command::{Exit, Globals, UsageError};
use crate::common::files;
use crate::common::suggest;
use crate::report::kit;
use crate::report::names::Names;
use crate::report::page::{self, Content, PAGE};
use crate::report::rebuttal::rebuttal;
use crate::report::table::text;
use crate::report::verdict::verdict;
use crate::suite::{self, Suite};

/// The choice of no published row.
const NONE: &str = "none";

/// Options of `parabench report`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs to report: names or folders
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<String>,
    /// Run to compare with; may be repeated
    #[arg(long = "baseline", value_name = "RUN")]
    pub baselines: Vec<String>,
    /// Extra run to show; may be repeated
    ///
    /// Its scores are added to the table of the page, for example those of control models. It is not compared with other
    /// runs and changes no test.
    #[arg(long = "beside", value_name = "RUN")]
    pub beside: Vec<String>,
    /// Folder of the report
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Judge to use
    ///
    /// The default is the only judge of the runs.
    #[arg(long, value_name = "NAME")]
    pub judge: Option<String>,
    /// Compare marks of different judges
    ///
    /// Every line is then flagged.
    #[arg(long)]
    pub force_judge: bool,
    /// Bridge file, for different judges
    ///
    /// A file of `parabench judge-bridge`. It sets runs that different judges marked on one scale; its uncertainty is in
    /// every interval and p.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["judge", "force_judge"])]
    pub bridge: Option<PathBuf>,
    /// Declaration made before the marks
    ///
    /// A TOML file that names the primary comparison, margin, alpha or family.
    #[arg(long, value_name = "FILE")]
    pub declare: Option<PathBuf>,
    /// Show how claims hold in other analyses
    ///
    /// Counts in how many other analyses each claim stands: mapping, rule for missing marks, judges, sets of axes.
    #[arg(long)]
    pub multiverse: bool,
    /// Audit of the judge; may be repeated
    ///
    /// A folder of `parabench judge-audit -o DIR`. Its verdict is shown in the judge's card. It must be of a judge of these
    /// runs, with the same profile and rubrics.
    #[arg(long = "audit", value_name = "DIR")]
    pub audits: Vec<PathBuf>,
    /// Suite of the runs, if it has moved
    ///
    /// Needed only where the name in run.toml does not lead to the suite.
    #[arg(long, value_name = "NAME|DIR")]
    pub suite: Option<String>,
    /// Print a paragraph and a table to paste
    ///
    /// Plain text for a reply to reviewers, in place of the short result. The report is written as well.
    #[arg(long)]
    pub rebuttal: bool,
    /// Published row to show; may be repeated
    ///
    /// A model as `parabench published` names it. Without this option all rows about the suite are shown with the
    /// runs; `none` shows none.
    #[arg(long = "published", value_name = "MODEL|none")]
    pub published: Vec<String>,
    /// Where the runs lie.
    #[command(flatten)]
    pub results: ResultsOption,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    folder: &'a Path,
    findings: &'a Findings,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuttal: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// As [`make`].
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let found = make(options)?;
    if globals.json {
        globals.print_json(&Outcome {
            folder: &options.output,
            findings: &found,
            rebuttal: options.rebuttal.then(|| rebuttal(&found)),
        })?;
    } else if options.rebuttal {
        print!("{}", rebuttal(&found));
    } else {
        show(options, &found);
    }
    Ok(Exit::Done)
}

/// Writes page, figures, the files for the paper and `report.toml`.
///
/// # Errors
/// Runs that cannot be read, compared or shown, and a folder that cannot be written.
pub fn make(options: &Options) -> anyhow::Result<Findings> {
    files::check_writable(&options.output).context("--output")?;
    let declaration = match &options.declare {
        Some(path) => Declaration::read(path).context("--declare")?,
        None => Declaration::default(),
    };
    let sources = sources(options)?;
    let (runs, others) = sources.split_at(options.runs.len());
    let (baselines, beside) = others.split_at(options.baselines.len());
    let chosen = chosen_rows(&options.published)?;
    let figures = Figures::read(None)?.only(chosen.as_deref());
    let bridge = bridge(options.bridge.as_deref())?;
    let audits = options
        .audits
        .iter()
        .map(|folder| AuditRecord::read_folder(folder));
    let audits: Vec<AuditRecord> = audits.collect::<Result<_, _>>().context("--audit")?;
    let request = ReportRequest {
        runs: runs.iter().collect(),
        baselines: baselines.iter().collect(),
        beside: beside.iter().collect(),
        judge: options.judge.as_deref(),
        across: across(bridge.as_ref(), options.force_judge),
        declaration,
        draws: DEFAULT_DRAWS,
        multiverse: options.multiverse,
        published: &figures,
        audits: &audits,
        command: command_line(options),
    };
    let found = findings(&request).map_err(usage)?;
    let compared = sources.iter().take(found.runs.len());
    let loaded: Vec<&LoadedRun> = compared.map(|source| &source.run).collect();
    let suite = suite_of(options, &found)?;
    let rendered = page::render(&Content {
        findings: &found,
        runs: &loaded,
        suite: suite.as_ref(),
        cache: &files::cache_folder(),
    })?;
    files::create_folder(&options.output).context("--output")?;
    rendered.write(&options.output)?;
    kit::write(&options.output, &found)?;
    let earlier = ReportRecord::read(&options.output).ok();
    let mut plan = ReportRecord::new(&options.output, &request)?;
    plan.suite_at_hand = suite.is_some();
    plan.published = chosen;
    let written: Vec<String> = rendered.files().map(|(name, _)| name).collect();
    plan.record(&options.output, written.iter().map(String::as_str))?;
    if let Some(bridge) = &bridge {
        bridge.write(&options.output.join(names::BRIDGE))?;
    }
    for (audit, record) in plan.audits.iter().zip(&audits) {
        record.write(&options.output.join(audit.file()))?;
    }
    plan.write(&options.output, options.declare.as_deref())?;
    if let Some(earlier) = earlier {
        earlier.remove_from(&options.output, &plan)?;
    }
    Ok(found)
}

/// The published rows that were chosen; `None` for all.
fn chosen_rows(named: &[String]) -> anyhow::Result<Option<Vec<String>>> {
    if named.is_empty() {
        return Ok(None);
    }
    if named == [NONE] {
        return Ok(Some(Vec::new()));
    }
    let figures = Figures::read(None)?;
    let known = figures.distinct(|figure| &figure.model);
    let wrong = named.iter().filter(|name| !known.contains(&name.as_str()));
    let wrong: Vec<String> = wrong
        .map(|name| suggest::unknown("published model", name, &known, Some("parabench published")))
        .collect();
    match wrong.is_empty() {
        true => Ok(Some(named.to_vec())),
        false => Err(UsageError(wrong.join("\n")).into()),
    }
}

/// Reads all runs. All that cannot be read are reported at once.
fn sources(options: &Options) -> anyhow::Result<Vec<RunSource>> {
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    let named = options.runs.iter().chain(&options.baselines);
    for run in named.chain(&options.beside) {
        let read = existing_run(&options.results.folder, run)
            .and_then(|folder| Ok(RunSource::read(&folder)?));
        match read {
            Ok(source) => sources.push(source),
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    if faults.is_empty() {
        Ok(sources)
    } else {
        Err(anyhow::anyhow!("{}", faults.join("\n")))
    }
}

/// The suite that the runs answered. One that is named must be it; one that is only looked for may be absent.
fn suite_of(options: &Options, found: &Findings) -> anyhow::Result<Option<Suite>> {
    let wanted = &found.suite;
    match &options.suite {
        Some(name) => {
            let suite = suite::open(name).context("--suite")?;
            if suite.digest == wanted.digest {
                return Ok(Some(suite));
            }
            Err(UsageError(format!(
                "--suite {name} has digest {}, the runs answered {} with digest {}: name the data that they answered",
                suite.digest.short(12),
                wanted.name,
                wanted.digest.short(12)
            ))
            .into())
        }
        None => {
            let suite = suite::open(&wanted.name)
                .ok()
                .filter(|suite| suite.digest == wanted.digest);
            if suite.is_none() {
                tracing::warn!(
                    "the data of suite {} with digest {} is not here: the gallery has neither instructions nor input \
                     pictures; name its folder with --suite",
                    wanted.name,
                    wanted.digest.short(12)
                );
            }
            Ok(suite)
        }
    }
}

/// The command that makes this report again.
fn command_line(options: &Options) -> String {
    let mut words = vec!["parabench".to_owned(), "report".to_owned()];
    words.extend(options.runs.iter().cloned());
    let mut named = |name: &str, value: String| words.extend([name.to_owned(), value]);
    for baseline in &options.baselines {
        named("--baseline", baseline.clone());
    }
    for run in &options.beside {
        named("--beside", run.clone());
    }
    if let Some(judge) = &options.judge {
        named("--judge", judge.clone());
    }
    if let Some(path) = &options.bridge {
        named("--bridge", path.display().to_string());
    }
    if let Some(path) = &options.declare {
        named("--declare", path.display().to_string());
    }
    for folder in &options.audits {
        named("--audit", folder.display().to_string());
    }
    if let Some(suite) = &options.suite {
        named("--suite", suite.clone());
    }
    for row in &options.published {
        named("--published", row.clone());
    }
    if options.results.folder != Path::new("results") {
        named("--results", options.results.folder.display().to_string());
    }
    named("-o", options.output.display().to_string());
    for (given, flag) in [
        (options.force_judge, "--force-judge"),
        (options.multiverse, "--multiverse"),
    ] {
        words.extend(given.then(|| flag.to_owned()));
    }
    shell::line(&words)
}

/// What the user named wrongly is a matter of usage, the rest a failure.
fn usage(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Request(_) | CompareError::Judge(_) => UsageError(error.to_string()).into(),
        other => other.into(),
    }
}

fn show(options: &Options, found: &Findings) {
    for pair in verdict(found, &Names::of(found)).statements {
        println!("{}", text::paragraph(&pair.join(" ")));
    }
    println!("{}", options.output.join(PAGE).display());
}
