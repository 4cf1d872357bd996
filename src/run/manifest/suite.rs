//! The suite of a run in `run.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DECLARING;
use crate::common::digest::Digest;
use crate::run::record::SchemaVersion;
use crate::suite::axes::are_declared;
use crate::suite::axes::wire::{WireAxis, WireScore, declare};
use crate::suite::{Axis, Category, Kind, Print, ScoreMap, Suite};

/// The suite of a run, with what statistics need of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SuiteInFile", into = "SuiteInFile")]
pub struct SuiteSection {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its digest.
    pub digest: Digest,
    /// From marks to points.
    pub mapping: ScoreMap,
    /// How the authors print the benchmark's figures.
    pub print: Option<Print>,
    /// The axes that judges mark, in reporting order.
    pub axes: Vec<Axis>,
    /// Scores that are computed from their marks, in reporting order; the first stands for the Overall.
    pub scores: Vec<Axis>,
    /// The strata, in reporting order.
    pub categories: Vec<CategorySection>,
    /// Cluster of each task of this run that the suite puts into one: tasks of one cluster are one unit.
    pub clusters: BTreeMap<String, String>,
    /// Axes that a task does not have although its category has them, by task.
    pub exempt: BTreeMap<String, Vec<String>>,
}

/// The suite of a run as `run.toml` holds it. Suites with other axes than ParaBench's declare theirs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SuiteInFile {
    name: String,
    version: String,
    digest: Digest,
    mapping: ScoreMap,
    axes: Vec<String>,
    category: Vec<CategorySection>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    print: Option<Print>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    clusters: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    exempt: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    axis: Vec<WireAxis>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    score: Vec<WireScore>,
}

impl From<SuiteSection> for SuiteInFile {
    fn from(suite: SuiteSection) -> Self {
        let declares = suite.declares();
        Self {
            axis: match declares {
                true => suite.axes.iter().map(|&axis| WireAxis::of(axis)).collect(),
                false => Vec::new(),
            },
            score: suite
                .scores
                .iter()
                .filter_map(|&score| WireScore::of(score))
                .collect(),
            name: suite.name,
            version: suite.version,
            digest: suite.digest,
            mapping: suite.mapping,
            axes: suite
                .axes
                .iter()
                .map(|axis| axis.key().to_owned())
                .collect(),
            category: suite.categories,
            clusters: suite.clusters,
            exempt: suite.exempt,
            print: suite.print,
        }
    }
}

impl TryFrom<SuiteInFile> for SuiteSection {
    type Error = String;

    fn try_from(file: SuiteInFile) -> Result<Self, Self::Error> {
        let (axes, scores) = if file.axis.is_empty() && file.score.is_empty() {
            let axes = file.axes.iter().map(|key| key.parse::<Axis>());
            let axes = axes.collect::<Result<_, _>>();
            (axes.map_err(|error| error.to_string())?, Vec::new())
        } else {
            let categories: Vec<&str> = file.category.iter().map(|c| c.name.as_str()).collect();
            let declared = declare(&file.axis, &file.score, &categories).map_err(|faults| {
                let lines = faults.iter();
                let lines = lines.map(|(found, expected)| format!("{found}; expected {expected}"));
                lines.collect::<Vec<_>>().join("\n")
            })?;
            if !declared.axes.iter().map(|axis| axis.key()).eq(&file.axes) {
                return Err("`axes` does not list the keys of [[suite.axis]]".to_owned());
            }
            (declared.axes, declared.scores)
        };
        Ok(Self {
            name: file.name,
            version: file.version,
            digest: file.digest,
            mapping: file.mapping,
            axes,
            scores,
            categories: file.category,
            clusters: file.clusters,
            exempt: file.exempt,
            print: file.print,
        })
    }
}

/// One stratum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategorySection {
    /// Its name.
    pub name: String,
    /// The kind of its tasks.
    pub kind: Kind,
    /// Tasks by design: the weight of the stratum.
    pub planned: u32,
    /// Tasks of it in this run.
    pub selected: u32,
}

impl SuiteSection {
    /// The form of a `run.toml` with this section.
    pub fn schema(&self) -> SchemaVersion<DECLARING> {
        match self.declares() {
            true => SchemaVersion::newest(),
            false => SchemaVersion::default(),
        }
    }

    /// Whether a task has an axis that its category has.
    pub fn has(&self, task: &str, axis: Axis) -> bool {
        let exempt = self.exempt.get(task);
        exempt.is_none_or(|axes| !axes.iter().any(|key| key == axis.key()))
    }

    /// Whether it has axes or scores of its own, beside ParaBench's.
    pub fn declares(&self) -> bool {
        are_declared(&self.axes, &self.scores)
    }

    /// What is tabled and tested one by one: the judged axes, and computed scores but the first, which is the Overall.
    pub fn metrics(&self) -> Vec<Axis> {
        let scores = self.scores.iter().skip(1);
        self.axes.iter().chain(scores).copied().collect()
    }

    /// The axes whose mean is the Overall: the first computed score, or all axes.
    pub fn overall(&self) -> Vec<Axis> {
        match self.scores.first() {
            Some(&score) => vec![score],
            None => self.axes.clone(),
        }
    }

    /// How many tasks of the suite the run asks, over all shards.
    pub fn tasks(&self) -> u64 {
        let selected = self.categories.iter().map(|category| category.selected);
        selected.map(u64::from).sum()
    }

    /// The section of a suite of which the tasks at `selected` are used.
    pub fn new(suite: &Suite, selected: &[usize]) -> Self {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for task in selected.iter().filter_map(|&index| suite.tasks.get(index)) {
            *counts.entry(&task.prompt.category).or_default() += 1;
        }
        let category = |category: &Category| CategorySection {
            name: category.name.clone(),
            kind: category.kind,
            planned: category.planned,
            selected: counts.get(category.name.as_str()).copied().unwrap_or(0),
        };
        Self {
            name: suite.name.clone(),
            version: suite.version.clone(),
            digest: suite.digest,
            mapping: suite.mapping,
            print: suite.print,
            exempt: selected
                .iter()
                .filter_map(|&index| suite.tasks.get(index))
                .filter(|task| !task.without.is_empty())
                .map(|task| (task.id().to_owned(), task.without.clone()))
                .collect(),
            axes: suite.axes.clone(),
            scores: suite.scores.clone(),
            categories: suite.categories.iter().map(category).collect(),
            clusters: selected
                .iter()
                .filter_map(|&index| {
                    let task = suite.tasks.get(index)?;
                    Some((task.id().to_owned(), task.cluster.as_ref()?.to_string()))
                })
                .collect(),
        }
    }
}
