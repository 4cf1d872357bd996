//! From entries to the rows of runs: every planned mark is there once, as a mark or as a named reason why it is missing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::imported::ScoresImportError;
use crate::imported::catalogue::{Catalogue, Found, Known, NoTask, is_task_id};
use crate::imported::cell::{self, Outcome};
use crate::imported::entry::{Entry, short};
use crate::judge::MissingReason;
use crate::suite::{Axis, Category};

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
    /// The tasks: those of the suite, and those that only the file tells.
    pub tasks: Vec<Known>,
    /// Samples per task.
    pub samples: u32,
    /// Each judge with its repeats and the axes that it marks.
    pub judges: Vec<JudgeMarks>,
    /// Planned tasks of which nobody tells the ids.
    pub unnamed: u64,
}

/// The marks of one judge.
#[derive(Clone, Debug)]
pub struct JudgeMarks {
    /// The judge.
    pub name: String,
    /// Marks per sample and axis.
    pub repeats: u32,
    /// The axes that it marked at all.
    pub axes: Vec<Axis>,
    /// By task, sample, repeat and axis.
    pub marks: HashMap<(usize, u32, u32, Axis), Outcome>,
}

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// By model, in alphabetical order.
    pub models: Vec<ModelMarks>,
    /// Rows that were left out, where that was allowed.
    pub skipped: Vec<String>,
}

/// One cell of the files with everything that tells what it is about.
struct Placed {
    task: usize,
    seed: Option<i64>,
    repeat: Option<i64>,
    judge: String,
    axis: Axis,
    outcome: Outcome,
    place: String,
}

