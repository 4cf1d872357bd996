//! The inference path: design-weighted means, their intervals and tests.

use crate::support::{Computed, each, ends, read};
use parabench::stats::board::{BoardPair, board};
use parabench::stats::bridge::{AnchorPlan, BridgeCells, NoBridge, anchors_needed, joined};
use parabench::stats::crossed::over_judges;
use parabench::stats::design::Design;
use parabench::stats::difference_interval::{DifferenceInterval, NoInterval, sidak};
use parabench::stats::distribution::t_quantile;
use parabench::stats::error::{Result as Stats, StatsError};
use parabench::stats::flips::{Origin, SignFlipTest};
use parabench::stats::heterogeneity::Heterogeneity;
use parabench::stats::interval::{Confidence, Interval, Scale};
use parabench::stats::lattice::differences;
use parabench::stats::max_t::{gated, step_down};
use parabench::stats::means_only::{Pilot, published_with_pilot};
use parabench::stats::missing;
use parabench::stats::multiplicity::holm;
use parabench::stats::rational::Rational;
use parabench::stats::score_map::ScoreMap;
use parabench::stats::sequential::{look_critical, look_interval, look_statistic};
use parabench::stats::splitmix::Resampling;
use parabench::stats::stratified::Strata;
use parabench::stats::weighted::{AxisCells, WeightedMean};
use serde::Deserialize;
use serde_json::{Value, json};

/// Length of the scale of raw marks.
pub const RANGE: f64 = 4.0;
const ALPHA: f64 = 0.05;
/// Seed of flips that are drawn; the vectors ask for none.
const SEED: u64 = 0;

pub fn points(raw: f64) -> f64 {
    ScoreMap::POINTS.difference(raw)
}

/// Planned sizes of one axis, 0 where it does not exist.
pub fn planned(sizes: &[u32], exists: &[bool]) -> Vec<u32> {
    let size = |(&size, &exists): (&u32, &bool)| if exists { size } else { 0 };
    sizes.iter().zip(exists).map(size).collect()
}

pub fn exact(values: &[Option<i64>]) -> Vec<Option<Rational>> {
    values.iter().map(|v| v.map(Rational::from)).collect()
}

/// A design with paired differences on several axes.
#[derive(Deserialize)]
struct Pairs {
    strata: Vec<usize>,
    planned: Vec<u32>,
    exists: Vec<Vec<bool>>,
    #[serde(default = "one")]
    denominator: i64,
    d: Vec<Vec<Option<i64>>>,
    cluster: Option<Vec<usize>>,
    #[serde(default)]
    family_size: usize,
}

fn one() -> i64 {
    1
}

impl Pairs {
    fn design(&self) -> Stats<Design> {
        let strata = Strata::new(self.strata.clone(), self.planned.len())?;
        Design::new(strata, self.cluster.as_deref())
    }

    /// The mean over some of the axes.
    fn mean(&self, axes: &[usize]) -> Stats<WeightedMean> {
        let ratio = |d: &Option<i64>| {
            d.map(|d| Rational::new(d.into(), self.denominator.into()))
                .transpose()
        };
        let values: Vec<Vec<Option<Rational>>> = axes
            .iter()
            .map(|&axis| self.d[axis].iter().map(ratio).collect::<Stats<_>>())
            .collect::<Stats<_>>()?;
        let planned: Vec<Vec<u32>> = axes
            .iter()
            .map(|&axis| planned(&self.planned, &self.exists[axis]))
            .collect();
        let cells: Vec<AxisCells<'_>> = values
            .iter()
            .zip(&planned)
            .map(|(values, planned)| AxisCells { values, planned })
            .collect();
        WeightedMean::new(&self.design()?, &cells)
    }

    fn all_axes(&self) -> Vec<usize> {
        (0..self.d.len()).collect()
    }
}

fn is_exact(test: &SignFlipTest) -> bool {
    matches!(test.origin, Origin::Exact(_))
}

/// `expected` says where the vectors hold only the true value of a bracket, which an exact p meets as well.
pub fn weighted_signflip(input: Value, expected: &Value) -> Computed {
    let inputs: Vec<Pairs> = read(input)?;
    let mut asked = expected.as_array().into_iter().flatten();
    each(inputs, |pairs| {
        let mean = pairs.mean(&pairs.all_axes())?;
        let test = mean.sign_flip(SEED)?;
        let bracket = asked
            .next()
            .is_some_and(|entry| entry["bracket_p"].is_number());
        let exact = is_exact(&test) && !bracket;
        Ok(json!({
            "estimate": points(mean.value()),
            "units": mean.units(),
            "nonzero": test.nonzero,
            "p": exact.then_some(test.p),
            "midp": test.mid_p.filter(|_| exact),
            "bracket_p": bracket.then_some(test.p),
        }))
    })
}

