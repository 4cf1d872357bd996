//! The design-weighted mean of one axis or of several, with its linearised standard error.
//!
//! The item is the only independent unit. An item's value is one number per axis (seeds and judge repeats are averaged
//! before they come here), missing where nothing usable was observed. With strata h and design weights W_ah that sum to
//! one over the strata where axis a exists,
//!
//! * axis mean M_a = Σ_h W_ah ȳ_ah, Overall = (1/A) Σ_a M_a;
//! * linearised contribution of item i in stratum h: e_i = (1/A) Σ_a W_ah (v_ia − ȳ_ah) 1{observed}/n_ah;
//! * V_h = n_h/(n_h−1) Σ_{i∈h} e_i², where n_h counts items with any observed axis; SE² = Σ V_h;
//! * Satterthwaite's degrees of freedom (ΣV_h)² / Σ V_h²/(n_h−1).
//!
//! Sources: Särndal, Swensson, Wretman, *Model Assisted Survey Sampling* (1992), §5.5 (linearisation); Cochran, *Sampling
//! Techniques* (1977), eq. 5.16 (degrees of freedom) and §5A.12 (collapsing of strata).

use super::error::{Result, StatsError, same_length};
use super::interval::{
    Confidence, Interval, Scale, degenerate_interval, logit_t_interval, t_interval,
};
use super::sample;
pub use super::strata::{Strata, StratumSummary, by_stratum, paired_difference};
use super::strata_merge::{Merge, merge_singletons};

/// One number per item on one axis, with the weight of each stratum on that axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    values: Vec<Option<f64>>,
    weights: Vec<f64>,
}

impl Axis {
    /// `values` in item order (`None`: missing); `population` is the size N_h of each stratum in the target population,
    /// 0 where the axis does not exist. Only the ratios of the sizes matter.
    ///
    /// # Errors
    /// Wrong lengths, a value that is not finite, sizes that are negative or all zero, or a value in a stratum of size 0.
    pub fn new(strata: &Strata, values: Vec<Option<f64>>, population: &[f64]) -> Result<Self> {
        same_length("values of an axis", strata.items(), values.len())?;
        same_length("stratum sizes of an axis", strata.count(), population.len())?;
        if let Some(index) = values
            .iter()
            .position(|value| value.is_some_and(|v| !v.is_finite()))
        {
            return Err(StatsError::NotFinite { index });
        }
        let total: f64 = population.iter().sum();
        if population.iter().any(|&size| size.is_nan() || size < 0.0)
            || !total.is_finite()
            || total <= 0.0
        {
            return Err(StatsError::OutOfRange {
                what: "sum of the stratum sizes",
                range: "positive",
                value: total,
            });
        }
        let outside =
            |item: usize| values[item].is_some() && population[strata.of_item[item]] == 0.0;
        if let Some(item) = (0..values.len()).find(|&item| outside(item)) {
            return Err(StatsError::OutsideDesign { item });
        }
        Ok(Self {
            values,
            weights: population.iter().map(|size| size / total).collect(),
        })
    }

    /// The values in item order.
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }

    /// The same axis without the items that `other` lacks.
    fn where_observed(&self, other: &Self) -> Self {
        let kept = |(value, other): (&Option<f64>, &Option<f64>)| value.filter(|_| other.is_some());
        Self {
            values: self.values.iter().zip(&other.values).map(kept).collect(),
            weights: self.weights.clone(),
        }
    }

    /// The weight W_h of each stratum; they sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }
}

/// A design-weighted mean with its uncertainty.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The mean, in the units of the values.
    pub value: f64,
    /// Standard error; `None` when only one item was observed.
    pub se: Option<f64>,
    /// Satterthwaite's degrees of freedom; `None` without a positive standard error.
    pub df: Option<f64>,
    /// Items with any observed axis.
    pub items: usize,
    /// Strata with a single item, and where they went.
    pub merged: Vec<Merge>,
}

/// How an interval of a level was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelMethod {
    /// Logit-t, the rule.
    LogitT,
    /// The rule for a sample without variance.
    Degenerate,
}

impl Estimate {
    /// Student's t interval, the primary interval of a difference; `None` without a positive standard error.
    pub fn t_interval(&self, confidence: Confidence) -> Option<Interval> {
        t_interval(self.value, self.se?, self.df?, confidence)
    }

