//! Several score tables side by side for the terminal: one row per run, in the layout
//! of the paper's main table, intervals below the points.

use crate::analysis::scores::score_table::{Level, ScoreTable};
use crate::report::levels;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};
use crate::suite::Axis;

/// Rows for all tables, which must come from one suite and one judge.
pub fn matrix_text(tables: &[ScoreTable]) -> String {
    let mut columns = vec![Column::words("model")];
    columns.extend(Axis::ALL.map(|axis| Column::numbers(axis.title().to_lowercase(), "")));
    columns.push(Column::numbers("overall", ""));
    let rows = tables.iter().flat_map(|table| {
        let levels = || {
            let axes = Axis::ALL.into_iter();
            axes.map(|axis| levels::of_axis(table, axis)?.as_ref().ok())
                .chain([table.overall.as_ref().ok()])
        };
        let points = levels().map(|level| TableCell::or_none(level, points));
        let intervals = levels().map(|level| level.map_or_else(|| TableCell::words(""), interval));
        let row = |name: &str, cells: &mut dyn Iterator<Item = TableCell>| {
            [TableCell::words(name)].into_iter().chain(cells).collect()
        };
        [
            row(&table.model, &mut { points }),
            row("", &mut { intervals }),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

fn points(level: &Level) -> TableCell {
    TableCell::Figures(levels::points(level))
}

fn interval(level: &Level) -> TableCell {
    TableCell::Figures(levels::interval(level).join("-"))
}
