//! Prediction-powered inference: a few human labels and many judge scores.
//!
//! θ_λ = Ȳ − λ(f̄ − f̃̄) with human labels Y and judge scores f on the labelled items and judge scores f̃ on the others
//! (Angelopoulos, Duchi, Zrnic 2023, arXiv 2311.01453). Paired comparisons pass differences A−B for all three.

use super::distribution::normal_quantile;
use super::error::{Result, StatsError, all_finite, same_length};
use super::interval::{Confidence, Interval, t_critical};
use super::sample;

/// How λ and the variances are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moments {
    /// As the Python package ppi_py 0.2.3: divisor n and a normal quantile. For comparison only.
    LargeSample,
    /// Divisor n−1 and Welch–Satterthwaite t: the rule for n ≤ 100.
    SmallSample,
}

/// How much the judge is trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lambda {
    /// The variance-minimising λ, clipped to 0..=1. Optimistic below about 30 labels.
    Tuned,
    /// A λ fixed beforehand; 1 is plain prediction-powered inference, 0 ignores the judge.
    Fixed(f64),
}

/// Labelled and unlabelled items of one population or stratum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PpiSample<'a> {
    /// Human labels Y.
    pub human: &'a [f64],
    /// Judge scores f on the same items.
    pub judge_labelled: &'a [f64],
    /// Judge scores f̃ on the other items.
    pub judge_unlabelled: &'a [f64],
}

/// A prediction-powered mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PpiMean {
    /// The λ used.
    pub lambda: f64,
    /// θ_λ.
    pub estimate: f64,
    /// Its standard error.
    pub se: f64,
    /// Degrees of freedom; `None` for the normal quantile or a zero standard error.
    pub df: Option<f64>,
    /// Confidence interval; a point if the standard error is zero.
    pub interval: Interval,
}

/// Prediction-powered mean of one population.
///
/// # Errors
/// [`StatsError::TooFew`] below two labelled or two unlabelled items, [`StatsError::Length`],
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for a fixed λ outside 0..=1.
pub fn ppi_mean(
    data: PpiSample<'_>,
    lambda: Lambda,
    moments: Moments,
    confidence: Confidence,
) -> Result<PpiMean> {
    check(&data)?;
    let lambda = match lambda {
        Lambda::Tuned => tuned(&data, moments)?,
        Lambda::Fixed(lambda) => checked_lambda(lambda)?,
    };
    let parts = components(&data, lambda, moments)?;
    Ok(finish(
        lambda,
        parts.estimate,
        &parts.variances,
        moments,
        confidence,
    ))
}

