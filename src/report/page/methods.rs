//! The methods paragraph, generated from what was done.

use crate::analysis::compare::Comparison;
use crate::analysis::findings::Findings;
use crate::report::columns::printable;

/// The paragraphs.
pub fn methods(findings: &Findings) -> Vec<String> {
    let mut paragraphs = vec![design(findings), levels()];
    paragraphs.extend(findings.comparison.as_ref().map(comparison));
    paragraphs.extend(boards(findings));
    paragraphs.push(
        "Marks that are missing are left out of means and never become numbers. An answer that is empty where an axis \
         looks is marked 1 without a call. Worst cases put every missing mark at 1 for one side and 5 for the other, \
         then the reverse."
            .to_owned(),
    );
    paragraphs
}

fn design(findings: &Findings) -> String {
    let suite = &findings.suite;
    let axes: Vec<String> = suite
        .axes
        .iter()
        .map(|axis| axis.title().to_lowercase())
        .collect();
    let mut judges: Vec<String> = Vec::new();
    for run in &findings.runs {
        let judge = format!(
            "{} (digest {})",
            printable(&run.judging.name),
            run.judging.digest.short(8)
        );
        if !judges.contains(&judge) {
            judges.push(judge);
        }
    }
    let span = |of: fn(&crate::analysis::findings::run::RunFindings) -> u32| {
        let counts = findings.runs.iter().map(of);
        let (lo, hi) = counts.fold((u32::MAX, 0), |(lo, hi), n| (lo.min(n), hi.max(n)));
        if lo == hi {
            hi.to_string()
        } else {
            format!("{lo} to {hi}")
        }
    };
    format!(
        "{} runs answered the same {} tasks of {} {} (digest {}), {} sample(s) per task. {} marked every answer on {} \
         axes ({}) with integers from 1 to 5, {} time(s) each, every axis in a call of its own. {}.",
        findings.runs.len(),
        suite.items,
        printable(&suite.name),
        printable(&suite.version),
        suite.digest.short(8),
        span(|run| run.info.samples),
        judges.join(" and "),
        suite.axes.len(),
        axes.join(", "),
        span(|run| run.info.repeats),
        suite.mapping.formula(),
    )
}

fn levels() -> String {
    "The task is the unit: its value is the mean over samples of the mean over repeats, and neither adds to n. Axis \
     means weight categories by the suite's plan; their intervals are 95 % logit-t intervals of the stratified mean. \
     Overall is the unweighted mean of the axis means, with the standard error of the tasks' joint contributions."
        .to_owned()
}

fn comparison(comparison: &Comparison) -> String {
    let family = &comparison.family;
    let mut text = format!(
        "Differences are paired by task, in points. Their intervals are stratified t intervals with Satterthwaite's \
         degrees of freedom; p is the two-sided probability under sign flips of the task differences, exact by dynamic \
         programming where the lattice of marks allows it. Over the family of m = {} contrasts p is adjusted by \
         step-down max-T with {} joint sign flips ({}) at the two-sided level {}; simultaneous intervals use the same \
         draws. Overall stands beside the family. Categories are exploratory, at a false discovery rate of {:.0} %.",
        family.size,
        family.draws,
        match family.joint_law {
            "exact" => "their joint law is exact within a pair of runs",
            _ => "their joint law is asymptotic, since pairs share a run",
        },
        family.alpha,
        100.0 * comparison.categories.false_discovery_rate
    );
    match (&family.primary, comparison.declaration.margin) {
        (Some(primary), _) => text.push_str(&format!(
            " The contrast on {} against {} was declared primary and tested first.",
            primary.axis.title().to_lowercase(),
            printable(&primary.baseline)
        )),
        (None, Some(margin)) => {
            text.push_str(&format!(
                " Equivalence was tested within a declared margin of {margin} points."
            ));
        }
        (None, None) => {}
    }
    text
}

fn boards(findings: &Findings) -> Option<String> {
    let board = findings.leaderboards.first()?;
    Some(format!(
        "Rank sets hold simultaneously with probability {:.0} %: they follow from all {} pairs, tested by exact sign \
         flips and adjusted after Holm.",
        100.0 * (1.0 - board.alpha),
        board.pairs.len()
    ))
}
