//! Power of a two-sided paired t test, detectable difference and number of items.
//!
//! All effects are standardised: dz = Δ/σ_d, with Δ and σ_d in the same units.

use super::distribution::{normal_quantile, t_quantile};
use super::error::{Result, StatsError};
use super::noncentral_t::{noncentral_t_cdf, noncentral_t_sf};
use super::root::zero;

fn check_probability(what: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange {
            what,
            range: "between 0 and 1, both excluded",
            value,
        })
    }
}

fn check_items(n: f64) -> Result<()> {
    if n.is_finite() && n > 1.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange {
            what: "number of items",
            range: "above 1",
            value: n,
        })
    }
}

/// Exact power at effect `dz` with `n` items (real valued, so that equations in n can be solved) and two-sided `alpha`:
/// both rejection regions of the noncentral t law with δ = dz·√n.
///
/// # Errors
/// [`StatsError::OutOfRange`].
pub fn power(dz: f64, n: f64, alpha: f64) -> Result<f64> {
    check_items(n)?;
    check_probability("alpha", alpha)?;
    if !dz.is_finite() {
        return Err(StatsError::OutOfRange {
            what: "standardised effect",
            range: "finite",
            value: dz,
        });
    }
    let (df, delta) = (n - 1.0, dz * n.sqrt());
    let critical = -t_quantile(0.5 * alpha, df);
    Ok(noncentral_t_sf(critical, df, delta) + noncentral_t_cdf(-critical, df, delta))
}

/// The smallest positive dz with the given power at `n` items; `power` must exceed `alpha`.
///
/// # Errors
/// [`StatsError::OutOfRange`].
pub fn detectable(n: f64, alpha: f64, wanted: f64) -> Result<f64> {
    check_items(n)?;
    check_wanted(alpha, wanted)?;
    let mut high = 2.0 * detectable_approximate(n, alpha, wanted)?;
    while power(high, n, alpha)? < wanted {
        high *= 2.0;
        if !high.is_finite() || high > 1e9 {
            return Err(StatsError::NoSolution {
                what: "detectable effect",
            });
        }
    }
    Ok(zero(0.0, high, |dz| {
        power(dz, n, alpha).map_or(f64::NAN, |p| p - wanted)
    }))
}

/// (t_{1−α/2, n−1} + t_{power, n−1})/√n: the usual closed form of [`detectable`].
///
/// # Errors
/// [`StatsError::OutOfRange`].
pub fn detectable_approximate(n: f64, alpha: f64, wanted: f64) -> Result<f64> {
    check_items(n)?;
    check_wanted(alpha, wanted)?;
    Ok((t_quantile(1.0 - 0.5 * alpha, n - 1.0) + t_quantile(wanted, n - 1.0)) / n.sqrt())
}

/// (z_{1−α/2} + z_{power})/√n: [`detectable`] for large n.
///
/// # Errors
/// [`StatsError::OutOfRange`].
pub fn detectable_normal(n: f64, alpha: f64, wanted: f64) -> Result<f64> {
    check_items(n)?;
    check_wanted(alpha, wanted)?;
    Ok((normal_quantile(1.0 - 0.5 * alpha) + normal_quantile(wanted)) / n.sqrt())
}

/// Number of items (real valued; round up) that gives the wanted power at effect `dz` ≠ 0.
///
/// # Errors
/// [`StatsError::OutOfRange`], [`StatsError::NoSolution`] above 10¹² items.
pub fn items_needed(dz: f64, alpha: f64, wanted: f64) -> Result<f64> {
    let large_sample = items_needed_normal(dz, alpha, wanted)?;
    let mut high = 2.0 * large_sample + 10.0;
    while power(dz, high, alpha)? < wanted {
        high *= 2.0;
        if high > 1e12 {
            return Err(StatsError::NoSolution {
                what: "number of items",
            });
        }
    }
    // Below two items there is no variance to test with; an effect found with two needs two.
    Ok(zero(2.0, high, |n| {
        power(dz, n, alpha).map_or(f64::NAN, |p| p - wanted)
    }))
}

/// ((z_{1−α/2} + z_{power})/dz)²: [`items_needed`] for large samples.
///
/// # Errors
/// [`StatsError::OutOfRange`].
pub fn items_needed_normal(dz: f64, alpha: f64, wanted: f64) -> Result<f64> {
    check_wanted(alpha, wanted)?;
    if !dz.is_finite() || dz == 0.0 {
        return Err(StatsError::OutOfRange {
            what: "standardised effect",
            range: "finite and not 0",
            value: dz,
        });
    }
    Ok(((normal_quantile(1.0 - 0.5 * alpha) + normal_quantile(wanted)) / dz).powi(2))
}

fn check_wanted(alpha: f64, wanted: f64) -> Result<()> {
    check_probability("alpha", alpha)?;
    check_probability("power", wanted)?;
    if wanted <= alpha {
        return Err(StatsError::OutOfRange {
            what: "power",
            range: "above alpha",
            value: wanted,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_questions_answer_each_other() {
        let n = items_needed(0.2, 0.05, 0.8).unwrap();
        assert!((power(0.2, n, 0.05).unwrap() - 0.8).abs() < 1e-9);
        assert!((detectable(n, 0.05, 0.8).unwrap() - 0.2).abs() < 1e-9);
    }

    #[test]
    fn no_effect_has_the_power_of_alpha() {
        assert!((power(0.0, 40.0, 0.05).unwrap() - 0.05).abs() < 1e-9);
    }

    #[test]
    fn impossible_questions_are_refused() {
        assert!(power(f64::NAN, 40.0, 0.05).is_err());
        assert!(power(0.2, 1.0, 0.05).is_err());
        assert!(items_needed(0.0, 0.05, 0.8).is_err());
        assert!(detectable(40.0, 0.05, 0.04).is_err());
    }
}
