//! Means of runs: what a level is printed as, and the tables of levels.

use crate::analysis::scores::score_table::{Level, NoLevel, ScoreTable};
use crate::report::number::decimals;
use crate::report::table::{Column, Table, TableCell};
use crate::suite::Axis;

/// Decimals of a level: tenths, and none where the standard error is above one point.
pub fn digits(level: &Level) -> usize {
    decimals(level.se).min(1)
}

/// Points, no finer than the standard error allows.
pub fn points(level: &Level) -> String {
    format!("{:.*}", digits(level), level.points)
}

/// Ends of the 95 % interval.
pub fn interval(level: &Level) -> [String; 2] {
    level.ci95.map(|end| format!("{end:.*}", digits(level)))
}

/// Why there is no level, in words.
pub fn why(reason: &NoLevel) -> String {
    match reason {
        NoLevel::NotApplicable => "does not apply to this model".to_owned(),
        NoLevel::EmptyStratum(name) => format!("no mark in {name}"),
        NoLevel::Lacks(axis) => format!("needs {}", axis.title().to_lowercase()),
        NoLevel::NoMarks => "no marks".to_owned(),
        NoLevel::NoInterval => "too few independent tasks".to_owned(),
        NoLevel::NotJoined => "marked by another judge, and the bridge does not join it".to_owned(),
    }
}

/// The level of an axis; none where the table does not have the axis.
pub fn of_axis(table: &ScoreTable, axis: Axis) -> Option<&Result<Level, NoLevel>> {
    let score = table.axes.iter().find(|score| score.axis == axis)?;
    Some(&score.level)
}

/// One column per run: points with their interval by axis, then Overall. `labels` name the tables, which must come from
/// one suite.
pub fn by_axis(labels: &[&str], tables: &[ScoreTable]) -> Table {
    let mut columns = vec![Column::words("mean points (95 %)")];
    columns.extend(labels.iter().map(|label| Column::words(*label)));
    let mut table = Table::new("", columns);
    let axes = tables.first().map_or(&[][..], |table| &table.axes);
    for axis in axes.iter().map(|score| score.axis) {
        let levels = tables.iter().map(|table| of_axis(table, axis));
        table.rows.push(row(axis.title(), levels));
    }
    let overall = tables.iter().map(|table| Some(&table.overall));
    table.rows.push(row("Overall", overall));
    table
}

fn row<'a>(
    title: &str,
    levels: impl Iterator<Item = Option<&'a Result<Level, NoLevel>>>,
) -> Vec<TableCell> {
    let mut row = vec![TableCell::words(title)];
    row.extend(levels.map(|level| TableCell::or_none(level.and_then(|l| l.as_ref().ok()), cell)));
    row
}

fn cell(level: &Level) -> TableCell {
    TableCell::with_interval(level.points, Some(level.ci95), digits(level))
}
