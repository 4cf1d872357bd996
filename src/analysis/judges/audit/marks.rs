//! The marks of an audit by what they belong to.

use std::collections::BTreeMap;

use super::record::MarkRow;
use crate::judge::Mark;
use crate::judge::audit::{Shown, Variation};
use crate::suite::Axis;

/// One answered or unanswered call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// What was asked.
    pub row: &'a MarkRow,
    /// The mark; `None` when the call was not made, or when the endpoint was out of order: an outage
    /// says nothing about the judge.
    pub mark: Option<Mark>,
}

impl<'a> Call<'a> {
    /// A call per row, in the same order.
    pub fn all(rows: &'a [MarkRow]) -> Vec<Self> {
        let outage = |mark: &Mark| matches!(mark, Mark::Missing(reason) if reason.is_outage());
        let call = |row: &'a MarkRow| Self {
            row,
            mark: row.mark.filter(|mark| !outage(mark)),
        };
        rows.iter().map(call).collect()
    }

    /// The mark as a number, where one was given.
    pub fn score(&self) -> Option<f64> {
        match self.mark {
            Some(Mark::Scored(score)) => Some(score.to_f64()),
            _ => None,
        }
    }

    /// The mark that the answer deserves.
    pub fn truth(&self) -> f64 {
        self.row.truth.to_f64()
    }
}

/// Calls that belong together: one axis, round and answer.
pub type Family = (Axis, u32, Shown);

/// The marks of the plain calls and their repeats, by family, in the order of the calls.
pub fn bases(calls: &[Call<'_>]) -> BTreeMap<Family, Vec<f64>> {
    let mut bases: BTreeMap<Family, Vec<f64>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.row.is_base()) {
        if let Some(score) = call.score() {
            bases.entry(call.row.family()).or_default().push(score);
        }
    }
    bases
}

/// A linear function of marks, as a mean over `n` values: the estimate, and the sum of the
/// squared weights of the marks in it, by which noise enters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// Its value, in marks.
    pub estimate: f64,
    /// Sum of the squared weights.
    pub weight: f64,
    /// Values that were averaged.
    pub n: usize,
}

impl Contrast {
    /// The mean of values that rest on marks of their own: each with its sum of squared weights.
    pub fn mean(values: &[(f64, f64)]) -> Option<Self> {
        let n = values.len() as f64;
        (!values.is_empty()).then(|| Self {
            estimate: values.iter().map(|(value, _)| value).sum::<f64>() / n,
            weight: values.iter().map(|(_, weight)| weight).sum::<f64>() / (n * n),
            n: values.len(),
        })
    }
}

/// By how much each call of some variation moved the mark away from that of the same answer put
/// plainly, with its sum of squared weights.
pub fn shifts(
    calls: &[Call<'_>],
    is_varied: impl Fn(Variation) -> bool,
) -> Vec<(Variation, Axis, (f64, f64))> {
    let bases = bases(calls);
    let varied = calls.iter().filter(|call| is_varied(call.row.variation));
    varied
        .filter_map(|call| {
            let base = bases.get(&call.row.family())?;
            let count = base.len() as f64;
            let plain = base.iter().sum::<f64>() / count;
            let shift = (call.score()? - plain, 1.0 + 1.0 / count);
            Some((call.row.variation, call.row.axis, shift))
        })
        .collect()
}
