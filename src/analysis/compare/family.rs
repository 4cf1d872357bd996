//! What may be said about every contrast of a page, decided together: the gate of a declared primary contrast, one
//! step-down family of all axes and Overall over all pairs of runs, intervals that hold together, and the margin tests.

use serde::Serialize;

use crate::analysis::compare::compute::{Computed, Means};
use crate::analysis::compare::contrast::{Contrast, Finding, Flag};
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::looks::{Interim, LookAtPrimary};
use crate::analysis::compare::setting::{RAW_RANGE, Setting};
use crate::analysis::compare::sign_flip::BRIDGE;
use crate::analysis::compare::standing::{
    Condition, Described, Direction, Facts, Gate, MISSING_LIMIT, MarginFacts, Role, Standing,
    Tested,
};
use crate::stats::difference_interval::sidak;
use crate::stats::error::Result;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::max_t::{StepDown, step_down};
use crate::stats::missing::{level_of, tipping_point};
use crate::stats::multiplicity::holm;
use crate::stats::splitmix::Resampling;
use crate::suite::Axis;

/// The adjustment of one contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adjusted {
    /// Whether this is the declared primary contrast, tested first at full alpha and outside the family.
    pub primary: bool,
    /// Contrasts that are adjusted together with this one; 1 for the primary contrast.
    pub family_size: usize,
    /// Step-down max-T p (Holm's where the family's `joint_law` says so), never below the unadjusted p nor, behind a gate, below the primary's. For the primary contrast
    /// its own p.
    pub p_westfall_young: f64,
    /// Whether this p is the smallest that the draws can give: it is then a bound.
    pub at_draw_limit: bool,
    /// Holm's p from the unadjusted ones.
    pub p_holm: f64,
    /// Interval in points that holds together with those of the family at 1 − alpha; for the primary contrast its own,
    /// or the repeated one of a look. Where a direction is claimed and the interval would reach across 0, it ends at 0:
    /// the region that is compatible with a step-down test.
    pub simultaneous: Option<[f64; 2]>,
    /// How it was made: `t`, `rare-bound`, `constant-bound`, `bridge`, `repeated`, or `none`.
    pub simultaneous_method: &'static str,
}

/// The family as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Family {
    /// Number of contrasts in it: every axis and Overall of every pair, but for undefined and withheld ones, those that
    /// are only described, and the primary contrast.
    pub size: usize,
    /// Two-sided family-wise level.
    pub alpha: f64,
    /// Draws of the joint sign flips.
    pub draws: u64,
    /// Two-sided level of each interval that holds together with the others (Šidák).
    pub interval_alpha: f64,
    /// `exact` within one pair of runs; `asymptotic` across pairs that share a run; `holm` where lines join different
    /// judges, so that all are adjusted by Holm.
    pub joint_law: &'static str,
    /// Margin tests that were adjusted together.
    pub margin_tests: usize,
    /// The declared primary contrast, if any, and whether it opened the gate.
    pub primary: Option<Primary>,
}

/// The declared primary contrast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Primary {
    /// Its axis.
    pub axis: Axis,
    /// Its baseline.
    pub baseline: String,
    /// Whether it is shown, perhaps under a condition; otherwise no other contrast can be.
    pub passed: bool,
}

/// What decides the page.
#[derive(Clone, Debug)]
pub struct FamilyPlan<'a> {
    /// Axes of the family; Overall always belongs to it.
    pub axes: &'a [Axis],
    /// Axis and baseline label of the primary contrast.
    pub primary: Option<(Axis, &'a str)>,
    /// Number of the sign flips.
    pub draws: u64,
    /// Whether looks were declared, and in time.
    pub looks: Looking<'a>,
}

/// Whether the page is a look.
#[derive(Clone, Debug)]
pub enum Looking<'a> {
    /// No looks were declared.
    Not,
    /// They were declared before the marks: this is one of them.
    At(&'a LookAtPrimary),
    /// They were declared when the page was made: more tasks may follow, so nothing is tested.
    TooLate,
}

