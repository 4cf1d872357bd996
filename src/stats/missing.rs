//! What missing answers could do to a comparison.
//!
//! Missing marks are never numbers. Their worst case is: replace every missing answer of one model by the lowest score
//! and of the other by the highest, then the reverse (Manski 1990).

use super::distribution::normal_cdf;
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
    /// Critical value C of [`imbens_manski`].
    pub critical: f64,
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
    let (critical, interval) = imbens_manski(Interval { lo, hi }, [se_lo, se_hi], confidence)?;
    Ok(DifferenceBounds {
        bounds: Interval { lo, hi },
        se: [se_lo, se_hi],
        critical,
        interval,
    })
}

/// Confidence interval for a parameter known only up to bounds, [lo − C·SE_lo, hi + C·SE_hi] with
/// Φ(C + (hi−lo)/max SE) − Φ(−C) = confidence (Imbens, Manski 2004). Returns C with it.
///
/// C lies between the one-sided (wide bounds) and the two-sided (no missing answers) normal quantile.
///
/// # Errors
/// [`StatsError::OutOfRange`] for standard errors that are negative or not finite.
pub fn imbens_manski(
    bounds: Interval,
    se: [f64; 2],
    confidence: Confidence,
) -> Result<(f64, Interval)> {
    let largest = se[0].max(se[1]);
    if !se.iter().all(|se| se.is_finite() && *se >= 0.0) || !bounds.width().is_finite() {
        return Err(StatsError::OutOfRange {
            what: "standard error",
            range: "finite and not negative",
            value: largest,
        });
    }
    let gap = if bounds.width() > 0.0 {
        bounds.width() / largest
    } else {
        0.0
    };
    let covered = |c: f64| normal_cdf(c + gap) - normal_cdf(-c);
    let critical = bisect(0.0, 40.0, |c| covered(c) < confidence.level());
    Ok((
        critical,
        Interval {
            lo: bounds.lo - critical * se[0],
            hi: bounds.hi + critical * se[1],
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_missing_answers_the_normal_interval_remains() {
        let (c, _) =
            imbens_manski(Interval { lo: 1.0, hi: 1.0 }, [0.5, 0.5], Confidence::P95).unwrap();
        assert!((c - 1.959_963_984_540_054).abs() < 1e-9);
        let (c, _) =
            imbens_manski(Interval { lo: 0.0, hi: 50.0 }, [0.5, 0.5], Confidence::P95).unwrap();
        assert!((c - 1.644_853_626_951_472).abs() < 1e-9);
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
