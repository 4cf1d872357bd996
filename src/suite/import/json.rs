//! JSON and JSON lines, as they are found: an array of records, an object of records keyed by id, an object of
//! arrays, or one record a line, whatever the file's ending says; Python's `NaN` is read as nothing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::table::{KEY, LIST, Reading, Record, SourceCell};
use super::text;

/// What is said where numbers that are none were found.
const NOTE: &str = "NaN and Infinity were read as missing values";

/// The records of a `.json` file; `None` when it is sound but holds none. Long pictures in it go to the disk as they
/// come, so the file may be larger than the memory.
pub(super) fn whole(file: &File, reading: &mut Reading) -> Result<Option<Vec<Record>>, String> {
    let text = text::open(file, reading.limit_bytes)?;
    let mut values = values(text, reading)?;
    match values.len() {
        0 => Err("the file is empty".to_owned()),
        1 => Ok(values.pop().and_then(of_value)),
        // Several values: JSON lines, which `Dataset.to_json` writes into files of this ending.
        _ => values
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                record(value).ok_or_else(|| format!("value {}: not an object", index + 1))
            })
            .collect::<Result<_, _>>()
            .map(Some),
    }
}

/// The records of a `.jsonl` file, line by line.
pub(super) fn lines(file: &File, reading: &mut Reading) -> Result<Option<Vec<Record>>, String> {
    let mut text = text::open(file, reading.limit_bytes)?;
    let said = |error: io::Error| error.to_string();
    let head = text.fill_buf().map_err(said)?;
    if head.trim_ascii_start().starts_with(b"[") {
        drop(text);
        return whole(file, reading);
    }
    let mut records = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let mut limited = text.by_ref().take(text::MAX_TEXT as u64);
        if limited.read_until(b'\n', &mut line).map_err(said)? == 0 {
            break;
        }
        let fault = |what: String| format!("line {number}: {what}");
        if line.len() == text::MAX_TEXT {
            return Err(fault(format!("longer than {} bytes", text::MAX_TEXT)));
        }
        match one(line.as_slice(), reading) {
            Ok(Some(record)) => records.push(record),
            Ok(None) => {}
            Err(what) if reading.lenient => reading.broken.push((number, what)),
            Err(what) => return Err(fault(what)),
        }
    }
    Ok(Some(records))
}

/// The record of a line; `None` for a blank one.
fn one(line: &[u8], reading: &mut Reading) -> Result<Option<Record>, String> {
    let mut values = values(line, reading)?;
    let value = match values.len() {
        0 => return Ok(None),
        1 => values.pop(),
        _ => None,
    };
    let record = value.and_then(record);
    record.map(Some).ok_or_else(|| "not one object".to_owned())
}

/// All values of a text, one behind the other.
fn values(text: impl Read, reading: &mut Reading) -> Result<Vec<SourceCell>, String> {
    let mut text = BufReader::with_capacity(BUFFER, Plain::new(text));
    let mut values = Vec::new();
    while more(&mut text).map_err(|error| error.to_string())? {
        let mut one = serde_json::Deserializer::from_reader(&mut text);
        let value = Cells(reading).deserialize(&mut one);
        values.push(value.map_err(|error| match (error.is_io(), values.len()) {
            (true, _) => error.to_string(),
            (false, 0) => format!("not JSON: {error}"),
            // Lines are counted from where the value begins.
            (false, before) => format!("value {}: not JSON: {error}", before + 1),
        })?);
    }
    if text.get_ref().changed && !reading.notes.contains(&NOTE) {
        reading.notes.push(NOTE);
    }
    Ok(values)
}

/// Bytes that are read at once.
const BUFFER: usize = 16 << 10;

/// Passes white space and says whether anything follows.
fn more(text: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let chunk = text.fill_buf()?;
        let (length, rest) = (chunk.len(), chunk.trim_ascii_start().len());
        text.consume(length - rest);
        if length == 0 || rest > 0 {
            return Ok(rest > 0);
        }
    }
}

/// JSON without what JSON does not have: Python writes numbers that are none as `NaN`, `Infinity` and `-Infinity`,
/// which become `null`.
struct Plain<R> {
    inner: BufReader<R>,
    /// Whether the last byte stands in a string.
    inside: bool,
    /// Whether the next byte is escaped.
    escaped: bool,
    /// Bytes since the string began.
    length: usize,
    /// What was read and not yet passed on, last byte first.
    waiting: Vec<u8>,
    /// Whether anything was replaced.
    changed: bool,
}

