//! Laws of selection.

use std::collections::BTreeMap;
use std::sync::Arc;

use parabench::common::digest::Digest;
use parabench::suite::{
    Axis, Category, Filter, Kind, Prompt, SampleRange, ScoreMap, Suite, Task, select,
};
use proptest::prelude::*;

/// A suite of generation categories with these sizes, tasks in the order of `order`.
fn suite(sizes: &[u32]) -> Suite {
    let categories: Vec<Category> = sizes
        .iter()
        .enumerate()
        .map(|(index, &planned)| Category {
            name: format!("c{index}"),
            kind: Kind::Generation,
            planned,
            ids: None,
        })
        .collect();
    let tasks = categories
        .iter()
        .flat_map(|category| {
            (0..category.planned).map(|number| Task {
                prompt: Prompt {
                    id: format!("{}-{number}", category.name).into(),
                    category: Arc::from(category.name.as_str()),
                    instruction: "x".into(),
                    inputs: Default::default(),
                },
                target: None,
                cluster: None,
                reference: None,
                reference_image: None,
                without: Vec::new(),
                original_id: None,
            })
        })
        .collect();
    Suite {
        name: "made".into(),
        version: "1".into(),
        licence: "CC0-1.0".into(),
        extra: Vec::new(),
        axes: Axis::ALL.to_vec(),
        calls: Vec::new(),
        scores: Vec::new(),
        print: None,
        mapping: ScoreMap::default(),
        categories,
        rubrics: None,
        frozen: BTreeMap::new(),
        tasks,
        digest: Digest::of(b""),
        folder: "made".into(),
    }
}

fn limited(suite: &Suite, limit: usize, seed: u64) -> Vec<usize> {
    let filter = Filter {
        limit: Some(limit),
        seed,
        ..Filter::default()
    };
    select(suite, &filter).unwrap().indices
}

fn ids<'a>(suite: &'a Suite, indices: &[usize]) -> Vec<&'a str> {
    let mut ids: Vec<&str> = indices.iter().map(|&i| suite.tasks[i].id()).collect();
    ids.sort_unstable();
    ids
}

fn of_category<'a>(suite: &'a Suite, indices: &[usize], name: &str) -> Vec<&'a str> {
    let is_in = |index: &usize| *suite.tasks[*index].prompt.category == *name;
    let kept: Vec<usize> = indices.iter().copied().filter(is_in).collect();
    ids(suite, &kept)
}

proptest! {
    #[test]
    fn shares_are_within_one_of_proportional(
        sizes in prop::collection::vec(1u32..60, 1..8), share in 0.0..1.0f64, seed: u64,
    ) {
        let suite = suite(&sizes);
        let total = suite.tasks.len();
        let limit = ((total as f64 * share) as usize).max(1);
        let indices = limited(&suite, limit, seed);
        prop_assert_eq!(indices.len(), limit);
        prop_assert!(indices.is_sorted_by(|a, b| a < b));
        for category in &suite.categories {
            let count = of_category(&suite, &indices, &category.name).len();
            let quota = limit as f64 * f64::from(category.planned) / total as f64;
            prop_assert!((count as f64 - quota).abs() < 1.0, "{count} for a quota of {quota}");
        }
    }

    #[test]
    fn limits_are_nested_within_a_category(
        sizes in prop::collection::vec(1u32..40, 1..6), a in 1usize..100, b in 1usize..100, seed: u64,
    ) {
        let suite = suite(&sizes);
        let (a, b) = (limited(&suite, a, seed), limited(&suite, b, seed));
        for category in &suite.categories {
            let mut few = of_category(&suite, &a, &category.name);
            let mut many = of_category(&suite, &b, &category.name);
            if few.len() > many.len() {
                std::mem::swap(&mut few, &mut many);
            }
            prop_assert!(few.iter().all(|id| many.contains(id)));
        }
    }

    #[test]
    fn the_order_of_tasks_and_categories_does_not_matter(
        sizes in prop::collection::vec(1u32..20, 1..6), limit in 1usize..60, seed: u64, turn in 0usize..100,
    ) {
        let first = suite(&sizes);
        let mut second = first.clone();
        let by = turn % second.tasks.len();
        second.tasks.rotate_left(by);
        second.tasks.reverse();
        second.categories.reverse();
        let (a, b) = (limited(&first, limit, seed), limited(&second, limit, seed));
        prop_assert_eq!(ids(&first, &a), ids(&second, &b));
    }

    #[test]
    fn ranges_of_samples_read_what_they_write(start in 0u32..5000, count in 1u32..=10_000) {
        let text = format!("{start}..{}", start + count);
        let range: SampleRange = text.parse().unwrap();
        prop_assert_eq!(range.to_string(), text);
        prop_assert_eq!(range.iter().count() as u32, count);
        prop_assert_eq!(range.count(), count);
    }
}

