//! Standard error and degrees of freedom of a design-weighted mean.
//!
//! e_i = (1/A) Σ_a W_ah (v_ia − ȳ_ah)/n_ah over the observed axes of item i, summed within units; with G_h units in stratum
//! h, V_h = G_h/(G_h−1) Σ e², SE² = Σ V_h, and Satterthwaite's df = (ΣV_h)² / Σ V_h²/(G_h−1).
//!
//! A *thin* stratum, with fewer than six units on an axis that enters, shows too little of its own spread. It takes that of
//! all units: V_h = G_h Σ_{j∈P} g_j²/(|P|−1) with g_j = (1/A) Σ_a (W_ah/n_ah)(v_ja − v̄_a), P the units with every axis of h
//! observed and v̄_a the plain mean of axis a. The thin strata's variances add to one term with |P|−1 degrees of freedom
//! (the smallest P). Its mean keeps its weight; nothing is merged and no outcome chooses anything.
//!
//! Strata that share a cluster are one variance stratum.
//!
//! Sources: Särndal, Swensson, Wretman, *Model Assisted Survey Sampling* (1992), §5.5 (linearisation); Cochran, *Sampling
//! Techniques* (1977), eq. 5.16 (degrees of freedom), §5A.12 (one-unit strata).

use std::collections::HashMap;

use super::design::Design;
use super::sample;

/// Units below which a stratum's own spread is not used.
pub const THIN_BELOW: usize = 6;

/// A sum of terms that is smaller than this share of their magnitudes is rounding: the terms cancel.
const ROUNDING: f64 = 1e-13;

/// One axis, as the spread needs it.
pub(super) struct AxisValues {
    /// Values in item order.
    pub values: Vec<Option<f64>>,
    /// W_ah/(A·n_ah) by stratum; 0 where the axis does not exist.
    pub weights: Vec<f64>,
}

/// How far the mean may be off.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Spread {
    /// Standard error, where the design shows one.
    pub se: Option<f64>,
    /// Degrees of freedom; `None` without a positive standard error.
    pub df: Option<f64>,
    /// Thin strata, ascending.
    pub thin: Vec<usize>,
}

/// The spread of a mean of these axes over a design.
pub(super) fn spread(design: &Design, axes: &[AxisValues]) -> Spread {
    let strata = VarianceStrata::of(design, axes);
    let residuals = residuals(design, axes);
    let mut total = 0.0;
    let mut by_freedom = 0.0;
    let units_on: Vec<Vec<usize>> = axes.iter().map(|axis| units_on(design, axis)).collect();
    let (mut pooled, mut smallest, mut thin) = (0.0, usize::MAX, Vec::new());
    let mut known = HashMap::new();
    for members in &strata.members {
        if let Some(stratum) = VarianceStrata::thin(members, axes, &units_on) {
            // Thin strata with the same weights share one pass over the units.
            let key: Vec<u64> = axes.iter().map(|a| a.weights[stratum].to_bits()).collect();
            let shared = known
                .entry(key)
                .or_insert_with(|| pooled_variance(design, axes, stratum));
            let Some((variance, units)) = *shared else {
                return Spread::default();
            };
            pooled += variance * members.units.len() as f64;
            smallest = smallest.min(units);
            thin.push(stratum);
            continue;
        }
        let units = members.units.len() as f64;
        if members.units.len() < 2 {
            return Spread::default();
        }
        let squares: f64 = members.units.iter().map(|&u| residuals[u].powi(2)).sum();
        let variance = units / (units - 1.0) * squares;
        total += variance;
        by_freedom += variance.powi(2) / (units - 1.0);
    }
    if !thin.is_empty() {
        total += pooled;
        by_freedom += pooled.powi(2) / (smallest as f64 - 1.0);
    }
    thin.sort_unstable();
    let df = total * total / by_freedom;
    Spread {
        se: Some(total.sqrt()),
        df: (total > 0.0 && df.is_finite()).then_some(df),
        thin,
    }
}

/// Sums that take cancelling terms for what they are.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: f64,
    magnitude: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        self.value += term;
        self.magnitude += term.abs();
    }

    fn rounded(self) -> f64 {
        if self.value.abs() <= ROUNDING * self.magnitude {
            0.0
        } else {
            self.value
        }
    }
}

/// e of each unit.
fn residuals(design: &Design, axes: &[AxisValues]) -> Vec<f64> {
    let mut sums = vec![Sum::default(); design.units()];
    for axis in axes {
        let parts = design.strata().split(&axis.values);
        let means: Vec<f64> = parts
            .iter()
            .map(|part| sample::mean(part).unwrap_or(0.0))
            .collect();
        for (item, value) in observed(axis) {
            let stratum = design.strata().of_item()[item];
            let term = axis.weights[stratum] * (value - means[stratum]);
            sums[design.unit_of_item()[item]].add(term);
        }
    }
    sums.into_iter().map(Sum::rounded).collect()
}

