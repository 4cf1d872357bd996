//! `parabench verify`: every number of a report, computed again from its runs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::analysis::findings::plan::{Plan, PlanError, names};
use crate::analysis::findings::scores_check::unsupported;
use crate::analysis::findings::source::Source;
use crate::analysis::findings::{Findings, Request, findings};
use crate::analysis::published::Figures;
use crate::command::report::suite_at_hand;
use crate::command::{Exit, Globals, print_json};
use crate::common::digest::Digest;
use crate::common::files;
use crate::report::kit;
use crate::report::page::{self, Content, PAGE};
use crate::report::verify::{Checked, check};
use crate::report::verify_text::verify_text;

/// Longest file of a report that is read, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// Most rows of a score table that are listed.
const MAX_ROWS: usize = 10;

/// Recompute every number of a report from its runs and compare it with what is written there.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Exit code 1 when any file does not say what the runs say.")]
pub struct Options {
    /// The report's folder, which holds report.toml
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Folder of the runs, for a report whose runs are not where report.toml says
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
}

/// The result as `--json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The report's folder.
    pub report: PathBuf,
    /// Whether every file says what the runs say.
    pub holds: bool,
    /// The program that made the report.
    pub made_by: String,
    /// This program.
    pub checked_by: String,
    /// Runs whose score table had to be taken as it is, since no logs lie beside it.
    pub without_logs: Vec<String>,
    /// File by file: first those of the runs, then those of the report.
    pub files: Vec<Checked>,
}

/// Runs the command.
///
/// # Errors
/// A report or run that cannot be read.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let outcome = verify(&options.report, options.results.as_deref())?;
    if globals.json {
        print_json(&outcome)?;
    } else {
        print!(
            "{}",
            verify_text(&outcome.report, &outcome.files, &outcome.without_logs)
        );
        if outcome.made_by != outcome.checked_by && !outcome.holds {
            println!(
                "The report was made by {}, this is {}: versions may print differently.",
                outcome.made_by, outcome.checked_by
            );
        }
    }
    Ok(if outcome.holds {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Computes a report again from its runs and compares every file with what follows from them.
///
/// # Errors
/// A plan, run or file that cannot be read, or runs that cannot be compared any more.
pub fn verify(folder: &Path, results: Option<&Path>) -> anyhow::Result<Outcome> {
    let plan = Plan::read(folder)?;
    let sources = plan.sources(folder, results)?;
    let mut files = Vec::new();
    for (planned, source) in plan.runs.iter().zip(&sources) {
        files.extend(run_files(&planned.files, source));
    }
    let figures = Figures::read(None)?;
    let request = request(&plan, folder, &sources, &figures)?;
    let findings = recomputed(&plan, &request)?;
    for file in kit::render(&findings)? {
        files.push(against(folder, file.name, &file.text));
    }
    files.push(against(
        folder,
        names::PLAN,
        &expected_plan(&plan, folder, &request)?.text()?,
    ));
    let page = page_again(&findings, &request)?;
    for (name, digest) in &plan.files {
        files.push(match &page {
            Some(html) if name == PAGE => against(folder, name, html),
            _ => bytes(folder, name, *digest),
        });
    }
    let without_logs = sources.iter().filter(|source| source.log.is_none());
    Ok(Outcome {
        report: folder.to_owned(),
        holds: files.iter().all(Checked::holds),
        made_by: plan.program,
        checked_by: crate::run::manifest::program(),
        without_logs: without_logs
            .map(|source| source.run.label.clone())
            .collect(),
        files,
    })
}

/// The page made again, where the suite's data is at hand; without it only the page's digest can be checked.
fn page_again(findings: &Findings, request: &Request<'_>) -> anyhow::Result<Option<String>> {
    let Some(suite) = suite_at_hand(findings) else {
        return Ok(None);
    };
    let sources = request.runs.iter().chain(&request.baselines);
    let runs: Vec<_> = sources.map(|source| &source.run).collect();
    let rendered = page::render(&Content {
        findings,
        runs: &runs,
        suite: Some(&suite),
        cache: &files::cache_folder(),
    })?;
    Ok(Some(rendered.html))
}

/// What the plan asks for.
fn request<'a>(
    plan: &'a Plan,
    folder: &Path,
    sources: &'a [Source],
    published: &'a Figures,
) -> Result<Request<'a>, PlanError> {
    let of = |baseline: bool| -> Vec<&Source> {
        let both = plan.runs.iter().zip(sources);
        let wanted = both.filter(|(planned, _)| planned.baseline == baseline);
        wanted.map(|(_, source)| source).collect()
    };
    Ok(Request {
        runs: of(false),
        baselines: of(true),
        judge: plan.judge.as_deref(),
        force_judge: plan.force_judge,
        declaration: plan.declared(folder)?,
        draws: plan.draws,
        published,
        command: plan.command.clone(),
    })
}

