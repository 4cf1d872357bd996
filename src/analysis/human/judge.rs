//! Does the judge agree with people, and people with each other?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::ratings::{Ratings, steps};
use super::units::{Units, by_unit};
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::Sheet;
use crate::common::decimal::Decimal;
use crate::stats::agreement::{agreement, calibration};
use crate::stats::correlation::{kendall_tau, spearman};
use crate::stats::error::StatsError;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::kappa::{Weighting, kappa, kappa_interval};
use crate::stats::krippendorff::{Metric, alpha, alpha_interval};
use crate::stats::paired::PairedSummary;
use crate::stats::rational::Rational;
use crate::stats::splitmix::Resampling;
use crate::suite::Axis;

/// Draws of the bootstraps over items.
const DRAWS: u64 = 2_000;

/// A judge against people on one axis of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgreementWithHumans {
    /// The run.
    pub run: String,
    /// The model.
    pub model: String,
    /// The axis.
    pub axis: Axis,
    /// Answers that both rated.
    pub items: usize,
    /// Quadratically weighted kappa of the judge's mark and the raters' lower median; repeats of the judge enter by
    /// their lower median too.
    pub kappa: Option<f64>,
    /// Its 95 % interval by resampling items.
    pub kappa_ci95: Option<[f64; 2]>,
    /// Share of equal marks, by the same medians. Like kappa only where people and judge mark on one scale.
    pub exact: Option<f64>,
    /// Spearman's correlation of the means.
    pub spearman: Option<f64>,
    /// Kendall's tau-b of the means.
    pub kendall: Option<f64>,
    /// Mean of judge − people: leniency, in marks of the five-point scale.
    pub bias: f64,
    /// Its 95 % interval, t over units.
    pub bias_ci95: Option<[f64; 2]>,
    /// Where 95 % of the differences lie (Bland, Altman).
    pub limits: Option<[f64; 2]>,
    /// People's mean predicted by the judge's: slope of the line; 1 where the judge's differences mean what they say.
    pub slope: Option<f64>,
    /// People among each other, where two or more rated the same answers.
    pub raters: Option<RaterAgreement>,
}

/// Agreement of people among each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RaterAgreement {
    /// Krippendorff's alpha for ordinal scores.
    pub alpha: f64,
    /// Its 95 % interval by resampling items.
    pub alpha_ci95: Option<[f64; 2]>,
}

/// `None` where people rated no answer of this run on this axis that the judge marked.
pub(super) fn on_axis(
    ratings: &Ratings,
    items: &Items,
    sheet: &Sheet,
    axis: Axis,
    seed: u64,
) -> Result<Option<AgreementWithHumans>, StatsError> {
    let Some(marks) = sheet.axis(axis) else {
        return Ok(None);
    };
    let (mut judge, mut human) = (Vec::new(), Vec::new());
    let (mut judge_marks, mut human_marks) = (Vec::new(), Vec::new());
    let mut units = Units::default();
    let values = marks.floats();
    let alike = ratings.on_judges_scale(axis);
    for (item, task) in items.tasks.iter().enumerate() {
        let value = values.get(item).copied().flatten();
        let mean = ratings.mean(&sheet.model, axis, task);
        let (Some(value), Some(mean)) = (value, mean) else {
            continue;
        };
        if let Some(rated) = ratings.steps(&sheet.model, axis, task).filter(|_| alike) {
            let repeats = marks.marks.get(item).and_then(Option::as_ref);
            let repeats = repeats.into_iter().flatten().flatten().flatten();
            let own = |mark: &Rational| {
                let mark = axis.scale().mark_at(mark.to_f64());
                Some(steps(Decimal::nearest(mark)?, axis.scale()))
            };
            let mark = lower_median(repeats.filter_map(own));
            let (Some(mark), Some(consensus)) = (mark, lower_median(rated.into_values())) else {
                continue;
            };
            judge_marks.push(mark);
            human_marks.push(consensus);
        }
        judge.push(value);
        human.push(mean);
        units.push(items, item);
    }
    if judge.is_empty() {
        return Ok(None);
    }
    let means = agreement(&judge, &human, Confidence::P95)?;
    let gaps: Vec<f64> = judge.iter().zip(&human).map(|(j, h)| j - h).collect();
    let resampling = Resampling { seed, draws: DRAWS };
    let ends = |interval: Interval| [interval.lo, interval.hi];
    let on_marks = OnMarks::of(&judge_marks, &human_marks, items.clustered(), resampling)?;
    Ok(Some(AgreementWithHumans {
        run: sheet.label.clone(),
        model: sheet.model.to_string(),
        axis,
        items: judge.len(),
        kappa: on_marks.kappa,
        kappa_ci95: on_marks.ci95,
        exact: on_marks.exact,
        spearman: spearman(&judge, &human),
        kendall: kendall_tau(&judge, &human),
        bias: means.bias,
        bias_ci95: PairedSummary::of(&by_unit(&gaps, &units))?
            .t_interval(Confidence::P95)
            .map(ends),
        limits: means.limits.map(ends),
        slope: calibration(&judge, &human)?.map(|line| line.slope),
        raters: raters(ratings, items, sheet, axis, resampling),
    }))
}

