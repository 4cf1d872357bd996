//! Several score tables side by side for the terminal: one row per run, in the layout
//! of the paper's main table, intervals below the points.

use crate::analysis::scores::score_table::{Level, ScoreTable};
use crate::report::columns::{Side, columns, printable};
use crate::report::levels;
use crate::suite::Axis;

/// Rows for all tables, which must come from one suite and one judge.
pub fn matrix_text(tables: &[ScoreTable]) -> String {
    let mut header = vec!["model".to_owned()];
    header.extend(Axis::ALL.map(|axis| axis.title().to_lowercase()));
    header.push("overall".to_owned());
    let mut sides = vec![Side::Right; header.len()];
    sides[0] = Side::Left;
    let mut rows = vec![header];
    for table in tables {
        let levels: Vec<_> = Axis::ALL
            .into_iter()
            .map(|axis| levels::of_axis(table, axis)?.as_ref().ok())
            .chain([table.overall.as_ref().ok()])
            .collect();
        let mut points = vec![printable(&table.model)];
        points.extend(levels.iter().map(|level| points_cell(*level)));
        let mut intervals = vec![String::new()];
        intervals.extend(levels.iter().map(|level| interval_cell(*level)));
        rows.extend([points, intervals]);
    }
    columns(&sides, &rows)
}

fn points_cell(level: Option<&Level>) -> String {
    level.map_or_else(|| "-".to_owned(), levels::points)
}

fn interval_cell(level: Option<&Level>) -> String {
    level.map_or_else(String::new, |level| levels::interval(level).join("-"))
}
