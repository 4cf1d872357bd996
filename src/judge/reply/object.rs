//! Objects in a reply: JSON, and what judges write for it that can mean one thing only.
//!
//! Beyond JSON (RFC 8259) are read: raw line breaks and control characters in strings, unknown
//! escapes (`\_`, `\alpha`), single and curly quotes, keys without quotes, full-width colons and
//! commas, a comma before the end, `//` comments, and bare words as values. An object whose
//! strings or brackets do not end is broken: what stands in it cannot be told from what it quotes.

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;

/// A value of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text in quotes, decoded.
    Text(String),
    /// Anything without quotes: a number, a literal, a placeholder.
    Bare(String),
    /// An object.
    Object(Object),
    /// A list.
    List(Vec<Value>),
}

/// An object with all its entries in order: a repeated key must be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// The values under a key.
    pub fn values<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Value> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The object itself and all objects in it, in the order in which they begin.
    pub fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Object)) {
        visit(self);
        for (_, value) in &self.0 {
            value.each(visit);
        }
    }
}

impl Value {
    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Object)) {
        match self {
            Self::Object(object) => object.each(visit),
            Self::List(values) => values.iter().for_each(|value| value.each(visit)),
            Self::Text(_) | Self::Bare(_) => {}
        }
    }
}

/// What an opening brace begins.
#[derive(Debug, PartialEq)]
pub enum Brace {
    /// Nothing: a brace of prose.
    Prose,
    /// A complete object, and its length in bytes.
    Complete(Object, usize),
    /// An object that does not end as one.
    Broken,
}

/// What the brace at the start of a text begins.
pub fn at_brace(text: &str) -> Brace {
    if !begins_object(text) {
        return Brace::Prose;
    }
    let mut reader = Reader { rest: text };
    match reader.object(MAX_DEPTH) {
        Some(object) => Brace::Complete(object, text.len() - reader.rest.len()),
        None => Brace::Broken,
    }
}

/// The value at the start of a text, and what follows it; `None` where it does not end.
pub fn value_at(text: &str) -> Option<(Value, &str)> {
    let mut reader = Reader { rest: text };
    let value = reader.value(MAX_DEPTH)?;
    Some((value, reader.rest))
}

/// Whether a brace is followed by a key and a colon, or by a text that does not end.
fn begins_object(text: &str) -> bool {
    let mut reader = Reader {
        rest: text.strip_prefix('{').unwrap_or_default(),
    };
    reader.skip_space();
    if closing_quote(reader.rest).is_some() {
        return reader.string().is_none() || reader.colon();
    }
    reader.name().is_some() && reader.colon()
}

/// The quote that ends a string which begins like this.
fn closing_quote(text: &str) -> Option<char> {
    match text.chars().next()? {
        '"' => Some('"'),
        '\'' => Some('\''),
        '“' => Some('”'),
        _ => None,
    }
}

/// A value without quotes, in words.
pub fn bare(text: &str) -> &str {
    let end = text.find([',', '，', '{', '}', '[', ']', '"', '\n', '\r']);
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    let comment = text.find("//").unwrap_or(text.len());
    text.get(..comment).unwrap_or_default().trim()
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with("//") {
                return;
            }
            self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    fn take(&mut self, wanted: &[char]) -> bool {
        let found = self.rest.chars().next().filter(|c| wanted.contains(c));
        self.advance(found.map_or(0, char::len_utf8));
        found.is_some()
    }

    fn colon(&mut self) -> bool {
        self.skip_space();
        self.take(&[':', '：'])
    }

    /// A key without quotes.
    fn name(&mut self) -> Option<&'a str> {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
        let name = self.rest.get(..end?)?;
        self.advance(name.len());
        (!name.is_empty()).then_some(name)
    }

    fn object(&mut self, depth: usize) -> Option<Object> {
        let depth = depth.checked_sub(1)?;
        let mut entries = Vec::new();
        self.take(&['{']);
        loop {
            self.skip_space();
            if self.take(&['}']) {
                return Some(Object(entries));
            }
            entries.extend(self.entry(depth)?);
            self.skip_space();
            if !self.take(&[',', '，']) && !self.rest.starts_with('}') {
                return None;
            }
        }
    }

    /// A key with its value; nothing for the dots of a form that is not written out.
    fn entry(&mut self, depth: usize) -> Option<Option<(String, Value)>> {
        let key = match closing_quote(self.rest) {
            Some(_) => self.string()?,
            None => match self.name() {
                Some(name) => name.to_owned(),
                None => {
                    let dots = bare(self.rest);
                    self.advance(dots.len());
                    let are_dots = dots.chars().all(|c| matches!(c, '.' | '…'));
                    return (are_dots && !dots.is_empty()).then_some(None);
                }
            },
        };
        let colon = self.colon();
        colon
            .then(|| self.value(depth))?
            .map(|value| Some((key, value)))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_space();
        if closing_quote(self.rest).is_some() {
            return self.string().map(Value::Text);
        }
        if self.rest.starts_with('{') {
            return self.object(depth).map(Value::Object);
        }
        if self.take(&['[']) {
            return self.list(depth.checked_sub(1)?).map(Value::List);
        }
        let word = bare(self.rest);
        self.advance(word.len());
        (!word.is_empty()).then(|| Value::Bare(word.to_owned()))
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        loop {
            self.skip_space();
            if self.take(&[']']) {
                return Some(values);
            }
            values.push(self.value(depth)?);
            self.skip_space();
            if !self.take(&[',', '，']) && !self.rest.starts_with(']') {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let end = closing_quote(self.rest)?;
        let mut chars = self.rest.char_indices();
        chars.next();
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    let escaped = chars.next()?.1;
                    let after = chars.as_str();
                    let (decoded, taken) = escape(escaped, after);
                    text.push_str(&decoded);
                    if let Some(last) = taken.checked_sub(1) {
                        chars.nth(last);
                    }
                }
                c if c == end => {
                    self.advance(at + c.len_utf8());
                    return Some(text);
                }
                c => text.push(c),
            }
        }
        None
    }
}

/// What an escape stands for, and how many characters after its letter belong to it.
fn escape(letter: char, after: &str) -> (String, usize) {
    let known = match letter {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        _ => None,
    };
    if let Some(known) = known {
        return (known.into(), 0);
    }
    if letter == 'u'
        && let Some(high) = hex4(after)
    {
        if let Some(c) = char::from_u32(high) {
            return (c.into(), 4);
        }
        let low = after.get(4..).and_then(|rest| rest.strip_prefix("\\u"));
        let pair = low.and_then(hex4).and_then(|low| surrogates(high, low));
        return pair.map_or(("\u{fffd}".into(), 4), |c| (c.into(), 10));
    }
    if letter.is_alphanumeric() {
        return (format!("\\{letter}"), 0);
    }
    (letter.into(), 0)
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    let all = digits.bytes().all(|b| b.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The character of a UTF-16 surrogate pair.
fn surrogates(high: u32, low: u32) -> Option<char> {
    let high = (0xd800..0xdc00).contains(&high).then(|| high - 0xd800)?;
    let low = (0xdc00..0xe000).contains(&low).then(|| low - 0xdc00)?;
    char::from_u32(0x10000 + (high << 10) + low)
}

#[cfg(test)]
mod tests;
