//! Many comparisons: adjusted p-values, rank sets, early stopping.

use super::support::{Computed, each, number, read};
use parabench::stats::board::board;
use parabench::stats::design::Design;
use parabench::stats::max_t::{MaxTContrast, max_t};
use parabench::stats::multiplicity::{benjamini_hochberg, bonferroni, holm};
use parabench::stats::rank_sets::win_matrix;
use parabench::stats::rational::Rational;
use parabench::stats::sequential::{Spending, boundaries};
use parabench::stats::splitmix::Resampling;
use parabench::stats::strata::Strata;
use parabench::stats::weighted::AxisCells;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Families {
    p: Vec<Vec<Option<f64>>>,
}

pub fn multiplicity(input: Value) -> Computed {
    let input: Families = read(input)?;
    each(input.p, |p| {
        Ok(
            json!({ "holm": holm(&p)?, "bh": benjamini_hochberg(&p)?, "bonferroni": bonferroni(&p)? }),
        )
    })
}

#[derive(Deserialize)]
struct Contrasts {
    d: Vec<Vec<Option<f64>>>,
    seed: u64,
    draws: u64,
}

pub fn westfall_young(input: Value) -> Computed {
    let input: Contrasts = read(input)?;
    let result = max_t(
        &input.d,
        Resampling {
            seed: input.seed,
            draws: input.draws,
        },
    )?;
    let column = |field: fn(&MaxTContrast) -> f64| {
        result
            .contrasts
            .iter()
            .map(|contrast| contrast.as_ref().map(field))
            .collect::<Vec<_>>()
    };
    Ok(json!({
        "z": column(|contrast| contrast.z),
        "raw": column(|contrast| contrast.raw),
        "single_step": column(|contrast| contrast.single_step),
        "step_down": column(|contrast| contrast.step_down),
        "max_q95": result.quantile(0.95),
    }))
}

#[derive(Deserialize)]
struct Board {
    scores: Vec<Vec<Option<i64>>>,
}

/// One axis in one stratum.
fn axis(values: &[Option<Rational>]) -> Vec<AxisCells<'_>> {
    vec![AxisCells {
        values,
        planned: &[1],
    }]
}

pub fn rank_sets(input: Value) -> Computed {
    let input: Board = read(input)?;
    let models: Vec<Vec<Option<Rational>>> = input
        .scores
        .iter()
        .map(|scores| {
            scores
                .iter()
                .map(|score| score.map(Rational::from))
                .collect()
        })
        .collect();
    let mean = |scores: &Vec<Option<Rational>>| {
        Rational::mean(&scores.iter().copied().flatten().collect::<Vec<_>>())
            .map(|mean| mean.map(Rational::to_f64))
    };
    let design = Design::new(Strata::single(models.first().map_or(0, Vec::len)), None)?;
    let runs: Vec<Vec<AxisCells<'_>>> = models.iter().map(|values| axis(values)).collect();
    let found = board(&design, &runs, &vec![true; runs.len()], 0.05, 0)?;
    let mut sets: Vec<_> = found
        .places
        .iter()
        .map(|place| (place.run, place.ranks))
        .collect();
    sets.sort_by_key(|(run, _)| *run);
    let matrix = win_matrix(&models)?;
    Ok(json!({
        "means": models.iter().map(mean).collect::<Result<Vec<_>, _>>()?,
        "pairs": found.pairs.iter().map(|pair| [pair.first, pair.second]).collect::<Vec<_>>(),
        "p": found.pairs.iter().map(|pair| pair.found.map(|found| found.p)).collect::<Vec<_>>(),
        "holm": found.pairs.iter().map(|pair| pair.adjusted).collect::<Vec<_>>(),
        "rank_lo": sets.iter().map(|(_, set)| set.best).collect::<Vec<_>>(),
        "rank_hi": sets.iter().map(|(_, set)| set.worst).collect::<Vec<_>>(),
        "win": matrix.win,
        "tie": matrix.tie,
    }))
}

#[derive(Deserialize)]
struct Plan {
    information: Vec<f64>,
    alpha: f64,
    spending: String,
}

pub fn group_sequential(input: Value) -> Computed {
    let inputs: Vec<Plan> = read(input)?;
    each(inputs, |plan| {
        let spending = match plan.spending.as_str() {
            "obf" => Spending::ObrienFleming,
            "pocock" => Spending::Pocock,
            other => return Err(format!("unknown spending `{other}`").into()),
        };
        let looks = boundaries(&plan.information, plan.alpha, spending)?;
        Ok(json!({
            "z": looks.iter().map(|look| number(look.z)).collect::<Vec<_>>(),
            "spent": looks.iter().map(|look| look.spent).collect::<Vec<_>>(),
            "p_nominal": looks.iter().map(|look| look.p_nominal).collect::<Vec<_>>(),
        }))
    })
}
