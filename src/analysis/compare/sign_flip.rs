//! The test of one contrast: sign flips of the estimate itself, with Wilcoxon's test beside it.

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::stats::error::Result;
use crate::stats::flips::grid::OnGrid;
use crate::stats::flips::{Origin, SignFlipTest};
use crate::stats::lattice::Lattice;
use crate::stats::weighted::WeightedMean;
use crate::stats::wilcoxon::{Zeros, wilcoxon_asymptotic_p};

/// The smallest p that is reported; below it, p is this bound.
pub const SMALLEST_P: f64 = 1e-300;

/// The method of a difference across judges.
pub const BRIDGE: &str = "bridge";

/// Two-sided tests of the difference. A p below [`SMALLEST_P`] is reported as that bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// `exact`; `bound` where rounding makes p an upper bound; `monte-carlo` where it was drawn; `bridge` for the t test
    /// across judges.
    pub method: &'static str,
    /// p of the sign flip of the design-weighted difference.
    pub p: f64,
    /// Its mid-p; exact tests only.
    pub mid_p: Option<f64>,
    /// 95 % interval of the exact p; drawn tests only.
    pub p_ci95: Option<[f64; 2]>,
    /// Wilcoxon's test with Pratt's zeros, normal approximation, when cross-checks were asked for:
    /// secondary, it does not test the mean.
    pub p_wilcoxon_pratt: Option<f64>,
    /// Units whose contribution to the difference is not 0.
    pub nonzero: usize,
    /// Smallest step of an item's difference in raw marks.
    pub lattice_step: f64,
    /// Step to which the scores of both runs were rounded, on the scale of the score; absent where nothing was rounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid: Option<f64>,
}

impl Test {
    /// Whether the p was drawn and its own uncertainty includes `alpha`.
    pub fn straddles(&self, alpha: f64) -> bool {
        self.p_ci95
            .is_some_and(|[lo, hi]| lo <= alpha && alpha <= hi)
    }
}

/// Tests a difference; `lattice` holds the differences by item. `seed` decides the draws, where there are any; it must
/// not depend on which side is which. Where the law is not exact, `grid` may give that of rounded scores.
///
/// # Errors
/// Those of the statistics, which sound contrasts do not raise.
pub fn test(
    mean: &WeightedMean,
    lattice: &Lattice,
    (seed, cross_check): (u64, bool),
    grid: impl FnOnce() -> Option<OnGrid>,
) -> Result<Test> {
    let plain = mean.sign_flip(seed)?;
    let rounded = match plain.origin {
        Origin::Exact(_) => None,
        Origin::Bound | Origin::Drawn { .. } => grid(),
    };
    let SignFlipTest {
        p,
        mid_p,
        nonzero,
        origin,
    } = rounded.map_or(plain, |rounded| rounded.test);
    let (method, p_ci95) = match origin {
        Origin::Exact(_) => ("exact", None),
        Origin::Bound => ("bound", None),
        Origin::Drawn { interval, .. } => ("monte-carlo", Some(ends(interval))),
    };
    Ok(Test {
        method,
        p: bounded(p),
        mid_p: mid_p.map(bounded),
        p_ci95,
        p_wilcoxon_pratt: cross_check
            .then(|| bounded(wilcoxon_asymptotic_p(&lattice.steps, Zeros::Pratt, false))),
        nonzero,
        lattice_step: lattice.unit(),
        grid: rounded.map(|rounded| rounded.step()),
    })
}

/// p, or the bound that stands for a smaller one.
pub fn bounded(p: f64) -> f64 {
    p.max(SMALLEST_P)
}
