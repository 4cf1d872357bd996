//! Which tasks a suite has: from its tasks, from the ids that its definition states, from `items.csv`, or only from the
//! file that is imported.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::common::digest::Digest;
use crate::common::outside::Folder;
use crate::imported::ScoresImportError;
use crate::imported::entry::{AnswerEntry, short};
use crate::suite::wire::TASKS_FILE;
use crate::suite::{Axis, Category, Definition, Suite};

/// Ids, categories and clusters of a suite whose tasks cannot be shared: columns `task`, `category` and, where some
/// tasks form one unit, `cluster`.
pub const ITEMS_FILE: &str = "items.csv";
/// Longest [`ITEMS_FILE`], in bytes.
const MAX_ITEMS_BYTES: u64 = 32 << 20;

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id, unique in the suite: where two categories have the same, `category/id`.
    pub id: Arc<str>,
    /// Position of its category.
    pub category: usize,
    /// Its unit, where it shares one.
    pub cluster: Option<Arc<str>>,
    /// Axes that it does not have although its category has them.
    pub without: Vec<String>,
}

/// The tasks of a suite: those that it tells, and in categories of which it tells none those that the files name, so
/// that every model was asked what any was asked.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The strata.
    pub categories: Vec<Category>,
    /// The tasks, by category, then as the suite has them.
    pub tasks: Vec<Known>,
    by_name: HashMap<String, Vec<usize>>,
    /// Categories whose tasks only the imported files tell.
    open: Vec<bool>,
    /// Digest of the suite, where its tasks are here.
    suite: Option<Digest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    task: String,
    category: String,
    #[serde(default)]
    cluster: Option<String>,
}

impl Catalogue {
    /// The tasks of the suite of a definition, to which files have these entries.
    ///
    /// # Errors
    /// Faults of the suite's files.
    pub fn of(definition: &Definition, entries: &[AnswerEntry]) -> Result<Self, ScoresImportError> {
        let mut known = Self {
            open: vec![true; definition.categories.len()],
            categories: definition.categories.clone(),
            tasks: Vec::new(),
            by_name: HashMap::new(),
            suite: None,
        };
        let folder = &definition.folder;
        if folder.join(TASKS_FILE).exists() {
            let suite = crate::suite::load(folder)
                .map_err(|faults| ScoresImportError::Format(faults.to_string()))?;
            known.take_suite(&suite);
        } else if folder.join(ITEMS_FILE).exists() {
            known.take_items(folder)?;
        } else {
            known.take_ids();
        }
        known.take_entries(entries);
        known.name_apart()?;
        Ok(known)
    }

    /// The digest of the suite: its own, where its tasks are here, so that these marks stand beside those of its runs; else
    /// of its definition and the ids of its tasks.
    pub fn digest(&self, definition: &Definition) -> Digest {
        self.suite.unwrap_or_else(|| {
            let wire = toml::to_string(&definition.to_wire()).unwrap_or_default();
            let head = [b"parabench imported suite 1".as_slice(), wire.as_bytes()];
            let ids = self.tasks.iter().map(|task| task.id.as_bytes());
            Digest::of_fields(head.into_iter().chain(ids))
        })
    }

    /// Whether a task has an axis.
    pub fn has(&self, task: &Known, axis: Axis) -> bool {
        let without = task.without.iter().any(|key| key == axis.key());
        let category = self.categories.get(task.category);
        !without && category.is_some_and(|category| axis.exists_in(&category.name, category.kind))
    }

    /// Planned tasks of which neither the suite nor the files tell the ids.
    pub fn unnamed(&self) -> u64 {
        let counts = self.counts();
        let unnamed = self.categories.iter().enumerate().map(|(place, category)| {
            let found = counts.get(&place).copied().unwrap_or(0);
            category.planned.saturating_sub(found)
        });
        unnamed.map(u64::from).sum()
    }

    /// Tasks by the position of their category.
    pub fn counts(&self) -> BTreeMap<usize, u32> {
        let mut counts = BTreeMap::new();
        for task in &self.tasks {
            *counts.entry(task.category).or_default() += 1;
        }
        counts
    }

    /// The position of the task that a file names, with the category that it tells.
    ///
    /// # Errors
    /// What was found, what was expected, what to do.
    pub fn find(&self, entry: &AnswerEntry) -> Result<usize, String> {
        let task = entry.task.trim();
        let told = self.told(entry)?;
        match self.named(task, told).as_slice() {
            [at] => Ok(*at),
            [] if told.is_none() && self.open.contains(&true) => Err(self.which_category(task)),
            [] => Err(format!(
                "task `{}`, which the suite does not have (--skip-unknown leaves such rows out)",
                short(task)
            )),
            _ => Err(self.which_category(task)),
        }
    }

    fn which_category(&self, task: &str) -> String {
        format!(
            "task `{}` without a category, and the suite has {}; give the file a column `category`",
            short(task),
            self.names()
        )
    }

    /// The category that an entry tells.
    fn told(&self, entry: &AnswerEntry) -> Result<Option<usize>, String> {
        let Some(name) = &entry.category else {
            return Ok(None);
        };
        let place = self.position(name);
        place
            .map(Some)
            .ok_or_else(|| format!("category `{}`; the suite has {}", short(name), self.names()))
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.categories.iter().map(|c| c.name.as_str()).collect();
        names.join(", ")
    }

    fn position(&self, category: &str) -> Option<usize> {
        let mut names = self.categories.iter();
        names.position(|known| known.name == category)
    }

