//! `results.csv`: every number of the tables, one row per quantity of a run or a pair of runs.

use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::analysis::scores::score_table::Level;
use crate::report::contrast_rows;
use crate::report::escape::csv_text;
use crate::report::kit::cells::{Column, OVERALL};
use crate::report::kit::results_json::rounded;
use crate::report::table::csv::{self, Row};

/// The columns; empty where a quantity does not exist. `scope` is one of `level`, `category-level`, `difference`,
/// `category-difference` (exploratory), `rank` and `published` (means only).
const COLUMNS: [&str; 49] = [
    "scope",
    "run",
    "baseline",
    "metric",
    "axes",
    "category",
    "points",
    "raw",
    "se_points",
    "ci95_lo",
    "ci95_hi",
    "items",
    "wins",
    "ties",
    "losses",
    "superiority",
    "dz",
    "p",
    "family_size",
    "p_adjusted",
    "p_holm",
    "simultaneous_lo",
    "simultaneous_hi",
    "rank_best",
    "rank_worst",
    "group",
    "expected_marks",
    "missing_marks",
    "bound_lo",
    "bound_hi",
    "note",
    "standing",
    "reason",
    "also",
    "margin",
    "margin_declared",
    "p_equivalence",
    "p_noninferiority",
    "by_category_p",
    "variance_task",
    "variance_seed",
    "variance_judge_repeat",
    "variance_judge",
    "variance_wording",
    "over_judges_lo",
    "over_judges_hi",
    "bridge_tasks",
    "bridge_shift",
    "bridge_se_shift",
];

/// The file.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn results(findings: &Findings) -> Result<String, ::csv::Error> {
    let mut rows: Vec<Row> = Vec::new();
    for run in &findings.runs {
        rows.extend(levels(findings, run));
    }
    if let Some(comparison) = &findings.comparison {
        let contrasts = comparison.contrasts.iter();
        rows.extend(contrasts.map(|c| contrast_rows::contrast(c).with("scope", "difference")));
        let found = &comparison.categories;
        rows.extend(found.contrasts.iter().map(|contrast| {
            contrast_rows::category(found, contrast).with("scope", "category-difference")
        }));
    }
    rows.extend(findings.leaderboards.iter().flat_map(ranks));
    // Nine significant digits, as in `results.json`; published figures stand as they were printed.
    let rows = rows.into_iter().map(|row| row.rounded(rounded));
    csv::write(&COLUMNS, rows.chain(published(findings)))
}

fn with_level(row: Row, level: &Level) -> Row {
    row.with("points", level.points)
        .with("raw", level.raw)
        .with("se_points", level.se)
        .with_ends(["ci95_lo", "ci95_hi"], Some(level.ci95))
        .with("items", level.items)
        .with("note", level.method)
}

fn levels(findings: &Findings, run: &RunFindings) -> Vec<Row> {
    let row = |scope: &'static str, metric: &'static str| {
        Row::default()
            .with("scope", scope)
            .with("run", &*run.info.label)
            .with("metric", metric)
    };
    let mut rows = Vec::new();
    for column in Column::of(findings) {
        let of = |axis| column == Column::Axis(axis);
        let score = run.table.axes.iter().find(|score| of(score.axis));
        let bounds = run.judging.bounds.iter().find(|bounds| of(bounds.axis));
        let row = row("level", column.key())
            .with("axes", axes(findings, column))
            .with("expected_marks", score.map(|score| score.expected))
            .with("missing_marks", score.map(|score| score.missing))
            .with_ends(["bound_lo", "bound_hi"], bounds.map(|b| b.points));
        rows.push(match column.level(run) {
            Some(level) => with_level(row, level),
            None => row.with("note", "no-level"),
        });
    }
    rows.extend(run.categories.iter().map(|category| {
        let row = row("category-level", category.axis.key())
            .with("axes", 1_u64)
            .with("category", &*category.category);
        with_level(row, &category.level)
    }));
    rows
}

/// Axes behind a column.
fn axes(findings: &Findings, column: Column) -> usize {
    match column {
        Column::Overall => findings.suite.axes.len(),
        Column::Axis(_) => 1,
    }
}

fn ranks(board: &Leaderboard) -> impl Iterator<Item = Row> + '_ {
    let named = board.names_ranks();
    board.places.iter().map(move |place| {
        Row::default()
            .with("scope", "rank")
            .with("run", &*place.run)
            .with("metric", OVERALL)
            .with("axes", board.axes.len())
            .with("points", place.points)
            .with_ends(["ci95_lo", "ci95_hi"], Some(place.ci95))
            .with("family_size", board.pairs.len())
            .with("rank_best", named.then_some(place.rank_set[0]))
            .with("rank_worst", named.then_some(place.rank_set[1]))
            .with("group", named.then_some(&*place.letters))
    })
}

fn published(findings: &Findings) -> Vec<Row> {
    let mut rows = Vec::new();
    for row in &findings.published {
        for column in Column::of(findings) {
            let Some(&value) = row.values.get(column.key()) else {
                continue;
            };
            let note = format!("{}; {}", row.reading, csv_text(&row.source));
            rows.push(
                Row::default()
                    .with("scope", "published")
                    .with("run", &*row.model)
                    .with("metric", column.key())
                    .with("axes", axes(findings, column))
                    .with("points", value)
                    .with("note", &*note),
            );
        }
    }
    rows
}