/// Stratified prediction-powered mean Σ W_h θ_h (Fisch et al. 2024, arXiv 2406.04291). A stratum with fewer than ten
/// labels borrows a common λ, the one that minimises the total variance. Small-sample moments throughout.
///
/// # Errors
/// As [`ppi_mean`], for each stratum, and [`StatsError::Length`] for the weights, which must sum to 1.
pub fn ppi_stratified(
    strata: &[PpiSample<'_>],
    weights: &[f64],
    confidence: Confidence,
) -> Result<PpiMean> {
    same_length("stratum weights", strata.len(), weights.len())?;
    let total: f64 = weights.iter().sum();
    if strata.is_empty()
        || (total - 1.0).abs() > 1e-9
        || weights.iter().any(|&w| w.is_nan() || w < 0.0)
    {
        return Err(StatsError::OutOfRange {
            what: "sum of the stratum weights",
            range: "1",
            value: total,
        });
    }
    let (mut gain, mut cost) = (0.0, 0.0);
    for (data, weight) in strata.iter().zip(weights) {
        check(data)?;
        let (covariance, variance) = tuning_moments(data, Moments::SmallSample)?;
        let (n, unlabelled) = (data.human.len() as f64, data.judge_unlabelled.len() as f64);
        gain += weight * weight * covariance / n;
        cost += weight * weight * variance * (1.0 / n + 1.0 / unlabelled);
    }
    let common = if cost > 0.0 {
        (gain / cost).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let (mut estimate, mut variances) = (0.0, Vec::new());
    for (data, weight) in strata.iter().zip(weights) {
        let own = if data.human.len() < 10 {
            common
        } else {
            tuned(data, Moments::SmallSample)?
        };
        let parts = components(data, own, Moments::SmallSample)?;
        estimate += weight * parts.estimate;
        variances.extend(
            parts
                .variances
                .map(|(variance, df)| (weight * weight * variance, df)),
        );
    }
    Ok(finish(
        common,
        estimate,
        &variances,
        Moments::SmallSample,
        confidence,
    ))
}

/// Difference estimator for a finite set of items that the judge scored completely: f̄_all + mean(Y − f), with variance
/// (1 − n/N)s²(Y − f)/n (Cochran 1977, §7.2 with slope 1). `judge_all` holds the labelled items too.
///
/// # Errors
/// As [`ppi_mean`], and [`StatsError::Length`] if fewer items were judged than labelled.
pub fn difference_estimator(
    human: &[f64],
    judge_labelled: &[f64],
    judge_all: &[f64],
    confidence: Confidence,
) -> Result<PpiMean> {
    let data = PpiSample {
        human,
        judge_labelled,
        judge_unlabelled: judge_all,
    };
    check(&data)?;
    if judge_all.len() < human.len() {
        return Err(StatsError::Length {
            what: "judge scores of all items",
            expected: human.len(),
            actual: judge_all.len(),
        });
    }
    let gaps: Vec<f64> = human
        .iter()
        .zip(judge_labelled)
        .map(|(y, f)| y - f)
        .collect();
    let (n, total) = (human.len() as f64, judge_all.len() as f64);
    let variance = (1.0 - n / total) * required(sample::variance(&gaps))? / n;
    let estimate = required(sample::mean(judge_all))? + required(sample::mean(&gaps))?;
    Ok(finish(
        1.0,
        estimate,
        &[(variance, n - 1.0)],
        Moments::SmallSample,
        confidence,
    ))
}

/// Correlation below which prediction-powered inference cannot help, 1/√(n−2) for n labels (Mani et al. 2025,
/// arXiv 2505.20178); `None` for n ≤ 2.
pub fn useful_correlation(labels: usize) -> Option<f64> {
    (labels > 2).then(|| 1.0 / (labels as f64 - 2.0).sqrt())
}

/// Large-sample variance relative to labels alone, 1 − ρ²N/(n+N), for correlation ρ, n labels and N unlabelled items.
pub fn variance_ratio(correlation: f64, labels: f64, unlabelled: f64) -> f64 {
    1.0 - correlation * correlation * unlabelled / (labels + unlabelled)
}

struct Components {
    estimate: f64,
    /// The two variance components with their degrees of freedom.
    variances: [(f64, f64); 2],
}

fn components(data: &PpiSample<'_>, lambda: f64, moments: Moments) -> Result<Components> {
    let rectified: Vec<f64> = data
        .human
        .iter()
        .zip(data.judge_labelled)
        .map(|(y, f)| y - lambda * f)
        .collect();
    let (n, unlabelled) = (rectified.len() as f64, data.judge_unlabelled.len() as f64);
    let estimate = required(sample::mean(&rectified))?
        + lambda * required(sample::mean(data.judge_unlabelled))?;
    let part = |values: &[f64], factor: f64, count: f64| -> Result<(f64, f64)> {
        let divisor = match moments {
            Moments::LargeSample => count,
            Moments::SmallSample => count - 1.0,
        };
        Ok((
            factor * sample::sum_of_squares(values) / divisor / count,
            count - 1.0,
        ))
    };
    let labelled = part(&rectified, 1.0, n)?;
    let other = part(data.judge_unlabelled, lambda * lambda, unlabelled)?;
    Ok(Components {
        estimate,
        variances: [labelled, other],
    })
}

/// λ* = Cov(Y, f)/((1 + n/N)·Var(f)), clipped; 0 if the judge's scores do not vary.
fn tuned(data: &PpiSample<'_>, moments: Moments) -> Result<f64> {
    let (covariance, variance) = tuning_moments(data, moments)?;
    let ratio = data.human.len() as f64 / data.judge_unlabelled.len() as f64;
    let lambda = covariance / ((1.0 + ratio) * variance);
    Ok(if lambda.is_finite() {
        lambda.clamp(0.0, 1.0)
    } else {
        0.0
    })
}

/// Cov(Y, f) over the labelled and Var(f) over all items. ppi_py divides the first by n and the second by n−1.
fn tuning_moments(data: &PpiSample<'_>, moments: Moments) -> Result<(f64, f64)> {
    let n = data.human.len() as f64;
    let covariance = required(sample::covariance(data.human, data.judge_labelled))?;
    let pooled: Vec<f64> = data
        .judge_labelled
        .iter()
        .chain(data.judge_unlabelled)
        .copied()
        .collect();
    let factor = match moments {
        Moments::LargeSample => (n - 1.0) / n,
        Moments::SmallSample => 1.0,
    };
    Ok((factor * covariance, required(sample::variance(&pooled))?))
}

fn finish(
    lambda: f64,
    estimate: f64,
    parts: &[(f64, f64)],
    moments: Moments,
    confidence: Confidence,
) -> PpiMean {
    let variance: f64 = parts.iter().map(|(variance, _)| variance).sum();
    let squares: f64 = parts
        .iter()
        .map(|(variance, df)| variance * variance / df)
        .sum();
    let se = variance.sqrt();
    let df = match moments {
        Moments::LargeSample => None,
        Moments::SmallSample => (squares > 0.0).then(|| variance * variance / squares),
    };
    let critical = df.map_or_else(
        || normal_quantile(confidence.tail()).abs(),
        |df| t_critical(df, confidence),
    );
    PpiMean {
        lambda,
        estimate,
        se,
        df,
        interval: Interval::around(estimate, critical * se),
    }
}

fn check(data: &PpiSample<'_>) -> Result<()> {
    same_length(
        "judge scores of the labelled items",
        data.human.len(),
        data.judge_labelled.len(),
    )?;
    for values in [data.human, data.judge_labelled, data.judge_unlabelled] {
        all_finite(values)?;
        if values.len() < 2 {
            return Err(StatsError::TooFew {
                have: values.len(),
                need: 2,
            });
        }
    }
    Ok(())
}

fn checked_lambda(lambda: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&lambda) {
        Ok(lambda)
    } else {
        Err(StatsError::OutOfRange {
            what: "lambda",
            range: "from 0 to 1",
            value: lambda,
        })
    }
}

fn required(value: Option<f64>) -> Result<f64> {
    value.ok_or(StatsError::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUMAN: [f64; 12] = [4.0, 3.0, 2.0, 5.0, 1.0, 3.0, 4.0, 2.0, 5.0, 3.0, 4.0, 1.0];
    const JUDGE: [f64; 12] = [5.0, 3.0, 2.0, 5.0, 2.0, 3.0, 4.0, 3.0, 5.0, 4.0, 4.0, 2.0];
    const OTHER: [f64; 8] = [3.0, 4.0, 2.0, 5.0, 4.0, 1.0, 3.0, 3.0];

    #[test]
    fn one_stratum_is_the_plain_estimate() {
        let data = PpiSample {
            human: &HUMAN,
            judge_labelled: &JUDGE,
            judge_unlabelled: &OTHER,
        };
        let plain = ppi_mean(data, Lambda::Tuned, Moments::SmallSample, Confidence::P95).unwrap();
        let stratified = ppi_stratified(&[data], &[1.0], Confidence::P95).unwrap();
        assert!((plain.estimate - stratified.estimate).abs() < 1e-14);
        assert!((plain.se - stratified.se).abs() < 1e-14);
    }

    #[test]
    fn a_complete_set_of_labels_leaves_no_error() {
        let result = difference_estimator(&HUMAN, &JUDGE, &JUDGE, Confidence::P95).unwrap();
        assert!((result.estimate - sample::mean(&HUMAN).unwrap()).abs() < 1e-14);
        assert_eq!(result.se, 0.0);
    }

    #[test]
    fn a_constant_judge_is_ignored() {
        let data = PpiSample {
            human: &HUMAN,
            judge_labelled: &[3.0; 12],
            judge_unlabelled: &[3.0; 5],
        };
        assert_eq!(
            ppi_mean(data, Lambda::Tuned, Moments::SmallSample, Confidence::P95)
                .unwrap()
                .lambda,
            0.0
        );
        let empty = PpiSample {
            human: &[],
            judge_labelled: &[],
            judge_unlabelled: &[],
        };
        assert!(ppi_mean(empty, Lambda::Tuned, Moments::SmallSample, Confidence::P95).is_err());
        assert!(
            ppi_mean(
                data,
                Lambda::Fixed(2.0),
                Moments::SmallSample,
                Confidence::P95
            )
            .is_err()
        );
    }
}