/// Σ g²/(|P|−1) and |P| of a thin stratum; `None` with fewer than two units in P.
fn pooled_variance(design: &Design, axes: &[AxisValues], stratum: usize) -> Option<(f64, usize)> {
    let entering: Vec<&AxisValues> = axes.iter().filter(|a| a.weights[stratum] > 0.0).collect();
    let mean = |axis: &&AxisValues| {
        sample::mean(&axis.values.iter().copied().flatten().collect::<Vec<_>>()).unwrap_or(0.0)
    };
    let means: Vec<f64> = entering.iter().map(mean).collect();
    let mut sums: Vec<Option<Sum>> = vec![None; design.units()];
    for (item, &unit) in design.unit_of_item().iter().enumerate() {
        if entering.iter().any(|axis| axis.values[item].is_none()) {
            continue;
        }
        let sum = sums[unit].get_or_insert_default();
        for (axis, mean) in entering.iter().zip(&means) {
            sum.add(axis.weights[stratum] * (axis.values[item].unwrap_or(*mean) - mean));
        }
    }
    let units = sums.iter().flatten().count();
    let squares: f64 = sums.iter().flatten().map(|g| g.rounded().powi(2)).sum();
    (units >= 2).then(|| (squares / (units - 1) as f64, units))
}

fn observed(axis: &AxisValues) -> impl Iterator<Item = (usize, f64)> + '_ {
    let values = axis.values.iter().enumerate();
    values.filter_map(|(item, value)| Some((item, (*value)?)))
}

/// Strata joined where a cluster lies in several.
struct VarianceStrata {
    members: Vec<Members>,
}

/// One variance stratum with the units that have any observation.
#[derive(Default)]
struct Members {
    strata: Vec<usize>,
    units: Vec<usize>,
}

impl VarianceStrata {
    fn of(design: &Design, axes: &[AxisValues]) -> Self {
        let count = design.strata().count();
        let mut root: Vec<usize> = (0..count).collect();
        let mut stratum_of_unit: Vec<Option<usize>> = vec![None; design.units()];
        let mut present = vec![false; count];
        for (item, &stratum) in design.strata().of_item().iter().enumerate() {
            if axes.iter().all(|axis| axis.values[item].is_none()) {
                continue;
            }
            present[stratum] = true;
            match stratum_of_unit[design.unit_of_item()[item]] {
                None => stratum_of_unit[design.unit_of_item()[item]] = Some(stratum),
                Some(other) => {
                    let (a, b) = (find(&root, stratum), find(&root, other));
                    root[a.max(b)] = a.min(b);
                }
            }
        }
        let mut number = vec![usize::MAX; count];
        let mut of_stratum = vec![usize::MAX; count];
        let mut members: Vec<Members> = Vec::new();
        for stratum in (0..count).filter(|&h| present[h]) {
            let head = find(&root, stratum);
            if number[head] == usize::MAX {
                number[head] = members.len();
                members.push(Members::default());
            }
            of_stratum[stratum] = number[head];
            members[number[head]].strata.push(stratum);
        }
        for (unit, stratum) in stratum_of_unit.iter().enumerate() {
            if let Some(stratum) = stratum {
                members[of_stratum[*stratum]].units.push(unit);
            }
        }
        Self { members }
    }

    /// The stratum, if it stands alone and is thin. `units_on` counts the units of each stratum on each axis.
    fn thin(members: &Members, axes: &[AxisValues], units_on: &[Vec<usize>]) -> Option<usize> {
        let [stratum] = members.strata[..] else {
            return None;
        };
        let mut counts = axes.iter().zip(units_on);
        let few = counts.any(|(axis, n)| axis.weights[stratum] > 0.0 && n[stratum] < THIN_BELOW);
        (few || members.units.len() < THIN_BELOW).then_some(stratum)
    }
}

/// Units of each stratum that an axis observes; a unit in several strata counts in the first.
fn units_on(design: &Design, axis: &AxisValues) -> Vec<usize> {
    let mut counts = vec![0; design.strata().count()];
    let mut seen = vec![false; design.units()];
    for (item, _) in observed(axis) {
        if !std::mem::replace(&mut seen[design.unit_of_item()[item]], true) {
            counts[design.strata().of_item()[item]] += 1;
        }
    }
    counts
}

fn find(root: &[usize], mut stratum: usize) -> usize {
    while root[stratum] != stratum {
        stratum = root[stratum];
    }
    stratum
}
