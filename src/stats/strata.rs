//! Strata of items, and plain descriptions within them.

use super::error::{Result, StatsError, same_length};
use super::sample;

/// Which stratum each item belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Strata {
    pub(super) of_item: Vec<usize>,
    pub(super) count: usize,
}

impl Strata {
    /// Strata numbered from 0; `count` may exceed the largest number used.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] if an item's stratum is not below `count`.
    pub fn new(of_item: Vec<usize>, count: usize) -> Result<Self> {
        match of_item.iter().find(|&&stratum| stratum >= count) {
            Some(&stratum) => Err(StatsError::OutOfRange {
                what: "stratum of an item",
                range: "below the number of strata",
                value: stratum as f64,
            }),
            None => Ok(Self { of_item, count }),
        }
    }

    /// One stratum that holds `items` items: simple random sampling.
    pub fn single(items: usize) -> Self {
        Self {
            of_item: vec![0; items],
            count: 1,
        }
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.of_item.len()
    }

    /// Number of strata, empty ones included.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Stratum of each item.
    pub fn of_item(&self) -> &[usize] {
        &self.of_item
    }

    /// Splits values by stratum, leaving out the missing ones; the order within a stratum is that of the items.
    pub fn split<T: Clone>(&self, values: &[Option<T>]) -> Vec<Vec<T>> {
        let mut parts = vec![Vec::new(); self.count];
        for (stratum, value) in self.of_item.iter().zip(values) {
            if let Some(value) = value {
                parts[*stratum].push(value.clone());
            }
        }
        parts
    }
}

/// Item-wise difference a − b where both are observed.
///
/// # Errors
/// [`StatsError::Length`] for unequal lengths.
pub fn paired_difference(a: &[Option<f64>], b: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
    same_length("second model's values", a.len(), b.len())?;
    Ok(a.iter().zip(b).map(|(x, y)| Some((*x)? - (*y)?)).collect())
}

/// Plain description of one stratum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StratumSummary {
    /// Observed items.
    pub n: usize,
    /// Their mean; `None` without any.
    pub mean: Option<f64>,
    /// Their standard deviation (divisor n−1); `None` below two.
    pub sd: Option<f64>,
}

/// Count, mean and standard deviation per stratum.
pub fn by_stratum(strata: &Strata, values: &[Option<f64>]) -> Vec<StratumSummary> {
    let describe = |part: &Vec<f64>| StratumSummary {
        n: part.len(),
        mean: sample::mean(part),
        sd: sample::standard_deviation(part),
    };
    strata.split(values).iter().map(describe).collect()
}
