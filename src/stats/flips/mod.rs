//! The sign-flip test of a design-weighted mean, as exactly as time allows.
//!
//! Null hypothesis: swapping the two models' outputs on any unit leaves the law of the data unchanged. Given the
//! magnitudes |u_i| of the contributions, the statistic T = Σ ±|u_i| then has a known law. All items of a unit, and all
//! axes of an item, flip together. Units that contribute 0 say nothing and are dropped.
//!
//! The law is computed by the first way that its budget allows:
//!
//! 1. **Lattice**: the whole law by the shift algorithm ([`super::signflip`]), units × S ≤ 5·10⁷ (S = Σ|k| in steps).
//! 2. **Fourier**: one tail by a tilted Fourier sum ([`fourier`]), distinct magnitudes × S ≤ 2·10⁷.
//! 3. **Groups**: units of equal weights have coarse lattices of their own; the laws of two halves of the groups are
//!    joined by sorting ([`groups`]), each of at most 2·10⁶ points.
//! 4. **Bracket**: contributions rounded to a lattice of 2¹⁸ steps, with a bound on what rounding can do ([`bracket`]), up to
//!    1,000 units. The p is an upper bound.
//! 5. **Smoothed**: a tail of the law with a little noise, with a bound on what noise can hide ([`smoothed`]), up to 10⁶
//!    units. The p is an upper bound.
//! 6. **Drawn**: random flips ([`drawn`]).
//!
//! Scores that are roots have no lattice: where neither 1, 2 nor 3 holds them, [`grid`] tests them rounded, exactly.

pub mod bracket;
pub mod drawn;
pub mod fourier;
pub mod grid;
pub mod groups;
pub mod smoothed;

use std::collections::BTreeMap;

use super::contributions::{Contributions, Exact};
use super::error::Result;
use super::interval::Interval;
use super::signflip::sign_flip;
use super::weighted::WeightedMean;

/// Units × S up to which the whole law is computed.
pub const LATTICE_WORK: f64 = 5e7;
/// Distinct magnitudes × S up to which a tail is summed by frequencies.
pub const FOURIER_WORK: f64 = 2e7;

/// Share of Σ|u| below which a sum of floating-point contributions cannot be told from 0.
pub(super) const ROUNDING: f64 = 1e-12;

/// Both tails of T at the observed value, each including it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// P(|T*| side beyond the observed value): the tail on the side where T lies.
    pub outer: f64,
    /// P(T* = T).
    pub equal: f64,
}

impl Tails {
    /// min(1, 2·min(P(T* ≥ T), P(T* ≤ T))).
    pub fn p_two_sided(&self) -> f64 {
        (2.0 * self.outer.min(1.0 - self.outer + self.equal)).min(1.0)
    }

    /// The same with half of the mass at T taken off each tail.
    pub fn mid_p_two_sided(&self) -> f64 {
        let outer = self.outer - 0.5 * self.equal;
        (2.0 * outer.min(1.0 - outer)).min(1.0)
    }
}

/// How a p was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// The exact law.
    Exact(Rung),
    /// An upper bound of the exact p.
    Bound,
    /// Random flips.
    Drawn {
        /// Draws with |T*| ≥ |T|.
        count: u64,
        /// Number of draws.
        draws: u64,
        /// 95 % interval of the exact p (Clopper, Pearson).
        interval: Interval,
    },
}

/// Which way an exact law was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// T = 0, or nothing differs: p is 1 without a law.
    Centre,
    /// The whole law on the lattice.
    Lattice,
    /// The tail by frequencies.
    Fourier,
    /// The laws of groups of units, joined.
    Groups,
    /// The whole law of scores that were rounded to a grid.
    Grid,
}

/// The two-sided sign-flip test of a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignFlipTest {
    /// p; never 0. A p below [`super::signflip::P_FLOOR`] is to be printed as a bound.
    pub p: f64,
    /// mid-p, where the law is exact.
    pub mid_p: Option<f64>,
    /// Units that do not contribute 0.
    pub nonzero: usize,
    /// How it was found.
    pub origin: Origin,
}

