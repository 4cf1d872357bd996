//! What two published means allow to conclude when no per-item score was published.

use super::distribution::{chi_squared_quantile, t_quantile, t_two_sided};
use super::error::{Result, StatsError};
use super::interval::Scale;

/// A paired difference with an assumed standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AssumedSpread {
    /// Standard deviation of the paired differences.
    pub sd: f64,
    /// Difference·√n/sd; infinite for no spread.
    pub t: f64,
    /// Two-sided p with n−1 degrees of freedom.
    pub p: f64,
}

/// Bounds from two means on a bounded scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeansOnlyBounds {
    /// Smallest standard deviation of the paired differences at which p exceeds alpha.
    pub sd_needed: f64,
    /// Largest possible standard deviation of the first model's scores, √((μ−lo)(hi−μ)) (Bhatia, Davis 2000).
    pub sd_max_a: f64,
    /// The same for the second model.
    pub sd_max_b: f64,
    /// Both models at their largest spread, uncorrelated over items.
    pub independent: AssumedSpread,
    /// Both at their largest spread, coupled as unfavourably as possible (Fréchet's lower bound).
    pub worst_coupling: AssumedSpread,
    /// Both uniform over equally spaced scores, uncorrelated: noisy, but not extreme.
    pub uniform_independent: AssumedSpread,
    /// Item correlation below which p exceeds alpha with both at their largest spread; above 1 or below −1 it cannot
    /// matter. `None` if a mean sits on an end of the scale.
    pub correlation_needed: Option<f64>,
}

/// Bounds for two means of the same `n` items on `scale`; `levels` is the number of equally spaced scores (5).
///
/// # Errors
/// [`StatsError::OutOfRange`] for means outside the scale, n < 2, levels < 2 or an alpha outside 0..1.
pub fn means_only(
    mean_a: f64,
    mean_b: f64,
    n: u64,
    scale: Scale,
    levels: u32,
    alpha: f64,
) -> Result<MeansOnlyBounds> {
    check(mean_a, mean_b, n, scale, levels, alpha)?;
    let (root, df, difference) = ((n as f64).sqrt(), n as f64 - 1.0, mean_a - mean_b);
    let assume = |variance: f64| {
        let sd = variance.max(0.0).sqrt();
        // No difference is no evidence, whatever the spread.
        let t = if difference == 0.0 {
            0.0
        } else {
            difference * root / sd
        };
        AssumedSpread {
            sd,
            t,
            p: t_two_sided(t, df),
        }
    };
    let (low_a, low_b) = (mean_a - scale.lo(), mean_b - scale.lo());
    let (variance_a, variance_b) = (low_a * (scale.hi() - mean_a), low_b * (scale.hi() - mean_b));
    // Two-point laws on the ends of the scale: the smallest possible share of items on which both sit at the top.
    let (top_a, top_b) = (low_a / scale.range(), low_b / scale.range());
    let worst_covariance = scale.range().powi(2) * ((top_a + top_b - 1.0).max(0.0) - top_a * top_b);
    let steps = f64::from(levels - 1);
    let uniform = scale.range().powi(2) * (steps + 2.0) / (12.0 * steps);
    let sd_needed = difference.abs() * root / t_quantile(1.0 - 0.5 * alpha, df);
    let product = 2.0 * (variance_a * variance_b).sqrt();
    Ok(MeansOnlyBounds {
        sd_needed,
        sd_max_a: variance_a.sqrt(),
        sd_max_b: variance_b.sqrt(),
        independent: assume(variance_a + variance_b),
        worst_coupling: assume(variance_a + variance_b - 2.0 * worst_covariance),
        uniform_independent: assume(2.0 * uniform),
        correlation_needed: (product > 0.0)
            .then(|| (variance_a + variance_b - sd_needed.powi(2)) / product),
    })
}

/// Confidence with which a pilot's spread bounds the true one.
const PILOT_CONFIDENCE: f64 = 0.95;
/// p after selection at or below which a published difference is very likely real.
const VERY_LIKELY: f64 = 0.01;

/// The spread of paired differences in a pilot with the same judge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pilot {
    /// Standard deviation of the pilot's differences.
    pub sd: f64,
    /// Its number of pairs, at least 2.
    pub n: u64,
}

