//! Pairs of runs, line by line.

use serde::Serialize;

use super::Table;
use crate::analysis::compare::contrast::{Contrast, Finding};
use crate::analysis::findings::Findings;
use crate::analysis::thinking::Thinking;
use crate::report::compare_notes::{letters, notes as compare_notes};
use crate::report::compare_text::{metric_title, why_undefined};
use crate::report::figures::forest;
use crate::report::names::Names;
use crate::report::number::{decimals, p_value, percent, signed, signed_interval};
use crate::report::typography::typographic;

/// One pair of runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PairView {
    title: String,
    table: Table,
}

/// The table of every pair.
pub(super) fn pairs(findings: &Findings, names: &Names) -> Vec<PairView> {
    let Some(comparison) = &findings.comparison else {
        return Vec::new();
    };
    let heads = [
        "Metric",
        "Difference",
        "95 %",
        "95 %, all together",
        "Win / tie / loss",
        "Superiority",
        "p",
        &format!("adjusted p, m = {}", comparison.family.size),
        "Survives failures",
        "Flags",
    ];
    let heads: Vec<String> = heads.map(str::to_owned).to_vec();
    let view = |(a, b): (&str, &str)| PairView {
        title: format!("{} minus {}", names.get(a), names.get(b)),
        table: Table {
            heads: heads.clone(),
            rows: comparison
                .contrasts
                .iter()
                .filter(|contrast| contrast.candidate == a && contrast.baseline == b)
                .map(row)
                .collect(),
        },
    };
    forest::pairs(comparison).into_iter().map(view).collect()
}

fn row(contrast: &Contrast) -> Vec<String> {
    let mut row = vec![metric_title(contrast)];
    match &contrast.result {
        Ok(finding) => row.extend(cells(contrast, finding)),
        Err(why) => row.push(why_undefined(why)),
    }
    row.into_iter().map(|cell| typographic(&cell)).collect()
}

fn cells(contrast: &Contrast, finding: &Finding) -> Vec<String> {
    let (difference, effects) = (&finding.difference, &finding.effects);
    let digits = decimals(difference.se);
    let adjusted = finding.adjusted.as_ref();
    let outside = match contrast.metric.is_overall() {
        true => "beside",
        false => "not declared",
    };
    let superiority = match effects.superiority_ci95 {
        Some([lo, hi]) => format!("{:.2} ({lo:.2}–{hi:.2})", effects.superiority),
        None => format!("{:.2}", effects.superiority),
    };
    let together = adjusted.map(|adjusted| signed_interval(adjusted.simultaneous, digits));
    let wins = &finding.wins;
    vec![
        signed(difference.points, digits),
        signed_interval(difference.ci95, digits),
        together.unwrap_or_else(|| outside.to_owned()),
        format!("{} / {} / {}", wins.wins, wins.ties, wins.losses),
        superiority,
        p_value(finding.test.p),
        adjusted.map_or_else(|| outside.to_owned(), |a| p_value(a.p_westfall_young)),
        survives(finding).to_owned(),
        letters(&finding.flags),
    ]
}

fn survives(finding: &Finding) -> &'static str {
    match (finding.failures.any(), finding.failures.survives) {
        (false, _) => "yes, none missing",
        (true, true) => "yes",
        (true, false) => "no",
    }
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
            "Do the categories differ? Cochran's Q = {:.2} on {} degrees of freedom, p {}. A large p does not show \
             that they are the same.",
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
             {hi:+.2}), p {p}: associated, which is not caused.{shared}",
            association.items,
            association.explanation.title().to_lowercase()
        )));
    }
    notes
}
