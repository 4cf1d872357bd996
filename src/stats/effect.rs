//! Effect sizes of paired scores, with intervals.

use super::distribution::ln_gamma;
use super::error::{Result, StatsError, all_finite, same_length};
use super::interval::{Confidence, Interval, Scale, degenerate_interval, logit_t_interval};
use super::noncentral_t::noncentrality_with_tail;
use super::paired::PairedSummary;
use super::sample;
use super::splitmix::{Resampling, resample};
use std::cmp::Ordering;

/// Hedges' correction J(m) = Γ(m/2)/(√(m/2)·Γ((m−1)/2)) for m degrees of freedom (Hedges 1981); `None` for m ≤ 1.
pub fn hedges_correction(df: f64) -> Option<f64> {
    (df > 1.0)
        .then(|| (ln_gamma(0.5 * df) - ln_gamma(0.5 * (df - 1.0)) - 0.5 * (0.5 * df).ln()).exp())
}

/// The usual approximation 1 − 3/(4m−1) of [`hedges_correction`].
pub fn hedges_correction_approximate(df: f64) -> Option<f64> {
    (df > 1.0).then(|| 1.0 - 3.0 / (4.0 * df - 1.0))
}

/// Hedges' gz = dz·J(n−1), the nearly unbiased dz; `None` for a degenerate sample or fewer than three pairs.
pub fn hedges_gz(summary: &PairedSummary) -> Option<f64> {
    Some(summary.dz()? * hedges_correction(summary.df())?)
}

/// Interval of dz by inverting the noncentral t law at t = dz·√n (Steiger, Fouladi 1997); `None` for a degenerate
/// sample.
pub fn dz_interval(summary: &PairedSummary, confidence: Confidence) -> Option<Interval> {
    let t = summary.t()?;
    let root = (summary.n as f64).sqrt();
    let end = |p: f64| {
        noncentrality_with_tail(t, summary.df(), p)
            .ok()
            .map(|delta| delta / root)
    };
    Some(Interval::new(
        end(confidence.tail())?,
        end(1.0 - confidence.tail())?,
    ))
}

/// Mean difference over the mean standard deviation of the two sides, √((s_A²+s_B²)/2): comparable with effect sizes
/// of unpaired literature (Cumming 2012). `None` if neither side varies or there are fewer than two pairs.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`].
pub fn d_average(a: &[f64], b: &[f64]) -> Result<Option<f64>> {
    check_pairs(a, b)?;
    let parts = (
        sample::variance(a),
        sample::variance(b),
        sample::mean(a),
        sample::mean(b),
    );
    let (Some(variance_a), Some(variance_b), Some(mean_a), Some(mean_b)) = parts else {
        return Ok(None);
    };
    let spread = (0.5 * (variance_a + variance_b)).sqrt();
    Ok((spread > 0.0).then(|| (mean_a - mean_b) / spread))
}

/// d_average with the small-sample factor 1 − 3/(4(n_A+n_B) − 9), the "Hedges g" of two independent samples.
///
/// # Errors
/// As [`d_average`].
pub fn hedges_g_average(a: &[f64], b: &[f64]) -> Result<Option<f64>> {
    let items = (a.len() + b.len()) as f64;
    Ok(d_average(a, b)?.map(|d| d * (1.0 - 3.0 / (4.0 * items - 9.0))))
}

/// Cliff's delta, the mean of sign(a_i − b_j) over all i and j. It ignores the pairing and must be labelled so.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NotFinite`].
pub fn cliffs_delta(a: &[f64], b: &[f64]) -> Result<f64> {
    all_finite(a)?;
    all_finite(b)?;
    if a.is_empty() || b.is_empty() {
        return Err(StatsError::Empty);
    }
    let mut ascending = b.to_vec();
    ascending.sort_by(f64::total_cmp);
    let balance = |x: &f64| {
        let below = ascending.partition_point(|y| y < x) as f64;
        let above = ascending.len() as f64 - ascending.partition_point(|y| y <= x) as f64;
        below - above
    };
    Ok(a.iter().map(balance).sum::<f64>() / (a.len() as f64 * b.len() as f64))
}

/// Common-language effect size of two unpaired samples, P(a > b) + ½P(a = b) = (1 + delta)/2.
///
/// # Errors
/// As [`cliffs_delta`].
pub fn common_language(a: &[f64], b: &[f64]) -> Result<f64> {
    cliffs_delta(a, b).map(|delta| 0.5 * (1.0 + delta))
}

/// Percentile interval of Cliff's delta by resampling items with both of their scores.
///
/// # Errors
/// As [`cliffs_delta`], and [`StatsError::Length`].
pub fn cliffs_delta_interval(
    a: &[f64],
    b: &[f64],
    Resampling { seed, draws }: Resampling,
    confidence: Confidence,
) -> Result<Interval> {
    check_pairs(a, b)?;
    if draws == 0 || a.is_empty() {
        return Err(StatsError::Empty);
    }
    let levels = Levels::of(a, b);
    let mut deltas: Vec<f64> = (0..draws)
        .map(|draw| levels.delta(resample(seed, 0, draw, a.len())))
        .collect();
    deltas.sort_by(f64::total_cmp);
    let end = |q: f64| sample::quantile_sorted(&deltas, q).ok_or(StatsError::Empty);
    Ok(Interval::new(
        end(confidence.tail())?,
        end(1.0 - confidence.tail())?,
    ))
}

/// Pairs of scores as positions among their distinct values, so that a resample needs no sorting: marks take few values.
struct Levels {
    count: usize,
    pairs: Vec<(usize, usize)>,
}

