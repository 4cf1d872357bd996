//! One run's scores: the design-weighted mean of every axis with its interval, what is
//! missing and why, and Overall where it is defined.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::analysis::scores::beside::{self, BesideScore};
use crate::analysis::scores::items::{AxisSheet, Items};
use crate::analysis::scores::official::{Official, in_print, officials};
use crate::analysis::scores::ratio;
use crate::analysis::scores::sheet::axis_sheets;
use crate::run::manifest::SuiteSection;
use crate::run::scores::ScoreRow;
use crate::stats::error::StatsError;
use crate::stats::interval::{Confidence, Interval, Scale};
use crate::stats::weighted::{AxisCells, LevelMethod, WeightedMean};
use crate::suite::axes::scale::MarkScale;
use crate::suite::{Axis, Print, ScoreMap};

/// A mean on the points scale with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Mean in points.
    pub points: f64,
    /// Mean raw mark, on the scale of the axis.
    pub raw: f64,
    /// Standard error in points; absent when a single item was observed.
    pub se: Option<f64>,
    /// Ends of the 95 % interval in points.
    pub ci95: [f64; 2],
    /// `logit-t`, `degenerate` for a sample without variance, or `bridge` on the scale of another judge.
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
    /// The design is too thin to say how uncertain the mean is: a category is a single cluster of tasks.
    NoInterval,
    /// Another judge marked the run, and the bridge does not join it.
    NotJoined,
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
    /// Axes beside the figures of the suite.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<BesideScore>,
    /// Unweighted mean of the axis means.
    pub overall: Result<Level, NoLevel>,
    /// Marks that should be there and are not, as a share of those that should.
    pub missing_share: f64,
    /// Strata of the suite that this run did not ask: the means say nothing about them.
    pub strata_left_out: Vec<String>,
    /// Strata with fewer than six units on an axis, which take the spread of all units.
    pub strata_thin: Vec<String>,
    /// The figures as the authors' script prints them, for suites that declare their axes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub official: Vec<Official>,
    /// The scale and decimals of the official figures.
    #[serde(skip)]
    pub print: Print,
}

impl ScoreTable {
    /// Marks that should be there, over all axes.
    pub fn expected(&self) -> u64 {
        self.axes.iter().map(|axis| axis.expected).sum()
    }

    /// Those of them that are not.
    pub fn missing(&self) -> u64 {
        self.axes.iter().map(|axis| axis.missing).sum()
    }

    /// Share of the marks that are missing, 0–1, those of axes beside the figures included.
    pub fn missing_share_of_all(&self) -> f64 {
        let beside = |count: fn(&BesideScore) -> u64| self.beside.iter().map(count).sum::<u64>();
        let expected = self.expected() + beside(|axis| axis.expected);
        let missing = self.missing() + beside(|axis| axis.missing);
        match expected {
            0 => 0.0,
            _ => missing as f64 / expected as f64,
        }
    }
}

/// Builds the table of each judge in `rows`, in order of first appearance.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn score_tables(
    suite: &SuiteSection,
    rows: &[ScoreRow],
) -> Result<Vec<ScoreTable>, StatsError> {
    let mut judges: Vec<(&Arc<str>, Vec<&ScoreRow>)> = Vec::new();
    let mut position: HashMap<&str, usize> = HashMap::new();
    for row in rows {
        let at = *position.entry(&row.judge).or_insert_with(|| {
            judges.push((&row.judge, Vec::new()));
            judges.len() - 1
        });
        if let Some((_, of_judge)) = judges.get_mut(at) {
            of_judge.push(row);
        }
    }
    let items = Items::of_rows(suite, rows)?;
    let mut tables = Vec::with_capacity(judges.len());
    for (judge, rows) in judges {
        let sheets = axis_sheets(&items, rows.iter().copied(), &suite.scores)?;
        let model = rows
            .first()
            .map_or_else(|| "".into(), |row| Arc::clone(&row.model));
        tables.push(score_table(
            suite,
            &items,
            &sheets,
            (model, Arc::clone(judge)),
        ));
    }
    Ok(tables)
}