/// Puts entries in their places.
///
/// # Errors
/// [`ScoresImportError::Rows`] with every row that has no place, or that contradicts another.
pub fn assemble(
    entries: &[Entry],
    catalogue: &Catalogue,
    axes: &[Axis],
    options: &Options,
) -> Result<Assembled, ScoresImportError> {
    let mut reading = Placing {
        catalogue,
        axes,
        options,
        faults: Vec::new(),
        skipped: Vec::new(),
        models: BTreeMap::new(),
    };
    for entry in entries {
        reading.place(entry);
    }
    let mut faults = reading.faults;
    let mut models = Vec::new();
    for (model, found) in reading.models {
        match found.finish(&model, catalogue, options) {
            Ok(marks) => models.push(marks),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() {
        let skipped = reading.skipped;
        Ok(Assembled { models, skipped })
    } else {
        Err(ScoresImportError::Rows(faults))
    }
}

struct Placing<'a> {
    catalogue: &'a Catalogue,
    axes: &'a [Axis],
    options: &'a Options,
    faults: Vec<String>,
    skipped: Vec<String>,
    models: BTreeMap<String, OfModel>,
}

#[derive(Default)]
struct OfModel {
    tasks: Vec<Known>,
    new: HashMap<(String, usize), usize>,
    placed: Vec<Placed>,
}

impl Placing<'_> {
    fn unknown(&mut self, what: String) {
        match self.options.skip_unknown {
            true => self.skipped.push(what),
            false => self.faults.push(what),
        }
    }

    fn place(&mut self, entry: &Entry) {
        let name = |told: &Option<String>, said: &Option<String>| {
            let known = said.as_ref().or(told.as_ref());
            known.map_or(NOT_STATED.to_owned(), |name| short(name.trim()))
        };
        let model = name(&entry.model, &self.options.model);
        let judge = name(&entry.judge, &self.options.judge);
        let task = match self.task(entry, &model) {
            Ok(task) => task,
            Err(what) => return self.unknown(format!("{}: {what}", entry.place)),
        };
        let known = self
            .models
            .get_mut(&model)
            .and_then(|found| found.tasks.get_mut(task));
        if let Some(known) = known.filter(|known| known.without.is_empty()) {
            known.without.clone_from(&entry.without);
        }
        for (key, cell) in &entry.marks {
            let Some(&axis) = self.axes.iter().find(|axis| axis.key() == key) else {
                let known: Vec<&str> = self.axes.iter().map(|axis| axis.key()).collect();
                let what = format!(
                    "{}: metric `{}`; the suite has {} (--map AXIS=NAME, or --skip-unknown)",
                    entry.place,
                    short(key),
                    known.join(", ")
                );
                self.unknown(what);
                continue;
            };
            let outcome = cell::read(cell, axis.scale());
            if !self.exists(axis, &model, task) {
                // Files with a column per axis leave those empty that a task does not have.
                if outcome != Err(MissingReason::NoMark) {
                    let what = format!(
                        "{}: a mark on {axis}, which this task does not have",
                        entry.place
                    );
                    self.unknown(what);
                }
                continue;
            }
            let placed = Placed {
                task,
                seed: entry.seed,
                repeat: entry.repeat,
                judge: judge.clone(),
                axis,
                outcome,
                place: entry.place.clone(),
            };
            self.models
                .entry(model.clone())
                .or_default()
                .placed
                .push(placed);
        }
    }

    fn exists(&self, axis: Axis, model: &str, task: usize) -> bool {
        let own = self
            .models
            .get(model)
            .and_then(|found| found.tasks.get(task));
        let without = own.is_some_and(|known| known.without.iter().any(|key| key == axis.key()));
        let category = own.and_then(|known| self.catalogue.categories.get(known.category));
        !without && category.is_some_and(|category| axis.exists_in(&category.name, category.kind))
    }

    /// The position of the entry's task among those of its model.
    fn task(&mut self, entry: &Entry, model: &str) -> Result<usize, String> {
        let task = entry.task.trim();
        if !is_task_id(task) {
            return Err(format!(
                "task `{}`: expected 1 to 300 visible characters",
                short(task)
            ));
        }
        let names = || {
            let names: Vec<&str> = self
                .catalogue
                .categories
                .iter()
                .map(|c| c.name.as_str())
                .collect();
            names.join(", ")
        };
        let found = self
            .catalogue
            .find(task, entry.category.as_deref())
            .map_err(|why| match why {
                NoTask::Category(name) => {
                    format!("category `{}`; the suite has {}", short(&name), names())
                }
                NoTask::WhichCategory => format!(
                    "task `{}` without a category, and the suite has {}; give the file a column `category`",
                    short(task),
                    names()
                ),
                NoTask::Unknown => format!(
                    "task `{}`, which the suite does not have (--skip-unknown leaves such rows out)",
                    short(task)
                ),
            })?;
        let of_model = self
            .models
            .entry(model.to_owned())
            .or_insert_with(|| OfModel {
                tasks: self.catalogue.tasks.clone(),
                ..OfModel::default()
            });
        Ok(match found {
            Found::Known(at) => at,
            Found::New(category) => {
                let next = of_model.tasks.len();
                let key = (task.to_owned(), category);
                let at = *of_model.new.entry(key).or_insert(next);
                if at == next {
                    of_model.tasks.push(Known {
                        id: task.into(),
                        category,
                        cluster: None,
                        without: Vec::new(),
                    });
                }
                at
            }
        })
    }
}

