//! Krippendorff's alpha for any number of raters with missing scores.
//!
//! Alpha = 1 − D_o/D_e from the coincidence matrix (Krippendorff 2019, ch. 12).

use super::interval::{Confidence, Interval};
use super::sample;
use super::splitmix::{Resampling, resample};

/// Distance of two scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// 1 for different scores.
    Nominal,
    /// By the number of scores that lie between, the rule for 1–5 scores.
    Ordinal,
    /// By the squared difference.
    Interval,
}

/// Alpha of scores given as one list per rater, all over the same units; `None` marks a missing score.
///
/// Undefined (`None`), not 1, if no unit has two scores or all of them are the same value. Lists of unequal length are
/// read as if the shorter ones ended in missing scores.
pub fn alpha(raters: &[Vec<Option<i64>>], metric: Metric) -> Option<f64> {
    let units = raters.iter().map(Vec::len).max().unwrap_or(0);
    let scores_of = |unit: usize| -> Vec<i64> {
        raters
            .iter()
            .filter_map(|rater| rater.get(unit).copied().flatten())
            .collect()
    };
    let pairable: Vec<Vec<i64>> = (0..units)
        .map(scores_of)
        .filter(|scores| scores.len() >= 2)
        .collect();
    let mut levels: Vec<i64> = pairable.iter().flatten().copied().collect();
    levels.sort_unstable();
    levels.dedup();
    let coincidences = coincidences(&pairable, &levels);
    let totals: Vec<f64> = coincidences.iter().map(|row| row.iter().sum()).collect();
    let n: f64 = totals.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for c in 0..levels.len() {
        for k in 0..levels.len() {
            let distance = distance(&levels, &totals, metric, c, k);
            observed += coincidences[c][k] * distance;
            expected += totals[c] * totals[k] * distance;
        }
    }
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}

/// Percentile interval of alpha by resampling whole clusters of units; `clusters` gives each unit's, numbered from 0
/// without gaps. `None` where alpha is undefined in every draw.
pub fn alpha_interval(
    raters: &[Vec<Option<i64>>],
    clusters: &[usize],
    metric: Metric,
    Resampling { seed, draws }: Resampling,
    confidence: Confidence,
) -> Option<Interval> {
    let count = clusters.iter().max().map_or(0, |last| last + 1);
    let mut units_of: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (unit, &cluster) in clusters.iter().enumerate() {
        units_of[cluster].push(unit);
    }
    let mut values: Vec<f64> = (0..draws)
        .filter_map(|draw| {
            let units: Vec<usize> = resample(seed, 0, draw, count)
                .flat_map(|cluster| units_of[cluster].iter().copied())
                .collect();
            let pick = |rater: &Vec<Option<i64>>| {
                let score = |&unit: &usize| rater.get(unit).copied().flatten();
                units.iter().map(score).collect()
            };
            let drawn: Vec<Vec<Option<i64>>> = raters.iter().map(pick).collect();
            alpha(&drawn, metric)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let end = |q: f64| sample::quantile_sorted(&values, q);
    let (lo, hi) = end(confidence.tail()).zip(end(1.0 - confidence.tail()))?;
    Some(Interval { lo, hi })
}

/// o_ck: each unit with m scores adds 1/(m−1) for each ordered pair of its scores.
fn coincidences(pairable: &[Vec<i64>], levels: &[i64]) -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; levels.len()]; levels.len()];
    for scores in pairable {
        let mut counts = vec![0.0; levels.len()];
        for score in scores {
            counts[levels.partition_point(|level| level < score)] += 1.0;
        }
        for c in 0..levels.len() {
            for k in 0..levels.len() {
                let same = if c == k { 1.0 } else { 0.0 };
                matrix[c][k] += counts[c] * (counts[k] - same) / (scores.len() as f64 - 1.0);
            }
        }
    }
    matrix
}

fn distance(levels: &[i64], totals: &[f64], metric: Metric, c: usize, k: usize) -> f64 {
    let (low, high) = (c.min(k), c.max(k));
    match metric {
        Metric::Nominal => f64::from(u8::from(c != k)),
        Metric::Interval => (levels[high].abs_diff(levels[low]) as f64).powi(2),
        Metric::Ordinal => {
            let between: f64 = totals[low..=high].iter().sum();
            (between - 0.5 * (totals[low] + totals[high])).powi(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_is_not_perfect() {
        assert_eq!(
            alpha(&[vec![Some(3); 3], vec![Some(3); 3]], Metric::Ordinal),
            None
        );
        assert_eq!(
            alpha(&[vec![Some(1), None], vec![None, Some(2)]], Metric::Nominal),
            None
        );
        assert_eq!(alpha(&[], Metric::Interval), None);
    }

    #[test]
    fn resampling_surrounds_the_estimate_and_keeps_clusters_whole() {
        let scores = |list: &[i64]| list.iter().copied().map(Some).collect::<Vec<_>>();
        let raters = [
            scores(&[1, 2, 3, 4, 5, 1, 2, 3, 4, 5]),
            scores(&[1, 2, 4, 4, 5, 2, 2, 3, 3, 5]),
        ];
        let each: Vec<usize> = (0..10).collect();
        let resampling = Resampling {
            seed: 1,
            draws: 500,
        };
        let of = |clusters: &[usize]| {
            alpha_interval(
                &raters,
                clusters,
                Metric::Ordinal,
                resampling,
                Confidence::P95,
            )
            .unwrap()
        };
        assert!(of(&each).contains(alpha(&raters, Metric::Ordinal).unwrap()));
        // One cluster of everything is drawn whole: no spread is left.
        assert_eq!(of(&[0; 10]).width(), 0.0);
    }

    #[test]
    fn the_textbook_example() {
        // Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section D: four observers, twelve units.
        let rows = [
            "123321412...",
            "1233224125.3",
            ".3332342251.",
            "12332441251.",
        ];
        let raters: Vec<Vec<Option<i64>>> = rows.iter().map(|row| read(row)).collect();
        for (metric, expected) in [
            (Metric::Nominal, 0.743),
            (Metric::Ordinal, 0.815),
            (Metric::Interval, 0.849),
        ] {
            let got = alpha(&raters, metric).unwrap();
            assert!((got - expected).abs() < 5e-4, "{metric:?}: {got}");
        }
    }

    fn read(row: &str) -> Vec<Option<i64>> {
        row.chars().map(|c| c.to_digit(10).map(i64::from)).collect()
    }
}
