//! Means of several runs side by side: one column per run.

use crate::analysis::scores::score_table::{Level, NoLevel, ScoreTable};
use crate::report::columns::{Side, columns, printable};
use crate::report::number::decimals;

/// One row per axis and one for Overall, each cell with its 95 % interval. `labels` name the tables, which
/// must come from one suite.
pub fn levels_text(labels: &[&str], tables: &[ScoreTable]) -> String {
    let mut header = vec!["mean points (95 %)".to_owned()];
    header.extend(labels.iter().map(|label| printable(label)));
    let mut rows = vec![header];
    let axes = tables.first().map_or(&[][..], |table| &table.axes);
    for first in axes {
        let mut row = vec![first.axis.title().to_owned()];
        for table in tables {
            let score = table.axes.iter().find(|score| score.axis == first.axis);
            row.push(score.map_or_else(|| "-".to_owned(), |score| cell(&score.level)));
        }
        rows.push(row);
    }
    let mut overall = vec!["Overall".to_owned()];
    overall.extend(tables.iter().map(|table| cell(&table.overall)));
    rows.push(overall);
    columns(&vec![Side::Left; labels.len() + 1], &rows)
}

fn cell(level: &Result<Level, NoLevel>) -> String {
    let Ok(level) = level else {
        return "-".to_owned();
    };
    let [lo, hi] = level.ci95;
    let digits = decimals(level.se);
    format!("{:.digits$} ({lo:.digits$} to {hi:.digits$})", level.points)
}
