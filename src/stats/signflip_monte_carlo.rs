//! The sign-flip test by random flips, for lattices too fine for the exact one.

use super::error::{Result, StatsError};
use super::interval::{Confidence, Interval};
use super::proportion::clopper_pearson;
use super::signflip::{SignFlip, sign_flip, totals};
use super::splitmix::{Resampling, signs};

/// Draws of the fallback; the smallest possible p is 1e-5.
pub const DEFAULT_DRAWS: u64 = 99_999;

/// Monte Carlo estimate of the two-sided p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MonteCarlo {
    /// T = Σ k_i.
    pub statistic: i64,
    /// Draws with |T*| ≥ |T|.
    pub count: u64,
    /// Number of draws.
    pub draws: u64,
    /// (1 + count)/(1 + draws): never 0, and valid as it stands (Phipson, Smyth 2010).
    pub p: f64,
    /// Clopper–Pearson interval of the exact p, from count/draws. If it straddles alpha the verdict is open.
    pub interval: Interval,
}

impl MonteCarlo {
    /// Whether more draws could change the verdict at `alpha`: the interval of the exact p contains it.
    pub fn is_open(&self, alpha: f64) -> bool {
        self.interval.contains(alpha)
    }
}

/// Monte Carlo version of [`sign_flip`]; item i takes in draw b the sign of output b·n + i of the seeded stream.
///
/// # Errors
/// [`StatsError::Empty`] without pairs or draws, [`StatsError::Overflow`].
pub fn monte_carlo(
    differences: &[i64],
    Resampling { seed, draws }: Resampling,
    confidence: Confidence,
) -> Result<MonteCarlo> {
    if differences.is_empty() || draws == 0 {
        return Err(StatsError::Empty);
    }
    let (statistic, _) = totals(differences)?;
    let extreme = |draw: &u64| flipped_sum(differences, seed, *draw).abs() >= statistic.abs();
    let count = (0..draws).filter(extreme).count() as u64;
    let p = (1.0 + count as f64) / (1.0 + draws as f64);
    Ok(MonteCarlo {
        statistic,
        count,
        draws,
        p,
        interval: clopper_pearson(count, draws, confidence)?,
    })
}

/// T* of one draw. The caller must have checked that Σ|d| fits 64 bits.
pub fn flipped_sum(differences: &[i64], seed: u64, draw: u64) -> i64 {
    let signs = signs(seed, draw, differences.len());
    differences.iter().zip(signs).fold(0_i64, |sum, (d, sign)| {
        sum.wrapping_add(d.wrapping_mul(sign))
    })
}

/// A sign-flip result, exact where the lattice allows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SignFlipTest {
    /// The exact law.
    Exact(SignFlip),
    /// Random flips.
    MonteCarlo(MonteCarlo),
}

impl SignFlipTest {
    /// The two-sided p.
    pub fn p_two_sided(&self) -> f64 {
        match self {
            Self::Exact(test) => test.p_two_sided(),
            Self::MonteCarlo(test) => test.p,
        }
    }
}

/// The exact test, or [`DEFAULT_DRAWS`] random flips where it would take too long.
///
/// # Errors
/// As [`sign_flip`], but never [`StatsError::TooLarge`].
pub fn exact_or_monte_carlo(differences: &[i64], seed: u64) -> Result<SignFlipTest> {
    match sign_flip(differences) {
        Ok(test) => Ok(SignFlipTest::Exact(test)),
        Err(StatsError::TooLarge { .. }) => monte_carlo(
            differences,
            Resampling {
                seed,
                draws: DEFAULT_DRAWS,
            },
            Confidence::P95,
        )
        .map(SignFlipTest::MonteCarlo),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_flips_come_near_the_exact_p() {
        let differences = [3, -1, 4, 1, -5, 9, 2, -6, 5, 3, 5];
        let exact = sign_flip(&differences).unwrap().p_two_sided();
        let random = monte_carlo(
            &differences,
            Resampling {
                seed: 7,
                draws: 20_000,
            },
            Confidence::P95,
        )
        .unwrap();
        assert!((random.p - exact).abs() < 0.01);
        assert!(random.interval.contains(random.p));
    }

    #[test]
    fn a_fine_lattice_falls_back() {
        let fine: Vec<i64> = (0..50).map(|i| 1_000_000_000 + i).collect();
        let test = exact_or_monte_carlo(&fine, 1).unwrap();
        assert!(matches!(test, SignFlipTest::MonteCarlo(_)));
        assert!(test.p_two_sided() <= 1e-5 + 1e-15);
    }
}
