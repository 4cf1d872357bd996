//! One run on its own: levels, bounds, categories, items, judge, cost.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::compare::RunInfo;
use crate::analysis::compare::pairs::{mean_of, overall_values, within};
use crate::analysis::findings::reliability::{Repeats, repeats};
use crate::analysis::runs::log::{JudgeLog, ModelLog};
use crate::analysis::runs::source::RunSource;
use crate::analysis::scores::items::{AxisSheet, Items};
use crate::analysis::scores::score_table::{Level, ScoreTable, level};
use crate::analysis::scores::sheet::Sheet;
use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::run::manifest::{ModelSection, SamplingSection};
use crate::stats::error::{Result, StatsError};
use crate::stats::rational::Rational;
use crate::suite::{Axis, ScoreMap};

/// The kind of a model that is a control.
const CONTROL: &str = "control";
/// Lowest and highest raw mark.
const ENDS: [i64; 2] = [1, 5];

/// A mean of one category on one axis: descriptive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryLevel {
    /// The category.
    pub category: String,
    /// The axis.
    pub axis: Axis,
    /// Its mean.
    pub level: Level,
}

/// What missing marks could do to a mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelBounds {
    /// The axis.
    pub axis: Axis,
    /// The mean in points with every missing mark 1, and with every missing mark 5.
    pub points: [f64; 2],
}

/// How often each mark was given on one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkCounts {
    /// The axis.
    pub axis: Axis,
    /// Marks on the scale of the axis, as the run's own judge gave them and with the lowest for empty answers, with
    /// their number; rising.
    pub marks: BTreeMap<Decimal, u64>,
}

/// Item scores on one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemScores {
    /// The axis.
    pub axis: Axis,
    /// Points by item, in the order of [`Findings::items`](super::Findings::items): mean over samples of
    /// the mean over repeats; none where the axis does not apply or nothing was marked.
    pub points: Vec<Option<f64>>,
}

/// The judge of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judging {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Digest of everything that decides its marks.
    pub digest: Digest,
    /// What decides them: endpoint, model, parameters, rubrics.
    pub details: BTreeMap<String, String>,
    /// Marks per sample and axis.
    pub repeats: u32,
    /// How repeats agree; empty with a single one.
    pub agreement: Vec<Repeats>,
    /// Worst cases of the axes on which marks are missing.
    pub bounds: Vec<LevelBounds>,
    /// What its log tells; none for a run that came without logs.
    pub log: Option<JudgeLog>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunFindings {
    /// What it is.
    pub info: RunInfo,
    /// Whether others are compared with it.
    pub baseline: bool,
    /// The model as `run.toml` records it.
    pub model: ModelSection,
    /// What it was asked, as `run.toml` records it.
    pub sampling: SamplingSection,
    /// SHA-256 of the run's files by name.
    pub files: BTreeMap<String, Digest>,
    /// Levels of all axes and Overall.
    pub table: ScoreTable,
    /// Means by category, in the suite's order, axes within.
    pub categories: Vec<CategoryLevel>,
    /// Item scores by axis; axes that do not apply are left out.
    pub items: Vec<ItemScores>,
    /// How often each mark was given, by axis; axes without a mark are left out. `scores.csv` has the marks themselves.
    #[serde(skip)]
    pub marks: Vec<MarkCounts>,
    /// Overall of each item over the axes of this run's own Overall, in points; empty where it has none.
    pub overall_items: Vec<Option<f64>>,
    /// The judge.
    pub judging: Judging,
    /// What the model's log tells; none for a run that came without logs.
    pub model_log: Option<ModelLog>,
}

impl RunFindings {
    /// Whether its model is a control: made to be marked down, or to know the truth.
    pub fn is_control(&self) -> bool {
        self.model.identity.kind == CONTROL
    }
}

/// What all runs share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared<'a> {
    pub items: &'a Items,
    pub mapping: ScoreMap,
    pub axes: &'a [Axis],
    /// Those whose mean is the Overall.
    pub overall: &'a [Axis],
}

/// Everything about one run.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub(super) fn run_findings(
    shared: &Shared<'_>,
    source: &RunSource,
    sheet: &Sheet,
    (info, table, baseline): (RunInfo, ScoreTable, bool),
) -> Result<RunFindings> {
    let manifest = &source.run.manifest;
    Ok(RunFindings {
        baseline,
        model: manifest.model.clone(),
        sampling: manifest.sampling.clone(),
        files: source.files.clone(),
        categories: categories(shared, sheet),
        items: items(shared, sheet),
        marks: mark_counts(shared, source, sheet),
        overall_items: overall_items(shared, sheet)?,
        judging: judging(shared, source, sheet)?,
        model_log: source.log.as_ref().map(|log| log.model.clone()),
        info,
        table,
    })
}

