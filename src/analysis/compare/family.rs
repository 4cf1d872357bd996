//! All confirmatory contrasts tested together: Westfall–Young's step-down max-T with Holm beside it,
//! simultaneous intervals, and the gate of a declared primary contrast.

use serde::Serialize;

use crate::analysis::compare::contrast::{Computed, Contrast, Finding, Flag};
use crate::stats::error::Result;
use crate::stats::interval::{Confidence, Interval, t_interval};
use crate::stats::max_t::{max_t, simultaneous_critical};
use crate::stats::multiplicity::holm;
use crate::stats::splitmix::Resampling;
use crate::suite::Axis;

/// The adjustment of one contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adjusted {
    /// Whether this is the declared primary contrast, tested first at full alpha.
    pub primary: bool,
    /// Contrasts that are adjusted together with this one.
    pub family_size: usize,
    /// Step-down max-T p, never below the unadjusted p nor, behind a gate, below the primary's.
    pub p_westfall_young: f64,
    /// Holm's p from the exact p.
    pub p_holm: f64,
    /// Interval in points that holds together with those of the family at 1 − alpha; none where all
    /// differences are equal.
    pub simultaneous: Option<[f64; 2]>,
    /// p at most alpha, by max-T.
    pub significant: bool,
}

/// The family as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Family {
    /// Number of contrasts in it; undefined ones do not count.
    pub size: usize,
    /// Two-sided family-wise level.
    pub alpha: f64,
    /// Draws of the joint sign flips.
    pub draws: u64,
    /// Critical value of the simultaneous intervals, in standard errors.
    pub critical: Option<f64>,
    /// `exact` within one pair of runs; `asymptotic` across pairs that share a run.
    pub joint_law: &'static str,
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
    /// Whether it is significant at full alpha; otherwise no other contrast can be.
    pub passed: bool,
}

/// What decides the family.
#[derive(Clone, Debug)]
pub struct FamilyPlan<'a> {
    /// Axes of the family.
    pub axes: &'a [Axis],
    /// Axis and baseline label of the primary contrast.
    pub primary: Option<(Axis, &'a str)>,
    /// Two-sided level.
    pub alpha: f64,
    /// Seed of the sign flips.
    pub seed: u64,
    /// Number of the sign flips.
    pub draws: u64,
}

impl FamilyPlan<'_> {
    fn holds(&self, contrast: &Contrast) -> bool {
        let in_axes = |axis: &Axis| self.axes.contains(axis);
        !contrast.metric.is_overall() && contrast.metric.axes.iter().all(in_axes)
    }

    fn is_primary(&self, contrast: &Contrast) -> bool {
        self.primary.is_some_and(|(axis, baseline)| {
            contrast.metric.key == axis.key() && contrast.baseline == baseline
        })
    }
}

/// Adjusts the contrasts of the family in place.
///
/// # Errors
/// Those of the statistics, which sound contrasts do not raise.
pub fn adjust(computed: &mut [Computed], plan: &FamilyPlan<'_>) -> Result<Family> {
    let defined = |c: &Computed| plan.holds(&c.contrast) && c.pairs.is_some();
    let members: Vec<usize> = (0..computed.len())
        .filter(|&k| computed.get(k).is_some_and(defined))
        .collect();
    let (first, others): (Vec<usize>, Vec<usize>) = members.iter().partition(|&&k| {
        computed
            .get(k)
            .is_some_and(|c| plan.is_primary(&c.contrast))
    });
    let mut gate = 0.0_f64;
    for &k in &first {
        gate = gate.max(adjust_primary(computed.get_mut(k), plan.alpha));
    }
    let critical = adjust_others(computed, &others, plan, gate)?;
    Ok(Family {
        size: members.len(),
        alpha: plan.alpha,
        draws: plan.draws,
        critical,
        joint_law: joint_law(computed, &members),
        primary: plan.primary.map(|(axis, baseline)| Primary {
            axis,
            baseline: baseline.to_owned(),
            passed: !first.is_empty() && gate <= plan.alpha,
        }),
    })
}

/// Sign flips keep the joint law within one pair of runs, and only its covariance across pairs.
fn joint_law(computed: &[Computed], members: &[usize]) -> &'static str {
    let mut runs = members
        .iter()
        .filter_map(|&k| computed.get(k))
        .map(|c| (&c.contrast.candidate, &c.contrast.baseline));
    let first = runs.next();
    if runs.all(|pair| Some(pair) == first) {
        "exact"
    } else {
        "asymptotic"
    }
}

