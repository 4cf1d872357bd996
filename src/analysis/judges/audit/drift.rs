//! The same questions on two days: did the judge change?

use std::collections::BTreeSet;

use serde::Serialize;

use crate::judge::audit::anchors::Anchors;
use crate::judge::{Identity, Mark, Verdict};
use crate::stats::interval::{Confidence, Interval};
use crate::stats::multiplicity::holm;
use crate::stats::paired::PairedSummary;
use crate::stats::signflip::sign_flip;
use crate::suite::Axis;

/// Marks of today against those of an anchor set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// What differs in the judge's identity: name, then, now.
    pub changed: Vec<(String, String, String)>,
    /// Models and fingerprints that the endpoint named then.
    pub served_then: BTreeSet<String>,
    /// All questions together.
    pub all: Shift,
    /// Each axis.
    pub axes: Vec<(Axis, Shift)>,
}

/// Paired differences, today less then, in marks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// Questions with a mark on both days.
    pub pairs: usize,
    /// Those with another mark.
    pub changed: usize,
    /// Mean difference.
    pub mean: Option<f64>,
    /// Its 95 % t interval over questions; none when all differences are the same.
    pub interval: Option<[f64; 2]>,
    /// Exact two-sided sign-flip p of no drift.
    pub p: Option<f64>,
    /// The same after Holm's adjustment over the axes; for all together the p itself.
    pub p_adjusted: Option<f64>,
}

impl Drift {
    /// Compares the marks of today, in the order of the anchors' questions.
    pub fn of(anchors: &Anchors, judge: &Identity, verdicts: &[Option<Verdict>]) -> Self {
        let differences: Vec<(Axis, i64)> = anchors
            .probes
            .iter()
            .zip(&anchors.marks)
            .zip(verdicts)
            .filter_map(|((probe, then), now)| {
                let now = score(Some(now.as_ref()?.mark))?;
                Some((probe.axis, now - score(*then)?))
            })
            .collect();
        let of_axis = |axis: Axis| {
            let own = differences.iter().filter(|(of, _)| *of == axis);
            Shift::of(&own.map(|(_, difference)| *difference).collect::<Vec<_>>())
        };
        let mut axes: Vec<(Axis, Shift)> = Axis::ALL
            .into_iter()
            .map(|axis| (axis, of_axis(axis)))
            .collect();
        let p: Vec<Option<f64>> = axes.iter().map(|(_, shift)| shift.p).collect();
        for ((_, shift), adjusted) in axes.iter_mut().zip(holm(&p).unwrap_or_default()) {
            shift.p_adjusted = adjusted;
        }
        let all: Vec<i64> = differences
            .iter()
            .map(|(_, difference)| *difference)
            .collect();
        Self {
            changed: changed(&anchors.judge, judge),
            served_then: anchors.served.clone(),
            all: Shift::of(&all),
            axes,
        }
    }
}

impl Shift {
    fn of(differences: &[i64]) -> Self {
        let values: Vec<f64> = differences.iter().map(|d| *d as f64).collect();
        let summary = PairedSummary::of(&values).ok();
        let p = sign_flip(differences)
            .ok()
            .and_then(|test| test.reported_p());
        Self {
            pairs: differences.len(),
            changed: differences.iter().filter(|d| **d != 0).count(),
            mean: summary.and_then(|summary| summary.mean),
            interval: summary.and_then(|summary| {
                if summary.degeneracy().is_some() {
                    return None;
                }
                let Interval { lo, hi } = summary.t_interval(Confidence::P95)?;
                Some([lo, hi])
            }),
            p,
            p_adjusted: p,
        }
    }
}

fn score(mark: Option<Mark>) -> Option<i64> {
    match mark {
        Some(Mark::Scored(score)) => Some(score.rounded()),
        _ => None,
    }
}

/// What differs between two identities: name, in the first, in the second.
pub fn changed(then: &Identity, now: &Identity) -> Vec<(String, String, String)> {
    let none = || "none".to_owned();
    let mut changed = Vec::new();
    for (what, a, b) in [
        ("name", &then.name, &now.name),
        ("kind", &then.kind, &now.kind),
    ] {
        if a != b {
            changed.push((what.to_owned(), a.clone(), b.clone()));
        }
    }
    let keys: BTreeSet<&String> = then.details.keys().chain(now.details.keys()).collect();
    for key in keys {
        let (a, b) = (then.details.get(key), now.details.get(key));
        if a != b {
            let shown = |value: Option<&String>| value.cloned().unwrap_or_else(none);
            changed.push((key.clone(), shown(a), shown(b)));
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_has_an_interval_and_an_exact_p() {
        let drifted = Shift::of(&[1, 1, 0, 1, 1, 2, 1, 0, 1, 1]);
        assert_eq!((drifted.pairs, drifted.changed), (10, 8));
        assert!(drifted.interval.is_some_and(|[lo, _]| lo > 0.0));
        // Eight differences of the same sign: 2 of 2⁸ patterns are as extreme.
        assert_eq!(drifted.p, Some(2.0 / 256.0));
        let same = Shift::of(&[0; 12]);
        assert_eq!(
            (same.p, same.interval, same.mean),
            (Some(1.0), None, Some(0.0))
        );
        assert_eq!(Shift::of(&[]).p, None);
    }
}
