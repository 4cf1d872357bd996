//! Whether the claims of a comparison stand under other analyses that could have been made: mapping × rule for missing
//! marks × judge × set of axes (Steegen, Tuerlinckx, Gelman, Vanpaemel 2016, "Increasing transparency through a multiverse
//! analysis"). Described only: no p, no claim of its own.
//!
//! Every analysis goes the way of the comparison itself ([`super::compute`], [`super::family`]). What cannot change a standing
//! is not computed again: the tests of a judge and a rule serve all sets of axes, the mapping matters for a margin only, and
//! the joint sign flips are drawn only where the p alone and Holm's p, which enclose what they give, do not decide alike.

mod found;
mod views;

use rayon::prelude::*;

pub use self::found::{Claim, ClaimCheck, Dimension, Multiverse, Universe};

use self::views::views;
use crate::analysis::compare::compute::{on_axis, on_overall};
use crate::analysis::compare::computed::Computed;
use crate::analysis::compare::family::{Adjusting, FamilyPlan, decide};
use crate::analysis::compare::prepared::Prepared;
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::standing::Standing;
use crate::analysis::compare::{CompareError, Comparison, Page};
use crate::analysis::judges::panel::Combine;
use crate::analysis::runs::declaration::{Declaration, InForce};
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::scores::failed_as::FailedAs;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::error::Result as StatsResult;
use crate::suite::{Axis, ScoreMap};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct MultiverseRequest<'a> {
    /// The runs that are compared, with the marks of all their judges.
    pub candidates: &'a [&'a LoadedRun],
    /// The runs they are compared with.
    pub baselines: &'a [&'a LoadedRun],
    /// Judges that the panel of the comparison combines, and how; none where it has one judge.
    pub panel: Option<(&'a [String], Combine)>,
    /// What was fixed beforehand.
    pub declaration: &'a Declaration,
    /// Joint sign flips, where they are needed.
    pub draws: u64,
    /// The comparison whose claims are held against the other analyses.
    pub comparison: &'a Comparison,
}

/// A set of axes: those that stay, those of Overall, and those of the family.
struct AxisSet {
    name: String,
    axes: Vec<Axis>,
    overall: Vec<Axis>,
    family: Vec<Axis>,
}

/// Holds every claim of a comparison against the other analyses.
///
/// # Errors
/// [`CompareError`]: runs that were marked by different judges, and what the comparison itself raises.
pub fn multiverse(request: &MultiverseRequest<'_>) -> Result<Multiverse, CompareError> {
    let comparison = request.comparison;
    if comparison.judges_differ {
        return Err(CompareError::Request(
            "--multiverse needs runs that the same judges marked; leave out --force-judge"
                .to_owned(),
        ));
    }
    if comparison.bridge.is_some() {
        return Err(CompareError::Request(
            "--multiverse needs runs of one judge; leave out --bridge".to_owned(),
        ));
    }
    let views = views(request)?;
    let declaration = request.declaration.among(&comparison.suite.axes);
    let in_force = declaration.in_force(comparison.declared);
    let suite = &comparison.suite;
    let sets = axis_sets((&suite.axes, &suite.overall), &in_force);
    let mappings = mappings(suite.mapping);
    let mut found = Collected::default();
    let mut missing: Vec<FailedAs> = Vec::new();
    for view in &views.all {
        let prepared = view.prepared(request)?;
        for rule in FailedAs::ALL {
            if rule != FailedAs::Missing && !any_missing(&prepared) {
                continue;
            }
            if !missing.contains(&rule) {
                missing.push(rule);
            }
            let sheets = filled(&prepared, rule)?;
            for &mapping in &mappings {
                let fixed = Fixed {
                    request,
                    in_force: &in_force,
                    prepared: &prepared,
                    setting: setting(request, &in_force, &prepared, mapping),
                };
                let names = [
                    mapping.to_string(),
                    rule.words().to_owned(),
                    view.name.clone(),
                ];
                fixed.add(&sheets, &sets, &names, &mut found)?;
            }
        }
    }
    let one_rule = missing.len() == 1;
    let dimension = |name, choices, note| Dimension {
        name,
        choices,
        note,
    };
    Ok(Multiverse {
        descriptive: true,
        dimensions: vec![
            dimension(
                "mapping",
                mappings.iter().map(ToString::to_string).collect(),
                None,
            ),
            dimension(
                "missing",
                missing.iter().map(|rule| rule.words().to_owned()).collect(),
                one_rule.then(|| "no mark is missing".to_owned()),
            ),
            dimension(
                "judge",
                views.all.iter().map(|v| v.name.clone()).collect(),
                views.note,
            ),
            dimension(
                "axes",
                sets.iter().map(|set| set.name.clone()).collect(),
                in_force
                    .primary_axis
                    .map(|axis| format!("every set has the primary axis, {axis}")),
            ),
        ],
        claims: found.claims(comparison),
        analyses: found.analyses,
        drawn: found.drawn,
    })
}