    /// Logit-t interval; `None` without a positive standard error or with the mean on an end of the scale.
    pub fn logit_t_interval(&self, scale: Scale, confidence: Confidence) -> Option<Interval> {
        logit_t_interval(self.value, self.se?, self.df?, scale, confidence)
    }

    /// The primary interval of a level: logit-t, or the degenerate rule where the sample shows no variance.
    /// `None` only for a mean outside the scale.
    pub fn level_interval(
        &self,
        scale: Scale,
        confidence: Confidence,
    ) -> Option<(Interval, LevelMethod)> {
        match self.logit_t_interval(scale, confidence) {
            Some(interval) => Some((interval, LevelMethod::LogitT)),
            None => degenerate_interval(self.value, self.items, 1.0, scale, confidence)
                .map(|interval| (interval, LevelMethod::Degenerate)),
        }
    }

    /// The same estimate on another linear scale, `factor`·x + `offset`.
    #[must_use]
    pub fn map(mut self, factor: f64, offset: f64) -> Self {
        self.value = self.value * factor + offset;
        self.se = self.se.map(|se| se * factor.abs());
        self
    }
}

/// Design-weighted mean of one axis.
///
/// # Errors
/// [`StatsError::EmptyStratum`] if a stratum with weight has no observation; [`StatsError::Length`] if the axis was made
/// for other strata.
pub fn axis_mean(strata: &Strata, axis: &Axis) -> Result<Estimate> {
    overall(strata, std::slice::from_ref(axis))
}

/// Mean of the axis means of a stated set of axes, with the correlation between axes accounted for.
///
/// # Errors
/// As [`axis_mean`], and [`StatsError::Empty`] without axes or items.
pub fn overall(strata: &Strata, axes: &[Axis]) -> Result<Estimate> {
    let linearised = linearise(strata, axes)?;
    let variance = linearised.covariance_by_stratum(&linearised.influence, &linearised.influence);
    let (se, df) = match variance {
        None => (None, None),
        Some(parts) => summarise(&parts),
    };
    Ok(Estimate {
        value: linearised.value,
        se,
        df,
        items: linearised.items,
        merged: linearised.merged,
    })
}

/// Two estimates from the same items with the covariance of their errors: what a ratio needs.
#[derive(Debug, Clone, PartialEq)]
pub struct JointEstimate {
    /// Mean of the first axis.
    pub a: Estimate,
    /// Mean of the second axis.
    pub b: Estimate,
    /// Covariance of the two means; `None` when only one item was observed.
    pub covariance: Option<f64>,
    /// Degrees of freedom of the difference of the two means.
    pub df: Option<f64>,
}

/// Both means over the items on which both were observed, with their covariance.
///
/// # Errors
/// As [`axis_mean`].
pub fn joint(strata: &Strata, a: &Axis, b: &Axis) -> Result<JointEstimate> {
    joint_overall(strata, std::slice::from_ref(a), std::slice::from_ref(b))
}

/// Both means of the axis means, each axis over the items on which both sides were observed, with their covariance.
///
/// # Errors
/// As [`overall`]; [`StatsError::Length`] for different numbers of axes.
pub fn joint_overall(strata: &Strata, a: &[Axis], b: &[Axis]) -> Result<JointEstimate> {
    same_length("axes of the second side", a.len(), b.len())?;
    let pairs = || a.iter().zip(b);
    let a: Vec<Axis> = pairs().map(|(a, b)| a.where_observed(b)).collect();
    let b: Vec<Axis> = pairs().map(|(a, b)| b.where_observed(a)).collect();
    let (of_a, of_b) = (linearise(strata, &a)?, linearise(strata, &b)?);
    let gap: Vec<f64> = of_a
        .influence
        .iter()
        .zip(&of_b.influence)
        .map(|(x, y)| x - y)
        .collect();
    let df = of_a
        .covariance_by_stratum(&gap, &gap)
        .and_then(|parts| summarise(&parts).1);
    let covariance = of_a
        .covariance_by_stratum(&of_a.influence, &of_b.influence)
        .map(|parts| parts.iter().map(|part| part.variance).sum());
    Ok(JointEstimate {
        a: overall(strata, &a)?,
        b: overall(strata, &b)?,
        covariance,
        df,
    })
}

/// Variance (or covariance) contribution of one stratum and the items behind it.
struct Part {
    variance: f64,
    n: usize,
}

