//! The smaller tables below a pair of runs: missing marks, pass rates, the declared margin, categories, sources of spread.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::ratio::CAUTION;
use crate::analysis::compare::standing::WithinMargin;
use crate::analysis::runs::declaration::Declared;
use crate::analysis::scores::failures::{Failures, SideMissing};
use crate::report::contrasts::metric_title;
use crate::report::number::{decimals, percent, signed, signed_interval};
use crate::report::spread;
use crate::report::standing::margin_words;
use crate::report::table::{Column, Table, TableCell};

/// The tables that have something to say; the head of the first column says about what.
pub fn details(comparison: &Comparison, contrasts: &[&Contrast]) -> Vec<Table> {
    let found: Vec<(String, &ContrastFinding)> = contrasts
        .iter()
        .filter_map(|c| Some((metric_title(c), c.result.as_ref().ok()?)))
        .collect();
    [
        missing(&found),
        pass_rates(&found),
        margin(comparison, contrasts),
        ratios(&found),
        some(spread::categories_alike(&found)),
        some(spread::sources(&found)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn missing(found: &[(String, &ContrastFinding)]) -> Option<Table> {
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
        let cells = [
            TableCell::words(side(&failures.candidate)),
            TableCell::words(side(&failures.baseline)),
            TableCell::or_none(failures.p_missing_equally, TableCell::p),
            TableCell::signed_interval(failures.bounds, digits),
            TableCell::signed_interval(failures.bounds_ci95, digits),
        ];
        table.rows.push(row(&**title, cells));
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

fn pass_rates(found: &[(String, &ContrastFinding)]) -> Option<Table> {
    let threshold = found
        .iter()
        .find_map(|(_, f)| Some(f.pass.as_ref()?.threshold))?;
    let title = format!("pass rates (mark >= {threshold})");
    let mut table = table(&[
        &title,
        "candidate, % (95 %)",
        "baseline, % (95 %)",
        "difference (95 %)",
        "p",
        "only one passes",
    ]);
    for (title, finding) in found {
        let Some(pass) = &finding.pass else { continue };
        let percents = |ends: Option<[f64; 2]>| ends.map(|ends| ends.map(|end| 100.0 * end));
        let rate = |rate: f64, ends| TableCell::with_interval(100.0 * rate, percents(ends), 0);
        let difference = format!(
            "{} ({})",
            signed(100.0 * pass.difference, 0),
            signed_interval(percents(pass.difference_ci95), 0)
        );
        let cells = [
            rate(pass.candidate, pass.candidate_ci95),
            rate(pass.baseline, pass.baseline_ci95),
            TableCell::Figures(difference),
            TableCell::p(pass.p),
            TableCell::count(format!("{} / {}", pass.candidate_only, pass.baseline_only)),
        ];
        table.rows.push(row(&**title, cells));
        table.notes = vec![pass_note(pass.method).to_owned()];
    }
    some(table)
}

/// How pass rates were tested.
fn pass_note(method: &str) -> &'static str {
    match method {
        "mcnemar" => "Pass rates: Wilson's and Tango's intervals, McNemar's exact p; not adjusted.",
        _ => {
            "Pass rates: the unit is the cluster. p: exact sign flip of ±1 of every task, summed by clusters; intervals of \
             means over clusters; not adjusted."
        }
    }
}

/// The margin tests. Those of the default margin only where one of them shows something.
fn margin(comparison: &Comparison, contrasts: &[&Contrast]) -> Option<Table> {
    let margin = comparison.margin;
    let any = contrasts.iter().any(|c| c.standing.margin().is_some());
    if margin.declared == Declared::Nothing && !any {
        return None;
    }
    let title = format!("margin {}", margin_words(margin));
    let mut table = table(&[
        &title,
        "shown",
        "adjusted p, not worse by it",
        "adjusted p, equivalent within it",
        "points",
        "interval of all together",
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
        let digits = decimals(finding.difference.se);
        let shown = contrast.standing.margin().map_or("-", WithinMargin::key);
        let cells = [
            TableCell::words(shown),
            TableCell::p(test.p_noninferiority_holm),
            TableCell::p(test.p_equivalence_holm),
            TableCell::signed(finding.difference.points, digits),
            TableCell::signed_interval(
                finding.adjusted.as_ref().and_then(|a| a.simultaneous),
                digits,
            ),
        ];
        table.rows.push(row(metric_title(contrast), cells));
    }
    some(table)
}

/// Ratios of means, where they were asked for, with what speaks against them.
fn ratios(found: &[(String, &ContrastFinding)]) -> Option<Table> {
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
        let cells = [
            TableCell::number(ratio.ratio, 2),
            TableCell::Figures(interval),
            TableCell::Figures(format!("{a:.1} and {b:.1}")),
        ];
        table.rows.push(row(&**title, cells));
    }
    some(table.with_notes([CAUTION.to_owned()]))
}

/// Columns of words: each cell holds several numbers.
fn table(heads: &[&str]) -> Table {
    let columns: Vec<Column> = heads.iter().map(|head| Column::words(*head)).collect();
    Table::new("", columns)
}

/// A metric's row: its title, then numbers.
fn row(title: impl Into<String>, cells: impl IntoIterator<Item = TableCell>) -> Vec<TableCell> {
    [TableCell::words(title)].into_iter().chain(cells).collect()
}

fn some(table: Table) -> Option<Table> {
    (!table.rows.is_empty()).then_some(table)
}