impl FamilyPlan<'_> {
    fn is_primary(&self, contrast: &Contrast) -> bool {
        self.primary.is_some_and(|(axis, baseline)| {
            contrast.metric.key == axis.key() && contrast.baseline == baseline
        })
    }

    fn role(&self, contrast: &Contrast) -> Role {
        let declared = |axis: &Axis| self.axes.contains(axis);
        match self.looks {
            Looking::TooLate => Role::Described(Described::Looks),
            Looking::At(_) if !self.is_primary(contrast) => Role::Described(Described::Looks),
            _ if contrast.metric.is_overall() || contrast.metric.axes.iter().all(declared) => {
                Role::Confirmatory
            }
            _ => Role::Described(Described::Exploratory),
        }
    }
}

/// A defined contrast on its way to a standing.
struct Line<'a> {
    contrast: &'a mut Contrast,
    means: &'a Means,
    role: Role,
    primary: bool,
    /// The test of a direction, once it is known.
    test: Option<Tested>,
    /// Two-sided level of the bounds for missing marks.
    bounds_alpha: f64,
}

impl Line<'_> {
    fn finding(&self) -> Option<&Finding> {
        self.contrast.result.as_ref().ok()
    }

    fn finding_mut(&mut self) -> Option<&mut Finding> {
        self.contrast.result.as_mut().ok()
    }

    fn p(&self) -> Option<f64> {
        Some(self.finding()?.test.p)
    }

    /// The interval of the difference at a two-sided level, raw marks, and how it was made.
    fn interval(&self, alpha: f64) -> (Option<Interval>, &'static str) {
        match &self.means.joined {
            Some(joined) => {
                let level = Confidence::new(1.0 - alpha).ok();
                let interval = level.and_then(|level| joined.interval_at(RAW_RANGE, level));
                (interval, BRIDGE)
            }
            None => {
                let found = self.means.observed.difference_interval(RAW_RANGE, alpha);
                (found.interval, found.kind.key())
            }
        }
    }

    fn withheld(&self) -> bool {
        let share = self.finding().map_or(0.0, |f| f.failures.worst_share());
        self.means.judges_differ || share > MISSING_LIMIT
    }

    /// Whether it is tested at all, by the family or by itself.
    fn tested(&self) -> bool {
        self.role == Role::Confirmatory && !self.withheld()
    }
}

/// Decides the standing of every contrast, in place.
///
/// # Errors
/// Those of the statistics, which sound contrasts do not raise.
pub fn decide(
    setting: &Setting<'_>,
    computed: &mut [Computed],
    plan: &FamilyPlan<'_>,
) -> Result<(Family, Option<Interim>)> {
    let mut lines = lines(setting, computed, plan);
    let margin_tests = adjust_margins(setting, &mut lines)?;
    let mut interim = None;
    let mut gate = plan.primary.map_or(Gate::None, |_| Gate::Closed);
    let mut p_primary = 0.0;
    for line in lines.iter_mut().filter(|line| line.primary) {
        p_primary = line.p().unwrap_or(1.0);
        interim = test_primary(setting, line, plan);
        settle(setting, line, Gate::None, margin_tests);
        gate = Gate::behind(line.contrast.standing);
    }
    let size = lines.iter().filter(|line| in_family(line)).count();
    adjust_family(setting, &mut lines, plan, p_primary)?;
    for line in lines.iter_mut().filter(|line| !line.primary) {
        settle(setting, line, gate, margin_tests);
    }
    let family = Family {
        size,
        alpha: setting.alpha,
        draws: plan.draws,
        interval_alpha: sidak(setting.alpha, size),
        joint_law: match across(lines.iter().filter(|line| in_family(line))) {
            true => "holm",
            false => joint_law(lines.iter().filter(|line| in_family(line))),
        },
        margin_tests,
        primary: plan.primary.map(|(axis, baseline)| Primary {
            axis,
            baseline: baseline.to_owned(),
            passed: gate != Gate::Closed,
        }),
    };
    Ok((family, interim))
}

