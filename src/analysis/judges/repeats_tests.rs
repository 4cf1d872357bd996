//! Tests of [`super`] on sheets made by hand.

use std::collections::BTreeMap;

use super::*;
use crate::analysis::scores::items::{AxisSheet, Marks};
use crate::judge;
use crate::run::manifest::{CategorySection, JudgeSection};
use crate::stats::design::Design;
use crate::stats::lattice::item_value;
use crate::stats::rational::Rational;
use crate::stats::strata::Strata;
use crate::suite::Kind;

const AXIS: Axis = Axis::IMAGE_QUALITY;

fn items(count: usize) -> Items {
    Items {
        tasks: (0..count)
            .map(|item| format!("t{item}").as_str().into())
            .collect(),
        categories: vec![CategorySection {
            name: "c".to_owned(),
            kind: Kind::Edit,
            planned: count as u32,
            selected: count as u32,
        }],
        design: Design::new(Strata::single(count), None).unwrap(),
    }
}

/// Marks by item, sample and repeat on one axis.
fn axis_sheet(marks: &[Marks]) -> AxisSheet {
    AxisSheet {
        values: marks.iter().map(|m| item_value(m).unwrap()).collect(),
        marks: marks.iter().cloned().map(Some).collect(),
        counts: BTreeMap::new(),
        expected: marks.len() as u64,
        missing: 0,
    }
}

fn sheet(label: &str, axes: &[(Axis, &[Marks])]) -> Sheet {
    let first = &axes[0].1[0];
    let identity = judge::Identity {
        name: "j".to_owned(),
        kind: "openai".to_owned(),
        details: BTreeMap::new(),
    };
    Sheet {
        label: label.to_owned(),
        model: "m".into(),
        thinks: true,
        judge: JudgeSection::new(&identity, first[0].len() as u32),
        samples: first.len() as u32,
        served: Vec::new(),
        axes: axes
            .iter()
            .map(|(axis, marks)| (*axis, axis_sheet(marks)))
            .collect(),
    }
}

fn marks(items: &[&[&[i64]]]) -> Vec<Marks> {
    let some = |repeats: &&[i64]| repeats.iter().map(|&mark| Some(mark.into())).collect();
    items
        .iter()
        .map(|samples| samples.iter().map(some).collect())
        .collect()
}

#[test]
fn repeats_by_hand() {
    // Within answers: variances 0.5, 0.5, 0 and 2, 0, 0: one third and two thirds of a raw mark squared.
    let a = marks(&[&[&[3, 4]], &[&[5, 4]], &[&[2, 2]]]);
    let b = marks(&[&[&[1, 3]], &[&[4, 4]], &[&[2, 2]]]);
    let (a, b) = (sheet("a", &[(AXIS, &a)]), sheet("b", &[(AXIS, &b)]));
    let sd = 40.0;
    let found = repeats(&items(3), ScoreMap::Affine25, (&a, &b), &[AXIS], sd, None).unwrap();
    assert!((found.sides[0].repeat_variance - 625.0 / 3.0).abs() < 1e-9);
    assert!((found.sides[1].repeat_variance - 1250.0 / 3.0).abs() < 1e-9);
    assert!((found.noise - 625.0).abs() < 1e-9);
    // s²(1) = 1600 + 625/2; 625/R <= 0.1 (1600 - 625/2 + 625/R) first holds at R = 5, by 125 to 141.25.
    let one = &found.lines[0];
    assert!((one.sd.unwrap().powi(2) - 1912.5).abs() < 1e-9);
    assert!((one.noise_share.unwrap() - 625.0 / 1912.5).abs() < 1e-12);
    assert_eq!(found.worth_paying, Some(5));
    let counts: Vec<u32> = found.lines.iter().map(|line| line.repeats).collect();
    assert_eq!(counts, [1, 2, 3, 4, 5]);
    assert_eq!(found.sides[0].sample_variance, None);
    // The pilot's own line is the pilot's own spread.
    assert!((found.lines[1].sd.unwrap() - sd).abs() < 1e-12);
}

