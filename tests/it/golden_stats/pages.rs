//! What a page holds together: the family of all contrasts, and the board of all runs.

use super::support::{ALPHA, Computed, SEED, cells, each, exact, planned, points, read};
use parabench::stats::board::{BoardPair, board};
use parabench::stats::design::Design;
use parabench::stats::error::Result as Stats;
use parabench::stats::lattice::differences;
use parabench::stats::max_t::{StepDown, gated, step_down};
use parabench::stats::rational::Rational;
use parabench::stats::splitmix::Resampling;
use parabench::stats::strata::Strata;
use parabench::stats::weighted::{AxisCells, WeightedMean};
use serde::Deserialize;
use serde_json::{Value, json};

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
    let after_gate = |(k, own): (usize, &Option<StepDown>)| match p_primary {
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
        WeightedMean::new(design, &cells(&gaps, &planned))
    }
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
        let bracket = asked
            .next()
            .is_some_and(|entry| entry["bracket_p"].is_array());
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
        let runs: Vec<Vec<AxisCells<'_>>> = values.iter().map(|run| cells(run, &sizes)).collect();
        let shares: Vec<f64> = input
            .runs
            .iter()
            .map(|run| worst_missing_share(&input.strata, &input.exists, run))
            .collect();
        let ranked: Vec<bool> = shares.iter().map(|share| *share <= 0.05).collect();
        let found = board(&design, &runs, &ranked, ALPHA, SEED)?;
        let p: Vec<Option<f64>> = found
            .pairs
            .iter()
            .map(|pair| pair.found.map(|found| found.p))
            .collect();
        let adjusted: Vec<Option<f64>> = found.pairs.iter().map(|pair| pair.adjusted).collect();
        let difference = |pair: &BoardPair| pair.found.map(|found| points(found.value));
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
        let names = if bracket {
            ["bracket_p", "bracket_p_holm"]
        } else {
            ["p", "p_holm"]
        };
        line[names[0]] = json!(p);
        line[names[1]] = json!(adjusted);
        Ok(line)
    })
}