/// The table of one run under one judge, from its sheets; `names` are those of model and judge.
pub fn score_table(
    suite: &SuiteSection,
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
    (model, judge): (Arc<str>, Arc<str>),
) -> ScoreTable {
    let mut axes = Vec::with_capacity(suite.axes.len());
    for axis in suite.metrics() {
        let sheet = sheets.get(&axis);
        axes.push(AxisScore {
            axis,
            level: mean(items, sheets, &[axis])
                .and_then(|mean| level((suite.mapping, axis.scale()), &mean)),
            counts: sheet.map(|sheet| sheet.counts.clone()).unwrap_or_default(),
            expected: sheet.map_or(0, |sheet| sheet.expected),
            missing: sheet.map_or(0, |sheet| sheet.missing),
        });
    }
    let overall_axes = suite.overall();
    let scale = common_scale(&overall_axes);
    let (overall, thin) = match overall(items, sheets, &axes, &overall_axes) {
        Ok(mean) => (
            level((suite.mapping, scale), &mean),
            mean.thin_strata().to_vec(),
        ),
        Err(why) => (Err(why), Vec::new()),
    };
    let expected: u64 = axes.iter().map(|axis| axis.expected).sum();
    let missing: u64 = axes.iter().map(|axis| axis.missing).sum();
    let name = |stratum: usize| Some(items.categories.get(stratum)?.name.clone());
    ScoreTable {
        suite: suite.name.clone(),
        model,
        judge,
        mapping: suite.mapping,
        axes,
        beside: beside::scores(suite, items, sheets),
        overall,
        missing_share: if expected == 0 {
            0.0
        } else {
            missing as f64 / expected as f64
        },
        strata_left_out: left_out(suite),
        strata_thin: thin.into_iter().filter_map(name).collect(),
        official: match suite.declares() {
            true => officials(suite, items, sheets),
            false => Vec::new(),
        },
        print: in_print(suite),
    }
}

fn left_out(suite: &SuiteSection) -> Vec<String> {
    let unasked = suite
        .categories
        .iter()
        .filter(|category| category.selected == 0);
    unasked.map(|category| category.name.clone()).collect()
}

/// The design-weighted mean over `axes`, or why there is none.
pub(super) fn mean(
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
    axes: &[Axis],
) -> Result<WeightedMean, NoLevel> {
    let planned: Vec<Vec<u32>> = axes.iter().map(|axis| items.population(*axis)).collect();
    let ratios: Vec<_> = axes
        .iter()
        .map(|axis| ratio::item_values(items, sheets, *axis))
        .collect();
    let mut cells = Vec::with_capacity(axes.len());
    for ((axis, planned), ratio) in axes.iter().zip(&planned).zip(&ratios) {
        let sheet = sheets.get(axis).filter(|sheet| sheet.applies());
        let values = &sheet.ok_or(NoLevel::NotApplicable)?.values;
        let values = ratio.as_ref().unwrap_or(values);
        cells.push(AxisCells { values, planned });
    }
    WeightedMean::new(&items.design, &cells).map_err(|error| match error {
        StatsError::EmptyStratum { stratum, .. } => {
            let category = items.categories.get(stratum);
            NoLevel::EmptyStratum(category.map_or_else(String::new, |c| c.name.clone()))
        }
        _ => NoLevel::NoMarks,
    })
}

/// Overall: every axis of the suite, or none. A mean over fewer axes is another quantity.
fn overall(
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
    scores: &[AxisScore],
    axes: &[Axis],
) -> Result<WeightedMean, NoLevel> {
    match scores.iter().find(|score| score.level.is_err()) {
        Some(lacking) => Err(NoLevel::Lacks(lacking.axis)),
        None => mean(items, sheets, axes),
    }
}

/// The scale of all axes, where they share one; else the five-point scale that stands for all.
pub fn common_scale(axes: &[Axis]) -> MarkScale {
    let mut scales = axes.iter().map(|axis| axis.scale());
    match scales.next() {
        Some(first) if scales.all(|scale| scale == first) => first,
        _ => MarkScale::FIVE_POINT,
    }
}

/// A mean on the five-point scale as a level in points, with its 95 % interval. `scale` is that of the raw marks.
pub(crate) fn level(
    (mapping, scale): (ScoreMap, MarkScale),
    raw: &WeightedMean,
) -> Result<Level, NoLevel> {
    let (interval, method) = raw
        .level_interval(Scale::RAW, Confidence::P95)
        .ok_or(NoLevel::NoInterval)?;
    let Interval { lo, hi } = interval;
    Ok(Level {
        points: mapping.points(raw.value()),
        raw: scale.mark_at(raw.value()),
        se: raw.se().map(|se| se * mapping.slope()),
        ci95: [mapping.points(lo), mapping.points(hi)],
        method: match method {
            LevelMethod::LogitT => "logit-t",
            LevelMethod::Degenerate => "degenerate",
        },
        items: raw.units(),
    })
}

#[cfg(test)]
mod tests;
