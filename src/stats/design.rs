//! The design that all metrics of a page share: in which stratum each item lies, and which items form one unit.
//!
//! The unit is what is drawn independently: the item, or a cluster of items that share an image or a scene. Units, never
//! items, seeds or repeats, enter standard errors, degrees of freedom and sign flips (Miller 2024, §2.2; Särndal,
//! Swensson, Wretman 1992, §4.2).

use std::collections::HashMap;

use super::error::{Result, same_length};
use super::strata::Strata;

/// Stratum and unit of each item.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    strata: Strata,
    unit_of_item: Vec<usize>,
    units: usize,
}

impl Design {
    /// `clusters` names the cluster of each item by any number, items of one number being one unit; `None` makes each
    /// item a unit of its own. Units are numbered in the order of their first items.
    ///
    /// # Errors
    /// [`StatsError::Length`](super::error::StatsError::Length) unless there is one cluster per item.
    pub fn new(strata: Strata, clusters: Option<&[usize]>) -> Result<Self> {
        let Some(clusters) = clusters else {
            let units = strata.items();
            return Ok(Self {
                strata,
                unit_of_item: (0..units).collect(),
                units,
            });
        };
        same_length("clusters of the items", strata.items(), clusters.len())?;
        let mut known = HashMap::new();
        let mut unit = |cluster: &usize| {
            let next = known.len();
            *known.entry(*cluster).or_insert(next)
        };
        let unit_of_item = clusters.iter().map(&mut unit).collect();
        Ok(Self {
            strata,
            unit_of_item,
            units: known.len(),
        })
    }

    /// The strata.
    pub fn strata(&self) -> &Strata {
        &self.strata
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.strata.items()
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Unit of each item, numbered from 0.
    pub fn unit_of_item(&self) -> &[usize] {
        &self.unit_of_item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_numbered_by_first_appearance() {
        let design = Design::new(Strata::single(4), Some(&[7, 3, 7, 9])).unwrap();
        assert_eq!(
            (design.units(), design.unit_of_item()),
            (3, &[0, 1, 0, 2][..])
        );
        assert_eq!(Design::new(Strata::single(2), None).unwrap().units(), 2);
        assert!(Design::new(Strata::single(2), Some(&[1])).is_err());
    }
}