/// Intervals of each axis and, with several, of their Overall. `expected` as in [`weighted_signflip`].
pub fn intervals(input: Value, expected: &Value) -> Computed {
    let inputs: Vec<Pairs> = read(input)?;
    let mut asked = expected.as_array().into_iter().flatten();
    each(inputs, |pairs| {
        let asked = asked.next();
        let mut sets: Vec<Vec<usize>> = (0..pairs.d.len()).map(|axis| vec![axis]).collect();
        if sets.len() > 1 {
            sets.push(pairs.all_axes());
        }
        let alpha = sidak(ALPHA, pairs.family_size);
        let mut lines = Vec::new();
        for (position, axes) in sets.iter().enumerate() {
            let mean = pairs.mean(axes)?;
            let test = mean.sign_flip(SEED)?;
            let asked_p = asked.is_none_or(|line| line[position]["p"].is_number());
            let own = mean.difference_interval(RANGE, ALPHA);
            let together = mean.difference_interval(RANGE, alpha);
            lines.push(json!({
                "estimate": points(mean.value()),
                "se": mean.se().map(points),
                "df": mean.df(),
                "units": mean.units(),
                "rho": mean.balance(),
                "kish": mean.effective_units(),
                "critical": mean.df().map(|df| t_quantile(1.0 - 0.5 * alpha, df)),
                "interval": interval_in_points(&own),
                "kind": own.kind.key(),
                "reason": own.kind.reason().map(NoInterval::key),
                "simultaneous": interval_in_points(&together),
                "kind_simultaneous": together.kind.key(),
                "reason_simultaneous": together.kind.reason().map(NoInterval::key),
                "p": Some(test.p).filter(|_| asked_p && is_exact(&test)),
            }));
        }
        Ok(Value::Array(lines))
    })
}

fn interval_in_points(found: &DifferenceInterval) -> Value {
    ends(
        found
            .interval
            .map(|raw| ScoreMap::POINTS.difference_interval(raw)),
    )
}

#[derive(Deserialize)]
struct Margins {
    contrasts: Vec<OneAxis>,
    margin: f64,
}

#[derive(Deserialize)]
struct OneAxis {
    strata: Vec<usize>,
    planned: Vec<u32>,
    d: Vec<Option<i64>>,
    cluster: Option<Vec<usize>>,
}

pub fn equivalence_adjusted(input: Value) -> Computed {
    let Margins { contrasts, margin } = read(input)?;
    let (mut equivalence, mut noninferiority) = (Vec::new(), Vec::new());
    let contrasts = each(contrasts, |contrast| {
        let strata = Strata::new(contrast.strata, contrast.planned.len())?;
        let design = Design::new(strata, contrast.cluster.as_deref())?;
        let values = exact(&contrast.d);
        let cells = AxisCells {
            values: &values,
            planned: &contrast.planned,
        };
        let mean = WeightedMean::new(&design, &[cells])?;
        let test = mean.margin_test(margin / ScoreMap::POINTS.factor, RANGE)?;
        equivalence.push(test.map(|test| test.p_equivalence()));
        noninferiority.push(test.map(|test| test.p_noninferiority()));
        Ok(json!({
            "method": test.map(|test| test.method.key()),
            "p_upper": test.map(|test| test.p_upper),
            "p_lower": test.map(|test| test.p_lower),
            "p_equivalence": test.map(|test| test.p_equivalence()),
            "p_noninferiority": test.map(|test| test.p_noninferiority()),
            "estimate": points(mean.value()),
            "se": mean.se().map(points),
            "df": mean.df(),
            "rho": mean.balance(),
        }))
    })?;
    Ok(json!({
        "contrasts": contrasts,
        "holm_equivalence": holm(&equivalence)?,
        "holm_noninferiority": holm(&noninferiority)?,
    }))
}

#[derive(Deserialize)]
struct Gappy {
    d: Vec<Vec<Option<i64>>>,
}

