//! What is checked of declared axes and scores: what was found and what was expected.

use std::collections::BTreeSet;

use super::formula::{Formula, Weighting};
use super::scale::{MarkScale, WireScale};
use super::wire::{WireAcross, WireAxis, WireScore};
use super::{MAX_AXES, is_key};
use crate::common::decimal::Decimal;

/// Most parts of a mark.
const MAX_PARTS: usize = 8;
/// Longest title, in characters.
const MAX_TITLE: usize = 60;

pub(super) fn check_names(
    axes: &[WireAxis],
    scores: &[WireScore],
    faults: &mut Vec<(String, String)>,
) {
    if axes.is_empty() {
        faults.push(("no [[axes]]".to_owned(), "at least one axis".to_owned()));
    }
    if axes.len() + scores.len() > MAX_AXES {
        faults.push((
            format!("{} axes and scores", axes.len() + scores.len()),
            format!("at most {MAX_AXES}"),
        ));
    }
    let mut seen = BTreeSet::from(["overall"]);
    let names = axes.iter().map(|axis| (&axis.key, &axis.title));
    let names = names.chain(scores.iter().map(|score| (&score.key, &score.title)));
    for (key, title) in names {
        if !is_key(key) {
            faults.push((
                format!("the key {key:?}"),
                "lower-case letters, digits, `_` and `-`, at most 64".to_owned(),
            ));
        }
        if !seen.insert(key) {
            faults.push((
                format!("the key {key:?}"),
                "keys that differ from each other and from `overall`".to_owned(),
            ));
        }
        if title.trim().is_empty() || title.chars().count() > MAX_TITLE {
            faults.push((
                format!("the title {title:?}"),
                format!("1 to {MAX_TITLE} characters"),
            ));
        }
    }
}

fn check_scale(key: &str, scale: MarkScale, faults: &mut Vec<(String, String)>) {
    if !scale.is_sound() {
        let MarkScale { lo, hi, step, .. } = scale;
        faults.push((
            format!("axis `{key}`: a scale from {lo} to {hi} in steps of {step}"),
            "a lowest mark below the highest, and steps that lead from the one to the other"
                .to_owned(),
        ));
    }
}

/// Parts have names of their own, and what is made of them is said.
fn check_parts(key: &str, scale: &WireScale, faults: &mut Vec<(String, String)>) {
    let names = &scale.parts;
    if names.is_empty() && scale.take.is_none() {
        return;
    }
    let distinct: BTreeSet<&String> = names.iter().collect();
    let sound = (2..=MAX_PARTS).contains(&names.len())
        && distinct.len() == names.len()
        && names.iter().all(|name| is_key(name));
    if !sound {
        faults.push((
            format!("axis `{key}`: parts = {names:?}"),
            format!(
                "2 to {MAX_PARTS} names that differ, of lower-case letters, digits, `_` and `-`"
            ),
        ));
    }
    if scale.take.is_none() {
        faults.push((
            format!("axis `{key}`: parts without `take`"),
            "take = \"min\": the smallest part is the mark".to_owned(),
        ));
    }
}

pub(super) fn check_axis(axis: &WireAxis, categories: &[&str], faults: &mut Vec<(String, String)>) {
    let of_scale = axis.scale.faults().into_iter();
    faults.extend(
        of_scale.map(|(found, expected)| (format!("axis `{}`: {found}", axis.key), expected)),
    );
    check_parts(&axis.key, &axis.scale, faults);
    if axis.sees.is_empty() {
        faults.push((
            format!("axis `{}`: sees nothing", axis.key),
            "at least one of instruction, reasoning, inputs, output".to_owned(),
        ));
    }
    if axis.across == WireAcross::Marks {
        faults.push((
            format!("axis `{}`: across = \"marks\"", axis.key),
            "`planned` or `equal`: only a score of several axes counts marks".to_owned(),
        ));
    }
    for category in axis.applies.iter().flat_map(|applies| &applies.categories) {
        check_category(&axis.key, category, categories, faults);
    }
}

fn check_category(
    key: &str,
    category: &str,
    categories: &[&str],
    faults: &mut Vec<(String, String)>,
) {
    if !categories.contains(&category) {
        faults.push((
            format!("axis `{key}`: category {category:?}"),
            format!("one of the suite's: {}", categories.join(", ")),
        ));
    }
}

pub(super) fn check_score(
    score: &WireScore,
    axes: &[WireAxis],
    categories: &[&str],
    faults: &mut Vec<(String, String)>,
) {
    check_scale(&score.key, score.scale, faults);
    let named = score.item.axes();
    if named.is_empty() {
        faults.push((
            format!("score `{}`: no axis", score.key),
            "the keys of the axes that enter".to_owned(),
        ));
    }
    for key in named {
        let endless = |axis: &WireAxis| axis.key == key && axis.scale.marks().is_endless();
        if axes.iter().any(endless) {
            faults.push((
                format!("score `{}`: axis `{key}` has no ends", score.key),
                "axes with both ends: a score is computed from places between them".to_owned(),
            ));
        } else if !axes.iter().any(|axis| axis.key == key) {
            faults.push((
                format!("score `{}`: axis `{key}`", score.key),
                "the key of one of [[axes]]".to_owned(),
            ));
        }
    }
    if let Formula::WeightedSum(parts) = &score.item {
        for part in parts {
            check_weights(&score.key, part, categories, faults);
        }
    }
}

fn check_weights(
    key: &str,
    part: &Weighting,
    categories: &[&str],
    faults: &mut Vec<(String, String)>,
) {
    let sum: i128 = part.weights.values().map(|weight| weight.scaled()).sum();
    let negative = part.weights.values().any(|weight| weight.scaled() < 0);
    if sum != Decimal::whole(1).scaled() || negative {
        faults.push((
            format!("score `{key}`: weights that do not sum to 1"),
            "weights of 0 or more that sum to 1".to_owned(),
        ));
    }
    for category in &part.categories {
        check_category(key, category, categories, faults);
    }
}
