//! JSON and JSON lines, as they are found: an array of records, an object of records keyed by id, an object of
//! arrays, or one record a line, whatever the file's ending says; Python's `NaN` is read as nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};

use super::table::{Cell, KEY, LIST, Reading, Record};
use super::text;

/// Bytes at the beginning of a file that tell what it is.
const HEAD: u64 = 512;
/// Longest line of JSON lines, in bytes: a picture in base64 and its record.
const MAX_LINE: u64 = 96 << 20;

/// The records of a `.json` file; `None` when it is sound but holds none.
pub(super) fn whole(bytes: Vec<u8>, reading: &mut Reading) -> Result<Option<Vec<Record>>, String> {
    let text = text::decode(bytes)?;
    if text.trim().is_empty() {
        return Err("the file is empty".to_owned());
    }
    let mut values = parse(&text, reading)?;
    match values.len() {
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
pub(super) fn lines(
    mut file: impl Read,
    reading: &mut Reading,
) -> Result<Option<Vec<Record>>, String> {
    let mut start = Vec::new();
    let began = file.by_ref().take(HEAD).read_to_end(&mut start);
    began.map_err(|error| error.to_string())?;
    let is_utf8 = !matches!(
        start.as_slice(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]
    );
    let first = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    let first = first.trim_ascii_start();
    // An array, or text in another encoding, is read as a whole.
    if !is_utf8 || first.starts_with(b"[") || text::is_foreign(first) {
        let mut bytes = start;
        file.read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
        return whole(bytes, reading);
    }
    let mut rest = BufReader::new(start.as_slice().chain(file));
    let mut records = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let mut limited = rest.by_ref().take(MAX_LINE);
        let read = limited.read_until(b'\n', &mut line);
        if read.map_err(|error| error.to_string())? == 0 {
            break;
        }
        let fault = |what: String| format!("line {number}: {what}");
        if line.len() as u64 == MAX_LINE {
            return Err(fault(format!("longer than {MAX_LINE} bytes")));
        }
        let text = line
            .strip_prefix(b"\xef\xbb\xbf")
            .filter(|_| number == 1)
            .unwrap_or(&line);
        let text = std::str::from_utf8(text)
            .map_err(|_| fault("not UTF-8; save the file as UTF-8".to_owned()))?;
        if text.trim().is_empty() {
            continue;
        }
        let mut values = parse(text, reading).map_err(&fault)?;
        let value = values.pop().filter(|_| values.is_empty());
        let record = value
            .and_then(record)
            .ok_or_else(|| fault("not one object".to_owned()))?;
        records.push(record);
    }
    Ok(Some(records))
}

/// All values of a text.
fn parse(text: &str, reading: &mut Reading) -> Result<Vec<Cell>, String> {
    let text = match without_nan(text) {
        Cow::Owned(changed) => {
            let note = "NaN and Infinity were read as nothing";
            if !reading.notes.contains(&note) {
                reading.notes.push(note);
            }
            Cow::Owned(changed)
        }
        same => same,
    };
    let values = serde_json::Deserializer::from_str(&text).into_iter::<Cell>();
    let values: Result<Vec<Cell>, _> = values.collect();
    let mut values = values.map_err(|error| format!("not JSON: {error}"))?;
    for value in &mut values {
        reading.spool(value)?;
    }
    Ok(values)
}

/// Python writes numbers that are none as `NaN`, `Infinity` and `-Infinity`, which JSON does not have.
fn without_nan(text: &str) -> Cow<'_, str> {
    const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !text.contains("NaN") && !text.contains("Infinity") {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let (mut inside, mut rest) = (false, text);
    while let Some(next) = rest.chars().next() {
        let word = WORDS
            .into_iter()
            .find(|word| !inside && rest.starts_with(word));
        let taken = match word {
            Some(word) => {
                kept.push_str("null");
                word.len()
            }
            None if inside && next == '\\' => {
                let escape = 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
                kept.push_str(rest.get(..escape).unwrap_or_default());
                escape
            }
            None => {
                inside ^= next == '"';
                kept.push(next);
                next.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    Cow::Owned(kept)
}

fn of_value(value: Cell) -> Option<Vec<Record>> {
    match value {
        Cell::List(items) => list(items, None),
        Cell::Group(object) if object.is_empty() => None,
        Cell::Group(object) if object.values().all(|value| matches!(value, Cell::Group(_))) => {
            let keyed = object.into_iter().filter_map(|(key, value)| {
                let mut record = record(value)?;
                record.insert(KEY.to_owned(), Cell::Text(key));
                Some(record)
            });
            Some(keyed.collect())
        }
        Cell::Group(object) => {
            let lists = object.into_iter().filter_map(|(key, value)| match value {
                Cell::List(items) => list(items, Some(&key)),
                _ => None,
            });
            Some(lists.flatten().collect::<Vec<_>>()).filter(|records| !records.is_empty())
        }
        _ => None,
    }
}

/// The records of an array of objects; `None` when it holds anything else.
fn list(items: Vec<Cell>, name: Option<&str>) -> Option<Vec<Record>> {
    let named = |item| {
        let mut record = record(item)?;
        if let Some(name) = name {
            record.insert(LIST.to_owned(), Cell::text(name));
        }
        Some(record)
    };
    items.into_iter().map(named).collect()
}

fn record(value: Cell) -> Option<Record> {
    match value {
        Cell::Group(cells) => Some(cells),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cells;
        impl<'de> Visitor<'de> for Cells {
            type Value = Cell;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
                Ok(Cell::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
                Ok(Cell::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
                Ok(Cell::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
                Ok(Cell::Scalar(value.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
                Ok(Cell::text(text))
            }

            fn visit_string<E>(self, text: String) -> Result<Cell, E> {
                Ok(Cell::text(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell, A::Error> {
                let mut cells = Vec::new();
                while let Some(cell) = items.next_element()? {
                    cells.push(cell);
                }
                Ok(Cell::List(cells))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Cell, A::Error> {
                let mut cells = BTreeMap::new();
                while let Some((name, cell)) = pairs.next_entry::<String, Cell>()? {
                    match cells.entry(name) {
                        Entry::Vacant(entry) => entry.insert(cell),
                        Entry::Occupied(entry) => {
                            let what =
                                format!("an object has two values of the name `{}`", entry.key());
                            return Err(de::Error::custom(what));
                        }
                    };
                }
                Ok(Cell::Group(cells))
            }
        }
        deserializer.deserialize_any(Cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_nothing_outside_of_texts() {
        let text = r#"[NaN, "NaN \" NaN", -Infinity, {"é": Infinity}]"#;
        assert_eq!(
            without_nan(text),
            r#"[null, "NaN \" NaN", null, {"é": null}]"#
        );
    }
}
