//! Intervals for one mean.

use super::distribution::t_quantile;
use super::error::{Result, StatsError};

/// A closed interval; an end may be infinite ("unbounded"), never NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl Interval {
    /// The interval between two numbers, in whichever order they come.
    pub fn new(a: f64, b: f64) -> Self {
        Self {
            lo: a.min(b),
            hi: a.max(b),
        }
    }

    /// Centre ± half-width.
    pub fn around(centre: f64, half_width: f64) -> Self {
        Self::new(centre - half_width, centre + half_width)
    }

    /// The interval on another linear scale, `factor`·x + `offset`; a negative factor swaps the ends.
    #[must_use]
    pub fn map(self, factor: f64, offset: f64) -> Self {
        Self::new(
            self.lo.mul_add(factor, offset),
            self.hi.mul_add(factor, offset),
        )
    }

    /// Upper minus lower end.
    pub fn width(&self) -> f64 {
        self.hi - self.lo
    }

    /// Whether `x` lies inside, ends included.
    pub fn contains(&self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }
}

/// Two-sided confidence, strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence(f64);

impl Confidence {
    /// The usual 95 %.
    pub const P95: Self = Self(0.95);
    /// 90 %: the interval that two one-sided 5 % tests invert.
    pub const P90: Self = Self(0.90);

    /// A confidence such as 0.95.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] unless 0 < `level` < 1.
    pub fn new(level: f64) -> Result<Self> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(StatsError::OutOfRange {
                what: "confidence",
                range: "between 0 and 1, both excluded",
                value: level,
            })
        }
    }

    /// The level, 0.95 for 95 %.
    pub fn level(self) -> f64 {
        self.0
    }

    /// Probability left out on each side, 0.025 for 95 %.
    pub fn tail(self) -> f64 {
        0.5 * (1.0 - self.0)
    }
}

/// The ends of a bounded score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    lo: f64,
    hi: f64,
}

impl Scale {
    /// Points 25(x−1) of a 1–5 score.
    pub const POINTS: Self = Self { lo: 0.0, hi: 100.0 };
    /// The raw 1–5 score.
    pub const RAW: Self = Self { lo: 1.0, hi: 5.0 };

    /// A scale from `lo` to `hi`.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] unless both are finite and `lo` < `hi`.
    pub fn new(lo: f64, hi: f64) -> Result<Self> {
        if lo.is_finite() && hi.is_finite() && lo < hi {
            Ok(Self { lo, hi })
        } else {
            Err(StatsError::OutOfRange {
                what: "upper end of the scale",
                range: "finite and above the lower",
                value: hi,
            })
        }
    }

    /// Lower end.
    pub fn lo(self) -> f64 {
        self.lo
    }

    /// Upper end.
    pub fn hi(self) -> f64 {
        self.hi
    }

    /// Length of the scale.
    pub fn range(self) -> f64 {
        self.hi - self.lo
    }
}

/// mean ± t·SE. `None` where no t interval exists: SE zero, or `df` or SE not a positive number.
pub fn t_interval(mean: f64, se: f64, df: f64, confidence: Confidence) -> Option<Interval> {
    let usable = mean.is_finite() && se.is_finite() && se > 0.0 && df > 0.0;
    usable.then(|| Interval::around(mean, t_critical(df, confidence) * se))
}

/// Logit-t interval of a mean on a bounded scale: expit(L ± t·s_L) mapped back, with u = (mean−lo)/(hi−lo),
/// L = ln(u/(1−u)) and s_L = SE/(hi−lo)/(u(1−u)) (delta method). Never leaves the scale.
///
/// `None` where the t interval does not exist or the mean lies on or beyond an end of the scale.
pub fn logit_t_interval(
    mean: f64,
    se: f64,
    df: f64,
    scale: Scale,
    confidence: Confidence,
) -> Option<Interval> {
    let u = (mean - scale.lo) / scale.range();
    let usable = u > 0.0 && u < 1.0 && se.is_finite() && se > 0.0 && df > 0.0;
    if !usable {
        return None;
    }
    let logit = (u / (1.0 - u)).ln();
    let half = t_critical(df, confidence) * (se / scale.range()) / (u * (1.0 - u));
    let back = |x: f64| scale.lo + scale.range() / (1.0 + (-x).exp());
    Some(Interval::new(back(logit - half), back(logit + half)))
}