impl<R: Read> Plain<R> {
    fn new(text: R) -> Self {
        Self {
            inner: BufReader::with_capacity(BUFFER, text),
            inside: false,
            escaped: false,
            length: 0,
            waiting: Vec::new(),
            changed: false,
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let first = self.inner.fill_buf()?.first().copied();
        self.inner.consume(usize::from(first.is_some()));
        Ok(first)
    }

    /// Passes on what stands in a string until a mark or an escape, as far as it is at hand: most bytes of a file with
    /// pictures in base64.
    fn run(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.inside || self.escaped || !self.waiting.is_empty() || self.length > text::MAX_TEXT
        {
            return Ok(0);
        }
        let chunk = self.inner.fill_buf()?;
        let marked = chunk.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        let count = marked.unwrap_or(chunk.len()).min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), chunk.get(..count)) {
            to.copy_from_slice(from);
        }
        self.inner.consume(count);
        self.length += count;
        Ok(count)
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        if let Some(byte) = self.waiting.pop() {
            return Ok(Some(byte));
        }
        let Some(byte) = self.byte()? else {
            return Ok(None);
        };
        if !self.inside && matches!(byte, b'N' | b'I' | b'-') {
            return self.word(byte).map(Some);
        }
        self.length += 1;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.inside => self.escaped = true,
            b'"' => (self.inside, self.length) = (!self.inside, 0),
            _ if self.inside && self.length > text::MAX_TEXT => {
                let message = format!("a text is longer than {} bytes", text::MAX_TEXT);
                return Err(io::Error::other(message));
            }
            _ => {}
        }
        Ok(Some(byte))
    }

    /// The rest of a word that begins like one of the three. Other words are passed on: they are no JSON.
    fn word(&mut self, first: u8) -> io::Result<u8> {
        let mut found = vec![first];
        let words: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
        while words
            .iter()
            .any(|word| word.starts_with(&found) && word.len() > found.len())
        {
            // A quotation mark or a digit ends what is no word; both are read as usual then.
            match self.byte()? {
                Some(byte) => found.push(byte),
                None => break,
            }
        }
        if words.contains(&found.as_slice()) {
            self.changed = true;
            found = b"null".to_vec();
        } else if found.last() == Some(&b'"') {
            (self.inside, self.length) = (true, 0);
        }
        self.waiting = found.into_iter().rev().collect();
        Ok(self.waiting.pop().unwrap_or(first))
    }
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while let Some(rest) = buffer.get_mut(count..).filter(|rest| !rest.is_empty()) {
            let run = self.run(rest)?;
            count += run;
            if run > 0 {
                continue;
            }
            match (self.next()?, rest.first_mut()) {
                (Some(byte), Some(place)) => *place = byte,
                _ => break,
            }
            count += 1;
        }
        Ok(count)
    }
}

fn of_value(value: SourceCell) -> Option<Vec<Record>> {
    match value {
        SourceCell::List(items) => list(items, None),
        SourceCell::Group(object) if object.is_empty() => None,
        SourceCell::Group(object)
            if object
                .values()
                .all(|value| matches!(value, SourceCell::Group(_))) =>
        {
            let keyed = object.into_iter().filter_map(|(key, value)| {
                let mut record = record(value)?;
                record.insert(KEY.to_owned(), SourceCell::Text(key));
                Some(record)
            });
            Some(keyed.collect())
        }
        SourceCell::Group(object) => {
            let lists = object.into_iter().filter_map(|(key, value)| match value {
                SourceCell::List(items) => list(items, Some(&key)),
                _ => None,
            });
            Some(lists.flatten().collect::<Vec<_>>()).filter(|records| !records.is_empty())
        }
        _ => None,
    }
}

/// The records of an array of objects; `None` when it holds anything else.
fn list(items: Vec<SourceCell>, name: Option<&str>) -> Option<Vec<Record>> {
    let named = |item| {
        let mut record = record(item)?;
        if let Some(name) = name {
            record.insert(LIST.to_owned(), SourceCell::text(name));
        }
        Some(record)
    };
    items.into_iter().map(named).collect()
}

fn record(value: SourceCell) -> Option<Record> {
    match value {
        SourceCell::Group(cells) => Some(cells),
        _ => None,
    }
}

/// Makes cells, of which long pictures go to the disk at once.
#[derive(Clone, Copy)]
struct Cells<'a>(&'a Reading);

impl<'de> DeserializeSeed<'de> for Cells<'_> {
    type Value = SourceCell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<SourceCell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cells<'_> {
    type Value = SourceCell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<SourceCell, E> {
        Ok(SourceCell::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<SourceCell, E> {
        Ok(SourceCell::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<SourceCell, E> {
        Ok(SourceCell::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<SourceCell, E> {
        Ok(SourceCell::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<SourceCell, E> {
        Ok(SourceCell::Scalar(value.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SourceCell, E> {
        self.0.text(text).map_err(de::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<SourceCell, A::Error> {
        let mut cells = Vec::new();
        while let Some(cell) = items.next_element_seed(self)? {
            cells.push(cell);
        }
        Ok(SourceCell::List(cells))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<SourceCell, A::Error> {
        let mut cells = BTreeMap::new();
        while let Some(name) = pairs.next_key::<String>()? {
            let cell = pairs.next_value_seed(self)?;
            match cells.entry(name) {
                Entry::Vacant(entry) => entry.insert(cell),
                Entry::Occupied(entry) => {
                    let what = format!("an object has two values of the name `{}`", entry.key());
                    return Err(de::Error::custom(what));
                }
            };
        }
        Ok(SourceCell::Group(cells))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_nothing_outside_of_texts() {
        let plain = |text: &str| {
            let mut kept = String::new();
            Plain::new(text.as_bytes())
                .read_to_string(&mut kept)
                .unwrap();
            kept
        };
        let text = r#"[NaN, "NaN \" NaN", -Infinity, -1, {"é\\": Infinity}, "-Infinity"]"#;
        let expected = r#"[null, "NaN \" NaN", null, -1, {"é\\": null}, "-Infinity"]"#;
        assert_eq!(plain(text), expected);
        // Wherever the buffers end.
        for step in 1..9 {
            let mut plain = Plain::new(text.as_bytes());
            let (mut kept, mut buffer) = (Vec::new(), vec![0; step]);
            loop {
                let count = plain.read(&mut buffer).unwrap();
                kept.extend_from_slice(&buffer[..count]);
                if count == 0 {
                    break;
                }
            }
            assert_eq!(kept, expected.as_bytes(), "{step}");
        }
        for text in [
            "[N\"NaN\"]",
            "-",
            "NaNa",
            "[Inf, \"Infinity\"]",
            "[-\"NaN\", NaN]",
        ] {
            let expected = match text {
                "NaNa" => "nulla",
                "[-\"NaN\", NaN]" => "[-\"NaN\", null]",
                same => same,
            };
            assert_eq!(plain(text), expected);
        }
    }
}