fn judging(shared: &Shared<'_>, source: &RunSource, sheet: &Sheet) -> Result<Judging> {
    let identity = &sheet.judge.identity;
    let log = source.log.as_ref();
    Ok(Judging {
        name: identity.name.clone(),
        kind: identity.kind.clone(),
        digest: sheet.judge.digest,
        details: identity.details.clone(),
        repeats: sheet.judge.repeats,
        agreement: repeats(sheet, shared.axes, shared.mapping),
        bounds: bounds(shared, sheet)?,
        log: log.map(|log| log.judges.get(&identity.name).cloned().unwrap_or_default()),
    })
}

fn bounds(shared: &Shared<'_>, sheet: &Sheet) -> Result<Vec<LevelBounds>> {
    let mut found = Vec::new();
    for &axis in shared.axes {
        let Some(marks) = sheet.axis(axis).filter(|marks| marks.missing > 0) else {
            continue;
        };
        let [low, high] = ENDS.map(|end| filled_mean(shared, axis, marks, end));
        if let (Some(low), Some(high)) = (low?, high?) {
            let points = [low, high].map(|raw| shared.mapping.points(raw));
            found.push(LevelBounds { axis, points });
        }
    }
    Ok(found)
}

fn filled_mean(
    shared: &Shared<'_>,
    axis: Axis,
    marks: &AxisSheet,
    mark: i64,
) -> Result<Option<f64>> {
    let values = marks.filled(mark)?;
    match mean_of(shared.items, &vec![(axis, values)]) {
        Ok(mean) => Ok(Some(mean.value())),
        Err(StatsError::Empty | StatsError::EmptyStratum { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn categories(shared: &Shared<'_>, sheet: &Sheet) -> Vec<CategoryLevel> {
    let mut found = Vec::new();
    for (number, category) in shared.items.categories.iter().enumerate() {
        for &axis in shared.axes {
            let Some(marks) = sheet.axis(axis) else {
                continue;
            };
            let here: Vec<usize> = shared.items.of_category(number).collect();
            let values: Vec<Option<Rational>> = here
                .iter()
                .map(|&item| marks.values.get(item).copied().flatten())
                .collect();
            let mean = within(shared.items, &here, &values).ok();
            let level = mean.and_then(|mean| level((shared.mapping, axis.scale()), &mean).ok());
            found.extend(level.map(|level| CategoryLevel {
                category: category.name.clone(),
                axis,
                level,
            }));
        }
    }
    found
}

fn items(shared: &Shared<'_>, sheet: &Sheet) -> Vec<ItemScores> {
    let scores = |&axis: &Axis| {
        let raw = sheet.axis(axis)?.floats();
        let points = raw
            .into_iter()
            .map(|raw| raw.map(|raw| shared.mapping.points(raw)));
        Some(ItemScores {
            axis,
            points: points.collect(),
        })
    };
    shared.axes.iter().filter_map(scores).collect()
}

fn mark_counts(shared: &Shared<'_>, source: &RunSource, sheet: &Sheet) -> Vec<MarkCounts> {
    let mut found: BTreeMap<Axis, BTreeMap<Decimal, u64>> = BTreeMap::new();
    let judge: &str = &sheet.judge.identity.name;
    for row in source.run.rows.iter().filter(|row| *row.judge == *judge) {
        if let Some(score) = row.score {
            let marks = found.entry(row.axis).or_default();
            *marks.entry(score.get()).or_default() += 1;
        }
    }
    let of = |&axis: &Axis| {
        let marks = found.remove(&axis)?;
        Some(MarkCounts { axis, marks })
    };
    shared.axes.iter().filter_map(of).collect()
}

fn overall_items(shared: &Shared<'_>, sheet: &Sheet) -> Result<Vec<Option<f64>>> {
    let axes = shared.overall;
    if axes.iter().any(|&axis| sheet.axis(axis).is_none()) {
        return Ok(Vec::new());
    }
    let values = overall_values(shared.items, sheet, axes)?;
    let points = |raw: f64| shared.mapping.points(raw);
    Ok(floats(&values)
        .into_iter()
        .map(|raw| raw.map(points))
        .collect())
}

fn floats(values: &[Option<Rational>]) -> Vec<Option<f64>> {
    let float = |value: &Option<Rational>| value.map(Rational::to_f64);
    values.iter().map(float).collect()
}
