//! What went wrong most: the axis on which a run has the largest share of tasks below the pass mark, or of marks that are
//! missing. It is counted, never tested: the largest of several shares is chosen after looking.

use std::collections::BTreeMap;

use crate::analysis::findings::Findings;
use crate::analysis::findings::run::{ItemScores, RunFindings};
use crate::analysis::scores::score_table::AxisScore;
use crate::report::names::Names;
use crate::report::standing::thousands;
use crate::suite::Axis;

/// How the sentence must be read.
pub const LABEL: &str = "counted, not tested";
/// Points below which two values are the same.
const SAME: f64 = 1e-9;

/// A number out of another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Share {
    count: u64,
    of: u64,
}

impl Share {
    fn value(self) -> f64 {
        match self.of {
            0 => 0.0,
            of => self.count as f64 / of as f64,
        }
    }

    fn words(self) -> String {
        format!("{} of {}", thousands(self.count), thousands(self.of))
    }
}

/// What is wrong on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault<'a> {
    /// Tasks below the pass mark.
    Below(&'a ItemScores),
    /// Marks that should be there and are not.
    Missing(&'a AxisScore),
}

/// The most frequent fault of some runs.
#[derive(Clone, Copy, Debug)]
struct Worst<'a> {
    run: &'a RunFindings,
    axis: Axis,
    fault: Fault<'a>,
    share: Share,
}

/// The most frequent fault among `runs` in a sentence; `baseline` is told beside it. None where nothing was asked.
pub fn worst(
    findings: &Findings,
    names: &Names,
    runs: &[&RunFindings],
    baseline: Option<&RunFindings>,
) -> Option<String> {
    let all: Vec<Worst<'_>> = runs.iter().flat_map(|run| faults(findings, run)).collect();
    // The first of equal ones, in the order of runs and axes.
    let largest =
        all.iter()
            .reduce(|most, next| match next.share.value() > most.share.value() {
                true => next,
                false => most,
            })?;
    if largest.share.count == 0 {
        let whose = match runs {
            [run] => format!(" of {}", names.get(&run.info.label)),
            _ => String::new(),
        };
        return Some(format!(
            "No task{whose} falls below the pass mark on any axis, and no mark is missing."
        ));
    }
    Some(match largest.fault {
        Fault::Below(scores) => below(findings, names, largest, (scores, baseline)),
        Fault::Missing(score) => missing(names, largest, score),
    })
}

/// Both kinds of faults on every axis of a run.
fn faults<'a>(findings: &Findings, run: &'a RunFindings) -> Vec<Worst<'a>> {
    let mut all = Vec::new();
    for scores in &run.items {
        all.push(Worst {
            run,
            axis: scores.axis,
            fault: Fault::Below(scores),
            share: below_pass(findings, scores, None),
        });
    }
    // Of a computed score no mark is expected.
    let axes = run.table.axes.iter();
    for score in axes.filter(|score| score.expected > 0) {
        all.push(Worst {
            run,
            axis: score.axis,
            fault: Fault::Missing(score),
            share: Share {
                count: score.missing,
                of: score.expected,
            },
        });
    }
    all
}

/// Tasks below the pass mark among those that have a value, in one category or in all.
fn below_pass(findings: &Findings, scores: &ItemScores, category: Option<&str>) -> Share {
    let pass = f64::from(findings.declaration.pass_threshold);
    let pass = findings.suite.mapping.points(pass);
    let mut share = Share { count: 0, of: 0 };
    for (item, points) in findings.items.iter().zip(&scores.points) {
        if let Some(points) = points
            && category.is_none_or(|category| item.category == category)
        {
            share.of += 1;
            share.count += u64::from(*points < pass - SAME);
        }
    }
    share
}

fn below(
    findings: &Findings,
    names: &Names,
    worst: &Worst<'_>,
    (scores, baseline): (&ItemScores, Option<&RunFindings>),
) -> String {
    let name = names.get(&worst.run.info.label);
    let axis = worst.axis.title().to_lowercase();
    let scale = worst.axis.scale();
    let pass = scale.mark_at(f64::from(findings.declaration.pass_threshold));
    let beside = baseline
        .filter(|run| run.info.label != worst.run.info.label)
        .and_then(|run| {
            let scores = run.items.iter().find(|scores| scores.axis == worst.axis)?;
            let share = below_pass(findings, scores, None);
            Some(format!(
                " ({}: {})",
                names.get(&run.info.label),
                share.words()
            ))
        });
    let place = category(findings, scores)
        .map(|(category, share)| format!(", most often in {category} with {}", share.words()));
    format!(
        "{name} falls below {pass} of {} on {axis} in {} tasks{}{}.",
        scale.hi,
        worst.share.words(),
        beside.unwrap_or_default(),
        place.unwrap_or_default()
    )
}

/// The category with the largest share, the first of equal ones; none where there is only one.
fn category(findings: &Findings, scores: &ItemScores) -> Option<(String, Share)> {
    let mut names: Vec<&str> = Vec::new();
    for item in &findings.items {
        if !names.contains(&item.category.as_str()) {
            names.push(&item.category);
        }
    }
    let shares = names
        .iter()
        .map(|name| (*name, below_pass(findings, scores, Some(name))));
    let (name, share) = shares.reduce(|most, next| match next.1.value() > most.1.value() {
        true => next,
        false => most,
    })?;
    (names.len() > 1).then(|| (crate::report::escape::name(name), share))
}

fn missing(names: &Names, worst: &Worst<'_>, score: &AxisScore) -> String {
    let reason = most_frequent(&score.counts).map_or_else(String::new, |(status, count)| {
        format!(", most often by {status} ({})", thousands(count))
    });
    format!(
        "{}: {} marks on {} are missing{reason}.",
        names.get(&worst.run.info.label),
        worst.share.words(),
        worst.axis.title().to_lowercase()
    )
}

/// The most frequent reason for a missing mark.
pub fn most_frequent(counts: &BTreeMap<&'static str, u64>) -> Option<(&'static str, u64)> {
    let reasons = reasons(counts);
    reasons.into_iter().next()
}

/// The reasons for missing marks, the most frequent first; ties by name.
pub fn reasons(counts: &BTreeMap<&'static str, u64>) -> Vec<(&'static str, u64)> {
    let missing = |status: &str| {
        let known = status.parse::<crate::run::scores::Status>();
        known.is_ok_and(crate::run::scores::Status::is_missing)
    };
    let mut found: Vec<(&'static str, u64)> = counts
        .iter()
        .filter(|(status, count)| missing(status) && **count > 0)
        .map(|(status, count)| (*status, *count))
        .collect();
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_reason_comes_first_and_marks_are_none() {
        let counts = [
            ("ok", 90),
            ("model-empty", 5),
            ("timed-out", 2),
            ("refused", 3),
            ("no-mark", 3),
            ("pending", 0),
        ];
        let found = reasons(&counts.into_iter().collect());
        assert_eq!(found, [("no-mark", 3), ("refused", 3), ("timed-out", 2)]);
        assert_eq!(most_frequent(&BTreeMap::from([("ok", 3)])), None);
    }
}
