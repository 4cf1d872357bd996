//! Each way to the law against all sign patterns, and against each other.

use super::*;
use crate::stats::contributions::Exact;
use crate::stats::error::StatsError;
use proptest::prelude::*;

/// Outer tail and mass at T by visiting all 2ⁿ sign patterns.
fn enumerate(steps: &[i128]) -> Tails {
    let observed: i128 = steps.iter().sum::<i128>().abs();
    let (mut outer, mut equal) = (0_u64, 0_u64);
    for pattern in 0..1_u64 << steps.len() {
        let signed = |(i, k): (usize, &i128)| if pattern >> i & 1 == 1 { -k } else { *k };
        let sum: i128 = steps.iter().enumerate().map(signed).sum();
        outer += u64::from(sum >= observed);
        equal += u64::from(sum == observed);
    }
    let share = |count: u64| count as f64 / (1_u64 << steps.len()) as f64;
    Tails {
        outer: share(outer),
        equal: share(equal),
    }
}

fn lattice(steps: &[i128]) -> Tails {
    let steps: Vec<i64> = steps.iter().map(|&k| k as i64).collect();
    let law = sign_flip(&steps).unwrap();
    Tails {
        outer: law.p_greater.min(law.p_less),
        equal: law.p_equal,
    }
}

fn close(got: f64, expected: f64, relative: f64) -> std::result::Result<(), TestCaseError> {
    prop_assert!(
        (got - expected).abs() <= relative * expected.abs() + 1e-300,
        "got {got}, expected {expected}"
    );
    Ok(())
}

fn contributions(steps: Vec<i128>, group: Vec<usize>) -> Contributions {
    Contributions {
        floats: steps.iter().map(|&k| k as f64).collect(),
        exact: Some(Exact {
            steps,
            step: 1.0,
            group,
        }),
    }
}

/// Steps with groups: a weight per group times whole numbers.
fn grouped() -> impl Strategy<Value = (Vec<i128>, Vec<usize>)> {
    let weights = prop::sample::subsequence(vec![1_i128, 7, 12, 35, 1001], 1..=5);
    weights.prop_flat_map(|weights| {
        prop::collection::vec((0..weights.len(), -4..=4_i128), 1..=14).prop_map(move |units| {
            let step = |(group, d): &(usize, i128)| weights[*group] * d;
            (
                units.iter().map(step).collect(),
                units.iter().map(|(group, _)| *group).collect(),
            )
        })
    })
}

