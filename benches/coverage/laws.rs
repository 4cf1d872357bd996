//! Laws that samples are drawn from, and designs that they are drawn on.

use parabench::stats::design::Design;
use parabench::stats::error::Result;
use parabench::stats::rational::Rational;
use parabench::stats::splitmix::output;
use parabench::stats::strata::Strata;
use parabench::stats::weighted::{AxisCells, WeightedMean};

/// Probabilities of whole numbers.
pub type Law = &'static [(i64, f64)];

/// Differences: 40 % ties, mean 0.1 marks (2.5 points).
pub const ORDINAL: Law = &[(-2, 0.10), (-1, 0.15), (0, 0.40), (1, 0.25), (2, 0.10)];
/// Differences: 90 % ties.
pub const TIES: Law = &[(-1, 0.03), (0, 0.90), (1, 0.05), (2, 0.02)];
/// Differences: 98 % ties.
pub const MANY_TIES: Law = &[(-1, 0.005), (0, 0.98), (1, 0.01), (2, 0.005)];
/// Differences of two models: mostly small gains, rarely a large loss.
pub const RARE_LOSSES: Law = &[(-4, 0.05), (0, 0.55), (1, 0.35), (2, 0.05)];

/// Mean of a law.
pub fn mean(law: Law) -> f64 {
    law.iter().map(|(value, p)| *value as f64 * p).sum()
}

/// A stream of uniform numbers.
pub struct Stream {
    seed: u64,
    next: u64,
}

impl Stream {
    /// The stream of sample number `sample` of a table with this seed.
    pub fn of(seed: u64, sample: u64) -> Self {
        Self {
            seed,
            next: sample << 24,
        }
    }

    /// A number in 0..1.
    pub fn uniform(&mut self) -> f64 {
        let drawn = output(self.seed, self.next);
        self.next += 1;
        (drawn >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A value of a law.
    pub fn draw(&mut self, law: Law) -> i64 {
        let mut u = self.uniform();
        for (value, p) in law {
            if u < *p {
                return *value;
            }
            u -= p;
        }
        law[law.len() - 1].0
    }

    /// A standard normal number (sum of twelve uniform ones).
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Strata with the items drawn and planned in each.
pub struct Plan {
    pub design: Design,
    pub planned: Vec<u32>,
}

impl Plan {
    /// `drawn` items of each stratum of the `planned` ones.
    pub fn new(drawn: &[usize], planned: &[u32]) -> Result<Self> {
        let of_item = drawn
            .iter()
            .enumerate()
            .flat_map(|(h, &n)| vec![h; n])
            .collect();
        Ok(Self {
            design: Design::new(Strata::new(of_item, drawn.len())?, None)?,
            planned: planned.to_vec(),
        })
    }

    pub fn items(&self) -> usize {
        self.design.items()
    }

    pub fn stratum(&self, item: usize) -> usize {
        self.design.strata().of_item()[item]
    }

    /// The mean over axes; `planned` of each axis is that of the plan, or 0 in the last stratum for `partial` axes.
    pub fn mean(&self, axes: &[Vec<Option<Rational>>], partial: &[bool]) -> Result<WeightedMean> {
        let mut without_last = self.planned.clone();
        if let Some(last) = without_last.last_mut() {
            *last = 0;
        }
        let cells: Vec<AxisCells<'_>> = axes
            .iter()
            .zip(partial)
            .map(|(values, partial)| AxisCells {
                values,
                planned: if *partial {
                    &without_last
                } else {
                    &self.planned
                },
            })
            .collect();
        WeightedMean::new(&self.design, &cells)
    }
}
