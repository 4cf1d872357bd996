//! The bootstrap with infinitely many draws.
//!
//! Scores live on a lattice, so the bootstrap law of a stratum's total is the n_h-fold convolution of its empirical
//! law, and that of the benchmark the convolution over strata. Nothing is random, and nothing is left to more draws.
//!
//! Like every stratified bootstrap its variance is short by (n_h−1)/n_h in each stratum.

use super::bca::{BcaLevels, acceleration, bca_levels};
use super::bootstrap_design::BootstrapDesign;
use super::convolution::LatticeLaw;
use super::error::{Result, StatsError};
use super::interval::{Confidence, Interval};

/// Largest span of the weighted total, in lattice steps, that is convolved (about a second of work).
pub const SPAN_LIMIT: f64 = 262_144.0;

/// The exact bootstrap law of a stratified mean. Means are in lattice steps; map them with [`Interval::map`].
#[derive(Debug, Clone, PartialEq)]
pub struct ExactBootstrap {
    design: BootstrapDesign,
    law: LatticeLaw,
    /// The stratified mean.
    pub estimate: f64,
    /// P(θ* < θ) + ½P(θ* = θ).
    pub share_below: f64,
    /// Standard deviation of θ*.
    pub sd: f64,
}

impl ExactBootstrap {
    /// Convolves the empirical laws of the strata.
    ///
    /// # Errors
    /// [`StatsError::TooLarge`] if the lattice is too fine (typically with missing items, whose weights have no small
    /// common denominator): draw instead.
    pub fn new(design: BootstrapDesign) -> Result<Self> {
        let mut span = 0.0;
        for (values, multiplier) in design.strata().iter().zip(design.multipliers()) {
            let (low, high) = (values.iter().min().copied(), values.iter().max().copied());
            let range = high.unwrap_or(0) as f64 - low.unwrap_or(0) as f64;
            span += range * *multiplier as f64 * values.len() as f64;
        }
        if span > SPAN_LIMIT {
            return Err(StatsError::TooLarge {
                work: span,
                limit: SPAN_LIMIT,
            });
        }
        let mut law = LatticeLaw::point(0);
        for (values, multiplier) in design.strata().iter().zip(design.multipliers()) {
            let weighted = |value: &i64| value.checked_mul(*multiplier).ok_or(StatsError::Overflow);
            let values: Vec<i64> = values.iter().map(weighted).collect::<Result<_>>()?;
            // The total must stay far from the ends of the number range, wherever the values lie.
            if values.iter().any(|value| value.unsigned_abs() > 1 << 40) {
                return Err(StatsError::Overflow);
            }
            let stratum = LatticeLaw::empirical(&values).ok_or(StatsError::Empty)?;
            law = law.add_copies(&stratum, values.len());
        }
        let total = i64::try_from(design.observed_total()).map_err(|_| StatsError::Overflow)?;
        let share_below = law.cdf(total - 1) + 0.5 * law.mass(total);
        let (estimate, step) = (design.mean_of(i128::from(total)), design.mean_of(1));
        let sd = law.moments().1 * step;
        Ok(Self {
            design,
            law,
            estimate,
            share_below,
            sd,
        })
    }

    /// BCa constants; `None` without variance.
    pub fn levels(&self, confidence: Confidence) -> Option<BcaLevels> {
        bca_levels(self.share_below, acceleration(&self.design), confidence)
    }

    /// BCa interval; `None` without variance.
    pub fn bca(&self, confidence: Confidence) -> Option<Interval> {
        let levels = self.levels(confidence)?;
        Some(Interval {
            lo: self.quantile(levels.lower),
            hi: self.quantile(levels.upper),
        })
    }

    /// Percentile interval.
    pub fn percentile(&self, confidence: Confidence) -> Interval {
        Interval {
            lo: self.quantile(confidence.tail()),
            hi: self.quantile(1.0 - confidence.tail()),
        }
    }

    /// The smallest lattice mean at which the bootstrap law reaches `q`.
    pub fn quantile(&self, q: f64) -> f64 {
        self.design.mean_of(i128::from(self.law.quantile(q)))
    }

    /// P(weighted total* ≤ `total`); with proportional strata the total is the plain sum.
    pub fn cdf_of_total(&self, total: i64) -> f64 {
        self.law.cdf(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_no_bca_interval() {
        let bootstrap =
            ExactBootstrap::new(BootstrapDesign::proportional(&[vec![5; 40]]).unwrap()).unwrap();
        assert_eq!(bootstrap.bca(Confidence::P95), None);
        assert_eq!(
            bootstrap.percentile(Confidence::P95),
            Interval { lo: 5.0, hi: 5.0 }
        );
        assert_eq!((bootstrap.share_below, bootstrap.sd), (0.5, 0.0));
    }

    #[test]
    fn fine_lattices_are_refused() {
        let design = BootstrapDesign::proportional(&[vec![0, 1 << 40]]).unwrap();
        assert!(matches!(
            ExactBootstrap::new(design),
            Err(StatsError::TooLarge { .. })
        ));
    }
}
