//! Parts of sentences about a contrast.

use super::metric;
use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Adjusted;
use crate::analysis::compare::contrast::{Contrast, ContrastFinding, Flag};
use crate::analysis::compare::family::Family;
use crate::analysis::compare::standing::{Condition, Direction, WithinMargin};
use crate::report::number::{limit, p_value, percent, signed_interval};

pub(super) fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    }
}

/// What a condition rests on, as a sentence of its own.
pub(super) fn condition(on: Condition, finding: &ContrastFinding) -> String {
    let (missing, expected) = finding.failures.counts();
    match on {
        Condition::Gate => " The primary comparison holds only on that condition.".to_owned(),
        Condition::MissingMarks => match finding.failures.tipping_points {
            Some(points) => format!(
                " {missing} of {expected} marks are missing; the claim falls if the lost ones were on average {points:.0} \
                 points less favourable."
            ),
            None => format!(" {missing} of {expected} marks are missing."),
        },
    }
}

/// Where the mean points one way and most tasks the other.
pub(super) fn against_tasks(contrast: &Contrast, finding: &ContrastFinding) -> String {
    let Some(wins) = finding.wins else {
        return String::new();
    };
    let (more, fewer) = match contrast.standing.direction() {
        Some(Direction::Higher) => ("lower", "higher"),
        Some(Direction::Lower) => ("higher", "lower"),
        None => return String::new(),
    };
    match finding.flags.contains(&Flag::PointsAgainstTasks) {
        true => format!(
            ", though it scores {more} on more tasks than {fewer} ({}/{}/{})",
            wins.wins, wins.ties, wins.losses
        ),
        false => String::new(),
    }
}

/// The contrast's own interval, or why there is none.
pub(super) fn own_interval(finding: &ContrastFinding, digits: usize) -> String {
    match finding.difference.ci95 {
        None => "no interval: too few tasks for one within the scale".to_owned(),
        ends => format!("95 % interval {}", signed_interval(ends, digits)),
    }
}

/// The adjusted p of the margin test that a standing rests on.
pub(super) fn margin_p(finding: &ContrastFinding, within: WithinMargin) -> String {
    let margin = finding.margin.as_ref();
    let (test, p) = match within.equivalent {
        true => ("equivalence", margin.map(|m| m.p_equivalence_holm)),
        false => ("non-inferiority", margin.map(|m| m.p_noninferiority_holm)),
    };
    format!(
        "adjusted p of the {test} test {}",
        p_value(p.unwrap_or(1.0))
    )
}

/// An adjusted p; the smallest that the draws can give is a bound.
pub fn adjusted_p(adjusted: &Adjusted, family: &Family) -> String {
    match adjusted.at_draw_limit {
        true => format!(
            "≤ {} (limit of {} draws)",
            limit(adjusted.p_westfall_young),
            thousands(family.draws)
        ),
        false => p_value(adjusted.p_westfall_young),
    }
}

/// The same for a cell; a note says what `≤` means.
pub fn adjusted_p_cell(adjusted: &Adjusted) -> String {
    match (adjusted.primary, adjusted.at_draw_limit) {
        (true, _) => format!("{} primary", p_value(adjusted.p_westfall_young)),
        (false, true) => format!("≤{}", limit(adjusted.p_westfall_young)),
        (false, false) => p_value(adjusted.p_westfall_young),
    }
}

/// What so few tasks could hide, for contrasts that have so few; the same words once, with the metrics they are about.
pub fn unseen(comparison: &Comparison, contrasts: &[&Contrast]) -> Vec<String> {
    let range = 4.0 * comparison.suite.mapping.slope();
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for contrast in contrasts {
        let finding = contrast.result.as_ref().ok();
        let Some((finding, unseen)) = finding.and_then(|f| Some((f, f.difference.unseen?))) else {
            continue;
        };
        let words = format!(
            "A difference of {range} points on up to {} of {} could be absent from these {}; it would move the mean by \
             up to {:.1} points",
            percent(unseen.share),
            units(finding),
            finding.difference.units,
            unseen.points
        );
        let metric = metric(contrast);
        match found.iter_mut().find(|(known, _)| *known == words) {
            Some((_, metrics)) if metrics.contains(&metric) => {}
            Some((_, metrics)) => metrics.push(metric),
            None => found.push((words, vec![metric])),
        }
    }
    let several = found.len() > 1;
    let sentence = |(words, metrics): (String, Vec<String>)| match several {
        true => format!("{words} ({}).", metrics.join(", ")),
        false => format!("{words}."),
    };
    found.into_iter().map(sentence).collect()
}

/// What counts: tasks, or clusters of them.
pub(super) fn units(finding: &ContrastFinding) -> &'static str {
    match finding.difference.units < finding.difference.items {
        true => "clusters",
        false => "tasks",
    }
}

/// A text with its first letter in upper case.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// A count with a comma between thousands.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
