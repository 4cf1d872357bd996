//! Pairs of runs, line by line.

use serde::Serialize;

use crate::analysis::findings::Findings;
use crate::analysis::thinking::Thinking;
use crate::report::compare_details;
use crate::report::compare_notes::notes as compare_notes;
use crate::report::contrasts;
use crate::report::multiverse_text;
use crate::report::names::Names;
use crate::report::number::{p_value, percent};
use crate::report::table::html;
use crate::report::typography::typographic;

/// One pair of runs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Pair {
    /// Its comparisons.
    table: html::TableView,
    /// Missing marks, pass rates, the margin, categories, sources of spread.
    details: Vec<html::TableView>,
}

/// Every pair.
pub(super) fn pairs(findings: &Findings, names: &Names) -> Vec<Pair> {
    let Some(comparison) = &findings.comparison else {
        return Vec::new();
    };
    let view = |pair: (&str, &str)| {
        let shown = (names.get(pair.0), names.get(pair.1));
        let details = compare_details::details(comparison, &contrasts::of_pair(comparison, pair));
        Pair {
            table: html::view(&contrasts::table(comparison, pair, shown)),
            details: details.iter().map(html::view).collect(),
        }
    };
    contrasts::pairs(comparison).into_iter().map(view).collect()
}

/// The claims under other analyses, per pair of runs; empty where that was not asked for.
pub(super) fn multiverse(findings: &Findings, names: &Names) -> Vec<html::TableView> {
    let (Some(comparison), Some(found)) = (&findings.comparison, &findings.multiverse) else {
        return Vec::new();
    };
    let name = |label: &str| names.get(label).to_owned();
    let tables = multiverse_text::tables(comparison, found, &name);
    tables.iter().map(html::view).collect()
}

/// What was varied.
pub(super) fn multiverse_notes(findings: &Findings) -> Vec<String> {
    let found = findings.multiverse.iter();
    found.flat_map(multiverse_text::reading).collect()
}

/// Flags, methods and limits of the comparison.
pub(super) fn notes(findings: &Findings) -> Vec<String> {
    let comparison = findings.comparison.as_ref();
    let text = comparison.map(compare_notes).unwrap_or_default();
    text.lines().map(typographic).collect()
}

/// What stands below the figures of thinking.
pub(super) fn thinking_notes(findings: &Findings) -> Vec<String> {
    findings.thinking.iter().flat_map(thinking).collect()
}

fn thinking(found: &Thinking) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(lowered) = &found.lowered {
        let [lo, hi] = lowered.ci95.map(percent);
        notes.push(format!(
            "Thinking lowers {} of {} of {} tasks: {} (Wilson 95 % interval {lo} to {hi}).",
            found.axis.title().to_lowercase(),
            lowered.items,
            lowered.of,
            percent(lowered.share)
        ));
    }
    if let Some(test) = &found.homogeneity {
        notes.push(format!(
            "Do the categories differ? Cochran's Q = {:.2} on {} degrees of freedom, p {}. A large p is not evidence \
             of equality.",
            test.q,
            test.df,
            p_value(test.p)
        ));
    }
    for association in &found.associations {
        let (Some(value), Some([lo, hi])) = (association.within.value, association.within.ci95)
        else {
            continue;
        };
        let p = association.p_within.map_or_else(|| "–".to_owned(), p_value);
        let shared = match association.noise {
            "samples" | "repeats" => "",
            _ => {
                " Gain and explanation are marks of the same answer, so part of this is shared noise."
            }
        };
        notes.push(typographic(&format!(
            "Over {} tasks, within categories, the gain is associated with {} by r = {value:+.2} ({lo:+.2} to \
             {hi:+.2}), p {p}. This does not prove a cause.{shared}",
            association.items,
            association.explanation.title().to_lowercase()
        )));
    }
    notes
}
