//! What is said of a bridge whose marks follow a known rule.

use crate::bridges::{Shape, Spot, uniform};
use parabench::analysis::bridge::file::Bridge;
use parabench::analysis::judges::bridge::{Favour, Replacement, Study, Terms, study};
use parabench::report::bridge::{bridge_csv, bridge_page, bridge_text};
use parabench::report::table::text::Detail;
use parabench::suite::Axis;

const TERMS: Terms = Terms {
    margin: 10.0,
    alpha: 0.05,
    half_width: 2.5,
    draws: 999,
};
const AXES: [Axis; 2] = [Axis::IMAGE_QUALITY, Axis::OUTPUT_ALIGNMENT];

fn mark(value: f64) -> Option<i64> {
    Some((value.round() as i64).clamp(1, 5))
}

/// An old mark around 3.4, and what the new judge takes off it.
fn marks(spot: Spot, stricter: f64) -> (Option<i64>, Option<i64>) {
    let Spot {
        run,
        category,
        item,
        axis,
    } = spot;
    let words = |what: &str| format!("{what}/{run}/{category}/{item}/{axis}");
    let old = 3.4 + 2.0 * (uniform(&words("level")) - 0.5);
    let noise = uniform(&words("noise")) - 0.5;
    (mark(old), mark(old - stricter + noise))
}

fn found(bridge: &Bridge) -> Study {
    study(bridge, TERMS).unwrap()
}

fn favour<'a>(study: &'a Study, metric: &str) -> &'a Favour {
    study
        .favours
        .iter()
        .find(|favour| favour.metric.key == metric)
        .unwrap()
}

#[test]
fn a_stricter_judge_shifts_every_run_and_favours_none() {
    let shape = Shape::edits(4, 60, 40, &AXES);
    let found = found(&shape.bridge(&["a", "b"], |spot| marks(spot, 0.6)));
    for shift in &found.shifts {
        let shift = shift.result.as_ref().unwrap();
        let [lo, hi] = shift.ci95.unwrap();
        assert!(lo < -10.0 && hi < 0.0, "{shift:?}");
        assert!((shift.new - shift.old - shift.points).abs() < 1e-9);
    }
    assert_eq!(found.replacement, Replacement::WithinMargin);
    assert!(
        found
            .favours
            .iter()
            .all(|favour| favour.standing.direction().is_none())
    );
}

#[test]
fn a_bias_for_one_run_is_shown_where_it_is() {
    let shape = Shape::edits(4, 60, 40, &AXES);
    let biased = |spot: Spot| {
        let helped = spot.run == 1 && spot.axis == Axis::IMAGE_QUALITY;
        marks(spot, if helped { -0.4 } else { 0.6 })
    };
    let found = found(&shape.bridge(&["a", "b"], biased));
    // The change favours the second run.
    assert_eq!(
        favour(&found, "image_quality").standing.key(),
        "shown-lower"
    );
    let other = favour(&found, "output_alignment").standing;
    assert_eq!(other.direction(), None);
    assert_eq!(found.replacement, Replacement::Favours);
    let text = bridge_text(&found, Detail::Full);
    assert!(
        text.contains("The change favours b over a on image quality: +"),
        "{text}"
    );
}

#[test]
fn too_few_tasks_are_said_and_nothing_is_claimed() {
    let shape = Shape::edits(2, 60, 2, &AXES);
    let biased = |spot: Spot| marks(spot, if spot.run == 1 { -1.0 } else { 1.0 });
    let found = found(&shape.bridge(&["a", "b"], biased));
    assert_eq!(found.replacement, Replacement::TooFewTasks);
    for favour in &found.favours {
        assert_eq!(favour.standing.reason(), Some("too-few-units"));
    }
    let text = bridge_text(&found, Detail::Full);
    assert!(text.contains("4 tasks are too few to show"), "{text}");
}

#[test]
fn one_run_says_nothing_about_favour() {
    let shape = Shape::edits(2, 60, 20, &AXES);
    let found = found(&shape.bridge(&["a"], |spot| marks(spot, 0.6)));
    assert_eq!(found.replacement, Replacement::OneRun);
    assert!(found.favours.is_empty());
}

#[test]
fn missing_marks_are_no_numbers_and_leave_conditions_or_no_claim() {
    let shape = Shape::edits(4, 60, 40, &AXES);
    let lacking = |share: f64| {
        move |spot: Spot| {
            let Spot {
                run,
                item,
                category,
                ..
            } = spot;
            let (old, new) = marks(spot, if run == 1 { -0.6 } else { 0.6 });
            let lost = uniform(&format!("lost/{run}/{category}/{item}")) < share;
            (old, new.filter(|_| !lost))
        }
    };
    let few = found(&shape.bridge(&["a", "b"], lacking(0.02)));
    assert_eq!(favour(&few, "overall").standing.key(), "conditional-lower");
    let many = found(&shape.bridge(&["a", "b"], lacking(0.2)));
    assert_eq!(
        favour(&many, "overall").standing.reason(),
        Some("missing-marks")
    );
    assert!(many.runs[0].missing > 0);
}

#[test]
fn the_order_of_runs_changes_nothing_but_the_sign() {
    let shape = Shape::edits(3, 60, 20, &AXES);
    let biased = |spot: Spot| marks(spot, if spot.run == 1 { -0.4 } else { 0.6 });
    let one = found(&shape.bridge(&["a", "b"], biased));
    let mut turned = shape.bridge(&["a", "b"], biased);
    turned.runs.reverse();
    turned.tasks.reverse();
    let other = found(&turned);
    for (x, y) in one.favours.iter().zip(&other.favours) {
        let (x, y) = (x.result.as_ref().unwrap(), y.result.as_ref().unwrap());
        assert_eq!(x.points, -y.points);
        assert_eq!((x.p, x.p_adjusted), (y.p, y.p_adjusted));
    }
    assert_eq!(one.shifts, other.shifts);
}

#[test]
fn every_form_is_as_it_was() {
    let shape = Shape::edits(3, 60, 12, &AXES);
    let biased = |spot: Spot| marks(spot, if spot.run == 2 { -0.9 } else { 0.5 });
    let found = found(&shape.bridge(&["first", "second", "third <b>"], biased));
    insta::assert_snapshot!("bridge_text", bridge_text(&found, Detail::Full));
    insta::assert_snapshot!("bridge_csv", bridge_csv(&found).unwrap());
    let page = bridge_page(&found).unwrap();
    assert!(!page.contains("third <b>") && page.contains("default-src 'none'"));
    insta::assert_snapshot!("bridge_page", page);
    insta::assert_snapshot!(
        "bridge_study",
        serde_json::to_string_pretty(&found).unwrap()
    );
}
