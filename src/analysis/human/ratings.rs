//! `--human ratings.csv`: what people said, one row per task, model, axis and rater.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::analysis::runs::load::LoadedRun;
use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::common::suggest::unknown;
use crate::suite::Axis;
use crate::suite::axes::formula::{Formula, OnScale};
use crate::suite::axes::scale::MarkScale;

/// Longest file, in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// Most faults that are listed.
const MAX_FAULTS: usize = 20;
/// The columns, in any order.
const COLUMNS: [&str; 5] = ["task", "model", "axis", "rater", "score"];

/// Why the ratings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RatingsError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its rows are faulty, or fit no run; all faults at once.
    #[error("the human ratings {} cannot be used:\n{}", path.display(), faults.join("\n"))]
    Faulty {
        /// The file.
        path: PathBuf,
        /// One line each.
        faults: Vec<String>,
    },
}

/// A row as people write it. The score stays a text until it is checked, so that one bad row does not hide the next.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRow {
    task: String,
    model: String,
    axis: String,
    rater: String,
    score: String,
}

/// What is rated: model, axis, task.
type Key = (String, Axis, String);
/// The scores of one answer on one axis, by rater.
type ByRater = BTreeMap<String, Decimal>;

/// What people rate: the axes of a suite, and the scale of their scores where it is not the axes' own.
#[derive(Clone, Debug)]
pub struct Rated {
    /// The judged axes.
    pub axes: Vec<Axis>,
    /// Scores that are computed from marks; those of people are computed alike, rater by rater.
    pub scores: Vec<Axis>,
    /// The scale of people, where it is another than the judge's.
    pub scale: Option<MarkScale>,
}

impl Rated {
    /// The scale of people's scores on an axis.
    pub fn scale(&self, axis: Axis) -> MarkScale {
        match axis.formula() {
            Some(_) => axis.scale(),
            None => self.scale.unwrap_or(axis.scale()),
        }
    }
}

/// Ratings by what they are about.
#[derive(Clone, Debug)]
pub struct Ratings {
    path: PathBuf,
    digest: Digest,
    rated: Rated,
    by_key: BTreeMap<Key, ByRater>,
    /// Ratings in the file: those that are computed do not count.
    count: usize,
}

impl Ratings {
    /// Reads and checks a file of ratings of a suite's axes.
    ///
    /// # Errors
    /// [`RatingsError`], with all faults of its rows.
    pub fn read(path: &Path, rated: Rated) -> Result<Self, RatingsError> {
        let text = files::read_text_bounded(path, MAX_BYTES)?;
        let mut faults = Vec::new();
        let mut by_key = rows(&text, &rated, &mut faults);
        let count = by_key.values().map(BTreeMap::len).sum();
        let computed = computed(&by_key, &rated);
        by_key.extend(computed);
        let ratings = Self {
            path: path.to_owned(),
            digest: Digest::of(text.as_bytes()),
            rated,
            by_key,
            count,
        };
        ratings.unless(faults)?;
        Ok(ratings)
    }

    fn unless(&self, mut faults: Vec<String>) -> Result<(), RatingsError> {
        if faults.is_empty() {
            return Ok(());
        }
        let more = faults.len().saturating_sub(MAX_FAULTS);
        faults.truncate(MAX_FAULTS);
        if more > 0 {
            faults.push(format!("  and {more} more"));
        }
        Err(RatingsError::Faulty {
            path: self.path.clone(),
            faults,
        })
    }

