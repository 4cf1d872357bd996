//! A whole benchmark: levels, paired comparisons and their family.

use super::support::{Computed, ends, read};
use parabench::stats::effect::WinCount;
use parabench::stats::error::Result as Stats;
use parabench::stats::interval::{Confidence, Scale};
use parabench::stats::lattice::{Lattice, differences, item_value, overall_weight, weighted_sum};
use parabench::stats::multiplicity::{benjamini_hochberg, holm};
use parabench::stats::paired::PairedSummary;
use parabench::stats::rational::Rational;
use parabench::stats::score_map::ScoreMap;
use parabench::stats::signflip::sign_flip;
use parabench::stats::stratified::{Axis, Estimate, Strata, axis_mean, by_stratum, overall};
use parabench::stats::variance_components::one_way;
use parabench::stats::wilcoxon::{Zeros, wilcoxon};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Scores of one item: seeds one after the other, each with its repeats.
type Cell = Vec<Option<i64>>;

#[derive(Deserialize)]
struct Input {
    categories: Vec<String>,
    category_of_item: Vec<usize>,
    axes: Vec<String>,
    models: Vec<String>,
    seeds: usize,
    repeats: usize,
    /// `scores[model][axis][item]`; an axis that a model does not have is null, or has no score at all.
    scores: Vec<Vec<Option<Vec<Cell>>>>,
}

/// One model on one axis: exact item values.
type Values = Vec<Option<Rational>>;

struct Benchmark {
    input: Input,
    strata: Strata,
    /// `population[axis][category]`: items of the category if any model has the axis there, else 0.
    population: Vec<Vec<f64>>,
    /// `values[model][axis]`.
    values: Vec<Vec<Option<Values>>>,
}

pub fn whole_benchmark(input: Value) -> Computed {
    let benchmark = Benchmark::new(read(input)?)?;
    let mut models = Map::new();
    for model in 0..benchmark.input.models.len() {
        models.insert(
            benchmark.input.models[model].clone(),
            benchmark.levels(model)?,
        );
    }
    let (mut comparisons, mut labels, mut p) = (Map::new(), Vec::new(), Vec::new());
    for other in 1..benchmark.input.models.len() {
        let name = &benchmark.input.models[other];
        let comparison = benchmark.compare(0, other)?;
        for axis in benchmark.common_axes(0, other) {
            labels.push(json!([name, benchmark.input.axes[axis]]));
            p.push(comparison[&benchmark.input.axes[axis]]["p_signflip"].as_f64());
        }
        comparisons.insert(name.clone(), comparison);
    }
    let family =
        json!({ "labels": labels, "p": p, "holm": holm(&p)?, "bh": benjamini_hochberg(&p)? });
    Ok(json!({ "models": models, "comparisons": comparisons, "family": family }))
}

impl Benchmark {
    fn new(input: Input) -> Stats<Self> {
        let strata = Strata::new(input.category_of_item.clone(), input.categories.len())?;
        let population = (0..input.axes.len())
            .map(|axis| Self::population(&input, axis))
            .collect();
        let one = |cell: &Cell| item_value(&cell.chunks(input.repeats).collect::<Vec<_>>());
        let axis = |cells: &Option<Vec<Cell>>| {
            cells
                .as_ref()
                .map(|cells| cells.iter().map(one).collect::<Stats<Values>>())
                .transpose()
        };
        let model =
            |axes: &Vec<Option<Vec<Cell>>>| axes.iter().map(axis).collect::<Stats<Vec<_>>>();
        let values = input.scores.iter().map(model).collect::<Stats<Vec<_>>>()?;
        Ok(Self {
            strata,
            population,
            values,
            input,
        })
    }

    fn population(input: &Input, axis: usize) -> Vec<f64> {
        let mut sizes = vec![0.0; input.categories.len()];
        let mut exists = vec![false; input.categories.len()];
        for (item, &category) in input.category_of_item.iter().enumerate() {
            sizes[category] += 1.0;
            let scored = |model: &Vec<Option<Vec<Cell>>>| {
                model[axis]
                    .as_ref()
                    .is_some_and(|cells| cells[item].iter().any(Option::is_some))
            };
            exists[category] |= input.scores.iter().any(scored);
        }
        sizes
            .iter()
            .zip(exists)
            .map(|(size, exists)| if exists { *size } else { 0.0 })
            .collect()
    }

    /// Axes of one model, by position.
    fn axes_of(&self, model: usize) -> Vec<usize> {
        (0..self.input.axes.len())
            .filter(|&axis| self.values[model][axis].is_some())
            .collect()
    }

    fn common_axes(&self, a: usize, b: usize) -> Vec<usize> {
        let of_b = self.axes_of(b);
        self.axes_of(a)
            .into_iter()
            .filter(|axis| of_b.contains(axis))
            .collect()
    }

    fn values(&self, model: usize, axis: usize) -> &[Option<Rational>] {
        self.values[model][axis].as_deref().unwrap_or_default()
    }

    fn axis_of(&self, axis: usize, values: Vec<Option<f64>>) -> Stats<Axis> {
        Axis::new(&self.strata, values, &self.population[axis])
    }

    fn level_axis(&self, model: usize, axis: usize) -> Stats<Axis> {
        let points =
            |value: &Option<Rational>| value.map(|value| ScoreMap::POINTS.level(value.to_f64()));
        self.axis_of(axis, self.values(model, axis).iter().map(points).collect())
    }

