//! What the demo found, in sentences: one per strategy, whichever way it went.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding};
use crate::report::columns::printable;
use crate::report::contrasts::metric_title;
use crate::report::number::{decimals, p_value, signed, signed_interval};
use crate::suite::Axis;

/// The axis that the harness is about.
const FOCUS: Axis = Axis::OutputAlignment;

/// One paragraph: how many tasks and comparisons, then a line or two per candidate.
pub fn found_text(comparison: &Comparison) -> String {
    let mut lines = vec![format!(
        "What was found on {} tasks ({} comparisons adjusted together, level {}):",
        comparison.suite.items, comparison.family.size, comparison.family.alpha
    )];
    let count = comparison.runs.len();
    for run in comparison.runs.iter().take(count.saturating_sub(1)) {
        let of_run = comparison.contrasts.iter();
        let contrasts: Vec<&Contrast> = of_run.filter(|c| c.candidate == run.label).collect();
        lines.push(format!(
            "  {}: {}",
            printable(&run.model),
            sentence(comparison, &contrasts)
        ));
    }
    lines.join("\n") + "\n"
}

fn sentence(comparison: &Comparison, contrasts: &[&Contrast]) -> String {
    let baseline = contrasts.first().map_or("", |contrast| &contrast.baseline);
    let runs = &comparison.runs;
    let named = runs.iter().find(|run| run.label == baseline);
    let baseline = printable(named.map_or(baseline, |run| &run.model));
    let found: Vec<(&Contrast, &Finding)> = contrasts
        .iter()
        .filter_map(|contrast| Some((*contrast, contrast.result.as_ref().ok()?)))
        .collect();
    let differing: Vec<String> = found
        .iter()
        .filter(|(contrast, _)| contrast.standing.direction().is_some())
        .map(|(contrast, finding)| described(contrast, finding))
        .collect();
    if !differing.is_empty() {
        return format!("differs from {baseline} in {}", differing.join("; in "));
    }
    let focus = found
        .iter()
        .find(|(contrast, _)| contrast.metric.axes == [FOCUS]);
    match focus {
        Some((contrast, finding)) => format!(
            "no difference from {baseline} is shown on any axis; {}",
            described(contrast, finding)
        ),
        None => format!("no difference from {baseline} is shown on any axis"),
    }
}

fn described(contrast: &Contrast, finding: &Finding) -> String {
    let difference = &finding.difference;
    let digits = decimals(difference.se);
    let p = finding.adjusted.as_ref().map_or(String::new(), |adjusted| {
        format!(", adjusted p {}", p_value(adjusted.p_westfall_young))
    });
    format!(
        "{} {} points, 95 % interval {}{p}",
        metric_title(contrast).to_lowercase(),
        signed(difference.points, digits),
        signed_interval(difference.ci95, digits),
    )
}
