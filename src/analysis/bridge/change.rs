//! The marks of a bridge by task: what each judge gave, over the samples that both marked, and the change between them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::analysis::bridge::file::{AnchorRun, Bridge, Side};
use crate::analysis::scores::items::{AxisSheet, Items};
use crate::analysis::scores::sheet::axis_sheets;
use crate::run::manifest::SuiteSection;
use crate::run::scores::{PartsCell, ScoreRow, Status};
use crate::stats::error::Result;
use crate::stats::lattice::differences;
use crate::stats::rational::Rational;
use crate::suite::Axis;

/// Length of the scale on which a change of judge lies: between −4 and 4 raw marks, so that the difference of two changes
/// lies within ± this.
pub const FAVOUR_RANGE: f64 = 8.0;

/// One axis of one run, values by task in the order of the items, raw marks.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisChange {
    /// Under the old judge.
    pub old: Vec<Option<Rational>>,
    /// Under the new judge.
    pub new: Vec<Option<Rational>>,
    /// New minus old.
    pub change: Vec<Option<Rational>>,
    /// Answers that both should have marked.
    pub expected: u64,
    /// Of these, answers that one of them did not mark.
    pub missing: u64,
}

impl AxisChange {
    /// Share of the answers that one of the judges did not mark, 0–1.
    pub fn missing_share(&self) -> f64 {
        self.missing as f64 / self.expected.max(1) as f64
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunChange {
    /// What tables call it.
    pub label: String,
    /// Its axes.
    pub axes: BTreeMap<Axis, AxisChange>,
}

/// The tasks of a bridge.
///
/// # Errors
/// As [`Items::of_rows`].
pub fn items(bridge: &Bridge) -> Result<Items> {
    let kind_of: HashMap<&str, _> = bridge
        .suite
        .categories
        .iter()
        .map(|category| (category.name.as_str(), category.kind))
        .collect();
    let row = |task: &crate::analysis::bridge::file::AnchorTask| {
        Some(ScoreRow {
            suite: bridge.suite.name.as_str().into(),
            task: Arc::clone(&task.task),
            category: Arc::clone(&task.category),
            kind: *kind_of.get(&*task.category)?,
            model: "".into(),
            seed: 0,
            axis: *bridge.suite.axes.first()?,
            judge: "".into(),
            repeat: 0,
            score: None,
            status: Status::Pending,
            parts: PartsCell::Absent,
        })
    };
    let rows: Vec<ScoreRow> = bridge.tasks.iter().filter_map(row).collect();
    let drawn = |category: &str| bridge.tasks.iter().any(|task| *task.category == *category);
    // A stratum from which nothing could be drawn was not asked.
    let suite = SuiteSection {
        categories: bridge
            .suite
            .categories
            .iter()
            .cloned()
            .map(|mut category| {
                if !drawn(&category.name) {
                    category.selected = 0;
                }
                category
            })
            .collect(),
        ..bridge.suite.clone()
    };
    Items::of_rows(&suite, &rows)
}

/// The changes of every run of a bridge, laid out over `items`: those of the bridge, or more.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub fn changes(bridge: &Bridge, items: &Items) -> Result<Vec<RunChange>> {
    bridge
        .runs
        .iter()
        .map(|run| run_change(bridge, run, items))
        .collect()
}

fn run_change(bridge: &Bridge, run: &AnchorRun, items: &Items) -> Result<RunChange> {
    let (old, new) = (
        sheets(bridge, run, Side::Old, items)?,
        sheets(bridge, run, Side::New, items)?,
    );
    let mut axes = BTreeMap::new();
    for (axis, old) in old {
        let Some(new) = new.get(&axis) else { continue };
        let (missing, expected) = counted(&old, new);
        axes.insert(
            axis,
            AxisChange {
                change: differences(&new.values, &old.values)?,
                new: new.values.clone(),
                old: old.values,
                expected,
                missing,
            },
        );
    }
    Ok(RunChange {
        label: run.label.clone(),
        axes,
    })
}

/// One judge's marks of a run; a sample that the other judge did not mark at all counts for neither.
fn sheets(
    bridge: &Bridge,
    run: &AnchorRun,
    side: Side,
    items: &Items,
) -> Result<BTreeMap<Axis, AxisSheet>> {
    let mut rows = bridge.rows(run, side);
    let unmarked: std::collections::HashSet<(&str, u32, Axis)> = run
        .answers
        .iter()
        .flat_map(|answer| {
            answer.marks.iter().filter_map(|(axis, both)| {
                let none = |marks: &[Option<_>]| marks.iter().all(Option::is_none);
                let lacking = none(&both.old) || none(&both.new);
                lacking.then_some((&*answer.task, answer.sample, *axis))
            })
        })
        .collect();
    for row in &mut rows {
        if unmarked.contains(&(&*row.task, row.seed, row.axis)) {
            row.score = None;
            row.status = Status::Pending;
        }
    }
    axis_sheets(items, rows.iter(), &scores(bridge))
}

/// The scores that can be computed from what both judges mark: a formula over fewer axes would be another quantity.
fn scores(bridge: &Bridge) -> Vec<Axis> {
    let both = |axis: &Axis| bridge.old.identity.marks(*axis) && bridge.new.identity.marks(*axis);
    let whole = |score: &Axis| {
        let named = score.formula().map(|formula| formula.axes());
        let named = named.unwrap_or_default();
        let mut entering = bridge.suite.axes.iter();
        entering.all(|axis| !named.contains(&axis.key()) || both(axis))
    };
    let scores = bridge.suite.scores.iter().copied();
    scores.filter(whole).collect()
}

/// Answers without a pair of marks, and all.
fn counted(old: &AxisSheet, new: &AxisSheet) -> (u64, u64) {
    let (mut missing, mut expected) = (0, 0);
    for (old, new) in old.marks.iter().zip(&new.marks) {
        let (Some(old), Some(new)) = (old, new) else {
            continue;
        };
        for (old, new) in old.iter().zip(new) {
            let none = |marks: &[Option<Rational>]| marks.iter().all(Option::is_none);
            expected += 1;
            missing += u64::from(none(old) || none(new));
        }
    }
    (missing, expected)
}

/// The mean over runs of a column by task, where every run has a value.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub fn mean_over_runs(columns: &[&[Option<Rational>]]) -> Result<Vec<Option<Rational>>> {
    let items = columns.first().map_or(0, |column| column.len());
    (0..items)
        .map(|item| {
            let values: Option<Vec<Rational>> = columns
                .iter()
                .map(|column| column.get(item).copied().flatten())
                .collect();
            values.map_or(Ok(None), |values| Rational::mean(&values))
        })
        .collect()
}
