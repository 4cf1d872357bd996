//! The flags of a comparison: a letter in a cell, and what it means.

use std::collections::BTreeSet;

use crate::analysis::compare::contrast::{Contrast, Flag};

/// Every flag with its letter and its meaning.
const FLAGS: [(Flag, char, &str); 12] = [
    (
        Flag::JudgesDiffer,
        'J',
        "Different judges marked the two runs: the difference may come from the judges.",
    ),
    (
        Flag::Bridged,
        'G',
        "Different judges marked the two runs. A bridge joins them, and its uncertainty is in the interval and in p.",
    ),
    (
        Flag::ServedModelsDiffer,
        'V',
        "One judge was named, but its endpoint served other models for the two runs: the difference may come from \
         them.",
    ),
    (
        Flag::UnequalRepeats,
        'U',
        "Samples or repeats differ between the runs: p is asymptotic.",
    ),
    (Flag::Skewed, 'K', "Large differences are rare here."),
    (
        Flag::FewNonZeroPairs,
        'F',
        "Few pairs differ: the interval is an exact bound.",
    ),
    (Flag::NoSpread, 'E', "All differences are equal."),
    (
        Flag::MissingAboveTwoPercent,
        'M',
        "More than 2 % of the marks of an axis are missing in a run.",
    ),
    (
        Flag::NotRobustToMissing,
        'B',
        "Missing marks could reverse the direction that is shown.",
    ),
    (
        Flag::DrawnPStraddlesAlpha,
        'D',
        "p was estimated by random draws, and the level is within its uncertainty.",
    ),
    (
        Flag::ThinStrata,
        'S',
        "Strata with fewer than six tasks take the spread of all tasks.",
    ),
    (
        Flag::PointsAgainstTasks,
        'O',
        "The mean points one way, most tasks the other.",
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

/// The meanings of those of `wanted` that any of the contrasts raises, a sentence each, without letters.
pub fn meanings_of(contrasts: &[&Contrast], wanted: &[Flag]) -> Vec<String> {
    let raised = |flag: &Flag| {
        let mut findings = contrasts
            .iter()
            .filter_map(|contrast| contrast.result.as_ref().ok());
        findings.any(|finding| finding.flags.contains(flag))
    };
    FLAGS
        .iter()
        .filter(|(flag, _, _)| wanted.contains(flag) && raised(flag))
        .map(|(_, _, meaning)| (*meaning).to_owned())
        .collect()
}

/// The meanings of the flags that any of the contrasts raises, a sentence each.
pub fn flag_meanings(contrasts: &[&Contrast]) -> Vec<String> {
    let findings = contrasts
        .iter()
        .filter_map(|contrast| contrast.result.as_ref().ok());
    let raised: BTreeSet<char> = findings
        .flat_map(|finding| letters(&finding.flags).chars().collect::<Vec<_>>())
        .collect();
    FLAGS
        .iter()
        .filter(|(_, letter, _)| raised.contains(letter))
        .map(|(_, letter, meaning)| format!("{letter}: {meaning}"))
        .collect()
}
