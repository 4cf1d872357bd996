//! Laws of design-weighted means.

use super::*;
use crate::stats::difference_interval::{IntervalKind, NoInterval, sidak};
use crate::stats::max_t::step_down;
use crate::stats::splitmix::Resampling;
use proptest::prelude::*;

/// A small design with differences on two axes: stratum, cluster and both differences of each item.
#[derive(Debug, Clone)]
struct Small {
    items: Vec<(usize, usize, Option<i64>, Option<i64>)>,
    planned: [u32; 3],
}

impl Small {
    fn cells(&self) -> [Vec<Option<Rational>>; 2] {
        let exact = |d: Option<i64>| d.map(Rational::from);
        [
            self.items.iter().map(|item| exact(item.2)).collect(),
            self.items.iter().map(|item| exact(item.3)).collect(),
        ]
    }

    fn mean(&self, clustered: bool) -> Result<WeightedMean> {
        let strata = Strata::new(self.items.iter().map(|item| item.0).collect(), 3)?;
        let clusters: Vec<usize> = self.items.iter().map(|item| item.1).collect();
        let design = Design::new(strata, clustered.then_some(&clusters[..]))?;
        let cells = self.cells();
        let axes = [0, 1].map(|axis| AxisCells {
            values: &cells[axis],
            planned: &self.planned,
        });
        WeightedMean::new(&design, &axes)
    }

    fn mapped(&self, f: impl Fn(i64) -> i64) -> Self {
        let items = self
            .items
            .iter()
            .map(|&(h, c, a, b)| (h, c, a.map(&f), b.map(&f)));
        Self {
            items: items.collect(),
            planned: self.planned,
        }
    }
}

fn small() -> impl Strategy<Value = Small> {
    let difference = || prop::option::weighted(0.9, prop_oneof![3 => Just(0_i64), 2 => -4..=4_i64]);
    let item = (0..3_usize, 0..9_usize, difference(), difference());
    let items = prop::collection::vec(item, 1..=13);
    (items, prop::array::uniform3(1..=5_u32)).prop_map(|(items, planned)| Small { items, planned })
}

/// p by visiting all sign patterns of the units, on exact fractions.
fn brute_force(small: &Small, clustered: bool) -> f64 {
    let mean = small.mean(clustered).unwrap();
    let exact = mean.contributions().exact.as_ref().unwrap();
    let observed = exact.steps.iter().sum::<i128>().abs();
    let patterns = 1_u64 << exact.steps.len();
    let reaching = (0..patterns).filter(|pattern| {
        let signed = |(i, k): (usize, &i128)| if pattern >> i & 1 == 1 { -k } else { *k };
        exact
            .steps
            .iter()
            .enumerate()
            .map(signed)
            .sum::<i128>()
            .abs()
            >= observed
    });
    reaching.count() as f64 / patterns as f64
}

