//! The fields of a line of JSON as they stand, read so that a fault of one does not cost the others.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A line made legible, and what was changed in it.
pub(crate) struct Legible {
    /// The line: what follows its last carriage return, with which progress bars begin.
    pub(crate) text: String,
    /// What was changed.
    pub(crate) faults: Vec<&'static str>,
}

/// Makes a line into JSON where programs commonly write what is none: NaN and infinities (Python's `json.dumps`)
/// become null, halves of surrogate pairs and bytes that are not UTF-8 become U+FFFD.
pub(crate) fn legible(line: &[u8]) -> Legible {
    let text = String::from_utf8_lossy(line);
    let mut faults = Vec::new();
    if matches!(text, Cow::Owned(_)) {
        faults.push("bytes that are not UTF-8 became U+FFFD");
    }
    let text = text.trim_end();
    let text = text.rsplit('\r').next().unwrap_or(text).trim_start();
    let mut repair = Repair {
        rest: text,
        out: String::with_capacity(text.len()),
        faults,
    };
    repair.run();
    Legible {
        text: repair.out,
        faults: repair.faults,
    }
}

struct Repair<'a> {
    rest: &'a str,
    out: String,
    faults: Vec<&'static str>,
}

impl Repair<'_> {
    fn run(&mut self) {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => self.string(),
                'N' | 'I' | '-' if self.no_number() => {}
                _ => self.copy(c.len_utf8()),
            }
        }
    }

    /// Copies the next bytes, which end between characters.
    fn copy(&mut self, bytes: usize) {
        let (head, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.out.push_str(head);
        self.rest = rest;
    }

    fn replace(&mut self, bytes: usize, by: &str, fault: &'static str) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
        self.out.push_str(by);
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Whether a number that is none stood here; it is null now.
    fn no_number(&mut self) -> bool {
        let word = ["NaN", "Infinity", "-Infinity", "-NaN"]
            .into_iter()
            .find(|word| self.rest.starts_with(word));
        if let Some(word) = word {
            self.replace(word.len(), "null", "NaN or Infinity became null");
        }
        word.is_some()
    }

    /// A string with its quotation marks.
    fn string(&mut self) {
        self.copy(1);
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => return self.copy(1),
                '\\' => self.escape(),
                _ => self.copy(c.len_utf8()),
            }
        }
    }

    fn escape(&mut self) {
        const HALF: &str = "half a surrogate pair became U+FFFD";
        /// Length of `\\uXXXX`.
        const UNIT: usize = 6;
        let unit = |text: &str| {
            let digits = text.strip_prefix("\\u")?.get(..4)?;
            u16::from_str_radix(digits, 16).ok()
        };
        match unit(self.rest) {
            Some(0xd800..=0xdbff) => match self.rest.get(UNIT..).and_then(unit) {
                Some(0xdc00..=0xdfff) => self.copy(2 * UNIT),
                _ => self.replace(UNIT, "\\ufffd", HALF),
            },
            Some(0xdc00..=0xdfff) => self.replace(UNIT, "\\ufffd", HALF),
            Some(_) => self.copy(UNIT),
            None => {
                self.copy(1);
                let next = self.rest.chars().next();
                self.copy(next.map_or(0, char::len_utf8));
            }
        }
    }
}

/// Reads one line as one JSON value.
///
/// # Errors
/// What is wrong, with the field and the column.
pub(crate) fn parse_line<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_slice(line);
    let value = serde_path_to_error::deserialize(&mut reader);
    let value = value.map_err(|error| by_column(&error.to_string()))?;
    reader
        .end()
        .map_err(|error| by_column(&error.to_string()))?;
    Ok(value)
}

/// Each line is read on its own, so the parser calls every line the first.
fn by_column(message: &str) -> String {
    message.replace(" at line 1 column ", " at column ")
}

/// How deep the arrays and objects of a JSON text are nested: 0 for a number, 1 for `[]`.
pub(crate) fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The fields of an object in their order. No name is there twice.
#[derive(Debug)]
pub(crate) struct Fields<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Reads a line that is one object.
    ///
    /// # Errors
    /// What is wrong with it, with the column.
    pub(crate) fn read(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error: serde_json::Error| by_column(&error.to_string()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Self::Value = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format_args!("`{name}` is given twice")));
                    }
                    fields.push((name, value));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Object).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_made_legible_and_the_rest_is_left_alone() {
        for (line, expected) in [
            (
                r#"{"a":NaN,"b":[-Infinity,Infinity]}"#,
                r#"{"a":null,"b":[null,null]}"#,
            ),
            (r#"{"NaN":"NaN \"Infinity"}"#, r#"{"NaN":"NaN \"Infinity"}"#),
            (
                r#"["\ud83d\ude00","\ud83d","x\ude00","\\ud83d"]"#,
                r#"["\ud83d\ude00","\ufffd","x\ufffd","\\ud83d"]"#,
            ),
            ("\r 5%|#\r {\"a\":-1}\r\n", "{\"a\":-1}"),
            ("\"open \\", "\"open \\"),
        ] {
            assert_eq!(legible(line.as_bytes()).text, expected);
        }
        assert_eq!(legible(b"\xff").faults.len(), 1);
    }

    #[test]
    fn depth_looks_past_strings() {
        for (json, expected) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a":"[[\"[["}"#, 1),
            ("[[{}],[]]", 3),
        ] {
            assert_eq!(depth(json), expected, "{json}");
        }
    }
}
