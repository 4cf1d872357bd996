use super::*;

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[test]
fn one_axis_has_the_textbook_standard_error() {
    let strata = Strata::new(vec![0, 0, 0, 1, 1], 2).unwrap();
    let axis = Axis::new(&strata, some(&[1.0, 2.0, 3.0, 10.0, 14.0]), &[3.0, 1.0]).unwrap();
    let estimate = axis_mean(&strata, &axis).unwrap();
    // W = 3/4, 1/4; s² = 1, 8: SE² = (9/16)·1/3 + (1/16)·8/2.
    assert!((estimate.value - (0.75 * 2.0 + 0.25 * 12.0)).abs() < 1e-15);
    assert!((estimate.se.unwrap().powi(2) - (0.1875 + 0.25)).abs() < 1e-15);
    let df = (0.1875_f64 + 0.25).powi(2) / (0.1875_f64.powi(2) / 2.0 + 0.25_f64.powi(2));
    assert!((estimate.df.unwrap() - df).abs() < 1e-12);
}

#[test]
fn complete_overall_is_the_mean_of_one_number_per_item() {
    let strata = Strata::new(vec![0, 0, 1, 1, 1], 2).unwrap();
    let (x, y) = ([1.0, 4.0, 2.0, 5.0, 3.0], [2.0, 2.0, 5.0, 1.0, 3.0]);
    let axes = [&x, &y].map(|v| Axis::new(&strata, some(v), &[2.0, 3.0]).unwrap());
    let joint = overall(&strata, &axes).unwrap();
    let means: Vec<f64> = x.iter().zip(&y).map(|(a, b)| (a + b) / 2.0).collect();
    let single = axis_mean(
        &strata,
        &Axis::new(&strata, some(&means), &[2.0, 3.0]).unwrap(),
    )
    .unwrap();
    assert!((joint.value - single.value).abs() < 1e-14);
    assert!((joint.se.unwrap() - single.se.unwrap()).abs() < 1e-14);
    assert!((joint.df.unwrap() - single.df.unwrap()).abs() < 1e-10);
}

#[test]
fn a_single_item_joins_the_nearest_stratum_and_says_so() {
    let strata = Strata::new(vec![0, 0, 1, 1, 2], 3).unwrap();
    let axis = Axis::new(&strata, some(&[1.0, 2.0, 8.0, 9.0, 7.0]), &[1.0, 1.0, 1.0]).unwrap();
    let estimate = axis_mean(&strata, &axis).unwrap();
    assert_eq!(estimate.merged, vec![Merge { from: 2, into: 1 }]);
    assert!((estimate.value - (1.5 / 3.0 + 8.0 * 2.0 / 3.0)).abs() < 1e-14);
    assert!(estimate.se.unwrap() > 0.0);
}

#[test]
fn a_stratum_without_observations_gives_no_estimate() {
    let strata = Strata::new(vec![0, 0, 1], 2).unwrap();
    let axis = Axis::new(&strata, vec![Some(1.0), Some(2.0), None], &[2.0, 1.0]).unwrap();
    assert_eq!(
        axis_mean(&strata, &axis),
        Err(StatsError::EmptyStratum {
            axis: 0,
            stratum: 1
        })
    );
}

#[test]
fn values_must_be_finite_and_inside_the_design() {
    let strata = Strata::new(vec![0, 1], 2).unwrap();
    assert_eq!(
        Axis::new(&strata, vec![Some(f64::NAN), None], &[1.0, 1.0]),
        Err(StatsError::NotFinite { index: 0 })
    );
    assert_eq!(
        Axis::new(&strata, vec![None, Some(3.0)], &[1.0, 0.0]),
        Err(StatsError::OutsideDesign { item: 1 })
    );
    assert!(Axis::new(&strata, vec![None, None], &[0.0, 0.0]).is_err());
    assert!(Strata::new(vec![2], 2).is_err());
}

#[test]
fn equal_values_fall_back_to_the_degenerate_rule() {
    let strata = Strata::single(40);
    let axis = Axis::new(&strata, vec![Some(100.0); 40], &[1.0]).unwrap();
    let estimate = axis_mean(&strata, &axis).unwrap();
    assert_eq!((estimate.se, estimate.df), (Some(0.0), None));
    assert_eq!(estimate.t_interval(Confidence::P95), None);
    let (interval, method) = estimate
        .level_interval(Scale::POINTS, Confidence::P95)
        .unwrap();
    assert_eq!(method, LevelMethod::Degenerate);
    assert!((interval.lo - 91.19).abs() < 0.01 && interval.hi == 100.0);
}

#[test]
fn one_item_has_a_mean_but_no_standard_error() {
    let strata = Strata::single(1);
    let axis = Axis::new(&strata, vec![Some(3.0)], &[1.0]).unwrap();
    let estimate = axis_mean(&strata, &axis).unwrap();
    assert_eq!(
        (estimate.value, estimate.se, estimate.df),
        (3.0, None, None)
    );
    let (interval, _) = estimate
        .level_interval(Scale::RAW, Confidence::P95)
        .unwrap();
    assert_eq!((interval.lo, interval.hi), (1.0, 5.0));
}

#[test]
fn covariance_of_two_means_gives_the_variance_of_their_difference() {
    let strata = Strata::new(vec![0, 0, 0, 1, 1, 1], 2).unwrap();
    let (x, y) = (
        [1.0, 3.0, 5.0, 2.0, 2.0, 4.0],
        [2.0, 3.0, 3.0, 5.0, 1.0, 4.0],
    );
    let axes = [&x, &y].map(|v| Axis::new(&strata, some(v), &[1.0, 1.0]).unwrap());
    let both = joint(&strata, &axes[0], &axes[1]).unwrap();
    let gap = paired_difference(&some(&x), &some(&y)).unwrap();
    let difference = axis_mean(&strata, &Axis::new(&strata, gap, &[1.0, 1.0]).unwrap()).unwrap();
    let variance =
        both.a.se.unwrap().powi(2) + both.b.se.unwrap().powi(2) - 2.0 * both.covariance.unwrap();
    assert!((variance.sqrt() - difference.se.unwrap()).abs() < 1e-14);
    assert!((both.df.unwrap() - difference.df.unwrap()).abs() < 1e-10);
}