fn lines<'a>(
    setting: &Setting<'_>,
    computed: &'a mut [Computed],
    plan: &FamilyPlan<'_>,
) -> Vec<Line<'a>> {
    let line = |c: &'a mut Computed| {
        let (role, primary) = (plan.role(&c.contrast), plan.is_primary(&c.contrast));
        Some(Line {
            means: c.means.as_ref()?,
            contrast: &mut c.contrast,
            role,
            primary,
            test: None,
            bounds_alpha: setting.alpha,
        })
    };
    computed.iter_mut().filter_map(line).collect()
}

fn in_family(line: &Line<'_>) -> bool {
    line.tested() && !line.primary
}

/// Sign flips keep the joint law within one pair of runs, and only its covariance across pairs.
fn joint_law<'a>(members: impl Iterator<Item = &'a Line<'a>>) -> &'static str {
    let mut pairs = members.map(|line| (&line.contrast.candidate, &line.contrast.baseline));
    let first = pairs.next();
    if pairs.all(|pair| Some(pair) == first) {
        "exact"
    } else {
        "asymptotic"
    }
}

/// The primary contrast, by its own p or by the boundary of its look.
fn test_primary(
    setting: &Setting<'_>,
    line: &mut Line<'_>,
    plan: &FamilyPlan<'_>,
) -> Option<Interim> {
    if !line.tested() {
        return None;
    }
    let mean = &line.means.observed;
    let slope = setting.mapping.slope();
    let (own, own_kind) = line.interval(setting.alpha);
    let p = line.p()?;
    let (test, interval, method, interim) = match plan.looks {
        Looking::At(look) => {
            let interim = look.interim(mean, slope);
            let test = Tested::Look {
                z: interim.z,
                boundary: interim.boundary,
            };
            line.bounds_alpha = level_of(interim.boundary);
            (test, interim.repeated_interval, "repeated", Some(interim))
        }
        Looking::Not | Looking::TooLate => {
            let test = Tested::P {
                p,
                alpha: setting.alpha,
            };
            let interval = own.map(|found| ends(found.map(slope, 0.0)));
            (test, interval, own_kind, None)
        }
    };
    line.test = Some(test);
    let finding = line.finding_mut()?;
    finding.adjusted = Some(Adjusted {
        primary: true,
        family_size: 1,
        p_westfall_young: p,
        at_draw_limit: false,
        p_holm: p,
        simultaneous: interval,
        simultaneous_method: method,
    });
    interim
}

fn adjust_family(
    setting: &Setting<'_>,
    lines: &mut [Line<'_>],
    plan: &FamilyPlan<'_>,
    p_primary: f64,
) -> Result<()> {
    let mut members: Vec<&mut Line<'_>> = lines.iter_mut().filter(|line| in_family(line)).collect();
    if members.is_empty() {
        return Ok(());
    }
    let raw: Vec<Option<f64>> = members.iter().map(|line| line.p()).collect();
    let holm = holm(&raw)?;
    let size = members.len();
    let crossed = across(members.iter().map(|line| &**line));
    let steps = match crossed {
        // Sign flips say nothing about a difference across judges, so there is no joint law of the family.
        true => by_holm(&holm, setting.alpha),
        false => by_flips(setting, plan, &members, &raw)?,
    };
    let slope = setting.mapping.slope();
    let limit = 1.0 / (1.0 + plan.draws as f64);
    for ((line, (p, bounds_alpha)), holm) in members.iter_mut().zip(steps).zip(holm) {
        let p = p.max(p_primary);
        let (found, kind) = line.interval(sidak(setting.alpha, size));
        line.bounds_alpha = bounds_alpha;
        line.test = Some(Tested::P {
            p,
            alpha: setting.alpha,
        });
        let Some(finding) = line.finding_mut() else {
            continue;
        };
        finding.adjusted = Some(Adjusted {
            primary: false,
            family_size: size,
            p_westfall_young: p,
            at_draw_limit: !crossed && p <= limit * (1.0 + 1e-9),
            p_holm: holm.unwrap_or(1.0).max(p_primary),
            simultaneous: found.map(|found| ends(found.map(slope, 0.0))),
            simultaneous_method: kind,
        });
    }
    Ok(())
}

/// Whether any of the lines joins different judges.
fn across<'a>(mut lines: impl Iterator<Item = &'a Line<'a>>) -> bool {
    lines.any(|line| line.means.joined.is_some())
}

