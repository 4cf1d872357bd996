//! One run's scores: the design-weighted mean of every axis with its interval, what is
//! missing and why, and Overall where it is defined.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::run::manifest::{CategorySection, SuiteSection};
use crate::run::scores::{ScoreRow, Status};
use crate::stats::interval::{Confidence, Interval, Scale};
use crate::stats::stratified::{self, Estimate, LevelMethod, Strata};
use crate::suite::{Axis, ScoreMap};

/// A mean on the points scale with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Mean in points.
    pub points: f64,
    /// Mean raw mark, 1–5.
    pub raw: f64,
    /// Standard error in points; absent when a single item was observed.
    pub se: Option<f64>,
    /// Ends of the 95 % interval in points.
    pub ci95: [f64; 2],
    /// `logit-t`, or `degenerate` for a sample without variance.
    pub method: &'static str,
    /// Items behind it.
    pub items: usize,
}

/// Why there is no mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoLevel {
    /// The axis means nothing for this model or suite.
    NotApplicable,
    /// A stratum has no mark at all, so its weight rests on nothing.
    EmptyStratum(String),
    /// Overall needs every axis of the suite; this one has no mean.
    Lacks(Axis),
    /// Nothing is marked.
    NoMarks,
}

/// The score of one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisScore {
    /// The axis.
    pub axis: Axis,
    /// Its mean, or why there is none.
    pub level: Result<Level, NoLevel>,
    /// Marks by status; marks that are not applicable are not counted.
    pub counts: BTreeMap<&'static str, u64>,
    /// Marks that should be there.
    pub expected: u64,
    /// Marks that should be there and are not.
    pub missing: u64,
}

/// Scores of one run under one judge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreTable {
    /// The suite's name.
    pub suite: String,
    /// The model's name.
    pub model: Arc<str>,
    /// The judge's name.
    pub judge: Arc<str>,
    /// From marks to points.
    pub mapping: ScoreMap,
    /// Scores in the suite's order of axes.
    pub axes: Vec<AxisScore>,
    /// Unweighted mean of the axis means.
    pub overall: Result<Level, NoLevel>,
    /// Marks that should be there and are not, as a share of those that should.
    pub missing_share: f64,
    /// Strata of the suite that this run did not ask: the means say nothing about them.
    pub strata_left_out: Vec<String>,
    /// Strata with a single item that were merged with another: `(from, into)`.
    pub strata_merged: Vec<(String, String)>,
}

/// Builds the table of each judge in `rows`, in order of first appearance.
///
/// An item's value is the mean over its samples of the mean over the repeats that
/// are there; seeds and repeats never count as items.
pub fn score_tables(suite: &SuiteSection, rows: &[ScoreRow]) -> Vec<ScoreTable> {
    let mut judges: Vec<Arc<str>> = Vec::new();
    let mut by_judge: HashMap<Arc<str>, Vec<&ScoreRow>> = HashMap::new();
    for row in rows {
        if !by_judge.contains_key(&row.judge) {
            judges.push(Arc::clone(&row.judge));
        }
        by_judge
            .entry(Arc::clone(&row.judge))
            .or_default()
            .push(row);
    }
    judges
        .into_iter()
        .filter_map(|judge| {
            let rows = by_judge.remove(&judge)?;
            Some(score_table(suite, judge, &rows))
        })
        .collect()
}

fn score_table(suite: &SuiteSection, judge: Arc<str>, rows: &[&ScoreRow]) -> ScoreTable {
    let design = Design::new(suite, rows);
    let mut merged = Vec::new();
    let mut estimates = Vec::new();
    let mut axes = Vec::new();
    for &axis in &suite.axes {
        let score = AxisCells::new(&design, rows, axis);
        let estimate = score.estimate(&design);
        let level = estimate
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|(_, estimate)| level(suite.mapping, estimate));
        axes.push(AxisScore {
            axis,
            level,
            missing: score.missing,
            expected: score.expected,
            counts: score.counts,
        });
        estimates.push(estimate);
    }
    let overall = overall(&design, suite, estimates);
    let overall = overall.and_then(|estimate| {
        let name = |number: usize| design.categories[number].name.clone();
        merged.extend(estimate.merged.iter().map(|m| (name(m.from), name(m.into))));
        level(suite.mapping, &estimate)
    });
    let expected: u64 = axes.iter().map(|axis| axis.expected).sum();
    let missing: u64 = axes.iter().map(|axis| axis.missing).sum();
    ScoreTable {
        suite: suite.name.clone(),
        model: rows
            .first()
            .map_or_else(|| "".into(), |row| Arc::clone(&row.model)),
        judge,
        mapping: suite.mapping,
        axes,
        overall,
        missing_share: if expected == 0 {
            0.0
        } else {
            missing as f64 / expected as f64
        },
        strata_left_out: left_out(suite),
        strata_merged: merged,
    }
}

fn left_out(suite: &SuiteSection) -> Vec<String> {
    let unasked = suite
        .categories
        .iter()
        .filter(|category| category.selected == 0);
    unasked.map(|category| category.name.clone()).collect()
}