pub fn degenerate_pairs(input: Value) -> Computed {
    let input: Gappy = read(input)?;
    each(input.d, |d| {
        let design = Design::new(Strata::single(d.len()), None)?;
        let values = exact(&d);
        let cells = AxisCells {
            values: &values,
            planned: &[1],
        };
        // Without any pair there is no mean.
        let Ok(mean) = WeightedMean::new(&design, &[cells]) else {
            return Ok(json!({
                "n": 0, "mean": null, "se": null, "ci95": null, "kind": "none", "p_signflip": null, "dz": null,
                "reason": NoInterval::NoPairs.key(),
            }));
        };
        let observed: Vec<f64> = d.iter().flatten().map(|&d| d as f64).collect();
        let summary = parabench::stats::paired::PairedSummary::of(&observed)?;
        let own = mean.difference_interval(RANGE, ALPHA);
        Ok(json!({
            "n": mean.units(),
            "mean": mean.value(),
            "se": mean.se(),
            "ci95": ends(own.interval),
            "kind": own.kind.key(),
            "p_signflip": mean.sign_flip(SEED)?.p,
            "dz": summary.dz(),
            "reason": own.kind.reason().map(NoInterval::key),
        }))
    })
}

/// Runs of a page: `runs[run][axis][item]`.
#[derive(Deserialize)]
struct Page {
    planned: Vec<u32>,
    exists: Vec<Vec<bool>>,
    strata: Vec<usize>,
    cluster: Option<Vec<usize>>,
    runs: Vec<Vec<Vec<Option<i64>>>>,
    pairs: Vec<[usize; 2]>,
    /// Pair, and axis or "overall".
    primary: Option<(usize, Value)>,
    seed: u64,
    draws: u64,
}

pub fn one_family_maxt(input: Value) -> Computed {
    let page: Page = read(input)?;
    let strata = Strata::new(page.strata.clone(), page.planned.len())?;
    let design = Design::new(strata, page.cluster.as_deref())?;
    let (mut labels, mut means) = (Vec::new(), Vec::new());
    for (number, pair) in page.pairs.iter().enumerate() {
        let axes: Vec<usize> = (0..page.exists.len()).collect();
        let metrics = axes.iter().map(|&axis| (json!(axis), vec![axis]));
        for (name, axes) in metrics.chain([(json!("overall"), axes.clone())]) {
            labels.push((number, name));
            means.push(page.mean(&design, *pair, &axes)?);
        }
    }
    let primary = page
        .primary
        .as_ref()
        .and_then(|primary| labels.iter().position(|label| label == primary));
    let family: Vec<&WeightedMean> = means
        .iter()
        .enumerate()
        .filter(|(k, _)| Some(*k) != primary)
        .map(|(_, mean)| mean)
        .collect();
    let resampling = Resampling {
        seed: page.seed,
        draws: page.draws,
    };
    let mut found = step_down(&family, resampling, 1.0 - ALPHA)?
        .into_iter()
        .map(Some);
    let adjusted: Vec<_> = (0..means.len())
        .map(|k| {
            if Some(k) == primary {
                None
            } else {
                found.next().flatten()
            }
        })
        .collect();
    let p_primary = match primary {
        Some(k) => Some(means[k].sign_flip(SEED)?.p),
        None => None,
    };
    let after_gate = |(k, own): (usize, &Option<parabench::stats::max_t::StepDown>)| match p_primary
    {
        Some(p) if Some(k) == primary => Some(p),
        Some(p) => own.and_then(|own| gated(p, ALPHA, own.p)),
        None => own.map(|own| own.p),
    };
    let z = |mean: &WeightedMean| {
        let u = mean.contributions().values();
        u.iter().sum::<f64>().abs() / u.iter().map(|u| u * u).sum::<f64>().sqrt()
    };
    Ok(json!({
        "labels": labels,
        "estimate": means.iter().map(|mean| points(mean.value())).collect::<Vec<_>>(),
        "z": means.iter().zip(&adjusted).map(|(mean, own)| own.map_or_else(|| z(mean), |own| own.z)).collect::<Vec<_>>(),
        "p_primary": p_primary,
        "adjusted": adjusted.iter().map(|own| own.map(|own| own.p)).collect::<Vec<_>>(),
        "critical": adjusted.iter().map(|own| own.map(|own| own.critical)).collect::<Vec<_>>(),
        "gated": adjusted.iter().enumerate().map(after_gate).collect::<Vec<_>>(),
    }))
}

