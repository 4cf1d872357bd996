//! The mean of all marks where items have some of theirs only: a ratio of totals.

use std::collections::BTreeMap;

use crate::analysis::scores::items::{AxisSheet, Items};
use crate::common::decimal::{Decimal, MAX_DECIMALS};
use crate::stats::rational::Rational;
use crate::suite::Axis;
use crate::suite::axes::Across;

/// Item values of a score in which every mark counts, for the weighted mean, where some marks are missing: with R = Σ marks / Σ
/// their number over all strata, an item of stratum h has R + (its marks - R times their number) n_h / (W_h · all marks). Their
/// weighted mean is R, and its variance that of the combined ratio by linearisation (Särndal, Swensson, Wretman 1992, §5.6). Where
/// all marks are there these are the items' own means. `None` for other scores, and where no mark is missing.
pub(super) fn item_values(
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
    axis: Axis,
) -> Option<Vec<Option<Rational>>> {
    if !matches!(axis.declaration().across, Across::Marks(_)) {
        return None;
    }
    let keys = axis.formula()?.axes();
    let entering: Vec<&AxisSheet> = sheets
        .iter()
        .filter(|(axis, _)| keys.contains(&axis.key()))
        .map(|(_, sheet)| sheet)
        .collect();
    if entering.iter().all(|sheet| sheet.missing == 0) {
        return None;
    }
    let total = |item: usize| {
        let own = entering.iter().filter_map(|sheet| *sheet.values.get(item)?);
        own.fold((0.0, 0.0), |(sum, marks), value| {
            (sum + value.to_f64(), marks + 1.0)
        })
    };
    let totals: Vec<(f64, f64)> = (0..items.tasks.len()).map(total).collect();
    let (sum, marks) = totals
        .iter()
        .fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
    let ratio = sum / marks;
    let weights = items.weights(axis);
    let whole: f64 = weights.iter().sum();
    let mut values = vec![None; totals.len()];
    for (stratum, weight) in weights.iter().enumerate() {
        let of = |item: &usize| totals.get(*item).copied().unwrap_or_default();
        let here: Vec<usize> = items
            .of_category(stratum)
            .filter(|item| of(item).1 > 0.0)
            .collect();
        let scale = here.len() as f64 * whole / (weight * marks);
        for item in here {
            let (own, number) = of(&item);
            let value = Decimal::nearest(scale.mul_add(own - ratio * number, ratio))?;
            let place = Rational::new(value.scaled(), 10_i128.pow(MAX_DECIMALS.into())).ok()?;
            *values.get_mut(item)? = Some(place);
        }
    }
    Some(values)
}
