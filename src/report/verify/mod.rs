//! Holds the files of a report against what the runs say, number by number.

pub mod folder;
mod place;
mod tokens;

use serde::Serialize;

use crate::report::verify::place::place;
use crate::report::verify::tokens::{has_digit, tokens};

/// Most differences of one file that are listed.
pub const MAX_LISTED: usize = 20;

/// Longest excerpt of a file in a message, in characters.
const MAX_EXCERPT: usize = 80;

/// One place where a file does not say what the runs say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// The file, from the report's folder.
    pub file: String,
    /// Its line, from 1; none for a file as a whole.
    pub line: Option<usize>,
    /// Its column in characters, from 1.
    pub column: Option<usize>,
    /// The cell or key that stands there, where the form of the file tells.
    pub place: Option<String>,
    /// What the file says.
    pub found: String,
    /// What follows from the runs.
    pub expected: String,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The file, from the report's folder.
    pub file: String,
    /// Numbers that were recomputed for it.
    pub numbers: usize,
    /// Pictures that are what their digests say, for a folder of pictures.
    #[serde(skip_serializing_if = "is_zero")]
    pub pictures: usize,
    /// Lines that differ; at most [`MAX_LISTED`] of them are listed.
    pub differing_lines: usize,
    /// Where it does not say what the runs say.
    pub discrepancies: Vec<Discrepancy>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Checked {
    /// A file with nothing said about it yet.
    fn of(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            numbers: 0,
            pictures: 0,
            differing_lines: 0,
            discrepancies: Vec::new(),
        }
    }

    /// A file with one thing to say about it as a whole.
    pub fn whole(file: &str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            differing_lines: 1,
            discrepancies: vec![Discrepancy {
                file: file.to_owned(),
                line: None,
                column: None,
                place: None,
                found: found.into(),
                expected: expected.into(),
            }],
            ..Self::of(file)
        }
    }

    /// Whether the file says what the runs say.
    pub fn holds(&self) -> bool {
        self.discrepancies.is_empty()
    }
}

/// Holds the text of a file against the text that follows from the runs. Every character counts; the first
/// difference of each line is reported, as the whole token that stands there.
pub fn check(file: &str, expected: &str, found: &str) -> Checked {
    let numbers = expected
        .lines()
        .map(|line| tokens(line).filter(|(_, t)| has_digit(t)).count());
    let mut checked = Checked {
        numbers: numbers.sum(),
        ..Checked::of(file)
    };
    if expected == found {
        return checked;
    }
    let (wanted, there): (Vec<&str>, Vec<&str>) =
        (expected.split('\n').collect(), found.split('\n').collect());
    for number in 0..wanted.len().max(there.len()) {
        let (wanted_line, line) = (wanted.get(number), there.get(number));
        if wanted_line == line {
            continue;
        }
        checked.differing_lines += 1;
        if checked.discrepancies.len() == MAX_LISTED {
            continue;
        }
        let (column, expected, found) = difference(wanted_line, line);
        checked.discrepancies.push(Discrepancy {
            file: file.to_owned(),
            line: Some(number + 1),
            column: Some(column),
            place: place(file, &wanted, number, column),
            found,
            expected,
        });
    }
    checked
}

/// Column of the first difference of two lines, with the tokens that stand there: expected, found.
fn difference(expected: Option<&&str>, found: Option<&&str>) -> (usize, String, String) {
    let (Some(expected), Some(found)) = (expected, found) else {
        let shown = |line: Option<&&str>| {
            line.map_or_else(|| "the end of the file".to_owned(), |line| excerpt(line))
        };
        return (1, shown(expected), shown(found));
    };
    let (mut wanted, mut there) = (tokens(expected), tokens(found));
    loop {
        match (wanted.next(), there.next()) {
            (Some((column, a)), Some((_, b))) if a != b => return (column, excerpt(a), excerpt(b)),
            (Some(_), Some(_)) => {}
            (Some((column, a)), None) => {
                return (column, excerpt(a), "the end of the line".to_owned());
            }
            (None, Some((column, b))) => {
                return (column, "the end of the line".to_owned(), excerpt(b));
            }
            (None, None) => return (1, excerpt(expected), excerpt(found)),
        }
    }
}

fn excerpt(text: &str) -> String {
    crate::report::columns::printable(&text.chars().take(MAX_EXCERPT).collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_altered_digit_is_named_with_its_place() {
        let expected = "a,points\nx,59.8\ny,-3.1e-5\n";
        let checked = check("results.csv", expected, &expected.replace("59.8", "59.7"));
        let found = checked.discrepancies.first().unwrap();
        assert_eq!((found.line, found.column), (Some(2), Some(3)));
        assert_eq!(
            (found.found.as_str(), found.expected.as_str()),
            ("59.7", "59.8")
        );
        assert_eq!(found.place.as_deref(), Some("x: points"));
        assert_eq!(checked.numbers, 2);
        assert!(check("results.csv", expected, expected).holds());
    }

    #[test]
    fn lines_that_are_gone_or_new_are_differences() {
        assert!(!check("a.md", "1\n2\n", "1\n").holds());
        assert!(!check("a.md", "1\n", "1\n2\n").holds());
        assert!(!check("a.md", "1\n", "1").holds());
    }

    proptest! {
        #[test]
        fn texts_that_differ_are_never_passed(a in "[0-9a,.\n& |]{0,40}", b in "[0-9a,.\n& |]{0,40}") {
            for file in ["a.csv", "a.json", "a.tex", "a.md", "a.svg"] {
                prop_assert_eq!(check(file, &a, &b).holds(), a == b);
            }
        }
    }
}