    /// Whether every rating is about an answer of one of the runs. Ratings of further models are a fault: a wrong
    /// name would otherwise be silence.
    ///
    /// # Errors
    /// [`RatingsError::Faulty`].
    pub fn check(&self, runs: &[&LoadedRun]) -> Result<(), RatingsError> {
        let models: BTreeSet<&str> = runs
            .iter()
            .map(|run| &*run.manifest.model.identity.name)
            .collect();
        let tasks: BTreeSet<&str> = runs
            .iter()
            .flat_map(|run| run.rows.iter().map(|row| &*row.task))
            .collect();
        let mut faults: BTreeSet<String> = BTreeSet::new();
        for run in runs.iter().filter(|run| run.samples.count() > 1) {
            faults.insert(format!(
                "  run {} has {} samples per task, and a rating does not say which it is about",
                run.label,
                run.samples.count()
            ));
        }
        for (model, axis, task) in self.by_key.keys() {
            if !models.contains(model.as_str()) {
                let known: Vec<&str> = models.iter().copied().collect();
                faults.insert(format!(
                    "  model {model}: no run of it here; there are: {}",
                    known.join(", ")
                ));
            }
            if !tasks.contains(task.as_str()) {
                faults.insert(format!("  task {task}: the runs do not have it"));
            }
            let judged = runs.iter().any(|run| {
                let suite = &run.manifest.suite;
                suite.axes.contains(axis) || suite.scores.contains(axis)
            });
            if !judged {
                faults.insert(format!("  axis {axis}: the suite does not judge it"));
            }
        }
        self.unless(faults.into_iter().collect())
    }

    /// SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Number of ratings.
    pub fn len(&self) -> usize {
        self.count
    }

    #[cfg(any(test, feature = "internals"))]
    /// Whether there is none; a file without ratings is refused on reading.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Number of people.
    pub fn raters(&self) -> usize {
        let names: BTreeSet<&String> = self.by_key.values().flat_map(BTreeMap::keys).collect();
        names.len()
    }

    /// The scores of one answer on one axis, by rater.
    pub fn of(&self, model: &str, axis: Axis, task: &str) -> Option<&ByRater> {
        self.by_key.get(&(model.to_owned(), axis, task.to_owned()))
    }

    /// The scores of one answer on one axis as steps from the lowest, by rater; `None` for what is computed.
    pub fn steps(&self, model: &str, axis: Axis, task: &str) -> Option<BTreeMap<&str, i64>> {
        let scale = self.rated.scale(axis);
        if axis.formula().is_some() {
            return None;
        }
        let scores = self.of(model, axis, task)?.iter();
        Some(
            scores
                .map(|(rater, &score)| (rater.as_str(), steps(score, scale)))
                .collect(),
        )
    }

    /// Whether people and judge mark an axis on one scale.
    pub fn on_judges_scale(&self, axis: Axis) -> bool {
        axis.formula().is_none() && self.rated.scale(axis) == axis.scale()
    }

    /// Mean over the raters of one answer on one axis, on the five-point scale.
    pub fn mean(&self, model: &str, axis: Axis, task: &str) -> Option<f64> {
        let (scores, scale) = (self.of(model, axis, task)?, self.rated.scale(axis));
        let places = scores.values().map(|&score| {
            let (above, below) = scale.five_point(score);
            above as f64 / below as f64
        });
        Some(places.sum::<f64>() / scores.len() as f64)
    }
}

/// Steps of a mark from the lowest of its scale.
pub(super) fn steps(mark: Decimal, scale: MarkScale) -> i64 {
    let steps = (mark.scaled() - scale.lo.scaled()) / scale.step.scaled().max(1);
    i64::try_from(steps).unwrap_or(i64::MAX)
}

