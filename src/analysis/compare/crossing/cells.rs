//! Values of items across the axes of a metric.

use crate::analysis::compare::pairs::overall_weights;
use crate::analysis::scores::items::{AxisSheet, Items};
use crate::analysis::scores::sheet::Sheet;
use crate::stats::error::Result;
use crate::stats::lattice::weighted_sum;
use crate::stats::rational::Rational;
use crate::suite::Axis;

/// Items with a value on any of the axes.
pub(super) fn marked_items(sheet: &Sheet, axes: &[Axis]) -> usize {
    let columns: Vec<_> = axes.iter().filter_map(|axis| sheet.axis(*axis)).collect();
    let items = columns.first().map_or(0, |axis| axis.values.len());
    let any = |item: &usize| {
        let there = |axis: &&AxisSheet| axis.values.get(*item).is_some_and(Option::is_some);
        columns.iter().any(there)
    };
    (0..items).filter(any).count()
}

/// Planned sizes of the strata of a metric: of the axis, or of all that exists for an Overall.
pub(super) fn planned(items: &Items, axes: &[Axis]) -> Vec<u32> {
    let populations: Vec<Vec<u32>> = axes.iter().map(|axis| items.population(*axis)).collect();
    (0..items.categories.len())
        .map(|stratum| {
            let sizes = populations.iter().filter_map(|p| p.get(stratum));
            sizes.copied().max().unwrap_or(0)
        })
        .collect()
}

/// One value per item: of the axis, or Σ c_a v_a of an Overall where every axis that exists there has one.
pub(super) fn column(
    items: &Items,
    axes: &[Axis],
    values: &dyn Fn(Axis) -> Option<Vec<Option<Rational>>>,
) -> Result<Vec<Option<Rational>>> {
    let mut columns = Vec::with_capacity(axes.len());
    for &axis in axes {
        match values(axis) {
            Some(column) => columns.push(column),
            None => return Ok(vec![None; items.tasks.len()]),
        }
    }
    if let [column] = columns.as_mut_slice() {
        return Ok(std::mem::take(column));
    }
    let weights = overall_weights(items, axes)?;
    let mut sums = weighted_sum(&weights, &columns)?;
    let strata = items.strata().of_item().iter();
    for ((item, sum), stratum) in sums.iter_mut().enumerate().zip(strata) {
        let category = items.categories.get(*stratum);
        let lacking = axes.iter().zip(&columns).any(|(axis, column)| {
            let exists = category.is_some_and(|c| axis.exists_in(&c.name, c.kind));
            exists && column.get(item).is_none_or(Option::is_none)
        });
        if lacking {
            *sum = None;
        }
    }
    Ok(sums)
}

/// Σ W_h v̄_h over the items with a value; `None` where a stratum with weight has none.
pub(super) fn weighted(items: &Items, planned: &[u32], values: &[Option<Rational>]) -> Option<f64> {
    let total: f64 = planned.iter().copied().map(f64::from).sum();
    let mut sums = vec![(0.0, 0.0); planned.len()];
    for (stratum, value) in items.strata().of_item().iter().zip(values) {
        if let (Some((sum, count)), Some(value)) = (sums.get_mut(*stratum), value) {
            *sum += value.to_f64();
            *count += 1.0;
        }
    }
    let strata = planned.iter().zip(sums).filter(|(size, _)| **size > 0);
    strata
        .map(|(size, (sum, count))| (count > 0.0).then(|| f64::from(*size) / total * sum / count))
        .sum()
}