#[test]
fn costs_are_split_as_the_nested_components_say() {
    let of_items: Vec<Marks> = (0..6_i64)
        .map(|item| {
            let mark = |sample: i64, repeat: i64| {
                Some((1 + (item + 2 * sample + (item * sample + repeat) % 2) % 5).into())
            };
            (0..2)
                .map(|sample| (0..3).map(|repeat| mark(sample, repeat)).collect())
                .collect()
        })
        .collect();
    let run = sheet("a", &[(AXIS, &of_items)]);
    let float =
        |repeats: &Vec<Option<Rational>>| repeats.iter().flatten().map(|m| m.to_f64()).collect();
    let scores: Vec<Vec<Vec<f64>>> = of_items
        .iter()
        .map(|samples| samples.iter().map(float).collect())
        .collect();
    let components = nested(&scores).unwrap();
    let ratio = 30.0;
    let found = repeats(
        &items(6),
        ScoreMap::Times20,
        (&run, &run),
        &[AXIS],
        50.0,
        Some(ratio),
    )
    .unwrap();
    let noise = components.repeat_variance().unwrap() * 400.0;
    assert!(noise > 0.0);
    for side in &found.sides {
        assert!((side.repeat_variance - noise).abs() < 1e-9);
        let of_samples = components.seed_variance().unwrap() * 400.0;
        assert!((side.sample_variance.unwrap() - of_samples).abs() < 1e-9);
        let optimal = (ratio * noise / of_samples).sqrt();
        assert!((side.optimal_repeats.unwrap() - optimal).abs() < 1e-9);
    }
    // Two samples halve the noise of each side.
    assert!((found.noise - noise).abs() < 1e-9);
    assert_eq!(
        found.worth_paying,
        repeats_worth_paying(2500.0, found.noise, 3)
    );
}

#[test]
fn an_overall_averages_the_noise_of_its_axes() {
    let first = marks(&[&[&[3, 4]], &[&[5, 4]]]);
    let second = marks(&[&[&[2, 3]], &[&[3, 4]]]);
    let both = sheet("a", &[(AXIS, &first), (Axis::OUTPUT_ALIGNMENT, &second)]);
    let axes = [AXIS, Axis::OUTPUT_ALIGNMENT];
    let found = repeats(
        &items(2),
        ScoreMap::Affine25,
        (&both, &both),
        &axes,
        30.0,
        None,
    )
    .unwrap();
    // Item values (3+2)/2 and (4+3)/2 differ by 1; the noise of the second item cancels: (0.5 + 0)/2.
    assert!((found.sides[0].repeat_variance - 0.25 * 625.0).abs() < 1e-9);
}

#[test]
fn a_pilot_without_replicates_says_so() {
    let of = |pilot: &[Marks], other: &[Marks]| {
        let (a, b) = (sheet("a", &[(AXIS, pilot)]), sheet("b", &[(AXIS, other)]));
        repeats(&items(2), ScoreMap::Affine25, (&a, &b), &[AXIS], 30.0, None).unwrap_err()
    };
    let single = marks(&[&[&[3]], &[&[4]]]);
    let same = marks(&[&[&[3, 3]], &[&[4, 4]]]);
    let three = marks(&[&[&[3, 3, 4]], &[&[4, 4, 5]]]);
    let mut torn = marks(&[&[&[3, 4]], &[&[4, 5]]]);
    torn[0][0][1] = None;
    assert_eq!(of(&single, &same), NoRepeats::SingleRepeats);
    assert_eq!(of(&same, &same), NoRepeats::NoiseNotEstimable);
    assert_eq!(of(&same, &three), NoRepeats::UnequalRepeats);
    assert_eq!(of(&torn, &same), NoRepeats::TooFewComplete);
}
