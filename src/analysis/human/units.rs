//! Items as independent units: tasks of one cluster vary together.

use std::collections::HashMap;

use crate::analysis::scores::items::Items;

/// The units of some items, numbered from 0 without gaps.
#[derive(Default)]
pub(super) struct Units {
    numbers: Vec<usize>,
    known: HashMap<usize, usize>,
}

impl Units {
    /// Adds an item.
    pub(super) fn push(&mut self, items: &Items, item: usize) {
        let unit = items
            .design
            .unit_of_item()
            .get(item)
            .copied()
            .unwrap_or(item);
        let next = self.known.len();
        self.numbers.push(*self.known.entry(unit).or_insert(next));
    }

    /// The unit of every item, in the order in which they were added.
    pub(super) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// How many units there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether both hold items of one unit.
    pub(super) fn overlap(&self, other: &Self) -> bool {
        self.known.keys().any(|unit| other.known.contains_key(unit))
    }
}

/// One value per unit with the same mean as the items, whose spread is that of the items' mean over independent units:
/// ȳ + G/n Σ(y − ȳ) over the items of a unit, G units of n items (linearisation of a ratio of totals; Särndal, Swensson,
/// Wretman 1992, §5.5). The items themselves where each is its own unit.
pub(super) fn by_unit(values: &[f64], units: &Units) -> Vec<f64> {
    if units.len() == values.len() {
        return values.to_vec();
    }
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let scale = units.len() as f64 / values.len().max(1) as f64;
    let mut totals = vec![0.0; units.len()];
    for (value, unit) in values.iter().zip(units.numbers()) {
        if let Some(total) = totals.get_mut(*unit) {
            *total += value - mean;
        }
    }
    totals
        .iter()
        .map(|total| scale.mul_add(*total, mean))
        .collect()
}