/// Adjusted p and level of the bounds by joint sign flips.
fn by_flips(
    setting: &Setting<'_>,
    plan: &FamilyPlan<'_>,
    members: &[&mut Line<'_>],
    raw: &[Option<f64>],
) -> Result<Vec<(f64, f64)>> {
    let resampling = Resampling {
        seed: setting.seed,
        draws: plan.draws,
    };
    let means: Vec<_> = members.iter().map(|line| &line.means.observed).collect();
    let drawn = step_down(&means, resampling, 1.0 - setting.alpha)?;
    let stepped = never_below_raw(&drawn, raw);
    let levels = drawn.iter().map(|step| level_of(step.critical));
    Ok(stepped.into_iter().zip(levels).collect())
}

/// The same by Holm's adjustment, with Bonferroni's level.
fn by_holm(holm: &[Option<f64>], alpha: f64) -> Vec<(f64, f64)> {
    let level = alpha / holm.len().max(1) as f64;
    let p = holm.iter().map(|p| p.unwrap_or(1.0));
    p.map(|p| (p, level)).collect()
}

/// Draws may put an adjusted p a little below the exact unadjusted one; it is raised to it, and kept
/// monotone from the largest statistic to the smallest.
pub(crate) fn never_below_raw(drawn: &[StepDown], raw: &[Option<f64>]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..drawn.len()).collect();
    let z = |k: usize| drawn.get(k).map_or(0.0, |step| step.z);
    order.sort_by(|&a, &b| z(b).total_cmp(&z(a)));
    let mut raised = vec![1.0; drawn.len()];
    let mut running = 0.0_f64;
    for k in order {
        let step_down = drawn.get(k).map_or(1.0, |step| step.p);
        let exact = raw.get(k).copied().flatten().unwrap_or(1.0);
        running = running.max(step_down).max(exact);
        if let Some(p) = raised.get_mut(k) {
            *p = running;
        }
    }
    raised
}

/// Holm over all margin tests of the page; their number.
fn adjust_margins(setting: &Setting<'_>, lines: &mut [Line<'_>]) -> Result<usize> {
    let tests = |line: &Line<'_>| {
        let margin = line.finding().filter(|_| line.tested())?.margin.as_ref()?;
        Some((margin.p_equivalence, margin.p_noninferiority))
    };
    let found: Vec<Option<(f64, f64)>> = lines.iter().map(tests).collect();
    let count = found.iter().flatten().count();
    let equivalence = holm(&found.iter().map(|p| p.map(|p| p.0)).collect::<Vec<_>>())?;
    let noninferiority = holm(&found.iter().map(|p| p.map(|p| p.1)).collect::<Vec<_>>())?;
    let slope = setting.mapping.slope();
    for ((line, equivalent), noninferior) in lines.iter_mut().zip(equivalence).zip(noninferiority) {
        let extremes = line.means.extremes.as_ref();
        let level = (2.0 * setting.alpha / count.max(1) as f64).min(1.0);
        let bounds = extremes.and_then(|extremes| extremes.interval(level));
        let Some(margin) = line.finding_mut().and_then(|f| f.margin.as_mut()) else {
            continue;
        };
        margin.p_equivalence_holm = equivalent.unwrap_or(1.0);
        margin.p_noninferiority_holm = noninferior.unwrap_or(1.0);
        margin.bounds = bounds.map(|found| ends(found.map(slope, 0.0)));
    }
    Ok(count)
}

