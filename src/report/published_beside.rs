//! The paper's rows beside measured ones, for the terminal.

use crate::analysis::findings::published_rows::{PublishedRow, READING};
use crate::report::columns::{Side, columns};
use crate::report::kit::published_title;
use crate::suite::Axis;

/// The rows under a title that says what they are; empty without rows.
pub fn published_beside(rows: &[PublishedRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let keys = Axis::ALL.map(Axis::key).into_iter().chain(["overall"]);
    let keys: Vec<&str> = keys.collect();
    let mut header = vec!["published row".to_owned()];
    header.extend(Axis::ALL.map(|axis| axis.title().to_lowercase()));
    header.push("overall".to_owned());
    let mut sides = vec![Side::Right; header.len()];
    if let Some(first) = sides.first_mut() {
        *first = Side::Left;
    }
    let mut table = vec![header];
    table.extend(rows.iter().map(|row| {
        let value = |key: &&str| {
            let value = row.values.get(*key);
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
        };
        let mut cells = vec![published_title(row)];
        cells.extend(keys.iter().map(value));
        cells
    }));
    format!(
        "\nPublished: {READING}. As printed; nothing was tested against these rows.\n\n{}",
        columns(&sides, &table)
    )
}
