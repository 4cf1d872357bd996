//! Where the spread of a task's difference comes from: task, generation seed, judge repeat, judge, wording of the rubric.
//!
//! Only tasks with every mark on both sides count, unweighted; an Overall takes the mean of a task's axes. Seeds and repeats
//! are nested in tasks and add over the two runs; judges of a panel cross the tasks. What the runs cannot tell apart is not
//! estimable, and stays in the variance of tasks.

use serde::Serialize;

use crate::analysis::judges::panel;
use crate::analysis::scores::sheet::{AxisSheet, Sheet};
use crate::stats::crossed::half_width;
use crate::stats::error::Result;
use crate::stats::interval::Confidence;
use crate::stats::nested::nested;
use crate::stats::sample;
use crate::stats::variance_components::{TwoWay, two_way};
use crate::stats::weighted::WeightedMean;
use crate::suite::{Axis, ScoreMap};

/// Judges, or wordings, from which others can be spoken about.
const FEWEST_JUDGES: u32 = 3;

/// One source of spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    /// `task`, `seed`, `judge-repeat`, `judge`, `wording`.
    pub source: &'static str,
    /// Its variance in squared points, as estimated: it may be negative. `None`: not estimable from these runs.
    pub variance: Option<f64>,
    /// Levels that the runs have.
    pub levels: u32,
    /// Levels that an estimate needs.
    pub needed: u32,
}

/// The sources of a contrast's spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sources {
    /// Tasks with every mark on both sides.
    pub tasks: usize,
    /// Task, seed, judge repeat, judge, wording.
    pub sources: Vec<Source>,
    /// 95 % interval of the difference over tasks and judges, in points; with a panel of three judges or more.
    pub over_judges95: Option<[f64; 2]>,
}

impl Sources {
    /// Whether any source but the task is known.
    pub fn tells(&self) -> bool {
        let others = self.sources.iter().filter(|s| s.source != "task");
        others.into_iter().any(|source| source.variance.is_some())
    }
}

type Part<'a> = (Axis, &'a AxisSheet, &'a AxisSheet);

/// Marks of one task, by sample and repeat; raw.
type Cube = Vec<Vec<Vec<f64>>>;

