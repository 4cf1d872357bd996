//! Two yes-or-no outcomes of the same items: whether one side has more of them.

use crate::analysis::compare::pairs::within;
use crate::analysis::scores::items::Items;
use crate::stats::error::{Result, StatsError};
use crate::stats::mcnemar::{PairedOutcomes, mcnemar};
use crate::stats::rational::Rational;
use crate::stats::weighted::WeightedMean;

/// Outcomes of the pairs, with the test that neither side has more.
#[derive(Clone, Debug)]
pub struct Binary {
    /// How many items have which outcomes.
    pub table: PairedOutcomes,
    /// `mcnemar`; `cluster-sign-flip` where items form clusters: the sign flip of the sums of ±1 over each cluster, which
    /// is McNemar's exact test where every item is a cluster.
    pub method: &'static str,
    /// Two-sided p.
    pub p: f64,
    /// Its mid-p; exact tests only.
    pub mid_p: Option<f64>,
}

/// Tests the outcomes of items; `None` of an item without a pair. `seed` decides draws, which only millions of items need.
///
/// # Errors
/// [`StatsError::Empty`] without a pair; [`StatsError::Overflow`].
pub fn binary(items: &Items, outcomes: &[Option<(bool, bool)>], seed: u64) -> Result<Binary> {
    let table = PairedOutcomes::count(outcomes.iter().copied().flatten());
    if table.items() == 0 {
        return Err(StatsError::Empty);
    }
    if !items.clustered() {
        let test = mcnemar(table);
        return Ok(Binary {
            table,
            method: "mcnemar",
            p: test.p_exact,
            mid_p: Some(test.p_mid),
        });
    }
    let change = |(a, b): (bool, bool)| i64::from(a) - i64::from(b);
    let test = over_clusters(items, outcomes, change)?.sign_flip(seed)?;
    Ok(Binary {
        table,
        method: "cluster-sign-flip",
        p: test.p,
        mid_p: test.mid_p,
    })
}

/// The plain mean of what `value` (−1, 0 or 1) makes of each outcome, with clusters for units.
///
/// # Errors
/// [`StatsError::Empty`] without a pair.
pub fn over_clusters(
    items: &Items,
    outcomes: &[Option<(bool, bool)>],
    value: impl Fn((bool, bool)) -> i64,
) -> Result<WeightedMean> {
    let number = |outcome: &Option<(bool, bool)>| outcome.map(|o| Rational::from(value(o)));
    let values: Vec<Option<Rational>> = outcomes.iter().map(number).collect();
    let all: Vec<usize> = (0..values.len()).collect();
    within(items, &all, &values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::design::Design;
    use crate::stats::strata::Strata;

    fn items(count: usize, clusters: Option<&[usize]>) -> Items {
        Items {
            tasks: (0..count).map(|n| format!("t{n}").into()).collect(),
            categories: Vec::new(),
            design: Design::new(Strata::single(count), clusters).unwrap(),
        }
    }

    /// Eight items that only the first passes, then two that only the second passes.
    fn outcomes() -> Vec<Option<(bool, bool)>> {
        let mut outcomes = vec![Some((true, false)); 8];
        outcomes.extend([Some((false, true)), Some((false, true)), None]);
        outcomes
    }

    #[test]
    fn clusters_count_once() {
        let alone = binary(&items(11, None), &outcomes(), 1).unwrap();
        assert_eq!(alone.method, "mcnemar");
        assert!((alone.p - 112.0 / 1024.0).abs() < 1e-12);
        // Five clusters of two: sums +2, +2, +2, +2, -2, and one without a pair.
        let two: Vec<usize> = (0..11).map(|item| item / 2).collect();
        let clustered = binary(&items(11, Some(&two)), &outcomes(), 1).unwrap();
        assert_eq!(clustered.method, "cluster-sign-flip");
        assert!((clustered.p - 2.0 * 6.0 / 32.0).abs() < 1e-12);
        assert_eq!(clustered.table, alone.table);
    }

    #[test]
    fn the_sign_flip_of_items_is_mcnemars_test() {
        let items = items(11, None);
        let change = |(a, b): (bool, bool)| i64::from(a) - i64::from(b);
        let flip = over_clusters(&items, &outcomes(), change).unwrap();
        let flip = flip.sign_flip(1).unwrap();
        let exact = binary(&items, &outcomes(), 1).unwrap();
        assert!((flip.p - exact.p).abs() < 1e-12);
    }
}
