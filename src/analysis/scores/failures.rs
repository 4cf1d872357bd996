//! Missing marks of one contrast: how many, why, and what they could hide.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::analysis::compare::pairs::mean_of;
use crate::analysis::scores::binary::binary;
use crate::analysis::scores::items::{AxisSheet, Items};
use crate::stats::error::Result;
use crate::stats::interval::Interval;
use crate::stats::lattice::differences;
use crate::stats::missing::imbens_manski;
use crate::stats::weighted::WeightedMean;
use crate::suite::{Axis, ScoreMap};

/// Share of missing marks above which a line is flagged.
pub const FLAGGED_SHARE: f64 = 0.02;

/// Lowest and highest raw mark.
const ENDS: [i64; 2] = [1, 5];

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

/// The axis and side on which most marks are missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorstAxis {
    /// Whether it is a side of the candidate; else of the baseline.
    pub of_candidate: bool,
    /// The axis.
    pub axis: Axis,
    /// Missing over expected marks.
    pub share: f64,
}

/// What missing marks mean for one contrast. Whether its direction survives them is its standing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failures {
    /// Of the candidate.
    pub candidate: SideMissing,
    /// Of the baseline.
    pub baseline: SideMissing,
    /// The axis and side on which most are missing; where any is.
    pub worst: Option<WorstAxis>,
    /// Exact p that items are missing equally often on both sides (McNemar's test, or the sign flip of ±1 by clusters);
    /// axes only, and only where something is missing.
    pub p_missing_equally: Option<f64>,
    /// Worst-case bounds of the difference in points: every missing mark 1 for one side and 5 for
    /// the other, then the reverse. Where marks are missing.
    pub bounds: Option<[f64; 2]>,
    /// Imbens–Manski interval of the difference in points, at the level that its test is adjusted to.
    pub bounds_ci95: Option<[f64; 2]>,
    /// That level, two-sided.
    pub bounds_alpha: Option<f64>,
    /// Shares of missing marks of both sides, weighted like the difference and summed.
    pub weighted_share: f64,
    /// Points by which the lost marks would have to be less favourable on average than the others to undo the
    /// direction; none where nothing is missing or the interval reaches 0.
    pub tipping_points: Option<f64>,
}

impl Failures {
    /// The largest share of missing marks of any axis in either run.
    pub fn worst_share(&self) -> f64 {
        self.worst.as_ref().map_or(0.0, |worst| worst.share)
    }

    /// Whether any mark is missing.
    pub fn any(&self) -> bool {
        self.candidate.missing + self.baseline.missing > 0
    }

    /// How many marks of both sides are missing, and how many should be there.
    pub fn counts(&self) -> (u64, u64) {
        (
            self.candidate.missing + self.baseline.missing,
            self.candidate.expected + self.baseline.expected,
        )
    }
}

/// Both extreme completions, each estimated with the design like the difference itself, raw marks.
#[derive(Clone, Debug)]
pub struct Extremes {
    /// Every missing mark of the candidate 1, of the baseline 5.
    pub lower: WeightedMean,
    /// The reverse.
    pub upper: WeightedMean,
}

