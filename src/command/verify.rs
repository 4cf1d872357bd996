//! `parabench verify`: every number of a report, computed again from its runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::compare::Across;
use crate::analysis::findings::plan::{EDITION, PlanError, PlannedAudit, ReportRecord, names};
use crate::analysis::findings::scores_check::unsupported;
use crate::analysis::findings::{Findings, ReportRequest, findings};
use crate::analysis::published::Figures;
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::runs::source::RunSource;
use crate::command::compare::across;
use crate::command::{Exit, Globals, UsageError};
use crate::common::digest::Digest;
use crate::common::files;
use crate::report::columns::printable;
use crate::report::verify::folder::{pictures, strangers};
use crate::report::verify::{Checked, check};
use crate::report::verify_text::verify_text;
use crate::report::{kit, page};
use crate::suite::{self, Suite};

/// Longest file of a report that is read, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// Most rows of a score table that are listed.
const MAX_ROWS: usize = 10;

/// Options of `parabench verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder of the report
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Folder of the runs, if they have moved
    ///
    /// Needed only where the runs are not where report.toml says.
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Suite of the runs, if it has moved
    ///
    /// Needed only where the report was made with its data and the name in the runs does not lead to it.
    #[arg(long, value_name = "NAME|DIR")]
    suite: Option<String>,
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
    /// The command that writes the report again, where it is of another edition than this program writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_edition: Option<String>,
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
    let outcome = verify(
        &options.report,
        options.results.as_deref(),
        options.suite.as_deref(),
    )?;
    if globals.json {
        globals.print_json(&outcome)?;
    } else {
        print!(
            "{}",
            verify_text(&outcome.report, &outcome.files, &outcome.without_logs)
        );
        if let Some(command) = outcome.other_edition.as_ref().filter(|_| !outcome.holds) {
            println!("{}", other_edition(command));
        } else if outcome.made_by != outcome.checked_by && !outcome.holds {
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

/// What to do about a report whose form is that of another edition.
fn other_edition(command: &str) -> String {
    format!(
        "The report is of another edition than this program writes: the same runs give other words and places now. Write it \
         again, then verify that:\n  {}",
        printable(command)
    )
}

/// Computes a report again from its runs and compares every file with what follows from them.
///
/// # Errors
/// A plan, run or file that cannot be read, or runs that cannot be compared any more.
pub fn verify(
    folder: &Path,
    results: Option<&Path>,
    suite: Option<&str>,
) -> anyhow::Result<Outcome> {
    let plan = ReportRecord::read(folder)?;
    let sources = plan.sources(folder, results)?;
    let mut files = Vec::new();
    for (planned, source) in plan.all().zip(&sources) {
        files.extend(run_files(&planned.files, source));
        files.extend(pictures(source));
    }
    let figures = Figures::read(None)?.only(plan.published.as_deref());
    let bridge = plan.bridge(folder)?;
    let audits = plan.audits(folder)?;
    let request = ReportRequest {
        audits: &audits,
        across: across(bridge.as_ref(), plan.force_judge),
        ..request(&plan, folder, &sources, &figures)?
    };
    let findings =
        recomputed(&plan, &request).map_err(|error| changed_since(error, &files, &plan))?;
    for file in kit::render(&findings)? {
        files.push(against(folder, file.name, &file.text));
    }
    files.push(against(
        folder,
        names::PLAN,
        &expected_plan(&plan, folder, &request)?.text()?,
    ));
    let suite = page_suite(&plan, &findings, suite)?;
    files.extend(page_files(
        &plan,
        folder,
        &findings,
        sources.get(..plan.runs.len()).unwrap_or(&sources),
        suite.as_ref(),
    )?);
    files.extend(strangers(folder, &own_files(&plan, &files)));
    let without_logs = sources.iter().filter(|source| source.log.is_none());
    Ok(Outcome {
        report: folder.to_owned(),
        holds: files.iter().all(Checked::holds),
        made_by: plan.program,
        checked_by: crate::run::manifest::program(),
        other_edition: (plan.edition != EDITION).then(|| plan.command.clone()),
        without_logs: without_logs
            .map(|source| source.run.label.clone())
            .collect(),
        files,
    })
}

/// The files that a report is made of: those that were checked by name, and the copies of a declaration, a bridge and audits.
fn own_files(plan: &ReportRecord, checked: &[Checked]) -> BTreeSet<String> {
    let checked = checked.iter().map(|file| file.file.clone());
    let declaration = plan.declaration.map(|_| names::DECLARATION.to_owned());
    let bridge = plan.bridge.map(|_| names::BRIDGE.to_owned());
    let audits = plan.audits.iter().map(PlannedAudit::file);
    checked
        .chain(declaration)
        .chain(bridge)
        .chain(audits)
        .collect()
}

/// What the plan asks for, but for what lies in files of its own.
fn request<'a>(
    plan: &'a ReportRecord,
    folder: &Path,
    sources: &'a [RunSource],
    published: &'a Figures,
) -> Result<ReportRequest<'a>, PlanError> {
    let of = |baseline: bool| -> Vec<&RunSource> {
        let both = plan.runs.iter().zip(sources);
        let wanted = both.filter(|(planned, _)| planned.baseline == baseline);
        wanted.map(|(_, source)| source).collect()
    };
    Ok(ReportRequest {
        runs: of(false),
        baselines: of(true),
        beside: sources.iter().skip(plan.runs.len()).collect(),
        judge: plan.judge.as_deref(),
        across: Across::Refused,
        declaration: plan.declared(folder)?,
        draws: plan.draws,
        multiverse: plan.multiverse,
        published,
        audits: &[],
        command: plan.command.clone(),
    })
}

