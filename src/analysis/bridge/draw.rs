//! Which tasks both judges mark: a random part of each stratum that a seed decides by hash.

use std::collections::BTreeMap;

use crate::common::seed::shuffle_key;
use crate::stats::bridge::FEWEST_ANCHORS;
use crate::suite::select::shares;

/// A task that may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate<'a> {
    /// Its stratum.
    pub category: &'a str,
    /// Its id.
    pub task: &'a str,
}

/// Positions of `wanted` of the tasks, ascending: spread over the strata in proportion to their size, at least two of each
/// stratum (all of a smaller one), so that the spread within it is known. The choice depends on `seed` and the ids alone.
pub fn draw(tasks: &[Candidate<'_>], wanted: usize, seed: u64) -> Vec<usize> {
    let mut strata: BTreeMap<&str, Vec<(u64, &str, usize)>> = BTreeMap::new();
    for (position, task) in tasks.iter().enumerate() {
        let key = shuffle_key(seed, "bridge", task.task);
        let stratum = strata.entry(task.category).or_default();
        stratum.push((key, task.task, position));
    }
    let sizes: Vec<(&str, usize)> = strata
        .iter()
        .map(|(name, tasks)| (*name, tasks.len()))
        .collect();
    let mut drawn = Vec::new();
    for (name, share) in shares(sizes, wanted.min(tasks.len()), seed) {
        if let Some(tasks) = strata.get_mut(name) {
            tasks.sort_unstable();
            let count = share.max(FEWEST_ANCHORS);
            drawn.extend(tasks.iter().take(count).map(|(_, _, position)| *position));
        }
    }
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks() -> Vec<(String, String)> {
        let task = |n: usize| {
            let category = if n < 4 { "small" } else { "large" };
            (category.to_owned(), format!("t{n:03}"))
        };
        (0..100).map(task).collect()
    }

    fn drawn(tasks: &[(String, String)], wanted: usize, seed: u64) -> Vec<String> {
        let candidates: Vec<Candidate<'_>> = tasks
            .iter()
            .map(|(category, task)| Candidate { category, task })
            .collect();
        let chosen = draw(&candidates, wanted, seed);
        let mut ids: Vec<String> = chosen.into_iter().map(|at| tasks[at].1.clone()).collect();
        ids.sort();
        ids
    }

    #[test]
    fn the_draw_depends_on_seed_and_ids_alone() {
        let (given, mut turned) = (tasks(), tasks());
        turned.reverse();
        assert_eq!(drawn(&given, 20, 3), drawn(&turned, 20, 3));
        assert_ne!(drawn(&given, 20, 3), drawn(&given, 20, 4));
    }

    #[test]
    fn every_stratum_has_two_and_more_than_there_are_is_all() {
        let found = drawn(&tasks(), 10, 0);
        // One in 25 of the small stratum would be none.
        assert_eq!(found.iter().filter(|id| id.as_str() < "t004").count(), 2);
        assert_eq!(drawn(&tasks(), 1_000, 0).len(), 100);
    }
}
