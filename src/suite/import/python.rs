//! Strings of a Python file, read as text: nothing is run, and nothing but literals is understood.
//!
//! What is read follows the language's reference on string literals
//! (<https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals>).

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// The name that it is assigned to, where one stands before it on its line.
    pub name: Option<String>,
    /// What it says. Fields of an f-string stand as they were written.
    pub text: String,
    /// Whether `{{` stands for `{`: an f-string.
    pub formatted: bool,
    /// Whether it stands on one line, in single or double quotes.
    pub short: bool,
}

/// All strings of a file, in order. Comments are passed over, and so are short strings beside others, which Python would join,
/// and those with an escape that is not understood.
///
/// # Errors
/// The line of a string in triple quotes that does not end, or that holds an escape which is not understood.
pub(super) fn literals(source: &str) -> Result<Vec<Literal>, String> {
    let mut found: Vec<Literal> = Vec::new();
    // Where the last string ended, and whether it was taken.
    let (mut ended, mut taken) = (0, false);
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(next) = rest.find(['#', '"', '\'']) else {
            break;
        };
        let start = at + next;
        let tail = source.get(start..).unwrap_or_default();
        let line = || format!("line {}", lines_before(source, start));
        at = if tail.starts_with('#') {
            start + tail.find('\n').unwrap_or(tail.len())
        } else if let Some(quote) = ["\"\"\"", "'''"].into_iter().find(|q| tail.starts_with(q)) {
            let prefix = prefix(source.get(..start).unwrap_or_default());
            let body = tail.get(quote.len()..).unwrap_or_default();
            let length = end(body, quote)
                .ok_or_else(|| format!("{}: the closing {quote} is missing", line()))?;
            let raw = body.get(..length).unwrap_or_default();
            let has = |letter: char| prefix.contains(letter);
            if !has('b') {
                let text = match has('r') {
                    true => raw.replace("\r\n", "\n"),
                    false => unescaped(raw).map_err(|fault| format!("{}: {fault}", line()))?,
                };
                found.push(Literal {
                    name: assigned(source.get(..start - prefix.len()).unwrap_or_default()),
                    text,
                    formatted: has('f'),
                    short: false,
                });
            }
            taken = false;
            ended = start + quote.len() * 2 + length;
            ended
        } else {
            let quote = tail.get(..1).unwrap_or_default();
            let body = tail.get(1..).unwrap_or_default();
            // A short string ends with its line at the latest; what is wrong with it is Python's business.
            let line_end = body.find('\n').unwrap_or(body.len());
            let line = body.get(..line_end).unwrap_or_default();
            let length = end(line, quote);
            let prefix = prefix(source.get(..start).unwrap_or_default());
            let between = source.get(ended..start - prefix.len()).unwrap_or("?");
            if ended > 0 && between.trim().is_empty() {
                // Python joins it with the one before.
                found.truncate(found.len() - usize::from(taken));
                taken = false;
            } else {
                let raw = length.and_then(|length| line.get(..length));
                let before = source.get(..start - prefix.len()).unwrap_or_default();
                let literal = raw.and_then(|raw| short(raw, &prefix, before));
                taken = literal.is_some();
                found.extend(literal);
            }
            ended = start + 1 + length.map_or(line_end, |length| length + 1);
            ended
        };
    }
    Ok(found)
}

/// A string of one line; `None` for bytes, and for an escape that is not understood.
fn short(raw: &str, prefix: &str, before: &str) -> Option<Literal> {
    let has = |letter: char| prefix.contains(letter);
    let text = match has('r') {
        true => raw.to_owned(),
        false => unescaped(raw).ok()?,
    };
    (!has('b')).then(|| Literal {
        name: assigned(before),
        text,
        formatted: has('f'),
        short: true,
    })
}

fn lines_before(source: &str, at: usize) -> usize {
    source
        .bytes()
        .take(at)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// The letters before a quote that belong to the literal, in lower case.
fn prefix(before: &str) -> String {
    let letters = before.bytes().rev();
    let count = letters
        .take_while(u8::is_ascii_alphanumeric)
        .take(3)
        .count();
    let letters = before.get(before.len() - count..).unwrap_or_default();
    let letters = letters.to_ascii_lowercase();
    match ["r", "u", "b", "f", "br", "rb", "fr", "rf"].contains(&letters.as_str()) {
        true => letters,
        false => String::new(),
    }
}

/// Where the closing quote begins; a backslash takes the next character with it.
fn end(body: &str, quote: &str) -> Option<usize> {
    let mut skip = false;
    for (at, c) in body.char_indices() {
        if skip {
            skip = false;
        } else if c == '\\' {
            skip = true;
        } else if body.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return Some(at);
        }
    }
    None
}

/// The name of `NAME = ` at the end of a text, alone on its line.
fn assigned(before: &str) -> Option<String> {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let target = line.trim_end().strip_suffix('=')?;
    let name = target.split(':').next().unwrap_or_default().trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (begins && name.chars().all(plain)).then(|| name.to_owned())
}

/// The text of a literal that is not raw.
fn unescaped(raw: &str) -> Result<String, String> {
    let raw = raw.replace("\r\n", "\n");
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            Some('\n') => {}
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some(same @ ('\\' | '\'' | '"')) => text.push(same),
            Some('x') => text.push(code(&mut rest, 2)?),
            Some('u') => text.push(code(&mut rest, 4)?),
            Some('U') => text.push(code(&mut rest, 8)?),
            Some(odd @ ('N' | 'a' | 'b' | 'f' | 'v' | '0'..='7')) => {
                return Err(format!("the escape \\{odd} is not read here"));
            }
            // Python keeps both characters of an escape that it does not know.
            Some(other) => text.extend(['\\', other]),
            None => return Err("a backslash at the end".to_owned()),
        }
    }
    Ok(text)
}

fn code(rest: &mut std::str::Chars<'_>, digits: usize) -> Result<char, String> {
    let hex: String = rest.take(digits).collect();
    let number = (hex.len() == digits).then(|| u32::from_str_radix(&hex, 16).ok());
    let found = number.flatten().and_then(char::from_u32);
    found.ok_or_else(|| format!("the escape \\…{hex} is not a character"))
}

#[cfg(test)]
mod tests;