/// Wilson's score interval (1927) carried over to a bounded mean: the effective sample size is u(1−u)/SE² on the unit
/// scale, and the t quantile replaces the normal one. A cross-check of [`logit_t_interval`]; same `None`.
pub fn wilson_t_interval(
    mean: f64,
    se: f64,
    df: f64,
    scale: Scale,
    confidence: Confidence,
) -> Option<Interval> {
    let u = (mean - scale.lo) / scale.range();
    let usable = u > 0.0 && u < 1.0 && se.is_finite() && se > 0.0 && df > 0.0;
    if !usable {
        return None;
    }
    let n_effective = u * (1.0 - u) / (se / scale.range()).powi(2);
    let t2 = t_critical(df, confidence).powi(2);
    let centre = (u + 0.5 * t2 / n_effective) / (1.0 + t2 / n_effective);
    let spread = (u * (1.0 - u) / n_effective + 0.25 * (t2 / n_effective) / n_effective).sqrt();
    let half = t2.sqrt() * spread / (1.0 + t2 / n_effective);
    Some(Interval::around(centre, half).map(scale.range(), scale.lo))
}

/// Bound of a sample in which all `n` values are equal (or `n` = 1), where no standard error exists:
/// mean ± (hi−lo)·min(1, ρ(1 − tail^{1/n})), clipped to the scale. ρ = `balance` is the largest weight of a unit over the
/// mean weight, 1 for equal weights.
///
/// The half-width is the largest share of *other* values that would still give an all-equal sample with probability
/// `tail` (0.025 at 95 %), at the worst distance. 40 fives: 91.2–100 points, where t would give 100–100.
/// `None` for `n` = 0 or a mean outside the scale.
pub fn degenerate_interval(
    mean: f64,
    n: usize,
    balance: f64,
    scale: Scale,
    confidence: Confidence,
) -> Option<Interval> {
    if n == 0 || !(scale.lo..=scale.hi).contains(&mean) {
        return None;
    }
    let share = balance * (1.0 - confidence.tail().powf(1.0 / n as f64));
    let half = scale.range() * share.min(1.0);
    Some(Interval {
        lo: (mean - half).max(scale.lo),
        hi: (mean + half).min(scale.hi),
    })
}

/// Two-sided critical value of t.
pub(crate) fn t_critical(df: f64, confidence: Confidence) -> f64 {
    -t_quantile(confidence.tail(), df)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::splitmix::{index, output};
    use super::*;

    #[test]
    fn impossible_settings_are_refused() {
        assert!(Confidence::new(1.0).is_err());
        assert!(Confidence::new(f64::NAN).is_err());
        assert!(Scale::new(5.0, 1.0).is_err());
        assert!(Scale::new(0.0, f64::INFINITY).is_err());
    }

    #[test]
    fn intervals_do_not_exist_without_a_standard_error() {
        assert_eq!(t_interval(3.0, 0.0, 10.0, Confidence::P95), None);
        assert_eq!(
            logit_t_interval(5.0, 0.1, 10.0, Scale::RAW, Confidence::P95),
            None
        );
        assert_eq!(
            wilson_t_interval(3.0, f64::NAN, 10.0, Scale::RAW, Confidence::P95),
            None
        );
        assert_eq!(
            degenerate_interval(3.0, 0, 1.0, Scale::RAW, Confidence::P95),
            None
        );
    }

    /// Scores out of a hundred equally likely ones, with means of about 57, 89 and 96 points.
    fn law(counts: [usize; 5]) -> Vec<f64> {
        let repeat =
            |(score, count): (usize, usize)| std::iter::repeat_n(score as f64 + 1.0, count);
        counts.into_iter().enumerate().flat_map(repeat).collect()
    }

    #[test]
    fn logit_t_covers_the_mean_of_forty_bounded_scores() {
        for counts in [[15, 15, 20, 27, 23], [2, 2, 6, 18, 72], [1, 1, 2, 6, 90]] {
            let law = law(counts);
            let truth = law.iter().sum::<f64>() / 100.0;
            let (mut covered, samples) = (0, 2000);
            for draw in 0..samples {
                let sample: Vec<f64> = (0..40)
                    .map(|i| law[index(output(7, 40 * draw + i), 100)])
                    .collect();
                let (mean, sd) = (
                    sample::mean(&sample).unwrap(),
                    sample::standard_deviation(&sample).unwrap(),
                );
                let interval = logit_t_interval(
                    mean,
                    sd / 40.0_f64.sqrt(),
                    39.0,
                    Scale::RAW,
                    Confidence::P95,
                )
                .or_else(|| degenerate_interval(mean, 40, 1.0, Scale::RAW, Confidence::P95));
                covered += u32::from(interval.unwrap().contains(truth));
            }
            let coverage = f64::from(covered) / samples as f64;
            assert!(coverage >= 0.94, "mean {truth}: {coverage}");
        }
    }
}