    fn levels(&self, model: usize) -> Computed {
        let mut result = Map::new();
        let axes = self.axes_of(model);
        let mut samples = Vec::new();
        for &axis in &axes {
            samples.push(self.level_axis(model, axis)?);
            result.insert(self.input.axes[axis].clone(), self.level(model, axis)?);
        }
        let mut mean = describe_level(&overall(&self.strata, &samples)?);
        mean["axes"] = json!(
            axes.iter()
                .map(|&axis| &self.input.axes[axis])
                .collect::<Vec<_>>()
        );
        mean["complete"] = json!(axes.len() == self.input.axes.len());
        result.insert("overall".into(), mean);
        Ok(Value::Object(result))
    }

    fn level(&self, model: usize, axis: usize) -> Computed {
        let sample = self.level_axis(model, axis)?;
        let estimate = axis_mean(&self.strata, &sample)?;
        let raw = estimate.clone().map(1.0 / ScoreMap::POINTS.factor, 1.0);
        let mut result = describe_level(&estimate);
        let cells = self.input.scores[model][axis]
            .as_deref()
            .unwrap_or_default();
        let judgements = cells.iter().flatten().flatten().count();
        let asked = self.population[axis].iter().sum::<f64>() as usize
            * self.input.seeds
            * self.input.repeats;
        result["n_items"] = json!(estimate.items);
        result["judgements"] = json!(judgements);
        result["missing_judgements"] = json!(asked - judgements);
        result["estimate_20x"] = json!(ScoreMap::TWENTY.level(raw.value));
        let mut categories = Map::new();
        for (stratum, summary) in by_stratum(&self.strata, sample.values()).iter().enumerate() {
            let exists = self.population[axis][stratum] > 0.0;
            let described = json!({ "n": summary.n, "mean": summary.mean, "sd": summary.sd });
            categories.insert(
                self.input.categories[stratum].clone(),
                if exists { described } else { Value::Null },
            );
        }
        result["categories"] = Value::Object(categories);
        if self.input.repeats > 1 {
            let points = |repeats: &[Option<i64>]| {
                repeats
                    .iter()
                    .flatten()
                    .map(|&raw| ScoreMap::POINTS.level(raw as f64))
                    .collect::<Vec<_>>()
            };
            let samples: Vec<Vec<f64>> = cells
                .iter()
                .flat_map(|cell| cell.chunks(self.input.repeats).map(points))
                .collect();
            let noise = one_way(&samples)?;
            result["icc1"] = json!(noise.icc_single());
            result["var_repeat_points2"] = json!(noise.ms_within);
        }
        Ok(result)
    }

    fn compare(&self, a: usize, b: usize) -> Computed {
        let axes = self.common_axes(a, b);
        let (mut result, mut exact, mut samples, mut weights) =
            (Map::new(), Vec::new(), Vec::new(), Vec::new());
        for &axis in &axes {
            let gaps = differences(self.values(a, axis), self.values(b, axis))?;
            let points =
                |gap: &Option<Rational>| gap.map(|gap| ScoreMap::POINTS.difference(gap.to_f64()));
            let sample = self.axis_of(axis, gaps.iter().map(points).collect())?;
            result.insert(
                self.input.axes[axis].clone(),
                compare_axis(&self.strata, &sample, &gaps)?,
            );
            let items = self.population[axis].iter().sum::<f64>() as usize;
            weights.push(overall_weight(self.strata.items(), items, axes.len())?);
            exact.push(gaps);
            samples.push(sample);
        }
        let mut total = describe(&overall(&self.strata, &samples)?);
        add_sign_flip(&mut total, &weighted_sum(&weights, &exact)?)?;
        total["axes"] = json!(
            axes.iter()
                .map(|&axis| &self.input.axes[axis])
                .collect::<Vec<_>>()
        );
        result.insert("overall_common_axes".into(), total);
        Ok(Value::Object(result))
    }
}

fn describe(estimate: &Estimate) -> Value {
    json!({
        "estimate": estimate.value,
        "se": estimate.se,
        "df": estimate.df,
        "t_ci95": ends(estimate.t_interval(Confidence::P95)),
    })
}

fn describe_level(estimate: &Estimate) -> Value {
    let mut result = describe(estimate);
    result["logit_t_ci95"] = ends(estimate.logit_t_interval(Scale::POINTS, Confidence::P95));
    result
}

/// Adds the exact test of the pairs and returns their lattice steps.
fn add_sign_flip(result: &mut Value, gaps: &[Option<Rational>]) -> Stats<Vec<i64>> {
    let lattice = Lattice::of(&gaps.iter().copied().flatten().collect::<Vec<_>>())?;
    let test = sign_flip(&lattice.steps)?;
    result["n_pairs"] = json!(test.pairs);
    result["lattice"] = json!(lattice.denominator);
    result["sum_abs"] = json!(test.sum_abs);
    result["p_signflip"] = json!(test.p_two_sided());
    result["midp_signflip"] = json!(test.mid_p_two_sided());
    Ok(lattice.steps)
}

fn compare_axis(strata: &Strata, sample: &Axis, gaps: &[Option<Rational>]) -> Computed {
    let mut result = describe(&axis_mean(strata, sample)?);
    let steps = add_sign_flip(&mut result, gaps)?;
    let ranks = wilcoxon(&steps, Zeros::Pratt, false);
    let wins = WinCount::of(&steps)?;
    let pairs: Vec<f64> = sample.values().iter().copied().flatten().collect();
    result["wilcoxon_pratt_p"] = json!(ranks.p_asymptotic);
    result["wilcoxon_r_plus"] = json!(ranks.r_plus);
    result["wilcoxon_r_minus"] = json!(ranks.r_minus);
    result["dz"] = json!(PairedSummary::of(&pairs)?.dz());
    result["ps_dep"] = json!(wins.superiority());
    result["wins"] = json!(wins.wins);
    result["ties"] = json!(wins.ties);
    result["losses"] = json!(wins.losses);
    Ok(result)
}
