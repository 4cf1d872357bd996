//! The test of a computed score that no lattice holds: on a grid.

use std::collections::HashMap;

use crate::analysis::scores::items::{AxisSheet, Items};
use crate::stats::error::Result;
use crate::stats::flips::grid::{GridItem, OnGrid, on_grid};
use crate::stats::rational::Rational;
use crate::suite::Axis;
use crate::suite::axes::formula::Formula;

/// The test of a difference a − b on `axis`, both sides rounded to a grid of its scale; `None` for an axis whose scores are
/// ratios of whole numbers, and where no grid fits.
pub(super) fn test_on_grid(
    items: &Items,
    axis: Axis,
    (a, b): (&AxisSheet, &AxisSheet),
) -> Option<OnGrid> {
    axis.formula()
        .filter(|formula| matches!(formula, Formula::GeometricMean(_)))?;
    on_grid(&scored(items, axis, (a, b)).ok()?)
}

/// The items that both sides scored.
fn scored(items: &Items, axis: Axis, (a, b): (&AxisSheet, &AxisSheet)) -> Result<Vec<GridItem>> {
    let (strata, units) = (items.strata().of_item(), items.design.unit_of_item());
    let both = a.values.iter().zip(&b.values).enumerate();
    let paired: Vec<(usize, Rational, Rational)> = both
        .filter_map(|(item, (x, y))| Some((item, (*x)?, (*y)?)))
        .collect();
    let mut observed: HashMap<usize, i128> = HashMap::new();
    for stratum in paired.iter().filter_map(|(item, ..)| strata.get(*item)) {
        *observed.entry(*stratum).or_default() += 1;
    }
    let population = items.population(axis);
    let planned: i128 = population.iter().map(|&n| i128::from(n)).sum();
    let mut scored = Vec::with_capacity(paired.len());
    for (item, x, y) in &paired {
        let place = strata.get(*item).copied().zip(units.get(*item).copied());
        let Some((stratum, unit)) = place else {
            continue;
        };
        let of_stratum = population.get(stratum).copied().unwrap_or(0);
        let of_observed = observed.get(&stratum).copied().unwrap_or(1);
        // (W_h / W) / (n_h / n): 1 for every item where the sample is as planned.
        let weight = Rational::new(
            i128::from(of_stratum) * paired.len() as i128,
            planned.max(1) * of_observed,
        )?;
        scored.push(GridItem {
            unit,
            weight,
            sides: [on_scale(axis, *x)?, on_scale(axis, *y)?],
        });
    }
    Ok(scored)
}

/// A value of the five-point scale on that of the axis.
fn on_scale(axis: Axis, five_point: Rational) -> Result<Rational> {
    let unit = 10_i128.pow(crate::common::decimal::MAX_DECIMALS.into());
    let scale = axis.scale();
    let lowest = Rational::new(scale.lo.scaled(), unit)?;
    let range = Rational::new(scale.hi.scaled() - scale.lo.scaled(), 4 * unit)?;
    let above = five_point.checked_sub(Rational::from(1))?;
    lowest.checked_add(above.checked_mul(range)?)
}
