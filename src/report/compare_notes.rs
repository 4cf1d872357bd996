//! What a reader must know beside the numbers: flags, methods, limits.

use std::collections::BTreeSet;

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Flag};
use crate::report::columns::printable;
use crate::report::number::percent;
use crate::suite::Axis;

/// Every flag with its letter and its meaning.
const FLAGS: [(Flag, char, &str); 12] = [
    (
        Flag::JudgesDiffer,
        'J',
        "the sides were marked by different judges: the difference may be the judges'",
    ),
    (
        Flag::ServedModelsDiffer,
        'V',
        "one judge was asked, but its endpoint served other models for the two sides: the difference may be theirs",
    ),
    (
        Flag::UnequalRepeats,
        'U',
        "samples or repeats differ between the sides: p is asymptotic, not exact",
    ),
    (
        Flag::Skewed,
        'K',
        "rare large differences: the interval is optimistic",
    ),
    (
        Flag::FewNonZeroPairs,
        'F',
        "fewer than ten pairs differ: the interval is optimistic",
    ),
    (
        Flag::NoSpread,
        'E',
        "all differences are equal: there is no interval and no effect size",
    ),
    (
        Flag::MissingAboveTwoPercent,
        'M',
        "more than 2 % of a side's marks are missing",
    ),
    (
        Flag::NoClaim,
        'N',
        "more than 5 % of a side's marks are missing: claim nothing from this line",
    ),
    (
        Flag::NotRobustToMissing,
        'B',
        "missing marks could change who is ahead",
    ),
    (
        Flag::DrawnPStraddlesAlpha,
        'D',
        "p was drawn, and its own uncertainty includes alpha",
    ),
    (
        Flag::PAndIntervalDisagree,
        'A',
        "adjusted p and simultaneous interval disagree about alpha: the adjusted p decides",
    ),
    (
        Flag::StrataMerged,
        'S',
        "a category with a single pair was merged with another",
    ),
];

/// The flags as letters, for a cell.
pub fn letters(flags: &[Flag]) -> String {
    FLAGS
        .iter()
        .filter(|(flag, _, _)| flags.contains(flag))
        .map(|(_, letter, _)| *letter)
        .collect()
}

/// Flags that were raised, then methods and limits.
pub fn notes(comparison: &Comparison) -> String {
    let mut lines = flag_meanings(&comparison.contrasts);
    lines.extend(methods(comparison));
    lines.extend(limits(comparison));
    lines.join("\n") + "\n"
}

/// The meanings of the flags that any of the contrasts raises, a sentence each.
pub fn flag_meanings<'a>(contrasts: impl IntoIterator<Item = &'a Contrast>) -> Vec<String> {
    let raised: BTreeSet<char> = contrasts
        .into_iter()
        .filter_map(|contrast| contrast.result.as_ref().ok())
        .flat_map(|finding| letters(&finding.flags).chars().collect::<Vec<_>>())
        .collect();
    FLAGS
        .iter()
        .filter(|(_, letter, _)| raised.contains(letter))
        .map(|(_, letter, meaning)| format!("{letter}: {meaning}."))
        .collect()
}

/// How a table of differences must be read.
pub fn reading(contrasts: &[&Contrast]) -> Vec<String> {
    let mut notes = vec![
        "Superiority: share of tasks won plus half of the ties. A large p does not show that two runs are equal."
            .to_owned(),
    ];
    if contrasts.iter().any(|contrast| common_axes(contrast)) {
        notes.push(COMMON_AXES.to_owned());
    }
    notes
}

/// How differences, intervals and p are made, a sentence or two each.
pub fn methods(comparison: &Comparison) -> Vec<String> {
    let family = &comparison.family;
    let mut lines = vec![
        "Differences are in points, never in percent. Means are weighted by the suite's plan; intervals \
         are stratified t over items; the item is the only independent unit."
            .to_owned(),
        "p: exact sign flips of the item differences, two-sided. Superiority: share of items won plus half \
         of the ties."
            .to_owned(),
        format!(
            "Adjusted p: step-down max-T over the m={} contrasts of axes and pairs of runs ({} joint sign \
             flips, {}); Holm beside it. Overall stands beside the family with its own p.",
            family.size,
            family.draws,
            match family.joint_law {
                "exact" => "exact within one pair of runs",
                _ => "asymptotic, since pairs of runs share a run",
            }
        ),
    ];
    if let Some(primary) = &family.primary {
        lines.push(format!(
            "Primary contrast, declared: {} against {}, tested first at full alpha = {}; it {}.",
            primary.axis,
            printable(&primary.baseline),
            family.alpha,
            if primary.passed {
                "passed, so the others are tested"
            } else {
                "did not pass, so none of the others can"
            }
        ));
    }
    if comparison.contrasts.iter().any(common_axes) {
        lines.push(COMMON_AXES.to_owned());
    }
    lines
}

/// What an Overall over the axes that two runs share must be read as.
pub const COMMON_AXES: &str = "Overall of common axes: where a model does not think, text axes and output \
     alignment do not apply; this Overall is no Overall of six axes.";

/// Whether a contrast is an Overall over fewer than all axes.
pub fn common_axes(contrast: &Contrast) -> bool {
    contrast.metric.is_overall() && contrast.metric.axes.len() < Axis::ALL.len()
}

/// What the numbers do not say, a sentence or two each.
pub fn limits(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec![format!(
        "Survives failures: yes where nothing is missing or the worst cases (every missing mark 1 for one \
         side and 5 for the other) keep the sign. A p above {} does not show that two runs are equal; \
         declare a margin to test that.",
        comparison.family.alpha
    )];
    let judge_noise: Vec<String> = comparison
        .contrasts
        .iter()
        .filter_map(|c| Some((c, c.result.as_ref().ok()?.difference.se_judge_only?)))
        .filter(|(contrast, _)| contrast.metric.is_overall())
        .map(|(contrast, se)| {
            format!(
                "{} minus {} {se:.2}",
                printable(&contrast.candidate),
                printable(&contrast.baseline)
            )
        })
        .collect();
    if !judge_noise.is_empty() {
        lines.push(format!(
            "Noise of the judge alone on these items (standard error of Overall, points): {}. It is a part \
             of the error, not the error.",
            judge_noise.join(", ")
        ));
    }
    lines.push(
        "The intervals cover new items of the same kinds, samples and calls of this judge. They cover \
         neither another training run nor another judge."
            .to_owned(),
    );
    let worst = comparison
        .levels
        .iter()
        .map(|table| table.missing_share)
        .fold(0.0, f64::max);
    if worst > 0.0 {
        lines.push(format!(
            "Up to {} of a run's marks are missing; they are left out of the means, never counted as numbers.",
            percent(worst)
        ));
    }
    lines
}
