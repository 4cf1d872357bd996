//! Which tasks a suite has: from its tasks, from the ids that its definition states, from `items.csv`, or only from the
//! file that is imported.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::common::files;
use crate::common::outside::Folder;
use crate::imported::ScoresImportError;
use crate::imported::entry::Entry;
use crate::suite::wire::TASKS_FILE;
use crate::suite::{Category, Definition, Suite};

/// Ids, categories and clusters of a suite whose tasks cannot be shared: columns `task`, `category` and, where some
/// tasks form one unit, `cluster`.
pub const ITEMS_FILE: &str = "items.csv";
/// Longest [`ITEMS_FILE`], in bytes.
const MAX_ITEMS_BYTES: u64 = 32 << 20;

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: Arc<str>,
    /// Position of its category.
    pub category: usize,
    /// Its unit, where it shares one.
    pub cluster: Option<Arc<str>>,
    /// Axes that it does not have although its category has them.
    pub without: Vec<String>,
}

/// The tasks of a suite.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The strata.
    pub categories: Vec<Category>,
    /// The tasks, by category, then as the suite has them.
    pub tasks: Vec<Known>,
    by_name: HashMap<String, Vec<usize>>,
    /// Categories whose tasks only the imported file tells.
    open: Vec<bool>,
}

/// Why a task is not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTask {
    /// No category of that name.
    Category(String),
    /// The file names no category, and the id does not tell it.
    WhichCategory,
    /// The suite has no such task.
    Unknown,
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
    /// The tasks of the suite of a definition.
    ///
    /// # Errors
    /// Faults of its files.
    pub fn of(definition: &Definition) -> Result<Self, ScoresImportError> {
        let mut known = Self {
            open: vec![true; definition.categories.len()],
            categories: definition.categories.clone(),
            tasks: Vec::new(),
            by_name: HashMap::new(),
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
        Ok(known)
    }

    /// Takes all tasks that the entries name, where the suite tells none: every model was asked what any was asked.
    #[must_use]
    pub fn with_tasks_of(mut self, entries: &[Entry]) -> Self {
        let mut new: Vec<(usize, String)> = Vec::new();
        for entry in entries {
            let task = entry.task.trim();
            if let Ok(Found::New(category)) = self.find(task, entry.category.as_deref()) {
                new.push((category, task.to_owned()));
            }
        }
        new.sort();
        new.dedup();
        for (category, task) in new {
            if is_task_id(&task) {
                self.add(&task, category, None, None);
            }
        }
        self
    }

    fn position(&self, category: &str) -> Option<usize> {
        self.categories
            .iter()
            .position(|known| known.name == category)
    }

    fn add(&mut self, id: &str, category: usize, cluster: Option<&str>, other_name: Option<&str>) {
        let at = self.tasks.len();
        self.tasks.push(Known {
            id: id.into(),
            category,
            cluster: cluster.filter(|name| !name.is_empty()).map(Arc::from),
            without: Vec::new(),
        });
        for name in [Some(id), other_name].into_iter().flatten() {
            let places = self.by_name.entry(name.to_owned()).or_default();
            if !places.contains(&at) {
                places.push(at);
            }
        }
        if let Some(open) = self.open.get_mut(category) {
            *open = false;
        }
    }

    fn take_suite(&mut self, suite: &Suite) {
        for task in &suite.tasks {
            if let Some(category) = self.position(&task.prompt.category) {
                self.add(
                    task.id(),
                    category,
                    task.cluster.as_deref(),
                    task.original_id.as_deref(),
                );
            }
        }
    }

    fn take_items(&mut self, folder: &Path) -> Result<(), ScoresImportError> {
        let text = Folder::at(folder)?.read_text(ITEMS_FILE, MAX_ITEMS_BYTES)?;
        let fault = |what: String| ScoresImportError::Format(format!("{ITEMS_FILE}: {what}"));
        for (number, item) in csv::Reader::from_reader(text.as_bytes())
            .deserialize()
            .enumerate()
        {
            let item: Item = item.map_err(|error| fault(error.to_string()))?;
            let category = self.position(&item.category).ok_or_else(|| {
                fault(format!(
                    "row {}: the suite has no category `{}`",
                    number + 1,
                    item.category
                ))
            })?;
            if self.by_name.contains_key(&item.task) {
                return Err(fault(format!(
                    "row {}: task `{}` twice",
                    number + 1,
                    item.task
                )));
            }
            self.add(&item.task, category, item.cluster.as_deref(), None);
        }
        let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
        for task in &self.tasks {
            *counts.entry(task.category).or_default() += 1;
        }
        for (place, category) in self.categories.iter().enumerate() {
            let found = counts.get(&place).copied().unwrap_or(0);
            if found != category.planned {
                return Err(fault(format!(
                    "{found} tasks in {}, the suite plans {}",
                    category.name, category.planned
                )));
            }
        }
        Ok(())
    }

    /// Ids that the definition states; where two categories have the same, `category/id` tells the tasks apart.
    fn take_ids(&mut self) {
        let mut seen: HashMap<u32, usize> = HashMap::new();
        let ids = self
            .categories
            .iter()
            .filter_map(|category| category.ids.as_ref());
        for id in ids.flat_map(|ids| ids.iter()) {
            *seen.entry(id).or_default() += 1;
        }
        let scoped = seen.values().any(|&count| count > 1);
        let listed: Vec<(usize, String, Vec<u32>)> = self
            .categories
            .iter()
            .enumerate()
            .filter_map(|(place, category)| {
                Some((
                    place,
                    category.name.clone(),
                    category.ids.as_ref()?.iter().collect(),
                ))
            })
            .collect();
        for (place, name, ids) in listed {
            for id in ids {
                let id = id.to_string();
                match scoped {
                    true => self.add(&format!("{name}/{id}"), place, None, Some(&id)),
                    false => self.add(&id, place, None, None),
                }
            }
        }
    }

    /// The task that a file names, with the category that it tells. In a category whose tasks nobody told, the file's
    /// own names count: then the task is new.
    ///
    /// # Errors
    /// [`NoTask`].
    pub fn find(&self, task: &str, category: Option<&str>) -> Result<Found, NoTask> {
        let told = match category {
            Some(name) => match self.position(name) {
                Some(place) => Some(place),
                None => return Err(NoTask::Category(name.to_owned())),
            },
            None => None,
        };
        let fits = |at: &&usize| {
            let known = self.tasks.get(**at);
            known.is_some_and(|known| told.is_none_or(|place| place == known.category))
        };
        let named: Vec<&usize> = self
            .by_name
            .get(task)
            .into_iter()
            .flatten()
            .filter(fits)
            .collect();
        match (named.as_slice(), told) {
            ([at], _) => Ok(Found::Known(**at)),
            ([], Some(place)) if self.open.get(place) == Some(&true) => Ok(Found::New(place)),
            ([], None) => match self.open.as_slice() {
                [true] => Ok(Found::New(0)),
                open if open.contains(&true) => Err(NoTask::WhichCategory),
                _ => Err(NoTask::Unknown),
            },
            ([], Some(_)) => Err(NoTask::Unknown),
            _ => Err(NoTask::WhichCategory),
        }
    }
}

/// What a file's name of a task stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The task at this position.
    Known(usize),
    /// A task of the category at this position, of which only the file tells.
    New(usize),
}

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

/// A name that is safe as that of a run folder.
pub fn run_name(text: &str) -> String {
    files::safe_name(text)
}
