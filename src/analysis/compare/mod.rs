//! The whole comparison of runs: from run folders to everything that is printed.

mod across;
pub mod categories;
pub mod categories_alike;
mod checks;
pub mod compute;
pub mod computed;
pub mod contrast;
mod cross_check;
pub mod crossing;
pub mod effects;
pub mod family;
mod grid;
pub mod looks;
pub mod margin;
pub mod multiverse;
pub mod pairs;
pub mod prepared;
pub mod ratio;
mod request;
pub mod requirement;
pub mod setting;
pub mod sign_flip;
pub mod sources;
pub mod standing;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::compare::categories::{Exploratory, explore};
use crate::analysis::compare::checks::{check_declaration, check_request};
use crate::analysis::compare::compute::{on_axis, on_overall};
use crate::analysis::compare::computed::Computed;
use crate::analysis::compare::contrast::Contrast;
pub use crate::analysis::compare::crossing::Across;
use crate::analysis::compare::crossing::{BridgeInfo, Misfit};
use crate::analysis::compare::family::{Adjusting, Family, FamilyPlan, Looking, decide};
use crate::analysis::compare::looks::{Interim, LookAtPrimary};
use crate::analysis::compare::prepared::Prepared;
pub use crate::analysis::compare::request::{CompareRequest, How};
use crate::analysis::compare::setting::Setting;
use crate::analysis::ranks::leaderboard::{Leaderboard, leaderboard};
use crate::analysis::runs::comparable::NotComparable;
use crate::analysis::runs::declaration::{Declaration, Declared, InForce, Margin};
use crate::analysis::runs::load::{LoadedRun, NoJudge};
use crate::analysis::runs::served::Served;
use crate::analysis::scores::beside::{self, BesideDifference};
use crate::analysis::scores::items::Items;
use crate::analysis::scores::score_table::ScoreTable;
use crate::analysis::scores::sheet::Sheet;
use crate::common::digest::Digest;
use crate::judge::api::DEFENCES_DETAIL;
use crate::judge::compat_parsers;
use crate::run::manifest::{IMPORTED, SuiteSection, default_name, program};
use crate::stats::error::StatsError;
pub use crate::stats::max_t::DEFAULT_DRAWS;
use crate::suite::{Axis, ScoreMap};

/// The version of the result's form.
pub const SCHEMA: u32 = 2;

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

impl RunInfo {
    /// Whether nobody gave it a name: its label is the one that runs on `suite` get.
    pub fn has_default_name(&self, suite: &str) -> bool {
        self.label == default_name(suite, &self.model, self.samples_digest)
    }

    /// Whether its marks were made by another program and imported.
    pub fn has_imported_marks(&self) -> bool {
        let marks = self.judge_details.get("marks");
        marks.is_some_and(|marks| marks == IMPORTED)
    }

    /// How its judge reads replies where that is as the script of a benchmark's authors does: the parser with its rubrics.
    pub fn compat_parsers(&self) -> Option<String> {
        compat_parsers(&self.judge_details)
    }

