//! Intervals, effect sizes, power and bounds.

use super::support::{Computed, each, ends, number, read};
use parabench::stats::design::Design;
use parabench::stats::interval::{
    Confidence, Interval, Scale, degenerate_interval, logit_t_interval, t_interval,
    wilson_t_interval,
};
use parabench::stats::lattice::Lattice;
use parabench::stats::means_only::{AssumedSpread, means_only};
use parabench::stats::missing::{difference_bounds, extreme_differences, mean_bounds};
use parabench::stats::paired::PairedSummary;
use parabench::stats::rational::Rational;
use parabench::stats::score_map::ScoreMap;
use parabench::stats::signflip::sign_flip;
use parabench::stats::strata::{Strata, paired_difference};
use parabench::stats::weighted::{AxisCells, JointMeans};
use parabench::stats::{effect, power, proportion, ratio};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Samples {
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    x: Vec<f64>,
    lo: f64,
    hi: f64,
}

pub fn bounded_mean_ci(input: Value) -> Computed {
    let input: Samples = read(input)?;
    each(input.samples, |sample| {
        let scale = Scale::new(sample.lo, sample.hi)?;
        let summary = PairedSummary::of(&sample.x)?;
        let degenerate = summary.degeneracy().is_some();
        let mean = summary.mean;
        let with = |interval: fn(f64, f64, f64, Scale, Confidence) -> Option<Interval>| {
            interval(mean?, summary.se?, summary.df(), scale, Confidence::P95)
        };
        Ok(json!({
            "n": summary.n,
            "mean": mean,
            "se": summary.se,
            "t": ends(with(|m, se, df, _, c| t_interval(m, se, df, c))),
            "wilson_t": ends(with(wilson_t_interval)),
            "logit_t": ends(with(logit_t_interval)),
            "degenerate": ends(
                mean.filter(|_| degenerate).and_then(|m| degenerate_interval(m, summary.n, 1.0, scale, Confidence::P95))
            ),
        }))
    })
}

#[derive(Deserialize)]
struct Pairs {
    pairs: Vec<Pair>,
    margin: f64,
}

#[derive(Deserialize)]
struct Pair {
    a: Vec<f64>,
    b: Vec<f64>,
}

pub fn paired_t_tost_effects(input: Value) -> Computed {
    let Pairs { pairs, margin } = read(input)?;
    each(pairs, |pair| {
        let points = |side: &[f64]| {
            side.iter()
                .map(|&raw| ScoreMap::POINTS.level(raw))
                .collect::<Vec<_>>()
        };
        let (a, b) = (points(&pair.a), points(&pair.b));
        let differences: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x - y).collect();
        let summary = PairedSummary::of(&differences)?;
        let test = summary.equivalence(margin)?;
        let correction = effect::hedges_correction(summary.df());
        let d_average = effect::d_average(&a, &b)?;
        Ok(json!({
            "mean": summary.mean,
            "sd": summary.sd,
            "t": summary.t(),
            "df": summary.df(),
            "p": summary.p(),
            "ci95": ends(summary.t_interval(Confidence::P95)),
            "ci90": ends(summary.t_interval(Confidence::P90)),
            "tost_p": test.p(),
            "tost_p_lower": test.p_lower,
            "tost_p_upper": test.p_upper,
            "noninferiority_p": test.p_noninferiority(),
            "dz": summary.dz(),
            "hedges_J_exact": correction,
            "hedges_J_approx": effect::hedges_correction_approximate(summary.df()),
            "hedges_gz": effect::hedges_gz(&summary),
            "dz_ci95": ends(effect::dz_interval(&summary, Confidence::P95)),
            "d_av": d_average,
            "d_av_pingouin": d_average,
            "hedges_pingouin": effect::hedges_g_average(&a, &b)?,
            "cliffs_delta_unpaired": effect::cliffs_delta(&a, &b)?,
            "cles_pingouin": effect::common_language(&a, &b)?,
            "ps_dep": effect::WinCount::of(&differences)?.superiority(),
        }))
    })
}

#[derive(Deserialize)]
struct Planned {
    dz: Option<f64>,
    n: Option<f64>,
    alpha: f64,
    power: Option<f64>,
}

pub fn power_paired(input: Value) -> Computed {
    let inputs: Vec<Planned> = read(input)?;
    each(inputs, |plan| match (plan.dz, plan.n, plan.power) {
        (Some(dz), Some(n), None) => Ok(json!({ "power": power::power(dz, n, plan.alpha)? })),
        (None, Some(n), Some(wanted)) => Ok(json!({
            "mde_dz": power::detectable(n, plan.alpha, wanted)?,
            "mde_dz_approx_t": power::detectable_approximate(n, plan.alpha, wanted)?,
            "mde_dz_normal": power::detectable_normal(n, plan.alpha, wanted)?,
        })),
        (Some(dz), None, Some(wanted)) => {
            let n = power::items_needed(dz, plan.alpha, wanted)?;
            Ok(json!({
                "n": n,
                "n_ceil": n.ceil(),
                "n_normal": power::items_needed_normal(dz, plan.alpha, wanted)?,
            }))
        }
        _ => Err("exactly one of dz, n and power must be null".into()),
    })
}

#[derive(Deserialize)]
struct TwoMeans {
    mean_a: f64,
    mean_b: f64,
    n: u64,
    lo: f64,
    hi: f64,
    alpha: f64,
}

