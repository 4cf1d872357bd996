//! Everything that a report shows, computed once: pages, tables and figures only render it.

pub mod audits;
pub mod plan;
pub mod published_rows;
pub mod reliability;
pub mod run;
pub mod scores_check;
pub mod thinking_pairs;

use serde::Serialize;

use crate::analysis::compare::crossing::BridgeInfo;
use crate::analysis::compare::multiverse::{self, Multiverse, multiverse};
use crate::analysis::compare::prepared::Prepared;
use crate::analysis::compare::{
    self, Across, CompareError, Comparison, How, SuiteInfo, compare_prepared, declared,
};
use crate::analysis::findings::audits::{AuditFindings, audits};
use crate::analysis::findings::published_rows::{PublishedRow, published_rows};
use crate::analysis::findings::run::{RunFindings, Shared, run_findings};
use crate::analysis::findings::thinking_pairs::thinking_pairs;
use crate::analysis::judges::audit::AuditRecord;
use crate::analysis::published::Figures;
use crate::analysis::ranks::boards::ranked;
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::analysis::runs::declaration::{Declaration, Declared};
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::runs::source::RunSource;
use crate::analysis::scores::items::Items;
use crate::analysis::thinking::{self, Thinking, thinking};
use crate::run::manifest::program;
use crate::suite::{Axis, Kind};

/// The version of the form that [`Findings`] are written in.
pub const SCHEMA: u32 = 2;

/// What a report is about.
#[derive(Clone, Debug)]
pub struct ReportRequest<'a> {
    /// The runs that are reported, baselines aside.
    pub runs: Vec<&'a RunSource>,
    /// The runs they are compared with; without any there is no comparison.
    pub baselines: Vec<&'a RunSource>,
    /// Runs that are shown beside, such as controls: scored, compared with nothing, part of no family.
    pub beside: Vec<&'a RunSource>,
    /// Whose marks; the only judge where none is named.
    pub judge: Option<&'a str>,
    /// What to do with runs that were marked by different judges.
    pub across: Across<'a>,
    /// What was fixed beforehand.
    pub declaration: Declaration,
    /// Joint sign flips of the family; [`compare::DEFAULT_DRAWS`] for a result to be reported.
    pub draws: u64,
    /// Whether to hold the claims against other analyses.
    pub multiverse: bool,
    /// The published figures.
    pub published: &'a Figures,
    /// Audits of the judges.
    pub audits: &'a [AuditRecord],
    /// The command that makes this report.
    pub command: String,
}

/// One task, as tables and figures refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The task's id.
    pub task: String,
    /// Its category.
    pub category: String,
    /// Its kind.
    pub kind: Kind,
}

/// Everything that a report shows. Its JSON form is stable under `schema`: keys are added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// Version of this form.
    pub schema: u32,
    /// The program that made it.
    pub program: String,
    /// The command that makes this report.
    pub command: String,
    /// What was asked.
    pub suite: SuiteInfo,
    /// What was declared; defaults where nothing was.
    pub declaration: Declaration,
    /// When it was declared. What is late does not act in the tests, a margin aside.
    pub declared: Declared,
    /// Whether the runs were marked by different judges, by force.
    pub judges_differ: bool,
    /// The bridge that joins different judges, if any.
    pub bridge: Option<BridgeInfo>,
    /// The runs, baselines last.
    pub runs: Vec<RunFindings>,
    /// Runs that are shown beside and compared with nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<RunFindings>,
    /// What audits found of the judges, where some are named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audits: Vec<AuditFindings>,
    /// The items, by category in the suite's order, then by id.
    pub items: Vec<Item>,
    /// The comparison with the baselines, with its cross-checks.
    pub comparison: Option<Comparison>,
    /// The claims under other analyses, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiverse: Option<Multiverse>,
    /// Rank sets: one board of all runs on the axes that apply to each of them and, where some models do
    /// not think, one of the thinking ones on all axes. Empty with a single run.
    pub leaderboards: Vec<Leaderboard>,
    /// Runs of one model with and without thinking.
    pub thinking: Vec<Thinking>,
    /// The paper's rows: means only, other judge runs. Never tested against.
    pub published: Vec<PublishedRow>,
}

impl Findings {
    /// A run by its label.
    pub fn run(&self, label: &str) -> Option<&RunFindings> {
        self.runs.iter().find(|run| run.info.label == label)
    }
}

/// Computes everything.
///
/// # Errors
/// [`CompareError`].
pub fn findings(request: &ReportRequest<'_>) -> Result<Findings, CompareError> {
    check(request)?;
    let (candidates, baselines) = (loaded(&request.runs), loaded(&request.baselines));
    let prepared = Prepared::new(&candidates, &baselines, request.judge, request.across)?;
    let declaration = &request.declaration.among(&prepared.suite.metrics());
    let when = declared(declaration, &prepared.runs);
    let in_force = declaration.in_force(when);
    let setting = prepared.setting(declaration, &in_force, true);
    let described = declaration.looks.is_some();
    let (suite, sheets) = (prepared.suite, prepared.sheets.as_slice());
    let comparison = comparison(request, &prepared)?;
    let multiverse = match &comparison {
        Some(comparison) if request.multiverse => {
            Some(multiverse(&multiverse::MultiverseRequest {
                candidates: &candidates,
                baselines: &baselines,
                panel: None,
                declaration,
                draws: request.draws,
                comparison,
            })?)
        }
        _ => None,
    };
    let runs = each_run(
        request.runs.iter().chain(&request.baselines).copied(),
        request.runs.len(),
        &prepared,
    )?;
    Ok(Findings {
        schema: SCHEMA,
        program: program(),
        command: request.command.clone(),
        suite: compare::suite_info(suite, &prepared.items),
        declaration: declaration.clone(),
        declared: when,
        judges_differ: prepared.judges_differ,
        bridge: prepared.bridge(),
        audits: audits(request.audits, &runs, &suite.metrics())?,
        runs,
        beside: beside(request, &prepared)?,
        items: item_list(&prepared.items),
        comparison,
        multiverse,
        leaderboards: ranked(&setting, sheets, &suite.overall(), described)?,
        thinking: thinking_of(request, &prepared.runs)?,
        published: published_rows(request.published, &suite.name),
    })
}