impl Extremes {
    /// Imbens–Manski interval at 1 − `alpha` in raw marks, with Student's t of the fewer degrees of freedom; `None`
    /// without standard errors.
    pub fn interval(&self, alpha: f64) -> Option<Interval> {
        let bounds = Interval::new(self.lower.value(), self.upper.value());
        let se = [self.lower.se()?, self.upper.se()?];
        let df = match (self.lower.df(), self.upper.df()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
        imbens_manski(bounds, se, df, alpha)
            .ok()
            .map(|(_, found)| found)
    }
}

/// The failures of a metric made of `axes`, with the sheets of both sides, and the extreme completions where marks are
/// missing. `seed` decides draws, which only millions of items need.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub fn failures(
    items: &Items,
    mapping: ScoreMap,
    axes: &[(Axis, &AxisSheet, &AxisSheet)],
    seed: u64,
) -> Result<(Failures, Option<Extremes>)> {
    let mut failures = Failures {
        candidate: side(axes.iter().map(|(_, sheet, _)| *sheet)),
        baseline: side(axes.iter().map(|(_, _, sheet)| *sheet)),
        worst: worst(axes),
        p_missing_equally: missing_equally(items, axes, seed)?,
        bounds: None,
        bounds_ci95: None,
        bounds_alpha: None,
        weighted_share: 0.0,
        tipping_points: None,
    };
    if !failures.any() {
        return Ok((failures, None));
    }
    let extremes = Extremes {
        lower: extreme(items, axes, ENDS)?,
        upper: extreme(items, axes, [ENDS[1], ENDS[0]])?,
    };
    let slope = mapping.slope();
    let bounds = Interval::new(extremes.lower.value(), extremes.upper.value());
    failures.bounds = Some(ends(bounds.map(slope, 0.0)));
    failures.weighted_share = axes
        .iter()
        .map(|(axis, a, b)| weighted_share(items, *axis, a) + weighted_share(items, *axis, b))
        .sum::<f64>()
        / axes.len() as f64;
    Ok((failures, Some(extremes)))
}

fn worst(axes: &[(Axis, &AxisSheet, &AxisSheet)]) -> Option<WorstAxis> {
    let sides = axes.iter().flat_map(|(axis, a, b)| {
        [
            (true, *axis, a.missing_share()),
            (false, *axis, b.missing_share()),
        ]
    });
    sides
        .filter(|(_, _, share)| *share > 0.0)
        .reduce(|most, next| if next.2 > most.2 { next } else { most })
        .map(|(of_candidate, axis, share)| WorstAxis {
            of_candidate,
            axis,
            share,
        })
}

/// Share of missing marks of an axis, strata weighted by the plan.
fn weighted_share(items: &Items, axis: Axis, sheet: &AxisSheet) -> f64 {
    let weights = items.weights(axis);
    let mut counts = vec![(0.0, 0.0); weights.len()];
    for (stratum, marks) in items.strata().of_item().iter().zip(&sheet.marks) {
        let (Some((missing, expected)), Some(marks)) = (counts.get_mut(*stratum), marks) else {
            continue;
        };
        for mark in marks.iter().flatten() {
            *expected += 1.0;
            *missing += f64::from(u8::from(mark.is_none()));
        }
    }
    let total: f64 = weights.iter().sum();
    let strata = weights.iter().zip(counts);
    strata
        .filter(|(_, (_, expected))| *expected > 0.0)
        .map(|(weight, (missing, expected))| weight / total * missing / expected)
        .sum()
}

/// One extreme completion: missing marks of the candidate at `fill[0]`, of the baseline at `fill[1]`.
fn extreme(
    items: &Items,
    axes: &[(Axis, &AxisSheet, &AxisSheet)],
    fill: [i64; 2],
) -> Result<WeightedMean> {
    let mut parts = Vec::with_capacity(axes.len());
    for (axis, a, b) in axes {
        parts.push((
            *axis,
            differences(&a.filled(fill[0])?, &b.filled(fill[1])?)?,
        ));
    }
    mean_of(items, &parts)
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

fn missing_equally(
    items: &Items,
    axes: &[(Axis, &AxisSheet, &AxisSheet)],
    seed: u64,
) -> Result<Option<f64>> {
    let [(_, a, b)] = axes else { return Ok(None) };
    let missing = |sheet: &AxisSheet, item: usize| {
        let applies = sheet.marks.get(item).is_some_and(Option::is_some);
        applies && sheet.values.get(item).is_some_and(Option::is_none)
    };
    let outcomes: Vec<Option<(bool, bool)>> = (0..a.values.len())
        .map(|item| Some((missing(a, item), missing(b, item))))
        .collect();
    let any = outcomes.iter().flatten().any(|(a, b)| *a || *b);
    match any {
        true => binary(items, &outcomes, seed).map(|test| Some(test.p)),
        false => Ok(None),
    }
}