/// Both mappings, the comparison's own first: a margin in points is another one in marks. A suite with scales of its own
/// has one.
fn mappings(used: ScoreMap) -> Vec<ScoreMap> {
    match used {
        ScoreMap::Affine25 => vec![used, ScoreMap::Times20],
        ScoreMap::Times20 => vec![used, ScoreMap::Affine25],
        ScoreMap::Percent => vec![used],
    }
}

/// The declared axes, those that apply to every model, and the declared ones without one; never without the primary axis.
fn axis_sets((axes, overall): (&[Axis], &[Axis]), in_force: &InForce<'_>) -> Vec<AxisSet> {
    let family = in_force.family.unwrap_or(axes);
    let set = |name: &str, keep: &dyn Fn(&Axis) -> bool| {
        let kept = |axes: &[Axis]| axes.iter().copied().filter(|axis| keep(axis)).collect();
        AxisSet {
            name: name.to_owned(),
            axes: kept(axes),
            overall: match overall {
                [score] if score.formula().is_some() => overall.to_vec(),
                _ => kept(axes),
            },
            family: kept(family),
        }
    };
    let mut sets = vec![set("as declared", &|_| true)];
    let common = set("axes of every model", &|axis| !axis.needs_reasoning());
    let without = axes
        .iter()
        .map(|&left_out| set(&format!("without {left_out}"), &|&axis| axis != left_out));
    for other in [common].into_iter().chain(without) {
        let primary = in_force.primary_axis;
        let whole = primary.is_none_or(|axis| other.overall.contains(&axis));
        let known = sets.iter().any(|set| set.overall == other.overall);
        if whole && !known && !other.overall.is_empty() {
            sets.push(other);
        }
    }
    sets
}

fn any_missing(prepared: &Prepared<'_>) -> bool {
    let mut axes = prepared.sheets.iter().flat_map(|sheet| sheet.axes.values());
    axes.any(|axis| axis.missing > 0)
}

/// The sheets under a rule for missing marks.
fn filled(prepared: &Prepared<'_>, rule: FailedAs) -> StatsResult<Vec<Sheet>> {
    let sheets = prepared.sheets.iter();
    sheets
        .map(|sheet| sheet.with_failed(rule, &prepared.items))
        .collect()
}

fn setting<'a>(
    request: &MultiverseRequest<'_>,
    in_force: &InForce<'_>,
    prepared: &'a Prepared<'_>,
    mapping: ScoreMap,
) -> Setting<'a> {
    Setting {
        mapping,
        described: false,
        ..prepared.setting(request.declaration, in_force, false)
    }
}

/// What analyses under one judge, rule and mapping share.
struct Fixed<'a> {
    request: &'a MultiverseRequest<'a>,
    in_force: &'a InForce<'a>,
    prepared: &'a Prepared<'a>,
    setting: Setting<'a>,
}

