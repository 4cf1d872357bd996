//! What two runs scored on the same items: exact differences by axis, and the design-weighted mean that estimates,
//! intervals and tests are made of.

use crate::analysis::scores::items::{AxisSheet, Items};
use crate::analysis::scores::sheet::Sheet;
use crate::stats::design::Design;
use crate::stats::error::{Result, StatsError};
use crate::stats::lattice::{differences, overall_weight, weighted_sum};
use crate::stats::rational::Rational;
use crate::stats::strata::Strata;
use crate::stats::weighted::{AxisCells, WeightedMean};
use crate::suite::Axis;

/// Values by item on each axis that enters.
pub type Parts = Vec<(Axis, Vec<Option<Rational>>)>;

/// Paired differences of one metric, candidate minus baseline, raw marks.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// Difference by item on each axis, items in the order of [`Items`]; `None` without a pair.
    parts: Parts,
    /// The design-weighted mean difference.
    pub mean: WeightedMean,
}

impl Pairs {
    /// Pairs of two runs on the axes of a metric: one, or those of an Overall.
    ///
    /// # Errors
    /// As [`mean_of`]; [`StatsError::Overflow`].
    pub fn of_sheets(items: &Items, axes: &[(Axis, &AxisSheet, &AxisSheet)]) -> Result<Self> {
        let part = |(axis, a, b): &(Axis, &AxisSheet, &AxisSheet)| {
            Ok((*axis, differences(&a.values, &b.values)?))
        };
        Self::new(items, axes.iter().map(part).collect::<Result<_>>()?)
    }

    /// Pairs from differences.
    ///
    /// # Errors
    /// As [`mean_of`].
    pub fn new(items: &Items, parts: Parts) -> Result<Self> {
        let mean = mean_of(items, &parts)?;
        Ok(Self { parts, mean })
    }

    /// Differences by item, axis after axis.
    pub fn differences(&self) -> impl Iterator<Item = &[Option<Rational>]> {
        self.parts.iter().map(|(_, values)| values.as_slice())
    }

    /// Number of items with a difference on any axis.
    pub fn count(&self) -> usize {
        let items = self.parts.first().map_or(0, |(_, values)| values.len());
        let any = |item: &usize| {
            let there =
                |values: &[Option<Rational>]| values.get(*item).is_some_and(Option::is_some);
            self.parts.iter().any(|(_, values)| there(values))
        };
        (0..items).filter(any).count()
    }

    /// One difference per item: that of the axis, or Σ c_a d_a of an Overall with c_a = (N/N_a)/A, where an axis that is
    /// missing on an item contributes 0.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn by_item(&self, items: &Items) -> Result<Vec<Option<Rational>>> {
        if let [(_, values)] = self.parts.as_slice() {
            return Ok(values.clone());
        }
        let axes: Vec<Axis> = self.parts.iter().map(|(axis, _)| *axis).collect();
        let columns: Vec<_> = self
            .parts
            .iter()
            .map(|(_, values)| values.clone())
            .collect();
        weighted_sum(&overall_weights(items, &axes)?, &columns)
    }
}

/// The design-weighted mean of one axis, or the Overall of several.
///
/// # Errors
/// [`StatsError::Empty`] without axes or observations, [`StatsError::EmptyStratum`].
pub fn mean_of(items: &Items, parts: &Parts) -> Result<WeightedMean> {
    let planned: Vec<Vec<u32>> = parts
        .iter()
        .map(|(axis, _)| items.population(*axis))
        .collect();
    let cells: Vec<AxisCells<'_>> = parts
        .iter()
        .zip(&planned)
        .map(|((_, values), planned)| AxisCells { values, planned })
        .collect();
    WeightedMean::new(&items.design, &cells)
}

/// The plain mean of the items at `positions`, whose values are `values`: what one category says by itself. Units are kept.
///
/// # Errors
/// [`StatsError::Empty`] without a value.
pub fn within(
    items: &Items,
    positions: &[usize],
    values: &[Option<Rational>],
) -> Result<WeightedMean> {
    let units = items.design.unit_of_item();
    let clusters: Vec<usize> = positions
        .iter()
        .filter_map(|&item| units.get(item).copied())
        .collect();
    let design = Design::new(Strata::single(values.len()), Some(&clusters))?;
    let planned = &[1];
    WeightedMean::new(&design, &[AxisCells { values, planned }])
}

/// The design-weighted level of one run on `axes`: one, or those of an Overall.
///
/// # Errors
/// As [`mean_of`]; [`StatsError::Empty`] where an axis does not apply.
pub fn level_of(items: &Items, sheet: &Sheet, axes: &[Axis]) -> Result<WeightedMean> {
    let planned: Vec<Vec<u32>> = axes.iter().map(|axis| items.population(*axis)).collect();
    let mut cells = Vec::with_capacity(axes.len());
    for (axis, planned) in axes.iter().zip(&planned) {
        let values = &sheet.axis(*axis).ok_or(StatsError::Empty)?.values;
        cells.push(AxisCells { values, planned });
    }
    WeightedMean::new(&items.design, &cells)
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
        let kind = items.strata().of_item().get(item);
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
