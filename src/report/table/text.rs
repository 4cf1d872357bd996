//! A table for the terminal: columns two spaces apart, a rule below the heads.

use super::{Side, Table, TableCell};
use crate::report::columns::{LINE, columns, printable, wrapped};

/// How much of a table is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The columns that fit into a line of so many characters.
    Within(usize),
    /// All columns, however wide: `--full`.
    Full,
}

impl Detail {
    /// What fits into a line that every terminal has.
    pub const LINE: Self = Self::Within(LINE);
}

/// Heads and rows. Columns that do not fit are left out, the last ones first, and named in a line below.
pub fn body(table: &Table, detail: Detail) -> String {
    let (mut lines, left_out) = fitted(table, detail);
    if !left_out.is_empty() {
        lines.push_str(&paragraph(&format!("With --full also: {left_out}.")));
    }
    lines
}

/// The same for a list that has no `--full`.
pub fn listing(table: &Table, detail: Detail) -> String {
    let (mut lines, left_out) = fitted(table, detail);
    if !left_out.is_empty() {
        lines.push_str(&paragraph(&format!(
            "Not shown in this width: {left_out}. A wider window or --json shows it."
        )));
    }
    lines
}

/// Heads and rows in the columns that fit, and the heads of those that are left out.
fn fitted(table: &Table, detail: Detail) -> (String, String) {
    let width = match detail {
        Detail::Within(width) => width,
        Detail::Full => usize::MAX,
    };
    let mut shown = table.columns.len();
    let mut lines = laid_out(table, shown, width);
    let too_wide = |lines: &str| lines.lines().any(|line| line.chars().count() > width);
    while shown > 1 && too_wide(&lines) {
        shown -= 1;
        lines = laid_out(table, shown, width);
    }
    let left_out: Vec<String> = table.columns.iter().skip(shown).map(|c| c.head()).collect();
    (lines, left_out.join("; "))
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

/// The first `shown` columns. Their heads stand below one another where a line would be longer than `width`, or than
/// [`LINE`] where all columns are shown in any width.
fn laid_out(table: &Table, shown: usize, width: usize) -> String {
    let sides: Vec<Side> = table.columns.iter().take(shown).map(|c| c.side).collect();
    let heads = table.columns.iter().take(shown).map(|c| c.head());
    let mut rows: Vec<Vec<String>> = vec![heads.collect()];
    rows.extend(table.rows.iter().map(|row| {
        let cells = row.iter().take(shown);
        cells.map(plain).collect()
    }));
    let width = if width == usize::MAX { LINE } else { width };
    columns(&sides, &rows, width)
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
        let text = body(&Table::new("", heads).with_rows([row]), Detail::LINE);
        let fits = |line: &str| line.chars().count() <= LINE;
        assert!(text.lines().all(fits), "{text}");
        assert!(
            text.contains("With --full also: column 5") && text.contains("column 19."),
            "{text}"
        );
    }

    #[test]
    fn a_wider_terminal_shows_more_columns_and_a_list_names_those_that_it_leaves_out() {
        let heads = ["run", "state", "changed"].map(Column::words);
        let row = [
            "a name of thirty letters or so",
            "complete",
            "2026-11-28 20:15 UTC",
        ];
        let table = Table::new("", heads).with_rows([row.map(TableCell::words).to_vec()]);
        let all = listing(&table, Detail::Full);
        assert_eq!(listing(&table, Detail::Within(64)), all);
        assert!(all.contains("2026") && all.lines().count() == 3, "{all}");
        let narrow = listing(&table, Detail::Within(60));
        assert!(
            narrow.ends_with(
                "Not shown in this width: changed. A wider window or --json shows it.\n"
            ),
            "{narrow}"
        );
    }

    #[test]
    fn prose_fits_into_a_line_in_every_detail() {
        let long = "a word ".repeat(40);
        let table = Table::new(long.trim(), [Column::words("Run")])
            .with_rows([vec![TableCell::words("x")]])
            .with_notes([format!("{}\u{1b}[1m", long)]);
        for detail in [Detail::LINE, Detail::Full] {
            let text = whole(&table, detail);
            let fits = |line: &str| line.chars().count() <= LINE;
            assert!(text.lines().all(fits) && text.lines().count() > 8, "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }
}
