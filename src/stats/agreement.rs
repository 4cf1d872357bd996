//! How a judge's scores lie against a human's: exact agreement, bias, limits, calibration, and what matters for
//! comparisons, the bias in favour of a model.

use super::distribution::normal_quantile;
use super::error::{Result, StatsError, all_finite, same_length};
use super::interval::{Confidence, Interval};
use super::paired::PairedSummary;
use super::sample;

/// Plain agreement of two raters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Share of items with the same score.
    pub exact: f64,
    /// Share of items at most one score apart.
    pub within_one: f64,
    /// Mean absolute difference.
    pub mean_absolute: f64,
    /// Mean of judge − human.
    pub bias: f64,
    /// bias ± z·sd of the differences (Bland, Altman 1986); `None` below two items.
    pub limits: Option<Interval>,
}

/// Agreement of judge and human on the same items.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Empty`], [`StatsError::NotFinite`].
pub fn agreement(judge: &[f64], human: &[f64], confidence: Confidence) -> Result<Agreement> {
    let differences = gaps(judge, human)?;
    let n = differences.len() as f64;
    let share =
        |within: f64| differences.iter().filter(|gap| gap.abs() <= within).count() as f64 / n;
    let bias = sample::mean(&differences).ok_or(StatsError::Empty)?;
    let z = normal_quantile(confidence.tail()).abs();
    Ok(Agreement {
        exact: share(0.0),
        within_one: share(1.0),
        mean_absolute: differences.iter().map(|gap| gap.abs()).sum::<f64>() / n,
        bias,
        limits: sample::standard_deviation(&differences).map(|sd| Interval::around(bias, z * sd)),
    })
}

/// The line that predicts the human score from the judge's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// 1 for a judge whose differences mean what they say.
    pub slope: f64,
    /// Human score predicted at judge score 0.
    pub intercept: f64,
}

/// Least-squares regression of human on judge; `None` if the judge's scores do not vary.
///
/// # Errors
/// As [`agreement`].
pub fn calibration(judge: &[f64], human: &[f64]) -> Result<Option<Calibration>> {
    gaps(judge, human)?;
    let parts = (
        sample::covariance(judge, human),
        sample::variance(judge),
        sample::mean(judge),
        sample::mean(human),
    );
    let (Some(covariance), Some(variance), Some(mean_judge), Some(mean_human)) = parts else {
        return Ok(None);
    };
    Ok((variance > 0.0).then(|| {
        let slope = covariance / variance;
        Calibration {
            slope,
            intercept: mean_human - slope * mean_judge,
        }
    }))
}

/// The judge's bias in favour of model A: mean of e_i = (J_A − H_A) − (J_B − H_B) over items that both raters scored for
/// both models. High agreement does not license comparisons; a small bias with a narrow interval does.
///
/// # Errors
/// As [`agreement`].
pub fn comparative_bias(judge: [&[f64]; 2], human: [&[f64]; 2]) -> Result<PairedSummary> {
    let of_a = gaps(judge[0], human[0])?;
    let of_b = gaps(judge[1], human[1])?;
    PairedSummary::of(&gaps(&of_a, &of_b)?)
}

fn gaps(first: &[f64], second: &[f64]) -> Result<Vec<f64>> {
    same_length("second rater's scores", first.len(), second.len())?;
    all_finite(first)?;
    all_finite(second)?;
    if first.is_empty() {
        return Err(StatsError::Empty);
    }
    Ok(first.iter().zip(second).map(|(a, b)| a - b).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_with_a_favourite_is_caught_despite_high_agreement() {
        let human = [3.0, 2.0, 4.0, 3.0];
        let bias = comparative_bias([&[4.0, 3.0, 5.0, 4.0], &human], [&human, &human]).unwrap();
        assert_eq!(bias.mean, Some(1.0));
    }

    #[test]
    fn constant_judges_cannot_be_calibrated() {
        assert_eq!(calibration(&[3.0, 3.0], &[1.0, 2.0]).unwrap(), None);
        assert!(agreement(&[], &[], Confidence::P95).is_err());
        assert!(agreement(&[f64::NAN], &[1.0], Confidence::P95).is_err());
    }
}
