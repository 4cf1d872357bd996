//! The sign-flip p by random flips.

use super::ROUNDING;
use crate::stats::error::{Result, StatsError, all_finite};
use crate::stats::interval::{Confidence, Interval};
use crate::stats::max_t::dot;
use crate::stats::proportion::clopper_pearson;
use crate::stats::splitmix::{Resampling, fill_signs};

/// Draws; the smallest possible p is 1e-5.
pub const DRAWS: u64 = 99_999;
/// Draws above [`MANY_UNITS`]; the smallest possible p is 1e-4.
pub const DRAWS_OF_MANY: u64 = 9_999;
/// Units above which fewer draws are made.
pub const MANY_UNITS: usize = 30_000;

/// A p from random flips.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// Draws with |T*| ≥ |T|; sums that rounding cannot tell from |T| count.
    pub count: u64,
    /// Number of draws.
    pub draws: u64,
    /// (1 + count)/(1 + draws): never 0, and valid as it stands (Phipson, Smyth 2010).
    pub p: f64,
    /// Clopper–Pearson 95 % interval of the exact p.
    pub interval: Interval,
}

/// The two-sided p of Σ u; `contributions` holds one number per unit of the design.
pub(super) fn test(contributions: &[f64], seed: u64) -> Result<Drawn> {
    let draws = if contributions.len() > MANY_UNITS {
        DRAWS_OF_MANY
    } else {
        DRAWS
    };
    drawn(contributions, Resampling { seed, draws })
}

/// The same with a number of draws. Unit g takes in draw b the sign of output b·n + g of the seeded stream.
///
/// # Errors
/// [`StatsError::Empty`] without units or draws, [`StatsError::NotFinite`].
pub fn drawn(contributions: &[f64], Resampling { seed, draws }: Resampling) -> Result<Drawn> {
    if contributions.is_empty() || draws == 0 {
        return Err(StatsError::Empty);
    }
    all_finite(contributions)?;
    let observed: f64 = contributions.iter().sum();
    let magnitude: f64 = contributions.iter().map(|u| u.abs()).sum();
    let threshold = observed.abs() - ROUNDING * magnitude;
    let mut signs = vec![1.0; contributions.len()];
    let reaches = |draw: &u64| {
        fill_signs(seed, *draw, &mut signs);
        dot(contributions, &signs).abs() >= threshold
    };
    let count = (0..draws).filter(reaches).count() as u64;
    Ok(Drawn {
        count,
        draws,
        p: (1.0 + count as f64) / (1.0 + draws as f64),
        interval: clopper_pearson(count, draws, Confidence::P95)?,
    })
}