/// The findings under the name of the program that made the report: another version that says the same is fine.
fn recomputed(plan: &Plan, request: &Request<'_>) -> anyhow::Result<Findings> {
    let mut findings = findings(request)?;
    findings.program.clone_from(&plan.program);
    if let Some(comparison) = &mut findings.comparison {
        comparison.program.clone_from(&plan.program);
    }
    Ok(findings)
}

/// The plan as these runs and options give it; only what cannot be recomputed is taken over.
fn expected_plan(plan: &Plan, folder: &Path, request: &Request<'_>) -> Result<Plan, PlanError> {
    let mut expected = Plan::new(folder, request)?;
    expected.program.clone_from(&plan.program);
    expected.files.clone_from(&plan.files);
    for (run, planned) in expected.runs.iter_mut().zip(&plan.runs) {
        run.path.clone_from(&planned.path);
    }
    Ok(expected)
}

/// A run's files against the digests of the plan, and its score table against its logs.
fn run_files(
    planned: &std::collections::BTreeMap<String, Digest>,
    source: &Source,
) -> Vec<Checked> {
    let label = &source.run.label;
    let mut checked = Vec::new();
    let names = planned.keys().chain(source.files.keys());
    let names: std::collections::BTreeSet<&String> = names.collect();
    for name in names {
        let shown = |digest: Option<&Digest>| {
            digest.map_or_else(
                || "no such file".to_owned(),
                |digest| format!("digest {digest}"),
            )
        };
        let (then, now) = (planned.get(name), source.files.get(name));
        if then != now {
            checked.push(Checked::whole(
                &format!("{label}/{name}"),
                shown(now),
                shown(then),
            ));
        }
    }
    let wrong = unsupported(source);
    for row in wrong.iter().take(MAX_ROWS) {
        let found = format!("row {}: {}", row.row, row.found);
        let file = format!("{label}/{}", crate::run::folder::names::SCORES);
        let logged = format!("{} as the log of marks says", row.logged);
        checked.push(Checked::whole(&file, found, logged));
    }
    checked
}

fn against(folder: &Path, name: &str, expected: &str) -> Checked {
    match files::read_bounded(&folder.join(name), MAX_BYTES) {
        Ok(bytes) => check(name, expected, &String::from_utf8_lossy(&bytes)),
        Err(error) => Checked::whole(name, error.to_string(), "a file that can be read"),
    }
}

fn bytes(folder: &Path, name: &str, digest: Digest) -> Checked {
    let Some(path) = files::join_contained(folder, name) else {
        return Checked::whole(
            name,
            "a path that leaves the report",
            "a file of the report",
        );
    };
    match files::read_bounded(&path, MAX_BYTES) {
        Ok(bytes) if Digest::of(&bytes) == digest => check(name, "", ""),
        Ok(bytes) => Checked::whole(
            name,
            format!("digest {}", Digest::of(&bytes)),
            format!("digest {digest} of {}", names::PLAN),
        ),
        Err(error) => Checked::whole(name, error.to_string(), "a file that can be read"),
    }
}
