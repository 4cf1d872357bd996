//! Untrusted text made harmless for each form that is written: names of runs, models, judges and tasks are
//! data, whatever they contain.

use crate::report::columns::printable;

/// Longest name that a table shows, in characters.
pub const MAX_NAME_CHARS: usize = 120;

/// A name for a cell: harmless characters, one line, bounded length.
pub fn name(text: &str) -> String {
    // Bounded before anything else looks at it: a name may be 100 kB long.
    let mut short: String = text.chars().take(MAX_NAME_CHARS + 1).collect();
    if short.chars().count() > MAX_NAME_CHARS {
        short = short.chars().take(MAX_NAME_CHARS - 3).collect();
        short.push_str("...");
    }
    printable(&short)
}

/// Text for a LaTeX document. Characters that a plain `pdflatex` cannot set become their code point,
/// `U+4E2D`. Brackets and stars are braced, since `\\` takes them for its options.
pub fn latex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '{' | '}' | '$' | '&' | '#' | '_' | '%' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '^' => escaped.push_str("\\textasciicircum{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '"' => escaped.push_str("''"),
            '`' => escaped.push_str("\\textasciigrave{}"),
            '[' | ']' | '*' => escaped.extend(['{', c, '}']),
            _ if c.is_ascii() || set_by_every_engine(c) => escaped.push(c),
            _ => escaped.push_str(&format!("U+{:04X}", u32::from(c))),
        }
    }
    escaped
}

/// Accented letters that LaTeX composes in its oldest font encoding: Latin-1 without eth, thorn and signs.
fn set_by_every_engine(c: char) -> bool {
    ('\u{c0}'..='\u{ff}').contains(&c) && !"\u{d0}\u{d7}\u{de}\u{f0}\u{f7}\u{fe}".contains(c)
}

/// Text for Markdown, inside a table as well: every ASCII punctuation mark but the hyphen is escaped, so that
/// nothing of it is markup, a link or HTML.
pub fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        if c.is_ascii_punctuation() && c != '-' {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Text for a CSV cell: one that a spreadsheet would take for a formula gets an apostrophe in front. Quoting
/// is the writer's.
pub fn csv_text(text: &str) -> String {
    let text = printable(text);
    if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text
    }
}

/// Writes a text column of a CSV table as [`csv_text`]; for `serialize_with`.
///
/// # Errors
/// Those of the writer.
pub fn csv_cell<S: serde::Serializer>(text: &str, writer: S) -> Result<S::Ok, S::Error> {
    writer.serialize_str(&csv_text(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader of the LaTeX text can still meet: commands of a known list, escaped specials, plain
    /// characters.
    fn is_inert_latex(mut text: &str) -> bool {
        const COMMANDS: [&str; 16] = [
            "\\textbackslash{}",
            "\\textasciicircum{}",
            "\\textasciitilde{}",
            "\\textless{}",
            "\\textgreater{}",
            "\\textbar{}",
            "\\textasciigrave{}",
            "\\{",
            "\\}",
            "\\$",
            "\\&",
            "\\#",
            "\\_",
            "\\%",
            "{[}",
            "{]}",
        ];
        while let Some(first) = text.chars().next() {
            let known = COMMANDS
                .iter()
                .chain(&["{*}"])
                .find(|known| text.starts_with(**known));
            let length = match known {
                Some(known) => known.len(),
                None if "\\{}$&#_%^~<>|`\"[]*".contains(first) || first.is_control() => {
                    return false;
                }
                None => first.len_utf8(),
            };
            text = text.get(length..).unwrap_or("");
        }
        true
    }

    fn balanced(text: &str) -> bool {
        let (mut depth, mut escaped) = (0_i32, false);
        for c in text.chars() {
            match (escaped, c) {
                (false, '{') => depth += 1,
                (false, '}') => depth -= 1,
                _ => {}
            }
            escaped = c == '\\' && !escaped;
            if depth < 0 {
                return false;
            }
        }
        depth == 0
    }

    proptest! {
        #[test]
        fn latex_is_inert_whatever_it_was(text in "\\PC{0,60}|[\\\\{}$&#_%^~<>|`\"*\\[\\]\u{202e}\n\ta-c]{0,60}") {
            let escaped = latex(&text);
            prop_assert!(is_inert_latex(&escaped), "{escaped}");
            prop_assert!(balanced(&escaped), "{escaped}");
        }

        #[test]
        fn markdown_can_be_read_back_and_holds_no_markup(text in "\\PC{0,60}") {
            let escaped = markdown(&text);
            let (mut read, mut after_backslash) = (String::new(), false);
            for c in escaped.chars() {
                if after_backslash || c != '\\' {
                    prop_assert!(after_backslash || !c.is_ascii_punctuation() || c == '-');
                    read.push(c);
                    after_backslash = false;
                } else {
                    after_backslash = true;
                }
            }
            prop_assert_eq!(read, printable(&text));
        }

        #[test]
        fn no_cell_is_a_formula(text in "[=+@\\-\t\r\n]?\\PC{0,20}") {
            let cell = csv_text(&text);
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        }

        #[test]
        fn names_are_one_short_line(text in "\\PC{0,300}|[a\n\u{202e}\u{200f}\u{2028}]{0,300}") {
            let name = name(&text);
            prop_assert!(name.chars().count() <= MAX_NAME_CHARS);
            let breaks = ['\n', '\r', '\u{202e}', '\u{200f}', '\u{2028}'];
            prop_assert!(!name.contains(breaks));
        }
    }

    #[test]
    fn what_latex_cannot_set_is_named() {
        assert_eq!(latex("50 % of A_1 & é中"), "50 \\% of A\\_1 \\& éU+4E2D");
        assert_eq!(
            latex("[x]* \\input{a}"),
            "{[}x{]}{*} \\textbackslash{}input\\{a\\}"
        );
        assert_eq!(latex("a\u{202e}b"), "a?b");
    }
}
