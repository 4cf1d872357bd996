//! Laws that must hold for every input.

use super::bootstrap_design::BootstrapDesign;
use super::design::Design;
use super::exact_bootstrap::ExactBootstrap;
use super::flips::drawn::drawn;
use super::interval::{Confidence, Interval, Scale};
use super::lattice::Lattice;
use super::multiplicity::{benjamini_hochberg, bonferroni, holm};
use super::rational::Rational;
use super::score_map::ScoreMap;
use super::signflip::sign_flip;
use super::splitmix::Resampling;
use super::strata::{Strata, paired_difference};
use super::weighted::{AxisCells, WeightedMean};
use super::wilcoxon::{Zeros, wilcoxon};
use super::{
    agreement, association, correlation, effect, exact_correlation, kappa, krippendorff, max_t,
    mcnemar, means_only, missing, nested, paired, power, ppi, proportion, rank_sets, ratio,
    seeded_bootstrap, sequential, signflip_inversion, variance_components,
};
use proptest::prelude::*;

/// Tail probabilities and their common mass by visiting all 2ⁿ sign patterns.
fn enumerate(differences: &[i64]) -> (f64, f64, f64) {
    let observed: i64 = differences.iter().sum();
    let (mut at_least, mut at_most, mut equal) = (0_u64, 0_u64, 0_u64);
    for pattern in 0..1_u64 << differences.len() {
        let sum: i64 = differences
            .iter()
            .enumerate()
            .map(|(i, d)| if pattern >> i & 1 == 1 { -d } else { *d })
            .sum();
        at_least += u64::from(sum >= observed);
        at_most += u64::from(sum <= observed);
        equal += u64::from(sum == observed);
    }
    let share = |count: u64| count as f64 / (1_u64 << differences.len()) as f64;
    (share(at_least), share(at_most), share(equal))
}

/// The bootstrap law of the total by visiting all nⁿ resamples of one stratum.
fn resample_all(values: &[i64]) -> Vec<i64> {
    let mut totals = vec![0];
    for _ in values {
        totals = totals
            .iter()
            .flat_map(|total| values.iter().map(move |value| total + value))
            .collect();
    }
    totals
}

fn scores() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(1..=5_i64, 2..40)
}

/// Numbers of every kind, the hostile ones included.
fn hostile() -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![
        4 => (1..=5_i32).prop_map(f64::from),
        1 => prop::num::f64::ANY,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(0.0),
    ];
    prop::collection::vec(number, 0..8)
}

