//! A contrast with what the decisions about its page need.

use crate::analysis::compare::contrast::Contrast;
use crate::analysis::runs::served::models;
use crate::analysis::scores::failures::Extremes;
use crate::analysis::scores::items::AxisSheet;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::bridge::Joined;
use crate::stats::weighted::WeightedMean;
use crate::suite::Axis;

/// A contrast with what the decisions about its page need.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The contrast; its standing is decided with the others of its page.
    pub contrast: Contrast,
    /// Its mean and what missing marks could make of it, where it is defined.
    pub means: Option<Means>,
}

/// The design-weighted means behind a defined contrast, raw marks.
#[derive(Clone, Debug)]
pub struct Means {
    /// Over the pairs that are there.
    pub observed: WeightedMean,
    /// With every missing mark at its worst for the candidate, then at its best; where marks are missing.
    pub extremes: Option<Extremes>,
    /// Whether different judges, or other served models, marked the two sides, and nothing joins them.
    pub judges_differ: bool,
    /// The difference over a bridge, which counts in place of `observed` then.
    pub joined: Option<Joined>,
}

/// The axes that apply to both sides.
pub fn common<'a>(
    a: &'a Sheet,
    b: &'a Sheet,
    axes: &[Axis],
) -> Vec<(Axis, &'a AxisSheet, &'a AxisSheet)> {
    axes.iter()
        .filter_map(|&axis| Some((axis, a.axis(axis)?, b.axis(axis)?)))
        .collect()
}

pub(super) type Part<'a> = (Axis, &'a AxisSheet, &'a AxisSheet);

/// Whether different judges, or other models served to one judge, marked the two runs.
pub(crate) fn marked_differently(a: &Sheet, b: &Sheet) -> bool {
    judges_differ(a, b) || served_differ(a, b)
}

/// Whether different judges marked the two runs.
pub(super) fn judges_differ(a: &Sheet, b: &Sheet) -> bool {
    a.judge.digest != b.judge.digest
}

/// Whether the endpoints named other models for the two sides. Silence is no difference.
fn served_differ(a: &Sheet, b: &Sheet) -> bool {
    let (a, b) = (models(&a.served), models(&b.served));
    !a.is_empty() && !b.is_empty() && a != b
}