/// Bounds for missing marks, the standing, and what follows from it.
fn settle(setting: &Setting<'_>, line: &mut Line<'_>, gate: Gate, margin_tests: usize) {
    let slope = setting.mapping.slope();
    let alpha = line.bounds_alpha;
    let bounds = line
        .means
        .extremes
        .as_ref()
        .and_then(|extremes| extremes.interval(alpha))
        .map(|found| ends(clipped(found.map(slope, 0.0), RAW_RANGE * slope)));
    let (role, test) = (line.role, line.test);
    let judges_differ = line.means.judges_differ;
    let Some(finding) = line.finding_mut() else {
        return;
    };
    if finding.failures.any() {
        finding.failures.bounds_ci95 = bounds;
        finding.failures.bounds_alpha = Some(alpha);
    }
    let facts = Facts {
        judges_differ,
        missing_share: finding.failures.worst_share(),
        role,
        units: finding.difference.units,
        gate,
        estimate: finding.difference.points,
        interval: own_interval(finding, test, RAW_RANGE * slope),
        // What is not tested never gets as far as its test.
        test: test.unwrap_or(Tested::P {
            p: 1.0,
            alpha: setting.alpha,
        }),
        bounds,
        margin: finding
            .margin
            .as_ref()
            .filter(|_| margin_tests > 0)
            .map(|margin| MarginFacts {
                margin: margin.margin,
                p_equivalence: margin.p_equivalence_holm,
                p_noninferiority: margin.p_noninferiority_holm,
                bounds: margin.bounds,
                alpha: setting.alpha,
            }),
    };
    let standing = facts.standing();
    end_at_zero(finding, standing);
    finding.failures.tipping_points = tipping(finding);
    if let Standing::Conditional {
        on: Condition::MissingMarks,
        ..
    } = standing
    {
        finding.flags.push(Flag::NotRobustToMissing);
    }
    line.contrast.standing = standing;
}

fn clipped(interval: Interval, range: f64) -> Interval {
    Interval {
        lo: interval.lo.max(-range),
        hi: interval.hi.min(range),
    }
}

/// The interval that has to keep off 0: the contrast's own, or the repeated one of a look. A contrast whose interval could
/// not be had gets the whole scale, so that nothing is claimed.
fn own_interval(finding: &Finding, test: Option<Tested>, range: f64) -> Option<[f64; 2]> {
    let own = match test {
        Some(Tested::Look { .. }) => finding.adjusted.as_ref().and_then(|a| a.simultaneous),
        Some(Tested::P { .. }) | None => finding.difference.ci95,
    };
    own.or(Some([-range, range]))
}

/// Ends the joint interval at 0 where the step-down test shows a direction that it would reach across.
fn end_at_zero(finding: &mut Finding, standing: Standing) {
    let adjusted = finding.adjusted.as_mut();
    let Some([lo, hi]) = adjusted.and_then(|a| a.simultaneous.as_mut()) else {
        return;
    };
    match standing.direction() {
        Some(Direction::Higher) => *lo = lo.max(0.0),
        Some(Direction::Lower) => *hi = hi.min(0.0),
        None => {}
    }
}

fn tipping(finding: &Finding) -> Option<f64> {
    let [lo, hi] = finding.adjusted.as_ref()?.simultaneous?;
    let points = finding.difference.points;
    let half_width = if points > 0.0 {
        points - lo
    } else {
        hi - points
    };
    tipping_point(points, half_width, finding.failures.weighted_share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(z: f64, p: f64) -> StepDown {
        StepDown {
            z,
            p,
            critical: 2.5,
        }
    }

    #[test]
    fn drawn_p_is_raised_to_the_exact_one_and_stays_monotone() {
        // The largest statistic has the smallest exact p, which the draws happen to undercut.
        let drawn = [step(1.0, 0.30), step(3.0, 0.001), step(2.0, 0.04)];
        let raw = [Some(0.28), Some(0.002), Some(0.05)];
        assert_eq!(never_below_raw(&drawn, &raw), [0.30, 0.002, 0.05]);
        let tied = [step(2.0, 0.04), step(2.5, 0.03)];
        assert_eq!(
            never_below_raw(&tied, &[Some(0.01), Some(0.06)]),
            [0.06, 0.06]
        );
    }
}
