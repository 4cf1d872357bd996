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

/// Width of a line that every terminal has, in characters.
pub const LINE: usize = 80;

/// Lays rows out in columns two spaces apart; the first row is the header and is underlined. Where the table would be
/// wider than `width` characters, the words of the header stand below one another. Missing cells are empty. Control characters of
/// untrusted cells are replaced.
pub fn columns(sides: &[Side], rows: &[Vec<String>], width: usize) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| printable(cell)).collect())
        .collect();
    let Some((header, body)) = rows.split_first() else {
        return String::new();
    };
    let whole = widths(sides.len(), &rows);
    let header = match total(&whole) > width {
        true => stacked(header, &widths(sides.len(), body)),
        false => vec![header.clone()],
    };
    let widths = widths(sides.len(), header.iter().chain(body));
    let line = |row: &Vec<String>| line(sides, &widths, row);
    let mut lines: Vec<String> = header.iter().map(line).collect();
    lines.push("-".repeat(total(&widths)));
    lines.extend(body.iter().map(line));
    lines.join("\n") + "\n"
}

/// The longest cell of each column. A cell that ends a row early takes the room of the rest and counts for none.
fn widths<'a>(columns: usize, rows: impl IntoIterator<Item = &'a Vec<String>>) -> Vec<usize> {
    let mut widths = vec![0; columns];
    for row in rows {
        let ends_early = row.len() > 1 && row.len() < columns;
        let cells = row.iter().take(row.len() - usize::from(ends_early));
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.chars().count().max(*width);
        }
    }
    widths
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}

fn line(sides: &[Side], widths: &[usize], row: &[String]) -> String {
    let mut line = String::new();
    for ((&side, &width), cell) in sides.iter().zip(widths).zip(row) {
        // Writing to a string cannot fail.
        let _ = match side {
            Side::Left => write!(line, "{cell:<width$}  "),
            Side::Right => write!(line, "{cell:>width$}  "),
        };
    }
    line.trim_end().to_owned()
}

/// A header as several lines, no column wider than its cells and its longest word.
fn stacked(header: &[String], widths: &[usize]) -> Vec<Vec<String>> {
    let heads: Vec<Vec<String>> = header
        .iter()
        .zip(widths)
        .map(|(head, &width)| wrapped(head, width))
        .collect();
    let lines = heads.iter().map(Vec::len).max().unwrap_or(0);
    (0..lines)
        .map(|line| {
            let at = |head: &Vec<String>| head.get(line).cloned().unwrap_or_default();
            heads.iter().map(at).collect()
        })
        .collect()
}

/// Columns of words whose last cell may be long: it goes on below itself. The first row is the header.
pub fn with_long_tail(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| printable(cell)).collect())
        .collect();
    let last = rows.first().map_or(0, Vec::len).saturating_sub(1);
    let all = widths(last + 1, &rows);
    let start: usize = all.iter().take(last).map(|width| width + 2).sum();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&all).take(last);
        let first: String = cells
            .map(|(cell, width)| format!("{cell:<width$}  "))
            .collect();
        let tail = row.get(last).map_or("", String::as_str);
        for (line, part) in wrapped(tail, LINE.saturating_sub(start)).iter().enumerate() {
            let before = if line == 0 { first.as_str() } else { "" };
            text.push_str(format!("{before:<start$}{part}").trim_end());
            text.push('\n');
        }
        if number == 0 {
            let width = all.get(last).map_or(0, |width| start + width);
            text.push_str(&"-".repeat(width.min(LINE)));
            text.push('\n');
        }
    }
    text
}

/// Prose in lines of at most [`LINE`] characters, each with the indentation of its own line; rows of tables, whose columns
/// stand two spaces apart, stay as they are.
pub fn narrowed(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let prose = line.trim_start();
        let indent = line.len() - prose.len();
        if line.chars().count() <= LINE || prose.contains("  ") {
            return line.to_owned();
        }
        let parts = wrapped(prose, LINE.saturating_sub(indent));
        let parts = parts
            .iter()
            .map(|part| format!("{}{part}", " ".repeat(indent)));
        parts.collect::<Vec<_>>().join("\n")
    });
    lines.map(|line| line + "\n").collect()
}

/// Words in lines of at most `width` characters, a longer word alone.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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
            LINE,
        );
        assert_eq!(text, "axis    points\n--------------\na?[31m     7.5\n");
    }

    #[test]
    fn a_wide_header_stands_in_lines() {
        let head = "a head of several words";
        let rows = [vec![head.to_owned(); 5], vec!["1".to_owned(); 5]];
        let text = columns(&[Side::Right; 5], &rows, LINE);
        assert!(
            text.lines().all(|line| line.chars().count() <= LINE),
            "{text}"
        );
        assert!(text.starts_with("      a        a"), "{text}");
    }

    #[test]
    fn a_last_cell_of_a_short_row_takes_the_rest() {
        let row = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        let rows = [
            row(&["axis", "x", "y", "z"]),
            row(&["a", "-", "does not apply to both"]),
            row(&["b", "1", "2", "3"]),
        ];
        let text = columns(&[Side::Left; 4], &rows, LINE);
        assert!(text.starts_with("axis  x  y  z\n-------------\n"), "{text}");
    }
}
