//! The lines of a comparison as rows of named values, for `compare --csv` and `results.csv`; each file takes its columns.

use crate::analysis::compare::categories::{CategoryContrast, Exploratory};
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::standing::{Standing, WithinMargin};
use crate::report::flags;
use crate::report::table::csv::Row;

/// A contrast.
pub fn contrast(contrast: &Contrast) -> Row {
    let row = of_runs(&contrast.candidate, &contrast.baseline)
        .with("metric", contrast.metric.key)
        .with("axes", contrast.metric.axes.len());
    let row = standing(row, contrast.standing);
    match &contrast.result {
        Ok(finding) => with_finding(row, finding),
        Err(_) => row.with("note", "undefined"),
    }
}

/// A category on an axis, exploratory.
pub fn category(found: &Exploratory, contrast: &CategoryContrast) -> Row {
    standing(
        of_runs(&contrast.candidate, &contrast.baseline),
        contrast.standing,
    )
    .with("metric", contrast.axis.key())
    .with("axes", 1_u64)
    .with("category", &*contrast.category)
    .with("items", contrast.items)
    .with("points", contrast.points)
    .with("raw", contrast.raw)
    .with_ends(["ci95_lo", "ci95_hi"], contrast.ci95)
    .with("wins", contrast.wins.wins)
    .with("ties", contrast.wins.ties)
    .with("losses", contrast.wins.losses)
    .with("p", contrast.p)
    .with("family_size", found.family_size)
    .with("p_benjamini_hochberg", contrast.p_adjusted)
    .with("p_adjusted", contrast.p_adjusted)
    .with("note", "exploratory")
}

/// The two runs, under the names of both files.
fn of_runs(candidate: &str, baseline: &str) -> Row {
    Row::default()
        .with("candidate", candidate)
        .with("run", candidate)
        .with("baseline", baseline)
}

fn standing(row: Row, standing: Standing) -> Row {
    row.with("standing", standing.key())
        .with("reason", standing.reason())
        .with("also", standing.also().map(WithinMargin::key))
}

fn with_finding(row: Row, finding: &ContrastFinding) -> Row {
    let row = numbers(row, finding);
    let row = adjusted(row, finding);
    let row = failures(row, finding);
    let flags = flags::letters(&finding.flags);
    spread(row, finding)
        .with("flags", &*flags)
        .with("note", &*flags)
}

fn numbers(row: Row, finding: &ContrastFinding) -> Row {
    let (difference, wins) = (&finding.difference, finding.wins);
    let effects = finding.effects.as_ref();
    let crossed = finding.crossed.as_ref();
    row.with("items", difference.items)
        .with("points", difference.points)
        .with("raw", difference.raw)
        .with("se_points", difference.se)
        .with("df", difference.df)
        .with_ends(["ci95_lo", "ci95_hi"], difference.ci95)
        .with("wins", wins.map(|wins| wins.wins))
        .with("ties", wins.map(|wins| wins.ties))
        .with("losses", wins.map(|wins| wins.losses))
        .with("superiority", effects.map(|effects| effects.superiority))
        .with_ends(
            ["superiority_lo", "superiority_hi"],
            effects.and_then(|effects| effects.superiority_ci95),
        )
        .with("dz", effects.and_then(|effects| effects.dz))
        .with("gz", effects.and_then(|effects| effects.gz))
        .with("p", finding.test.p)
        .with("mid_p", finding.test.mid_p)
        .with("bridge_tasks", crossed.map(|crossed| crossed.tasks))
        .with("bridge_shift", crossed.map(|crossed| crossed.shift))
        .with("bridge_se_shift", crossed.map(|crossed| crossed.se_shift))
}

/// What belongs to the family: adjusted p of the direction, and of the margin tests where they could be made.
fn adjusted(row: Row, finding: &ContrastFinding) -> Row {
    let adjusted = finding.adjusted.as_ref();
    let p = adjusted.map(|adjusted| adjusted.p_westfall_young);
    let margin = finding.margin.as_ref();
    row.with("family_size", adjusted.map(|a| a.family_size))
        .with("p_westfall_young", p)
        .with("p_adjusted", p)
        .with("p_holm", adjusted.map(|adjusted| adjusted.p_holm))
        .with_ends(
            ["simultaneous_lo", "simultaneous_hi"],
            adjusted.and_then(|adjusted| adjusted.simultaneous),
        )
        .with("margin", margin.map(|m| m.margin))
        .with("margin_declared", margin.map(|m| m.declared.key()))
        .with("p_equivalence", margin.map(|m| m.p_equivalence_holm))
        .with("p_noninferiority", margin.map(|m| m.p_noninferiority_holm))
}

fn failures(row: Row, finding: &ContrastFinding) -> Row {
    let failures = &finding.failures;
    let (missing, expected) = failures.counts();
    row.with("missing_candidate", failures.candidate.missing)
        .with("missing_baseline", failures.baseline.missing)
        .with("expected_marks", expected)
        .with("missing_marks", missing)
        .with_ends(["bound_lo", "bound_hi"], failures.bounds)
}

fn spread(row: Row, finding: &ContrastFinding) -> Row {
    let sources = finding.sources.as_ref();
    let variance = |source| sources.and_then(|found| found.variance(source));
    row.with(
        "by_category_p",
        finding.by_category.as_ref().map(|alike| alike.p),
    )
    .with("variance_task", variance("task"))
    .with("variance_seed", variance("seed"))
    .with("variance_judge_repeat", variance("judge-repeat"))
    .with("variance_judge", variance("judge"))
    .with("variance_wording", variance("wording"))
    .with_ends(
        ["over_judges_lo", "over_judges_hi"],
        sources.and_then(|found| found.over_judges95),
    )
}
