//! From entries to the marks of each model: every cell in its place, what has none or contradicts another named.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::common::decimal::Decimal;
use crate::imported::ScoresImportError;
use crate::imported::catalogue::{Catalogue, TASK_ID, is_task_id};
use crate::imported::cell::{self, Outcome};
use crate::imported::entry::{AnswerEntry, short};
use crate::judge::MissingReason;
use crate::suite::Axis;

/// What the user said about names and doubtful rows.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The model, where the file does not tell it.
    pub model: Option<String>,
    /// Who marked, where the file does not tell it.
    pub judge: Option<String>,
    /// Whether rows about tasks and axes that the suite lacks are left out.
    pub skip_unknown: bool,
    /// Whether rows of one mark without a number are repeats in the order of the file.
    pub repeats_in_order: bool,
}

/// Most marks per axis of one model.
const MAX_ANSWERS: usize = 2_000_000;

/// What models and judges are called that a file does not name.
pub const NOT_STATED: &str = "not-stated";

/// The marks of one model.
#[derive(Clone, Debug)]
pub struct ModelMarks {
    /// The model.
    pub model: String,
    /// Samples per task.
    pub samples: u32,
    /// Each judge with its repeats and the axes that it marks.
    pub judges: Vec<JudgeMarks>,
}

/// The marks of one judge.
#[derive(Clone, Debug)]
pub struct JudgeMarks {
    /// The judge.
    pub name: String,
    /// Marks per sample and axis.
    pub repeats: u32,
    /// The axes that it marked at all.
    pub axes: BTreeSet<Axis>,
    /// By position of the task in the catalogue, sample, repeat and axis.
    pub marks: HashMap<MarkPlace, Outcome>,
    /// What the authors' script averages where there is no mark.
    pub official: HashMap<MarkPlace, Decimal>,
}

/// Position of a task in the catalogue, sample, repeat and axis.
pub type MarkPlace = (usize, u32, u32, Axis);

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// By model, in alphabetical order.
    pub models: Vec<ModelMarks>,
    /// Rows that were left out, where that was allowed.
    pub skipped: Vec<String>,
}

/// One cell of the files with everything that tells what it is about, but model and judge.
struct Placed<'a> {
    task: usize,
    seed: Option<i64>,
    repeat: Option<i64>,
    axis: Axis,
    outcome: Outcome,
    /// What the authors' script averages, where there is no mark.
    official: Option<Decimal>,
    place: &'a str,
}

/// By model, then by judge.
type ByModel<'a> = BTreeMap<String, BTreeMap<String, Vec<Placed<'a>>>>;

