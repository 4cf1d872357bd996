//! What missing answers could do to a comparison.
//!
//! Missing marks are never numbers. Their worst case is: replace every missing answer of one model by the lowest score
//! and of the other by the highest, then the reverse (Manski 1990).

use super::distribution::{normal_cdf, normal_two_sided, t_cdf};
use super::error::{Result, StatsError, same_length};
use super::interval::{Confidence, Interval};
use super::paired::PairedSummary;
use super::rational::Rational;
use super::root::bisect;
use super::sample;

/// The two extreme completions of paired values.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtremeDifferences {
    /// a − b with missing a at the lowest and missing b at the highest score.
    pub lower: Vec<Rational>,
    /// a − b with missing a at the highest and missing b at the lowest score.
    pub upper: Vec<Rational>,
}

/// Fills in the worst cases; `lowest` and `highest` are the ends of the score. All items count: the caller passes only
/// items on which the axis applies.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Overflow`].
pub fn extreme_differences(
    a: &[Option<Rational>],
    b: &[Option<Rational>],
    lowest: Rational,
    highest: Rational,
) -> Result<ExtremeDifferences> {
    same_length("second model's values", a.len(), b.len())?;
    let fill = |for_a: Rational, for_b: Rational| -> Result<Vec<Rational>> {
        a.iter()
            .zip(b)
            .map(|(x, y)| x.unwrap_or(for_a).checked_sub(y.unwrap_or(for_b)))
            .collect()
    };
    Ok(ExtremeDifferences {
        lower: fill(lowest, highest)?,
        upper: fill(highest, lowest)?,
    })
}

/// Worst-case bounds of one model's mean.
///
/// # Errors
/// [`StatsError::Empty`].
pub fn mean_bounds(values: &[Option<f64>], lowest: f64, highest: f64) -> Result<Interval> {
    let filled = |with: f64| {
        values
            .iter()
            .map(|value| value.unwrap_or(with))
            .collect::<Vec<_>>()
    };
    match (
        sample::mean(&filled(lowest)),
        sample::mean(&filled(highest)),
    ) {
        (Some(lo), Some(hi)) => Ok(Interval { lo, hi }),
        _ => Err(StatsError::Empty),
    }
}

/// Bounds of a paired difference with their sampling error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DifferenceBounds {
    /// Worst-case bounds of the mean difference.
    pub bounds: Interval,
    /// Standard error at the lower and at the upper bound.
    pub se: [f64; 2],
    /// Critical value C of [`imbens_manski`]; `None` without any spread.
    pub critical: Option<f64>,
    /// Imbens–Manski interval.
    pub interval: Interval,
}

impl DifferenceBounds {
    /// Whether both bounds lie on the same side of 0: the missing answers cannot change who is ahead.
    pub fn sign_robust(&self) -> bool {
        self.bounds.lo > 0.0 || self.bounds.hi < 0.0
    }
}

/// Bounds of the unstratified mean difference, in the units of the values.
///
/// # Errors
/// [`StatsError::TooFew`] below two items.
pub fn difference_bounds(
    extremes: &ExtremeDifferences,
    confidence: Confidence,
) -> Result<DifferenceBounds> {
    let summarise = |values: &[Rational]| -> Result<(f64, f64)> {
        let summary = PairedSummary::of(
            &values
                .iter()
                .map(|value| value.to_f64())
                .collect::<Vec<_>>(),
        )?;
        match (summary.mean, summary.se) {
            (Some(mean), Some(se)) => Ok((mean, se)),
            _ => Err(StatsError::TooFew {
                have: summary.n,
                need: 2,
            }),
        }
    };
    let ((lo, se_lo), (hi, se_hi)) = (summarise(&extremes.lower)?, summarise(&extremes.upper)?);
    let bounds = Interval { lo, hi };
    let (critical, interval) =
        imbens_manski(bounds, [se_lo, se_hi], None, 1.0 - confidence.level())?;
    Ok(DifferenceBounds {
        bounds: Interval { lo, hi },
        se: [se_lo, se_hi],
        critical,
        interval,
    })
}