/// What needs marks on one scale.
#[derive(Default)]
struct OnMarks {
    kappa: Option<f64>,
    ci95: Option<[f64; 2]>,
    exact: Option<f64>,
}

impl OnMarks {
    /// Kappa of marks as steps of their scale; its interval resamples items, which says nothing where these form clusters.
    fn of(
        judge: &[i64],
        human: &[i64],
        clustered: bool,
        resampling: Resampling,
    ) -> Result<Self, StatsError> {
        if judge.is_empty() {
            return Ok(Self::default());
        }
        let quadratic = Weighting::Quadratic;
        let drawn = match clustered {
            true => None,
            false => kappa_interval(judge, human, quadratic, resampling, Confidence::P95)?,
        };
        let equal = judge.iter().zip(human).filter(|(j, h)| j == h).count();
        Ok(Self {
            kappa: kappa(judge, human, quadratic)?.map(|k| k.kappa),
            ci95: drawn.map(|interval| [interval.lo, interval.hi]),
            exact: Some(equal as f64 / judge.len() as f64),
        })
    }
}

/// The middle score; of an even number the lower of the two in the middle.
fn lower_median(scores: impl Iterator<Item = i64>) -> Option<i64> {
    let mut scores: Vec<i64> = scores.collect();
    scores.sort_unstable();
    scores.get(scores.len().checked_sub(1)? / 2).copied()
}

fn raters(
    ratings: &Ratings,
    items: &Items,
    sheet: &Sheet,
    axis: Axis,
    resampling: Resampling,
) -> Option<RaterAgreement> {
    let rated = items.tasks.iter().enumerate();
    let rated: Vec<(usize, BTreeMap<&str, i64>)> = rated
        .filter_map(|(item, task)| Some((item, ratings.steps(&sheet.model, axis, task)?)))
        .collect();
    let names: BTreeSet<&str> = rated.iter().flat_map(|(_, r)| r.keys().copied()).collect();
    let scores: Vec<Vec<Option<i64>>> = names
        .iter()
        .map(|name| rated.iter().map(|(_, r)| r.get(name).copied()).collect())
        .collect();
    let mut units = Units::default();
    rated.iter().for_each(|(item, _)| units.push(items, *item));
    let interval = alpha_interval(
        &scores,
        units.numbers(),
        Metric::Ordinal,
        resampling,
        Confidence::P95,
    );
    Some(RaterAgreement {
        alpha: alpha(&scores, Metric::Ordinal)?,
        alpha_ci95: interval.map(|interval| [interval.lo, interval.hi]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_of_two_middles() {
        assert_eq!(lower_median([5, 1, 2, 4].into_iter()), Some(2));
        assert_eq!(lower_median([5, 1, 3].into_iter()), Some(3));
        assert_eq!(lower_median([].into_iter()), None);
    }
}