proptest! {
    #[test]
    fn sign_flip_equals_enumeration(differences in prop::collection::vec(-6..=6_i64, 0..=12)) {
        let test = sign_flip(&differences).unwrap();
        let (greater, less, equal) = enumerate(&differences);
        prop_assert!((test.p_greater - greater).abs() <= 1e-14);
        prop_assert!((test.p_less - less).abs() <= 1e-14);
        prop_assert!((test.p_equal - equal).abs() <= 1e-14);
    }

    #[test]
    fn exact_bootstrap_equals_brute_force(
        first in prop::collection::vec(-4..=4_i64, 1..=4),
        second in prop::collection::vec(-4..=4_i64, 1..=3),
    ) {
        let design = BootstrapDesign::proportional(&[first.clone(), second.clone()]).unwrap();
        let bootstrap = ExactBootstrap::new(design).unwrap();
        let (of_first, of_second) = (resample_all(&first), resample_all(&second));
        let mut totals: Vec<i64> = of_first.iter().flat_map(|a| of_second.iter().map(move |b| a + b)).collect();
        totals.sort_unstable();
        for total in -30..=30 {
            let brute = totals.partition_point(|t| *t <= total) as f64 / totals.len() as f64;
            prop_assert!((bootstrap.cdf_of_total(total) - brute).abs() < 1e-12);
        }
    }

    #[test]
    fn adjusted_p_is_never_below_raw_and_keeps_the_order(
        p in prop::collection::vec(prop::option::of(0.0..=1.0_f64), 0..20)
    ) {
        for adjusted in [holm(&p), benjamini_hochberg(&p), bonferroni(&p)] {
            let adjusted = adjusted.unwrap();
            let mut pairs: Vec<(f64, f64)> = p.iter().zip(&adjusted).filter_map(|(p, q)| (*p).zip(*q)).collect();
            prop_assert_eq!(pairs.len(), p.iter().flatten().count());
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (raw, adjusted) in &pairs {
                prop_assert!(*raw <= *adjusted && *adjusted <= 1.0);
            }
            for pair in pairs.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].1);
            }
        }
    }

    #[test]
    fn max_t_is_never_below_raw(seed in any::<u64>(), columns in prop::collection::vec(
        prop::collection::vec(prop::option::of(-4.0..=4.0_f64), 10), 1..5)) {
        if let Ok(result) = max_t::max_t(&columns, Resampling { seed, draws: 99 }) {
            for contrast in result.contrasts.iter().flatten() {
                prop_assert!(contrast.raw <= contrast.step_down);
                prop_assert!(contrast.step_down <= contrast.single_step);
            }
        }
    }

    #[test]
    fn swapping_the_models_flips_signs_and_keeps_p(a in scores(), shift in prop::collection::vec(-4..=4_i64, 40)) {
        let forward: Vec<i64> = a.iter().zip(&shift).map(|(x, d)| x - (x + d).clamp(1, 5)).collect();
        let backward: Vec<i64> = forward.iter().map(|d| -d).collect();
        let (one, other) = (sign_flip(&forward).unwrap(), sign_flip(&backward).unwrap());
        prop_assert_eq!(one.statistic, -other.statistic);
        prop_assert_eq!(one.p_two_sided(), other.p_two_sided());
        prop_assert_eq!(one.p_greater, other.p_less);
        let (one, other) = (wilcoxon(&forward, Zeros::Pratt, false), wilcoxon(&backward, Zeros::Pratt, false));
        prop_assert_eq!((one.p_exact, one.r_plus), (other.p_exact, other.r_minus));
        let (one, other) = (effect::WinCount::of(&forward).unwrap(), effect::WinCount::of(&backward).unwrap());
        prop_assert_eq!((one.wins, one.ties), (other.losses, other.ties));
    }

    #[test]
    fn the_score_map_leaves_p_unchanged(differences in prop::collection::vec(-4..=4_i64, 1..60)) {
        let raw: Vec<Rational> = differences.iter().map(|&d| d.into()).collect();
        let points: Vec<Rational> = differences.iter().map(|&d| (25 * d).into()).collect();
        let p = |values: &[Rational]| sign_flip(&Lattice::of(values).unwrap().steps).unwrap().p_two_sided();
        prop_assert_eq!(p(&raw), p(&points));
        let of = |factor: f64| {
            paired::PairedSummary::of(&differences.iter().map(|&d| factor * d as f64).collect::<Vec<_>>()).unwrap()
        };
        let (raw, points) = (of(1.0), of(ScoreMap::POINTS.factor));
        prop_assert_eq!(raw.dz().is_some(), points.dz().is_some());
        if let (Some(raw), Some(points)) = (raw.dz(), points.dz()) {
            prop_assert!((raw - points).abs() < 1e-12);
        }
    }

    #[test]
    fn level_intervals_contain_the_mean_and_stay_on_the_scale(values in scores()) {
        let strata = Strata::single(values.len());
        let design = Design::new(strata, None).unwrap();
        let sample: Vec<_> = values.iter().map(|&score| Some(Rational::from(score))).collect();
        let cells = AxisCells { values: &sample, planned: &[1] };
        let estimate = WeightedMean::new(&design, &[cells]).unwrap();
        let (interval, _) = estimate.level_interval(Scale::RAW, Confidence::P95).unwrap();
        prop_assert!(interval.contains(estimate.value()));
        prop_assert!(interval.lo >= 1.0 && interval.hi <= 5.0);
    }

    #[test]
    fn nothing_panics_on_hostile_numbers(x in hostile(), y in hostile(), seed in any::<u64>()) {
        let (c, few) = (Confidence::P95, Resampling { seed, draws: 9 });
        let _ = paired::PairedSummary::of(&x).map(|s| (s.t_interval(c), effect::dz_interval(&s, c), s.equivalence(1.0)));
        let _ = (effect::d_average(&x, &y), effect::cliffs_delta(&x, &y));
        let _ = (effect::cliffs_delta_interval(&x, &y, few, c), effect::WinCount::of(&x));
        let _ = (correlation::pearson(&x, &y), correlation::spearman(&x, &y), correlation::kendall(&x, &y));
        let _ = (agreement::agreement(&x, &y, c), agreement::calibration(&x, &y));
        let _ = agreement::comparative_bias([&x, &y], [&y, &x]);
        let table = [x.clone(), y.clone()];
        let _ = (variance_components::one_way(&table), variance_components::two_way(&table));
        let _ = (nested::nested(&[vec![x.clone()], vec![y.clone()]]), nested::fixed_items_standard_error(&x, &table, &table));
        let data = ppi::PpiSample { human: &x, judge_labelled: &x, judge_unlabelled: &y };
        let _ = ppi::ppi_mean(data, ppi::Lambda::Tuned, ppi::Moments::SmallSample, c);
        let _ = (ppi::ppi_stratified(&[data], &[1.0], c), ppi::difference_estimator(&x, &x, &y, c));
        let _ = exact_correlation::exact_correlation(&x[..x.len().min(5)], &y[..y.len().min(5)], exact_correlation::Coefficient::Kendall);
        let _ = association::association(&x, &y, &Strata::single(x.len()), few, c);
        let options = |side: &[f64]| side.iter().map(|&v| Some(v).filter(|v| *v != 3.0)).collect::<Vec<_>>();
        let _ = (max_t::max_t(&[options(&x), options(&y)], few), drawn(&x, few));
        let _ = (holm(&options(&x)), paired_difference(&options(&x), &options(&y)));
        let _ = missing::mean_bounds(&options(&x), 1.0, 5.0);
        let _ = sequential::boundaries(&x, 0.05, sequential::Spending::Pocock);
    }

    #[test]
    fn nothing_panics_on_hostile_parameters(
        a in prop::num::f64::ANY, b in prop::num::f64::ANY, d in prop::num::f64::ANY, n in any::<u64>(), k in any::<u64>()
    ) {
        let _ = (power::power(a, b, d), power::detectable_normal(a, b, d), power::items_needed_normal(a, b, d));
        let _ = means_only::means_only(a, b, n, Scale::POINTS, 5, d);
        let _ = (proportion::wilson(k, n, Confidence::P95), proportion::clopper_pearson(k, n, Confidence::P95));
        let _ = missing::imbens_manski(Interval::new(a, b), [d, a], Some(b), d);
        let _ = sequential::conditional_power(a, b, d);
        let pair = ratio::MeanPair { a, b, variance_a: d, variance_b: a, covariance: b, df: d };
        let _ = ratio::ratio(pair, Confidence::P95);
        let (small_n, small_k) = (n % 1000, k % 1000);
        let table = mcnemar::PairedOutcomes { both: small_n, first_only: small_k, second_only: small_n / 7, neither: 0 };
        let _ = (mcnemar::mcnemar(table), mcnemar::tango(table, Confidence::P95));
    }

    #[test]
    fn nothing_panics_on_hostile_integers(
        d in prop::collection::vec(prop_oneof![4 => -5..=5_i64, 1 => any::<i64>()], 0..8),
        e in prop::collection::vec(-5..=5_i64, 0..8),
        seed in any::<u64>(),
    ) {
        let few = Resampling { seed, draws: 9 };
        let _ = (sign_flip(&d), wilcoxon(&d, Zeros::Discard, true));
        let _ = signflip_inversion::invert(&e, 4, 0.05);
        let _ = kappa::kappa(&d, &e, kappa::Weighting::Quadratic);
        let ratings = |side: &[i64]| side.iter().map(|&v| Some(v)).collect::<Vec<_>>();
        let _ = krippendorff::alpha(&[ratings(&d), ratings(&e)], krippendorff::Metric::Ordinal);
        let exact = |side: &[i64]| side.iter().map(|&v| Some(Rational::from(v))).collect::<Vec<_>>();
        let (design, values) = (Design::new(Strata::single(d.len()), None).unwrap(), exact(&d));
        let cells = [AxisCells { values: &values, planned: &[1] }];
        if let Ok(mean) = WeightedMean::new(&design, &cells) {
            let _ = (mean.sign_flip(seed), mean.difference_interval(4.0, 0.05), mean.margin_test(0.1, 4.0));
            let _ = (mean.level_interval(Scale::RAW, Confidence::P95), max_t::step_down(&[&mean], few, 0.95));
        }
        let _ = rank_sets::win_matrix(&[exact(&e), exact(&e)]);
        if let Ok(design) = BootstrapDesign::proportional(&[d.clone(), e.clone()]) {
            let _ = ExactBootstrap::new(design.clone()).map(|b| b.bca(Confidence::P95));
            let _ = seeded_bootstrap::SeededBootstrap::new(design, few).map(|b| b.studentised(Confidence::P95));
        }
    }
}
