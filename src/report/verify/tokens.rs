//! Lines cut into what a reader takes for one thing: numbers, words, single marks.

/// Tokens of a line with their columns, from 1, in characters. Joined they are the line.
pub fn tokens(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let (mut rest, mut column) = (line, 1);
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = if is_part(first) {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        let here = column;
        column += token.chars().count();
        rest = after;
        Some((here, token))
    })
}

/// Whether a token holds a digit, so that it is or has a number.
pub fn has_digit(token: &str) -> bool {
    token.contains(|c: char| c.is_ascii_digit())
}

/// Numbers with sign and exponent stay whole, and so do words and digests.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '+' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_whole() {
        let all: Vec<_> = tokens("a & -3.1e-5, é9").collect();
        let expected = [
            (1, "a"),
            (2, " "),
            (3, "&"),
            (4, " "),
            (5, "-3.1e-5"),
            (12, ","),
            (13, " "),
            (14, "é9"),
        ];
        assert_eq!(all, expected);
    }
}