proptest! {
    #[test]
    fn every_exact_way_equals_enumeration((steps, group) in grouped()) {
        prop_assume!(steps.iter().sum::<i128>() != 0);
        let truth = enumerate(&steps);
        let observed = steps.iter().sum::<i128>().unsigned_abs() as u64;
        let ways = [
            lattice(&steps),
            fourier::tails(&sizes(&steps), observed),
            groups::tails(&steps, &group).unwrap(),
        ];
        for tails in ways {
            close(tails.outer, truth.outer, 1e-11)?;
            close(tails.equal, truth.equal, 1e-9)?;
        }
    }

    #[test]
    fn a_bracket_holds_and_is_close(
        values in prop::collection::vec(-4.0..4.0_f64, 1..=12)
    ) {
        let observed: f64 = values.iter().sum::<f64>().abs();
        let patterns = 1_u64 << values.len();
        let reaching = (0..patterns).filter(|pattern| {
            let signed = |(i, u): (usize, &f64)| if pattern >> i & 1 == 1 { -u } else { *u };
            values.iter().enumerate().map(signed).sum::<f64>().abs() >= observed - 1e-12
        });
        let truth = reaching.count() as f64 / patterns as f64;
        let bound = bracket::upper_bound(&values).unwrap();
        prop_assert!(bound >= truth * (1.0 - 1e-12), "{bound} below {truth}");
        // With so few units neighbouring sums are far apart compared with the rounding.
        prop_assert!(bound <= (truth * 1.001 + 4.0 / patterns as f64).min(1.0), "{bound} above {truth}");
    }

    #[test]
    fn the_bracket_of_whole_numbers_is_the_exact_p(steps in prop::collection::vec(-40..=40_i128, 60..120)) {
        prop_assume!(steps.iter().sum::<i128>() != 0);
        let exact = lattice(&steps).p_two_sided();
        let floats: Vec<f64> = steps.iter().map(|&k| k as f64).collect();
        let bound = bracket::upper_bound(&floats).unwrap();
        prop_assert!(exact * (1.0 - 1e-9) <= bound && bound <= (exact * 1.05).min(1.0), "{bound} against {exact}");
    }

    #[test]
    fn swapping_the_models_keeps_p((steps, group) in grouped(), seed in any::<u64>()) {
        let swapped: Vec<i128> = steps.iter().map(|k| -k).collect();
        let one = test(&contributions(steps, group.clone()), seed).unwrap();
        let other = test(&contributions(swapped, group), seed).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn fourier_keeps_its_digits_far_out(units in 200..1200_u64, share in 0.05..0.9_f64) {
        // T = 2·Bin(n, ½) − n: the tail is a binomial sum.
        let winners = ((0.5 + 0.5 * share) * units as f64) as u64;
        prop_assume!(2 * winners > units && winners < units);
        let tails = fourier::tails(&[(1, units)], 2 * winners - units);
        let log_choose = |k: u64| {
            let ln = crate::stats::distribution::ln_gamma;
            ln(units as f64 + 1.0) - ln(k as f64 + 1.0) - ln((units - k) as f64 + 1.0)
        };
        let mass = |k: u64| (log_choose(k) - units as f64 * std::f64::consts::LN_2).exp();
        let expected: f64 = (winners..=units).rev().map(mass).sum();
        prop_assume!(expected > 1e-290);
        close(tails.outer, expected, 1e-9)?;
        close(tails.equal, mass(winners), 1e-9)?;
    }
}

#[test]
fn fourier_equals_the_lattice_where_both_are_possible() {
    let steps: Vec<i128> = (0..400).map(|i: i128| (i * i * 7 + 3) % 9 - 3).collect();
    let observed = steps.iter().sum::<i128>().unsigned_abs() as u64;
    let (one, other) = (lattice(&steps), fourier::tails(&sizes(&steps), observed));
    assert!(
        (one.outer / other.outer - 1.0).abs() < 1e-11,
        "{one:?} {other:?}"
    );
    assert!(
        (one.equal / other.equal - 1.0).abs() < 1e-10,
        "{one:?} {other:?}"
    );
}

#[test]
fn all_units_on_one_side_have_the_smallest_p() {
    let tails = fourier::tails(&[(1, 20), (2, 10)], 40);
    assert!((tails.outer / 0.5_f64.powi(30) - 1.0).abs() < 1e-12);
    let steps = vec![3_i128; 30];
    let found = test(&contributions(steps, vec![0; 30]), 0).unwrap();
    assert!((found.p / 0.5_f64.powi(29) - 1.0).abs() < 1e-12);
}

#[test]
fn the_ways_are_taken_in_the_order_of_their_budgets() {
    let way =
        |steps: Vec<i128>, group: Vec<usize>| test(&contributions(steps, group), 1).unwrap().origin;
    assert_eq!(way(vec![1, -1], vec![0, 0]), Origin::Exact(Rung::Centre));
    assert_eq!(
        way(vec![1; 300], vec![0; 300]),
        Origin::Exact(Rung::Lattice)
    );
    assert_eq!(
        way(vec![1; 9_000], vec![0; 9_000]),
        Origin::Exact(Rung::Fourier)
    );
    // Two groups of 60 units with coprime weights.
    let weights = |i: usize| {
        if i.is_multiple_of(2) {
            1_000_003
        } else {
            999_983
        }
    };
    let steps: Vec<i128> = (0..120)
        .map(|i| weights(i) * ((i % 3) as i128 + 1))
        .collect();
    let group: Vec<usize> = (0..120).map(|i| i % 2).collect();
    assert_eq!(way(steps.clone(), group), Origin::Exact(Rung::Groups));
    let fine: Vec<i128> = (0..120).map(|i: i128| 1_000_003 + i * i * i * 77).collect();
    assert_eq!(way(fine, (0..120).collect()), Origin::Bound);
    let many: Vec<i128> = (0..1_100)
        .map(|i: i128| (1_000_003 + i * i * i * 77) * (1 - i % 2 * 2))
        .collect();
    assert_eq!(way(many, (0..1_100).collect()), Origin::Bound);
}

#[test]
fn the_smoothed_bound_is_close_from_above() {
    for (spread, share) in [(9, 0.5), (9, 0.53), (900, 0.56), (900, 0.6), (7, 0.65)] {
        let random = |k: u64| crate::stats::splitmix::output(spread, k);
        let steps: Vec<i128> = (0..1_500)
            .map(|k| {
                let size = i128::from(random(2 * k) % spread) + 1;
                let up = (random(2 * k + 1) >> 11) as f64 / (1_u64 << 53) as f64;
                if up < share { size } else { -size }
            })
            .collect();
        let observed = steps.iter().sum::<i128>().unsigned_abs() as u64;
        let exact = fourier::tails(&sizes(&steps), observed).p_two_sided();
        let floats: Vec<f64> = steps.iter().map(|&k| k as f64 / 7.0).collect();
        let bound = smoothed::upper_bound(&floats).unwrap();
        assert!(
            exact * (1.0 - 1e-9) <= bound && bound <= (exact * 1.03).min(1.0),
            "{spread} {share}: {bound} against {exact}"
        );
        let swapped: Vec<f64> = floats.iter().rev().map(|u| -u).collect();
        assert_eq!(smoothed::upper_bound(&swapped), Some(bound));
    }
    assert_eq!(smoothed::upper_bound(&[0.0; 4]), None);
    assert_eq!(smoothed::upper_bound(&[1.0, -1.0, 2.0, -2.0]), Some(1.0));
}

#[test]
fn random_flips_come_near_the_exact_p() {
    let values = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, -6.0, 5.0, 3.0, 5.0];
    let exact = lattice(&values.map(|u| u as i128)).p_two_sided();
    let drawn = drawn::test(&values, 7).unwrap();
    assert!(drawn.interval.contains(exact), "{drawn:?} {exact}");
    assert_eq!(drawn.p, (1.0 + drawn.count as f64) / 1e5);
    assert_eq!(drawn::test(&[], 1), Err(StatsError::Empty));
}
