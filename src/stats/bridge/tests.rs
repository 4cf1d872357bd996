//! Tests of bridges between judges.

use super::*;

fn rationals(values: &[Option<i64>]) -> Vec<Option<Rational>> {
    values.iter().map(|v| v.map(Rational::from)).collect()
}

fn join(
    old: &[i64],
    new: &[i64],
    anchors: &[Option<i64>],
) -> std::result::Result<Joined, NoBridge> {
    let some = |v: &[i64]| rationals(&v.iter().map(|&v| Some(v)).collect::<Vec<_>>());
    let (old_a, new_b, new_a) = (some(old), some(new), rationals(anchors));
    let cells = BridgeCells {
        old_a: &old_a,
        new_b: &new_b,
        new_a: &new_a,
        planned: &[1],
    };
    joined(&Strata::single(old.len()), cells, 4.0).unwrap()
}

#[test]
fn a_constant_shift_is_taken_off() {
    let old = [1, 2, 3, 4, 2, 3];
    let anchors = [Some(2), Some(3), None, Some(5), None, Some(4)];
    let found = join(&old, &[2, 2, 4, 5, 3, 3], &anchors).unwrap();
    // A would have 3.5 under the new judge, B has 19/6.
    assert!((found.estimate - (3.5 - 19.0 / 6.0)).abs() < 1e-12);
    assert_eq!((found.shift, found.se_shift, found.anchors), (1.0, 0.0, 4));
}

#[test]
fn without_anchors_nothing_is_joined() {
    let none = join(&[1, 2], &[2, 1], &[Some(1), None]).unwrap_err();
    assert_eq!(none.key(), "too-few-anchors");
    assert_eq!(
        join(&[1, 1], &[1, 1], &[Some(1); 2]).unwrap_err(),
        NoBridge::NoSpread
    );
}

#[test]
fn what_other_runs_differ_by_widens_the_interval() {
    let old = [1, 2, 3, 4, 2, 3].map(|v| Some(Rational::from(v)));
    let new_b = [2, 2, 4, 5, 3, 3].map(|v| Some(Rational::from(v)));
    let new_a = rationals(&[Some(2), Some(3), None, Some(5), None, Some(4)]);
    let cells = BridgeCells {
        old_a: &old,
        new_b: &new_b,
        new_a: &new_a,
        planned: &[1],
    };
    let by = |shifts: &[f64]| joined_by_others(&Strata::single(6), cells, shifts, 4.0).unwrap();
    let own = joined(&Strata::single(6), cells, 4.0).unwrap().unwrap();
    assert_eq!(by(&[1.0, 1.0]).unwrap_err().key(), "too-few-runs");
    let same = by(&[1.0; 3]).unwrap();
    assert!((same.se - own.se).abs() < 1e-12 && same.estimate == own.estimate);
    let other = by(&[0.5, 1.0, 1.5]).unwrap();
    assert!(other.se > own.se && other.p > own.p && other.df < 6.0);
}

#[test]
fn margin_tests_keep_the_floor_and_turning_swaps_the_sides() {
    let old = [1, 2, 3, 4, 2, 3];
    let found = join(&old, &[2, 2, 4, 5, 3, 3], &[Some(2); 6]).unwrap();
    let tests = found.margin_test(3.9, 4.0).unwrap();
    assert!(tests.p_upper >= (1.0 - 3.9 / 4.0_f64).powi(6));
    let (turned, back) = (found.turned(), found.turned().turned());
    assert_eq!((turned.estimate, back), (-found.estimate, found));
    assert!(found.margin_test(0.0, 4.0).is_none());
}

#[test]
fn three_other_runs_are_the_fewest() {
    assert_eq!(shift_of_others(&[1.0, 2.0], Confidence::P95), None);
    let (mean, interval) = shift_of_others(&[1.0, 2.0, 3.0], Confidence::P95).unwrap();
    assert!(mean == 2.0 && interval.contains(5.0) && !interval.contains(8.0));
}