/// What two published means say once a pilot bounds the spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublishedWithPilot {
    /// Upper 95 % limit of the standard deviation of differences, s·√((n−1)/χ²_{0.05,n−1}) (for normal differences).
    pub sd_upper: f64,
    /// p if the standard deviation is the pilot's.
    pub p_at_pilot_sd: f64,
    /// p if it is `sd_upper`: the largest p of all spreads up to it.
    pub p_at_upper: f64,
    /// `p_at_upper` times the number of contrasts in the table from which this one was picked; at most 1.
    pub p_selected: f64,
    /// p that the means alone allow: the most unfavourable coupling of the most extreme scores.
    pub p_max: f64,
}

impl PublishedWithPilot {
    /// Whether the difference is very likely real as far as the choice of items goes: p after selection at most 1 %.
    pub fn very_likely_real(&self) -> bool {
        self.p_selected <= VERY_LIKELY
    }
}

/// Joins two published means of the same `n` items with a pilot; `contrasts` is the number of contrasts in the table of
/// which this is the largest.
///
/// # Errors
/// As [`means_only`]; [`StatsError::OutOfRange`] for a pilot with fewer than two pairs or without spread.
pub fn published_with_pilot(
    means: [f64; 2],
    n: u64,
    scale: Scale,
    pilot: Pilot,
    contrasts: u64,
) -> Result<PublishedWithPilot> {
    let [mean_a, mean_b] = means;
    let bounds = means_only(mean_a, mean_b, n, scale, 5, 0.05)?;
    if pilot.n < 2 || !(pilot.sd > 0.0 && pilot.sd.is_finite()) {
        return Err(StatsError::OutOfRange {
            what: "standard deviation of the pilot's differences",
            range: "positive, from at least 2 pairs",
            value: pilot.sd,
        });
    }
    let df = pilot.n as f64 - 1.0;
    let sd_upper = pilot.sd * (df / chi_squared_quantile(1.0 - PILOT_CONFIDENCE, df)).sqrt();
    let p = |sd: f64| t_two_sided((mean_a - mean_b) * (n as f64).sqrt() / sd, n as f64 - 1.0);
    let p_at_upper = p(sd_upper);
    Ok(PublishedWithPilot {
        sd_upper,
        p_at_pilot_sd: p(pilot.sd),
        p_at_upper,
        p_selected: (p_at_upper * contrasts.max(1) as f64).min(1.0),
        p_max: bounds.worst_coupling.p,
    })
}

fn check(mean_a: f64, mean_b: f64, n: u64, scale: Scale, levels: u32, alpha: f64) -> Result<()> {
    for mean in [mean_a, mean_b] {
        if !(scale.lo()..=scale.hi()).contains(&mean) {
            return Err(StatsError::OutOfRange {
                what: "mean",
                range: "on the scale",
                value: mean,
            });
        }
    }
    if n < 2 || levels < 2 || !(alpha > 0.0 && alpha < 1.0) {
        let range = "between 0 and 1, with at least 2 items and 2 levels";
        return Err(StatsError::OutOfRange {
            what: "alpha",
            range,
            value: alpha,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_outside_the_scale_are_refused() {
        assert!(means_only(101.0, 50.0, 300, Scale::POINTS, 5, 0.05).is_err());
        assert!(means_only(f64::NAN, 50.0, 300, Scale::POINTS, 5, 0.05).is_err());
    }

    #[test]
    fn more_contrasts_and_a_smaller_pilot_weaken_a_claim() {
        let p = |n, contrasts| {
            let pilot = Pilot { sd: 24.4, n };
            published_with_pilot([59.8, 52.9], 300, Scale::POINTS, pilot, contrasts)
                .unwrap()
                .p_selected
        };
        assert!(p(60, 6) < p(60, 30) && p(60, 6) < p(10, 6));
        assert_eq!(p(2, 1_000_000), 1.0);
        let none = Pilot { sd: 0.0, n: 60 };
        assert!(published_with_pilot([59.8, 52.9], 300, Scale::POINTS, none, 6).is_err());
    }

    #[test]
    fn a_mean_on_the_end_has_no_spread() {
        let bounds = means_only(100.0, 100.0, 300, Scale::POINTS, 5, 0.05).unwrap();
        assert_eq!(
            (bounds.independent.p, bounds.correlation_needed),
            (1.0, None)
        );
    }
}
