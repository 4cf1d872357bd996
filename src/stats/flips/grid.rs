//! The sign-flip test of scores that no lattice holds, such as roots: on a grid.
//!
//! The weighted score of each item and side is rounded, halves away from 0, to 10⁻ᵏ of the unit of the scores. Both sides
//! are rounded alike, so swapping the sides of an item flips the sign of its difference as before, and the law of the
//! rounded statistic is exact. k is the largest for which the whole law is computed: items × Σ|difference in steps| at most
//! [`WORK_LIMIT`].

use std::cmp::Ordering;

use super::{Rung, SignFlipTest, Tails};
use crate::stats::error::Result;
use crate::stats::rational::Rational;
use crate::stats::signflip::{WORK_LIMIT, sign_flip};

/// Most decimals of a grid.
const MAX_DECIMALS: u8 = 12;

/// What two sides scored on one item.
#[derive(Debug, Clone, Copy)]
pub struct GridItem {
    /// Number of its unit, from 0; all items of a unit flip together.
    pub unit: usize,
    /// Its weight in the mean, relative to that of an item of a sample in which all weigh alike.
    pub weight: Rational,
    /// The scores of both sides.
    pub sides: [Rational; 2],
}

/// The test of rounded scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnGrid {
    /// The exact test of the rounded statistic, first side minus second.
    pub test: SignFlipTest,
    /// Decimals that were kept.
    pub decimals: u8,
}

/// The test on the finest grid that can be computed; `None` where not even whole numbers can, or nothing was scored.
pub fn on_grid(items: &[GridItem]) -> Option<OnGrid> {
    let units = items.iter().map(|item| item.unit + 1).max()?;
    let mut finest = None;
    for decimals in 0..=MAX_DECIMALS {
        match rounded(items, units, decimals) {
            Some(steps) => finest = Some((steps, decimals)),
            None => break,
        }
    }
    let (steps, decimals) = finest?;
    let law = sign_flip(&steps).ok()?;
    let tails = match law.statistic.cmp(&0) {
        Ordering::Equal => Tails {
            outer: 1.0,
            equal: 1.0,
        },
        _ => Tails {
            outer: law.p_greater.min(law.p_less),
            equal: law.p_equal,
        },
    };
    let nonzero = law.nonzero;
    Some(OnGrid {
        test: SignFlipTest::exact(tails, nonzero, Rung::Grid),
        decimals,
    })
}

impl OnGrid {
    /// Distance of two neighbours on the grid, in the unit of the scores.
    pub fn step(&self) -> f64 {
        1.0 / 10.0_f64.powi(i32::from(self.decimals))
    }
}

/// The difference of each unit in steps; `None` beyond the limit of the work or of the numbers.
fn rounded(items: &[GridItem], units: usize, decimals: u8) -> Option<Vec<i64>> {
    let per_unit = Rational::new(10_i128.pow(u32::from(decimals)), 1).ok()?;
    let mut steps = vec![0_i64; units];
    let mut reach = 0_i64;
    for item in items {
        let [first, second] = item
            .sides
            .map(|score| step_of(score, item.weight, per_unit));
        let difference = first.ok()??.checked_sub(second.ok()??)?;
        reach = reach.checked_add(difference.checked_abs()?)?;
        let unit = steps.get_mut(item.unit)?;
        *unit = unit.checked_add(difference)?;
    }
    (items.len() as f64 * reach as f64 <= WORK_LIMIT).then_some(steps)
}

/// The nearest step of a weighted score, halves away from 0; `None` beyond 64 bits.
fn step_of(score: Rational, weight: Rational, per_unit: Rational) -> Result<Option<i64>> {
    let exact = score.checked_mul(weight)?.checked_mul(per_unit)?;
    let (above, below) = (exact.numerator(), exact.denominator());
    let twice = above
        .abs()
        .checked_mul(2)
        .and_then(|x| x.checked_add(below));
    let size = twice.zip(below.checked_mul(2)).map(|(x, y)| x / y);
    let signed = size.map(|size| size * above.signum());
    Ok(signed.and_then(|step| i64::try_from(step).ok()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(unit: usize, a: f64, b: f64) -> GridItem {
        let rational =
            |value: f64| Rational::new((value * 1e12).round() as i128, 1_000_000_000_000);
        GridItem {
            unit,
            weight: Rational::from(1),
            sides: [rational(a).unwrap(), rational(b).unwrap()],
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let step = |above: i128, below: i128| {
            let score = Rational::new(above, below).unwrap();
            step_of(score, Rational::from(1), Rational::from(1)).unwrap()
        };
        for ((above, below), expected) in [
            ((5, 2), 3),
            ((-5, 2), -3),
            ((7, 3), 2),
            ((8, 3), 3),
            ((0, 1), 0),
        ] {
            assert_eq!(step(above, below), Some(expected), "{above}/{below}");
        }
    }

    #[test]
    fn the_grid_is_the_finest_that_fits() {
        // Roots of 0 to 10: 100 items that differ by about 3.
        let items: Vec<GridItem> = (0..100)
            .map(|i| item(i, (10.0 * i as f64 / 99.0).sqrt(), 0.0))
            .collect();
        let sum: f64 = items.iter().map(|i| i.sides[0].to_f64()).sum();
        let found = on_grid(&items).unwrap();
        let work = |decimals: i32| 100.0 * sum * 10.0_f64.powi(decimals);
        assert!(work(i32::from(found.decimals)) <= WORK_LIMIT * 1.01);
        assert!(work(i32::from(found.decimals) + 1) > WORK_LIMIT * 0.99);
        assert!(
            found.test.mid_p.is_some()
                && (found.step() * work(i32::from(found.decimals)) - work(0)).abs() < 1e-6
        );
        // All differences point one way.
        assert!(
            (found.test.p / 0.5_f64.powi(98) - 1.0).abs() < 1e-9,
            "{:?}",
            found.test
        );
        assert_eq!(on_grid(&[]), None);
    }

    proptest! {
        #[test]
        fn p_is_the_share_of_sign_patterns_of_rounded_scores(
            scores in prop::collection::vec((0..4_usize, 0.0..3.0_f64, 0.0..3.0_f64), 1..10)
        ) {
            let items: Vec<GridItem> = scores.iter().map(|&(unit, a, b)| item(unit, a, b)).collect();
            let found = on_grid(&items).unwrap();
            let steps = rounded(&items, 4, found.decimals).unwrap();
            let observed = steps.iter().sum::<i64>().abs();
            let patterns = 1_u32 << steps.len();
            let reaching = (0..patterns).filter(|pattern| {
                let signed = steps.iter().enumerate().map(|(i, k)| if pattern >> i & 1 == 1 { -k } else { *k });
                signed.sum::<i64>().abs() >= observed
            });
            let truth = reaching.count() as f64 / f64::from(patterns);
            prop_assert!((found.test.p - truth).abs() < 1e-12, "{} {truth}", found.test.p);
            // Turning the sides changes nothing.
            let turned: Vec<GridItem> = items.iter().map(|i| GridItem { sides: [i.sides[1], i.sides[0]], ..*i }).collect();
            prop_assert_eq!(on_grid(&turned).unwrap().test.p, found.test.p);
        }
    }
}
