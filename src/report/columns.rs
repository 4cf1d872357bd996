//! Plain-text tables with aligned columns.

use std::fmt::Write as _;

use crate::common::plain;

/// Which side a column's cells stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Lays rows out in columns two spaces apart; the first row is the header and is underlined.
/// Missing cells are empty. Control characters of untrusted cells are replaced.
pub fn columns(sides: &[Side], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| printable(cell)).collect())
        .collect();
    let width = |column: usize| {
        let lengths = rows.iter().filter_map(|row| row.get(column));
        lengths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..sides.len()).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, (&side, &width)) in sides.iter().zip(&widths).enumerate() {
            let cell = row.get(column).map_or("", String::as_str);
            // Writing to a string cannot fail.
            let _ = match side {
                Side::Left => write!(line, "{cell:<width$}  "),
                Side::Right => write!(line, "{cell:>width$}  "),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
        if number == 0 {
            let total = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
            text.push_str(&"-".repeat(total));
            text.push('\n');
        }
    }
    text
}

/// Untrusted text for a line of text: control characters, line breaks and characters that change the
/// direction or hide text become `?`.
pub fn printable(text: &str) -> String {
    plain::line(text)
}

/// Whether a character shows itself and nothing else: no control, no change of direction, nothing hidden.
pub fn is_harmless(c: char) -> bool {
    plain::hidden(c).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_aligned_and_harmless() {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        let text = columns(
            &[Side::Left, Side::Right],
            &[row("axis", "points"), row("a\u{1b}[31m", "7.5")],
        );
        assert_eq!(text, "axis    points\n--------------\na?[31m     7.5\n");
    }
}
