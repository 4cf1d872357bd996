//! Text of data files: UTF-8, or UTF-16 by its byte order mark.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};

use crate::common::picture::Foreign;

/// Longest text, field or line of a data file, in bytes: a picture in base64 and its record.
pub(super) const MAX_TEXT: usize = 96 << 20;
/// Bytes at the beginning of a file that tell what it is.
const HEAD: u64 = 512;
/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;

/// The text of a file from its beginning, without a byte order mark. UTF-8 is checked as it passes, so a file may be
/// larger than the memory; UTF-16 is read as a whole, up to `limit` bytes.
///
/// # Errors
/// What the file is instead, and what to do.
pub(super) fn open(mut file: &File, limit: u64) -> Result<Box<dyn BufRead + '_>, String> {
    let said = |error: io::Error| error.to_string();
    file.rewind().map_err(said)?;
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head).map_err(said)?;
    let is_utf16 = matches!(
        head.as_slice(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]
    );
    if is_utf16 || is_foreign(&head) {
        file.take(limit).read_to_end(&mut head).map_err(said)?;
        return Ok(Box::new(Cursor::new(decode(head)?.into_bytes())));
    }
    let begin = usize::from(head.starts_with(b"\xef\xbb\xbf")) * 3;
    let mut head = Cursor::new(head);
    head.set_position(begin as u64);
    let checked = Checked {
        inner: head.chain(file.take(limit)),
        open: Vec::new(),
        passed: begin,
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, checked)))
}

/// Passes UTF-8 on and fails at the first byte that is none.
struct Checked<R> {
    inner: R,
    /// The first bytes of a character whose last ones have not come yet.
    open: Vec<u8>,
    /// Bytes before those.
    passed: usize,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let new = buffer.get(..count).unwrap_or_default();
        if count == 0 && !buffer.is_empty() && !self.open.is_empty() {
            return Err(io::Error::other(not_utf8(self.passed)));
        }
        let joined: Vec<u8>;
        let text = match self.open.is_empty() {
            true => new,
            false => {
                joined = [self.open.as_slice(), new].concat();
                &joined
            }
        };
        let (valid, open) = match std::str::from_utf8(text) {
            Ok(_) => (text.len(), Vec::new()),
            Err(error) if error.error_len().is_some() => {
                let message = not_utf8(self.passed + error.valid_up_to());
                return Err(io::Error::other(message));
            }
            Err(error) => {
                let open = text.get(error.valid_up_to()..).unwrap_or_default();
                (error.valid_up_to(), open.to_vec())
            }
        };
        self.passed += valid;
        self.open = open;
        Ok(count)
    }
}

fn not_utf8(offset: usize) -> String {
    format!("not UTF-8 (byte {offset}; perhaps Latin-1 or Windows-1252); save it as UTF-8")
}

/// The text of bytes, without a byte order mark.
///
/// # Errors
/// What the bytes are instead, and what to do.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    match Foreign::of(&bytes) {
        Some(Foreign::LfsPointer) => {
            return Err(
                "a git-lfs pointer: the file itself was not fetched; run `git lfs pull`".to_owned(),
            );
        }
        Some(found @ (Foreign::Zip | Foreign::Html)) => return Err(found.to_string()),
        _ => {}
    }
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0, byte, ..] | [byte, 0, ..] if *byte != 0 => {
            Err("UTF-16 without a byte order mark; save it as UTF-8".to_owned())
        }
        [0xef, 0xbb, 0xbf, ..] => utf8(bytes.get(3..).unwrap_or_default().to_vec()),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| not_utf8(error.utf8_error().valid_up_to()))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    let text = String::from_utf16(&units).ok().filter(|_| rest.is_empty());
    text.ok_or_else(|| "damaged UTF-16; save it as UTF-8".to_owned())
}

/// Whether bytes begin like a git-lfs pointer, an archive or a page, and not like data.
pub(super) fn is_foreign(bytes: &[u8]) -> bool {
    matches!(
        Foreign::of(bytes),
        Some(Foreign::LfsPointer | Foreign::Zip | Foreign::Html)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_checked_over_the_edges_of_buffers() {
        let text = "aé€😀".repeat(7);
        let read = |bytes: &[u8], step: usize| {
            let mut checked = Checked {
                inner: bytes,
                open: Vec::new(),
                passed: 0,
            };
            let mut buffer = vec![0; step];
            let mut all = Vec::new();
            loop {
                match checked.read(&mut buffer) {
                    Ok(0) => return Ok(all),
                    Ok(count) => all.extend_from_slice(&buffer[..count]),
                    Err(error) => return Err(error.to_string()),
                }
            }
        };
        for step in 1..9 {
            assert_eq!(read(text.as_bytes(), step).unwrap(), text.as_bytes());
            let cut = &text.as_bytes()[..text.len() - 1];
            assert!(
                read(cut, step)
                    .unwrap_err()
                    .contains(&format!("byte {}", text.len() - 4))
            );
            let latin = [text.as_bytes(), b"\xe9t"].concat();
            assert!(
                read(&latin, step)
                    .unwrap_err()
                    .contains(&format!("byte {}", text.len()))
            );
        }
    }
}