fn loaded<'a>(sources: &[&'a RunSource]) -> Vec<&'a LoadedRun> {
    sources.iter().map(|source| &source.run).collect()
}

fn check(request: &ReportRequest<'_>) -> Result<(), CompareError> {
    if request.baselines.is_empty() && request.declaration.primary_axis.is_some() {
        return Err(CompareError::Request(
            "a primary comparison is declared, but nothing is compared: name a baseline".to_owned(),
        ));
    }
    if request.baselines.is_empty() && request.multiverse {
        return Err(CompareError::Request(
            "--multiverse needs comparisons, but nothing is compared: name a baseline".to_owned(),
        ));
    }
    Ok(())
}

fn comparison(
    request: &ReportRequest<'_>,
    prepared: &Prepared<'_>,
) -> Result<Option<Comparison>, CompareError> {
    if request.baselines.is_empty() {
        return Ok(None);
    }
    let how = How {
        cross_checks: true,
        draws: request.draws,
    };
    compare_prepared(prepared, &request.declaration, how).map(Some)
}

/// Each run on its own; those from the place `baselines` on are compared with.
fn each_run<'a>(
    sources: impl Iterator<Item = &'a RunSource>,
    baselines: usize,
    prepared: &Prepared<'_>,
) -> Result<Vec<RunFindings>, CompareError> {
    let (axes, overall) = (prepared.suite.metrics(), prepared.suite.overall());
    let shared = Shared {
        items: &prepared.items,
        mapping: prepared.suite.mapping,
        axes: &axes,
        overall: &overall,
    };
    let told = prepared.infos().into_iter().zip(prepared.levels());
    let mut found = Vec::new();
    for (position, ((source, sheet), (info, table))) in
        sources.zip(&prepared.sheets).zip(told).enumerate()
    {
        let baseline = position >= baselines;
        found.push(run_findings(
            &shared,
            source,
            sheet,
            (info, table, baseline),
        )?);
    }
    Ok(found)
}

/// The runs that are shown beside. They answered the same tasks, and one of the judges of the page marked them.
fn beside(
    request: &ReportRequest<'_>,
    prepared: &Prepared<'_>,
) -> Result<Vec<RunFindings>, CompareError> {
    let mut found = Vec::new();
    for source in &request.beside {
        let own = Prepared::new(&[&source.run], &[], request.judge, Across::Refused)?;
        let label = &source.run.label;
        let refused = |why: &str| {
            Err(CompareError::Request(format!(
                "{label} cannot be shown with these runs: {why}"
            )))
        };
        if prepared.runs.iter().any(|run| run.label == *label) {
            return refused("one of them has its name");
        }
        if own.suite.digest != prepared.suite.digest || own.items.tasks != prepared.items.tasks {
            return refused("it answered other tasks");
        }
        let judges: Vec<_> = prepared.sheets.iter().map(|s| s.judge.digest).collect();
        if own.sheets.iter().any(|s| !judges.contains(&s.judge.digest)) {
            return refused("another judge marked it");
        }
        found.extend(each_run(std::iter::once(*source), 1, &own)?);
    }
    Ok(found)
}

fn item_list(items: &Items) -> Vec<Item> {
    let strata = items.strata().of_item();
    let item = |(task, &stratum): (&std::sync::Arc<str>, &usize)| {
        let category = items.categories.get(stratum)?;
        Some(Item {
            task: task.to_string(),
            category: category.name.clone(),
            kind: category.kind,
        })
    };
    items.tasks.iter().zip(strata).filter_map(item).collect()
}

fn thinking_of(
    request: &ReportRequest<'_>,
    runs: &[&LoadedRun],
) -> Result<Vec<Thinking>, CompareError> {
    let mut found = Vec::new();
    if !matches!(request.across, Across::Refused) {
        // Differences across judges are not thinking's.
        return Ok(found);
    }
    for (with, without) in thinking_pairs(runs) {
        let (Some(with), Some(without)) = (runs.get(with), runs.get(without)) else {
            continue;
        };
        let asked = with.manifest.suite.categories.iter();
        let mut asked = asked.filter(|category| category.selected > 0);
        found.push(thinking(&thinking::ThinkingRequest {
            with,
            without,
            judge: request.judge,
            axis: Axis::IMAGE_ALIGNMENT,
            all_kinds: asked.all(|category| category.kind != Kind::Edit),
        })?);
    }
    Ok(found)
}
