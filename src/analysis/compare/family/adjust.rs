//! The p of a page adjusted together: the primary contrast by itself, the family by max-T, the margin tests by Holm.

use super::{Adjusted, Adjusting, FamilyPlan, Line, Looking, across, in_family};
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::looks::Interim;
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::standing::Tested;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::stats::difference_interval::sidak;
use crate::stats::error::Result;
use crate::stats::margin::units_needed;
use crate::stats::max_t::{StepDown, step_down};
use crate::stats::missing::level_of;
use crate::stats::multiplicity::holm;
use crate::stats::splitmix::Resampling;

/// The primary contrast, by its own p or by the boundary of its look.
pub(super) fn test_primary(
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

/// Adjusted p, joint intervals and the level of the bounds for missing marks, for every member of the family.
pub(super) fn adjust_family(
    setting: &Setting<'_>,
    lines: &mut [Line<'_>],
    plan: &FamilyPlan<'_>,
    p_primary: f64,
) -> Result<()> {
    let mut members: Vec<&mut Line<'_>> = lines.iter_mut().filter(|line| in_family(line)).collect();
    if members.is_empty() {
        return Ok(());
    }
    let adjusting = match plan.adjusting {
        // Sign flips say nothing about a difference across judges, so there is no joint law of the family.
        Adjusting::Draws(_) if across(members.iter().map(|line| &**line)) => Adjusting::Holm,
        planned => planned,
    };
    let steps = steps(setting, &members, adjusting)?;
    let size = members.len();
    let slope = setting.mapping.slope();
    let limit = match adjusting {
        Adjusting::Draws(draws) => 1.0 / (1.0 + draws as f64),
        Adjusting::Alone | Adjusting::Holm => 0.0,
    };
    for (line, step) in members.iter_mut().zip(steps) {
        let p = step.p.max(p_primary);
        let (found, kind) = line.interval(sidak(setting.alpha, size));
        line.bounds_alpha = step.bounds_alpha;
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
            at_draw_limit: p <= limit * (1.0 + 1e-9),
            p_holm: step.p_holm.max(p_primary),
            simultaneous: found.map(|found| ends(found.map(slope, 0.0))),
            simultaneous_method: kind,
        });
    }
    Ok(())
}

/// What the adjustment gives one member.
struct Step {
    p: f64,
    p_holm: f64,
    /// Two-sided level of the bounds for missing marks.
    bounds_alpha: f64,
}

fn steps(
    setting: &Setting<'_>,
    members: &[&mut Line<'_>],
    adjusting: Adjusting,
) -> Result<Vec<Step>> {
    let raw: Vec<Option<f64>> = members.iter().map(|line| line.p()).collect();
    let p_holm: Vec<f64> = holm(&raw)?.into_iter().map(|p| p.unwrap_or(1.0)).collect();
    let alone = || raw.iter().map(|p| p.unwrap_or(1.0)).collect();
    let even = |level: f64| vec![level; members.len()];
    let (p, levels): (Vec<f64>, Vec<f64>) = match adjusting {
        Adjusting::Draws(draws) => {
            let seed = setting.seed;
            let means: Vec<_> = members.iter().map(|line| &line.means.observed).collect();
            let drawn = step_down(&means, Resampling { seed, draws }, 1.0 - setting.alpha)?;
            let levels = drawn.iter().map(|step| level_of(step.critical)).collect();
            (never_below_raw(&drawn, &raw), levels)
        }
        Adjusting::Alone => (alone(), even(setting.alpha)),
        Adjusting::Holm => (p_holm.clone(), even(setting.alpha / members.len() as f64)),
    };
    let all = p.into_iter().zip(p_holm).zip(levels);
    Ok(all
        .map(|((p, p_holm), bounds_alpha)| Step {
            p,
            p_holm,
            bounds_alpha,
        })
        .collect())
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
pub(super) fn adjust_margins(setting: &Setting<'_>, lines: &mut [Line<'_>]) -> Result<usize> {
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
        let mean = &line.means.observed;
        let (units, balance) = match &line.means.joined {
            Some(joined) => (joined.anchors as u64, 1.0),
            None => (mean.units() as u64, mean.balance()),
        };
        let Some(margin) = line.finding_mut().and_then(|f| f.margin.as_mut()) else {
            continue;
        };
        let first = setting.alpha / count.max(1) as f64;
        margin.units_needed = units_needed(margin.margin / slope, RAW_RANGE, balance, first)
            .filter(|needed| *needed > units);
        margin.p_equivalence_holm = equivalent.unwrap_or(1.0);
        margin.p_noninferiority_holm = noninferior.unwrap_or(1.0);
        margin.bounds = bounds.map(|found| ends(found.map(slope, 0.0)));
    }
    Ok(count)
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
