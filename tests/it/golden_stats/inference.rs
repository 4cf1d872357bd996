//! The inference path: design-weighted means, their intervals and tests.

use super::support::{
    ALPHA, Computed, RANGE, SEED, cells, each, ends, exact, planned, points, read,
};
use parabench::stats::design::Design;
use parabench::stats::difference_interval::{DifferenceInterval, NoInterval, sidak};
use parabench::stats::distribution::t_quantile;
use parabench::stats::error::Result as Stats;
use parabench::stats::flips::{Origin, SignFlipTest};
use parabench::stats::multiplicity::holm;
use parabench::stats::rational::Rational;
use parabench::stats::score_map::ScoreMap;
use parabench::stats::strata::Strata;
use parabench::stats::weighted::{AxisCells, WeightedMean};
use serde::Deserialize;
use serde_json::{Value, json};

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
        WeightedMean::new(&self.design()?, &cells(&values, &planned))
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
