//! One candidate against one baseline on one axis: what people say, what the judge says, the judge's bias in favour of
//! the candidate, and the prediction-powered difference that uses both (statistics: PPI++, arXiv 2311.01453; stratified
//! 2406.04291).

use serde::Serialize;

use super::ratings::Ratings;
use super::units::{Units, by_unit};
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::agreement::comparative_bias;
use crate::stats::correlation::pearson;
use crate::stats::error::StatsError;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::paired::PairedSummary;
use crate::stats::ppi::{
    Lambda, Moments, PpiMean, PpiSample, ppi_mean, ppi_stratified, useful_correlation,
};
use crate::suite::{Axis, ScoreMap};

/// Labelled units from which the trust in the judge may be tuned on the labels themselves.
const TUNABLE: usize = 30;

/// A difference in points with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairEstimate {
    /// Candidate minus baseline, points.
    pub points: f64,
    /// 95 % interval; none where there is no spread.
    pub ci95: Option<[f64; 2]>,
    /// Standard deviation of an item's difference, points; none with one item.
    pub sd: Option<f64>,
    /// Items behind it.
    pub items: usize,
    /// Independent units behind the interval: items, or clusters of them.
    pub units: usize,
}

/// The prediction-powered difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ppi {
    /// Candidate minus baseline, points.
    pub points: f64,
    /// 95 % interval.
    pub ci95: [f64; 2],
    /// How much the judge was trusted, 0–1.
    pub lambda: f64,
    /// Whether λ was tuned on the labels (from 30 units on) or fixed at 1 beforehand.
    pub tuned: bool,
    /// Whether strata were weighted by the suite's plan: every one has two labelled and two other items.
    pub stratified: bool,
    /// Items that only the judge marked.
    pub unlabelled: usize,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HumanContrast {
    /// The candidate.
    pub candidate: String,
    /// The baseline.
    pub baseline: String,
    /// The axis.
    pub axis: Axis,
    /// People alone, on the items they rated for both models.
    pub human: PairEstimate,
    /// The judge alone, on the same items.
    pub judge_same_items: PairEstimate,
    /// The judge's bias in favour of the candidate: mean of (J − H) of the candidate minus (J − H) of the baseline.
    pub bias: PairEstimate,
    /// Correlation of people's and judge's differences.
    pub correlation: Option<f64>,
    /// Correlation from which the judge's marks help at this number of labels.
    pub useful_correlation: Option<f64>,
    /// Items with marks of the judge for both models, rated or not.
    pub tasks: usize,
    /// People and judge together; none with fewer than two labelled or two other items.
    pub ppi: Option<Ppi>,
}

/// Differences on the items that people rated for both models, and the judge's on the others.
#[derive(Default)]
struct Cells {
    human: [Vec<f64>; 2],
    judge: [Vec<f64>; 2],
    /// Stratum of each labelled item.
    labelled: Vec<usize>,
    /// Stratum and the judge's difference of each other item.
    others: Vec<(usize, f64)>,
    /// Units of the labelled items, and of the others.
    units: [Units; 2],
}

impl Cells {
    fn of(ratings: &Ratings, items: &Items, sheets: [&Sheet; 2], axis: Axis) -> Option<Self> {
        let [a, b] = sheets;
        let (marks_a, marks_b) = (a.axis(axis)?.floats(), b.axis(axis)?.floats());
        let mut cells = Self::default();
        let strata = items.strata().of_item();
        for ((item, task), &stratum) in items.tasks.iter().enumerate().zip(strata) {
            let mark = |marks: &[Option<f64>]| marks.get(item).copied().flatten();
            let (Some(ja), Some(jb)) = (mark(&marks_a), mark(&marks_b)) else {
                continue;
            };
            let human = |sheet: &Sheet| ratings.mean(&sheet.model, axis, task);
            match (human(a), human(b)) {
                (Some(ha), Some(hb)) => {
                    for (list, value) in cells.human.iter_mut().zip([ha, hb]) {
                        list.push(value);
                    }
                    for (list, value) in cells.judge.iter_mut().zip([ja, jb]) {
                        list.push(value);
                    }
                    cells.labelled.push(stratum);
                    cells.units[0].push(items, item);
                }
                _ => {
                    cells.others.push((stratum, ja - jb));
                    cells.units[1].push(items, item);
                }
            }
        }
        Some(cells)
    }

    fn differences(sides: &[Vec<f64>; 2]) -> Vec<f64> {
        let [a, b] = sides;
        a.iter().zip(b).map(|(a, b)| a - b).collect()
    }
}