impl Fixed<'_> {
    /// Adds an analysis for every set of axes. The axes are tested once for all sets.
    fn add(
        &self,
        sheets: &[Sheet],
        sets: &[AxisSet],
        [mapping, missing, judge]: &[String; 3],
        found: &mut Collected,
    ) -> Result<(), CompareError> {
        let (candidates, baselines) = sheets.split_at(self.prepared.candidates);
        let pairs: Vec<(&Sheet, &Sheet)> = candidates
            .iter()
            .flat_map(|a| baselines.iter().map(move |b| (a, b)))
            .collect();
        let axes = &self.prepared.suite.metrics();
        let jobs: Vec<(&Sheet, &Sheet, Axis)> = pairs
            .iter()
            .flat_map(|&(a, b)| axes.iter().map(move |&axis| (a, b, axis)))
            .collect();
        let on_axes: Vec<(Axis, Computed)> = jobs
            .into_par_iter()
            .map(|(a, b, axis)| Ok((axis, on_axis(&self.setting, a, b, axis)?)))
            .collect::<StatsResult<_>>()?;
        let page = Page::of(self.prepared, self.request.declaration, self.in_force)?;
        for set in sets {
            let overall: Vec<Computed> = pairs
                .par_iter()
                .map(|(a, b)| on_overall(&self.setting, a, b, &set.overall))
                .collect::<StatsResult<_>>()?;
            let of_set = on_axes.iter().filter(|(axis, _)| set.axes.contains(axis));
            let computed: Vec<Computed> = of_set
                .map(|(_, computed)| computed.clone())
                .chain(overall)
                .collect();
            let plan = page.plan(&set.family, Adjusting::Holm);
            let universe = Universe {
                mapping: mapping.clone(),
                missing: missing.clone(),
                judge: judge.clone(),
                axes: set.name.clone(),
            };
            self.decided(universe, computed, &plan, found)?;
        }
        Ok(())
    }

    fn decided(
        &self,
        universe: Universe,
        mut computed: Vec<Computed>,
        plan: &FamilyPlan<'_>,
        found: &mut Collected,
    ) -> Result<(), CompareError> {
        let standings = |computed: &[Computed]| -> Vec<Standing> {
            computed.iter().map(|c| c.contrast.standing).collect()
        };
        let mut under = |adjusting| -> StatsResult<Vec<Standing>> {
            let plan = FamilyPlan {
                adjusting,
                ..plan.clone()
            };
            // Deciding again starts anew: nothing of an earlier decision is read.
            let mut again = computed.clone();
            decide(&self.setting, &mut again, &plan)?;
            let found = standings(&again);
            computed = again;
            Ok(found)
        };
        // The comparison itself stands as it was decided.
        let own = found.analyses.is_empty();
        if !own && under(Adjusting::Alone)? != under(Adjusting::Holm)? {
            under(Adjusting::Draws(self.request.draws))?;
            found.drawn += 1;
        }
        found.push(universe, &computed, self.request.comparison, own);
        Ok(())
    }
}

/// Analyses and what each says.
#[derive(Default)]
struct Collected {
    analyses: Vec<Universe>,
    drawn: usize,
    found: Vec<([String; 2], &'static str, ClaimCheck)>,
}

impl Collected {
    fn push(
        &mut self,
        universe: Universe,
        computed: &[Computed],
        comparison: &Comparison,
        own: bool,
    ) {
        let analysis = self.analyses.len();
        self.analyses.push(universe);
        let itself = comparison.contrasts.iter().filter(|_| own);
        let others = computed.iter().map(|c| &c.contrast).filter(|_| !own);
        for contrast in itself.chain(others) {
            let pair = [contrast.candidate.clone(), contrast.baseline.clone()];
            let found = ClaimCheck {
                analysis,
                standing: contrast.standing,
                points: contrast.result.as_ref().ok().map(|f| f.difference.points),
            };
            self.found.push((pair, contrast.metric.key, found));
        }
    }

    fn claims(&self, comparison: &Comparison) -> Vec<Claim> {
        let claim = |contrast: &super::contrast::Contrast| {
            let found: Vec<ClaimCheck> = self
                .found
                .iter()
                .filter(|([candidate, baseline], metric, _)| {
                    *candidate == contrast.candidate
                        && *baseline == contrast.baseline
                        && *metric == contrast.metric.key
                })
                .map(|(_, _, found)| found.clone())
                .collect();
            let same = |found: &&ClaimCheck| found.standing.key() == contrast.standing.key();
            Claim {
                candidate: contrast.candidate.clone(),
                baseline: contrast.baseline.clone(),
                metric: contrast.metric.key,
                standing: contrast.standing,
                same: found.iter().filter(same).count(),
                of: found.len(),
                found,
            }
        };
        comparison.contrasts.iter().map(claim).collect()
    }
}

#[cfg(test)]
mod tests;
