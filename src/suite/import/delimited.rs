//! CSV and TSV. In CSV quotation marks enclose fields (RFC 4180). TSV in the wild has no such rule: there they
//! are data, unless the whole file is written as spreadsheets and pandas write it: every quotation mark encloses a
//! field or is doubled in one, and some field needs it because of a tab, a comma, a line break or a quotation mark.

use std::fs::File;
use std::io::{self, BufRead, Read};

use super::table::{Reading, Record};
use super::text;

/// How a file uses quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    /// Every field with one is enclosed as RFC 4180 says. `needed`: at least one had to be.
    Enclose { needed: bool },
    /// Something else, first seen on this line.
    Else { line: usize, open: bool },
}

/// The records of a file, separated by `delimiter`. The file is read three times and never as a whole.
pub(super) fn records(
    file: &File,
    delimiter: u8,
    reading: &mut Reading,
) -> Result<Vec<Record>, String> {
    let said = |error: io::Error| error.to_string();
    let limit = reading.limit_bytes;
    let mut header = String::new();
    let mut beginning = text::open(file, limit)?.take(text::MAX_TEXT as u64);
    beginning.read_line(&mut header).map_err(said)?;
    check_delimiter(&header, delimiter)?;
    let (quotes, seen) = quotes(text::open(file, limit)?, delimiter)?;
    if seen.is_blank {
        return Err("the file is empty".to_owned());
    }
    let quoting = match (delimiter, quotes) {
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
    if !quoting && seen.has_quotes {
        reading
            .notes
            .push("quotation marks were kept as part of the text");
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(quoting)
        .from_reader(text::open(file, limit)?);
    let headers = reader.headers().map_err(|error| error.to_string())?;
    let headers: Vec<String> = headers.iter().map(|name| name.trim().to_owned()).collect();
    for (index, name) in headers.iter().enumerate() {
        if headers.iter().take(index).any(|other| other == name) && !name.is_empty() {
            return Err(format!("two columns of the name `{name}`; rename one"));
        }
    }
    let mut records = Vec::new();
    let mut row = csv::StringRecord::new();
    while reader
        .read_record(&mut row)
        .map_err(|error| error.to_string())?
    {
        let mut record = Record::new();
        for (column, value) in headers.iter().zip(row.iter()) {
            record.insert(column.clone(), reading.text(value)?);
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

/// What a file holds beside the use of quotation marks.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Nothing but white space.
    is_blank: bool,
    /// Quotation marks.
    has_quotes: bool,
}

/// Where in a line the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before a field.
    Start,
    /// In a field that is not enclosed.
    Bare,
    /// In an enclosed field.
    Inside,
    /// Behind a quotation mark in an enclosed field: its end, or the first of two.
    Mark,
}

fn quotes(mut text: impl BufRead, delimiter: u8) -> Result<(Quotes, Seen), String> {
    let mut seen = Seen {
        is_blank: true,
        has_quotes: false,
    };
    let (mut at, mut needed, mut stray) = (At::Start, false, None);
    let (mut line, mut opened, mut length) = (1, 1, 0_usize);
    loop {
        let chunk = text.fill_buf().map_err(|error| error.to_string())?;
        if chunk.is_empty() {
            break;
        }
        for &byte in chunk {
            seen.is_blank &= byte.is_ascii_whitespace();
            seen.has_quotes |= byte == b'"';
            let ends = byte == delimiter || byte == b'\n' || byte == b'\r';
            length += 1;
            at = match at {
                At::Start if byte == b'"' => {
                    opened = line;
                    At::Inside
                }
                At::Start | At::Bare | At::Mark if ends => {
                    length = 0;
                    At::Start
                }
                At::Start | At::Bare => {
                    // In CSV a quotation mark in such a field is data.
                    if byte == b'"' && delimiter == b'\t' {
                        stray.get_or_insert(line);
                    }
                    At::Bare
                }
                At::Inside if byte == b'"' => At::Mark,
                At::Inside => {
                    needed |= [delimiter, b',', b'\n'].contains(&byte);
                    At::Inside
                }
                At::Mark if byte == b'"' => {
                    needed = true;
                    At::Inside
                }
                At::Mark => {
                    let (line, open) = (opened, false);
                    return Ok((Quotes::Else { line, open }, seen));
                }
            };
            line += usize::from(byte == b'\n');
        }
        if length > text::MAX_TEXT {
            return Err(format!(
                "line {line}: a field is longer than {} bytes",
                text::MAX_TEXT
            ));
        }
        let count = chunk.len();
        text.consume(count);
    }
    let quotes = match (at, stray) {
        (At::Inside, _) => Quotes::Else {
            line: opened,
            open: true,
        },
        (_, Some(line)) => Quotes::Else { line, open: false },
        (_, None) => Quotes::Enclose { needed },
    };
    Ok((quotes, seen))
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
                quotes(text.as_bytes(), b'\t').unwrap().0,
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
                quotes(text.as_bytes(), b'\t').unwrap().0,
                Quotes::Else { line: 2, open },
                "{text}"
            );
        }
    }
}
