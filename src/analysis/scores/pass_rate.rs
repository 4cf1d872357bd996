//! How often each side reaches a pass mark on one axis.

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::analysis::compare::sign_flip::bounded;
use crate::analysis::scores::binary::{binary, over_clusters};
use crate::analysis::scores::items::Items;
use crate::stats::error::Result;
use crate::stats::interval::{Confidence, Interval, Scale};
use crate::stats::mcnemar::tango;
use crate::stats::proportion::wilson;
use crate::stats::rational::Rational;

/// Pass rates on the items that both sides have, every item counted once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassRates {
    /// An item value of at least this raw mark passes.
    pub threshold: u8,
    /// Share of items that the candidate passes, 0–1.
    pub candidate: f64,
    /// Wilson's 95 % interval; over clusters logit-t.
    pub candidate_ci95: Option<[f64; 2]>,
    /// Share of items that the baseline passes.
    pub baseline: f64,
    /// Wilson's 95 % interval; over clusters logit-t.
    pub baseline_ci95: Option<[f64; 2]>,
    /// Candidate minus baseline.
    pub difference: f64,
    /// Tango's 95 % interval; over clusters that of a difference of means.
    pub difference_ci95: Option<[f64; 2]>,
    /// Items that only the candidate passes.
    pub candidate_only: u64,
    /// Items that only the baseline passes.
    pub baseline_only: u64,
    /// `mcnemar`, or `cluster-sign-flip`: ±1 of every item, summed and flipped by clusters.
    pub method: &'static str,
    /// Its exact p.
    pub p: f64,
    /// Its mid-p.
    pub mid_p: Option<f64>,
}

/// Pass rates of two sides; `None` without pairs.
///
/// # Errors
/// Those of the statistics, which sound pairs do not raise.
pub fn pass_rates(
    items: &Items,
    (a, b): (&[Option<Rational>], &[Option<Rational>]),
    threshold: u8,
    seed: u64,
) -> Result<Option<PassRates>> {
    let passes = |value: Rational| value.numerator() >= i128::from(threshold) * value.denominator();
    let outcomes: Vec<Option<(bool, bool)>> = a
        .iter()
        .zip(b)
        .map(|(a, b)| Some((passes((*a)?), passes((*b)?))))
        .collect();
    if outcomes.iter().flatten().next().is_none() {
        return Ok(None);
    }
    let test = binary(items, &outcomes, seed)?;
    let table = test.table;
    let n = table.items();
    let first = table.both + table.first_only;
    let second = table.both + table.second_only;
    let [candidate_ci95, baseline_ci95, difference_ci95] = match items.clustered() {
        false => [
            Some(wilson(first, n, Confidence::P95)?),
            Some(wilson(second, n, Confidence::P95)?),
            Some(tango(table, Confidence::P95)?.1),
        ],
        true => intervals_over_clusters(items, &outcomes)?,
    };
    Ok(Some(PassRates {
        threshold,
        candidate: first as f64 / n as f64,
        candidate_ci95: candidate_ci95.map(ends),
        baseline: second as f64 / n as f64,
        baseline_ci95: baseline_ci95.map(ends),
        difference: (first as f64 - second as f64) / n as f64,
        difference_ci95: difference_ci95.map(ends),
        candidate_only: table.first_only,
        baseline_only: table.second_only,
        method: test.method,
        p: bounded(test.p),
        mid_p: test.mid_p.map(bounded),
    }))
}

/// Of both rates and of their difference, with clusters for units.
fn intervals_over_clusters(
    items: &Items,
    outcomes: &[Option<(bool, bool)>],
) -> Result<[Option<Interval>; 3]> {
    let share = Scale::new(0.0, 1.0)?;
    let rate = |of: &dyn Fn((bool, bool)) -> bool| -> Result<Option<Interval>> {
        let mean = over_clusters(items, outcomes, |outcome| i64::from(of(outcome)))?;
        Ok(mean
            .level_interval(share, Confidence::P95)
            .map(|(interval, _)| interval))
    };
    let change = over_clusters(items, outcomes, |(a, b)| i64::from(a) - i64::from(b))?;
    Ok([
        rate(&|(a, _)| a)?,
        rate(&|(_, b)| b)?,
        change.difference_interval(1.0, 0.05).interval,
    ])
}
