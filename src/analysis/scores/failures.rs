//! Missing marks of one contrast: how many, why, and what they could hide.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::analysis::compare::pairs::Pairs;
use crate::analysis::scores::sheet::{AxisSheet, Items};
use crate::stats::error::Result;
use crate::stats::interval::Interval;
use crate::stats::mcnemar::{PairedOutcomes, mcnemar};
use crate::stats::missing::imbens_manski;
use crate::suite::{Axis, ScoreMap};

/// Share of missing marks above which a line is flagged.
pub const FLAGGED_SHARE: f64 = 0.02;
/// Share of missing marks above which no claim rests on a line.
pub const NO_CLAIM_SHARE: f64 = 0.05;

/// The missing marks of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideMissing {
    /// Marks that should be there.
    pub expected: u64,
    /// Marks that are not.
    pub missing: u64,
    /// Missing over expected.
    pub share: f64,
    /// Marks by status: `ok`, `model-empty` (scored 1 without a call), and each cause.
    pub by_status: BTreeMap<String, u64>,
}

/// What missing marks mean for one contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failures {
    /// Of the candidate.
    pub candidate: SideMissing,
    /// Of the baseline.
    pub baseline: SideMissing,
    /// McNemar's exact p that items are missing equally often on both sides; axes only, and only
    /// where something is missing.
    pub p_missing_equally: Option<f64>,
    /// Worst-case bounds of the difference in points: every missing mark 1 for one side and 5 for
    /// the other, then the reverse. Equal to the estimate where nothing is missing.
    pub bounds: Option<[f64; 2]>,
    /// Imbens–Manski 95 % interval of the difference in points.
    pub bounds_ci95: Option<[f64; 2]>,
    /// Whether the bounds keep the sign of the difference, or nothing is missing.
    pub survives: bool,
}

impl Failures {
    /// The larger share of the two sides.
    pub fn share(&self) -> f64 {
        self.candidate.share.max(self.baseline.share)
    }

    /// Whether any mark is missing.
    pub fn any(&self) -> bool {
        self.candidate.missing + self.baseline.missing > 0
    }
}

/// The failures of a metric made of `axes`, with the sheets of both sides.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub fn failures(
    items: &Items,
    mapping: ScoreMap,
    axes: &[(Axis, &AxisSheet, &AxisSheet)],
) -> Result<Failures> {
    let candidate = side(axes.iter().map(|(_, sheet, _)| *sheet));
    let baseline = side(axes.iter().map(|(_, _, sheet)| *sheet));
    let mut failures = Failures {
        p_missing_equally: missing_equally(axes),
        bounds: None,
        bounds_ci95: None,
        survives: true,
        candidate,
        baseline,
    };
    if failures.any() {
        let (bounds, interval) = worst_cases(items, mapping, axes)?;
        failures.survives = bounds.lo > 0.0 || bounds.hi < 0.0;
        failures.bounds = Some(ends(bounds));
        failures.bounds_ci95 = interval.map(ends);
    }
    Ok(failures)
}

fn side<'a>(sheets: impl Iterator<Item = &'a AxisSheet>) -> SideMissing {
    let mut side = SideMissing {
        expected: 0,
        missing: 0,
        share: 0.0,
        by_status: BTreeMap::new(),
    };
    for sheet in sheets {
        side.expected += sheet.expected;
        side.missing += sheet.missing;
        for (status, count) in &sheet.counts {
            *side.by_status.entry((*status).to_owned()).or_default() += count;
        }
    }
    if side.expected > 0 {
        side.share = side.missing as f64 / side.expected as f64;
    }
    side
}

fn missing_equally(axes: &[(Axis, &AxisSheet, &AxisSheet)]) -> Option<f64> {
    let [(_, a, b)] = axes else { return None };
    let missing = |sheet: &AxisSheet, item: usize| {
        let applies = sheet.marks.get(item).is_some_and(Option::is_some);
        applies && sheet.values.get(item).is_some_and(Option::is_none)
    };
    let outcomes = (0..a.values.len()).map(|item| (missing(a, item), missing(b, item)));
    let table = PairedOutcomes::count(outcomes);
    let any = table.items() > table.neither;
    any.then(|| mcnemar(table).p_exact)
}

/// Both extreme completions, estimated with the design like the difference itself.
fn worst_cases(
    items: &Items,
    mapping: ScoreMap,
    axes: &[(Axis, &AxisSheet, &AxisSheet)],
) -> Result<(Interval, Option<Interval>)> {
    let extreme = |for_a: i64, for_b: i64| {
        let mut parts = Vec::new();
        for (axis, a, b) in axes {
            let pairs = Pairs::of_values(items, *axis, &a.filled(for_a)?, &b.filled(for_b)?)?;
            parts.push((*axis, pairs));
        }
        Pairs::overall(items, &parts)?.estimate(items)
    };
    let (lower, upper) = (extreme(1, 5)?, extreme(5, 1)?);
    let slope = mapping.slope();
    let bounds = Interval::new(lower.value * slope, upper.value * slope);
    let interval = match (lower.se, upper.se) {
        (Some(low), Some(high)) => {
            let se = [low * slope, high * slope];
            Some(imbens_manski(bounds, se, None, 0.05)?.1)
        }
        _ => None,
    };
    Ok((bounds, interval))
}