impl OfModel {
    fn finish(
        mut self,
        model: &str,
        catalogue: &Catalogue,
        options: &Options,
    ) -> Result<ModelMarks, Vec<String>> {
        let mut faults = name_apart(&mut self.tasks, &catalogue.categories);
        let seeds: BTreeSet<Option<i64>> = self.placed.iter().map(|placed| placed.seed).collect();
        if seeds.len() > 1 && seeds.contains(&None) {
            faults.push(format!(
                "model {model}: some rows have a seed and others none"
            ));
        }
        let seeds: Vec<Option<i64>> = seeds.into_iter().collect();
        let names: BTreeSet<String> = self
            .placed
            .iter()
            .map(|placed| placed.judge.clone())
            .collect();
        let mut judges = Vec::new();
        for name in names {
            let own: Vec<&Placed> = self
                .placed
                .iter()
                .filter(|placed| placed.judge == name)
                .collect();
            match judge(name, &own, &seeds, options) {
                Ok(marks) => judges.push(marks),
                Err(found) => faults.extend(found),
            }
        }
        let repeats: usize = judges.iter().map(|judge| judge.repeats as usize).sum();
        let planned = self
            .tasks
            .len()
            .saturating_mul(seeds.len().max(1))
            .saturating_mul(repeats);
        if planned > MAX_ANSWERS {
            faults.push(format!(
                "model {model}: {} tasks x {} seeds x {repeats} repeats of all judges, at most {MAX_ANSWERS} in all; is a column \
                 that is no seed called `seed` or `sample`?",
                self.tasks.len(),
                seeds.len()
            ));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for task in &self.tasks {
            *counts.entry(task.category).or_default() += 1;
        }
        let unnamed = catalogue
            .categories
            .iter()
            .enumerate()
            .map(|(place, category)| {
                let found = counts.get(&place).copied().unwrap_or(0);
                u64::from(category.planned).saturating_sub(found)
            });
        Ok(ModelMarks {
            model: model.to_owned(),
            samples: u32::try_from(seeds.len().max(1)).unwrap_or(u32::MAX),
            judges,
            unnamed: unnamed.sum(),
            tasks: self.tasks,
        })
    }
}

/// Task ids are unique in a run: those that two categories share get their category in front.
fn name_apart(tasks: &mut [Known], categories: &[Category]) -> Vec<String> {
    let mut seen: HashMap<Arc<str>, usize> = HashMap::new();
    for task in tasks.iter() {
        *seen.entry(Arc::clone(&task.id)).or_default() += 1;
    }
    for task in tasks
        .iter_mut()
        .filter(|task| seen.get(&task.id).copied().unwrap_or(0) > 1)
    {
        if let Some(category) = categories.get(task.category) {
            task.id = format!("{}/{}", category.name, task.id).into();
        }
    }
    let mut ids: Vec<&Arc<str>> = tasks.iter().map(|task| &task.id).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).filter(|pair| pair.first() == pair.last());
    twice
        .filter_map(|pair| {
            pair.first()
                .map(|id| format!("two tasks are called `{id}`"))
        })
        .collect()
}

fn judge(
    name: String,
    placed: &[&Placed],
    seeds: &[Option<i64>],
    options: &Options,
) -> Result<JudgeMarks, Vec<String>> {
    let repeats: BTreeSet<Option<i64>> = placed.iter().map(|placed| placed.repeat).collect();
    let repeats: Vec<Option<i64>> = repeats.into_iter().collect();
    let position = |of: &[Option<i64>], value: Option<i64>| {
        u32::try_from(of.binary_search(&value).unwrap_or(0)).unwrap_or(0)
    };
    let mut marks: HashMap<(usize, u32, u32, Axis), (Outcome, &str)> = HashMap::new();
    let mut faults = Vec::new();
    let mut most = u32::try_from(repeats.len().max(1)).unwrap_or(u32::MAX);
    for one in placed {
        let seed = position(seeds, one.seed);
        let mut repeat = position(&repeats, one.repeat);
        if options.repeats_in_order && one.repeat.is_none() {
            while marks.contains_key(&(one.task, seed, repeat, one.axis)) {
                repeat += 1;
            }
            most = most.max(repeat + 1);
        }
        let key = (one.task, seed, repeat, one.axis);
        match marks.get(&key) {
            None => {
                marks.insert(key, (one.outcome, &one.place));
            }
            Some((outcome, _)) if *outcome == one.outcome => {}
            Some((_, place)) => faults.push(format!(
                "{place} and {}: two different marks on {}; number them in a column `repeat` or `seed`, or take them as \
                 repeats with --repeats-in-order",
                one.place, one.axis
            )),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let axes: BTreeSet<Axis> = marks.keys().map(|(_, _, _, axis)| *axis).collect();
    Ok(JudgeMarks {
        name,
        repeats: most,
        axes: axes.into_iter().collect(),
        marks: marks
            .into_iter()
            .map(|(key, (outcome, _))| (key, outcome))
            .collect(),
    })
}
