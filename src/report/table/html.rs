//! A table as a page's template shows it: every text is set, nothing is escaped, which the template engine does.

use serde::Serialize;

use super::{Side, Table, TableCell};
use crate::report::typography::typographic;

/// A table whose cells are text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableView {
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
pub fn view(table: &Table) -> TableView {
    let columns = &table.columns;
    TableView {
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

fn cell(cell: &TableCell) -> String {
    match cell {
        TableCell::None => "–".to_owned(),
        TableCell::Words(text) => text.clone(),
        TableCell::Figures(text) => typographic(text),
    }
}
