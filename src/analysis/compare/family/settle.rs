//! Bounds for missing marks, the standing of one contrast, and what follows from it.

use super::Line;
use crate::analysis::compare::contrast::{ContrastFinding, Flag};
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::standing::{
    Condition, Direction, Facts, Gate, MarginFacts, Standing, Tested,
};
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::stats::interval::Interval;
use crate::stats::missing::tipping_point;

/// Bounds for missing marks, the standing, and what follows from it.
pub(super) fn settle(setting: &Setting<'_>, line: &mut Line<'_>, gate: Gate, margin_tests: usize) {
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
fn own_interval(finding: &ContrastFinding, test: Option<Tested>, range: f64) -> Option<[f64; 2]> {
    let own = match test {
        Some(Tested::Look { .. }) => finding.adjusted.as_ref().and_then(|a| a.simultaneous),
        Some(Tested::P { .. }) | None => finding.difference.ci95,
    };
    own.or(Some([-range, range]))
}

/// Ends the joint interval at 0 where the step-down test shows a direction that it would reach across.
fn end_at_zero(finding: &mut ContrastFinding, standing: Standing) {
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

fn tipping(finding: &ContrastFinding) -> Option<f64> {
    let [lo, hi] = finding.adjusted.as_ref()?.simultaneous?;
    let points = finding.difference.points;
    let half_width = if points > 0.0 {
        points - lo
    } else {
        hi - points
    };
    tipping_point(points, half_width, finding.failures.weighted_share)
}