/// Standard error and degrees of freedom of a sum of independent stratum variances.
fn summarise(parts: &[Part]) -> (Option<f64>, Option<f64>) {
    let total: f64 = parts.iter().map(|part| part.variance).sum();
    let denominator: f64 = parts
        .iter()
        .map(|part| part.variance.powi(2) / (part.n as f64 - 1.0))
        .sum();
    let df = total * total / denominator;
    (
        Some(total.sqrt()),
        (total > 0.0 && df.is_finite()).then_some(df),
    )
}

/// The estimate and each item's contribution to its error.
struct Linearised {
    value: f64,
    influence: Vec<f64>,
    observed: Vec<bool>,
    stratum_of_item: Vec<usize>,
    stratum_count: usize,
    items: usize,
    merged: Vec<Merge>,
}

impl Linearised {
    /// n_h/(n_h−1) Σ x_i y_i for each stratum with items; `None` if one of them has a single item.
    fn covariance_by_stratum(&self, x: &[f64], y: &[f64]) -> Option<Vec<Part>> {
        let mut parts: Vec<Part> = (0..self.stratum_count)
            .map(|_| Part {
                variance: 0.0,
                n: 0,
            })
            .collect();
        for item in (0..x.len()).filter(|&item| self.observed[item]) {
            let part = &mut parts[self.stratum_of_item[item]];
            part.variance += x[item] * y[item];
            part.n += 1;
        }
        parts.retain(|part| part.n > 0);
        if parts.iter().any(|part| part.n == 1) {
            return None;
        }
        for part in &mut parts {
            part.variance *= part.n as f64 / (part.n as f64 - 1.0);
        }
        Some(parts)
    }
}

fn linearise(strata: &Strata, axes: &[Axis]) -> Result<Linearised> {
    if axes.is_empty() || strata.items() == 0 {
        return Err(StatsError::Empty);
    }
    for axis in axes {
        same_length("values of an axis", strata.items(), axis.values.len())?;
        same_length("weights of an axis", strata.count(), axis.weights.len())?;
    }
    refuse_empty_strata(strata, axes)?;
    let observed: Vec<bool> = (0..strata.items())
        .map(|item| axes.iter().any(|axis| axis.values[item].is_some()))
        .collect();
    let (stratum_of_item, merged) = merge_singletons(strata, axes, &observed);
    let mut result = Linearised {
        value: 0.0,
        influence: vec![0.0; strata.items()],
        items: observed.iter().filter(|&&any| any).count(),
        observed,
        stratum_of_item,
        stratum_count: strata.count(),
        merged,
    };
    for axis in axes {
        add_axis(&mut result, axis, 1.0 / axes.len() as f64);
    }
    Ok(result)
}

/// Adds one axis to the estimate and to the items' influences.
fn add_axis(result: &mut Linearised, axis: &Axis, share: f64) {
    let mut weights = axis.weights.clone();
    for merge in &result.merged {
        weights[merge.into] += weights[merge.from];
        weights[merge.from] = 0.0;
    }
    let merged = Strata {
        of_item: result.stratum_of_item.clone(),
        count: result.stratum_count,
    };
    let parts = merged.split(&axis.values);
    let means: Vec<f64> = parts
        .iter()
        .map(|part| sample::mean(part).unwrap_or(0.0))
        .collect();
    for (weight, mean) in weights.iter().zip(&means) {
        result.value += share * weight * mean;
    }
    for (item, value) in axis.values.iter().enumerate() {
        if let Some(value) = value {
            let stratum = result.stratum_of_item[item];
            result.influence[item] +=
                share * weights[stratum] * (value - means[stratum]) / parts[stratum].len() as f64;
        }
    }
}

fn refuse_empty_strata(strata: &Strata, axes: &[Axis]) -> Result<()> {
    for (position, axis) in axes.iter().enumerate() {
        let mut seen = vec![false; strata.count()];
        for (stratum, value) in strata.of_item.iter().zip(&axis.values) {
            seen[*stratum] |= value.is_some();
        }
        if let Some(stratum) = (0..seen.len()).find(|&h| axis.weights[h] > 0.0 && !seen[h]) {
            return Err(StatsError::EmptyStratum {
                axis: position,
                stratum,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "stratified_tests.rs"]
mod tests;
