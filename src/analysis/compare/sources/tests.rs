//! Sources of spread on constructed sheets.

use super::*;

/// Eight tasks with two seeds of two repeats: an effect of the task, of the seed and of the repeat by turns.
fn marks(seed: f64, repeat: f64) -> Vec<Marks> {
    let sign = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -1.0 };
    let sample = |task: usize, s: usize| {
        (0..2)
            .map(|r| task as f64 + seed * sign(s) + repeat * sign(r))
            .collect()
    };
    (0..8)
        .map(|task| (0..2).map(|s| sample(task % 4, s)).collect())
        .collect()
}

#[test]
fn noise_of_repeats_and_seeds_is_told_apart() {
    let known = Known::of_repeats(&marks(0.0, 0.5), &marks(0.0, 0.5));
    assert!((known.repeat.unwrap() - 1.0).abs() < 1e-12);
    assert!(known.seed.unwrap() < 0.0 && !known.seed_with_repeat);
    // One run has seeds that differ by 2 (variance 2) beside repeats that differ by 1 (variance 1/2 each).
    let known = Known::of_repeats(&marks(1.0, 0.5), &marks(0.0, 0.5));
    assert!((known.seed.unwrap() - (2.0 - 0.5)).abs() < 1e-12);
}

#[test]
fn identical_repeats_are_no_replicates_and_leave_the_seeds() {
    let known = Known::of_repeats(&marks(1.0, 0.0), &marks(1.0, 0.0));
    assert_eq!(known.repeat, Err(NotEstimable::IdenticalRepeats));
    assert!((known.seed.unwrap() - 4.0).abs() < 1e-12 && known.seed_with_repeat);
    assert!((known.noise - 2.0).abs() < 1e-12);
}

#[test]
fn one_seed_and_one_repeat_tell_nothing() {
    let single = vec![vec![vec![1.0]], vec![vec![3.0]]];
    let known = Known::of_repeats(&single, &single);
    let too_few = Err(NotEstimable::TooFewLevels);
    assert_eq!(
        (known.seed, known.repeat, known.noise),
        (too_few, too_few, 0.0)
    );
    assert_eq!(task_variance(&single, &single, known.noise), Some(0.0));
}

#[test]
fn two_judges_say_nothing_about_others() {
    let one = |marks: [f64; 2]| vec![marks.to_vec()];
    let (a, b) = (
        vec![one([1.0, 2.0]), one([2.0, 3.0])],
        vec![one([1.0, 1.0]); 2],
    );
    let known = Known::of_judges(&a, &b, Crossed::Judges(2)).unwrap();
    assert_eq!(known.judge, (Err(NotEstimable::TooFewLevels), 2));
    assert!(known.anova.is_none());
}

#[test]
fn judges_and_wordings_who_differ_by_a_constant_have_a_variance() {
    let task = |t: f64| vec![vec![t, t + 1.0, t + 2.0]];
    let (a, b): (Vec<Marks>, Vec<Marks>) = (
        (0..5).map(|t| task(f64::from(t))).collect(),
        vec![vec![vec![1.0; 3]]; 5],
    );
    let known = Known::of_judges(&a, &b, Crossed::Judges(3)).unwrap();
    assert!((known.judge.0.unwrap() - 1.0).abs() < 1e-12 && known.noise.abs() < 1e-12);
    assert!(known.wording.0.is_err());
    let known = Known::of_judges(&a, &b, Crossed::Wordings(3)).unwrap();
    assert!(known.wording.0.is_ok() && known.judge.0.is_err());
}

#[test]
fn the_interval_over_judges_holds_the_one_over_tasks() {
    let table: Vec<Vec<f64>> = (0..9)
        .map(|i| vec![f64::from(i % 3), f64::from(i % 3) + 1.0, 0.5])
        .collect();
    let anova = two_way(&table).unwrap();
    let own = Interval::new(0.5, 1.5);
    let wider = over_judges(1.0, own, &anova);
    assert!(wider.lo < own.lo && wider.hi > own.hi);
    assert!(wider.lo >= -RAW_RANGE && wider.hi <= RAW_RANGE);
}
