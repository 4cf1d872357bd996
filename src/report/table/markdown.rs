//! A table as Markdown.

use super::{Side, Table, TableCell};
use crate::report::escape::markdown;

/// Heads, rule and rows.
pub fn body(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let heads = table.columns.iter().map(|column| markdown(&column.head()));
    let rule = table.columns.iter().map(|column| match column.side {
        Side::Left => " --- |",
        Side::Right => " ---: |",
    });
    let mut lines = vec![
        line(heads.collect()),
        format!("|{}", rule.collect::<String>()),
    ];
    for row in &table.rows {
        let mut cells: Vec<String> = row.iter().map(cell).collect();
        cells.resize(table.columns.len(), String::new());
        lines.push(line(cells));
    }
    lines.join("\n")
}

/// Title, table and notes, a blank line between them.
pub fn whole(table: &Table) -> String {
    let notes: Vec<String> = table.notes.iter().map(|note| markdown(note)).collect();
    let parts = [markdown(&table.title), body(table), notes.join("\n")];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

fn cell(cell: &TableCell) -> String {
    match cell {
        TableCell::None => "-".to_owned(),
        TableCell::Words(text) => markdown(text),
        // Digits, signs and a `<` before a digit, which starts no HTML.
        TableCell::Figures(text) => text.clone(),
    }
}
