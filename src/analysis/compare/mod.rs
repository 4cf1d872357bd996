//! The whole comparison of runs: from run folders to everything that is printed.

pub mod categories;
mod checks;
pub mod contrast;
mod cross_check;
pub mod effects;
pub mod family;
pub mod looks;
pub mod margin;
pub mod pairs;
pub mod prepared;
pub mod ratio;
pub mod requirement;
pub mod sign_flip;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::compare::categories::{Exploratory, explore};
use crate::analysis::compare::checks::{check_declaration, check_request, judges};
use crate::analysis::compare::contrast::{Computed, Contrast, Setting, on_axis, on_overall};
use crate::analysis::compare::family::{Family, FamilyPlan, adjust};
use crate::analysis::compare::looks::Interim;
use crate::analysis::ranks::leaderboard::{Leaderboard, leaderboard};
use crate::analysis::runs::comparable::{self, NotComparable};
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::load::{LoadedRun, NoJudge};
use crate::analysis::runs::served::Served;
use crate::analysis::scores::score_table::{ScoreTable, score_tables};
use crate::analysis::scores::sheet::{Items, Sheet};
use crate::common::digest::Digest;
use crate::run::manifest::{SuiteSection, program};
use crate::stats::error::StatsError;
pub use crate::stats::max_t::DEFAULT_DRAWS;
use crate::suite::{Axis, ScoreMap};

/// The version of the result's form.
pub const SCHEMA: u32 = 1;

/// What is to be compared, and how.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The runs that are compared.
    pub candidates: Vec<&'a LoadedRun>,
    /// The runs they are compared with.
    pub baselines: Vec<&'a LoadedRun>,
    /// Whose marks; the only judge where none is named.
    pub judge: Option<&'a str>,
    /// Compare even across judges.
    pub force_judge: bool,
    /// What was fixed beforehand.
    pub declaration: Declaration,
    /// Compute BCa and Wilcoxon beside the primary methods.
    pub cross_checks: bool,
    /// Joint sign flips of the family; [`DEFAULT_DRAWS`] for a result to be reported.
    pub draws: u64,
}

/// One run as the result names it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunInfo {
    /// What the result calls it.
    pub label: String,
    /// The model's name.
    pub model: String,
    /// Whether the model is declared to think.
    pub thinks: bool,
    /// The judge's name.
    pub judge: String,
    /// Digest of the judge: everything that decides its marks.
    pub judge_digest: Digest,
    /// Everything that identifies the judge: endpoint, model, parameters, digests of rubrics, encoding of images.
    pub judge_details: BTreeMap<String, String>,
    /// The models and fingerprints that were served to it, by its endpoint's own words.
    pub served: Vec<Served>,
    /// Samples per task.
    pub samples: u32,
    /// Marks per sample and axis.
    pub repeats: u32,
    /// Digest of what decided the answers.
    pub samples_digest: Digest,
    /// The program that made it.
    pub program: String,
}

/// The suite of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SuiteInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its digest.
    pub digest: Digest,
    /// From marks to points.
    pub mapping: ScoreMap,
    /// Its axes.
    pub axes: Vec<Axis>,
    /// Items that were compared.
    pub items: usize,
}

/// The result. Its JSON form is stable under `schema`: keys are added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Version of this form.
    pub schema: u32,
    /// The program that made it.
    pub program: String,
    /// What was asked.
    pub suite: SuiteInfo,
    /// What was declared beforehand; defaults where nothing was.
    pub declaration: Declaration,
    /// Candidates first, then baselines.
    pub runs: Vec<RunInfo>,
    /// Whether marks of different judges were compared, by force.
    pub judges_differ: bool,
    /// Levels of every run, in the order of `runs`.
    pub levels: Vec<ScoreTable>,
    /// The confirmatory family.
    pub family: Family,
    /// The declared look at the primary contrast, if looks were declared.
    pub interim: Option<Interim>,
    /// Every pair of runs on every axis and on Overall, which stands beside the family.
    pub contrasts: Vec<Contrast>,
    /// Categories: exploratory.
    pub categories: Exploratory,
    /// Rank sets, from three runs on.
    pub leaderboard: Option<Leaderboard>,
}

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The runs were not made alike.
    #[error(transparent)]
    NotComparable(#[from] NotComparable),
    /// No judge, or several.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Judge(Vec<NoJudge>),
    /// The declaration does not fit the runs.
    #[error("the declaration does not fit:\n{}", .0.join("\n"))]
    Declaration(Vec<String>),
    /// The request is not one.
    #[error("{0}")]
    Request(String),
    /// The statistics refuse.
    #[error("the marks cannot be compared: {0}")]
    Stats(#[from] StatsError),
}

/// Compares runs.
///
/// # Errors
/// [`CompareError`].
pub fn compare(request: &Request<'_>) -> Result<Comparison, CompareError> {
    let runs: Vec<&LoadedRun> = [request.candidates.clone(), request.baselines.clone()].concat();
    check_request(request, &runs)?;
    // The reference of all checks is the first baseline.
    let mut order = runs.clone();
    order.rotate_left(request.candidates.len());
    let judges = judges(&order, request.judge)?;
    let judges_differ = comparable::check(&order, &judges, request.force_judge)?;
    let Some(reference) = order.first() else {
        return Err(CompareError::Request("there is no baseline".to_owned()));
    };
    check_declaration(request, reference, &order, &judges)?;
    let items = Items::of(reference);
    let mut sheets: Vec<Sheet> = order
        .iter()
        .zip(&judges)
        .map(|(run, &judge)| Sheet::new(run, judge, &items))
        .collect::<Result<_, _>>()?;
    sheets.rotate_right(request.candidates.len());
    let setting = setting(request, reference, &items, judges_differ);
    assemble(request, &setting, reference, &runs, &sheets)
}

fn setting<'a>(
    request: &Request<'_>,
    reference: &LoadedRun,
    items: &'a Items,
    judges_differ: bool,
) -> Setting<'a> {
    let suite = &reference.manifest.suite;
    Setting {
        items,
        mapping: suite.mapping,
        alpha: request.declaration.alpha,
        pass_threshold: request.declaration.pass_threshold,
        margin: request.declaration.margin,
        seed: comparison_seed(suite),
        judges_differ,
        cross_checks: request.cross_checks,
    }
}