/// Confidence interval for a parameter known only up to bounds, [lo − C·SE_lo, hi + C·SE_hi] with
/// F(C + (hi−lo)/max SE) − F(−C) = 1 − `alpha` (Imbens, Manski 2004), F the law of Student's t with `df` degrees of freedom,
/// or the normal law without them. Returns C with it; `None` where both standard errors are 0 and the bounds themselves are
/// the interval.
///
/// C lies between the one-sided (wide bounds) and the two-sided (no missing answers) quantile. For a contrast of a family,
/// `alpha` is [`level_of`] its step-down critical value.
///
/// # Errors
/// [`StatsError::OutOfRange`] for standard errors that are negative or not finite, degrees of freedom that are not
/// positive, or an alpha outside 0..1.
pub fn imbens_manski(
    bounds: Interval,
    se: [f64; 2],
    df: Option<f64>,
    alpha: f64,
) -> Result<(Option<f64>, Interval)> {
    let largest = se[0].max(se[1]);
    let usable = se.iter().all(|se| se.is_finite() && *se >= 0.0) && bounds.width().is_finite();
    if !usable || df.is_some_and(|df| df.is_nan() || df <= 0.0) {
        return Err(StatsError::OutOfRange {
            what: "standard error",
            range: "finite and not negative, with positive degrees of freedom",
            value: largest,
        });
    }
    let level = Confidence::new(1.0 - alpha)?.level();
    if largest == 0.0 {
        return Ok((None, bounds));
    }
    let gap = bounds.width() / largest;
    let law = |x: f64| df.map_or_else(|| normal_cdf(x), |df| t_cdf(x, df));
    let covered = |c: f64| law(c + gap) - law(-c);
    let mut high = 40.0;
    while covered(high) < level && high < 1e12 {
        high *= 4.0;
    }
    let critical = bisect(0.0, high, |c| covered(c) < level);
    let interval = Interval {
        lo: bounds.lo - critical * se[0],
        hi: bounds.hi + critical * se[1],
    };
    Ok((Some(critical), interval))
}

/// The two-sided level of a normal critical value, 2(1 − Φ(c)).
pub fn level_of(critical: f64) -> f64 {
    normal_two_sided(critical)
}

/// How much less favourable than the others the lost marks would have to be, on average, for the interval to reach 0:
/// (|d̄| − half-width)/π, π being the weighted shares of missing marks of both runs together. `None` where the interval
/// reaches 0 or nothing is missing.
pub fn tipping_point(estimate: f64, half_width: f64, missing: f64) -> Option<f64> {
    let room = estimate.abs() - half_width;
    (room > 0.0 && missing > 0.0).then(|| room / missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_missing_answers_the_normal_interval_remains() {
        let c = |hi: f64| {
            let bounds = Interval { lo: 0.0, hi };
            imbens_manski(bounds, [0.5, 0.5], None, 0.05)
                .unwrap()
                .0
                .unwrap()
        };
        assert!((c(0.0) - 1.959_963_984_540_054).abs() < 1e-9);
        assert!((c(50.0) - 1.644_853_626_951_472).abs() < 1e-9);
    }

    #[test]
    fn few_degrees_of_freedom_need_a_wider_interval() {
        let bounds = Interval { lo: 1.0, hi: 2.0 };
        let width = |df| imbens_manski(bounds, [0.5; 2], df, 0.01).unwrap().1.width();
        assert!(width(Some(3.0)) > width(Some(30.0)) && width(Some(30.0)) > width(None));
        assert!(imbens_manski(bounds, [0.5; 2], Some(0.0), 0.05).is_err());
        assert!(imbens_manski(bounds, [0.5; 2], None, 0.0).is_err());
    }

    #[test]
    fn a_claim_that_does_not_stand_cannot_fall() {
        assert_eq!(tipping_point(1.0, 2.0, 0.1), None);
        assert_eq!(tipping_point(1.0, 0.5, 0.0), None);
        assert_eq!(tipping_point(-3.0, 1.0, 0.5), Some(4.0));
    }

    #[test]
    fn no_items_is_an_error() {
        let extremes = ExtremeDifferences {
            lower: vec![],
            upper: vec![],
        };
        assert!(difference_bounds(&extremes, Confidence::P95).is_err());
        assert_eq!(mean_bounds(&[], 1.0, 5.0), Err(StatsError::Empty));
    }
}
