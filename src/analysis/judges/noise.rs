//! How far a difference would move if only the judge were asked again about the same answers.
//!
//! SE² = Σ_i w_i² (s²_iA/R_A + s²_iB/R_B) with the design weight w_i = W_h/n_h of an item; with several
//! samples per item, its noise is that of the mean of their means. It covers neither new items, nor
//! new samples, nor another judge.

use crate::analysis::scores::items::{AxisSheet, Items, Marks};
use crate::stats::sample;
use crate::suite::Axis;

/// Standard error of a difference from the judge's repeats alone, raw marks. `None` unless every
/// answer that counts was marked at least twice, and `None` where no two repeats differ: identical
/// repeats (temperature 0, a cache) are no replicates and show no noise.
pub fn judge_noise_se(items: &Items, axes: &[(Axis, &AxisSheet, &AxisSheet)]) -> Option<f64> {
    let mut total = 0.0;
    for (axis, a, b) in axes {
        total += axis_noise(items, *axis, a, b)?;
    }
    // Marks on different axes are separate calls, so their noise adds up.
    (total > 0.0).then(|| total.sqrt() / axes.len() as f64)
}

fn axis_noise(items: &Items, axis: Axis, a: &AxisSheet, b: &AxisSheet) -> Option<f64> {
    let population = items.weights(axis);
    let size: f64 = population.iter().sum();
    let of_item = items.strata().of_item();
    let paired = |item: usize| {
        let there = |sheet: &AxisSheet| sheet.values.get(item).is_some_and(Option::is_some);
        there(a) && there(b)
    };
    let mut counts = vec![0.0; population.len()];
    for item in (0..of_item.len()).filter(|&item| paired(item)) {
        *counts.get_mut(*of_item.get(item)?)? += 1.0;
    }
    let mut total = 0.0;
    for item in (0..of_item.len()).filter(|&item| paired(item)) {
        let stratum = *of_item.get(item)?;
        let weight = population.get(stratum)? / size / counts.get(stratum)?;
        total += weight.powi(2) * (item_noise(a, item)? + item_noise(b, item)?);
    }
    Some(total)
}

/// Variance of an item's value from the judge alone.
fn item_noise(sheet: &AxisSheet, item: usize) -> Option<f64> {
    let marks: &Marks = sheet.marks.get(item)?.as_ref()?;
    let mut total = 0.0;
    let mut samples = 0.0;
    for repeats in marks {
        let there: Vec<f64> = repeats.iter().flatten().map(|mark| mark.to_f64()).collect();
        if there.is_empty() {
            continue;
        }
        total += sample::variance(&there)? / there.len() as f64;
        samples += 1.0;
    }
    (samples > 0.0).then(|| total / (samples * samples))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::run::manifest::CategorySection;
    use crate::stats::design::Design;
    use crate::stats::lattice::item_value;
    use crate::stats::strata::Strata;
    use crate::suite::Kind;

    fn sheet(marks: [&[i64]; 2]) -> AxisSheet {
        let marks: Vec<Option<Marks>> = marks
            .iter()
            .map(|repeats| {
                Some(vec![
                    repeats.iter().map(|&mark| Some(mark.into())).collect(),
                ])
            })
            .collect();
        AxisSheet {
            values: marks
                .iter()
                .map(|m| item_value(m.as_ref().unwrap()).unwrap())
                .collect(),
            marks,
            counts: BTreeMap::new(),
            expected: 4,
            missing: 0,
        }
    }

    fn items() -> Items {
        Items {
            tasks: vec!["a".into(), "b".into()],
            categories: vec![CategorySection {
                name: "c".to_owned(),
                kind: Kind::Edit,
                planned: 2,
                selected: 2,
            }],
            design: Design::new(Strata::single(2), None).unwrap(),
        }
    }

    #[test]
    fn the_formula_by_hand() {
        let (a, b) = (sheet([&[3, 5], &[4, 4]]), sheet([&[1, 2], &[5, 5]]));
        // Variances 2 and 0.5 over two repeats, items weighted by one half: (2/2 + 0.5/2)/4.
        let se = judge_noise_se(&items(), &[(Axis::IMAGE_QUALITY, &a, &b)]).unwrap();
        assert!((se - (1.25_f64 / 4.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn single_or_identical_repeats_show_no_noise() {
        let single = sheet([&[3], &[4]]);
        let parts = [(Axis::IMAGE_QUALITY, &single, &single)];
        assert_eq!(judge_noise_se(&items(), &parts), None);
        let same = sheet([&[3, 3], &[4, 4]]);
        assert_eq!(
            judge_noise_se(&items(), &[(Axis::IMAGE_QUALITY, &same, &same)]),
            None
        );
    }
}
