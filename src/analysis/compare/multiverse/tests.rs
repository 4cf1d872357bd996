//! Tests of the other analyses.

use super::*;
use crate::analysis::runs::declaration::{Declared, Margin};

fn in_force(primary_axis: Option<Axis>) -> InForce<'static> {
    InForce {
        primary_axis,
        family: None,
        alpha: 0.05,
        margin: Margin {
            points: 2.5,
            declared: Declared::Nothing,
        },
        looks: None,
        looks_too_late: false,
    }
}

#[test]
fn sets_of_axes_are_distinct_and_keep_the_primary_axis() {
    let sets = axis_sets((&Axis::ALL, &Axis::ALL), &in_force(None));
    assert_eq!(sets.len(), 8);
    let kept = axis_sets(
        (&Axis::ALL, &Axis::ALL),
        &in_force(Some(Axis::OUTPUT_ALIGNMENT)),
    );
    assert_eq!(kept.len(), 6);
    let with = |set: &AxisSet| set.overall.contains(&Axis::OUTPUT_ALIGNMENT);
    assert!(kept.iter().all(with));
    let pictures = [Axis::IMAGE_QUALITY, Axis::IMAGE_ALIGNMENT];
    let names: Vec<String> = axis_sets((&pictures, &pictures), &in_force(None))
        .into_iter()
        .map(|set| set.name)
        .collect();
    assert_eq!(
        names,
        [
            "as declared",
            "without image_quality",
            "without image_alignment"
        ]
    );
}
