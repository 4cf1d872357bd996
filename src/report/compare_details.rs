//! The smaller tables below a pair of runs: missing marks, pass rates, the declared margin.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding};
use crate::analysis::compare::ratio::CAUTION;
use crate::analysis::compare::standing::WithinMargin;
use crate::analysis::runs::declaration::Declared;
use crate::analysis::scores::failures::{Failures, SideMissing};
use crate::report::contrasts::metric_title;
use crate::report::number::{decimals, p_value, percent, signed, signed_interval};
use crate::report::standing::LATE_MARGIN;
use crate::report::table::{Cell, Column, Table};

/// The tables that have something to say; the head of the first column says about what.
pub fn details(comparison: &Comparison, contrasts: &[&Contrast]) -> Vec<Table> {
    let found: Vec<(String, &Finding)> = contrasts
        .iter()
        .filter_map(|c| Some((metric_title(c), c.result.as_ref().ok()?)))
        .collect();
    [
        missing(&found),
        pass_rates(&found),
        margin(comparison, contrasts),
        ratios(&found),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn missing(found: &[(String, &Finding)]) -> Option<Table> {
    let mut table = table(&[
        "missing marks",
        "candidate",
        "baseline",
        "p missing alike",
        "worst cases",
        "95 % of them",
    ]);
    for (title, finding) in found.iter().filter(|(_, f)| f.failures.any()) {
        let failures: &Failures = &finding.failures;
        let digits = decimals(finding.difference.se);
        table.rows.push(row(&[
            title.clone(),
            side(&failures.candidate),
            side(&failures.baseline),
            failures
                .p_missing_equally
                .map_or_else(|| "-".to_owned(), p_value),
            signed_interval(failures.bounds, digits),
            signed_interval(failures.bounds_ci95, digits),
        ]));
    }
    some(table)
}

fn side(side: &SideMissing) -> String {
    if side.missing == 0 {
        return format!("0 of {}", side.expected);
    }
    let there = ["ok", "model-empty"];
    let causes: Vec<String> = side
        .by_status
        .iter()
        .filter(|(status, _)| !there.contains(&status.as_str()))
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    format!(
        "{} of {}, {} ({})",
        side.missing,
        side.expected,
        percent(side.share),
        causes.join(", ")
    )
}

fn pass_rates(found: &[(String, &Finding)]) -> Option<Table> {
    let threshold = found
        .iter()
        .find_map(|(_, f)| Some(f.pass.as_ref()?.threshold))?;
    let title = format!("pass rates (mark >= {threshold})");
    let mut table = table(&[
        &title,
        "candidate, % (95 %)",
        "baseline, % (95 %)",
        "difference (95 %)",
        "McNemar p",
        "only one passes",
    ]);
    for (title, finding) in found {
        let Some(pass) = &finding.pass else { continue };
        let rate = |rate: f64, [lo, hi]: [f64; 2]| {
            format!(
                "{:.0} ({:.0} to {:.0})",
                100.0 * rate,
                100.0 * lo,
                100.0 * hi
            )
        };
        let [lo, hi] = pass.difference_ci95.map(|end| 100.0 * end);
        table.rows.push(row(&[
            title.clone(),
            rate(pass.candidate, pass.candidate_ci95),
            rate(pass.baseline, pass.baseline_ci95),
            format!(
                "{} ({})",
                signed(100.0 * pass.difference, 0),
                signed_interval(Some([lo, hi]), 0)
            ),
            p_value(pass.p),
            format!("{} / {}", pass.candidate_only, pass.baseline_only),
        ]));
    }
    some(table)
}

fn margin(comparison: &Comparison, contrasts: &[&Contrast]) -> Option<Table> {
    let margin = comparison.declaration.margin?;
    let interval = format!("{} alone", percent(1.0 - 2.0 * comparison.family.alpha));
    let title = format!("margin {margin} points");
    let mut table = table(&[
        &title,
        "shown",
        "adjusted p, not worse by it",
        "adjusted p, equivalent within it",
        &interval,
    ]);
    for contrast in contrasts {
        let Some((finding, test)) = contrast
            .result
            .as_ref()
            .ok()
            .and_then(|finding| Some((finding, finding.margin.as_ref()?)))
        else {
            continue;
        };
        let shown = contrast.standing.margin().map_or("-", WithinMargin::key);
        table.rows.push(row(&[
            metric_title(contrast),
            shown.to_owned(),
            p_value(test.p_noninferiority_holm),
            p_value(test.p_equivalence_holm),
            signed_interval(test.interval, decimals(finding.difference.se)),
        ]));
    }
    if comparison.declared == Declared::Late {
        table.notes.push(LATE_MARGIN.to_owned());
    }
    some(table)
}

/// Ratios of means, where they were asked for, with what speaks against them.
fn ratios(found: &[(String, &Finding)]) -> Option<Table> {
    let mut table = table(&["ratio of means", "ratio", "95 % (Fieller)", "means"]);
    for (title, finding) in found {
        let Some(ratio) = &finding.ratio else {
            continue;
        };
        let interval = ratio.fieller95.map_or_else(
            || "unbounded".to_owned(),
            |[lo, hi]| format!("{lo:.2} to {hi:.2}"),
        );
        let [a, b] = ratio.means;
        table.rows.push(row(&[
            title.clone(),
            format!("{:.2}", ratio.ratio),
            interval,
            format!("{a:.1} and {b:.1}"),
        ]));
    }
    some(table.with_notes([CAUTION.to_owned()]))
}

/// Columns of words: each cell holds several numbers.
fn table(heads: &[&str]) -> Table {
    let columns: Vec<Column> = heads.iter().map(|head| Column::words(*head)).collect();
    Table::new("", columns)
}

fn row(cells: &[String]) -> Vec<Cell> {
    cells.iter().map(|cell| Cell::words(&**cell)).collect()
}

fn some(table: Table) -> Option<Table> {
    (!table.rows.is_empty()).then_some(table)
}
