//! Numbers as they are printed for people: a minus that is none of the hyphens in names, and powers of ten.

/// Turns the signs of numbers into minus signs and `3.1e-60` into `3.1×10⁻⁶⁰`, and keeps `p ≤ 0.0001` in one line. Hyphens in words stay.
pub fn typographic(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let digit_follows = rest.peek().is_some_and(char::is_ascii_digit);
        if c == '-' && digit_follows && matches!(before, ' ' | '(' | ',' | '\u{0}') {
            out.push('−');
        } else if c == ' ' && (before == '≤' || rest.peek() == Some(&'≤')) {
            // A bound stays with what it bounds.
            out.push('\u{a0}');
        } else if c == 'e' && before.is_ascii_digit() && rest.peek() == Some(&'-') {
            rest.next();
            out.push_str("×10⁻");
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                out.push(superscript(digit));
            }
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => digit
            .to_digit(10)
            .and_then(|digit| char::from_u32(0x2070 + digit))
            .unwrap_or(digit),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_not_parted() {
        assert_eq!(
            typographic("adjusted p ≤ 0.0001 (limit"),
            "adjusted p\u{a0}≤\u{a0}0.0001 (limit"
        );
    }

    #[test]
    fn only_numbers_change() {
        assert_eq!(
            typographic("-3.1 (-6 to +1), p 3.1e-60"),
            "−3.1 (−6 to +1), p 3.1×10⁻⁶⁰"
        );
        for name in ["control-truth gpt-4.1 text-2", "file-e-3", "mode-1e"] {
            assert_eq!(typographic(name), name);
        }
    }
}
