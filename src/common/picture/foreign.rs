//! What bytes are that are no picture which is read: so that a message can name it and say what to do.

use std::fmt;

/// How the first line of a git-lfs pointer begins (git-lfs, docs/spec.md).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
/// What to say about a pointer, after the file's name.
pub const LFS_ADVICE: &str = "a git-lfs pointer: the file itself was not fetched; run `git lfs pull` where the files are from, \
     or download the file";
/// Bytes that are looked at for HTML and SVG, which may begin with white space and comments.
const LOOKED_AT: usize = 512;

/// Bytes that were recognised as something else than a picture that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Nothing at all.
    Empty,
    /// A git-lfs pointer: the file itself was never fetched.
    LfsPointer,
    /// A page of HTML.
    Html,
    /// An error message or another object in JSON.
    Json,
    /// A ZIP archive.
    Zip,
    /// A picture, or a document, in a format that is not read: its name.
    Format(&'static str),
}

impl Foreign {
    /// Recognises bytes by how they begin.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let brand = bytes
            .get(8..12)
            .filter(|_| bytes.get(4..8) == Some(b"ftyp"));
        let text = bytes.get(..LOOKED_AT).unwrap_or(bytes);
        let text = text
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(text)
            .trim_ascii_start();
        let has = |words: &[u8]| {
            let mut windows = text.windows(words.len());
            windows.any(|window| window.eq_ignore_ascii_case(words))
        };
        Some(match bytes {
            [] => Self::Empty,
            _ if is_lfs_pointer(bytes) => Self::LfsPointer,
            _ if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") => Self::Format("TIFF"),
            _ if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") => Self::Zip,
            _ if bytes.starts_with(b"%PDF-") => Self::Format("PDF"),
            _ if bytes.starts_with(b"8BPS") => Self::Format("a Photoshop file"),
            _ if bytes.starts_with(b"\0\0\x01\0") => Self::Format("ICO"),
            _ if bytes.starts_with(b"\xff\x0a") || bytes.starts_with(b"\0\0\0\x0cJXL ") => {
                Self::Format("JPEG XL")
            }
            _ if bytes.starts_with(b"\0\0\0\x0cjP  ") => Self::Format("JPEG 2000"),
            _ if bytes.starts_with(b"\x1a\x45\xdf\xa3") => Self::Format("a WebM film"),
            _ if let Some(brand) = brand => Self::Format(match brand {
                b"avif" | b"avis" => "AVIF",
                b"heic" | b"heix" | b"mif1" | b"msf1" | b"heif" => "HEIC",
                _ => "an MP4 film",
            }),
            _ if text.starts_with(b"<") && has(b"<svg") => Self::Format("SVG"),
            _ if text.starts_with(b"<") && (has(b"<html") || has(b"<!doctype html")) => Self::Html,
            _ if text.starts_with(b"{") => Self::Json,
            _ => return None,
        })
    }
}

/// Whether bytes are a git-lfs pointer: what lies in a clone in place of a file that was not fetched.
pub fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(LFS)
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty file"),
            Self::LfsPointer => f.write_str(LFS_ADVICE),
            Self::Html => f.write_str(
                "a page of HTML, not a picture: a download that failed or needs a login; fetch it again",
            ),
            Self::Json => f.write_str("JSON, not a picture: perhaps an error message; fetch it again"),
            Self::Zip => f.write_str("a ZIP archive; unpack it first"),
            Self::Format(name) => write!(f, "{name}, which is not read; convert it to PNG"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_place_of_a_picture_is_named() {
        for (bytes, word) in [
            (&b""[..], "empty"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
                "git lfs pull",
            ),
            (b"\n<!DOCTYPE html><html>", "HTML"),
            (b"<?xml version=\"1.0\"?><!-- a --><svg>", "SVG"),
            (b"{\"error\": 1}", "JSON"),
            (b"\0\0\0\x1cftypavif\0\0", "AVIF"),
            (b"II*\0\x08", "TIFF"),
            (b"PK\x03\x04", "ZIP"),
        ] {
            assert!(
                Foreign::of(bytes).unwrap().to_string().contains(word),
                "{word}"
            );
        }
        assert_eq!(Foreign::of(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(Foreign::of(b"some words"), None);
    }
}
