//! Where the spread of a task's difference comes from: task, generation seed, judge repeat, judge, wording of the rubric.
//!
//! Only tasks with every mark on both sides count, unweighted; an Overall takes the mean of a task's axes. Seeds and repeats
//! are nested in tasks and add over the two runs; judges of a panel, or wordings of one judge's rubric, cross the tasks. What
//! the runs cannot tell apart stays in the variance of tasks, and says why.
//!
//! Sources: σ²_e = MS_E, σ²_seed = (MS_S − MS_E)/R of the balanced nested design and σ²_judge = (MS_J − MS_IJ)/n of the crossed
//! one (Searle, Casella, McCulloch 1992, *Variance Components*; Brennan 2001, *Generalizability Theory*).

use serde::Serialize;

use crate::analysis::judges::panel::{self, Crossed};
use crate::analysis::scores::items::AxisSheet;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::crossed::{FEWEST_JUDGES, half_width};
use crate::stats::error::Result;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::nested::{Nested, nested};
use crate::stats::sample;
use crate::stats::variance_components::{TwoWay, two_way};
use crate::suite::{Axis, ScoreMap};

/// Seeds, or repeats, from which their variance can be estimated.
const FEWEST_REPEATS: usize = 2;

/// Why a source is not estimable from the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotEstimable {
    /// The runs have fewer levels of it than an estimate needs.
    TooFewLevels,
    /// The repeats of every answer are identical: at temperature 0, or from a cache, they are no replicates.
    IdenticalRepeats,
    /// The repeats of a panel are its judges, and do not show it.
    Panel,
}

/// One source of spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SpreadSource {
    /// `task`, `seed`, `judge-repeat`, `judge`, `wording`.
    pub source: &'static str,
    /// Its variance in squared points, as estimated: it may be negative. `None`: not estimable from these runs.
    pub variance: Option<f64>,
    /// Another source that could not be told apart and is part of this variance.
    pub includes: Option<&'static str>,
    /// Levels that the runs have.
    pub levels: usize,
    /// Levels that an estimate needs.
    pub needed: usize,
    /// Why there is no variance.
    pub not_estimable: Option<NotEstimable>,
}

/// The sources of a contrast's spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sources {
    /// Tasks with every mark on both sides.
    pub tasks: usize,
    /// Task, seed, judge repeat, judge, wording.
    pub sources: Vec<SpreadSource>,
    /// 95 % interval of the difference over tasks and judges (or wordings), in points; with a panel of three or more.
    pub over_judges95: Option<[f64; 2]>,
}

impl Sources {
    /// The variance of a source, where it is estimable.
    pub fn variance(&self, source: &str) -> Option<f64> {
        let mut all = self.sources.iter();
        all.find(|found| found.source == source)?.variance
    }

    /// Whether any source but the task is known.
    pub fn tells(&self) -> bool {
        let mut others = self.sources.iter().filter(|s| s.source != "task");
        others.any(|source| source.variance.is_some())
    }
}

type Part<'a> = (Axis, &'a AxisSheet, &'a AxisSheet);

/// Marks of one task, by sample and repeat; raw.
type Marks = Vec<Vec<f64>>;

