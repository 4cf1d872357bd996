//! A score table for the terminal.

use crate::analysis::scores::score_table::{AxisScore, Level, NoLevel, ScoreTable};
use crate::report::columns::printable;
use crate::report::levels;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// The table with its assumptions below it.
pub fn score_text(table: &ScoreTable) -> String {
    let columns = [
        Column::words("axis"),
        Column::numbers("points", ""),
        Column::words("95 % interval"),
        Column::numbers("tasks", ""),
        Column::numbers("marks", ""),
        Column::words("missing"),
    ];
    let title = format!(
        "{} on {}, judged by {}",
        table.model, table.suite, table.judge
    );
    let shown = Table::new(title, columns)
        .with_rows(table.axes.iter().map(axis_row))
        .with_rows([overall_row(table)]);
    format!("{}\n{}", text::whole(&shown, Detail::Full), notes(table))
}

fn axis_row(score: &AxisScore) -> Vec<TableCell> {
    let mut row = vec![TableCell::words(score.axis.title())];
    row.extend(level_cells(&score.level));
    row.push(TableCell::count(score.expected - score.missing));
    let reasons: Vec<String> = score
        .counts
        .iter()
        .filter(|(key, _)| **key != "ok")
        .map(|(key, number)| format!("{number} {key}"))
        .collect();
    row.push(TableCell::words(reasons.join(", ")));
    row
}

fn overall_row(table: &ScoreTable) -> Vec<TableCell> {
    let mut row = vec![TableCell::words("Overall")];
    row.extend(level_cells(&table.overall));
    row
}

fn level_cells(level: &Result<Level, NoLevel>) -> [TableCell; 3] {
    match level {
        Ok(level) => {
            let digits = levels::digits(level);
            [
                TableCell::number(level.points, digits),
                TableCell::interval(level.ci95, digits),
                TableCell::count(level.items),
            ]
        }
        Err(reason) => [
            TableCell::None,
            TableCell::words(levels::why(reason)),
            TableCell::words(""),
        ],
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
            "model-empty: the part of the answer that the axis needs was missing; set to 1 without asking the judge."
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
