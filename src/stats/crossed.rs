//! What a difference covers beyond the tasks: several judges, or wordings of a rubric, that marked the same items.
//!
//! From the complete table items × judges of paired differences: MS_I, MS_J and MS_IJ of the two-way analysis of variance.
//! The interval over items **and** judges is d̄ ± half with
//! half² = t²_df·SE²_items + t²_{J−1}·max(0, MS_J − MS_IJ)/(nJ). With fewer than three judges nothing can be said about other
//! judges.
//!
//! Sources: Cornfield, Tukey 1956 (mean squares of crossed random effects); Brennan 2001, *Generalizability Theory*, §6.2.

use super::error::{Result, StatsError};
use super::interval::{Confidence, Interval, t_critical};
use super::sample;
use super::variance_components::{TwoWay, two_way};

/// Judges (or wordings) from which a spread over others can be estimated.
pub const FEWEST_JUDGES: usize = 3;

/// Mean difference with an interval over items and judges.
#[derive(Debug, Clone, PartialEq)]
pub struct OverJudges {
    /// Mean of the table.
    pub estimate: f64,
    /// The analysis of variance.
    pub anova: TwoWay,
    /// Standard error over items alone, √(MS_I/(nJ)).
    pub se_items: f64,
    /// Half of the interval's width.
    pub half_width: f64,
    /// The interval over items and judges.
    pub interval: Interval,
}

/// The interval over items and judges of a complete table of paired differences, one row per item.
///
/// # Errors
/// [`StatsError::TooFew`] below two items or [`FEWEST_JUDGES`] judges; as [`two_way`].
pub fn over_judges(differences: &[Vec<f64>], confidence: Confidence) -> Result<OverJudges> {
    let judges = differences.first().map_or(0, Vec::len);
    if judges < FEWEST_JUDGES {
        return Err(StatsError::TooFew {
            have: judges,
            need: FEWEST_JUDGES,
        });
    }
    let anova = two_way(differences)?;
    let all: Vec<f64> = differences.iter().flatten().copied().collect();
    let estimate = sample::mean(&all).ok_or(StatsError::Empty)?;
    let cells = (anova.items * anova.judges) as f64;
    let se_items = (anova.ms_rows / cells).sqrt();
    let half_width = half_width(se_items, anova.items as f64 - 1.0, &anova, confidence);
    Ok(OverJudges {
        estimate,
        se_items,
        half_width,
        interval: Interval::around(estimate, half_width),
        anova,
    })
}

/// Half-width over items and judges for a standard error over items of any design (with its degrees of freedom).
pub fn half_width(se_items: f64, df: f64, anova: &TwoWay, confidence: Confidence) -> f64 {
    let cells = (anova.items * anova.judges) as f64;
    let over_judges = (anova.ms_columns - anova.ms_error).max(0.0) / cells;
    let of_items = if se_items > 0.0 {
        (t_critical(df, confidence) * se_items).powi(2)
    } else {
        0.0
    };
    let of_judges = t_critical(anova.judges as f64 - 1.0, confidence).powi(2) * over_judges;
    (of_items + of_judges).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_who_agree_add_nothing() {
        let table: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i % 5); 4]).collect();
        let found = over_judges(&table, Confidence::P95).unwrap();
        let t = t_critical(19.0, Confidence::P95);
        assert!((found.half_width - t * found.se_items).abs() < 1e-12);
    }

    #[test]
    fn a_judge_who_differs_widens_the_interval() {
        let table = |shift: f64| -> Vec<Vec<f64>> {
            (0..20)
                .map(|i| {
                    (0..3)
                        .map(|j| f64::from(i % 5) + shift * f64::from(j))
                        .collect()
                })
                .collect()
        };
        let width = |shift| {
            over_judges(&table(shift), Confidence::P95)
                .unwrap()
                .half_width
        };
        assert!(width(1.0) > width(0.0) + 1.0);
    }

    #[test]
    fn two_judges_say_nothing_about_others() {
        let error = over_judges(&[vec![1.0, 2.0], vec![0.0, 1.0]], Confidence::P95);
        assert_eq!(error.err(), Some(StatsError::TooFew { have: 2, need: 3 }));
        assert!(over_judges(&[], Confidence::P95).is_err());
    }
}
