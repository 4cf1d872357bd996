//! One sample of paired differences without strata: mean, t test, and why there may be none.

use super::distribution::{t_sf, t_two_sided};
use super::error::{Result, StatsError, all_finite};
use super::interval::{Confidence, Interval, t_interval};
use super::sample;

/// Mean and spread of paired differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedSummary {
    /// Number of pairs.
    pub n: usize,
    /// Mean difference; `None` without pairs.
    pub mean: Option<f64>,
    /// Standard deviation of the differences (divisor n−1); `None` below two pairs.
    pub sd: Option<f64>,
    /// sd/√n.
    pub se: Option<f64>,
}

/// Why paired differences allow no t interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Degeneracy {
    /// Nothing was observed on both sides.
    NoPairs,
    /// One pair has no spread.
    SinglePair,
    /// All differences are equal.
    ZeroVariance,
}

impl Degeneracy {
    /// A stable name for tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoPairs => "no_pairs",
            Self::SinglePair => "single_pair",
            Self::ZeroVariance => "zero_variance",
        }
    }
}

impl PairedSummary {
    /// Summarises differences; an empty sample is allowed and [`Self::degeneracy`] names it.
    ///
    /// # Errors
    /// [`StatsError::NotFinite`].
    pub fn of(differences: &[f64]) -> Result<Self> {
        all_finite(differences)?;
        let sd = sample::standard_deviation(differences);
        let n = differences.len();
        Ok(Self {
            n,
            mean: sample::mean(differences),
            sd,
            se: sd.map(|sd| sd / (n as f64).sqrt()),
        })
    }

    /// What stands in the way of a t interval, if anything does.
    pub fn degeneracy(&self) -> Option<Degeneracy> {
        match (self.n, self.sd) {
            (0, _) => Some(Degeneracy::NoPairs),
            (1, _) | (_, None) => Some(Degeneracy::SinglePair),
            (_, Some(sd)) if sd > 0.0 => None,
            _ => Some(Degeneracy::ZeroVariance),
        }
    }

    /// Degrees of freedom n−1; 0 below two pairs.
    pub fn df(&self) -> f64 {
        self.n.saturating_sub(1) as f64
    }

    /// mean/se; `None` for a degenerate sample.
    pub fn t(&self) -> Option<f64> {
        if self.degeneracy().is_some() {
            None
        } else {
            Some(self.mean? / self.se?)
        }
    }

    /// Two-sided p of the paired t test (Student 1908).
    pub fn p(&self) -> Option<f64> {
        self.t().map(|t| t_two_sided(t, self.df()))
    }

    /// mean ± t·se.
    pub fn t_interval(&self, confidence: Confidence) -> Option<Interval> {
        t_interval(self.mean?, self.se?, self.df(), confidence)
    }

    /// Standardised mean difference of pairs, dz = mean/sd; `None`, never infinite, for a degenerate sample.
    pub fn dz(&self) -> Option<f64> {
        if self.degeneracy().is_some() {
            None
        } else {
            Some(self.mean? / self.sd?)
        }
    }

    /// Equivalence and non-inferiority within `margin`.
    ///
    /// # Errors
    /// As [`equivalence`]; [`StatsError::TooFew`] for a degenerate sample.
    pub fn equivalence(&self, margin: f64) -> Result<Equivalence> {
        match (self.degeneracy(), self.mean, self.se) {
            (None, Some(mean), Some(se)) => equivalence(mean, se, self.df(), margin),
            _ => Err(StatsError::TooFew {
                have: self.n,
                need: 2,
            }),
        }
    }
}

/// p-values of two one-sided tests (Schuirmann 1987).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equivalence {
    /// Against "the difference is −margin or below": also the non-inferiority p.
    pub p_lower: f64,
    /// Against "the difference is +margin or above".
    pub p_upper: f64,
}

impl Equivalence {
    /// p of equivalence, the larger of the two: at 5 % the same as the 90 % interval inside (−margin, margin).
    pub fn p(&self) -> f64 {
        self.p_lower.max(self.p_upper)
    }

    /// p of "not worse by the margin or more"; compare with 0.025 for a one-sided 97.5 % bound.
    pub fn p_noninferiority(&self) -> f64 {
        self.p_lower
    }
}

/// Two one-sided t tests of a difference against ±`margin` (in the difference's units, fixed before seeing the data).
///
/// # Errors
/// [`StatsError::OutOfRange`] unless the margin is finite and not negative and se and df are positive.
pub fn equivalence(difference: f64, se: f64, df: f64, margin: f64) -> Result<Equivalence> {
    if !margin.is_finite() || margin < 0.0 {
        return Err(StatsError::OutOfRange {
            what: "margin",
            range: "finite and not negative",
            value: margin,
        });
    }
    if !(se > 0.0 && se.is_finite() && df > 0.0 && difference.is_finite()) {
        return Err(StatsError::OutOfRange {
            what: "standard error",
            range: "positive, with positive df",
            value: se,
        });
    }
    Ok(Equivalence {
        p_lower: t_sf((difference + margin) / se, df),
        p_upper: t_sf(-(difference - margin) / se, df),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equivalence_agrees_with_the_ninety_percent_interval() {
        let summary = PairedSummary::of(&[0.5, -0.5, 1.0, -1.5, 0.0, 0.5, 1.0, -0.5]).unwrap();
        let interval = summary.t_interval(Confidence::P90).unwrap();
        let margin = interval.lo.abs().max(interval.hi.abs());
        assert!((summary.equivalence(margin).unwrap().p() - 0.05).abs() < 1e-10);
    }

    #[test]
    fn degenerate_samples_say_why() {
        assert_eq!(
            PairedSummary::of(&[]).unwrap().degeneracy(),
            Some(Degeneracy::NoPairs)
        );
        assert!(PairedSummary::of(&[f64::NAN]).is_err());
        let equal = PairedSummary::of(&[2.0; 4]).unwrap();
        assert_eq!(
            (equal.degeneracy(), equal.dz(), equal.p()),
            (Some(Degeneracy::ZeroVariance), None, None)
        );
        assert!(equal.equivalence(1.0).is_err());
    }
}
