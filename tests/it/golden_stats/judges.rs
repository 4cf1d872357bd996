//! Missing marks, looks, and what a difference covers: judges, categories, published tables.

use super::support::{Computed, RANGE, each, ends, exact, points, read};
use parabench::stats::bridge::{AnchorPlan, BridgeCells, NoBridge, anchors_needed, joined};
use parabench::stats::crossed::over_judges;
use parabench::stats::design::Design;
use parabench::stats::error::StatsError;
use parabench::stats::heterogeneity::Heterogeneity;
use parabench::stats::interval::{Confidence, Interval, Scale};
use parabench::stats::means_only::{Pilot, published_with_pilot};
use parabench::stats::missing;
use parabench::stats::score_map::ScoreMap;
use parabench::stats::sequential::{look_critical, look_interval, look_statistic};
use parabench::stats::splitmix::Resampling;
use parabench::stats::strata::Strata;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Bounds {
    lo: f64,
    hi: f64,
    se_lo: f64,
    se_hi: f64,
    df: Option<f64>,
    critical_z: f64,
    estimate: f64,
    half_width: f64,
    missing: f64,
}

pub fn imbens_manski_adjusted(input: Value) -> Computed {
    let inputs: Vec<Bounds> = read(input)?;
    each(inputs, |known| {
        let alpha = missing::level_of(known.critical_z);
        let bounds = Interval::new(known.lo, known.hi);
        let (c, interval) =
            missing::imbens_manski(bounds, [known.se_lo, known.se_hi], known.df, alpha)?;
        Ok(json!({
            "alpha": alpha,
            "c": c,
            "interval": ends(interval),
            "tipping": missing::tipping_point(known.estimate, known.half_width, known.missing),
        }))
    })
}

#[derive(Deserialize)]
struct Look {
    estimate: f64,
    se: f64,
    df: f64,
    boundary: f64,
}

pub fn looks_small_n(input: Value) -> Computed {
    let inputs: Vec<Look> = read(input)?;
    each(inputs, |look| {
        let z = look_statistic(look.estimate, look.se, look.df).map(f64::abs);
        let interval = look_interval(look.estimate, look.se, look.df, look.boundary, 100.0);
        Ok(json!({
            "z": z,
            "reached": z.is_some_and(|z| z >= look.boundary),
            "critical_t": z.map(|_| look_critical(look.boundary, look.df)),
            "interval": ends(interval),
        }))
    })
}

#[derive(Deserialize)]
struct Bridge {
    comparisons: Vec<AcrossJudges>,
    anchors: Vec<Anchors>,
}

#[derive(Deserialize)]
struct AcrossJudges {
    strata: Vec<usize>,
    planned: Vec<u32>,
    old_a: Vec<Option<i64>>,
    new_b: Vec<Option<i64>>,
    new_a: Vec<Option<i64>>,
}

#[derive(Deserialize)]
struct Anchors {
    half_width: f64,
    var_g: f64,
    var_h: f64,
    cov: f64,
    n: u64,
}

pub fn bridge(input: Value) -> Computed {
    let input: Bridge = read(input)?;
    let comparisons = each(input.comparisons, |runs| {
        let strata = Strata::new(runs.strata, runs.planned.len())?;
        let (old_a, new_b, new_a) = (exact(&runs.old_a), exact(&runs.new_b), exact(&runs.new_a));
        let cells = BridgeCells {
            old_a: &old_a,
            new_b: &new_b,
            new_a: &new_a,
            planned: &runs.planned,
        };
        Ok(match joined(&strata, cells, RANGE)? {
            Ok(found) => json!({
                "estimate": points(found.estimate),
                "se": points(found.se),
                "df": found.df,
                "interval": ends(ScoreMap::POINTS.difference_interval(found.interval)),
                "p": found.p,
                "shift": points(found.shift),
                "se_shift": points(found.se_shift),
            }),
            Err(why) => {
                let stratum = match why {
                    NoBridge::TooFewAnchors { stratum } | NoBridge::EmptyStratum { stratum } => {
                        Some(stratum)
                    }
                    NoBridge::NoSpread | NoBridge::TooFewRuns => None,
                };
                json!({ "undefined": why.key(), "stratum": stratum })
            }
        })
    })?;
    let anchors = input.anchors.into_iter().map(|plan| {
        anchors_needed(AnchorPlan {
            half_width: plan.half_width,
            variance_g: plan.var_g,
            variance_h: plan.var_h,
            covariance: plan.cov,
            items: plan.n,
        })
    });
    Ok(json!({ "comparisons": comparisons, "anchors": anchors.collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
struct Tables {
    differences: Vec<Vec<Vec<f64>>>,
}

pub fn generalise(input: Value) -> Computed {
    let input: Tables = read(input)?;
    each(input.differences, |table| {
        let found = match over_judges(&table, Confidence::P95) {
            Ok(found) => found,
            Err(StatsError::TooFew { .. }) => return Ok(json!({ "undefined": "not-estimable" })),
            Err(error) => return Err(error.into()),
        };
        Ok(json!({
            "estimate": found.estimate,
            "ms_item": found.anova.ms_rows,
            "ms_judge": found.anova.ms_columns,
            "ms_rest": found.anova.ms_error,
            "var_item": found.anova.item_variance(),
            "var_judge": found.anova.judge_variance(),
            "var_rest": found.anova.ms_error,
            "se_items_only": found.se_items,
            "half_width": found.half_width,
            "interval": ends(found.interval),
        }))
    })
}

#[derive(Deserialize)]
struct Categories {
    d: Vec<Option<i64>>,
    strata: Vec<usize>,
    cluster: Option<Vec<usize>>,
    seed: u64,
    draws: u64,
}

pub fn heterogeneity(input: Value) -> Computed {
    let inputs: Vec<Categories> = read(input)?;
    each(inputs, |input| {
        let count = input.strata.iter().max().map_or(0, |last| last + 1);
        let strata = Strata::new(input.strata, count)?;
        let design = Design::new(strata, input.cluster.as_deref())?;
        let found = Heterogeneity::new(&design, &exact(&input.d))?;
        let (seed, draws) = (input.seed, input.draws);
        let test = found.test(Resampling { seed, draws })?;
        Ok(json!({
            "q": test.q,
            "first_q": (0..3).map(|draw| found.drawn_q(seed, draw)).collect::<Vec<_>>(),
            "count": test.count,
            "p": test.p,
            "means": found.means(),
        }))
    })
}

#[derive(Deserialize)]
struct Published {
    mean_a: f64,
    mean_b: f64,
    n: u64,
    pilot_sd: f64,
    pilot_n: u64,
    contrasts: u64,
    lo: f64,
    hi: f64,
}

pub fn published_pilot(input: Value) -> Computed {
    let inputs: Vec<Published> = read(input)?;
    each(inputs, |table| {
        let pilot = Pilot {
            sd: table.pilot_sd,
            n: table.pilot_n,
        };
        let means = [table.mean_a, table.mean_b];
        let scale = Scale::new(table.lo, table.hi)?;
        let found = published_with_pilot(means, table.n, scale, pilot, table.contrasts)?;
        Ok(json!({
            "sd_upper": found.sd_upper,
            "p_at_pilot_sd": found.p_at_pilot_sd,
            "p_at_upper": found.p_at_upper,
            "p_selected": found.p_selected,
            "p_max": found.p_max,
            "very_likely_real": found.very_likely_real(),
        }))
    })
}