impl SignFlipTest {
    /// Whether more draws could change the verdict at `alpha`: p was drawn, and the interval of the exact p contains it.
    pub fn is_open(&self, alpha: f64) -> bool {
        matches!(self.origin, Origin::Drawn { interval, .. } if interval.contains(alpha))
    }

    fn exact(tails: Tails, nonzero: usize, rung: Rung) -> Self {
        Self {
            p: tails.p_two_sided(),
            mid_p: Some(tails.mid_p_two_sided()),
            nonzero,
            origin: Origin::Exact(rung),
        }
    }
}

impl WeightedMean {
    /// The sign-flip test of this mean. `seed` serves the random flips, if it comes to them: unit g takes in draw b the
    /// sign of output b·G + g of the stream, G being the number of units of the design.
    ///
    /// # Errors
    /// [`StatsError::Empty`](super::error::StatsError::Empty) never for a mean that exists; the signature leaves room for
    /// the proportions behind a drawn p.
    pub fn sign_flip(&self, seed: u64) -> Result<SignFlipTest> {
        test(self.contributions(), seed)
    }
}

fn test(contributions: &Contributions, seed: u64) -> Result<SignFlipTest> {
    let nonzero = match &contributions.exact {
        Some(exact) => exact.steps.iter().filter(|&&k| k != 0).count(),
        None => contributions.floats.iter().filter(|&&u| u != 0.0).count(),
    };
    if let Some(exact) = &contributions.exact
        && let Some((tails, rung)) = exact_tails(exact)
    {
        return Ok(SignFlipTest::exact(tails, nonzero, rung));
    }
    let bound = if nonzero <= bracket::MOST_UNITS {
        bracket::upper_bound(&contributions.floats)
    } else if nonzero <= smoothed::MOST_UNITS {
        smoothed::upper_bound(&contributions.floats)
    } else {
        None
    };
    if let Some(p) = bound {
        return Ok(SignFlipTest {
            p,
            mid_p: None,
            nonzero,
            origin: Origin::Bound,
        });
    }
    drawn::test(&contributions.floats, seed).map(|drawn| SignFlipTest {
        p: drawn.p,
        mid_p: None,
        nonzero,
        origin: Origin::Drawn {
            count: drawn.count,
            draws: drawn.draws,
            interval: drawn.interval,
        },
    })
}

/// The tails by the first exact way within its budget.
fn exact_tails(exact: &Exact) -> Option<(Tails, Rung)> {
    let total: i128 = exact.steps.iter().sum();
    if total == 0 {
        let certain = Tails {
            outer: 1.0,
            equal: 1.0,
        };
        return Some((certain, Rung::Centre));
    }
    let reach: i128 = exact.steps.iter().map(|k| k.abs()).sum();
    let nonzero = exact.steps.iter().filter(|&&k| k != 0).count();
    if nonzero as f64 * reach as f64 <= LATTICE_WORK {
        let steps: Vec<i64> = exact.steps.iter().map(|&k| k as i64).collect();
        let law = sign_flip(&steps).ok()?;
        let tails = Tails {
            outer: law.p_greater.min(law.p_less),
            equal: law.p_equal,
        };
        return Some((tails, Rung::Lattice));
    }
    let sizes = sizes(&exact.steps);
    if sizes.len() as f64 * reach as f64 <= FOURIER_WORK {
        return Some((
            fourier::tails(&sizes, total.unsigned_abs() as u64),
            Rung::Fourier,
        ));
    }
    groups::tails(&exact.steps, &exact.group).map(|tails| (tails, Rung::Groups))
}

/// How many units have each non-zero magnitude, ascending. Only for magnitudes that fit 64 bits.
fn sizes(steps: &[i128]) -> Vec<(u64, u64)> {
    let mut counts = BTreeMap::new();
    for k in steps.iter().filter(|&&k| k != 0) {
        *counts
            .entry(u64::try_from(k.unsigned_abs()).unwrap_or(u64::MAX))
            .or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

#[cfg(test)]
mod tests;