fn adjust_primary(computed: Option<&mut Computed>, alpha: f64) -> f64 {
    let Some(Ok(finding)) = computed.map(|c| c.contrast.result.as_mut()) else {
        return 1.0;
    };
    let p = finding.test.p;
    finding.adjusted = Some(Adjusted {
        primary: true,
        family_size: 1,
        p_westfall_young: p,
        p_holm: p,
        simultaneous: interval(finding, alpha, None),
        significant: p <= alpha,
    });
    flag_disagreement(finding);
    p
}

fn adjust_others(
    computed: &mut [Computed],
    members: &[usize],
    plan: &FamilyPlan<'_>,
    gate: f64,
) -> Result<Option<f64>> {
    if members.is_empty() {
        return Ok(None);
    }
    let picked = || members.iter().filter_map(|&k| computed.get(k));
    let columns: Vec<Vec<Option<f64>>> = picked()
        .filter_map(|c| c.pairs.as_ref().map(|pairs| pairs.floats()))
        .collect();
    let raw: Vec<Option<f64>> = picked()
        .map(|c| {
            c.contrast
                .result
                .as_ref()
                .ok()
                .map(|finding| finding.test.p)
        })
        .collect();
    let resampling = Resampling {
        seed: plan.seed,
        draws: plan.draws,
    };
    let (joint, critical) = rayon::join(
        || max_t(&columns, resampling),
        || simultaneous_critical(&columns, resampling, 1.0 - plan.alpha),
    );
    let (joint, critical, holm) = (joint?, critical?, holm(&raw)?);
    let drawn = joint
        .contrasts
        .iter()
        .map(|c| c.map_or((0.0, 1.0), |c| (c.z, c.step_down)));
    let stepped = never_below_raw(&drawn.collect::<Vec<_>>(), &raw);
    for ((&k, p), holm) in members.iter().zip(stepped).zip(holm) {
        let Some(Ok(finding)) = computed.get_mut(k).map(|c| c.contrast.result.as_mut()) else {
            continue;
        };
        let p = p.max(gate);
        finding.adjusted = Some(Adjusted {
            primary: false,
            family_size: members.len(),
            p_westfall_young: p,
            p_holm: holm.unwrap_or(1.0).max(gate),
            simultaneous: interval(finding, plan.alpha, Some(critical)),
            significant: p <= plan.alpha,
        });
        flag_disagreement(finding);
    }
    Ok(Some(critical))
}

/// Draws may put an adjusted p a little below the exact unadjusted one; it is raised to it, and kept
/// monotone from the largest statistic to the smallest.
fn never_below_raw(drawn: &[(f64, f64)], raw: &[Option<f64>]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..drawn.len()).collect();
    let z = |k: usize| drawn.get(k).map_or(0.0, |(z, _)| *z);
    order.sort_by(|&a, &b| z(b).total_cmp(&z(a)));
    let mut raised = vec![1.0; drawn.len()];
    let mut running = 0.0_f64;
    for k in order {
        let step_down = drawn.get(k).map_or(1.0, |(_, p)| *p);
        let exact = raw.get(k).copied().flatten().unwrap_or(1.0);
        running = running.max(step_down).max(exact);
        if let Some(p) = raised.get_mut(k) {
            *p = running;
        }
    }
    raised
}

/// d ± c·SE, never narrower than the interval of the contrast alone.
fn interval(finding: &Finding, alpha: f64, critical: Option<f64>) -> Option<[f64; 2]> {
    let difference = &finding.difference;
    let (se, df) = (difference.se?, difference.df?);
    let confidence = Confidence::new(1.0 - alpha).ok()?;
    let alone = t_interval(difference.points, se, df, confidence)?;
    let half = critical.map_or(0.0, |c| c * se).max(0.5 * alone.width());
    let Interval { lo, hi } = Interval::around(difference.points, half);
    Some([lo, hi])
}

fn flag_disagreement(finding: &mut Finding) {
    let Some(adjusted) = &finding.adjusted else {
        return;
    };
    let excludes_zero = adjusted
        .simultaneous
        .is_some_and(|[lo, hi]| lo > 0.0 || hi < 0.0);
    if adjusted.simultaneous.is_some() && excludes_zero != adjusted.significant {
        finding.flags.push(Flag::PAndIntervalDisagree);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_p_is_raised_to_the_exact_one_and_stays_monotone() {
        // The largest statistic has the smallest exact p, which the draws happen to undercut.
        let drawn = [(1.0, 0.30), (3.0, 0.001), (2.0, 0.04)];
        let raw = [Some(0.28), Some(0.002), Some(0.05)];
        assert_eq!(never_below_raw(&drawn, &raw), [0.30, 0.002, 0.05]);
        let tied = [(2.0, 0.04), (2.5, 0.03)];
        assert_eq!(
            never_below_raw(&tied, &[Some(0.01), Some(0.06)]),
            [0.06, 0.06]
        );
    }
}
