//! A score table for the terminal.

use crate::analysis::scores::score_table::{AxisScore, Level, NoLevel, ScoreTable};
use crate::report::columns::{Side, columns, printable};
use crate::report::levels;

/// The table with its assumptions below it.
pub fn score_text(table: &ScoreTable) -> String {
    let header = [
        "axis",
        "points",
        "95 % interval",
        "items",
        "marks",
        "missing",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(table.axes.iter().map(axis_row));
    rows.push(overall_row(table));
    let title = format!(
        "{} on {}, judged by {}",
        printable(&table.model),
        printable(&table.suite),
        printable(&table.judge)
    );
    let sides = [
        Side::Left,
        Side::Right,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Left,
    ];
    let table_text = columns(&sides, &rows);
    format!("{title}\n\n{table_text}\n{}", notes(table))
}

fn axis_row(score: &AxisScore) -> Vec<String> {
    let mut row = vec![score.axis.title().to_owned()];
    row.extend(level_cells(&score.level));
    row.push(format!("{}", score.expected - score.missing));
    let reasons: Vec<String> = score
        .counts
        .iter()
        .filter(|(key, _)| **key != "ok")
        .map(|(key, number)| format!("{number} {key}"))
        .collect();
    row.push(reasons.join(", "));
    row
}

fn overall_row(table: &ScoreTable) -> Vec<String> {
    let mut row = vec!["Overall".to_owned()];
    row.extend(level_cells(&table.overall));
    row
}

fn level_cells(level: &Result<Level, NoLevel>) -> [String; 3] {
    match level {
        Ok(level) => {
            let [lo, hi] = levels::interval(level);
            [
                levels::points(level),
                format!("{lo} to {hi}"),
                level.items.to_string(),
            ]
        }
        Err(reason) => ["-".to_owned(), levels::why(reason), String::new()],
    }
}

fn notes(table: &ScoreTable) -> String {
    let mut notes = vec![
        format!(
            "Points: {}. Strata weighted by the suite's plan; intervals are logit-t over tasks \
             (degenerate rule where all marks are equal).",
            table.mapping.formula()
        ),
        "Overall: unweighted mean of the axis means, only where every axis has one.".to_owned(),
    ];
    if table
        .axes
        .iter()
        .any(|axis| axis.counts.contains_key("model-empty"))
    {
        notes.push(
            "model-empty: the answer was empty where the axis looks; scored 1 without a call."
                .to_owned(),
        );
    }
    if !table.strata_left_out.is_empty() {
        notes.push(format!(
            "Not asked in this run, so not part of any mean: {}.",
            printable(&table.strata_left_out.join(", "))
        ));
    }
    if !table.strata_thin.is_empty() {
        notes.push(format!(
            "Strata with fewer than six tasks take the spread of all tasks: {}.",
            printable(&table.strata_thin.join(", "))
        ));
    }
    if table.missing_share > 0.0 {
        notes.push(format!(
            "{:.1} % of the marks are missing; they are left out, never counted as numbers.",
            100.0 * table.missing_share
        ));
    }
    notes.join("\n") + "\n"
}
