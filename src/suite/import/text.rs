//! Text of data files: UTF-8, or UTF-16 by its byte order mark.

use crate::common::picture::Foreign;

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
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        format!("not UTF-8 (byte {offset}; perhaps Latin-1 or Windows-1252); save it as UTF-8")
    })
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
