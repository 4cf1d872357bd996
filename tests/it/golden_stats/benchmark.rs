//! A whole benchmark: levels, paired comparisons and their family.

use super::support::{Computed, ends, read};
use parabench::stats::design::Design;
use parabench::stats::effect::WinCount;
use parabench::stats::error::Result as Stats;
use parabench::stats::flips::Origin;
use parabench::stats::interval::{Confidence, Scale};
use parabench::stats::lattice::{Lattice, differences, item_value};
use parabench::stats::multiplicity::holm;
use parabench::stats::paired::PairedSummary;
use parabench::stats::rational::Rational;
use parabench::stats::score_map::ScoreMap;
use parabench::stats::strata::{Strata, by_stratum};
use parabench::stats::variance_components::one_way;
use parabench::stats::weighted::{AxisCells, WeightedMean};
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
    design: Design,
    /// `population[axis][category]`: items of the category if any model has the axis there, else 0.
    population: Vec<Vec<u32>>,
    /// `values[model][axis]`.
    values: Vec<Vec<Option<Values>>>,
}

/// `expected` says where the vectors hold only the true value of a bracket.
pub fn whole_benchmark(input: Value, expected: &Value) -> Computed {
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
        let (comparison, tests) = benchmark.compare(0, other, &expected["comparisons"][name])?;
        for (metric, test) in tests {
            labels.push(json!([name, metric]));
            p.push(Some(test));
        }
        comparisons.insert(name.clone(), comparison);
    }
    let family = json!({ "labels": labels, "bracket_p": p, "bracket_holm": holm(&p)? });
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
            design: Design::new(strata, None)?,
            population,
            values,
            input,
        })
    }

    fn population(input: &Input, axis: usize) -> Vec<u32> {
        let mut sizes = vec![0; input.categories.len()];
        let mut exists = vec![false; input.categories.len()];
        for (item, &category) in input.category_of_item.iter().enumerate() {
            sizes[category] += 1;
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
            .map(|(size, exists)| if exists { *size } else { 0 })
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

    fn levels(&self, model: usize) -> Computed {
        let mut result = Map::new();
        let axes = self.axes_of(model);
        let mut samples = Vec::new();
        for &axis in &axes {
            samples.push(self.values(model, axis).to_vec());
            result.insert(self.input.axes[axis].clone(), self.level(model, axis)?);
        }
        let mut mean = describe_level(&self.mean(&axes, &samples)?);
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
        let values = self.values(model, axis).to_vec();
        let mean = self.mean(&[axis], std::slice::from_ref(&values))?;
        let mut result = describe_level(&mean);
        let cells = self.input.scores[model][axis]
            .as_deref()
            .unwrap_or_default();
        let judgements = cells.iter().flatten().flatten().count();
        let asked = self.population[axis].iter().sum::<u32>() as usize
            * self.input.seeds
            * self.input.repeats;
        result["n_items"] = json!(mean.units());
        result["judgements"] = json!(judgements);
        result["missing_judgements"] = json!(asked - judgements);
        result["estimate_20x"] = json!(ScoreMap::TWENTY.level(mean.value()));
        let mut categories = Map::new();
        let in_points =
            |value: &Option<Rational>| value.map(|v| ScoreMap::POINTS.level(v.to_f64()));
        let sample: Vec<Option<f64>> = values.iter().map(in_points).collect();
        for (stratum, summary) in by_stratum(self.design.strata(), &sample).iter().enumerate() {
            let exists = self.population[axis][stratum] > 0;
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

    /// The comparison, and the p of each metric by name.
    fn compare(
        &self,
        a: usize,
        b: usize,
        expected: &Value,
    ) -> Result<Compared, Box<dyn std::error::Error>> {
        let axes = self.common_axes(a, b);
        let (mut result, mut tests, mut gaps) = (Map::new(), Vec::new(), Vec::new());
        for &axis in &axes {
            let name = &self.input.axes[axis];
            let own = differences(self.values(a, axis), self.values(b, axis))?;
            let mean = self.mean(&[axis], std::slice::from_ref(&own))?;
            let mut line = describe_difference(&mean, &expected[name])?;
            add_effects(&mut line, &own)?;
            tests.push((name.clone(), mean.sign_flip(0)?.p));
            result.insert(name.clone(), line);
            gaps.push(own);
        }
        let mean = self.mean(&axes, &gaps)?;
        let name = "overall_common_axes".to_owned();
        let mut total = describe_difference(&mean, &expected[&name])?;
        total["axes"] = json!(
            axes.iter()
                .map(|&axis| &self.input.axes[axis])
                .collect::<Vec<_>>()
        );
        tests.push((name.clone(), mean.sign_flip(0)?.p));
        result.insert(name, total);
        Ok((Value::Object(result), tests))
    }

    /// The mean of the axes' values.
    fn mean(&self, axes: &[usize], values: &[Values]) -> Stats<WeightedMean> {
        let cells: Vec<AxisCells<'_>> = axes
            .iter()
            .zip(values)
            .map(|(&axis, values)| AxisCells {
                values,
                planned: &self.population[axis],
            })
            .collect();
        WeightedMean::new(&self.design, &cells)
    }
}

type Compared = (Value, Vec<(String, f64)>);

fn describe(mean: &WeightedMean, map: ScoreMap) -> Value {
    json!({
        "estimate": map.level(mean.value()),
        "se": mean.se().map(|se| map.difference(se)),
        "df": mean.df(),
        "t_ci95": ends(mean.t_interval(Confidence::P95).map(|raw| map.level_interval(raw))),
    })
}

fn describe_level(mean: &WeightedMean) -> Value {
    let mut result = describe(mean, ScoreMap::POINTS);
    let interval = mean.logit_t_interval(Scale::RAW, Confidence::P95);
    result["logit_t_ci95"] = ends(interval.map(|raw| ScoreMap::POINTS.level_interval(raw)));
    result
}

/// A difference with its exact test.
fn describe_difference(mean: &WeightedMean, expected: &Value) -> Computed {
    let differences = ScoreMap {
        factor: ScoreMap::POINTS.factor,
        offset: 0.0,
    };
    let mut result = describe(mean, differences);
    let test = mean.sign_flip(0)?;
    let bracket = expected["bracket_p"].is_number();
    let exact = matches!(test.origin, Origin::Exact(_)) && !bracket;
    let u = mean.contributions().values();
    result["n_pairs"] = json!(mean.units());
    result["z_weighted"] =
        json!(u.iter().sum::<f64>().abs() / u.iter().map(|u| u * u).sum::<f64>().sqrt());
    result["p_signflip"] = json!(exact.then_some(test.p));
    result["midp_signflip"] = json!(test.mid_p.filter(|_| exact));
    result["bracket_p"] = json!(bracket.then_some(test.p));
    Ok(result)
}

/// Adds ranks and effect sizes of an axis' pairs.
fn add_effects(result: &mut Value, gaps: &[Option<Rational>]) -> Stats<()> {
    let observed: Vec<Rational> = gaps.iter().copied().flatten().collect();
    let steps = Lattice::of(&observed)?.steps;
    let ranks = wilcoxon(&steps, Zeros::Pratt, false);
    let wins = WinCount::of(&steps)?;
    let pairs: Vec<f64> = observed.iter().map(|gap| gap.to_f64()).collect();
    result["wilcoxon_pratt_p"] = json!(ranks.p_asymptotic);
    result["wilcoxon_r_plus"] = json!(ranks.r_plus);
    result["wilcoxon_r_minus"] = json!(ranks.r_minus);
    result["dz"] = json!(PairedSummary::of(&pairs)?.dz());
    result["ps_dep"] = json!(wins.superiority());
    result["wins"] = json!(wins.wins);
    result["ties"] = json!(wins.ties);
    result["losses"] = json!(wins.losses);
    Ok(())
}