impl Page {
    fn mean(&self, design: &Design, [a, b]: [usize; 2], axes: &[usize]) -> Stats<WeightedMean> {
        let gaps: Vec<Vec<Option<Rational>>> = axes
            .iter()
            .map(|&axis| differences(&exact(&self.runs[a][axis]), &exact(&self.runs[b][axis])))
            .collect::<Stats<_>>()?;
        let planned: Vec<Vec<u32>> = axes
            .iter()
            .map(|&axis| planned(&self.planned, &self.exists[axis]))
            .collect();
        let cells: Vec<AxisCells<'_>> = gaps
            .iter()
            .zip(&planned)
            .map(|(values, planned)| AxisCells { values, planned })
            .collect();
        WeightedMean::new(design, &cells)
    }
}

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
                    NoBridge::NoSpread => None,
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

#[derive(Deserialize)]
struct Leaderboard {
    strata: Vec<usize>,
    planned: Vec<u32>,
    exists: Vec<Vec<bool>>,
    cluster: Option<Vec<usize>>,
    runs: Vec<Vec<Vec<Option<i64>>>>,
}

/// Share of missing item values of the axis that lacks most.
fn worst_missing_share(strata: &[usize], exists: &[Vec<bool>], run: &[Vec<Option<i64>>]) -> f64 {
    let share = |(values, exists): (&Vec<Option<i64>>, &Vec<bool>)| {
        let asked = strata.iter().zip(values).filter(|(h, _)| exists[**h]);
        let (all, lost) = asked.fold((0, 0), |(all, lost), (_, value)| {
            (all + 1, lost + usize::from(value.is_none()))
        });
        lost as f64 / all as f64
    };
    run.iter().zip(exists).map(share).fold(0.0, f64::max)
}

/// `expected` as in [`weighted_signflip`].
pub fn leaderboard(input: Value, expected: &Value) -> Computed {
    let inputs: Vec<Leaderboard> = read(input)?;
    let mut asked = expected.as_array().into_iter().flatten();
    each(inputs, |input| {
        let bracket = asked.next().is_some_and(|entry| entry["bracket_p"].is_array());
        let strata = Strata::new(input.strata.clone(), input.planned.len())?;
        let design = Design::new(strata, input.cluster.as_deref())?;
        let values: Vec<Vec<Vec<Option<Rational>>>> = input
            .runs
            .iter()
            .map(|run| run.iter().map(|axis| exact(axis)).collect())
            .collect();
        let sizes: Vec<Vec<u32>> = input
            .exists
            .iter()
            .map(|exists| planned(&input.planned, exists))
            .collect();
        let cells: Vec<Vec<AxisCells<'_>>> = values
            .iter()
            .map(|run| {
                let axes = run.iter().zip(&sizes);
                axes.map(|(values, planned)| AxisCells { values, planned }).collect()
            })
            .collect();
        let shares: Vec<f64> = input
            .runs
            .iter()
            .map(|run| worst_missing_share(&input.strata, &input.exists, run))
            .collect();
        let ranked: Vec<bool> = shares.iter().map(|share| *share <= 0.05).collect();
        let found = board(&design, &cells, &ranked, ALPHA, SEED)?;
        let p: Vec<Option<f64>> = found.pairs.iter().map(|pair| pair.test.map(|t| t.p)).collect();
        let adjusted: Vec<Option<f64>> = found.pairs.iter().map(|pair| pair.adjusted).collect();
        let difference = |pair: &BoardPair| pair.difference.as_ref().map(|d| points(d.value()));
        let mut line = json!({
            "order": found.places.iter().map(|place| place.run).collect::<Vec<_>>(),
            "mean_difference": found.places.iter().map(|place| place.mean_difference.map(points)).collect::<Vec<_>>(),
            "rank_sets": found.places.iter().map(|place| [place.ranks.best, place.ranks.worst]).collect::<Vec<_>>(),
            "unranked": (0..ranked.len()).filter(|&run| !ranked[run]).collect::<Vec<_>>(),
            "pairs": found.pairs.iter().map(|pair| [pair.first, pair.second]).collect::<Vec<_>>(),
            "difference": found.pairs.iter().map(difference).collect::<Vec<_>>(),
            "places_withheld": found.places_withheld,
            "worst_missing_share": shares,
        });
        let names = if bracket { ["bracket_p", "bracket_p_holm"] } else { ["p", "p_holm"] };
        line[names[0]] = json!(p);
        line[names[1]] = json!(adjusted);
        Ok(line)
    })
}
