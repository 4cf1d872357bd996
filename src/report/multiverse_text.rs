//! Whether claims stand under other analyses: one table per pair of runs, with the exceptions by name.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Contrast;
use crate::analysis::compare::multiverse::{Claim, ClaimCheck, Dimension, Multiverse};
use crate::report::contrasts::{metric_title, of_pair, pairs};
use crate::report::standing::badge;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// Exceptions of one claim that are named; `--json` has all.
const NAMED: usize = 6;

/// The names of the dimensions, for sentences.
const DIMENSIONS: [(&str, &str); 4] = [
    ("mapping", "mapping"),
    ("missing", "missing marks"),
    ("judge", "judge"),
    ("axes", "set of axes"),
];

/// What a multiverse is, in sentences: what was varied, how many analyses there are, and what they are not.
pub fn reading(multiverse: &Multiverse) -> Vec<String> {
    let mut lines = vec![format!(
        "{} analyses that could have been made instead, including the one above. They are reported, not tested: they \
         have no p, and the share is not a probability. Joint sign flips were needed in {} of them; in the others, \
         the p of each comparison alone and Holm's p give the same decision.",
        multiverse.analyses.len(),
        multiverse.drawn
    )];
    lines.extend(multiverse.dimensions.iter().map(varied));
    lines
}

fn varied(dimension: &Dimension) -> String {
    let known = DIMENSIONS.iter().find(|(key, _)| *key == dimension.name);
    let name = known.map_or(dimension.name, |(_, words)| words);
    let note = dimension.note.as_deref();
    let note = note.map_or_else(String::new, |note| format!(" ({note})"));
    format!("Varied, {name}: {}{note}.", dimension.choices.join(", "))
}

/// One table per pair of runs; `name` shows a run's label.
pub fn tables(
    comparison: &Comparison,
    multiverse: &Multiverse,
    name: &dyn Fn(&str) -> String,
) -> Vec<Table> {
    let table = |pair: (&str, &str)| {
        let columns = [
            Column::words("Metric"),
            Column::words("Verdict"),
            Column::numbers("Same verdict in", ""),
        ];
        let title = format!("{} minus {}: other analyses", name(pair.0), name(pair.1));
        let mut table = Table::new(title, columns);
        for contrast in of_pair(comparison, pair) {
            let Some(claim) = claim(multiverse, contrast) else {
                continue;
            };
            let margin = comparison.margin.points;
            table.rows.push(vec![
                TableCell::words(metric_title(contrast)),
                TableCell::words(badge(claim.standing, margin)),
                TableCell::count(format!("{} of {}", claim.same, claim.of)),
            ]);
            table
                .notes
                .extend(exceptions(multiverse, contrast, claim, margin));
        }
        table
    };
    pairs(comparison).into_iter().map(table).collect()
}

/// For the terminal.
pub fn multiverse_text(comparison: &Comparison, multiverse: &Multiverse, detail: Detail) -> String {
    let name = |label: &str| label.to_owned();
    let mut parts: Vec<String> = tables(comparison, multiverse, &name)
        .iter()
        .map(|table| text::whole(table, detail))
        .collect();
    parts.push(reading(multiverse).join("\n") + "\n");
    parts.join("\n")
}

fn claim<'a>(multiverse: &'a Multiverse, contrast: &Contrast) -> Option<&'a Claim> {
    multiverse.claims.iter().find(|claim| {
        claim.candidate == contrast.candidate
            && claim.baseline == contrast.baseline
            && claim.metric == contrast.metric.key
    })
}

/// The analyses that say something else, by name. A choice under which every analysis says the same other thing is named
/// once.
fn exceptions(
    multiverse: &Multiverse,
    contrast: &Contrast,
    claim: &Claim,
    margin: f64,
) -> Option<String> {
    let mut others: Vec<&ClaimCheck> = claim
        .found
        .iter()
        .filter(|found| found.standing.key() != claim.standing.key())
        .collect();
    let mut said = Vec::new();
    for (position, dimension) in multiverse.dimensions.iter().enumerate() {
        if dimension.choices.len() < 2 {
            continue;
        }
        for choice in &dimension.choices {
            let under: Vec<&ClaimCheck> = claim
                .found
                .iter()
                .filter(|found| chosen(multiverse, found, position) == Some(choice))
                .collect();
            let keys =
                |all: &[&ClaimCheck]| all.iter().map(|f| f.standing.key()).collect::<Vec<_>>();
            let (Some(first), true) = (under.first(), all_equal(&keys(&under))) else {
                continue;
            };
            if others.iter().any(|found| found.analysis == first.analysis) {
                said.push(format!(
                    "{choice} ({}, all {})",
                    badge(first.standing, margin),
                    under.len()
                ));
                others.retain(|found| chosen(multiverse, found, position) != Some(choice));
            }
        }
    }
    said.extend(others.iter().take(NAMED).map(|found| {
        format!(
            "{} ({})",
            differing(multiverse, found).join(", "),
            badge(found.standing, margin)
        )
    }));
    if others.len() > NAMED {
        said.push(format!(
            "and {} more (--json names all)",
            others.len() - NAMED
        ));
    }
    (!said.is_empty()).then(|| {
        format!(
            "{}, another verdict with: {}.",
            metric_title(contrast),
            said.join("; ")
        )
    })
}

fn all_equal(keys: &[&str]) -> bool {
    keys.windows(2).all(|pair| pair[0] == pair[1])
}

/// What an analysis chose on a dimension.
fn chosen<'a>(multiverse: &'a Multiverse, found: &ClaimCheck, dimension: usize) -> Option<&'a str> {
    let analysis = multiverse.analyses.get(found.analysis)?;
    analysis.choices().get(dimension).copied()
}

/// The choices in which an analysis differs from the comparison.
fn differing<'a>(multiverse: &'a Multiverse, found: &ClaimCheck) -> Vec<&'a str> {
    let (Some(own), Some(other)) = (
        multiverse.analyses.first(),
        multiverse.analyses.get(found.analysis),
    ) else {
        return Vec::new();
    };
    let both = own.choices().into_iter().zip(other.choices());
    both.filter(|(own, other)| own != other)
        .map(|(_, other)| other)
        .collect()
}