proptest! {
    #[test]
    fn p_is_the_share_of_sign_patterns(small in small(), clustered in any::<bool>()) {
        if let Ok(mean) = small.mean(clustered) {
            let test = mean.sign_flip(0).unwrap();
            let truth = brute_force(&small, clustered);
            prop_assert!((test.p - truth).abs() < 1e-11, "{} {truth}", test.p);
            prop_assert_eq!(mean.direction(), mean.value().partial_cmp(&0.0).unwrap());
        }
    }

    #[test]
    fn the_mean_is_the_design_weighted_one(small in small()) {
        if let Ok(mean) = small.mean(false) {
            let total: u32 = small.planned.iter().sum();
            let mut expected = 0.0;
            for values in small.cells() {
                for h in 0..3 {
                    let own = small.items.iter().zip(&values).filter(|(item, _)| item.0 == h);
                    let own: Vec<f64> = own.filter_map(|(_, v)| v.map(Rational::to_f64)).collect();
                    let weight = f64::from(small.planned[h]) / f64::from(total);
                    expected += 0.5 * weight * own.iter().sum::<f64>() / own.len() as f64;
                }
            }
            prop_assert!((mean.value() - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn swapping_the_runs_swaps_everything(small in small(), clustered in any::<bool>()) {
        let (one, other) = (small.mean(clustered), small.mapped(|d| -d).mean(clustered));
        prop_assert_eq!(one.is_ok(), other.is_ok());
        if let (Ok(one), Ok(other)) = (one, other) {
            prop_assert_eq!(one.value(), -other.value());
            prop_assert_eq!(one.direction(), other.direction().reverse());
            prop_assert_eq!(one.sign_flip(3).unwrap(), other.sign_flip(3).unwrap());
            let (a, b) = (one.difference_interval(4.0, 0.05), other.difference_interval(4.0, 0.05));
            prop_assert_eq!(a.kind, b.kind);
            if let (Some(a), Some(b)) = (a.interval, b.interval) {
                prop_assert!((a.lo + b.hi).abs() < 1e-12 && (a.hi + b.lo).abs() < 1e-12);
            }
            let (a, b) = (one.margin_test(0.5, 4.0).unwrap(), other.margin_test(0.5, 4.0).unwrap());
            if let (Some(a), Some(b)) = (a, b) {
                prop_assert!((a.p_upper - b.p_lower).abs() < 1e-12 && (a.p_lower - b.p_upper).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_order_of_the_items_does_not_matter(small in small(), clustered in any::<bool>(), turn in 0..13_usize) {
        let mut turned = small.clone();
        let places = turned.items.len();
        turned.items.rotate_left(turn % places);
        turned.items.reverse();
        if let (Ok(one), Ok(other)) = (small.mean(clustered), turned.mean(clustered)) {
            prop_assert_eq!(one.value(), other.value());
            prop_assert_eq!(one.changed(), other.changed());
            prop_assert_eq!(one.thin_strata(), other.thin_strata());
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs(),
                (a, b) => a == b,
            };
            prop_assert!(near(one.se(), other.se()) && near(one.df(), other.df()));
            prop_assert!((one.sign_flip(1).unwrap().p - other.sign_flip(1).unwrap().p).abs() < 1e-14);
            prop_assert_eq!(one.difference_interval(4.0, 0.05).kind, other.difference_interval(4.0, 0.05).kind);
        }
    }

    #[test]
    fn intervals_stay_on_the_scale_hold_the_mean_and_are_nested(small in small(), clustered in any::<bool>()) {
        if let Ok(mean) = small.mean(clustered) {
            let mut wider: Option<Interval> = None;
            for alpha in [0.2, 0.05, sidak(0.05, 7), sidak(0.05, 42)] {
                let found = mean.difference_interval(4.0, alpha);
                if let Some(interval) = found.interval {
                    prop_assert!(interval.lo >= -4.0 && interval.hi <= 4.0 && interval.width() < 8.0);
                    prop_assert!(interval.lo <= mean.value() + 1e-12 && mean.value() <= interval.hi + 1e-12, "{found:?} {}", mean.value());
                    if let Some(narrow) = wider {
                        prop_assert!(interval.lo <= narrow.lo + 1e-12 && narrow.hi <= interval.hi + 1e-12);
                    }
                    wider = Some(interval);
                }
                prop_assert_eq!(found.interval.is_none(), found.kind.reason().is_some());
            }
        }
    }

    #[test]
    fn the_family_never_sharpens_a_test(one in small(), seed in any::<u64>()) {
        if let Ok(mean) = one.mean(false) {
            let cells = one.cells();
            let strata = Strata::new(one.items.iter().map(|item| item.0).collect(), 3).unwrap();
            let design = Design::new(strata, None).unwrap();
            let axis = AxisCells { values: &cells[0], planned: &one.planned };
            let resampling = Resampling { seed, draws: 199 };
            let alone = step_down(&[&mean], resampling, 0.95).unwrap();
            if let Ok(first) = WeightedMean::new(&design, &[axis]) {
                let both = step_down(&[&mean, &first], resampling, 0.95).unwrap();
                let turned = step_down(&[&first, &mean], resampling, 0.95).unwrap();
                prop_assert!(both[0].p >= alone[0].p && both[0].critical >= alone[0].critical - 1e-12);
                // The order of the contrasts is no matter.
                prop_assert_eq!((both[0].p, both[0].critical), (turned[1].p, turned[1].critical));
                prop_assert_eq!((both[1].p, both[1].critical), (turned[0].p, turned[0].critical));
            }
        }
    }

    #[test]
    fn a_cluster_of_copies_counts_once(small in small()) {
        let singles = Small {
            items: small.items.iter().enumerate().map(|(i, &(h, _, a, b))| (h, i, a, b)).collect(),
            planned: small.planned,
        };
        let twice = Small {
            items: singles.items.iter().flat_map(|&item| [item, item]).collect(),
            planned: small.planned,
        };
        if let (Ok(one), Ok(two)) = (singles.mean(true), twice.mean(true)) {
            prop_assert_eq!(one.value(), two.value());
            prop_assert_eq!(one.units(), two.units());
            prop_assert!((one.sign_flip(0).unwrap().p - two.sign_flip(0).unwrap().p).abs() < 1e-13);
            prop_assert_eq!(one.se().is_some(), two.se().is_some());
            if let (Some(a), Some(b)) = (one.se(), two.se()) {
                prop_assert!((a - b).abs() < 1e-9 * (1.0 + a));
            }
        }
    }
}

fn axis(values: &[Option<i64>]) -> Vec<Option<Rational>> {
    values.iter().map(|v| v.map(Rational::from)).collect()
}

fn simple(values: &[i64]) -> WeightedMean {
    let cells = axis(&values.iter().map(|&v| Some(v)).collect::<Vec<_>>());
    let design = Design::new(Strata::single(values.len()), None).unwrap();
    let cells = AxisCells {
        values: &cells,
        planned: &[1],
    };
    WeightedMean::new(&design, &[cells]).unwrap()
}

#[test]
fn what_cannot_be_weighted_is_named() {
    let design = Design::new(Strata::new(vec![0, 0, 1], 2).unwrap(), None).unwrap();
    let mean = |values: &[Option<i64>], planned: &[u32]| {
        let values = axis(values);
        let cells = AxisCells {
            values: &values,
            planned,
        };
        WeightedMean::new(&design, &[cells]).map(|mean| mean.value())
    };
    assert_eq!(mean(&[None; 3], &[1, 1]), Err(StatsError::Empty));
    assert_eq!(
        mean(&[Some(1), None, None], &[1, 1]),
        Err(StatsError::EmptyStratum {
            axis: 0,
            stratum: 1
        })
    );
    assert_eq!(
        mean(&[Some(1), None, Some(2)], &[1, 0]),
        Err(StatsError::OutsideDesign { item: 2 })
    );
    assert!(mean(&[Some(1); 3], &[0, 0]).is_err());
    assert!(mean(&[Some(1); 2], &[1, 1]).is_err());
    assert!(mean(&[Some(1); 3], &[1]).is_err());
    assert_eq!(WeightedMean::new(&design, &[]), Err(StatsError::Empty));
}

#[test]
fn a_scale_without_ends_has_no_bounds() {
    let rare = simple(&[0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(
        rare.difference_interval(f64::INFINITY, 0.05).kind,
        IntervalKind::None(NoInterval::DesignTooThin)
    );
    let varied = simple(&[1, 2, -1, 3, 0, 2, 1, -2, 3, 1, 2, 2, 1, -1, 2, 3]);
    assert_eq!(
        varied.difference_interval(f64::INFINITY, 0.05).kind,
        IntervalKind::T
    );
}

#[test]
fn strata_of_one_shared_cluster_have_no_spread() {
    // Items of strata 0 and 1 form one cluster; stratum 2 has units enough to be estimated.
    let strata = Strata::new([vec![0, 1], vec![2; 8]].concat(), 3).unwrap();
    let clusters: Vec<usize> = [vec![0, 0], (1..9).collect()].concat();
    let design = Design::new(strata, Some(&clusters)).unwrap();
    let values = axis(&[1, 2, 3, -1, 2, 1, 4, 1, -2, 1].map(Some));
    let cells = AxisCells {
        values: &values,
        planned: &[1, 1, 1],
    };
    let mean = WeightedMean::new(&design, &[cells]).unwrap();
    assert_eq!((mean.units(), mean.se()), (9, None));
    let found = mean.difference_interval(4.0, 0.05);
    assert_eq!(
        found.kind.reason().map(NoInterval::key),
        Some("one-unit-stratum")
    );
    assert_eq!(mean.margin_test(0.1, 4.0).unwrap(), None);
}

#[test]
fn the_unseen_bound_is_that_of_the_page() {
    let bound = simple(&[0; 40]).unseen_bound(100.0);
    assert!((bound.bound - 7.2).abs() < 0.05 && (bound.share - 0.072).abs() < 5e-4);
}

#[test]
fn contributions_that_do_not_fit_still_have_a_test() {
    // Denominators without a common multiple in 128 bits.
    let primes: [i128; 9] = [
        99_991, 99_989, 99_971, 99_961, 99_929, 99_923, 99_907, 99_901, 99_881,
    ];
    let values: Vec<Option<Rational>> = primes
        .iter()
        .enumerate()
        .map(|(i, &prime)| Rational::new(prime + i as i128 * 20_000, prime).ok())
        .collect();
    let design = Design::new(Strata::single(values.len()), None).unwrap();
    let cells = AxisCells {
        values: &values,
        planned: &[1],
    };
    let mean = WeightedMean::new(&design, &[cells]).unwrap();
    assert!(!mean.contributions().is_exact());
    let test = mean.sign_flip(0).unwrap();
    assert_eq!(mean.direction(), Ordering::Greater);
    assert!((test.p / 0.5_f64.powi(8) - 1.0).abs() < 1e-9, "{test:?}");
}
