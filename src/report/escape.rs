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
            _ if own_sign(c).is_some() => escaped.push_str(own_sign(c).unwrap_or_default()),
            _ if c.is_ascii() || set_by_every_engine(c) => escaped.push(c),
            _ => escaped.push_str(&format!("U+{:04X}", u32::from(c))),
        }
    }
    escaped
}

/// Signs and letters of our own sentences, as every engine sets them.
fn own_sign(c: char) -> Option<&'static str> {
    Some(match c {
        '…' => "\\ldots{}",
        '±' => "$\\pm$",
        '≤' => "$\\le$",
        '×' => "$\\times$",
        '−' => "$-$",
        '–' => "--",
        'Š' => "\\v{S}",
        'á' => "\\'{a}",
        _ => return None,
    })
}

/// Accented letters that LaTeX composes in its oldest font encoding: Latin-1 without eth, thorn and signs.
fn set_by_every_engine(c: char) -> bool {
    ('\u{c0}'..='\u{ff}').contains(&c) && !"\u{d0}\u{d7}\u{de}\u{f0}\u{f7}\u{fe}".contains(c)
}

/// Text for Markdown, at the start of a line or in a table as well: nothing of it is markup, a link or HTML. Escaped is
/// only what CommonMark, or GitHub's form of it, would read as such, so that the text stays readable where it is pasted.
pub fn markdown(text: &str) -> String {
    let text = printable(text);
    let text = text.trim();
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut before = None;
    for (at, c) in text.char_indices() {
        let after = text.get(at + c.len_utf8()..).unwrap_or("");
        let starts_block = at == 0 && starts_block(c, after) || ends_number(text, at, c);
        if starts_block || is_markup(before, c, after) {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    escaped
}

/// Whether a character would be markup inside of a line.
fn is_markup(before: Option<char>, c: char, after: &str) -> bool {
    let next = after.chars().next();
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '\\' => next.is_none_or(|next| next.is_ascii_punctuation()),
        '`' | '*' | '[' | '|' | '~' | '$' => true,
        // Inside of a word an underscore is one.
        '_' => !(is_word(before) && is_word(next)),
        '<' => next.is_some_and(|next| next.is_alphabetic() || matches!(next, '/' | '!' | '?')),
        '&' => starts_entity(after),
        // Links without brackets: `http://`, `www.`, `a@b`.
        ':' => after.starts_with("//") || is_word(before) && is_word(next),
        '.' => matches!(before, Some('w' | 'W')) && is_word(next),
        '@' => is_word(before) || is_word(next),
        _ => false,
    }
}

/// Whether the first character of a line would start a heading, list, quotation or rule.
fn starts_block(c: char, after: &str) -> bool {
    match c {
        '#' | '>' | '=' => true,
        '-' | '+' => after.is_empty() || after.starts_with([' ', c]),
        _ => false,
    }
}

/// Whether this is the dot or bracket after the number that a line starts with, as in a numbered list.
fn ends_number(text: &str, at: usize, c: char) -> bool {
    let number = text.get(..at).unwrap_or("");
    matches!(c, '.' | ')') && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether what follows an `&` ends like an entity.
fn starts_entity(after: &str) -> bool {
    let name = after.split(';').next().unwrap_or("");
    name.len() < after.len() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    /// What a reader of the LaTeX text can still meet: commands of a known list, escaped specials, plain
    /// characters.
    fn is_inert_latex(mut text: &str) -> bool {
        const COMMANDS: [&str; 23] = [
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
            "\\ldots{}",
            "$\\pm$",
            "$\\le$",
            "$\\times$",
            "$-$",
            "\\v{S}",
            "\\'{a}",
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

    /// All that GitHub and those who copied it read as markup; quotes stay as they are, and `^` is no superscript there.
    fn forms() -> Options {
        Options::all() - Options::ENABLE_SMART_PUNCTUATION - Options::ENABLE_SUPERSCRIPT
    }

    proptest! {
        #[test]
        fn latex_is_inert_whatever_it_was(text in "\\PC{0,60}|[\\\\{}$&#_%^~<>|`\"*\\[\\]\u{202e}\n\ta-c]{0,60}") {
            let escaped = latex(&text);
            prop_assert!(is_inert_latex(&escaped), "{escaped}");
            prop_assert!(balanced(&escaped), "{escaped}");
        }

        #[test]
        fn markdown_can_be_read_back_and_holds_no_markup(text in "\\PC{0,60}|[-+*_#>=~`|<&;:/@.!\\[\\]()\\\\ a-c0-9w$]{0,40}") {
            let wanted = printable(&text).trim().to_owned();
            let words = |document: &str| -> Option<String> {
                let mut read = String::new();
                for event in Parser::new_ext(document, forms()) {
                    match event {
                        Event::Text(text) => read.push_str(&text),
                        Event::Start(Tag::Paragraph | Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell) | Event::End(_) => {}
                        _ => return None,
                    }
                }
                Some(read)
            };
            let plain = markdown(&text);
            if !wanted.is_empty() {
                prop_assert_eq!(words(&plain), Some(wanted.clone()), "{}", plain);
                let cell = format!("| h |\n| --- |\n| {plain} |\n");
                prop_assert_eq!(words(&cell), Some(format!("h{wanted}")), "{}", cell);
            }
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
        assert_eq!(
            latex("Šidák ≤ 0.01, if …"),
            "\\v{S}id\\'{a}k $\\le$ 0.01, if \\ldots{}"
        );
    }
}
