//! The stratified bootstrap by seeded draws, for designs whose exact law is out of reach.

use super::bca::{BcaLevels, acceleration, bca_levels};
use super::bootstrap_design::{BootstrapDesign, Moments};
use super::error::{Result, StatsError};
use super::interval::{Confidence, Interval};
use super::sample;
use super::splitmix::{Resampling, resample};

/// Draws of the fallback.
pub const DEFAULT_DRAWS: u64 = 10_000;

/// Resampled means of a stratified sample. Means are in lattice steps; map them with [`Interval::map`].
#[derive(Debug, Clone, PartialEq)]
pub struct SeededBootstrap {
    design: BootstrapDesign,
    resampling: Resampling,
    totals: Vec<i128>,
    ascending: Vec<f64>,
    /// The stratified mean.
    pub estimate: f64,
    /// (#{θ* < θ} + #{θ* ≤ θ})/2B.
    pub share_below: f64,
}

/// Quantiles of the studentised bootstrap and the interval made from them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Studentised {
    /// Order statistics ⌈B·tail⌉ and ⌈B·(1−tail)⌉ of t* = (θ*−θ)/SE*.
    pub quantiles: [f64; 2],
    /// [θ − t_upper·SE, θ − t_lower·SE]; infinite ends if many draws have no variance.
    pub interval: Interval,
}

impl SeededBootstrap {
    /// Draws the resamples; stratum h uses the stream of seed + h.
    ///
    /// # Errors
    /// [`StatsError::Empty`] without draws.
    pub fn new(design: BootstrapDesign, resampling: Resampling) -> Result<Self> {
        let Resampling { seed, draws } = resampling;
        if draws == 0 {
            return Err(StatsError::Empty);
        }
        let observed = design.observed_total();
        let estimate = design.mean_of(observed);
        let totals: Vec<i128> = (0..draws)
            .map(|draw| drawn_total(&design, seed, draw))
            .collect();
        let below = totals.iter().filter(|&&total| total < observed).count();
        let up_to = totals.iter().filter(|&&total| total <= observed).count();
        let share_below = (below + up_to) as f64 / (2.0 * draws as f64);
        let mut sorted = totals.clone();
        sorted.sort_unstable();
        let ascending = sorted.iter().map(|&total| design.mean_of(total)).collect();
        Ok(Self {
            design,
            resampling,
            totals,
            ascending,
            estimate,
            share_below,
        })
    }

    /// The weighted totals in drawing order.
    pub fn totals(&self) -> &[i128] {
        &self.totals
    }

    /// BCa constants; `None` without variance.
    pub fn levels(&self, confidence: Confidence) -> Option<BcaLevels> {
        bca_levels(self.share_below, acceleration(&self.design), confidence)
    }

    /// BCa interval with linear interpolation between draws.
    pub fn bca(&self, confidence: Confidence) -> Option<Interval> {
        let levels = self.levels(confidence)?;
        Some(Interval {
            lo: self.quantile(levels.lower)?,
            hi: self.quantile(levels.upper)?,
        })
    }

    /// Percentile interval.
    pub fn percentile(&self, confidence: Confidence) -> Option<Interval> {
        let tail = confidence.tail();
        Some(Interval {
            lo: self.quantile(tail)?,
            hi: self.quantile(1.0 - tail)?,
        })
    }

    /// Basic interval [2θ − q_upper, 2θ − q_lower] (Davison, Hinkley 1997, eq. 5.6).
    pub fn basic(&self, confidence: Confidence) -> Option<Interval> {
        self.percentile(confidence)
            .map(|percentile| percentile.map(-1.0, 2.0 * self.estimate))
    }

    /// Standard deviation of the draws (divisor B−1).
    pub fn standard_deviation(&self) -> Option<f64> {
        sample::standard_deviation(&self.ascending)
    }

    /// The formula's standard error of the original sample; `None` with a stratum of one value.
    pub fn formula_standard_error(&self) -> Option<f64> {
        self.design.standard_error()
    }

