//! A table for the terminal: columns two spaces apart, a rule below the heads.

use super::{Side, Table, TableCell};
use crate::report::columns::{LINE, columns, printable, wrapped};

/// How much of a table is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The columns that fit into a line of [`LINE`] characters.
    Line,
    /// All columns, however wide: `--full`.
    Full,
}

impl Detail {
    /// What `--full` asks for, or what fits.
    pub fn of(full: bool) -> Self {
        match full {
            true => Self::Full,
            false => Self::Line,
        }
    }
}

/// Heads and rows. Columns that do not fit are left out, the last ones first, and named in a line below.
pub fn body(table: &Table, detail: Detail) -> String {
    let mut shown = table.columns.len();
    let mut lines = laid_out(table, shown);
    let too_wide = |lines: &str| lines.lines().any(|line| line.chars().count() > LINE);
    while detail == Detail::Line && shown > 1 && too_wide(&lines) {
        shown -= 1;
        lines = laid_out(table, shown);
    }
    let left_out: Vec<String> = table.columns.iter().skip(shown).map(|c| c.head()).collect();
    if !left_out.is_empty() {
        lines.push_str(&paragraph(&format!(
            "With --full also: {}.",
            left_out.join("; ")
        )));
    }
    lines
}

/// Title, table and notes; what is prose always fits into a line.
pub fn whole(table: &Table, detail: Detail) -> String {
    let mut text = String::new();
    if !table.title.is_empty() {
        text = paragraph(&table.title) + "\n";
    }
    text.push_str(&body(table, detail));
    table
        .notes
        .iter()
        .for_each(|note| text.push_str(&paragraph(note)));
    text
}

/// Untrusted prose in lines of [`LINE`] characters.
pub fn paragraph(text: &str) -> String {
    wrapped(&printable(text), LINE).join("\n") + "\n"
}

fn laid_out(table: &Table, shown: usize) -> String {
    let sides: Vec<Side> = table.columns.iter().take(shown).map(|c| c.side).collect();
    let heads = table.columns.iter().take(shown).map(|c| c.head());
    let mut rows: Vec<Vec<String>> = vec![heads.collect()];
    rows.extend(table.rows.iter().map(|row| {
        let cells = row.iter().take(shown);
        cells.map(plain).collect()
    }));
    columns(&sides, &rows)
}

fn plain(cell: &TableCell) -> String {
    match cell {
        TableCell::None => "-".to_owned(),
        TableCell::Words(text) | TableCell::Figures(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Column;

    #[test]
    fn the_names_of_columns_that_are_left_out_fit_into_lines() {
        let heads: Vec<Column> = (0..20)
            .map(|number| Column::words(format!("column {number}")))
            .collect();
        let row = vec![TableCell::words("a cell of ten"); 20];
        let text = body(&Table::new("", heads).with_rows([row]), Detail::Line);
        let fits = |line: &str| line.chars().count() <= LINE;
        assert!(text.lines().all(fits), "{text}");
        assert!(
            text.contains("With --full also: column 5") && text.contains("column 19."),
            "{text}"
        );
    }

    #[test]
    fn prose_fits_into_a_line_in_every_detail() {
        let long = "a word ".repeat(40);
        let table = Table::new(long.trim(), [Column::words("Run")])
            .with_rows([vec![TableCell::words("x")]])
            .with_notes([format!("{}\u{1b}[1m", long)]);
        for detail in [Detail::Line, Detail::Full] {
            let text = whole(&table, detail);
            let fits = |line: &str| line.chars().count() <= LINE;
            assert!(text.lines().all(fits) && text.lines().count() > 8, "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }
}
