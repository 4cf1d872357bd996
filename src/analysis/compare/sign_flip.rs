//! The test of one contrast: exact sign flips, with Wilcoxon's test beside it.

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::stats::error::Result;
use crate::stats::lattice::Lattice;
use crate::stats::signflip_monte_carlo::{SignFlipTest, exact_or_monte_carlo};
use crate::stats::wilcoxon::{Zeros, wilcoxon_asymptotic_p};

/// The smallest p that is reported; below it, p is this bound.
pub const SMALLEST_P: f64 = 1e-300;

/// Two-sided tests of the differences. A p below [`SMALLEST_P`] is reported as that bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// `exact`, or `monte-carlo` where the lattice is too fine for the exact law.
    pub method: &'static str,
    /// p of the sign-flip test.
    pub p: f64,
    /// Its mid-p; exact tests only.
    pub mid_p: Option<f64>,
    /// 95 % interval of the exact p; drawn tests only.
    pub p_ci95: Option<[f64; 2]>,
    /// Wilcoxon's test with Pratt's zeros, normal approximation, when cross-checks were asked for:
    /// secondary, it does not test the mean.
    pub p_wilcoxon_pratt: Option<f64>,
    /// Pairs that differ.
    pub nonzero: usize,
    /// Smallest step of a difference in raw marks.
    pub lattice_step: f64,
}

impl Test {
    /// Whether the p was drawn and its own uncertainty includes `alpha`.
    pub fn straddles(&self, alpha: f64) -> bool {
        self.p_ci95
            .is_some_and(|[lo, hi]| lo <= alpha && alpha <= hi)
    }
}

/// Tests lattice differences. `seed` decides the draws, where there are any; it must not depend on
/// which side is which.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub fn test(lattice: &Lattice, seed: u64, cross_check: bool) -> Result<Test> {
    let flipped = exact_or_monte_carlo(&lattice.steps, seed)?;
    let (method, mid_p, p_ci95) = match &flipped {
        SignFlipTest::Exact(test) => ("exact", Some(test.mid_p_two_sided()), None),
        SignFlipTest::MonteCarlo(test) => ("monte-carlo", None, Some(ends(test.interval))),
    };
    Ok(Test {
        method,
        p: bounded(flipped.p_two_sided()),
        mid_p: mid_p.map(bounded),
        p_ci95,
        p_wilcoxon_pratt: cross_check
            .then(|| bounded(wilcoxon_asymptotic_p(&lattice.steps, Zeros::Pratt, false))),
        nonzero: lattice.steps.iter().filter(|&&step| step != 0).count(),
        lattice_step: lattice.unit(),
    })
}

/// p, or the bound that stands for a smaller one.
pub fn bounded(p: f64) -> f64 {
    p.max(SMALLEST_P)
}
