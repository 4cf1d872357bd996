//! One run under one judge, as the comparison works on it: exact item values per axis, in an
//! order of items that does not depend on the order of rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::analysis::runs::load::LoadedRun;
use crate::analysis::runs::served::Served;
use crate::analysis::scores::computed::computed;
use crate::common::decimal::Decimal;
use crate::judge::Score;
use crate::run::manifest::{CategorySection, JudgeSection, SuiteSection};
use crate::run::scores::{ScoreRow, Status};
use crate::stats::design::Design;
use crate::stats::error::{Result, StatsError};
use crate::stats::lattice::item_value;
use crate::stats::rational::Rational;
use crate::stats::strata::Strata;
use crate::suite::Axis;

/// Length of the scale of raw marks: differences lie within ± this.
pub const RAW_RANGE: f64 = 4.0;

/// The marks of one item on one axis, per sample and repeat, `None` where missing; on the
/// [five-point scale](crate::suite::axes::scale::MarkScale::five_point).
pub type Marks = Vec<Vec<Option<Rational>>>;

/// One axis of one run.
#[derive(Clone, Debug)]
pub struct AxisSheet {
    /// Marks by item; `None` where the axis does not apply.
    pub marks: Vec<Option<Marks>>,
    /// Mean over samples of the mean over the repeats that are there, raw; `None` where the
    /// axis does not apply or nothing was marked.
    pub values: Vec<Option<Rational>>,
    /// Marks that should be there, by status.
    pub counts: BTreeMap<&'static str, u64>,
    /// Marks that should be there.
    pub expected: u64,
    /// Marks that should be there and are not.
    pub missing: u64,
}

impl AxisSheet {
    /// Whether the axis applies to any item: not for text axes of a model that does not think.
    pub fn applies(&self) -> bool {
        self.expected > 0
    }

    /// The values as floating-point numbers.
    pub fn floats(&self) -> Vec<Option<f64>> {
        let float = |value: &Option<Rational>| value.map(Rational::to_f64);
        self.values.iter().map(float).collect()
    }

    /// Share of the expected marks that are missing, 0–1; 0 where none is expected.
    pub fn missing_share(&self) -> f64 {
        if self.expected == 0 {
            0.0
        } else {
            self.missing as f64 / self.expected as f64
        }
    }

    /// Item values with every missing mark replaced by `mark` on the five-point scale: the worst or best case.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn filled(&self, mark: i64) -> Result<Vec<Option<Rational>>> {
        let fill = |marks: &Marks| -> Result<Option<Rational>> {
            let mark = Rational::from(mark);
            let filled: Marks = marks
                .iter()
                .map(|repeats| repeats.iter().map(|m| m.or(Some(mark))).collect())
                .collect();
            item_value(&filled)
        };
        self.marks
            .iter()
            .map(|marks| marks.as_ref().map_or(Ok(None), fill))
            .collect()
    }
}

/// The items of a suite's selection, shared by all runs of a comparison.
#[derive(Clone, Debug)]
pub struct Items {
    /// Ids, by category in the suite's order, then by id.
    pub tasks: Vec<Arc<str>>,
    /// The strata.
    pub categories: Vec<CategorySection>,
    /// Stratum and unit of each item.
    pub design: Design,
}

impl Items {
    /// The items of a run.
    ///
    /// # Errors
    /// [`StatsError::Length`] never: every item has one stratum and is its own unit.
    pub fn of(run: &LoadedRun) -> Result<Self> {
        Self::of_rows(&run.manifest.suite, &run.rows)
    }

    /// The items that the rows of a run of `suite` are about.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn of_rows(suite: &SuiteSection, rows: &[ScoreRow]) -> Result<Self> {
        let categories = suite.categories.clone();
        let position: HashMap<&str, usize> = categories
            .iter()
            .enumerate()
            .map(|(number, c)| (c.name.as_str(), number))
            .collect();
        let mut known: HashMap<&str, (usize, &Arc<str>)> = HashMap::new();
        for row in rows {
            if let Some(&category) = position.get(&*row.category) {
                known.entry(&row.task).or_insert((category, &row.task));
            }
        }
        let mut known: Vec<(usize, &Arc<str>)> = known.into_values().collect();
        known.sort_unstable();
        let of_item = known.iter().map(|(category, _)| *category).collect();
        let tasks: Vec<Arc<str>> = known.iter().map(|(_, task)| Arc::clone(task)).collect();
        let strata = Strata::new(of_item, categories.len())?;
        let clusters = clusters(suite, &tasks);
        Ok(Self {
            design: Design::new(strata, clusters.as_deref())?,
            tasks,
            categories,
        })
    }

    /// Whether some items form units together: what works by item says nothing then.
    pub fn clustered(&self) -> bool {
        self.design.units() < self.design.items()
    }

    /// The strata.
    pub fn strata(&self) -> &Strata {
        self.design.strata()
    }

    /// Design weights of the strata that were asked and in which `axis` exists: their planned sizes, or what
    /// [`Across`](crate::suite::axes::Across) makes of them.
    pub fn population(&self, axis: Axis) -> Vec<u32> {
        let size = |category: &CategorySection| {
            let counts = category.selected > 0 && axis.exists_in(&category.name, category.kind);
            if counts {
                axis.weight(&category.name, category.planned)
            } else {
                0
            }
        };
        self.categories.iter().map(size).collect()
    }

    /// [`population`](Self::population) as floating-point numbers.
    pub fn weights(&self, axis: Axis) -> Vec<f64> {
        self.population(axis).into_iter().map(f64::from).collect()
    }

    /// Positions of the items of a stratum.
    pub fn of_category(&self, category: usize) -> impl Iterator<Item = usize> + '_ {
        let of_item = self.strata().of_item().iter().enumerate();
        of_item
            .filter(move |(_, stratum)| **stratum == category)
            .map(|(item, _)| item)
    }
}

/// A number for the unit of each task: its cluster's, or one of its own. `None` where the suite has no clusters.
fn clusters(suite: &SuiteSection, tasks: &[Arc<str>]) -> Option<Vec<usize>> {
    if suite.clusters.is_empty() {
        return None;
    }
    let mut first: HashMap<&str, usize> = HashMap::new();
    let unit = |(item, task): (usize, &Arc<str>)| match suite.clusters.get(&**task) {
        Some(cluster) => *first.entry(cluster).or_insert(item),
        None => item,
    };
    Some(tasks.iter().enumerate().map(unit).collect())
}

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