pub fn means_only_bounds(input: Value) -> Computed {
    let inputs: Vec<TwoMeans> = read(input)?;
    let spread = |assumed: AssumedSpread| json!({ "sd": assumed.sd, "t": number(assumed.t), "p": assumed.p });
    each(inputs, |means| {
        let scale = Scale::new(means.lo, means.hi)?;
        let bounds = means_only(means.mean_a, means.mean_b, means.n, scale, 5, means.alpha)?;
        Ok(json!({
            "sd_needed": bounds.sd_needed,
            "sd_max_a": bounds.sd_max_a,
            "sd_max_b": bounds.sd_max_b,
            "independent": spread(bounds.independent),
            "worst_coupling": spread(bounds.worst_coupling),
            "uniform_independent": spread(bounds.uniform_independent),
            "corr_needed_at_max_sd": bounds.correlation_needed,
        }))
    })
}

#[derive(Deserialize)]
struct Gappy {
    a: Vec<Option<i64>>,
    b: Vec<Option<i64>>,
}

pub fn missing_bounds(input: Value) -> Computed {
    let Gappy { a, b } = read(input)?;
    let map = ScoreMap::POINTS;
    let exact = |side: &[Option<i64>]| {
        side.iter()
            .map(|score| score.map(Rational::from))
            .collect::<Vec<_>>()
    };
    let points = |side: &[Option<i64>]| {
        side.iter()
            .map(|score| score.map(|raw| map.level(raw as f64)))
            .collect::<Vec<_>>()
    };
    let (a_points, b_points) = (points(&a), points(&b));
    let extremes = extreme_differences(&exact(&a), &exact(&b), 1.into(), 5.into())?;
    let result = difference_bounds(&extremes, Confidence::P95)?;
    let p = |side: &[Rational]| {
        Ok::<_, parabench::stats::error::StatsError>(
            sign_flip(&Lattice::of(side)?.steps)?.p_two_sided(),
        )
    };
    let available = |side: &[Option<f64>]| {
        PairedSummary::of(&side.iter().copied().flatten().collect::<Vec<_>>())
    };
    let pairs: Vec<f64> = paired_difference(&a_points, &b_points)?
        .into_iter()
        .flatten()
        .collect();
    Ok(json!({
        "n_pairs": pairs.len(),
        "missing_a": a.iter().filter(|score| score.is_none()).count(),
        "missing_b": b.iter().filter(|score| score.is_none()).count(),
        "complete_pair": PairedSummary::of(&pairs)?.mean,
        "available_a": available(&a_points)?.mean,
        "available_b": available(&b_points)?.mean,
        "mean_a_bounds": ends(mean_bounds(&a_points, 0.0, 100.0)?),
        "mean_b_bounds": ends(mean_bounds(&b_points, 0.0, 100.0)?),
        "diff_bounds": ends(map.difference_interval(result.bounds)),
        "se_at_bounds": result.se.map(|se| map.difference(se)),
        "c_imbens_manski": result.critical,
        "imbens_manski": ends(map.difference_interval(result.interval)),
        "signflip_p_lower": p(&extremes.lower)?,
        "signflip_p_upper": p(&extremes.upper)?,
        "sign_robust": result.sign_robust(),
    }))
}

#[derive(Deserialize)]
struct Counts {
    k_n: Vec<[u64; 2]>,
}

pub fn proportions(input: Value) -> Computed {
    let input: Counts = read(input)?;
    each(input.k_n, |[k, n]| {
        Ok(json!({
            "wilson": ends(proportion::wilson(k, n, Confidence::P95)?),
            "clopper_pearson": ends(proportion::clopper_pearson(k, n, Confidence::P95)?),
            "agresti_coull": ends(proportion::agresti_coull(k, n, Confidence::P95)?),
            "binom_p_half": proportion::fair_coin_p(k, n - k),
        }))
    })
}

pub fn ratio_fieller(input: Value) -> Computed {
    let inputs: Vec<Pair> = read(input)?;
    each(inputs, |pair| {
        let design = Design::new(Strata::single(pair.a.len()), None)?;
        let exact = |side: &[f64]| -> Vec<Option<Rational>> {
            side.iter().map(|&raw| decimals(raw)).collect()
        };
        let (a, b) = (exact(&pair.a), exact(&pair.b));
        let cells = |values| AxisCells {
            values,
            planned: &[1],
        };
        let joint = JointMeans::new(&design, &[cells(&a)], &[cells(&b)])?;
        let raw = ratio::MeanPair::from_joint(&joint).ok_or("no standard errors")?;
        let square = ScoreMap::POINTS.factor.powi(2);
        let means = ratio::MeanPair {
            a: ScoreMap::POINTS.level(raw.a),
            b: ScoreMap::POINTS.level(raw.b),
            variance_a: square * raw.variance_a,
            variance_b: square * raw.variance_b,
            covariance: square * raw.covariance,
            df: raw.df,
        };
        let result = ratio::ratio(means, Confidence::P95)?;
        Ok(json!({
            "ratio": result.ratio,
            "fieller": ends(result.fieller),
            "g": result.g,
            "log_delta": ends(result.log_delta),
            "se_log": result.se_log,
            "ratio_20x": ScoreMap::TWENTY.level(raw.a) / ScoreMap::TWENTY.level(raw.b),
        }))
    })
}

/// A raw mark or a mean of marks, exact to twelve decimals.
fn decimals(raw: f64) -> Option<Rational> {
    let scale = 1_000_000_000_000_i128;
    Rational::new((raw * scale as f64).round() as i128, scale).ok()
}