impl Levels {
    /// `a` and `b` are finite and of one length.
    fn of(a: &[f64], b: &[f64]) -> Self {
        let mut values: Vec<f64> = a.iter().chain(b).copied().collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        // Comparison by `<`, so that both zeros are one value.
        let level = |x: &f64| values.partition_point(|value| value < x);
        Self {
            count: values.len(),
            pairs: a.iter().zip(b).map(|(x, y)| (level(x), level(y))).collect(),
        }
    }

    /// Cliff's delta of the pairs at `items`, exact in whole numbers up to the final division.
    fn delta(&self, items: impl Iterator<Item = usize>) -> f64 {
        let mut counts = vec![(0_i64, 0_i64); self.count];
        let mut drawn = 0_i64;
        for item in items {
            let (x, y) = self.pairs[item];
            counts[x].0 += 1;
            counts[y].1 += 1;
            drawn += 1;
        }
        let (mut below, mut balance) = (0, 0);
        for (of_a, of_b) in counts {
            let above = drawn - below - of_b;
            balance += of_a * (below - above);
            below += of_b;
        }
        balance as f64 / (drawn as f64 * drawn as f64)
    }
}

/// Items won, tied and lost by the first model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinCount {
    /// Differences above 0.
    pub wins: usize,
    /// Differences of exactly 0.
    pub ties: usize,
    /// Differences below 0.
    pub losses: usize,
}

impl WinCount {
    /// Counts differences; pass lattice steps where values are averages, so that ties are exact.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NotFinite`] for a NaN.
    pub fn of<T: PartialOrd + Default>(differences: &[T]) -> Result<Self> {
        if differences.is_empty() {
            return Err(StatsError::Empty);
        }
        let zero = T::default();
        let mut count = Self {
            wins: 0,
            ties: 0,
            losses: 0,
        };
        for (index, difference) in differences.iter().enumerate() {
            match difference.partial_cmp(&zero) {
                Some(Ordering::Greater) => count.wins += 1,
                Some(Ordering::Equal) => count.ties += 1,
                Some(Ordering::Less) => count.losses += 1,
                None => return Err(StatsError::NotFinite { index }),
            }
        }
        Ok(count)
    }

    /// Number of pairs.
    pub fn items(&self) -> usize {
        self.wins + self.ties + self.losses
    }

    /// Probability of superiority of pairs, (wins + ties/2)/n.
    pub fn superiority(&self) -> f64 {
        (self.wins as f64 + 0.5 * self.ties as f64) / self.items() as f64
    }

    /// Net win rate, (wins − losses)/n = 2·superiority − 1.
    pub fn net_win_rate(&self) -> f64 {
        (self.wins as f64 - self.losses as f64) / self.items() as f64
    }

    /// Logit-t interval of the probability of superiority, from item values 0, ½ and 1; the degenerate rule if all items
    /// agree.
    pub fn superiority_interval(&self, confidence: Confidence) -> Option<Interval> {
        let scale = Scale::new(0.0, 1.0).ok()?;
        let (n, centre) = (self.items() as f64, self.superiority());
        let squares = self.wins as f64 * (1.0 - centre).powi(2)
            + self.ties as f64 * (0.5 - centre).powi(2)
            + self.losses as f64 * centre.powi(2);
        let se = (squares / (n - 1.0) / n).sqrt();
        logit_t_interval(centre, se, n - 1.0, scale, confidence)
            .or_else(|| degenerate_interval(centre, self.items(), 1.0, scale, confidence))
    }
}

fn check_pairs(a: &[f64], b: &[f64]) -> Result<()> {
    same_length("second sample", a.len(), b.len())?;
    all_finite(a)?;
    all_finite(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superiority_of_a_clean_sweep_uses_the_degenerate_rule() {
        let wins = WinCount::of(&[1; 40]).unwrap();
        let interval = wins.superiority_interval(Confidence::P95).unwrap();
        assert!(interval.hi == 1.0 && (interval.lo - 0.9119).abs() < 1e-3);
        assert_eq!(WinCount::of::<i64>(&[]), Err(StatsError::Empty));
    }

    #[test]
    fn one_item_has_an_interval_of_superiority() {
        let interval = WinCount::of(&[1])
            .unwrap()
            .superiority_interval(Confidence::P95)
            .unwrap();
        assert!(interval.width() > 0.9);
    }

    #[test]
    fn the_delta_of_levels_is_that_of_the_values() {
        let (a, b) = ([3.0, 1.5, 5.0, -0.0, 2.0], [2.0, 1.5, 4.0, 0.0, 3.0]);
        let levels = Levels::of(&a, &b);
        for draw in 0..50 {
            let items: Vec<usize> = resample(7, 0, draw, a.len()).collect();
            let pick = |side: &[f64]| items.iter().map(|&item| side[item]).collect::<Vec<_>>();
            let expected = cliffs_delta(&pick(&a), &pick(&b)).unwrap();
            assert_eq!(levels.delta(items.iter().copied()), expected);
        }
    }

    #[test]
    fn effects_without_spread_are_undefined() {
        assert_eq!(d_average(&[3.0, 3.0], &[2.0, 2.0]).unwrap(), None);
        assert_eq!(hedges_correction(1.0), None);
        assert!(cliffs_delta(&[], &[1.0]).is_err());
        let interval = cliffs_delta_interval(
            &[1.0, 2.0, 3.0],
            &[1.0, 2.0, 3.0],
            Resampling {
                seed: 3,
                draws: 200,
            },
            Confidence::P95,
        )
        .unwrap();
        assert!(interval.contains(0.0));
    }
}
