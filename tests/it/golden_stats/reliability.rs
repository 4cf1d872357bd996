//! Judge noise, agreement of several raters, and prediction-powered means.

use super::support::{Computed, each, ends, read};
use parabench::stats::correlation::pearson;
use parabench::stats::interval::Confidence;
use parabench::stats::krippendorff::{Metric, alpha};
use parabench::stats::nested::nested;
use parabench::stats::paired::PairedSummary;
use parabench::stats::ppi::{Lambda, Moments, PpiSample, ppi_mean as ppi, useful_correlation};
use parabench::stats::variance_components::{OneWay, one_way, two_way};
use serde::Deserialize;
use serde_json::{Value, json};

fn describe_one_way(result: &OneWay) -> Value {
    json!({
        "ms_between": result.ms_between,
        "ms_within": result.ms_within,
        "n0": result.n0,
        "var_item_raw": result.item_variance(),
        "var_item": result.item_variance_truncated(),
        "var_repeat": result.ms_within,
        "icc1": result.icc_single(),
        "icc1k": result.icc_mean(),
    })
}

#[derive(Deserialize)]
struct Table {
    scores: Vec<Vec<f64>>,
}

pub fn icc(input: Value) -> Computed {
    let input: Table = read(input)?;
    let (one, two) = (one_way(&input.scores)?, two_way(&input.scores)?);
    Ok(json!({
        "oneway": describe_one_way(&one),
        "twoway": {
            "ms_rows": two.ms_rows,
            "ms_cols": two.ms_columns,
            "ms_err": two.ms_error,
            "icc21": two.icc2_single(),
            "icc2k": two.icc2_mean(),
            "icc31": two.icc3_single(),
            "icc3k": two.icc3_mean(),
            "var_item": two.item_variance(),
            "var_judge": two.judge_variance(),
            "var_resid": two.ms_error,
        },
        "ci_icc1": ends(one.icc_single_interval(Confidence::P95)),
        "p_icc1": one.p(),
    }))
}

#[derive(Deserialize)]
struct Unbalanced {
    repeats: Vec<Vec<f64>>,
}

pub fn oneway_unbalanced(input: Value) -> Computed {
    let input: Unbalanced = read(input)?;
    Ok(json!({ "anova": describe_one_way(&one_way(&input.repeats)?) }))
}

#[derive(Deserialize)]
struct Cube {
    scores: Vec<Vec<Vec<f64>>>,
}

pub fn nested_anova(input: Value) -> Computed {
    let input: Cube = read(input)?;
    let result = nested(&input.scores)?;
    Ok(json!({
        "ms_item": result.ms_item,
        "ms_seed": result.ms_seed,
        "ms_repeat": result.ms_repeat,
        "var_item": result.item_variance(),
        "var_seed": result.seed_variance(),
        "var_repeat": result.repeat_variance(),
        "se_mean": result.standard_error(),
        "optimal_repeats_cost10": result.optimal_repeats(10.0),
    }))
}

#[derive(Deserialize)]
struct Raters {
    data: Vec<Vec<Vec<Option<i64>>>>,
}

pub fn krippendorff(input: Value) -> Computed {
    let input: Raters = read(input)?;
    each(input.data, |raters| {
        Ok(json!({
            "ordinal": alpha(&raters, Metric::Ordinal),
            "interval": alpha(&raters, Metric::Interval),
            "nominal": alpha(&raters, Metric::Nominal),
        }))
    })
}

#[derive(Deserialize)]
struct Labelled {
    human: Vec<f64>,
    judge_on_labelled: Vec<f64>,
    judge_on_unlabelled: Vec<f64>,
}

pub fn ppi_mean(input: Value) -> Computed {
    let inputs: Vec<Labelled> = read(input)?;
    each(inputs, |labelled| {
        let data = PpiSample {
            human: &labelled.human,
            judge_labelled: &labelled.judge_on_labelled,
            judge_unlabelled: &labelled.judge_on_unlabelled,
        };
        let with = |lambda: Lambda, moments: Moments| -> Computed {
            let mean = ppi(data, lambda, moments, Confidence::P95)?;
            Ok(json!({
                "lam": mean.lambda,
                "estimate": mean.estimate,
                "se": mean.se,
                "lo": mean.interval.lo,
                "hi": mean.interval.hi,
            }))
        };
        Ok(json!({
            "tuned": with(Lambda::Tuned, Moments::LargeSample)?,
            "tuned_t": with(Lambda::Tuned, Moments::SmallSample)?,
            "lam1": with(Lambda::Fixed(1.0), Moments::LargeSample)?,
            "lam1_t": with(Lambda::Fixed(1.0), Moments::SmallSample)?,
            "lam0": with(Lambda::Fixed(0.0), Moments::LargeSample)?,
            "lam0_t": with(Lambda::Fixed(0.0), Moments::SmallSample)?,
            "correlation": pearson(&labelled.human, &labelled.judge_on_labelled),
            "mani_threshold": useful_correlation(labelled.human.len()),
            "classical_t_ci": ends(PairedSummary::of(&labelled.human)?.t_interval(Confidence::P95)),
        }))
    })
}
