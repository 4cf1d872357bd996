//! Which tasks of a suite a run asks, and which samples of each.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::Suite;
use crate::common::seed::shuffle_key;
use crate::common::suggest::did_you_mean;

/// Most samples of one task.
const MAX_SAMPLES: u32 = 10_000;

/// What the user asked for; the default asks for everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// At most so many tasks, spread over the categories.
    pub limit: Option<usize>,
    /// Only these tasks; empty for all.
    pub tasks: Vec<String>,
    /// Only these categories; empty for all.
    pub categories: Vec<String>,
    /// The seed that decides which tasks a limit keeps.
    pub seed: u64,
}

/// Tasks chosen from a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Indices into [`Suite::tasks`], ascending; never empty.
    pub indices: Vec<usize>,
    /// What was asked for, in one line, to be recorded with a run.
    pub text: String,
}

/// Why nothing could be selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// Names that the suite does not have, each with its near matches.
    #[error("the suite `{suite}` has no {}", unknown.join(", nor "))]
    Unknown {
        /// The suite.
        suite: String,
        /// One phrase per unknown name.
        unknown: Vec<String>,
    },
    /// The filters leave nothing.
    #[error("no task of the suite `{suite}` is left by `{filter}`; ask for more")]
    Nothing {
        /// The suite.
        suite: String,
        /// What was asked for.
        filter: String,
    },
}

/// Selects tasks: those of `filter.tasks` and `filter.categories`, and of these at
/// most `filter.limit`, spread over the categories in proportion to their size (which
/// the loader has found equal to the plan) by largest remainder.
///
/// Within a category the tasks are taken in an order fixed by the seed and the ids, so
/// the choice does not depend on the order of the file, and of two limits the one that
/// gives a category fewer tasks gives it some of those that the other gives.
///
/// # Errors
/// [`SelectError`]: unknown names, all at once, and empty selections.
pub fn select(suite: &Suite, filter: &Filter) -> Result<Selection, SelectError> {
    check_names(suite, filter)?;
    let wanted = |index: &usize| {
        suite.tasks.get(*index).is_some_and(|task| {
            let is_in = |names: &[String], name: &str| {
                names.is_empty() || names.iter().any(|known| known == name)
            };
            is_in(&filter.tasks, task.id()) && is_in(&filter.categories, &task.prompt.category)
        })
    };
    let mut indices: Vec<usize> = (0..suite.tasks.len()).filter(wanted).collect();
    if let Some(limit) = filter.limit.filter(|&limit| limit < indices.len()) {
        indices = stratified(suite, &indices, limit, filter.seed);
    }
    let text = text_of(filter);
    if indices.is_empty() {
        return Err(SelectError::Nothing {
            suite: suite.name.clone(),
            filter: text,
        });
    }
    Ok(Selection { indices, text })
}

fn check_names(suite: &Suite, filter: &Filter) -> Result<(), SelectError> {
    let ids: Vec<&str> = suite.tasks.iter().map(|task| task.id()).collect();
    let categories: Vec<&str> = suite
        .categories
        .iter()
        .map(|category| category.name.as_str())
        .collect();
    let unknown = |noun: &str, names: &[String], known: &[&str]| -> Vec<String> {
        names
            .iter()
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| {
                let name: String = name.chars().take(80).collect();
                format!("{noun} `{name}`{}", did_you_mean(&name, known))
            })
            .collect()
    };
    let mut phrases = unknown("task", &filter.tasks, &ids);
    phrases.extend(unknown("category", &filter.categories, &categories));
    if phrases.is_empty() {
        return Ok(());
    }
    Err(SelectError::Unknown {
        suite: suite.name.clone(),
        unknown: phrases,
    })
}

/// `limit` of the tasks, spread over their categories; `limit` is less than their number.
fn stratified(suite: &Suite, indices: &[usize], limit: usize, seed: u64) -> Vec<usize> {
    let mut strata: HashMap<&str, Vec<(u64, &str, usize)>> = HashMap::new();
    for &index in indices {
        if let Some(task) = suite.tasks.get(index) {
            let key = shuffle_key(seed, "limit", task.id());
            let stratum = strata.entry(&task.prompt.category).or_default();
            stratum.push((key, task.id(), index));
        }
    }
    let sizes: Vec<(&str, usize)> = strata
        .iter()
        .map(|(name, tasks)| (*name, tasks.len()))
        .collect();
    let mut chosen: Vec<usize> = Vec::with_capacity(limit);
    for (name, count) in shares(sizes, limit, seed) {
        if let Some(tasks) = strata.get_mut(name) {
            tasks.sort_unstable();
            chosen.extend(tasks.iter().take(count).map(|&(_, _, index)| index));
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Splits `limit` in proportion to the sizes by largest remainder; equal remainders are
/// ordered by the seed. No share exceeds its size as long as `limit` is at most their sum.
pub(crate) fn shares(sizes: Vec<(&str, usize)>, limit: usize, seed: u64) -> Vec<(&str, usize)> {
    let total: u128 = sizes.iter().map(|&(_, size)| size as u128).sum();
    let total = total.max(1);
    let mut quotas: Vec<(u128, u64, &str, usize)> = sizes
        .into_iter()
        .map(|(name, size)| {
            let product = limit as u128 * size as u128;
            let tie = shuffle_key(seed, "limit tie", name);
            (product % total, tie, name, (product / total) as usize)
        })
        .collect();
    quotas.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let given: usize = quotas.iter().map(|&(.., floor)| floor).sum();
    let mut left = limit.saturating_sub(given);
    quotas
        .into_iter()
        .map(|(_, _, name, floor)| {
            let extra = usize::from(left > 0);
            left -= extra;
            (name, floor + extra)
        })
        .collect()
}

fn text_of(filter: &Filter) -> String {
    let mut parts = Vec::new();
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names.dedup();
        names.join(",")
    };
    if !filter.categories.is_empty() {
        parts.push(format!("categories={}", sorted(&filter.categories)));
    }
    if !filter.tasks.is_empty() {
        parts.push(format!("tasks={}", sorted(&filter.tasks)));
    }
    if let Some(limit) = filter.limit {
        parts.push(format!("limit={limit} seed={}", filter.seed));
    }
    if parts.is_empty() {
        "all".to_owned()
    } else {
        parts.join(" ")
    }
}

/// Numbers of the samples of each task, `a..b` without `b`; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRange {
    start: u32,
    end: u32,
}

impl SampleRange {
    /// The sample numbers.
    pub fn iter(self) -> std::ops::Range<u32> {
        self.start..self.end
    }

    /// How many samples each task has, 1 or more.
    pub fn count(self) -> u32 {
        self.end - self.start
    }
}

impl Default for SampleRange {
    /// One sample, number 0.
    fn default() -> Self {
        Self { start: 0, end: 1 }
    }
}

impl fmt::Display for SampleRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Text that is no range of samples.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a range of seeds; expected `a..b` with a < b and at most {MAX_SAMPLES} seeds, for example `0..3` \
     for 0, 1 and 2"
)]
pub struct NotASampleRange(String);

impl FromStr for SampleRange {
    type Err = NotASampleRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (start, end) = text.split_once("..")?;
            let start: u32 = start.trim().parse().ok()?;
            let end: u32 = end.trim().parse().ok()?;
            let count = end.checked_sub(start)?;
            (1..=MAX_SAMPLES)
                .contains(&count)
                .then_some(Self { start, end })
        };
        parse().ok_or_else(|| NotASampleRange(text.chars().take(60).collect()))
    }
}
