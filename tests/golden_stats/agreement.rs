//! Agreement of judge and human, and associations between axes.

use crate::support::{Computed, each, ends, read};
use parabench::stats::agreement::{agreement, calibration};
use parabench::stats::correlation::{kendall, pearson, spearman};
use parabench::stats::interval::Confidence;
use parabench::stats::kappa::{Kappa, Weighting, kappa};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct TwoRaters {
    judge: Vec<i64>,
    human: Vec<i64>,
}

pub fn kappa_and_rank_agreement(input: Value) -> Computed {
    let inputs: Vec<TwoRaters> = read(input)?;
    each(inputs, |TwoRaters { judge, human }| {
        let float = |side: &[i64]| side.iter().map(|&score| score as f64).collect::<Vec<_>>();
        let (x, y) = (float(&judge), float(&human));
        let quadratic = kappa(&judge, &human, Weighting::Quadratic)?;
        let value = |kappa: Option<Kappa>| kappa.map(|kappa| kappa.kappa);
        let plain = agreement(&x, &y, Confidence::P95)?;
        let line = calibration(&x, &y)?;
        let tau = kendall(&x, &y);
        Ok(json!({
            "qwk": value(quadratic),
            "se": quadratic.map(|kappa| kappa.se),
            "ci95": ends(quadratic.map(|kappa| kappa.interval(Confidence::P95))),
            "kappa_unweighted": value(kappa(&judge, &human, Weighting::Unweighted)?),
            "kappa_linear": value(kappa(&judge, &human, Weighting::Linear)?),
            "kendall_tau_b": tau.map(|kendall| kendall.tau),
            "kendall_p": tau.map(|kendall| kendall.p),
            "spearman": spearman(&x, &y),
            "pearson": pearson(&x, &y),
            "exact_agreement": plain.exact,
            "within_one": plain.within_one,
            "mae": plain.mean_absolute,
            "bias": plain.bias,
            "loa": ends(plain.limits),
            "calibration_slope_human_on_judge": line.map(|line| line.slope),
            "calibration_intercept": line.map(|line| line.intercept),
        }))
    })
}
