//! Chance-corrected agreement of two raters: Cohen's kappa.

use super::distribution::normal_quantile;
use super::error::{Result, StatsError, same_length};
use super::interval::{Confidence, Interval};
use super::sample;
use super::splitmix::{Resampling, resample};

/// How much a disagreement of two scores counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
    /// Every disagreement counts the same (Cohen 1960).
    Unweighted,
    /// |difference|.
    Linear,
    /// difference² (Cohen 1968), the rule for ordinal scores.
    Quadratic,
}

impl Weighting {
    fn cost(self, a: i64, b: i64) -> f64 {
        let gap = a.abs_diff(b) as f64;
        match self {
            Self::Unweighted => f64::from(u8::from(gap > 0.0)),
            Self::Linear => gap,
            Self::Quadratic => gap * gap,
        }
    }
}

/// Kappa with its large-sample standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kappa {
    /// 1 − Σ cost·observed / Σ cost·expected.
    pub kappa: f64,
    /// Standard error of Fleiss, Cohen, Everitt (1969).
    pub se: f64,
}

impl Kappa {
    /// kappa ± z·se; the item bootstrap is the primary interval.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        Interval::around(
            self.kappa,
            normal_quantile(confidence.tail()).abs() * self.se,
        )
    }
}

/// Weighted kappa of two raters' integer scores on the same items; `None` if both always give the same one score.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Empty`].
pub fn kappa(first: &[i64], second: &[i64], weighting: Weighting) -> Result<Option<Kappa>> {
    same_length("second rater's scores", first.len(), second.len())?;
    if first.is_empty() {
        return Err(StatsError::Empty);
    }
    let mut levels: Vec<i64> = first.iter().chain(second).copied().collect();
    levels.sort_unstable();
    levels.dedup();
    let table = shares(first, second, &levels);
    let size = levels.len();
    let rows: Vec<f64> = table.iter().map(|row| row.iter().sum()).collect();
    let columns: Vec<f64> = (0..size)
        .map(|j| table.iter().map(|row| row[j]).sum())
        .collect();
    let cost = |i: usize, j: usize| weighting.cost(levels[i], levels[j]);
    let (mut observed, mut expected) = (0.0, 0.0);
    for i in 0..size {
        for j in 0..size {
            observed += cost(i, j) * table[i][j];
            expected += cost(i, j) * rows[i] * columns[j];
        }
    }
    if expected <= 0.0 {
        return Ok(None);
    }
    let kappa = 1.0 - observed / expected;
    // In costs instead of agreement weights w = 1 − cost/c, with w̄_i. + w̄_.j = 2 − (cost means)/c, the formula is free of
    // the scale c; it is written for c = 1.
    let mean_row: Vec<f64> = (0..size)
        .map(|i| (0..size).map(|j| cost(i, j) * columns[j]).sum())
        .collect();
    let mean_column: Vec<f64> = (0..size)
        .map(|j| (0..size).map(|i| cost(i, j) * rows[i]).sum())
        .collect();
    let mut second_moment = 0.0;
    for i in 0..size {
        for j in 0..size {
            let deviation = 1.0 - cost(i, j) - (2.0 - mean_row[i] - mean_column[j]) * (1.0 - kappa);
            second_moment += table[i][j] * deviation * deviation;
        }
    }
    let centre = kappa - (1.0 - expected) * (1.0 - kappa);
    let variance =
        (second_moment - centre * centre).max(0.0) / (first.len() as f64 * expected * expected);
    // The subtraction leaves rounding where perfect agreement has exactly no variance.
    let se = if variance < 1e-16 {
        0.0
    } else {
        variance.sqrt()
    };
    Ok(Some(Kappa { kappa, se }))
}

fn shares(first: &[i64], second: &[i64], levels: &[i64]) -> Vec<Vec<f64>> {
    let mut table = vec![vec![0.0; levels.len()]; levels.len()];
    let position = |score: &i64| levels.partition_point(|level| level < score);
    let share = 1.0 / first.len() as f64;
    for (a, b) in first.iter().zip(second) {
        table[position(a)][position(b)] += share;
    }
    table
}

/// Percentile interval of kappa by resampling items; `None` if kappa is undefined in every draw.
///
/// # Errors
/// As [`kappa`].
pub fn kappa_interval(
    first: &[i64],
    second: &[i64],
    weighting: Weighting,
    Resampling { seed, draws }: Resampling,
    confidence: Confidence,
) -> Result<Option<Interval>> {
    same_length("second rater's scores", first.len(), second.len())?;
    let mut values = Vec::new();
    for draw in 0..draws {
        let items: Vec<usize> = resample(seed, 0, draw, first.len()).collect();
        let pick = |side: &[i64]| items.iter().map(|&item| side[item]).collect::<Vec<_>>();
        values.extend(kappa(&pick(first), &pick(second), weighting)?.map(|kappa| kappa.kappa));
    }
    values.sort_by(f64::total_cmp);
    let end = |q: f64| sample::quantile_sorted(&values, q);
    Ok(end(confidence.tail())
        .zip(end(1.0 - confidence.tail()))
        .map(|(lo, hi)| Interval { lo, hi }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_score_only_is_undefined_not_perfect() {
        assert_eq!(kappa(&[3, 3], &[3, 3], Weighting::Quadratic).unwrap(), None);
        assert!(kappa(&[], &[], Weighting::Linear).is_err());
    }

    #[test]
    fn perfect_agreement_has_no_error() {
        let scores = [1, 2, 3, 4, 5];
        let kappa = kappa(&scores, &scores, Weighting::Quadratic)
            .unwrap()
            .unwrap();
        assert_eq!((kappa.kappa, kappa.se), (1.0, 0.0));
    }

    #[test]
    fn resampling_surrounds_the_estimate() {
        let (a, b) = (
            [1, 2, 3, 4, 5, 1, 2, 3, 4, 5],
            [1, 2, 4, 4, 5, 2, 2, 3, 3, 5],
        );
        let estimate = kappa(&a, &b, Weighting::Quadratic).unwrap().unwrap().kappa;
        let interval = kappa_interval(
            &a,
            &b,
            Weighting::Quadratic,
            Resampling {
                seed: 1,
                draws: 200,
            },
            Confidence::P95,
        )
        .unwrap()
        .unwrap();
        assert!(interval.contains(estimate));
    }
}
