//! One run under one judge, as the comparison works on it: exact item values per axis, in an
//! order of items that does not depend on the order of rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::analysis::runs::load::LoadedRun;
use crate::analysis::runs::served::Served;
use crate::analysis::scores::computed::computed;
use crate::analysis::scores::items::{AxisSheet, Items, Marks};
use crate::common::decimal::Decimal;
use crate::judge::Score;
use crate::run::manifest::JudgeSection;
use crate::run::scores::{ScoreRow, Status};
use crate::stats::error::{Result, StatsError};
use crate::stats::lattice::item_value;
use crate::stats::rational::Rational;
use crate::suite::Axis;

/// Length of the scale of raw marks: differences lie within ± this.
pub const RAW_RANGE: f64 = 4.0;

/// One run under one judge.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What tables call the run.
    pub label: String,
    /// The model's name.
    pub model: Arc<str>,
    /// Whether the model is declared to think.
    pub thinks: bool,
    /// The judge.
    pub judge: JudgeSection,
    /// What was served to the judge.
    pub served: Vec<Served>,
    /// Samples per task.
    pub samples: u32,
    /// Axes in the suite's order.
    pub axes: BTreeMap<Axis, AxisSheet>,
}

impl Sheet {
    /// The marks of judge number `judge` of a run, for `items`.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] for a judge that is not there, [`StatsError::Overflow`].
    pub fn new(run: &LoadedRun, judge: usize, items: &Items) -> Result<Self> {
        let section = run.manifest.judges.get(judge);
        let section = section.cloned().ok_or(StatsError::OutOfRange {
            what: "judge",
            range: "one of the run's",
            value: judge as f64,
        })?;
        let name: &str = &section.identity.name;
        let rows = run.rows.iter().filter(|row| *row.judge == *name);
        Ok(Self {
            axes: axis_sheets(items, rows, &run.manifest.suite.scores)?,
            label: run.label.clone(),
            model: run.model(),
            thinks: run.manifest.model.identity.thinks,
            samples: run.samples.count(),
            served: run.served.get(name).cloned().unwrap_or_default(),
            judge: section,
        })
    }

    /// The axis, where it applies to this model.
    pub fn axis(&self, axis: Axis) -> Option<&AxisSheet> {
        self.axes.get(&axis).filter(|sheet| sheet.applies())
    }
}

/// The marks of one judge on every axis, and the scores that are computed from them; items that are not among `items`
/// are left out.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn axis_sheets<'a>(
    items: &Items,
    rows: impl Iterator<Item = &'a ScoreRow>,
    scores: &[Axis],
) -> Result<BTreeMap<Axis, AxisSheet>> {
    let position: HashMap<&str, usize> = items
        .tasks
        .iter()
        .enumerate()
        .map(|(item, task)| (&**task, item))
        .collect();
    let mut by_axis: BTreeMap<Axis, Vec<(usize, &ScoreRow)>> = BTreeMap::new();
    for row in rows {
        if let Some(&item) = position.get(&*row.task) {
            by_axis.entry(row.axis).or_default().push((item, row));
        }
    }
    let shape = |rows: &[(usize, &ScoreRow)]| Shape {
        items: items.tasks.len(),
        first_sample: rows.iter().map(|(_, row)| row.seed).min().unwrap_or(0),
        samples: spanned(rows.iter().map(|(_, row)| row.seed)),
        repeats: spanned(rows.iter().map(|(_, row)| row.repeat)),
    };
    let mut sheets: BTreeMap<Axis, AxisSheet> = by_axis
        .into_iter()
        .map(|(axis, rows)| Ok((axis, axis_sheet(&shape(&rows), &rows)?)))
        .collect::<Result<_>>()?;
    for &score in scores {
        if let Some(sheet) = computed(items, &sheets, score)? {
            sheets.insert(score, sheet);
        }
    }
    Ok(sheets)
}

/// Where a mark stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetPlace {
    /// The task.
    pub task: Arc<str>,
    /// The sample, from 0.
    pub sample: u32,
    /// The judge's repeat, from 0.
    pub repeat: u32,
    /// The axis.
    pub axis: Axis,
}

/// Sheets with further numbers in the places of missing marks, and the scores computed again: for figures of scripts
/// that average what is no mark.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn overlaid<'a>(
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
    numbers: impl Iterator<Item = (&'a SheetPlace, Decimal)>,
    scores: &[Axis],
) -> Result<BTreeMap<Axis, AxisSheet>> {
    let mut sheets = sheets.clone();
    let places: HashMap<&str, usize> = items.tasks.iter().map(|task| &**task).zip(0..).collect();
    for (at, number) in numbers {
        let item = places.get(&*at.task).copied();
        let Some((sheet, item)) = sheets.get_mut(&at.axis).zip(item) else {
            continue;
        };
        let (above, below) = at.axis.scale().five_point(number);
        let marks = sheet.marks.get_mut(item).and_then(Option::as_mut);
        let sample = marks.and_then(|marks| marks.get_mut(at.sample as usize));
        if let Some(mark) = sample.and_then(|repeats| repeats.get_mut(at.repeat as usize)) {
            *mark = Some(Rational::new(above, below)?);
        }
        let marks = sheet.marks.get(item).and_then(Option::as_ref);
        let value = marks.map_or(Ok(None), |marks| item_value(marks))?;
        if let Some(place) = sheet.values.get_mut(item) {
            *place = value;
        }
    }
    for &score in scores {
        if let Some(sheet) = computed(items, &sheets, score)? {
            sheets.insert(score, sheet);
        }
    }
    Ok(sheets)
}

/// How many numbers lie from the smallest to the largest.
fn spanned(numbers: impl Iterator<Item = u32> + Clone) -> usize {
    match (numbers.clone().min(), numbers.max()) {
        (Some(first), Some(last)) => (last - first) as usize + 1,
        _ => 0,
    }
}

struct Shape {
    items: usize,
    first_sample: u32,
    samples: usize,
    repeats: usize,
}

fn axis_sheet(shape: &Shape, rows: &[(usize, &ScoreRow)]) -> Result<AxisSheet> {
    let mut sheet = AxisSheet {
        marks: vec![None; shape.items],
        values: Vec::new(),
        counts: BTreeMap::new(),
        expected: 0,
        missing: 0,
    };
    let empty = || vec![vec![None; shape.repeats]; shape.samples];
    for (item, row) in rows
        .iter()
        .filter(|(_, row)| row.status != Status::NotApplicable)
    {
        sheet.expected += 1;
        sheet.missing += u64::from(row.status.is_missing());
        *sheet.counts.entry(row.status.key()).or_default() += 1;
        let marks = sheet
            .marks
            .get_mut(*item)
            .map(|marks| marks.get_or_insert_with(empty));
        let sample = row.seed.wrapping_sub(shape.first_sample) as usize;
        let repeats = marks.and_then(|marks| marks.get_mut(sample));
        if let Some(mark) = repeats.and_then(|repeats| repeats.get_mut(row.repeat as usize)) {
            let place = |score: Score| {
                let (above, below) = row.axis.scale().five_point(score.get());
                Rational::new(above, below)
            };
            *mark = row.score.map(place).transpose()?;
        }
    }
    let value = |marks: &Option<Marks>| marks.as_ref().map_or(Ok(None), |m| item_value(m));
    sheet.values = sheet.marks.iter().map(value).collect::<Result<_>>()?;
    Ok(sheet)
}