/// The findings under the name of the program that made the report: another version that says the same is fine.
fn recomputed(plan: &ReportRecord, request: &ReportRequest<'_>) -> anyhow::Result<Findings> {
    let mut findings = findings(request)?;
    findings.program.clone_from(&plan.program);
    if let Some(comparison) = &mut findings.comparison {
        comparison.program.clone_from(&plan.program);
    }
    Ok(findings)
}

/// Says of runs that give no report any more what changed in them since they gave one, and what to do.
fn changed_since(error: anyhow::Error, files: &[Checked], plan: &ReportRecord) -> anyhow::Error {
    let changed = files.iter().filter(|file| !file.holds());
    let changed: Vec<&str> = changed.map(|file| file.file.as_str()).collect();
    if changed.is_empty() {
        return error;
    }
    error.context(format!(
        "the runs have changed since the report was written ({}) and do not give it any more; write it again, with --judge \
         NAME where another judge has marked them since: `{}`",
        changed.join(", "),
        printable(&plan.command)
    ))
}

/// The plan as these runs and options give it; only what cannot be recomputed is taken over.
fn expected_plan(
    plan: &ReportRecord,
    folder: &Path,
    request: &ReportRequest<'_>,
) -> Result<ReportRecord, PlanError> {
    let mut expected = ReportRecord::new(folder, request)?;
    expected.program.clone_from(&plan.program);
    expected.edition = plan.edition.min(EDITION);
    expected.files.clone_from(&plan.files);
    expected.suite_at_hand = plan.suite_at_hand;
    expected.published.clone_from(&plan.published);
    let runs = expected.runs.iter_mut().chain(&mut expected.beside);
    for (run, planned) in runs.zip(plan.all()) {
        run.path.clone_from(&planned.path);
    }
    Ok(expected)
}

/// A run's files against the digests of the plan, and its score table against its logs.
fn run_files(planned: &BTreeMap<String, Digest>, source: &RunSource) -> Vec<Checked> {
    let label = &source.run.label;
    let mut checked = Vec::new();
    let names = planned.keys().chain(source.files.keys());
    let names: BTreeSet<&String> = names.collect();
    for name in names {
        let shown = |digest: Option<&Digest>| {
            digest.map_or_else(
                || "no such file".to_owned(),
                |digest| format!("digest {}", digest.short(12)),
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

/// The suite's data, if the report was made with them.
fn page_suite(
    plan: &ReportRecord,
    findings: &Findings,
    named: Option<&str>,
) -> anyhow::Result<Option<Suite>> {
    if !plan.suite_at_hand {
        return Ok(None);
    }
    let wanted = &findings.suite;
    let name = named.unwrap_or(&wanted.name);
    let found = suite::open(name).with_context(|| {
        format!(
            "the report shows data of suite {}; name its folder with --suite",
            wanted.name
        )
    })?;
    if found.digest != wanted.digest {
        return Err(UsageError(format!(
            "suite {name} has digest {}, the runs answered {} with digest {}: name the data that they \
             answered with --suite",
            found.digest.short(12),
            wanted.name,
            wanted.digest.short(12)
        ))
        .into());
    }
    Ok(Some(found))
}

/// The page, its figures and pictures, rendered again; then what else the plan names.
fn page_files(
    plan: &ReportRecord,
    folder: &Path,
    findings: &Findings,
    sources: &[RunSource],
    suite: Option<&Suite>,
) -> anyhow::Result<Vec<Checked>> {
    if !plan.files.contains_key(page::PAGE) {
        return Ok(Vec::new());
    }
    let runs: Vec<&LoadedRun> = sources.iter().map(|source| &source.run).collect();
    let rendered = page::render(&page::Content {
        findings,
        runs: &runs,
        suite,
        cache: &files::cache_folder(),
    })?;
    let rendered: BTreeMap<String, &[u8]> = rendered.files().collect();
    let mut checked = Vec::new();
    for (name, bytes) in &rendered {
        checked.push(match std::str::from_utf8(bytes) {
            Ok(text) => against(folder, name, text),
            Err(_) => by_digest(folder, name, Digest::of(bytes)),
        });
    }
    for (name, digest) in &plan.files {
        match rendered.get(name) {
            None => checked.push(Checked::whole(name, "a file", "no such file")),
            Some(bytes) if Digest::of(bytes) != *digest => {
                let now = format!("digest {} of {name}", Digest::of(bytes).short(12));
                checked.push(Checked::whole(
                    names::PLAN,
                    format!("digest {}", digest.short(12)),
                    now,
                ));
            }
            Some(_) => {}
        }
    }
    Ok(checked)
}

fn by_digest(folder: &Path, name: &str, digest: Digest) -> Checked {
    match files::read_bounded(&folder.join(name), MAX_BYTES) {
        Ok(bytes) if Digest::of(&bytes) == digest => check(name, "", ""),
        Ok(bytes) => Checked::whole(
            name,
            format!("digest {}", Digest::of(&bytes).short(12)),
            format!("digest {}", digest.short(12)),
        ),
        Err(error) => Checked::whole(name, error.to_string(), "a file that can be read"),
    }
}
