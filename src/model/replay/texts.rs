//! Texts as they lie in files: UTF-8, or UTF-16 that says so by its byte order mark.

use serde_json::{Map, Value};

use crate::common::picture::{LFS_ADVICE, is_lfs_pointer};
use crate::model::{Part, text};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The reasoning in a text file, its byte order mark left out. Bytes without a mark that are not UTF-8 become
/// U+FFFD; that and another encoding are noted in `details`.
///
/// # Errors
/// Why the file is no text that anybody wrote.
pub(super) fn reasoning(
    bytes: Vec<u8>,
    details: &mut Map<String, Value>,
) -> Result<Part<String>, &'static str> {
    if is_lfs_pointer(&bytes) {
        return Err(LFS_ADVICE);
    }
    let utf16 = match bytes.get(..2) {
        Some(b"\xff\xfe") => Some(u16::from_le_bytes as fn([u8; 2]) -> u16),
        Some(b"\xfe\xff") => Some(u16::from_be_bytes as fn([u8; 2]) -> u16),
        _ => None,
    };
    let bytes = match utf16 {
        Some(unit) => {
            details.insert("reasoning_encoding".into(), "UTF-16".into());
            from_utf16(bytes.get(2..).unwrap_or_default(), unit)?.into_bytes()
        }
        None => match bytes.strip_prefix(UTF8_MARK) {
            Some(rest) => rest.to_vec(),
            None => bytes,
        },
    };
    if bytes.contains(&0) {
        return Err(
            "it holds zero bytes, as UTF-16 without a byte order mark does; save it as UTF-8",
        );
    }
    Ok(text::reasoning(bytes, details))
}

/// What to say of a text with these details, if anything.
pub(super) fn remark(details: &Map<String, Value>) -> Option<&'static str> {
    if details.contains_key("reasoning_encoding") {
        return Some("in UTF-16, decoded by the byte order mark");
    }
    let bad = details.contains_key("reasoning_not_utf8");
    bad.then_some("not in UTF-8: bytes that cannot be read became U+FFFD")
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, &'static str> {
    const BROKEN: &str = "it begins as UTF-16 and is not; save it as UTF-8";
    let (pairs, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(BROKEN);
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map_err(|_| BROKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Part<String>, &'static str> {
        reasoning(bytes.to_vec(), &mut Map::new())
    }

    #[test]
    fn marks_of_byte_order_are_obeyed() {
        let words = "Tür ist rot 🚪.";
        let given = Ok(Part::Given(words.to_owned()));
        let units = || words.encode_utf16();
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(words.as_bytes()), given);
        assert_eq!(read(&[UTF8_MARK, words.as_bytes()].concat()), given);
        assert_eq!(read(&[b"\xff\xfe", &little[..]].concat()), given);
        assert_eq!(read(&[b"\xfe\xff", &big[..]].concat()), given);
        // No mark, half a unit, half a pair, UTF-32.
        for bad in [
            little.clone(),
            [b"\xff\xfe", &little[..7]].concat(),
            b"\xff\xfe\x00\xd8a\0".to_vec(),
            b"\xff\xfe\0\0a\0\0\0".to_vec(),
        ] {
            assert!(read(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn pointers_are_no_texts_and_silence_is_one() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
        assert!(read(pointer).unwrap_err().contains("git-lfs"));
        assert_eq!(read(b""), Ok(Part::Empty));
        assert_eq!(read(b"\xff\xfe"), Ok(Part::Empty));
        assert_eq!(read(b"\xef\xbb\xbf \n"), Ok(Part::Empty));
    }
}
