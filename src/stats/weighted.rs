//! The design-weighted mean of one axis or of several: the one object from which estimate, standard error, intervals and
//! tests of a level or of a paired difference are computed.
//!
//! With strata h and design weights W_ah that sum to one over the strata where axis a exists, the axis mean is
//! M_a = Σ_h W_ah ȳ_ah and the Overall (1/A) Σ_a M_a. Item i contributes u_i = (1/A) Σ_a (W_ah/n_ah) v_ia over its observed
//! axes, a unit the sum over its items, and Σu is the mean. The values of a paired difference are the differences a − b.

use std::cmp::Ordering;

use super::contributions::{Contributions, Term};
use super::design::Design;
use super::error::{Result, StatsError, same_length};
use super::interval::{
    Confidence, Interval, Scale, degenerate_interval, logit_t_interval, t_interval,
};
use super::rational::Rational;
use super::spread::{AxisValues, Spread, spread};
use super::strata::Strata;

/// The values of one axis with the size of each stratum in the plan.
#[derive(Debug, Clone, Copy)]
pub struct AxisCells<'a> {
    /// Value of each item; `None` where nothing was observed, or no pair.
    pub values: &'a [Option<Rational>],
    /// Planned size N_h of each stratum, 0 where the axis does not exist. Only the ratios of the sizes matter.
    pub planned: &'a [u32],
}

/// Units whose values differ from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changed {
    /// Units with a value other than 0 on any axis.
    pub any: usize,
    /// Units with a positive value on any axis.
    pub up: usize,
    /// Units with a negative value on any axis.
    pub down: usize,
}

/// How an interval of a level was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelMethod {
    /// Logit-t, the rule.
    LogitT,
    /// The bound for a sample without variance.
    Degenerate,
}

/// A design-weighted mean with everything that inference about it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedMean {
    value: f64,
    direction: Ordering,
    spread: Spread,
    units: usize,
    balance: f64,
    effective: f64,
    changed: Changed,
    extremes: Interval,
    contributions: Contributions,
}

