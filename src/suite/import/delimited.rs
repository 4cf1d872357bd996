//! CSV and TSV. In CSV quotation marks enclose fields (RFC 4180). TSV in the wild has no such rule: there they
//! are data, unless the whole file is written as spreadsheets and pandas write it: every quotation mark encloses a
//! field or is doubled in one, and some field needs it because of a tab, a comma, a line break or a quotation mark.

use super::table::{Cell, Reading, Record};
use super::text;

/// How a file uses quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    /// Every field with one is enclosed as RFC 4180 says. `needed`: at least one had to be.
    Enclose { needed: bool },
    /// Something else, first seen on this line.
    Else { line: usize, open: bool },
}

/// The records of a file, separated by `delimiter`.
pub(super) fn records(
    bytes: Vec<u8>,
    delimiter: u8,
    reading: &mut Reading,
) -> Result<Vec<Record>, String> {
    let text = text::decode(bytes)?;
    if text.trim().is_empty() {
        return Err("the file is empty".to_owned());
    }
    check_delimiter(&text, delimiter)?;
    let quoting = match (delimiter, quotes(&text, delimiter)) {
        (_, Quotes::Enclose { needed }) => needed || delimiter != b'\t',
        (b'\t', Quotes::Else { .. }) => false,
        (_, Quotes::Else { line, open: true }) => {
            return Err(format!(
                "line {line}: a field opens with a quotation mark that is never closed"
            ));
        }
        (_, Quotes::Else { line, .. }) => {
            return Err(format!(
                "line {line}: text after a closing quotation mark; write `\"\"` for a quotation mark inside a field"
            ));
        }
    };
    if !quoting && text.contains('"') {
        reading
            .notes
            .push("quotation marks were kept as part of the text");
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(quoting)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?;
    let headers: Vec<String> = headers.iter().map(|name| name.trim().to_owned()).collect();
    for (index, name) in headers.iter().enumerate() {
        if headers.iter().take(index).any(|other| other == name) && !name.is_empty() {
            return Err(format!("two columns of the name `{name}`; rename one"));
        }
    }
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let mut record = Record::new();
        for (column, value) in headers.iter().zip(row.iter()) {
            let mut cell = Cell::text(value);
            reading.spool(&mut cell)?;
            record.insert(column.clone(), cell);
        }
        records.push(record);
    }
    Ok(records)
}

/// A file whose header holds another separator, and not this one, is named.
fn check_delimiter(text: &str, delimiter: u8) -> Result<(), String> {
    let header = text.lines().next().unwrap_or_default();
    if header.contains(char::from(delimiter)) {
        return Ok(());
    }
    let mut other = [(';', "`;`"), ('\t', "tabs"), (',', "commas"), ('|', "`|`")].into_iter();
    match other.find(|(mark, _)| header.contains(*mark)) {
        Some((_, name)) if !header.contains('"') => Err(format!(
            "its columns are separated by {name}; save it with commas (.csv) or tabs (.tsv)"
        )),
        _ => Ok(()),
    }
}

fn quotes(text: &str, delimiter: u8) -> Quotes {
    let mut needed = false;
    let (mut line, mut at) = (1, 0);
    let bytes = text.as_bytes();
    let ends = |at: usize| match bytes.get(at) {
        None | Some(b'\n' | b'\r') => true,
        Some(byte) => *byte == delimiter,
    };
    let mut stray = None;
    while at < bytes.len() {
        if bytes.get(at) == Some(&b'"') {
            let opened = line;
            at += 1;
            loop {
                match bytes.get(at) {
                    None => {
                        return Quotes::Else {
                            line: opened,
                            open: true,
                        };
                    }
                    Some(b'"') if bytes.get(at + 1) == Some(&b'"') => {
                        needed = true;
                        at += 2;
                    }
                    Some(b'"') => break,
                    Some(byte) => {
                        needed |= [delimiter, b',', b'\n'].contains(byte);
                        line += usize::from(*byte == b'\n');
                        at += 1;
                    }
                }
            }
            at += 1;
            if !ends(at) {
                return Quotes::Else {
                    line: opened,
                    open: false,
                };
            }
        }
        // The rest of an unenclosed field: in CSV a quotation mark in it is data.
        while !ends(at) {
            if bytes.get(at) == Some(&b'"') && delimiter == b'\t' {
                stray.get_or_insert(line);
            }
            at += 1;
        }
        line += usize::from(bytes.get(at) == Some(&b'\n'));
        at += 1;
    }
    match stray {
        Some(line) => Quotes::Else { line, open: false },
        None => Quotes::Enclose { needed },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tsv_is_enclosed_only_where_it_has_to_be() {
        for (text, expected) in [
            ("a\tb\nx\ty\n", false),
            ("a\tb\n\"x\"\ty\n", false),
            ("a\tb\n\"x\"\"z\"\ty\n", true),
            ("a\tb\n\"x\nz\"\ty\n", true),
            ("a\tb\n\"x, z\"\ty\n", true),
        ] {
            assert_eq!(
                quotes(text, b'\t'),
                Quotes::Enclose { needed: expected },
                "{text}"
            );
        }
        for (text, open) in [
            ("a\n\"x\" y\n", false),
            ("a\n5\" z\n", false),
            ("a\n\"x\n", true),
        ] {
            assert_eq!(
                quotes(text, b'\t'),
                Quotes::Else { line: 2, open },
                "{text}"
            );
        }
    }
}
