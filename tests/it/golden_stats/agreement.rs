//! Agreement of judge and human, and associations between axes.

use super::support::{Computed, each, ends, read};
use parabench::stats::agreement::{agreement, calibration};
use parabench::stats::association::association;
use parabench::stats::correlation::{kendall, pearson, spearman};
use parabench::stats::exact_correlation::{Coefficient, exact_correlation as exact};
use parabench::stats::interval::Confidence;
use parabench::stats::kappa::{Kappa, Weighting, kappa};
use parabench::stats::splitmix::Resampling;
use parabench::stats::strata::Strata;
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

#[derive(Deserialize)]
struct Points {
    x: Vec<f64>,
    y: Vec<f64>,
}

pub fn exact_correlation(input: Value) -> Computed {
    let Points { x, y } = read(input)?;
    let describe = |coefficient: Coefficient| -> Computed {
        let result = exact(&x, &y, coefficient)?;
        Ok(result.map_or(Value::Null, |result| {
            json!({
                "value": result.value,
                "p_two_sided": result.p_two_sided,
                "p_greater": result.p_greater,
                "count": result.count,
                "total": result.total,
            })
        }))
    };
    Ok(json!({
        "pearson": describe(Coefficient::Pearson)?,
        "spearman": describe(Coefficient::Spearman)?,
        "kendall_tau_b": describe(Coefficient::Kendall)?,
    }))
}

#[derive(Deserialize)]
struct Items {
    x: Vec<f64>,
    y: Vec<f64>,
    seed: u64,
    draws: u64,
}

/// The family's items come in categories of 40, in order.
const CATEGORY_SIZE: usize = 40;

pub fn association_items(input: Value) -> Computed {
    let Items { x, y, seed, draws } = read(input)?;
    let category = (0..x.len()).map(|item| item / CATEGORY_SIZE).collect();
    let strata = Strata::new(category, x.len().div_ceil(CATEGORY_SIZE))?;
    let result = association(&x, &y, &strata, Resampling { seed, draws }, Confidence::P95)?;
    Ok(json!({
        "pearson": result.pearson.value,
        "within": result.within.value,
        "spearman": result.spearman.value,
        "ci_pearson": ends(result.pearson.interval),
        "ci_within": ends(result.within.interval),
        "ci_spearman": ends(result.spearman.interval),
        "boot_mean": [result.pearson.draw_mean, result.within.draw_mean, result.spearman.draw_mean],
    }))
}