/// The sources of one contrast, whose mean difference and own 95 % interval are given in raw marks; `None` with fewer than
/// two complete tasks.
///
/// # Errors
/// Those of the analyses of variance, which complete tables do not raise.
pub fn sources(
    mapping: ScoreMap,
    (a, b): (&Sheet, &Sheet),
    parts: &[Part<'_>],
    (difference, own): (f64, Option<Interval>),
) -> Result<Option<Sources>> {
    let left: Vec<&AxisSheet> = parts.iter().map(|(_, a, _)| *a).collect();
    let right: Vec<&AxisSheet> = parts.iter().map(|(_, _, b)| *b).collect();
    let items = left.first().map_or(0, |sheet| sheet.marks.len());
    let (mut of_a, mut of_b): (Vec<Marks>, Vec<Marks>) = (Vec::new(), Vec::new());
    for item in 0..items {
        if let (Some(x), Some(y)) = (complete(&left, item), complete(&right, item)) {
            of_a.push(x);
            of_b.push(y);
        }
    }
    if of_a.len() < 2 {
        return Ok(None);
    }
    let crossed = panel::crossed(&a.judge).zip(panel::crossed(&b.judge));
    let of_panel = [a, b].iter().any(|s| s.judge.identity.kind == panel::KIND);
    let known = match crossed {
        Some((x, y)) if x == y => Known::of_judges(&of_a, &of_b, x)?,
        _ if of_panel => Known::of_other_panel(),
        _ => Known::of_repeats(&of_a, &of_b),
    };
    let task = task_variance(&of_a, &of_b, known.noise);
    let square = mapping.slope().powi(2);
    let levels = Levels {
        seeds: a.samples.min(b.samples) as usize,
        repeats: match of_panel {
            true => 1,
            false => a.judge.repeats.min(b.judge.repeats) as usize,
        },
    };
    let mut sources = vec![SpreadSource {
        source: "task",
        variance: task.map(|v| v * square),
        includes: None,
        levels: of_a.len(),
        needed: FEWEST_REPEATS,
        not_estimable: None,
    }];
    sources.extend(known.listed(levels).map(|source| SpreadSource {
        variance: source.variance.map(|v| v * square),
        ..source
    }));
    let ends = |interval: Interval| [interval.lo, interval.hi].map(|end| end * mapping.slope());
    let wider = known
        .anova
        .zip(own)
        .map(|(anova, own)| over_judges(difference, own, &anova));
    Ok(Some(Sources {
        tasks: of_a.len(),
        sources,
        over_judges95: wider.map(ends),
    }))
}

/// Marks of one task if all are there: the mean over the axes that it has.
fn complete(axes: &[&AxisSheet], item: usize) -> Option<Marks> {
    let mut sum: Option<Marks> = None;
    let mut count = 0.0;
    let here = axes.iter().filter_map(|sheet| sheet.marks.get(item));
    for marks in here.flatten() {
        let whole: Marks = marks
            .iter()
            .map(|repeats| repeats.iter().map(|m| m.map(|m| m.to_f64())).collect())
            .collect::<Option<_>>()?;
        count += 1.0;
        sum = match sum {
            None => Some(whole),
            Some(before) => Some(added(before, &whole)),
        };
    }
    let mut sum = sum?;
    for value in sum.iter_mut().flatten() {
        *value /= count;
    }
    Some(sum)
}

fn added(mut sum: Marks, more: &Marks) -> Marks {
    for (x, y) in sum.iter_mut().flatten().zip(more.iter().flatten()) {
        *x += y;
    }
    sum
}

/// Levels of the nested sources.
#[derive(Clone, Copy)]
struct Levels {
    seeds: usize,
    repeats: usize,
}

/// A variance, or why there is none.
type Estimate = std::result::Result<f64, NotEstimable>;

/// Variances of the difference that the runs can tell, raw.
struct Known {
    seed: Estimate,
    /// The seed's variance has that of the judge's repeats in it.
    seed_with_repeat: bool,
    repeat: Estimate,
    judge: (Estimate, usize),
    wording: (Estimate, usize),
    /// Part of the variance of a task's difference that they make.
    noise: f64,
    anova: Option<TwoWay>,
}

impl Known {
    fn nothing(why: NotEstimable) -> Self {
        Self {
            seed: Err(why),
            seed_with_repeat: false,
            repeat: Err(why),
            judge: (Err(NotEstimable::TooFewLevels), 1),
            wording: (Err(NotEstimable::TooFewLevels), 1),
            noise: 0.0,
            anova: None,
        }
    }

    /// Of a panel whose marks are no complete table of its judges, a median for example.
    fn of_other_panel() -> Self {
        Self {
            judge: (Err(NotEstimable::Panel), 1),
            ..Self::nothing(NotEstimable::Panel)
        }
    }

    /// Of repeats of one judge: the nested design of each run. Where repeats show no noise of their own, a seed's variance
    /// includes theirs.
    fn of_repeats(a: &[Marks], b: &[Marks]) -> Self {
        let (Ok(x), Ok(y)) = (nested(a), nested(b)) else {
            return Self::nothing(NotEstimable::TooFewLevels);
        };
        let mut known = Self::nothing(NotEstimable::TooFewLevels);
        if let Some(repeat) = sum(x.repeat_variance(), y.repeat_variance()) {
            known.repeat = match repeat > 0.0 {
                true => Ok(repeat),
                false => Err(NotEstimable::IdenticalRepeats),
            };
        }
        let told = known.repeat.is_ok();
        let seed = |n: &Nested| match told {
            true => n.seed_variance(),
            // MS_S/R: what seeds and repeats make together.
            false => n.ms_seed.map(|ms| ms / n.repeats as f64),
        };
        if let Some(variance) = sum(seed(&x), seed(&y)) {
            known.seed = Ok(variance);
            known.seed_with_repeat = !told;
        }
        let of_run = |n: &Nested| {
            let repeat = n.repeat_variance().filter(|_| told).unwrap_or(0.0);
            let repeats = repeat / (n.seeds * n.repeats) as f64;
            seed(n).unwrap_or(0.0) / n.seeds as f64 + repeats
        };
        known.noise = of_run(&x) + of_run(&y);
        known
    }

    /// Of the table tasks × judges (or wordings) of differences.
    fn of_judges(a: &[Marks], b: &[Marks], crossed: Crossed) -> Result<Self> {
        let (Crossed::Judges(judges) | Crossed::Wordings(judges)) = crossed;
        let mut known = Self::nothing(NotEstimable::Panel);
        let set = |known: &mut Self, estimate| match crossed {
            Crossed::Judges(_) => known.judge = (estimate, judges),
            Crossed::Wordings(_) => known.wording = (estimate, judges),
        };
        if judges < FEWEST_JUDGES {
            set(&mut known, Err(NotEstimable::TooFewLevels));
            return Ok(known);
        }
        let by_judge = |task: &Marks, judge: usize| {
            let own = task
                .iter()
                .flat_map(|repeats| repeats.iter().skip(judge).step_by(judges));
            sample::mean(&own.copied().collect::<Vec<_>>()).unwrap_or(0.0)
        };
        let row = |(x, y): (&Marks, &Marks)| -> Vec<f64> {
            (0..judges)
                .map(|judge| by_judge(x, judge) - by_judge(y, judge))
                .collect()
        };
        let table: Vec<Vec<f64>> = a.iter().zip(b).map(row).collect();
        let anova = two_way(&table)?;
        set(&mut known, Ok(anova.judge_variance()));
        // What tasks and judges make together is noise of a task's mean over the judges.
        known.noise = anova.ms_error / judges as f64;
        known.anova = Some(anova);
        Ok(known)
    }

    fn listed(&self, levels: Levels) -> impl Iterator<Item = SpreadSource> {
        let source = |source, estimate: Estimate, levels, needed| SpreadSource {
            source,
            variance: estimate.ok(),
            includes: None,
            levels,
            needed,
            not_estimable: estimate.err(),
        };
        let (judge, wording) = (self.judge, self.wording);
        [
            SpreadSource {
                includes: self.seed_with_repeat.then_some("judge-repeat"),
                ..source("seed", self.seed, levels.seeds, FEWEST_REPEATS)
            },
            source("judge-repeat", self.repeat, levels.repeats, FEWEST_REPEATS),
            source("judge", judge.0, judge.1, FEWEST_JUDGES),
            source("wording", wording.0, wording.1, FEWEST_JUDGES),
        ]
        .into_iter()
    }
}

fn sum(x: Option<f64>, y: Option<f64>) -> Option<f64> {
    Some(x? + y?)
}

/// Variance of the tasks' differences without what is known to be noise.
fn task_variance(a: &[Marks], b: &[Marks], noise: f64) -> Option<f64> {
    let value = |task: &Marks| {
        let samples: Vec<f64> = task
            .iter()
            .filter_map(|repeats| sample::mean(repeats))
            .collect();
        sample::mean(&samples).unwrap_or(0.0)
    };
    let differences: Vec<f64> = a.iter().zip(b).map(|(x, y)| value(x) - value(y)).collect();
    Some(sample::variance(&differences)? - noise)
}

/// The own interval, widened on each side by what other judges could make of the difference, within the scale.
fn over_judges(difference: f64, own: Interval, anova: &TwoWay) -> Interval {
    let of_judges = half_width(0.0, 1.0, anova, Confidence::P95);
    Interval {
        lo: (difference - (difference - own.lo).hypot(of_judges)).max(-RAW_RANGE),
        hi: (difference + (own.hi - difference).hypot(of_judges)).min(RAW_RANGE),
    }
}

#[cfg(test)]
mod tests;
