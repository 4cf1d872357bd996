//! Ratio of two means measured on the same items.
//!
//! A ratio depends on the arbitrary zero of the score map (59.8/52.9 is 1.13 on one map and 1.21 on another), so
//! differences are preferred; this file exists because readers ask.

use super::error::{Result, StatsError};
use super::interval::{Confidence, Interval, t_critical};
use super::weighted::JointMeans;

/// Two means with the variances and the covariance of their errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanPair {
    /// Numerator.
    pub a: f64,
    /// Denominator.
    pub b: f64,
    /// Variance of the numerator (squared standard error).
    pub variance_a: f64,
    /// Variance of the denominator.
    pub variance_b: f64,
    /// Covariance of the two means.
    pub covariance: f64,
    /// Degrees of freedom of the t quantile.
    pub df: f64,
}

impl MeanPair {
    /// From two means over the same items; `None` without standard errors.
    pub fn from_joint(joint: &JointMeans) -> Option<Self> {
        Some(Self {
            a: joint.a.value(),
            b: joint.b.value(),
            variance_a: joint.a.se()?.powi(2),
            variance_b: joint.b.se()?.powi(2),
            covariance: joint.covariance()?,
            df: joint.difference.df()?,
        })
    }
}

/// A ratio with Fieller's interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// a/b.
    pub ratio: f64,
    /// g = t²·Var(b)/b²: the denominator differs clearly from 0 only if g < 1.
    pub g: f64,
    /// Fieller's interval (1954); `None` means unbounded (g ≥ 1).
    pub fieller: Option<Interval>,
    /// Standard error of ln(a/b) by the delta method; `None` unless both means are positive.
    pub se_log: Option<f64>,
    /// exp(ln(a/b) ± t·se_log), a cross-check of Fieller's interval.
    pub log_delta: Option<Interval>,
}

/// Ratio of two means: the set of ρ for which a − ρb does not differ from 0 at the given confidence,
/// ρ = [ab − t²c ± √((ab − t²c)² − (a² − t²v_a)(b² − t²v_b))] / (b² − t²v_b)   (Fieller 1954).
///
/// # Errors
/// [`StatsError::OutOfRange`] if the denominator is zero or anything is not finite, or a variance is negative.
pub fn ratio(pair: MeanPair, confidence: Confidence) -> Result<Ratio> {
    let MeanPair {
        a,
        b,
        variance_a,
        variance_b,
        covariance,
        df,
    } = pair;
    let finite = [a, b, variance_a, variance_b, covariance, df]
        .iter()
        .all(|x| x.is_finite());
    if !finite || b == 0.0 || variance_a < 0.0 || variance_b < 0.0 || df <= 0.0 {
        let range = "finite and not zero, with finite variances that are not negative";
        return Err(StatsError::OutOfRange {
            what: "denominator of a ratio",
            range,
            value: b,
        });
    }
    let t = t_critical(df, confidence);
    let t2 = t * t;
    let leading = b * b - t2 * variance_b;
    let middle = a * b - t2 * covariance;
    let discriminant = middle * middle - (a * a - t2 * variance_a) * leading;
    // g < 1 makes both roots real in exact arithmetic; rounding may leave a discriminant of −1e-17.
    let fieller = (leading > 0.0).then(|| {
        let root = discriminant.max(0.0).sqrt();
        Interval::new((middle - root) / leading, (middle + root) / leading)
    });
    let log_variance = variance_a / (a * a) + variance_b / (b * b) - 2.0 * covariance / (a * b);
    let se_log = (a > 0.0 && b > 0.0).then(|| log_variance.max(0.0).sqrt());
    let log_delta = se_log.map(|se| {
        let centre = (a / b).ln();
        Interval::new((centre - t * se).exp(), (centre + t * se).exp())
    });
    Ok(Ratio {
        ratio: a / b,
        g: t2 * variance_b / (b * b),
        fieller,
        se_log,
        log_delta,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denominator_near_zero_has_no_bounded_interval() {
        let pair = MeanPair {
            a: 1.0,
            b: 0.1,
            variance_a: 0.1,
            variance_b: 0.1,
            covariance: 0.0,
            df: 20.0,
        };
        let ratio = ratio(pair, Confidence::P95).unwrap();
        assert!(ratio.g > 1.0);
        assert_eq!(ratio.fieller, None);
    }

    #[test]
    fn zero_and_nan_denominators_are_refused() {
        let pair = MeanPair {
            a: 1.0,
            b: 0.0,
            variance_a: 0.1,
            variance_b: 0.1,
            covariance: 0.0,
            df: 20.0,
        };
        assert!(ratio(pair, Confidence::P95).is_err());
        assert!(
            ratio(
                MeanPair {
                    b: f64::NAN,
                    ..pair
                },
                Confidence::P95
            )
            .is_err()
        );
    }
}