    /// Whether the judge was asked with prompts that put what is judged in no fence.
    pub fn is_undefended(&self) -> bool {
        self.judge_details.contains_key(DEFENCES_DETAIL)
    }
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
    /// Its axes, and computed scores that stand beside them.
    pub axes: Vec<Axis>,
    /// The axes whose mean is the Overall, or the one score that stands for it.
    #[serde(skip)]
    pub overall: Vec<Axis>,
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
    /// What was declared; defaults where nothing was.
    pub declaration: Declaration,
    /// When it was declared. What is late does not act in the tests, a margin aside.
    pub declared: Declared,
    /// The margin of the equivalence and non-inferiority tests: the declared one, else the default.
    pub margin: Margin,
    /// Candidates first, then baselines.
    pub runs: Vec<RunInfo>,
    /// Whether marks of different judges were compared, by force.
    pub judges_differ: bool,
    /// The bridge that joins different judges, if any.
    pub bridge: Option<BridgeInfo>,
    /// Levels of every run, in the order of `runs`.
    pub levels: Vec<ScoreTable>,
    /// The confirmatory family.
    pub family: Family,
    /// The declared look at the primary contrast, if looks were declared.
    pub interim: Option<Interim>,
    /// Every pair of runs on every axis and on Overall, each with what may be said.
    pub contrasts: Vec<Contrast>,
    /// Categories: exploratory.
    pub categories: Exploratory,
    /// Rank sets, from three runs on.
    pub leaderboard: Option<Leaderboard>,
    /// Differences on axes beside the figures of the suite.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<BesideDifference>,
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
    /// The bridge does not fit the runs.
    #[error(transparent)]
    Bridge(#[from] Misfit),
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
pub fn compare(request: &CompareRequest<'_>) -> Result<Comparison, CompareError> {
    check_request(request)?;
    let (candidates, baselines) = (&request.candidates, &request.baselines);
    let prepared = Prepared::new(candidates, baselines, request.judge, request.across)?;
    compare_prepared(&prepared, &request.declaration, request.how())
}

/// When a declaration was made, by what the runs carry.
pub fn declared(declaration: &Declaration, runs: &[&LoadedRun]) -> Declared {
    let recorded = runs.iter().map(|run| run.manifest.declaration.as_ref());
    declaration.when(recorded.map(|section| section.map(|section| section.digest)))
}

/// Compares runs that were laid out already.
///
/// # Errors
/// [`CompareError`].
pub fn compare_prepared(
    prepared: &Prepared<'_>,
    declaration: &Declaration,
    how: How,
) -> Result<Comparison, CompareError> {
    let declaration = &declaration.among(&prepared.suite.metrics());
    let when = declared(declaration, &prepared.runs);
    let in_force = declaration.in_force(when);
    check_declaration(prepared, declaration, &in_force)?;
    let setting = prepared.setting(declaration, &in_force, how.cross_checks);
    let axes = &prepared.suite.metrics();
    let overall = &prepared.suite.overall();
    let pairs = prepared.pairs();
    let page = Page::of(prepared, declaration, &in_force)?;
    let family_axes = in_force.family.unwrap_or(axes);
    let plan = page.plan(family_axes, Adjusting::Draws(how.draws));
    if matches!(plan.looks, Looking::At(_)) && prepared.crossing.is_some() {
        return Err(CompareError::Request(
            "looks were declared, and their boundaries do not allow for a bridge between judges; compare runs of one \
             judge"
                .to_owned(),
        ));
    }
    let described = !matches!(plan.looks, Looking::Not);
    let mut computed = contrasts(&setting, &pairs, (axes, overall))?;
    let (family, interim) = decide(&setting, &mut computed, &plan)?;
    let (categories, board) = rayon::join(
        || explore(&setting, &pairs, axes),
        || board_of_many(&setting, &prepared.sheets, overall, described),
    );
    Ok(Comparison {
        schema: SCHEMA,
        program: program(),
        suite: suite_info(prepared.suite, &prepared.items),
        declaration: declaration.clone(),
        declared: when,
        margin: in_force.margin,
        runs: prepared.infos(),
        judges_differ: prepared.judges_differ,
        bridge: prepared.bridge(),
        levels: prepared.levels(),
        family,
        interim,
        contrasts: computed.into_iter().map(|c| c.contrast).collect(),
        categories: categories?,
        leaderboard: board?,
        beside: beside::differences(prepared.suite, &prepared.items, &pairs),
    })
}

/// What a declaration makes of a page, its family aside.
struct Page<'a> {
    primary: Option<(Axis, &'a str)>,
    look: Option<LookAtPrimary>,
    looks_too_late: bool,
}

impl<'a> Page<'a> {
    fn of(
        prepared: &'a Prepared<'_>,
        declaration: &'a Declaration,
        in_force: &InForce<'a>,
    ) -> Result<Self, CompareError> {
        let (_, baselines) = prepared.sheets.split_at(prepared.candidates);
        let primary = primary(declaration, in_force, baselines);
        let find = |(looks, primary)| {
            LookAtPrimary::find(looks, &prepared.items, primary, in_force.alpha)
                .map_err(|fault| CompareError::Declaration(vec![fault]))
        };
        Ok(Self {
            primary,
            look: in_force.looks.zip(primary).map(find).transpose()?,
            looks_too_late: in_force.looks_too_late,
        })
    }

    fn plan<'b>(&'b self, axes: &'b [Axis], adjusting: Adjusting) -> FamilyPlan<'b> {
        FamilyPlan {
            axes,
            primary: self.primary,
            adjusting,
            looks: match &self.look {
                Some(look) => Looking::At(look),
                None if self.looks_too_late => Looking::TooLate,
                None => Looking::Not,
            },
        }
    }
}

/// The primary contrast: its axis, and the only baseline where none is named.
fn primary<'a>(
    declaration: &'a Declaration,
    in_force: &InForce<'_>,
    baselines: &'a [Sheet],
) -> Option<(Axis, &'a str)> {
    let only = || baselines.first().map(|sheet| &*sheet.label);
    let baseline = declaration.primary_baseline.as_deref().or_else(only);
    in_force.primary_axis.zip(baseline)
}

/// Rank sets from three runs on: for two, the comparison says it all.
fn board_of_many(
    setting: &Setting<'_>,
    sheets: &[Sheet],
    axes: &[Axis],
    looks: bool,
) -> Result<Option<Leaderboard>, StatsError> {
    if sheets.len() < 3 {
        return Ok(None);
    }
    leaderboard(setting, &sheets.iter().collect::<Vec<_>>(), axes, looks)
}

/// The suite as results name it.
pub(crate) fn suite_info(suite: &SuiteSection, items: &Items) -> SuiteInfo {
    SuiteInfo {
        name: suite.name.clone(),
        version: suite.version.clone(),
        digest: suite.digest,
        mapping: suite.mapping,
        axes: suite.metrics(),
        overall: suite.overall(),
        items: items.tasks.len(),
    }
}

/// All contrasts: per pair of runs the axes in order, then Overall.
fn contrasts(
    setting: &Setting<'_>,
    pairs: &[(&Sheet, &Sheet)],
    (axes, overall): (&[Axis], &[Axis]),
) -> Result<Vec<Computed>, StatsError> {
    use rayon::prelude::*;
    let mut jobs: Vec<(&Sheet, &Sheet, Option<Axis>)> = Vec::new();
    for (a, b) in pairs {
        jobs.extend(axes.iter().map(|&axis| (*a, *b, Some(axis))));
        jobs.push((a, b, None));
    }
    jobs.into_par_iter()
        .map(|(a, b, axis)| match axis {
            Some(axis) => on_axis(setting, a, b, axis),
            None => on_overall(setting, a, b, overall),
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
