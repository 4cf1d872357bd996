//! What two runs scored on the same items: exact differences for the tests, and the
//! design-weighted means for the estimates.

use crate::analysis::scores::sheet::{AxisSheet, Items, Sheet};
use crate::stats::error::{Result, StatsError};
use crate::stats::lattice::{self, Lattice, overall_weight, weighted_sum};
use crate::stats::rational::Rational;
use crate::stats::stratified::{self, Estimate};
use crate::suite::Axis;

/// Paired values of one metric, items in the order of [`Items`]. Differences are candidate
/// minus baseline, raw marks.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// Difference by item, exact; `None` where a side is missing or the metric does not apply.
    pub differences: Vec<Option<Rational>>,
    /// The axes that the metric consists of: one, or those of an Overall.
    axes: Vec<PairedAxis>,
}

/// One axis of both sides.
#[derive(Clone, Debug)]
struct PairedAxis {
    differences: Vec<Option<f64>>,
    weights: Vec<f64>,
}

impl Pairs {
    /// Pairs on one axis that applies to both runs.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn on_axis(items: &Items, axis: Axis, a: &AxisSheet, b: &AxisSheet) -> Result<Self> {
        Self::of_values(items, axis, &a.values, &b.values)
    }

    /// Pairs of item values on one axis, whatever the values were made of.
    ///
    /// # Errors
    /// [`StatsError::Overflow`], [`StatsError::Length`].
    pub fn of_values(
        items: &Items,
        axis: Axis,
        a: &[Option<Rational>],
        b: &[Option<Rational>],
    ) -> Result<Self> {
        let differences = lattice::differences(a, b)?;
        let axis = PairedAxis {
            differences: floats(&differences),
            weights: items.weights(axis),
        };
        Ok(Self {
            differences,
            axes: vec![axis],
        })
    }

    /// Pairs of the Overall over `axes`: per item Σ c_a d_a with c_a = (N/N_a)/A, where an axis that is
    /// missing on an item contributes 0.
    ///
    /// # Errors
    /// [`StatsError::Empty`] without axes, [`StatsError::Overflow`].
    pub fn overall(items: &Items, parts: &[(Axis, Self)]) -> Result<Self> {
        let axes: Vec<Axis> = parts.iter().map(|(axis, _)| *axis).collect();
        let weights = overall_weights(items, &axes)?;
        let differences: Vec<_> = parts.iter().map(|(_, p)| p.differences.clone()).collect();
        Ok(Self {
            differences: weighted_sum(&weights, &differences)?,
            axes: parts.iter().flat_map(|(_, p)| p.axes.clone()).collect(),
        })
    }

    /// Number of items with a difference.
    pub fn count(&self) -> usize {
        self.differences.iter().flatten().count()
    }

    /// The differences that are there, as floating-point numbers.
    pub fn observed(&self) -> Vec<f64> {
        let there = self.differences.iter().flatten();
        there.map(|d| d.to_f64()).collect()
    }

    /// All differences as floating-point numbers, in item order.
    pub fn floats(&self) -> Vec<Option<f64>> {
        floats(&self.differences)
    }

    /// The differences as whole steps of their coarsest lattice.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn lattice(&self) -> Result<Lattice> {
        let there: Vec<Rational> = self.differences.iter().copied().flatten().collect();
        Lattice::of(&there)
    }

    /// Design-weighted mean difference, raw marks.
    ///
    /// # Errors
    /// [`StatsError::EmptyStratum`] if a stratum with weight has no pair, [`StatsError::Empty`].
    pub fn estimate(&self, items: &Items) -> Result<Estimate> {
        let axes: Vec<stratified::Axis> = self
            .axes
            .iter()
            .map(|axis| {
                let values = axis.differences.clone();
                stratified::Axis::new(&items.strata, values, &axis.weights)
            })
            .collect::<Result<_>>()?;
        stratified::overall(&items.strata, &axes)
    }
}

/// Weight of an item on each axis in the Overall over `axes`.
///
/// # Errors
/// [`StatsError::Empty`] without axes; [`StatsError::OutOfRange`] for an axis that exists nowhere.
pub fn overall_weights(items: &Items, axes: &[Axis]) -> Result<Vec<Rational>> {
    if axes.is_empty() {
        return Err(StatsError::Empty);
    }
    let populations: Vec<Vec<u32>> = axes.iter().map(|&axis| items.population(axis)).collect();
    let size = |population: &[u32]| population.iter().map(|&n| n as usize).sum::<usize>();
    let asked: Vec<u32> = (0..items.categories.len())
        .map(|stratum| {
            let sizes = populations.iter().filter_map(|p| p.get(stratum));
            sizes.copied().max().unwrap_or(0)
        })
        .collect();
    populations
        .iter()
        .map(|population| overall_weight(size(&asked), size(population), axes.len()))
        .collect()
}

/// Item values of the Overall over `axes` for one run: Σ c_a v_a, for comparisons of several runs.
/// An item counts where every axis that exists there has a value.
///
/// # Errors
/// As [`overall_weights`].
pub fn overall_values(
    items: &Items,
    sheet: &Sheet,
    axes: &[Axis],
) -> Result<Vec<Option<Rational>>> {
    let weights = overall_weights(items, axes)?;
    let mut values = Vec::with_capacity(axes.len());
    for &axis in axes {
        values.push(sheet.axis(axis).ok_or(StatsError::Empty)?.values.clone());
    }
    let mut sums = weighted_sum(&weights, &values)?;
    for (item, sum) in sums.iter_mut().enumerate() {
        let kind = items.strata.of_item().get(item);
        let kind = kind
            .and_then(|&stratum| items.categories.get(stratum))
            .map(|c| c.kind);
        let there = |values: &Vec<Option<Rational>>| values.get(item).is_some_and(Option::is_some);
        let complete = axes
            .iter()
            .zip(&values)
            .all(|(axis, values)| !kind.is_some_and(|kind| axis.exists_for(kind)) || there(values));
        if !complete {
            *sum = None;
        }
    }
    Ok(sums)
}

fn floats(values: &[Option<Rational>]) -> Vec<Option<f64>> {
    let float = |value: &Option<Rational>| value.map(Rational::to_f64);
    values.iter().map(float).collect()
}
