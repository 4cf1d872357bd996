//! What a reader must know beside the numbers: flags, methods, limits.

use crate::analysis::compare::contrast::Contrast;
use crate::analysis::compare::crossing::BridgeInfo;
use crate::analysis::compare::sign_flip::Test;
use crate::analysis::compare::standing::Standing;
use crate::analysis::compare::{Comparison, RunInfo};
use crate::analysis::runs::declaration::Declared;
use crate::report::beside_text;
use crate::report::columns::{LINE, printable, wrapped};
use crate::report::compat_note;
use crate::report::flags::flag_meanings;
use crate::report::number::percent;
use crate::report::spread::covered;
use crate::report::standing::{margin_words, thousands, unseen};
use crate::suite::axes::are_whole;

/// Flags that were raised, then methods and limits.
pub fn notes(comparison: &Comparison) -> String {
    let contrasts: Vec<&Contrast> = comparison.contrasts.iter().collect();
    let mut lines = flag_meanings(&contrasts);
    lines.extend(margin_p(comparison, &contrasts));
    lines.extend(unseen(comparison, &contrasts));
    lines.extend(methods(comparison));
    lines.extend(limits(comparison));
    lines.join("\n") + "\n"
}

/// How a table of differences must be read.
pub fn reading(comparison: &Comparison, contrasts: &[&Contrast]) -> Vec<String> {
    let family = &comparison.family;
    let mut notes = flag_meanings(contrasts);
    if family.size > 0 {
        notes.push(format!(
            "95 %, all {m}: the interval holds together with those of all {m} comparisons, over new tasks of the same kinds. \
             95 % alone and p alone are not adjusted.",
            m = family.size
        ));
    }
    if limited(contrasts) {
        notes.push(format!(
            "≤: the limit of {} draws.",
            thousands(family.draws)
        ));
    }
    notes.extend(margin_p(comparison, contrasts));
    notes.push(
        "Share of tasks won: tasks won plus half of the ties. No difference shown is not evidence of equality."
            .to_owned(),
    );
    notes.extend(unseen(comparison, contrasts));
    if contrasts.iter().any(|contrast| common_axes(contrast)) {
        notes.push(COMMON_AXES.to_owned());
    }
    notes
}

/// The margin that rows name, where any does.
pub fn margin_shown(comparison: &Comparison, contrasts: &[&Contrast]) -> Option<String> {
    let margin = |contrast: &&Contrast| matches!(contrast.standing, Standing::Margin(_));
    let any = contrasts.iter().any(margin);
    any.then(|| format!("Margin: {}.", margin_words(comparison.margin)))
}

/// Whose p stands in the rows that say a margin and no direction.
pub fn margin_p(comparison: &Comparison, contrasts: &[&Contrast]) -> Option<String> {
    let margin = |contrast: &&Contrast| matches!(contrast.standing, Standing::Margin(_));
    contrasts.iter().any(margin).then(|| {
        format!(
            "Adjusted p of a row that says \"equivalent\" or \"at most … worse\": of its test against the margin, {}, by \
             Holm over the margin tests. p alone and Holm p are those of a direction.",
            margin_words(comparison.margin)
        )
    })
}

fn limited(contrasts: &[&Contrast]) -> bool {
    let mut findings = contrasts
        .iter()
        .filter_map(|contrast| contrast.result.as_ref().ok());
    findings.any(|finding| finding.adjusted.as_ref().is_some_and(|a| a.at_draw_limit))
}

/// How differences, intervals and p are made, a sentence or two each.
pub fn methods(comparison: &Comparison) -> Vec<String> {
    let family = &comparison.family;
    let mut lines = vec![
        "Pairs: a task counts on an axis where both runs have a mark. Its value is the mean over samples of the mean over \
         the marks that are there. The unit is the task, or the cluster where the suite names one. Means are weighted by the \
         suite's plan; differences are in points, never in percent."
            .to_owned(),
        format!(
            "Null hypothesis: exchanging the answers of the two runs on any task leaves the distribution of the marks \
             unchanged. p: sign flips of the estimate itself, two-sided, one sign per unit for all axes; {}.",
            kinds_of_p(comparison)
        ),
        "Missing marks are left out of the means and never counted as numbers. Where more than 5 % of the marks of an axis are \
         missing in a run, nothing is claimed. Where any are missing, a direction is claimed without a condition only if the \
         Imbens–Manski interval (2004) from the worst cases (every missing mark the lowest for one run and the highest for the other), at the \
         level of the test, lies on one side of 0."
            .to_owned(),
    ];
    lines.extend(comparison.bridge.as_ref().map(bridge));
    if family.size > 0 {
        lines.extend(together(comparison));
    }
    lines.extend(primary(comparison));
    lines.push(margin(comparison));
    lines.extend(by_category(comparison));
    lines.extend(declared(comparison));
    lines.extend(look(comparison));
    if comparison.contrasts.iter().any(common_axes) {
        lines.push(COMMON_AXES.to_owned());
    }
    lines
}