/// The seed of everything that is drawn. Of the suite alone: exchanging the runs must not change it.
pub(crate) fn comparison_seed(suite: &SuiteSection) -> u64 {
    Digest::of_fields([
        b"parabench comparison 1".as_slice(),
        suite.digest.as_bytes(),
    ])
    .as_u64()
}

fn assemble(
    request: &Request<'_>,
    setting: &Setting<'_>,
    reference: &LoadedRun,
    runs: &[&LoadedRun],
    sheets: &[Sheet],
) -> Result<Comparison, CompareError> {
    let suite = &reference.manifest.suite;
    let (candidates, baselines) = sheets.split_at(request.candidates.len());
    let pairs: Vec<(&Sheet, &Sheet)> = candidates
        .iter()
        .flat_map(|a| baselines.iter().map(move |b| (a, b)))
        .collect();
    let mut computed = contrasts(setting, &pairs, &suite.axes);
    let mut family = adjust(&mut computed, &family_plan(request, setting, &suite.axes))?;
    let looks = request.declaration.looks.as_ref();
    let interim = looks
        .map(|looks| looks::apply(looks, setting.items, &mut computed, &mut family))
        .transpose()
        .map_err(|fault| CompareError::Declaration(vec![fault]))?
        .flatten();
    let (categories, board) = rayon::join(
        || explore(setting, &pairs, &suite.axes),
        || board_of_many(setting, sheets, &suite.axes),
    );
    Ok(Comparison {
        schema: SCHEMA,
        program: program(),
        suite: suite_info(suite, setting.items),
        declaration: request.declaration.clone(),
        runs: runs
            .iter()
            .zip(sheets)
            .map(|(run, sheet)| info(run, sheet))
            .collect(),
        judges_differ: setting.judges_differ,
        levels: runs
            .iter()
            .zip(sheets)
            .filter_map(|(run, sheet)| levels(run, sheet))
            .collect(),
        family,
        interim,
        contrasts: computed.into_iter().map(|c| c.contrast).collect(),
        categories: categories?,
        leaderboard: board?,
    })
}

/// Rank sets from three runs on: for two, the comparison says it all.
fn board_of_many(
    setting: &Setting<'_>,
    sheets: &[Sheet],
    axes: &[Axis],
) -> Result<Option<Leaderboard>, StatsError> {
    if sheets.len() < 3 {
        return Ok(None);
    }
    leaderboard(setting, &sheets.iter().collect::<Vec<_>>(), axes)
}

/// The suite as results name it.
pub(crate) fn suite_info(suite: &SuiteSection, items: &Items) -> SuiteInfo {
    SuiteInfo {
        name: suite.name.clone(),
        version: suite.version.clone(),
        digest: suite.digest,
        mapping: suite.mapping,
        axes: suite.axes.clone(),
        items: items.tasks.len(),
    }
}

fn family_plan<'a>(
    request: &'a Request<'_>,
    setting: &Setting<'_>,
    axes: &'a [Axis],
) -> FamilyPlan<'a> {
    let declared = &request.declaration;
    let only = || request.baselines.first().map(|run| &*run.label);
    let baseline = declared.primary_baseline.as_deref().or_else(only);
    FamilyPlan {
        axes: declared.family.as_deref().unwrap_or(axes),
        primary: declared.primary_axis.zip(baseline),
        alpha: declared.alpha,
        seed: setting.seed,
        draws: request.draws,
    }
}

/// All contrasts: per pair of runs the axes in order, then Overall.
fn contrasts(setting: &Setting<'_>, pairs: &[(&Sheet, &Sheet)], axes: &[Axis]) -> Vec<Computed> {
    use rayon::prelude::*;
    let mut jobs: Vec<(&Sheet, &Sheet, Option<Axis>)> = Vec::new();
    for (a, b) in pairs {
        jobs.extend(axes.iter().map(|&axis| (*a, *b, Some(axis))));
        jobs.push((a, b, None));
    }
    jobs.into_par_iter()
        .map(|(a, b, axis)| match axis {
            Some(axis) => on_axis(setting, a, b, axis),
            None => on_overall(setting, a, b, axes),
        })
        .collect()
}

/// A run as results name it.
pub(crate) fn info(run: &LoadedRun, sheet: &Sheet) -> RunInfo {
    RunInfo {
        label: run.label.clone(),
        model: sheet.model.to_string(),
        thinks: sheet.thinks,
        judge: sheet.judge.identity.name.clone(),
        judge_digest: sheet.judge.digest,
        judge_details: sheet.judge.identity.details.clone(),
        served: sheet.served.clone(),
        samples: sheet.samples,
        repeats: sheet.judge.repeats,
        samples_digest: run.manifest.samples_digest(),
        program: run.manifest.program.clone(),
    }
}

/// The levels of a run under the judge of its sheet.
pub(crate) fn levels(run: &LoadedRun, sheet: &Sheet) -> Option<ScoreTable> {
    let tables = score_tables(&run.manifest.suite, &run.rows);
    let of_judge = |table: &ScoreTable| *table.judge == *sheet.judge.identity.name;
    tables.into_iter().find(of_judge)
}