/// `None` where people rated no item of this axis for both models.
pub(super) fn on_axis(
    ratings: &Ratings,
    items: &Items,
    sheets: [&Sheet; 2],
    axis: Axis,
    mapping: ScoreMap,
) -> Result<Option<HumanContrast>, StatsError> {
    let cells = Cells::of(ratings, items, sheets, axis);
    let Some(cells) = cells.filter(|cells| !cells.labelled.is_empty()) else {
        return Ok(None);
    };
    let (human, judge) = (
        Cells::differences(&cells.human),
        Cells::differences(&cells.judge),
    );
    let [ja, jb] = &cells.judge;
    let [ha, hb] = &cells.human;
    let bias = comparative_bias([ja, jb], [ha, hb])?;
    let bias = match items.clustered() {
        false => bias,
        true => {
            let gaps: Vec<f64> = judge.iter().zip(&human).map(|(j, h)| j - h).collect();
            PairedSummary::of(&by_unit(&gaps, &cells.units[0]))?
        }
    };
    let points = |summary: &PairedSummary| estimate(summary, human.len(), mapping);
    let of_units = |values: &[f64]| PairedSummary::of(&by_unit(values, &cells.units[0]));
    Ok(Some(HumanContrast {
        candidate: sheets[0].label.clone(),
        baseline: sheets[1].label.clone(),
        axis,
        human: points(&of_units(&human)?),
        judge_same_items: points(&of_units(&judge)?),
        bias: points(&bias),
        correlation: pearson(&human, &judge),
        useful_correlation: useful_correlation(cells.units[0].len()),
        tasks: cells.labelled.len() + cells.others.len(),
        ppi: ppi(items, axis, &cells, &human, &judge, mapping),
    }))
}

fn estimate(summary: &PairedSummary, items: usize, mapping: ScoreMap) -> PairEstimate {
    let slope = mapping.slope();
    let interval = summary
        .t_interval(Confidence::P95)
        .filter(|_| summary.degeneracy().is_none());
    PairEstimate {
        points: slope * summary.mean.unwrap_or(0.0),
        ci95: interval.map(|Interval { lo, hi }| {
            // Nothing lies outside the scale.
            [lo.max(-RAW_RANGE), hi.min(RAW_RANGE)].map(|end| slope * end)
        }),
        sd: summary.sd.map(|sd| slope * sd),
        items,
        units: summary.n,
    }
}

fn ppi(
    items: &Items,
    axis: Axis,
    cells: &Cells,
    human: &[f64],
    judge: &[f64],
    mapping: ScoreMap,
) -> Option<Ppi> {
    let [labelled, unlabelled] = &cells.units;
    // Items of one unit on both sides are not independent of each other.
    if items.clustered() && labelled.overlap(unlabelled) {
        return None;
    }
    let tuned = labelled.len() >= TUNABLE;
    let by_strata = (tuned && !items.clustered())
        .then(|| stratified(items, axis, cells, human, judge))
        .flatten();
    let stratified = by_strata.is_some();
    let mean: PpiMean = by_strata.or_else(|| {
        let others: Vec<f64> = cells.others.iter().map(|(_, gap)| *gap).collect();
        let sample = PpiSample {
            human: &by_unit(human, labelled),
            judge_labelled: &by_unit(judge, labelled),
            judge_unlabelled: &by_unit(&others, unlabelled),
        };
        let lambda = if tuned {
            Lambda::Tuned
        } else {
            Lambda::Fixed(1.0)
        };
        ppi_mean(sample, lambda, Moments::SmallSample, Confidence::P95).ok()
    })?;
    let slope = mapping.slope();
    Some(Ppi {
        points: slope * mean.estimate,
        ci95: [slope * mean.interval.lo, slope * mean.interval.hi],
        lambda: mean.lambda,
        tuned,
        stratified,
        unlabelled: cells.others.len(),
    })
}

/// By strata, weighted by the suite's plan; `None` unless each has two labelled and two other items.
fn stratified(
    items: &Items,
    axis: Axis,
    cells: &Cells,
    human: &[f64],
    judge: &[f64],
) -> Option<PpiMean> {
    let weights = items.weights(axis);
    let total: f64 = weights.iter().sum();
    let mut parts: Vec<[Vec<f64>; 3]> = vec![Default::default(); weights.len()];
    for ((&stratum, y), f) in cells.labelled.iter().zip(human).zip(judge) {
        let [labels, marks, _] = parts.get_mut(stratum)?;
        labels.push(*y);
        marks.push(*f);
    }
    for &(stratum, gap) in &cells.others {
        parts.get_mut(stratum)?[2].push(gap);
    }
    let used: Vec<(&[Vec<f64>; 3], f64)> = parts
        .iter()
        .zip(weights)
        .filter(|(_, w)| *w > 0.0)
        .collect();
    let samples: Vec<PpiSample<'_>> = used
        .iter()
        .map(|([labels, marks, others], _)| PpiSample {
            human: labels,
            judge_labelled: marks,
            judge_unlabelled: others,
        })
        .collect();
    let shares: Vec<f64> = used.iter().map(|(_, weight)| weight / total).collect();
    ppi_stratified(&samples, &shares, Confidence::P95).ok()
}
