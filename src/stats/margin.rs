//! Equivalence and non-inferiority of a paired difference within a margin.
//!
//! Two one-sided tests (Schuirmann 1987): `p_upper` tests a true difference of at least +δ, `p_lower` one of at most −δ.
//! Where few units differ, the count of units that win (or lose) bounds the difference: with the true mean on the margin,
//! at least the share q = δ/(range·ρ) of units must win, and the count is at least binomial in the tail (Hoeffding 1956).
//! Else Student's t, never below (1−q)^n: n units cannot exclude losses that they never showed.

use super::distribution::{beta_cdf, t_sf};
use super::error::{Result, StatsError};
use super::weighted::WeightedMean;

/// Effective units that differ, below which the margin tests count units.
pub const RARE_BELOW: f64 = 20.0;

/// How a margin was tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarginMethod {
    /// By the count of units that win or lose.
    Exact,
    /// Student's t with the floor of the unseen units.
    T,
}

impl MarginMethod {
    /// The method's key: `exact`, `t`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::T => "t",
        }
    }
}

/// Both one-sided tests of a margin, not adjusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginTest {
    /// How.
    pub method: MarginMethod,
    /// p of a true difference of at least +margin.
    pub p_upper: f64,
    /// p of a true difference of at most −margin.
    pub p_lower: f64,
}

impl MarginTest {
    /// p of the equivalence test: the larger of the two.
    pub fn p_equivalence(&self) -> f64 {
        self.p_upper.max(self.p_lower)
    }

    /// p of the non-inferiority test.
    pub fn p_noninferiority(&self) -> f64 {
        self.p_lower
    }
}

/// Units that a margin test needs before it can reach `p` at all: the smallest n with (1−δ/(range·ρ))^n ≤ p. For `m` tests
/// under Holm the smallest p must reach alpha/m.
pub fn units_needed(margin: f64, range: f64, balance: f64, p: f64) -> Option<u64> {
    let share = (margin / (range * balance)).min(1.0);
    let usable = share > 0.0 && p > 0.0 && p < 1.0;
    let n = p.ln() / (-share).ln_1p();
    usable.then(|| n.ceil().max(1.0) as u64)
}

impl WeightedMean {
    /// Tests this difference against ±`margin`; `range` is the length of the scale of the levels, both in the units of the
    /// values. `None` where there is neither a standard error nor a bound: fewer than two units, or a variance stratum of
    /// one unit.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] unless the margin is positive and finite.
    pub fn margin_test(&self, margin: f64, range: f64) -> Result<Option<MarginTest>> {
        if !(margin > 0.0 && margin.is_finite()) {
            return Err(StatsError::OutOfRange {
                what: "margin",
                range: "positive",
                value: margin,
            });
        }
        if self.units() < 2 {
            return Ok(None);
        }
        let share = (margin / (range * self.balance())).min(1.0);
        if self.is_rare(RARE_BELOW) || self.se() == Some(0.0) {
            let changed = self.changed();
            return Ok(Some(MarginTest {
                method: MarginMethod::Exact,
                p_upper: few(changed.up, self.units(), share),
                p_lower: few(changed.down, self.units(), share),
            }));
        }
        let (Some(se), Some(df)) = (self.se(), self.df()) else {
            return Ok(None);
        };
        let floor = few(0, self.units(), share);
        let tail = |distance: f64| t_sf(distance / se, df).max(floor);
        Ok(Some(MarginTest {
            method: MarginMethod::T,
            p_upper: tail(margin - self.value()),
            p_lower: tail(margin + self.value()),
        }))
    }
}

/// P(Bin(n, q) ≤ count); 1 where Hoeffding's inequality does not hold (0 < count and count > nq − 1).
fn few(count: usize, n: usize, q: f64) -> f64 {
    if count >= n || (count > 0 && count as f64 > n as f64 * q - 1.0) {
        return 1.0;
    }
    if count == 0 {
        return (1.0 - q).powf(n as f64);
    }
    beta_cdf((n - count) as f64, count as f64 + 1.0, 1.0 - q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_of_two_and_a_half_points_needs_many_units() {
        assert_eq!(units_needed(2.5, 100.0, 1.0, 0.05 / 6.0), Some(190));
        assert_eq!(units_needed(2.5, 100.0, 1.0, 0.05 / 42.0), Some(266));
        assert_eq!(units_needed(0.0, 100.0, 1.0, 0.05), None);
    }

    #[test]
    fn counts_are_binomial() {
        assert!((few(0, 10, 0.5) - 0.5_f64.powi(10)).abs() < 1e-15);
        assert!((few(1, 10, 0.5) - 11.0 / 1024.0).abs() < 1e-12);
        assert_eq!((few(5, 10, 0.5), few(10, 10, 0.9)), (1.0, 1.0));
    }
}
