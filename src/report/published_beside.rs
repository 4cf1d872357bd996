//! The paper's rows beside measured ones, for the terminal.

use crate::analysis::findings::published_rows::{PublishedRow, READING};
use crate::report::kit::{Column, published_table};
use crate::report::table::text::{self, Detail};
use crate::suite::Axis;

/// The rows under a title that says what they are; empty without rows.
pub fn published_beside(rows: &[PublishedRow], detail: Detail) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let axes = Axis::ALL.into_iter().map(Column::Axis);
    // Overall first: a narrow terminal shows the first columns.
    let columns: Vec<Column> = std::iter::once(Column::Overall).chain(axes).collect();
    let table = published_table(rows, &columns);
    format!(
        "\nPublished: {READING}. As printed; not used in any test.\n\n{}",
        text::body(&table, detail)
    )
}