    /// Tasks of a name, in a category or in any.
    fn named(&self, task: &str, category: Option<usize>) -> Vec<usize> {
        let fits = |at: &usize| {
            let known = self.tasks.get(*at);
            known.is_some_and(|known| category.is_none_or(|place| place == known.category))
        };
        let places = self.by_name.get(task).into_iter().flatten().copied();
        places.filter(fits).collect()
    }

    fn add(&mut self, id: &str, category: usize, cluster: Option<&str>, other_name: Option<&str>) {
        let at = self.tasks.len();
        self.tasks.push(Known {
            id: id.into(),
            category,
            cluster: cluster.filter(|name| !name.is_empty()).map(Arc::from),
            without: Vec::new(),
        });
        let names: BTreeSet<&str> = [Some(id), other_name].into_iter().flatten().collect();
        for name in names {
            self.by_name.entry(name.to_owned()).or_default().push(at);
        }
    }

    /// From now on the categories that have tasks have no others.
    fn close(&mut self) {
        for category in self.counts().into_keys() {
            if let Some(open) = self.open.get_mut(category) {
                *open = false;
            }
        }
    }

    fn take_suite(&mut self, suite: &Suite) {
        for task in &suite.tasks {
            if let Some(category) = self.position(&task.prompt.category) {
                let cluster = task.cluster.as_deref();
                self.add(task.id(), category, cluster, task.original_id.as_deref());
                if let Some(known) = self.tasks.last_mut() {
                    known.without.clone_from(&task.without);
                }
            }
        }
        self.suite = Some(suite.digest);
        self.close();
    }

    fn take_items(&mut self, folder: &Path) -> Result<(), ScoresImportError> {
        let text = Folder::at(folder)?.read_text(ITEMS_FILE, MAX_ITEMS_BYTES)?;
        let fault = |what: String| ScoresImportError::Format(format!("{ITEMS_FILE}: {what}"));
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        for (row, item) in (1..).zip(rows.deserialize()) {
            let item: Item = item.map_err(|error| fault(error.to_string()))?;
            let (task, category) = (short(&item.task), short(&item.category));
            if !is_task_id(&item.task) {
                return Err(fault(format!(
                    "row {row}: task `{task}`: expected {TASK_ID}"
                )));
            }
            let place = self.position(&item.category).ok_or_else(|| {
                fault(format!(
                    "row {row}: category `{category}`; the suite has {}",
                    self.names()
                ))
            })?;
            if self.by_name.contains_key(&item.task) {
                return Err(fault(format!("row {row}: task `{task}` twice; remove one")));
            }
            self.add(&item.task, place, item.cluster.as_deref(), None);
        }
        let counts = self.counts();
        for (place, category) in self.categories.iter().enumerate() {
            let found = counts.get(&place).copied().unwrap_or(0);
            if found != category.planned {
                let (name, planned) = (&category.name, category.planned);
                return Err(fault(format!(
                    "{found} tasks in {name}, the suite plans {planned}; correct the file or `planned`"
                )));
            }
        }
        self.close();
        Ok(())
    }

    /// Ids that the definition states.
    fn take_ids(&mut self) {
        for (place, category) in self.categories.clone().iter().enumerate() {
            for id in category.ids.iter().flat_map(|ids| ids.iter()) {
                self.add(&id.to_string(), place, None, None);
            }
        }
        self.close();
    }

    /// Tasks of open categories, and what the entries say of tasks.
    fn take_entries(&mut self, entries: &[AnswerEntry]) {
        let only = match self.open.as_slice() {
            [true] => Some(0),
            _ => None,
        };
        let mut new: BTreeSet<(usize, &str)> = BTreeSet::new();
        for entry in entries.iter().filter(|entry| is_task_id(entry.task.trim())) {
            let place = self.told(entry).ok().and_then(|told| told.or(only));
            if let Some(place) = place.filter(|&place| self.open.get(place) == Some(&true)) {
                new.insert((place, entry.task.trim()));
            }
        }
        for (place, task) in new {
            self.add(task, place, None, None);
        }
        for entry in entries.iter().filter(|entry| !entry.without.is_empty()) {
            let at = self.find(entry).ok();
            if let Some(known) = at.and_then(|at| self.tasks.get_mut(at)) {
                known.without.clone_from(&entry.without);
            }
        }
    }

    /// Where two categories have the same id, every task is called `category/id`.
    fn name_apart(&mut self) -> Result<(), ScoresImportError> {
        let distinct = |tasks: &[Known]| {
            let ids: BTreeSet<&str> = tasks.iter().map(|task| &*task.id).collect();
            ids.len() == tasks.len()
        };
        if distinct(&self.tasks) {
            return Ok(());
        }
        for task in &mut self.tasks {
            if let Some(category) = self.categories.get(task.category) {
                task.id = format!("{}/{}", category.name, task.id).into();
            }
        }
        match distinct(&self.tasks) {
            true => Ok(()),
            false => Err(ScoresImportError::Format(
                "a category of the suite has an id twice; correct its `ids`".to_owned(),
            )),
        }
    }
}

/// What the id of a task must be.
pub const TASK_ID: &str = "1 to 300 visible characters";

/// Whether text can be the id of a task.
pub fn is_task_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 300 && !text.chars().any(char::is_control)
}

/// Reads a definition by the name or folder of its suite; its tasks need not be there.
///
/// # Errors
/// No such suite, or a faulty definition.
pub fn definition(spec: &str) -> Result<Definition, ScoresImportError> {
    let folder = crate::suite::find::find_definition(spec)
        .map_err(|error| ScoresImportError::Format(error.to_string()))?;
    Definition::read(&folder).map_err(|faults| ScoresImportError::Format(faults.to_string()))
}
