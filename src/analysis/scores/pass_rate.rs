//! How often each side reaches a pass mark on one axis.

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::analysis::compare::sign_flip::bounded;
use crate::stats::interval::Confidence;
use crate::stats::mcnemar::{PairedOutcomes, mcnemar, tango};
use crate::stats::proportion::wilson;
use crate::stats::rational::Rational;

/// Pass rates on the items that both sides have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassRates {
    /// An item value of at least this raw mark passes.
    pub threshold: u8,
    /// Share of items that the candidate passes, 0–1.
    pub candidate: f64,
    /// Wilson's 95 % interval.
    pub candidate_ci95: [f64; 2],
    /// Share of items that the baseline passes.
    pub baseline: f64,
    /// Wilson's 95 % interval.
    pub baseline_ci95: [f64; 2],
    /// Candidate minus baseline.
    pub difference: f64,
    /// Tango's 95 % interval.
    pub difference_ci95: [f64; 2],
    /// Items that only the candidate passes.
    pub candidate_only: u64,
    /// Items that only the baseline passes.
    pub baseline_only: u64,
    /// McNemar's exact p.
    pub p: f64,
    /// Its mid-p.
    pub mid_p: f64,
}

/// Pass rates of two sides; `None` without pairs.
pub fn pass_rates(
    a: &[Option<Rational>],
    b: &[Option<Rational>],
    threshold: u8,
) -> Option<PassRates> {
    let passes = |value: Rational| value.numerator() >= i128::from(threshold) * value.denominator();
    let pairs = a
        .iter()
        .zip(b)
        .filter_map(|(a, b)| Some((passes((*a)?), passes((*b)?))));
    let table = PairedOutcomes::count(pairs);
    let n = table.items();
    let (first, second) = (
        table.both + table.first_only,
        table.both + table.second_only,
    );
    let (difference, interval) = tango(table, Confidence::P95).ok()?;
    let test = mcnemar(table);
    Some(PassRates {
        threshold,
        candidate: first as f64 / n as f64,
        candidate_ci95: ends(wilson(first, n, Confidence::P95).ok()?),
        baseline: second as f64 / n as f64,
        baseline_ci95: ends(wilson(second, n, Confidence::P95).ok()?),
        difference,
        difference_ci95: ends(interval),
        candidate_only: table.first_only,
        baseline_only: table.second_only,
        p: bounded(test.p_exact),
        mid_p: bounded(test.p_mid),
    })
}
