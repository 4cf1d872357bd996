//! Axes that stand beside the figures of a suite: those without ends, and those that a judge's program brings. They enter no
//! official figure, no Overall and no family of tests; their means stand on their own scale.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::scores::items::{AxisSheet, Items};
use crate::analysis::scores::score_table::{NoLevel, mean};
use crate::analysis::scores::sheet::Sheet;
use crate::run::manifest::SuiteSection;
use crate::stats::interval::{Confidence, Interval, Scale};
use crate::stats::weighted::{AxisCells, JointMeans, LevelMethod, WeightedMean};
use crate::suite::Axis;

/// Length of the scale that bounded marks are computed on.
const FIVE_POINT_RANGE: f64 = 4.0;

/// A mean on the scale of its axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OwnLevel {
    /// The mean, weighted as the suite plans.
    pub mean: f64,
    /// Standard error; absent when a single item was observed.
    pub se: Option<f64>,
    /// Ends of the 95 % interval; absent where the marks do not vary and the scale has no ends that would bound the mean.
    pub ci95: Option<[f64; 2]>,
    /// `t` on a scale without ends; else `logit-t`, or `degenerate` for a sample without variance.
    pub method: &'static str,
    /// Items behind it.
    pub items: usize,
}

/// The score of one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BesideScore {
    /// The axis.
    pub axis: Axis,
    /// Its mean, or why there is none.
    pub level: Result<OwnLevel, NoLevel>,
    /// Whether its scale lacks an end: then nothing bounds what missing marks could change.
    pub endless: bool,
    /// Marks by status; marks that are not applicable are not counted.
    pub counts: BTreeMap<&'static str, u64>,
    /// Marks that should be there.
    pub expected: u64,
    /// Marks that should be there and are not.
    pub missing: u64,
}

/// The difference of two runs on such an axis, over the items that both have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BesideDifference {
    /// The run.
    pub candidate: String,
    /// What it is compared with.
    pub baseline: String,
    /// The axis.
    pub axis: Axis,
    /// Mean difference, on the scale of the axis.
    pub difference: f64,
    /// Ends of Student's 95 % interval, not adjusted for other comparisons.
    pub ci95: Option<[f64; 2]>,
    /// Items behind it.
    pub items: usize,
}

/// The axes of some sheets that are none of the suite's.
fn axes<'a>(
    suite: &'a SuiteSection,
    sheets: &'a BTreeMap<Axis, AxisSheet>,
) -> impl Iterator<Item = (Axis, &'a AxisSheet)> {
    let own = move |axis: &Axis| suite.axes.contains(axis) || suite.scores.contains(axis);
    let beside = sheets.iter().filter(move |(axis, _)| !own(axis));
    beside.map(|(axis, sheet)| (*axis, sheet))
}

/// The means of such axes.
pub fn scores(
    suite: &SuiteSection,
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
) -> Vec<BesideScore> {
    let score = |(axis, sheet): (Axis, &AxisSheet)| BesideScore {
        axis,
        level: mean(items, sheets, &[axis]).map(|mean| level(axis, &mean)),
        endless: axis.scale().is_endless(),
        counts: sheet.counts.clone(),
        expected: sheet.expected,
        missing: sheet.missing,
    };
    axes(suite, sheets).map(score).collect()
}

fn level(axis: Axis, mean: &WeightedMean) -> OwnLevel {
    let scale = axis.scale();
    let unit = unit(axis);
    let (interval, method) = match scale.is_endless() {
        true => (mean.t_interval(Confidence::P95), "t"),
        false => match mean.level_interval(Scale::RAW, Confidence::P95) {
            Some((interval, LevelMethod::LogitT)) => (Some(interval), "logit-t"),
            Some((interval, LevelMethod::Degenerate)) => (Some(interval), "degenerate"),
            None => (None, "logit-t"),
        },
    };
    let ends = |Interval { lo, hi }| [scale.mark_at(lo), scale.mark_at(hi)];
    OwnLevel {
        mean: scale.mark_at(mean.value()),
        se: mean.se().map(|se| se * unit),
        ci95: interval.map(ends),
        method,
        items: mean.units(),
    }
}

/// The length on the scale of an axis of one unit that its marks are computed in.
fn unit(axis: Axis) -> f64 {
    let scale = axis.scale();
    match scale.is_endless() {
        true => 1.0,
        false => (scale.hi.to_f64() - scale.lo.to_f64()) / FIVE_POINT_RANGE,
    }
}

/// The differences of pairs of runs on the axes that both have.
pub fn differences(
    suite: &SuiteSection,
    items: &Items,
    pairs: &[(&Sheet, &Sheet)],
) -> Vec<BesideDifference> {
    let of_pair = |(a, b): &(&Sheet, &Sheet)| -> Vec<BesideDifference> {
        let found = axes(suite, &a.axes).filter_map(|(axis, of_a)| {
            let of_b = b.axes.get(&axis)?;
            let planned = items.population(axis);
            let [a_cells, b_cells] = [of_a, of_b].map(|sheet| AxisCells {
                values: &sheet.values,
                planned: &planned,
            });
            let joint = JointMeans::new(&items.design, &[a_cells], &[b_cells]).ok()?;
            let unit = unit(axis);
            let interval = joint.difference.t_interval(Confidence::P95);
            Some(BesideDifference {
                candidate: a.label.clone(),
                baseline: b.label.clone(),
                axis,
                difference: joint.difference.value() * unit,
                ci95: interval.map(|Interval { lo, hi }| [lo * unit, hi * unit]),
                items: joint.difference.units(),
            })
        });
        found.collect()
    };
    pairs.iter().flat_map(of_pair).collect()
}