/// Items and strata, the same for all axes.
struct Design<'a> {
    categories: Vec<&'a CategorySection>,
    items: HashMap<&'a str, usize>,
    strata: Strata,
}

impl<'a> Design<'a> {
    fn new(suite: &'a SuiteSection, rows: &[&'a ScoreRow]) -> Self {
        let categories: Vec<_> = suite.categories.iter().collect();
        let mut items = HashMap::new();
        let mut of_item = Vec::new();
        for row in rows {
            if items.contains_key(&*row.task) {
                continue;
            }
            let stratum = categories
                .iter()
                .position(|known| *known.name == *row.category);
            if let Some(stratum) = stratum {
                items.insert(&*row.task, of_item.len());
                of_item.push(stratum);
            }
        }
        let count = of_item.len();
        Self {
            strata: Strata::new(of_item, categories.len())
                .unwrap_or_else(|_| Strata::single(count)),
            categories,
            items,
        }
    }

    /// Planned sizes of the strata in which `axis` exists and which were asked.
    fn population(&self, axis: Axis) -> Vec<f64> {
        let size = |category: &&CategorySection| {
            let counts = category.selected > 0 && axis.exists_for(category.kind);
            if counts {
                f64::from(category.planned)
            } else {
                0.0
            }
        };
        self.categories.iter().map(size).collect()
    }
}

/// The marks of one axis, gathered by item.
struct AxisCells {
    axis: Axis,
    values: Vec<Option<f64>>,
    counts: BTreeMap<&'static str, u64>,
    expected: u64,
    missing: u64,
}

impl AxisCells {
    fn new(design: &Design<'_>, rows: &[&ScoreRow], axis: Axis) -> Self {
        let mut by_sample: BTreeMap<(usize, u32), (f64, f64)> = BTreeMap::new();
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        let (mut expected, mut missing) = (0, 0);
        for row in rows.iter().filter(|row| row.axis == axis) {
            if row.status == Status::NotApplicable {
                continue;
            }
            expected += 1;
            missing += u64::from(row.status.is_missing());
            *counts.entry(row.status.key()).or_default() += 1;
            if let (Some(score), Some(&item)) = (row.score, design.items.get(&*row.task)) {
                let (sum, number) = by_sample.entry((item, row.seed)).or_default();
                *sum += f64::from(score.get());
                *number += 1.0;
            }
        }
        let mut by_item: Vec<(f64, f64)> = vec![(0.0, 0.0); design.strata.items()];
        for ((item, _), (sum, number)) in by_sample {
            let (total, samples) = &mut by_item[item];
            *total += sum / number;
            *samples += 1.0;
        }
        let value = |(total, samples): &(f64, f64)| (*samples > 0.0).then(|| total / samples);
        Self {
            axis,
            values: by_item.iter().map(value).collect(),
            counts,
            expected,
            missing,
        }
    }

    fn estimate(&self, design: &Design<'_>) -> Result<(stratified::Axis, Estimate), NoLevel> {
        if self.expected == 0 {
            return Err(NoLevel::NotApplicable);
        }
        if self.values.iter().all(Option::is_none) {
            return Err(NoLevel::NoMarks);
        }
        let population = design.population(self.axis);
        let observed = stratified::by_stratum(&design.strata, &self.values);
        let empty = (0..population.len())
            .find(|&stratum| population[stratum] > 0.0 && observed[stratum].n == 0);
        if let Some(stratum) = empty {
            return Err(NoLevel::EmptyStratum(
                design.categories[stratum].name.clone(),
            ));
        }
        let axis = stratified::Axis::new(&design.strata, self.values.clone(), &population)
            .map_err(|_| NoLevel::NoMarks)?;
        let estimate =
            stratified::axis_mean(&design.strata, &axis).map_err(|_| NoLevel::NoMarks)?;
        Ok((axis, estimate))
    }
}

/// Overall: every axis of the suite, or none. A mean over fewer axes is another quantity.
fn overall(
    design: &Design<'_>,
    suite: &SuiteSection,
    estimates: Vec<Result<(stratified::Axis, Estimate), NoLevel>>,
) -> Result<Estimate, NoLevel> {
    let mut axes = Vec::new();
    for (&axis, estimate) in suite.axes.iter().zip(estimates) {
        axes.push(estimate.map_err(|_| NoLevel::Lacks(axis))?.0);
    }
    stratified::overall(&design.strata, &axes).map_err(|_| NoLevel::NoMarks)
}

/// An estimate in raw marks as a level in points, with its 95 % interval.
pub(crate) fn level(mapping: ScoreMap, raw: &Estimate) -> Result<Level, NoLevel> {
    let (interval, method) = raw
        .level_interval(Scale::RAW, Confidence::P95)
        .ok_or(NoLevel::NoMarks)?;
    let Interval { lo, hi } = interval;
    Ok(Level {
        points: mapping.points(raw.value),
        raw: raw.value,
        se: raw.se.map(|se| se * mapping.slope()),
        ci95: [mapping.points(lo), mapping.points(hi)],
        method: match method {
            LevelMethod::LogitT => "logit-t",
            LevelMethod::Degenerate => "degenerate",
        },
        items: raw.items,
    })
}

#[cfg(test)]
mod tests;