/// The computed scores of every rater who marked all axes of one on an answer. Formulas that ask for the category of a
/// task are left out: ratings name none.
fn computed(by_key: &BTreeMap<Key, ByRater>, rated: &Rated) -> BTreeMap<Key, ByRater> {
    let answers: BTreeSet<(&String, &String)> = by_key
        .keys()
        .map(|(model, _, task)| (model, task))
        .collect();
    let mut all = BTreeMap::new();
    for &score in &rated.scores {
        let Some(formula) = score
            .formula()
            .filter(|f| !matches!(f, Formula::WeightedSum(_)))
        else {
            continue;
        };
        let keys = formula.axes();
        let entering: Vec<Axis> = rated
            .axes
            .iter()
            .copied()
            .filter(|axis| keys.contains(&axis.key()))
            .collect();
        for &(model, task) in &answers {
            let of = |axis: Axis| by_key.get(&(model.clone(), axis, task.clone()));
            let raters = entering
                .first()
                .and_then(|&axis| of(axis))
                .into_iter()
                .flat_map(BTreeMap::keys);
            let own = raters.filter_map(|rater| {
                let marks: Option<Vec<(&str, OnScale)>> = entering
                    .iter()
                    .map(|&axis| {
                        let (mark, scale) = (*of(axis)?.get(rater)?, rated.scale(axis));
                        Some((axis.key(), OnScale { mark, scale }))
                    })
                    .collect();
                Some((rater.clone(), formula.score("", &marks?, score.scale())?))
            });
            let own: ByRater = own.collect();
            if !own.is_empty() {
                all.insert((model.clone(), score, task.clone()), own);
            }
        }
    }
    all
}

fn rows(text: &str, rated: &Rated, faults: &mut Vec<String>) -> BTreeMap<Key, ByRater> {
    let mut by_key: BTreeMap<Key, ByRater> = BTreeMap::new();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let lacks: Vec<&str> = COLUMNS
        .into_iter()
        .filter(|name| !header.iter().any(|h| h == *name))
        .collect();
    let foreign: Vec<&str> = header.iter().filter(|h| !COLUMNS.contains(h)).collect();
    if !lacks.is_empty() || !foreign.is_empty() {
        faults.push(format!(
            "  the header must be {}; missing: {}; unknown: {}",
            COLUMNS.join(","),
            list(&lacks),
            list(&foreign)
        ));
        return by_key;
    }
    for (number, row) in (1..).zip(reader.deserialize()) {
        match row {
            Err(error) => faults.push(format!("  row {number}: {error}")),
            Ok(row) => keep(number, row, rated, &mut by_key, faults),
        }
    }
    if by_key.is_empty() && faults.is_empty() {
        faults.push("  there are no ratings".to_owned());
    }
    by_key
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

fn keep(
    number: usize,
    row: WireRow,
    rated: &Rated,
    by_key: &mut BTreeMap<Key, ByRater>,
    faults: &mut Vec<String>,
) {
    let axis: Option<Axis> = rated
        .axes
        .iter()
        .copied()
        .find(|axis| axis.key() == row.axis);
    let scale = axis.map_or(MarkScale::FIVE_POINT, |axis| rated.scale(axis));
    let score = row
        .score
        .parse::<Decimal>()
        .ok()
        .filter(|score| scale.holds(*score));
    if axis.is_none() {
        let known: Vec<&str> = rated.axes.iter().map(|axis| axis.key()).collect();
        let fault = unknown("axis", &row.axis, &known, None);
        faults.push(format!("  row {number}: {fault}"));
    }
    if score.is_none() {
        let expected = match scale.step == Decimal::whole(1) {
            true => format!("an integer from {} to {}", scale.lo, scale.hi),
            false => format!("{} to {} in steps of {}", scale.lo, scale.hi, scale.step),
        };
        faults.push(format!(
            "  row {number}: score `{}`, expected {expected}",
            row.score
        ));
    }
    for (name, value) in [
        ("task", &row.task),
        ("model", &row.model),
        ("rater", &row.rater),
    ] {
        if value.is_empty() {
            faults.push(format!("  row {number}: {name} is empty"));
        }
    }
    let (Some(axis), Some(score)) = (axis, score) else {
        return;
    };
    let raters = by_key.entry((row.model, axis, row.task)).or_default();
    if let Some(before) = raters.insert(row.rater.clone(), score) {
        faults.push(format!(
            "  row {number}: rater {} has rated this answer on this axis before, with {before}",
            row.rater
        ));
    }
}

#[cfg(test)]
mod tests;