/// What a bridge does to a page; stands in every form of it.
pub fn bridge(bridge: &BridgeInfo) -> String {
    let (old, new) = (printable(&bridge.old), printable(&bridge.new));
    format!(
        "Runs were marked by different judges and are set on the scale of {new}, across a bridge from {old} (digest {}): {} \
         tasks, drawn at random, whose answers by {} both judges marked. A difference across judges is the difference of \
         the marks at hand plus the mean change of judge on those tasks. Its variance carries both (Cochran 1977, double \
         sampling for a difference), p is that of Student's t. Runs of one judge are compared under it. Means of runs that \
         {old} marked are on the scale of {new}, too.",
        bridge.digest.short(12),
        bridge.tasks,
        match bridge.runs {
            1 => "one run".to_owned(),
            runs => format!("{runs} runs"),
        },
    )
}

/// The family and its intervals.
fn together(comparison: &Comparison) -> [String; 2] {
    let family = &comparison.family;
    [
        format!(
            "One family: every axis and Overall of every pair of runs, m = {} comparisons. {}",
            family.size,
            match family.joint_law {
                "holm" =>
                    "Adjusted p: Holm (1979), since some lines join different judges.".to_owned(),
                law => format!(
                    "Adjusted p: step-down max-T (Westfall and Young 1993) with {} joint sign flips, {}; Holm's p \
                     (1979) is given too.",
                    thousands(family.draws),
                    match law {
                        "exact" => "exact within one pair of runs",
                        _ => "asymptotic across pairs that share a run",
                    }
                ),
            }
        ),
        format!(
            "Intervals of differences: stratified t with Satterthwaite's degrees of freedom; an exact bound where few or no \
             pairs differ; never beyond the scale. The interval for all comparisons together is at the level {} (Šidák 1967). \
             Where the stepwise test shows a direction and this interval would reach across 0, it ends at 0: the region that \
             is compatible with a step-down test (Strassburger and Bretz 2008, Guilbaud 2008). A direction is claimed only if \
             the comparison's own 95 % interval does not reach 0 either.",
            percent(1.0 - family.interval_alpha)
        ),
    ]
}

/// Which p are exact, which are bounds, which were drawn.
fn kinds_of_p(comparison: &Comparison) -> String {
    let tests: Vec<&Test> = comparison
        .contrasts
        .iter()
        .filter_map(|c| Some(&c.result.as_ref().ok()?.test))
        .collect();
    let count = |method: &str| {
        let plain = tests.iter().filter(|test| test.grid.is_none());
        plain.filter(|test| test.method == method).count()
    };
    let grids: Vec<f64> = tests.iter().filter_map(|test| test.grid).collect();
    let coarsest = grids.iter().copied().fold(0.0, f64::max);
    let rounded = format!("exact for scores rounded to {coarsest} or finer");
    let kinds = [
        (count("exact"), "exact"),
        (grids.len(), &*rounded),
        (count("bound"), "a bound a little above the exact p"),
        (count("monte-carlo"), "drawn"),
        (count("bridge"), "that of a t test across judges"),
    ];
    let used: Vec<(usize, &str)> = kinds.into_iter().filter(|(count, _)| *count > 0).collect();
    match used.as_slice() {
        [] => "none was computed".to_owned(),
        [(_, kind)] => format!("every p is {kind}"),
        several => {
            let parts: Vec<String> = several
                .iter()
                .map(|(count, kind)| format!("{count} of the p are {kind}"))
                .collect();
            parts.join(", ")
        }
    }
}

fn primary(comparison: &Comparison) -> Option<String> {
    let family = &comparison.family;
    let primary = family.primary.as_ref()?;
    if comparison.interim.is_some() {
        return None;
    }
    Some(format!(
        "Primary comparison, declared before the marks: {} against {}. It is tested first, by its own p at {}, \
         outside the family. It {}.",
        primary.axis.title().to_lowercase(),
        printable(&primary.baseline),
        family.alpha,
        match primary.passed {
            true => "is shown, so the others are tested",
            false => "is not shown, so the others are not tested",
        }
    ))
}

/// The margin, how it was tested, and the tasks that it needs where these are fewer.
fn margin(comparison: &Comparison) -> String {
    let tests = comparison.family.margin_tests;
    let mut said = format!("Margin: {}.", margin_words(comparison.margin));
    if tests == 0 {
        said += match comparison.interim {
            Some(_) => {
                " At a look nothing is tested against it: these tests do not take the looks into account."
            }
            None => " Nothing was tested against it.",
        };
        return said;
    }
    said += &format!(
        " Equivalence by two one-sided tests, non-inferiority by one, each adjusted by Holm over all margin tests of the \
         page ({tests}); outside the gate."
    );
    let findings = comparison
        .contrasts
        .iter()
        .filter_map(|c| c.result.as_ref().ok());
    let needed = findings.filter_map(|finding| finding.margin.as_ref()?.units_needed);
    if let Some(needed) = needed.max() {
        said += &format!(
            " The tests need up to {needed} tasks (or clusters) before they can show anything: with fewer, rare \
             losses that did not occur cannot be excluded."
        );
    }
    said
}