    /// Bootstrap-t (Davison, Hinkley 1997, §5.2.1); `None` without a standard error. The same draws are made again, since
    /// the standard error of each is wanted here only.
    pub fn studentised(&self, confidence: Confidence) -> Option<Studentised> {
        let se = self.design.standard_error().filter(|&se| se > 0.0)?;
        let studentised = self.studentised_draws();
        let count = studentised.len();
        let order = |q: f64| {
            // ⌈Bq⌉ as a whole number: 1999·0.025 must not become 50.000…01 and then 51.
            let rank = ((count as f64 * q) - 1e-9).ceil().max(1.0) as usize;
            studentised.get(rank - 1).copied()
        };
        let (low, high) = (order(confidence.tail())?, order(1.0 - confidence.tail())?);
        let interval = Interval {
            lo: self.estimate - high * se,
            hi: self.estimate - low * se,
        };
        Some(Studentised {
            quantiles: [low, high],
            interval,
        })
    }

    /// t* of the draws in ascending order.
    fn studentised_draws(&self) -> Vec<f64> {
        let observed = self.design.observed_total();
        let mut studentised: Vec<f64> = (0..self.resampling.draws)
            .zip(&self.totals)
            .filter_map(|(draw, total)| {
                let sums = draw_sums(&self.design, self.resampling.seed, draw);
                let se = self.design.standard_error_of(&sums)?;
                Some(studentise(self.design.mean_of(total - observed), se))
            })
            .collect();
        studentised.sort_by(f64::total_cmp);
        studentised
    }

    fn quantile(&self, q: f64) -> Option<f64> {
        sample::quantile_sorted(&self.ascending, q)
    }
}

/// The indices that draw `draw` takes from a stratum of `n` values.
pub fn drawn_indices(seed: u64, stratum: usize, draw: u64, n: usize) -> Vec<usize> {
    resample(seed, stratum, draw, n).collect()
}

/// The weighted total of one resample.
fn drawn_total(design: &BootstrapDesign, seed: u64, draw: u64) -> i128 {
    let strata = design.strata().iter().enumerate();
    let sums = strata.map(|(stratum, values)| {
        let drawn = resample(seed, stratum, draw, values.len());
        drawn.map(|index| i128::from(values[index])).sum::<i128>()
    });
    sums.zip(design.multipliers())
        .map(|(sum, c)| sum * i128::from(*c))
        .sum()
}

fn draw_sums(design: &BootstrapDesign, seed: u64, draw: u64) -> Vec<Moments> {
    let one = |(stratum, values): (usize, &Vec<i64>)| {
        Moments::of(resample(seed, stratum, draw, values.len()).map(|index| values[index]))
    };
    design.strata().iter().enumerate().map(one).collect()
}

/// t* with the convention that a resample without variance lies infinitely far out, unless it hits the estimate.
fn studentise(gap: f64, se: f64) -> f64 {
    if gap == 0.0 {
        0.0
    } else if se > 0.0 {
        gap / se
    } else {
        gap.signum() * f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_has_draws_but_no_intervals_with_variance() {
        let design = BootstrapDesign::proportional(&[vec![4]]).unwrap();
        let bootstrap = SeededBootstrap::new(design, Resampling { seed: 1, draws: 10 }).unwrap();
        assert_eq!(bootstrap.bca(Confidence::P95), None);
        assert_eq!(bootstrap.studentised(Confidence::P95), None);
        assert_eq!(
            bootstrap.percentile(Confidence::P95),
            Some(Interval { lo: 4.0, hi: 4.0 })
        );
    }

    #[test]
    fn no_draws_is_an_error() {
        let design = BootstrapDesign::proportional(&[vec![4, 5]]).unwrap();
        assert_eq!(
            SeededBootstrap::new(design, Resampling { seed: 1, draws: 0 }),
            Err(StatsError::Empty)
        );
    }
}