/// The sources of one contrast; `None` with fewer than two complete tasks.
///
/// # Errors
/// Those of the analyses of variance, which complete tables do not raise.
pub fn sources(
    mapping: ScoreMap,
    (a, b): (&Sheet, &Sheet),
    parts: &[Part<'_>],
    mean: &WeightedMean,
) -> Result<Option<Sources>> {
    let left = parts.iter().map(|(_, a, _)| *a).collect::<Vec<_>>();
    let right = parts.iter().map(|(_, _, b)| *b).collect::<Vec<_>>();
    let items = left.first().map_or(0, |sheet| sheet.marks.len());
    let (mut of_a, mut of_b): (Cube, Cube) = (Vec::new(), Vec::new());
    for item in 0..items {
        if let (Some(x), Some(y)) = (complete(&left, item), complete(&right, item)) {
            of_a.push(x);
            of_b.push(y);
        }
    }
    if of_a.len() < 2 {
        return Ok(None);
    }
    let judges = panel_size(a).filter(|judges| panel_size(b) == Some(*judges));
    let square = mapping.slope().powi(2);
    let known = match judges {
        Some(judges) => Known::of_judges(&of_a, &of_b, judges)?,
        None if panel_size(a).is_some() || panel_size(b).is_some() => Known::default(),
        None => Known::of_repeats(&of_a, &of_b)?,
    };
    let source = |source, variance: Option<f64>, levels, needed| Source {
        source,
        variance: variance.map(|v| v * square),
        levels,
        needed,
    };
    let repeats = if judges.is_some() {
        1
    } else {
        a.judge.repeats.min(b.judge.repeats)
    };
    let task = task_variance(&of_a, &of_b, &known);
    Ok(Some(Sources {
        tasks: of_a.len(),
        sources: vec![
            source("task", task, of_a.len() as u32, 2),
            source("seed", known.seed, a.samples.min(b.samples), 2),
            source("judge-repeat", known.repeat, repeats, 2),
            source(
                "judge",
                known.judge,
                judges.unwrap_or(1) as u32,
                FEWEST_JUDGES,
            ),
            source("wording", None, 1, FEWEST_JUDGES),
        ],
        over_judges95: over_judges(mapping, mean, known.anova.as_ref()),
    }))
}

/// Judges of a panel whose mean was taken; `None` for one judge, 0 for another panel.
fn panel_size(sheet: &Sheet) -> Option<usize> {
    let identity = &sheet.judge.identity;
    let members = identity
        .details
        .keys()
        .filter(|key| key.starts_with("member."));
    let mean = identity
        .details
        .get("combined_by")
        .is_some_and(|how| how == "mean");
    (identity.kind == panel::KIND).then(|| if mean { members.count() } else { 0 })
}

/// Marks of one task if all are there: the mean over the axes that it has.
fn complete(axes: &[&AxisSheet], item: usize) -> Option<Vec<Vec<f64>>> {
    let mut sum: Option<Vec<Vec<f64>>> = None;
    let mut count = 0.0;
    for marks in axes
        .iter()
        .filter_map(|sheet| sheet.marks.get(item)?.as_ref())
    {
        let whole: Vec<Vec<f64>> = marks
            .iter()
            .map(|repeats| repeats.iter().map(|m| m.map(|m| m as f64)).collect())
            .collect::<Option<_>>()?;
        count += 1.0;
        sum = match sum {
            None => Some(whole),
            Some(mut before) => {
                for (x, y) in before.iter_mut().flatten().zip(whole.iter().flatten()) {
                    *x += y;
                }
                Some(before)
            }
        };
    }
    let mut sum = sum?;
    for value in sum.iter_mut().flatten() {
        *value /= count;
    }
    Some(sum)
}

/// Variances of the difference that the runs can tell, raw.
#[derive(Default)]
struct Known {
    seed: Option<f64>,
    repeat: Option<f64>,
    judge: Option<f64>,
    /// Part of the variance of a task's difference that they make.
    noise: f64,
    anova: Option<TwoWay>,
}

impl Known {
    fn of_repeats(a: &Cube, b: &Cube) -> Result<Self> {
        let (Ok(x), Ok(y)) = (nested(a), nested(b)) else {
            return Ok(Self::default());
        };
        // Identical repeats are no replicates.
        let repeat = sum(x.repeat_variance(), y.repeat_variance()).filter(|noise| *noise > 0.0);
        let seed = sum(x.seed_variance(), y.seed_variance()).filter(|_| repeat.is_some());
        let per_task = |n: &crate::stats::nested::Nested| {
            let seeds = n.seed_variance().map_or(0.0, |v| v / n.seeds as f64);
            let repeats = n.repeat_variance().unwrap_or(0.0) / (n.seeds * n.repeats) as f64;
            seeds + repeats
        };
        let noise = if repeat.is_some() {
            per_task(&x) + per_task(&y)
        } else {
            0.0
        };
        Ok(Self {
            seed,
            repeat,
            noise,
            ..Self::default()
        })
    }

    /// From the table tasks × judges of differences.
    fn of_judges(a: &Cube, b: &Cube, judges: usize) -> Result<Self> {
        if judges < FEWEST_JUDGES as usize {
            return Ok(Self::default());
        }
        let by_judge = |task: &Vec<Vec<f64>>, judge: usize| {
            let own = task
                .iter()
                .flat_map(|repeats| repeats.iter().skip(judge).step_by(judges));
            sample::mean(&own.copied().collect::<Vec<_>>()).unwrap_or(0.0)
        };
        let row = |(x, y): (&Vec<Vec<f64>>, &Vec<Vec<f64>>)| -> Vec<f64> {
            (0..judges)
                .map(|judge| by_judge(x, judge) - by_judge(y, judge))
                .collect()
        };
        let table: Vec<Vec<f64>> = a.iter().zip(b).map(row).collect();
        let anova = two_way(&table)?;
        Ok(Self {
            judge: Some(anova.judge_variance()),
            // What tasks and judges make together is noise of a task's mean over the judges.
            noise: anova.ms_error / judges as f64,
            anova: Some(anova),
            ..Self::default()
        })
    }
}

fn sum(x: Option<f64>, y: Option<f64>) -> Option<f64> {
    Some(x? + y?)
}

/// Variance of the tasks' differences without what is known to be noise.
fn task_variance(a: &Cube, b: &Cube, known: &Known) -> Option<f64> {
    let value = |task: &Vec<Vec<f64>>| {
        let samples: Vec<f64> = task
            .iter()
            .filter_map(|repeats| sample::mean(repeats))
            .collect();
        sample::mean(&samples).unwrap_or(0.0)
    };
    let differences: Vec<f64> = a.iter().zip(b).map(|(x, y)| value(x) - value(y)).collect();
    Some(sample::variance(&differences)? - known.noise)
}

fn over_judges(mapping: ScoreMap, mean: &WeightedMean, anova: Option<&TwoWay>) -> Option<[f64; 2]> {
    let (se, df) = (mean.se()?, mean.df()?);
    let half = half_width(se, df, anova?, Confidence::P95);
    let (slope, range) = (mapping.slope(), 4.0);
    let end = |raw: f64| raw.clamp(-range, range) * slope;
    Some([end(mean.value() - half), end(mean.value() + half)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tasks with `seeds` samples of two repeats: task effect, seed effect and repeat noise by turns.
    fn cube(seed: f64, repeat: f64) -> Cube {
        let sign = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        let sample = |task: usize, s: usize| {
            (0..2)
                .map(|r| task as f64 + seed * sign(s) + repeat * sign(r))
                .collect()
        };
        (0..8)
            .map(|task| (0..2).map(|s| sample(task % 4, s)).collect())
            .collect()
    }

    #[test]
    fn noise_of_repeats_and_seeds_is_told_apart() {
        let known = Known::of_repeats(&cube(0.0, 0.5), &cube(0.0, 0.5)).unwrap();
        assert!((known.repeat.unwrap() - 1.0).abs() < 1e-12);
        assert!(known.seed.unwrap() < 0.0);
        let known = Known::of_repeats(&cube(1.0, 0.5), &cube(0.0, 0.5)).unwrap();
        assert!(known.seed.unwrap() > 0.5);
    }

    #[test]
    fn identical_repeats_are_no_replicates() {
        let known = Known::of_repeats(&cube(1.0, 0.0), &cube(1.0, 0.0)).unwrap();
        assert_eq!((known.repeat, known.seed, known.noise), (None, None, 0.0));
    }

    #[test]
    fn two_judges_say_nothing_about_others() {
        let one = |marks: [f64; 2]| vec![marks.to_vec()];
        let (a, b) = (
            vec![one([1.0, 2.0]), one([2.0, 3.0])],
            vec![one([1.0, 1.0]); 2],
        );
        assert!(Known::of_judges(&a, &b, 2).unwrap().judge.is_none());
    }

    #[test]
    fn judges_who_differ_by_a_constant_have_a_variance() {
        let task = |t: f64| vec![vec![t, t + 1.0, t + 2.0]];
        let (a, b) = (
            (0..5).map(|t| task(f64::from(t))).collect(),
            vec![vec![vec![1.0; 3]]; 5],
        );
        let known = Known::of_judges(&a, &b, 3).unwrap();
        assert!((known.judge.unwrap() - 1.0).abs() < 1e-12 && known.noise.abs() < 1e-12);
    }
}