/// How it was tested whether differences depend on the category.
fn by_category(comparison: &Comparison) -> Option<String> {
    let findings = comparison
        .contrasts
        .iter()
        .filter_map(|c| c.result.as_ref().ok());
    let draws = findings
        .filter_map(|f| Some(f.by_category.as_ref()?.draws))
        .max()?;
    Some(format!(
        "Whether Overall's difference depends on the category: Q, the sum over categories of their tasks times the \
         squared distance of their mean difference from that of all tasks, with its distribution under {} \
         permutations of the tasks' (or clusters') differences. Not adjusted.",
        thousands(draws)
    ))
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
                "Declared when the report was made: digest {digest}, which not every run carries. Its primary \
                 comparison, family, looks and level are then not used in the tests."
            ));
            if declaration.looks.is_some() {
                lines.push(
                    "Looks were declared too late to be used. More tasks may follow, so nothing is tested at this \
                     look: all lines are reported, not tested."
                        .to_owned(),
                );
            }
        }
    }
    lines
}

/// The look that this is.
fn look(comparison: &Comparison) -> Option<String> {
    let interim = comparison.interim.as_ref()?;
    Some(format!(
        "This is look {} of {}, declared before the marks, at {} against {}. It is decided by its boundary (Lan and DeMets \
         1983, spending after O'Brien and Fleming); all other differences are reported, not tested.",
        interim.look,
        interim.boundaries.len(),
        interim.axis.title().to_lowercase(),
        printable(&interim.baseline)
    ))
}

/// What an Overall over the axes that two runs share must be read as.
pub const COMMON_AXES: &str = "Overall of common axes: where a model does not think, the text axes and output alignment do \
     not apply. It cannot be compared with an Overall of six axes.";

/// Whether a contrast is an Overall over fewer than all axes.
pub fn common_axes(contrast: &Contrast) -> bool {
    contrast.metric.is_overall() && !are_whole(&contrast.metric.axes)
}

/// Which runs have marks that were made elsewhere; none where no run has.
pub fn imported<'a>(runs: impl IntoIterator<Item = &'a RunInfo>) -> Option<String> {
    let runs = runs.into_iter().filter(|run| run.has_imported_marks());
    let labels: Vec<String> = runs.map(|run| printable(&run.label)).collect();
    (!labels.is_empty()).then(|| {
        format!(
            "Imported marks: {}. They were made by another program; this run has no answers and no log of them.",
            labels.join(", ")
        )
    })
}

/// What it means that prompts put what is judged in no fence.
const UNDEFENDED: &str = "The judge was asked with the prompt of the benchmark's authors, which does not separate the \
    judged material from the instructions. Words in an instruction or a picture may have changed marks.";

/// That a judge was asked with such prompts, on lines of the usual width.
pub fn undefended_judge(judge: &str) -> String {
    let text = format!("Injection defences off: {}. {UNDEFENDED}", printable(judge));
    wrapped(&text, LINE).join("\n")
}

/// Whose marks were asked for with prompts that put what is judged in no fence; none where no run's were.
pub fn undefended<'a>(runs: impl IntoIterator<Item = &'a RunInfo>) -> Option<String> {
    let runs = runs.into_iter().filter(|run| run.is_undefended());
    let labels: Vec<String> = runs.map(|run| printable(&run.label)).collect();
    (!labels.is_empty()).then(|| {
        format!(
            "Injection defences off: {}. {UNDEFENDED}",
            labels.join(", ")
        )
    })
}

/// What the numbers do not say, a sentence or two each.
pub fn limits(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    let not_shown = |c: &Contrast| matches!(c.standing, Standing::NotShown { .. });
    if comparison.contrasts.iter().any(not_shown) {
        lines.push(
            "A large p is not evidence of equality. Only a test against a margin can show equality."
                .to_owned(),
        );
    }
    lines.extend(imported(&comparison.runs));
    lines.extend(undefended(&comparison.runs));
    lines.extend(compat_note::compat(&comparison.runs));
    lines.extend(beside_text::differences_line(&comparison.beside));
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
            "Noise of the judge alone on these tasks (standard error of Overall, points): {}. It is a part of the whole error.",
            judge_noise.join(", ")
        ));
    }
    lines.extend(covered(comparison));
    let worst = comparison
        .levels
        .iter()
        .map(|table| table.missing_share)
        .fold(0.0, f64::max);
    if worst > 0.0 {
        lines.push(format!(
            "Up to {} of a run's marks are missing.",
            percent(worst)
        ));
    }
    lines
}
