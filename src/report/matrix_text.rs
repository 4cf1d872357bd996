//! Several score tables side by side for the terminal: one row per run, in the layout
//! of the paper's main table, intervals below the points.

use crate::analysis::scores::score_table::{Level, NoLevel, ScoreTable};
use crate::report::columns::{Side, columns, printable};
use crate::report::score_text::level_decimals;
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
            .map(|axis| level_of(table, axis))
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

fn level_of(table: &ScoreTable, axis: Axis) -> Option<&Level> {
    let score = table.axes.iter().find(|score| score.axis == axis)?;
    let level: &Result<Level, NoLevel> = &score.level;
    level.as_ref().ok()
}

fn points_cell(level: Option<&Level>) -> String {
    level.map_or_else(
        || "-".to_owned(),
        |level| {
            let digits = level_decimals(level);
            format!("{:.digits$}", level.points)
        },
    )
}

fn interval_cell(level: Option<&Level>) -> String {
    level.map_or_else(String::new, |level| {
        let digits = level_decimals(level);
        let [lo, hi] = level.ci95;
        format!("{lo:.digits$}-{hi:.digits$}")
    })
}
