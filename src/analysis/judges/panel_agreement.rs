//! How far the judges of a panel agree, axis by axis, on the marks of all compared runs.

use serde::Serialize;

use crate::analysis::judges::panel::{Combine, cells};
use crate::analysis::runs::load::LoadedRun;
use crate::stats::agreement::agreement;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::kappa::{Weighting, kappa};
use crate::stats::krippendorff::{Metric, alpha, alpha_interval};
use crate::stats::splitmix::Resampling;
use crate::suite::Axis;

/// Draws of the bootstrap over items.
const DRAWS: u64 = 2_000;

/// A panel and its agreement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panel {
    /// How its marks were combined.
    pub combined_by: Combine,
    /// Its judges.
    pub judges: Vec<String>,
    /// Agreement, run by run and axis by axis.
    pub agreement: Vec<AxisAgreement>,
}

/// Agreement on one axis of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisAgreement {
    /// The run.
    pub run: String,
    /// The axis.
    pub axis: Axis,
    /// Answers that at least two judges marked.
    pub units: usize,
    /// Krippendorff's alpha for ordinal scores; none where all marks are the same.
    pub alpha: Option<f64>,
    /// Its 95 % interval by resampling items.
    pub alpha_ci95: Option<[f64; 2]>,
    /// Every pair of judges.
    pub pairs: Vec<PairAgreement>,
}

/// Two judges on the answers that both marked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairAgreement {
    /// The two judges.
    pub judges: [String; 2],
    /// Marks that both gave.
    pub marks: usize,
    /// Quadratically weighted kappa.
    pub kappa: Option<f64>,
    /// Share of equal marks.
    pub exact: f64,
    /// Mean of first − second, raw marks.
    pub bias: f64,
}

/// The agreement of a panel on every axis that two of its judges mark.
pub fn panel(runs: &[&LoadedRun], judges: &[String], how: Combine) -> Panel {
    let mut agreement = Vec::new();
    for run in runs {
        let axes = run.manifest.suite.axes.iter();
        agreement.extend(axes.filter_map(|&axis| on_axis(run, judges, axis)));
    }
    Panel {
        combined_by: how,
        judges: judges.to_vec(),
        agreement,
    }
}

fn on_axis(run: &LoadedRun, judges: &[String], axis: Axis) -> Option<AxisAgreement> {
    let mut raters: Vec<Vec<Option<i64>>> = vec![Vec::new(); judges.len()];
    let mut items = Vec::new();
    for ((task, _, of_axis, _), rows) in cells(run, judges) {
        if of_axis != axis {
            continue;
        }
        for (rater, name) in raters.iter_mut().zip(judges) {
            let row = rows.iter().find(|row| *row.judge == **name);
            rater.push(
                row.and_then(|row| row.score)
                    .map(|score| score.steps_on(axis.scale())),
            );
        }
        items.push(task);
    }
    let both = |unit: &usize| {
        raters
            .iter()
            .filter(|r| r.get(*unit).is_some_and(Option::is_some))
            .count()
            > 1
    };
    let units = (0..items.len()).filter(both).count();
    if units == 0 {
        return None;
    }
    // Items are resampled with all their samples and repeats; equal items stand together.
    let clusters: Vec<usize> = items
        .iter()
        .scan((0, None), |(number, last), task| {
            if last.as_ref().is_some_and(|last| last != task) {
                *number += 1;
            }
            *last = Some(task.clone());
            Some(*number)
        })
        .collect();
    let resampling = Resampling {
        seed: run.manifest.suite.digest.as_u64(),
        draws: DRAWS,
    };
    let interval = alpha_interval(
        &raters,
        &clusters,
        Metric::Ordinal,
        resampling,
        Confidence::P95,
    );
    Some(AxisAgreement {
        run: run.label.clone(),
        axis,
        units,
        alpha: alpha(&raters, Metric::Ordinal),
        alpha_ci95: interval.map(|Interval { lo, hi }| [lo, hi]),
        pairs: pairs(&raters, judges),
    })
}

fn pairs(raters: &[Vec<Option<i64>>], judges: &[String]) -> Vec<PairAgreement> {
    let named: Vec<(&Vec<Option<i64>>, &String)> = raters.iter().zip(judges).collect();
    let mut pairs = Vec::new();
    for (number, (first, a)) in named.iter().enumerate() {
        for (second, b) in named.iter().skip(number + 1) {
            let both = first.iter().zip(second.iter());
            let (x, y): (Vec<i64>, Vec<i64>) = both.filter_map(|(x, y)| (*x).zip(*y)).unzip();
            let floats = |list: &[i64]| list.iter().map(|&mark| mark as f64).collect::<Vec<_>>();
            let Ok(plain) = agreement(&floats(&x), &floats(&y), Confidence::P95) else {
                continue;
            };
            pairs.push(PairAgreement {
                judges: [(*a).clone(), (*b).clone()],
                marks: x.len(),
                kappa: kappa(&x, &y, Weighting::Quadratic)
                    .ok()
                    .flatten()
                    .map(|k| k.kappa),
                exact: plain.exact,
                bias: plain.bias,
            });
        }
    }
    pairs
}
