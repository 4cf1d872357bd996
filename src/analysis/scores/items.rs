//! The items of a selection, and the marks of one axis on them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::analysis::runs::load::LoadedRun;
use crate::run::manifest::{CategorySection, SuiteSection};
use crate::run::scores::ScoreRow;
use crate::stats::design::Design;
use crate::stats::error::Result;
use crate::stats::lattice::item_value;
use crate::stats::rational::Rational;
use crate::stats::strata::Strata;
use crate::suite::Axis;

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
    /// [`crate::stats::error::StatsError::Overflow`].
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
    /// [`crate::stats::error::StatsError::Length`] never: every item has one stratum and is its own unit.
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
