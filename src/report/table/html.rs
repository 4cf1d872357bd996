//! A table as a page's template shows it: every text is set, nothing is escaped, which the template engine does.

use serde::Serialize;

use super::{Cell, Side, Table};
use crate::report::typography::typographic;

/// A table whose cells are text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct View {
    /// What it shows.
    pub title: String,
    /// Heads of the columns; the first is that of the rows' names.
    pub heads: Vec<String>,
    /// Whether the cells of a column stand on the right.
    pub right: Vec<bool>,
    /// Rows: a name, then cells; the last cell of a short row takes the rest.
    pub rows: Vec<Vec<String>>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// The table as text for a template.
pub fn view(table: &Table) -> View {
    let columns = &table.columns;
    View {
        title: table.title.clone(),
        heads: columns.iter().map(|column| column.head()).collect(),
        right: columns.iter().map(|c| c.side == Side::Right).collect(),
        rows: table
            .rows
            .iter()
            .map(|row| row.iter().map(cell).collect())
            .collect(),
        notes: table.notes.iter().map(|note| typographic(note)).collect(),
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::None => "–".to_owned(),
        Cell::Words(text) => text.clone(),
        Cell::Figures(text) => typographic(text),
    }
}