/// Puts entries in their places.
///
/// # Errors
/// [`ScoresImportError::Rows`] with every row that has no place, or that contradicts another.
pub fn assemble(
    entries: &[AnswerEntry],
    catalogue: &Catalogue,
    axes: &[Axis],
    options: &Options,
) -> Result<Assembled, ScoresImportError> {
    let mut by_model: ByModel<'_> = BTreeMap::new();
    let mut unknown = Vec::new();
    for entry in entries {
        let (placed, lost) = cells(entry, catalogue, axes);
        unknown.extend(
            lost.into_iter()
                .map(|what| format!("{}: {what}", entry.place)),
        );
        if placed.is_empty() {
            continue;
        }
        let name = |told: &Option<String>, said: &Option<String>| {
            let known = told.as_ref().or(said.as_ref());
            known.map_or(NOT_STATED.to_owned(), |name| short(name.trim()))
        };
        let of_model = by_model
            .entry(name(&entry.model, &options.model))
            .or_default();
        let of_judge = of_model
            .entry(name(&entry.judge, &options.judge))
            .or_default();
        of_judge.extend(placed);
    }
    let (skipped, mut faults) = match options.skip_unknown {
        true => (unknown, Vec::new()),
        false => (Vec::new(), unknown),
    };
    let mut models = Vec::new();
    for (model, judges) in by_model {
        match finish(model, judges, catalogue.tasks.len(), options) {
            Ok(marks) => models.push(marks),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() && models.is_empty() {
        faults.push(
            "no row is about a task and an axis of the suite; is it the right suite?".to_owned(),
        );
        faults.extend(skipped.iter().cloned());
    }
    match faults.is_empty() {
        true => Ok(Assembled { models, skipped }),
        false => Err(ScoresImportError::Rows(faults)),
    }
}

/// The cells of an entry that have a place, and what is wrong with the others.
fn cells<'a>(
    entry: &'a AnswerEntry,
    catalogue: &Catalogue,
    axes: &[Axis],
) -> (Vec<Placed<'a>>, Vec<String>) {
    let task = match is_task_id(entry.task.trim()) {
        true => catalogue.find(entry),
        false => Err(format!("task `{}`: expected {TASK_ID}", short(&entry.task))),
    };
    let at = match task {
        Ok(at) => at,
        Err(what) => return (Vec::new(), vec![what]),
    };
    let (mut placed, mut lost) = (Vec::new(), Vec::new());
    for (key, cell) in &entry.marks {
        let Some(&axis) = axes.iter().find(|axis| axis.key() == key) else {
            let known: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
            lost.push(format!(
                "metric `{}`; the suite has {} (--map AXIS=NAME, or --skip-unknown)",
                short(key),
                known.join(", ")
            ));
            continue;
        };
        let outcome = cell::read(cell, axis.scale());
        let official = entry.official.iter().find(|(of, _)| of == key);
        let official = official.filter(|_| outcome.is_err());
        let official = official.and_then(|(_, cell)| cell::number_of(cell));
        if catalogue
            .tasks
            .get(at)
            .is_some_and(|task| catalogue.has(task, axis))
        {
            placed.push(Placed {
                task: at,
                seed: entry.seed,
                repeat: entry.repeat,
                axis,
                outcome,
                official,
                place: &entry.place,
            });
        } else if outcome != Err(MissingReason::NoMark) {
            // Files with a column per axis leave those empty that a task does not have.
            lost.push(format!("a mark on {axis}, which this task does not have"));
        }
    }
    (placed, lost)
}

fn finish(
    model: String,
    judges: BTreeMap<String, Vec<Placed<'_>>>,
    tasks: usize,
    options: &Options,
) -> Result<ModelMarks, Vec<String>> {
    let mut faults = Vec::new();
    let seeds = numbers(judges.values().flatten().map(|placed| placed.seed));
    let seeds = seeds.unwrap_or_else(|| {
        faults.push(format!(
            "model {model}: some rows have a seed and others none; number all or none"
        ));
        Vec::new()
    });
    let mut marked = Vec::new();
    for (name, placed) in judges {
        match judge(name, &placed, &seeds, options) {
            Ok(marks) => marked.push(marks),
            Err(found) => faults.extend(found),
        }
    }
    let repeats: usize = marked.iter().map(|judge| judge.repeats as usize).sum();
    let planned = tasks.saturating_mul(seeds.len()).saturating_mul(repeats);
    if planned > MAX_ANSWERS {
        faults.push(format!(
            "model {model}: {tasks} tasks x {} seeds x {repeats} repeats of all judges, at most {MAX_ANSWERS} in all; \
             is a column called `seed` or `sample` that does not hold seeds?",
            seeds.len()
        ));
    }
    match faults.is_empty() {
        true => Ok(ModelMarks {
            model,
            samples: u32::try_from(seeds.len()).unwrap_or(u32::MAX),
            judges: marked,
        }),
        false => Err(faults),
    }
}

/// The different numbers, ascending, or a single `None`; `None` where some are there and others not.
fn numbers(found: impl Iterator<Item = Option<i64>>) -> Option<Vec<Option<i64>>> {
    let distinct: BTreeSet<Option<i64>> = found.collect();
    let mixed = distinct.len() > 1 && distinct.contains(&None);
    let numbers: Vec<Option<i64>> = distinct.into_iter().collect();
    (!mixed).then_some(if numbers.is_empty() {
        vec![None]
    } else {
        numbers
    })
}

fn judge(
    name: String,
    placed: &[Placed<'_>],
    seeds: &[Option<i64>],
    options: &Options,
) -> Result<JudgeMarks, Vec<String>> {
    let Some(repeats) = numbers(placed.iter().map(|placed| placed.repeat)) else {
        return Err(vec![format!(
            "judge {name}: some rows have a repeat and others none; number all or none"
        )]);
    };
    let position = |of: &[Option<i64>], value: Option<i64>| {
        u32::try_from(of.binary_search(&value).unwrap_or(0)).unwrap_or(0)
    };
    let in_order = options.repeats_in_order && repeats == [None];
    let mut most = u32::try_from(repeats.len()).unwrap_or(u32::MAX);
    let mut seen: HashMap<(usize, u32, Axis), u32> = HashMap::new();
    let mut marks: HashMap<MarkPlace, (Outcome, &str)> = HashMap::new();
    let mut official = HashMap::new();
    let mut faults = Vec::new();
    for one in placed {
        let seed = position(seeds, one.seed);
        let repeat = match in_order {
            true => {
                let next = seen.entry((one.task, seed, one.axis)).or_default();
                *next += 1;
                *next - 1
            }
            false => position(&repeats, one.repeat),
        };
        most = most.max(repeat + 1);
        let key = (one.task, seed, repeat, one.axis);
        official.extend(one.official.map(|number| (key, number)));
        let (outcome, place) = *marks.entry(key).or_insert((one.outcome, one.place));
        if outcome != one.outcome {
            faults.push(format!(
                "{place} and {}: two different marks on {}; number them in a column `repeat` or `seed`, or take them as \
                 repeats with --repeats-in-order",
                one.place, one.axis
            ));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(JudgeMarks {
        name,
        repeats: most,
        axes: marks.keys().map(|(_, _, _, axis)| *axis).collect(),
        marks: marks
            .into_iter()
            .map(|(key, (outcome, _))| (key, outcome))
            .collect(),
        official,
    })
}
