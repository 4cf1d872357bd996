//! How a judge's repeats on the same answer agree with each other. It says how noisy the judge is, never
//! that it is right.

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::analysis::scores::items::AxisSheet;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::interval::Confidence;
use crate::stats::variance_components::one_way;
use crate::suite::{Axis, ScoreMap};

/// Agreement of the repeats on one axis. One answer per task counts, that of the first sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeats {
    /// The axis.
    pub axis: Axis,
    /// Answers with at least two marks.
    pub answers: usize,
    /// Pairs of repeats on the same answer.
    pub pairs: usize,
    /// Share of these pairs with equal marks, 0–1.
    pub exact_agreement: f64,
    /// Share of these pairs that differ by at most one mark, 0–1.
    pub within_one: f64,
    /// Standard deviation of one repeat around its answer's mean, in points.
    pub noise_sd_points: f64,
    /// Whether any two repeats differ. Where none does (temperature 0, a cache), repeats are no
    /// replicates: the judge's noise cannot be estimated from them, and it is not 0.
    pub noise_estimable: bool,
    /// ICC(1,1), the reliability of one mark among these answers; none where the noise is not estimable.
    pub icc_single: Option<f64>,
    /// Its 95 % interval from the F law.
    pub icc_single_ci95: Option<[f64; 2]>,
    /// ICC(1,R), the reliability of the mean over the repeats.
    pub icc_mean: Option<f64>,
}

/// Agreement of a judge's repeats on every axis that applies; empty below two repeats.
pub fn repeats(sheet: &Sheet, axes: &[Axis], mapping: ScoreMap) -> Vec<Repeats> {
    if sheet.judge.repeats < 2 {
        return Vec::new();
    }
    axes.iter()
        .filter_map(|&axis| on_axis(axis, sheet.axis(axis)?, mapping))
        .collect()
}

fn on_axis(axis: Axis, sheet: &AxisSheet, mapping: ScoreMap) -> Option<Repeats> {
    let marks: Vec<Vec<f64>> = sheet
        .marks
        .iter()
        .flatten()
        .filter_map(|samples| samples.first())
        .map(|repeats| repeats.iter().flatten().map(|mark| mark.to_f64()).collect())
        .collect();
    let components = one_way(&marks).ok()?;
    let differences: Vec<f64> = marks.iter().flat_map(|repeats| gaps(repeats)).collect();
    let pairs = differences.len();
    let share = |most: f64| {
        let close = differences.iter().filter(|&&gap| gap <= most).count();
        close as f64 / pairs as f64
    };
    let estimable = components.ms_within > 0.0;
    let interval = components.icc_single_interval(Confidence::P95);
    Some(Repeats {
        axis,
        answers: marks.iter().filter(|repeats| repeats.len() > 1).count(),
        pairs,
        exact_agreement: share(0.0),
        within_one: share(1.0),
        noise_sd_points: components.ms_within.sqrt() * mapping.slope(),
        noise_estimable: estimable,
        icc_single: components.icc_single().filter(|_| estimable),
        icc_single_ci95: interval.filter(|_| estimable).map(ends),
        icc_mean: components.icc_mean().filter(|_| estimable),
    })
}

/// Absolute differences of all pairs of repeats.
fn gaps(repeats: &[f64]) -> impl Iterator<Item = f64> + '_ {
    repeats.iter().enumerate().flat_map(move |(number, first)| {
        let later = repeats.iter().skip(number + 1);
        later.map(move |second| (first - second).abs())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn sheet(marks: &[[i64; 2]]) -> AxisSheet {
        AxisSheet {
            marks: marks
                .iter()
                .map(|pair| Some(vec![pair.map(|mark| Some(mark.into())).to_vec()]))
                .collect(),
            values: vec![None; marks.len()],
            counts: BTreeMap::new(),
            expected: 2 * marks.len() as u64,
            missing: 0,
        }
    }

    #[test]
    fn agreement_by_hand() {
        let sheet = sheet(&[[3, 3], [4, 5], [1, 3], [2, 2]]);
        let found = on_axis(Axis::TEXT_QUALITY, &sheet, ScoreMap::Affine25).unwrap();
        assert_eq!((found.answers, found.pairs), (4, 4));
        assert_eq!((found.exact_agreement, found.within_one), (0.5, 0.75));
        // Sums of squares within: 0, 0.5, 2, 0 over four degrees of freedom.
        assert!((found.noise_sd_points - 25.0 * (2.5_f64 / 4.0).sqrt()).abs() < 1e-12);
        assert!(found.noise_estimable && found.icc_single.is_some());
    }

    #[test]
    fn identical_repeats_are_no_replicates() {
        let sheet = sheet(&[[3, 3], [4, 4], [1, 1]]);
        let found = on_axis(Axis::TEXT_QUALITY, &sheet, ScoreMap::Affine25).unwrap();
        assert!(!found.noise_estimable);
        assert_eq!((found.icc_single, found.icc_single_ci95), (None, None));
    }
}
