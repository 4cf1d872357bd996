use std::collections::BTreeMap;

use super::*;
use crate::analysis::compare::standing::{Condition, Untested, WithinMargin};
use crate::analysis::scores::score_table::Level;

fn score(ci95: [f64; 2], missing: u64) -> AxisScore {
    AxisScore {
        axis: Axis::IMAGE_ALIGNMENT,
        level: Ok(Level {
            points: 0.5 * (ci95[0] + ci95[1]),
            raw: 3.0,
            se: None,
            ci95,
            method: "logit-t",
            items: 40,
        }),
        counts: BTreeMap::new(),
        expected: 100,
        missing,
    }
}

#[test]
fn a_mean_is_as_expected_only_with_its_whole_interval() {
    let low = |ci95| at_end(&score(ci95, 0), End::Low, ScoreMap::Affine25);
    assert_eq!(
        low([0.0, 37.5]),
        (Expected::AtMost { points: 37.5 }, CheckOutcome::Holds)
    );
    assert_eq!(low([30.0, 37.6]).1, CheckOutcome::Open);
    assert_eq!(low([37.6, 60.0]).1, CheckOutcome::Fails);
    let high = |ci95| at_end(&score(ci95, 0), End::High, ScoreMap::Affine25);
    assert_eq!(
        high([75.0, 100.0]),
        (Expected::AtLeast { points: 75.0 }, CheckOutcome::Holds)
    );
    assert_eq!(high([74.9, 99.0]).1, CheckOutcome::Open);
    assert_eq!(high([20.0, 74.9]).1, CheckOutcome::Fails);
}

#[test]
fn nothing_is_said_where_more_marks_are_missing_than_a_claim_allows() {
    let at = |missing| at_end(&score([0.0, 1.0], missing), End::Low, ScoreMap::Affine25).1;
    assert_eq!(at(5), CheckOutcome::Holds);
    assert_eq!(at(6), CheckOutcome::NotChecked);
    let unmarked = AxisScore {
        level: Err(NoLevel::NoMarks),
        ..score([0.0, 1.0], 0)
    };
    assert_eq!(
        at_end(&unmarked, End::Low, ScoreMap::Affine25).1,
        CheckOutcome::NotChecked
    );
}

#[test]
fn a_loss_is_as_expected_only_where_the_comparison_shows_it() {
    let shown = |direction, also| Standing::Shown { direction, also };
    let margin = |conditional| WithinMargin {
        equivalent: true,
        conditional,
    };
    let conditional = |direction| Standing::Conditional {
        direction,
        on: Condition::MissingMarks,
        also: None,
    };
    for (standing, expected) in [
        (shown(Direction::Lower, None), CheckOutcome::Holds),
        (conditional(Direction::Lower), CheckOutcome::Conditional),
        (conditional(Direction::Higher), CheckOutcome::Open),
        (shown(Direction::Higher, None), CheckOutcome::Fails),
        // Shown, and shown to be no more than the margin.
        (
            shown(Direction::Lower, Some(margin(false))),
            CheckOutcome::Fails,
        ),
        (Standing::Margin(margin(false)), CheckOutcome::Fails),
        (Standing::Margin(margin(true)), CheckOutcome::Open),
        (Standing::NotShown { interval: false }, CheckOutcome::Open),
        (
            Standing::NotTested(Untested::TooFewUnits),
            CheckOutcome::NotChecked,
        ),
    ] {
        assert_eq!(lower_expected(standing), expected, "{standing:?}");
    }
}

#[test]
fn controls_deserve_what_their_page_says() {
    let low = |control: Control| -> Vec<&str> {
        let all = Axis::ALL.into_iter();
        let low = all.filter(|axis| control.deserves(*axis) == Some(End::Low));
        low.map(|axis| axis.key()).collect()
    };
    assert_eq!(
        low(Control::CopyInput),
        ["text_quality", "text_alignment", "image_alignment"]
    );
    assert_eq!(low(Control::Blank).len(), 5);
    assert!(!low(Control::Blank).contains(&"image_quality"));
    assert!(low(Control::Truth).is_empty());
}