impl WeightedMean {
    /// The mean of one axis, or of several with equal weights. An observation counts on its own axis whether or not the
    /// item's other axes are observed.
    ///
    /// # Errors
    /// [`StatsError::Empty`] without axes or any observation; [`StatsError::EmptyStratum`] if a stratum with weight has no
    /// observation; [`StatsError::Length`], [`StatsError::OutOfRange`] and [`StatsError::OutsideDesign`] for cells that
    /// do not fit the design.
    pub fn new(design: &Design, axes: &[AxisCells<'_>]) -> Result<Self> {
        let counts = counts(design, axes)?;
        let mut weights = Weights::default();
        let mut terms = Vec::new();
        let mut values = Vec::with_capacity(axes.len());
        for (axis, n) in axes.iter().zip(&counts) {
            let first = weights.exact.len();
            weights.add(axis.planned, n, axes.len());
            let floats = axis
                .values
                .iter()
                .map(|v| v.map(Rational::to_f64))
                .collect();
            for (item, value) in axis.values.iter().enumerate() {
                if let Some(value) = *value {
                    terms.push(Term {
                        unit: design.unit_of_item()[item],
                        weight: first + design.strata().of_item()[item],
                        value,
                    });
                }
            }
            values.push(AxisValues {
                values: floats,
                weights: weights.approximate[first..].to_vec(),
            });
        }
        let contributions =
            Contributions::of(design.units(), &terms, &weights.exact, &weights.approximate);
        let share = shares(design.units(), &terms, &weights.approximate);
        let units = share.iter().filter(|&&w| w > 0.0).count();
        let total: f64 = share.iter().sum();
        let spread = if units < 2 {
            Spread::default()
        } else {
            spread(design, &values)
        };
        Ok(Self {
            value: contributions.total(),
            direction: direction(&contributions),
            spread,
            units,
            balance: units as f64 * share.iter().copied().fold(0.0, f64::max) / total,
            effective: total * total / share.iter().map(|w| w * w).sum::<f64>(),
            changed: changed(design.units(), &terms),
            extremes: extremes(&terms),
            contributions,
        })
    }

    /// The mean Σu, in the units of the values.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The sign of the mean, decided on whole numbers where they fit.
    pub fn direction(&self) -> Ordering {
        self.direction
    }

    /// Stratified standard error; `None` below two units, or where a variance stratum shows no spread of its own.
    pub fn se(&self) -> Option<f64> {
        self.spread.se
    }

    /// Satterthwaite's degrees of freedom; `None` without a positive standard error.
    pub fn df(&self) -> Option<f64> {
        self.spread.df
    }

    /// Strata with fewer than six units on an axis that enters, which took the spread of all units; ascending.
    pub fn thin_strata(&self) -> &[usize] {
        &self.spread.thin
    }

    /// n: units with any observation.
    pub fn units(&self) -> usize {
        self.units
    }

    /// ρ = n·max ω/Σω, where ω is a unit's weight; 1 if all units weigh the same.
    pub fn balance(&self) -> f64 {
        self.balance
    }

    /// Kish's effective number of units, (Σω)²/Σω².
    pub fn effective_units(&self) -> f64 {
        self.effective
    }

    /// Units whose values differ from 0.
    pub fn changed(&self) -> Changed {
        self.changed
    }

    /// The smallest and the largest observed value.
    pub fn extremes(&self) -> Interval {
        self.extremes
    }

    /// What each unit of the design contributes.
    pub fn contributions(&self) -> &Contributions {
        &self.contributions
    }

    /// Student's t interval; `None` without a positive standard error.
    pub fn t_interval(&self, confidence: Confidence) -> Option<Interval> {
        t_interval(self.value, self.se()?, self.df()?, confidence)
    }

    /// Logit-t interval; `None` without a positive standard error or with the mean on an end of the scale.
    pub fn logit_t_interval(&self, scale: Scale, confidence: Confidence) -> Option<Interval> {
        logit_t_interval(self.value, self.se()?, self.df()?, scale, confidence)
    }

    /// The primary interval of a level: logit-t, or the bound for a sample without variance. `None` for a mean outside the
    /// scale, and where the values vary but the design shows no standard error.
    pub fn level_interval(
        &self,
        scale: Scale,
        confidence: Confidence,
    ) -> Option<(Interval, LevelMethod)> {
        if let Some(interval) = self.logit_t_interval(scale, confidence) {
            return Some((interval, LevelMethod::LogitT));
        }
        if self.units > 1 && self.spread.se.is_none_or(|se| se > 0.0) {
            return None;
        }
        degenerate_interval(self.value, self.units, self.balance, scale, confidence)
            .map(|interval| (interval, LevelMethod::Degenerate))
    }
}

/// n_ah of each axis, once the cells are known to fit the design.
fn counts(design: &Design, axes: &[AxisCells<'_>]) -> Result<Vec<Vec<u64>>> {
    let mut all = Vec::with_capacity(axes.len());
    for axis in axes {
        all.push(count(design.strata(), axis)?);
    }
    if all.iter().flatten().all(|&n| n == 0) {
        return Err(StatsError::Empty);
    }
    for (position, (axis, n)) in axes.iter().zip(&all).enumerate() {
        if let Some(stratum) = (0..n.len()).find(|&h| axis.planned[h] > 0 && n[h] == 0) {
            return Err(StatsError::EmptyStratum {
                axis: position,
                stratum,
            });
        }
    }
    Ok(all)
}

fn count(strata: &Strata, axis: &AxisCells<'_>) -> Result<Vec<u64>> {
    same_length("values of an axis", strata.items(), axis.values.len())?;
    same_length(
        "stratum sizes of an axis",
        strata.count(),
        axis.planned.len(),
    )?;
    if axis.planned.iter().all(|&size| size == 0) {
        return Err(StatsError::OutOfRange {
            what: "sum of the stratum sizes",
            range: "positive",
            value: 0.0,
        });
    }
    let mut n = vec![0; strata.count()];
    for (item, &stratum) in strata.of_item().iter().enumerate() {
        if axis.values[item].is_some() {
            if axis.planned[stratum] == 0 {
                return Err(StatsError::OutsideDesign { item });
            }
            n[stratum] += 1;
        }
    }
    Ok(n)
}

/// W_ah/(A·n_ah), axis after axis.
#[derive(Default)]
struct Weights {
    exact: Vec<Option<Rational>>,
    approximate: Vec<f64>,
}

impl Weights {
    fn add(&mut self, planned: &[u32], n: &[u64], axes: usize) {
        let total: u64 = planned.iter().map(|&size| u64::from(size)).sum();
        for (&size, &n) in planned.iter().zip(n) {
            let below = i128::from(total)
                .checked_mul(i128::from(n.max(1)))
                .and_then(|below| below.checked_mul(axes as i128));
            self.exact
                .push(below.and_then(|below| Rational::new(i128::from(size), below).ok()));
            let weight = f64::from(size) / total as f64 / axes as f64 / n.max(1) as f64;
            self.approximate.push(weight);
        }
    }
}

/// Weight ω of each unit.
fn shares(units: usize, terms: &[Term], weights: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; units];
    for term in terms {
        shares[term.unit] += weights[term.weight];
    }
    shares
}

fn changed(units: usize, terms: &[Term]) -> Changed {
    let mut signs = vec![(false, false); units];
    for term in terms {
        match term.value.numerator().cmp(&0) {
            Ordering::Greater => signs[term.unit].0 = true,
            Ordering::Less => signs[term.unit].1 = true,
            Ordering::Equal => {}
        }
    }
    let count = |which: fn(&(bool, bool)) -> bool| signs.iter().filter(|s| which(s)).count();
    Changed {
        any: count(|s| s.0 || s.1),
        up: count(|s| s.0),
        down: count(|s| s.1),
    }
}

fn extremes(terms: &[Term]) -> Interval {
    let values = terms.iter().map(|term| term.value.to_f64());
    values.fold(
        Interval {
            lo: f64::INFINITY,
            hi: f64::NEG_INFINITY,
        },
        |range, value| Interval {
            lo: range.lo.min(value),
            hi: range.hi.max(value),
        },
    )
}

fn direction(contributions: &Contributions) -> Ordering {
    match &contributions.exact {
        Some(exact) => exact.steps.iter().sum::<i128>().cmp(&0),
        None => {
            let magnitude: f64 = contributions.floats.iter().map(|u| u.abs()).sum();
            let total: f64 = contributions.floats.iter().sum();
            if total.abs() <= super::flips::ROUNDING * magnitude {
                Ordering::Equal
            } else {
                total.total_cmp(&0.0)
            }
        }
    }
}

/// Two means over the items on which both sides were observed, with the covariance of their errors: what a ratio needs.
#[derive(Debug, Clone, PartialEq)]
pub struct JointMeans {
    /// Mean of the first side.
    pub a: WeightedMean,
    /// Mean of the second side.
    pub b: WeightedMean,
    /// Their difference.
    pub difference: WeightedMean,
}

impl JointMeans {
    /// Both sides on the same axes, each axis over the items on which both were observed.
    ///
    /// # Errors
    /// As [`WeightedMean::new`]; [`StatsError::Length`] for different numbers of axes, [`StatsError::Overflow`].
    pub fn new(design: &Design, a: &[AxisCells<'_>], b: &[AxisCells<'_>]) -> Result<Self> {
        same_length("axes of the second side", a.len(), b.len())?;
        let mut sides: [Vec<Vec<Option<Rational>>>; 3] = Default::default();
        for (a, b) in a.iter().zip(b) {
            let differences = super::lattice::differences(a.values, b.values)?;
            let where_both = |values: &[Option<Rational>]| {
                let pairs = values.iter().zip(&differences);
                pairs
                    .map(|(value, d)| value.filter(|_| d.is_some()))
                    .collect()
            };
            sides[0].push(where_both(a.values));
            sides[1].push(where_both(b.values));
            sides[2].push(differences);
        }
        let mean = |values: &[Vec<Option<Rational>>]| {
            let cells: Vec<AxisCells<'_>> = values
                .iter()
                .zip(a)
                .map(|(values, axis)| AxisCells {
                    values,
                    planned: axis.planned,
                })
                .collect();
            WeightedMean::new(design, &cells)
        };
        Ok(Self {
            a: mean(&sides[0])?,
            b: mean(&sides[1])?,
            difference: mean(&sides[2])?,
        })
    }

    /// Covariance of the two means, from Var(a − b) = Var a + Var b − 2 Cov(a, b); `None` without standard errors.
    pub fn covariance(&self) -> Option<f64> {
        let variance = |mean: &WeightedMean| mean.se().map(|se| se * se);
        Some(0.5 * (variance(&self.a)? + variance(&self.b)? - variance(&self.difference)?))
    }
}

#[cfg(test)]
#[path = "weighted_tests.rs"]
mod tests;