#[test]
fn the_seed_decides_which_tasks() {
    let suite = suite(&[40, 40, 100]);
    assert_ne!(limited(&suite, 30, 0), limited(&suite, 30, 1));
    assert_eq!(limited(&suite, 30, 0), limited(&suite, 30, 0));
    // ParaBench's shape at a tenth: 4 of each 40 and 10 of the 100
    let tenth = limited(&suite, 18, 0);
    let counts = ["c0", "c1", "c2"].map(|name| of_category(&suite, &tenth, name).len());
    assert_eq!(counts, [4, 4, 10]);
}

#[test]
fn limits_that_split_evenly_are_nested() {
    // ParaBench's shape, at the looks of 40, 60, 80 and 100 %.
    let suite = suite(&[40, 40, 40, 40, 40, 100]);
    for seed in 0..20 {
        let looks = [120, 180, 240, 300].map(|limit| limited(&suite, limit, seed));
        for pair in looks.windows(2) {
            assert!(pair[0].iter().all(|task| pair[1].contains(task)));
        }
    }
}

#[test]
fn a_limit_that_does_not_split_evenly_may_drop_a_task_of_a_smaller_one() {
    // Largest remainders: 10 of 14 are 4, 4 and 2; 11 of 14 are 5, 5 and 1.
    let suite = suite(&[6, 6, 2]);
    let (ten, eleven) = (limited(&suite, 10, 0), limited(&suite, 11, 0));
    let dropped = ten.iter().filter(|task| !eleven.contains(task)).count();
    assert_eq!(dropped, 1);
}

#[test]
fn filters_combine_and_are_recorded() {
    let suite = suite(&[3, 3]);
    let all = select(&suite, &Filter::default()).unwrap();
    assert_eq!((all.indices.len(), all.text.as_str()), (6, "all"));
    let filter = Filter {
        limit: Some(1),
        tasks: vec!["c1-2".into(), "c0-1".into(), "c1-0".into()],
        categories: vec!["c1".into()],
        seed: 5,
    };
    let some = select(&suite, &filter).unwrap();
    assert_eq!(some.indices.len(), 1);
    assert!(["c1-0", "c1-2"].contains(&suite.tasks[some.indices[0]].id()));
    assert_eq!(
        some.text,
        "categories=c1 tasks=c0-1,c1-0,c1-2 limit=1 seed=5"
    );
}

#[test]
fn unknown_names_come_with_near_ones_all_at_once() {
    let suite = suite(&[3, 3]);
    let filter = Filter {
        tasks: vec!["c1-9".into(), "zebra".into()],
        categories: vec!["c7".into()],
        ..Filter::default()
    };
    let message = select(&suite, &filter).unwrap_err().to_string();
    assert!(
        message.contains("task `c1-9` (did you mean `c1-0` or `c1-1` or `c1-2`?)"),
        "{message}"
    );
    assert!(
        message.contains("task `zebra`, nor category `c7`"),
        "{message}"
    );

    let nothing = Filter {
        tasks: vec!["c0-0".into()],
        categories: vec!["c1".into()],
        ..Filter::default()
    };
    let message = select(&suite, &nothing).unwrap_err().to_string();
    assert!(message.contains("categories=c1 tasks=c0-0"), "{message}");
    let zero = Filter {
        limit: Some(0),
        ..Filter::default()
    };
    assert!(select(&suite, &zero).is_err());
}

#[test]
fn what_is_no_range_is_refused() {
    for bad in [
        "", "3", "3..", "..3", "3..3", "4..3", "-1..2", "0..10001", "a..b", "0..=3",
    ] {
        assert!(bad.parse::<SampleRange>().is_err(), "{bad}");
    }
}
