//! What a reader must know beside the numbers: flags, methods, limits.

use std::collections::BTreeSet;

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding, Flag};
use crate::analysis::runs::declaration::Declared;
use crate::report::columns::printable;
use crate::report::number::percent;
use crate::suite::Axis;

/// Every flag with its letter and its meaning.
const FLAGS: [(Flag, char, &str); 11] = [
    (
        Flag::JudgesDiffer,
        'J',
        "the sides were marked by different judges, so nothing is claimed",
    ),
    (
        Flag::ServedModelsDiffer,
        'V',
        "one judge was asked, but its endpoint served other models for the two sides, so nothing is claimed",
    ),
    (
        Flag::UnequalRepeats,
        'U',
        "samples or repeats differ between the sides: p is asymptotic, not exact",
    ),
    (Flag::Skewed, 'K', "large differences are rare here"),
    (
        Flag::FewNonZeroPairs,
        'F',
        "few pairs differ: the interval is an exact bound",
    ),
    (Flag::NoSpread, 'E', "all tasks have the same difference"),
    (
        Flag::ThinStrata,
        'S',
        "strata with fewer than six tasks take the spread of all tasks",
    ),
    (
        Flag::PointsAgainstTasks,
        'O',
        "the points go one way, most tasks the other",
    ),
    (
        Flag::MissingAboveTwoPercent,
        'M',
        "more than 2 % of an axis' marks are missing in a run",
    ),
    (
        Flag::NotRobustToMissing,
        'B',
        "what is shown holds only if failed judgements are like the others",
    ),
    (
        Flag::DrawnPStraddlesAlpha,
        'D',
        "p was drawn, and its own uncertainty includes alpha",
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
        "Differences are in points, never in percent. Means are weighted by the suite's plan. Intervals cover new tasks: \
         stratified t, an exact bound where few pairs differ; none reaches beyond the scale."
            .to_owned(),
        format!(
            "p, alone: sign flips of the weighted difference itself, all items of a unit together, two-sided. The null \
             hypothesis is that swapping the two models' outputs changes nothing. {}. Pairs: tasks marked on both sides.",
            how_tested(comparison)
        ),
        format!(
            "Adjusted p: one step-down max-T family of m = {} comparisons, all axes and Overall of all pairs of runs ({} \
             joint sign flips, {}); Holm beside it. The intervals named \"all together\" hold together at {} (Šidák). \
             Where the step-down test shows a direction and its interval would reach across 0, the interval ends at 0.",
            family.size,
            family.draws,
            match family.joint_law {
                "exact" => "exact within one pair of runs",
                _ => "asymptotic, since pairs of runs share a run",
            },
            percent(1.0 - family.alpha)
        ),
    ];
    lines.extend(declared(comparison));
    if let Some(primary) = &family.primary {
        lines.push(format!(
            "Primary contrast, declared before the marks: {} against {}, tested first at alpha = {} by its own p and \
             interval; {}.",
            primary.axis,
            printable(&primary.baseline),
            family.alpha,
            if primary.passed {
                "it is shown, so the others are tested"
            } else {
                "it is not shown, so none of the others is tested"
            }
        ));
    }
    lines.extend(comparison.interim.as_ref().map(|interim| {
        format!(
            "This is look {} of {}, declared before the marks, at {} against {}: it is decided by its boundary (O'Brien \
             and Fleming by spending), and all other lines are described only.",
            interim.look,
            interim.boundaries.len(),
            interim.axis,
            printable(&interim.baseline)
        )
    }));
    if comparison.contrasts.iter().any(common_axes) {
        lines.push(COMMON_AXES.to_owned());
    }
    lines
}

/// Which p are exact, which bounds, which drawn.
fn how_tested(comparison: &Comparison) -> String {
    let count = |method: &str| {
        let found = comparison
            .contrasts
            .iter()
            .filter_map(|c| c.result.as_ref().ok());
        found
            .filter(|finding| finding.test.method == method)
            .count()
    };
    let parts = [
        (count("exact"), "exact"),
        (count("bound"), "an upper bound"),
        (count("monte-carlo"), "drawn"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} of these p: {word}"))
        .collect();
    match said.is_empty() {
        true => "No p could be had".to_owned(),
        false => said.join(", "),
    }
}

/// When the declaration was made, and what that means.
pub fn declared(comparison: &Comparison) -> Vec<String> {
    let declaration = &comparison.declaration;
    let mut lines = Vec::new();
    let digest = declaration
        .digest
        .map(|digest| digest.short(12))
        .unwrap_or_default();
    match comparison.declared {
        Declared::Nothing => {}
        Declared::Before => lines.push(format!(
            "Declared before the marks: digest {digest}, recorded in every run before its first mark."
        )),
        Declared::Late => {
            lines.push(format!(
                "Declared when the report was made: digest {digest}, which not every run carries. A primary contrast, a \
                 family, looks and a level do not act in the tests then."
            ));
            if declaration.looks.is_some() {
                lines.push(
                    "Looks were declared too late to act. More tasks may follow, so nothing is tested at this look: all \
                     lines are described only."
                        .to_owned(),
                );
            }
        }
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
        "A p above {} does not show that two runs are equal; declare a margin to test that. Marks that are missing are \
         left out; a direction that they could undo is claimed only under that condition.",
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
    let findings = comparison
        .contrasts
        .iter()
        .filter_map(|c| c.result.as_ref().ok());
    let tells = |finding: &Finding| {
        finding
            .sources
            .as_ref()
            .is_some_and(|sources| sources.tells())
    };
    if !findings.into_iter().any(tells) {
        lines.push(
            "Spread by seed, judge repeat, judge and wording of the rubric: not estimable from these runs (it needs two \
             samples, two repeats, three judges, three wordings)."
                .to_owned(),
        );
    }
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
