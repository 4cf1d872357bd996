//! Text that models write: kept verbatim, bounded, never trusted to be UTF-8.

use serde_json::{Map, Value};

pub(crate) use crate::common::files::safe_name;
pub(crate) use crate::common::plain::excerpt;
use crate::model::Part;

/// Most bytes of a reasoning text that are kept; what lies beyond is cut off and
/// the answer's details say so.
pub const MAX_REASONING_BYTES: usize = 1 << 20;

/// Makes the reasoning part of raw bytes: verbatim, white space and think tags
/// included. Text of white space alone is [`Part::Empty`]: the model said nothing.
/// Bytes that are not UTF-8 become U+FFFD, and text beyond [`MAX_REASONING_BYTES`]
/// is cut off; both are noted in `details`.
pub(crate) fn reasoning(bytes: Vec<u8>, details: &mut Map<String, Value>) -> Part<String> {
    let mut text = String::from_utf8(bytes).unwrap_or_else(|error| {
        details.insert("reasoning_not_utf8".into(), true.into());
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    });
    if text.len() > MAX_REASONING_BYTES {
        details.insert("reasoning_cut_from_bytes".into(), text.len().into());
        text.truncate(text.floor_char_boundary(MAX_REASONING_BYTES));
    }
    if text.trim().is_empty() {
        Part::Empty
    } else {
        Part::Given(text)
    }
}

/// The first few of many names, for messages: `a, b, c and 7 more`.
pub(crate) fn few<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_verbatim_bounded_and_honest() {
        let mut details = Map::new();
        let raw = "<think>\n a  \n</think> b\n";
        assert_eq!(
            reasoning(raw.into(), &mut details),
            Part::Given(raw.to_owned())
        );
        assert!(details.is_empty());
        assert_eq!(reasoning(b" \n\t".to_vec(), &mut details), Part::Empty);

        let bad = reasoning(b"caf\xe9".to_vec(), &mut details);
        assert_eq!(bad, Part::Given("caf\u{fffd}".to_owned()));
        assert_eq!(details["reasoning_not_utf8"], true);

        // The cut falls inside a two-byte character.
        let long = format!("a{}", "é".repeat(MAX_REASONING_BYTES));
        let Part::Given(cut) = reasoning(long.clone().into(), &mut details) else {
            panic!("text expected");
        };
        assert_eq!(cut.len(), MAX_REASONING_BYTES - 1);
        assert_eq!(details["reasoning_cut_from_bytes"], long.len());
    }

    #[test]
    fn names_are_made_safe() {
        assert_eq!(safe_name("my model (v2)"), "my-model--v2-");
        assert_eq!(safe_name("../.."), "model");
        assert_eq!(safe_name(""), "model");
        assert_eq!(
            few(&["a", "b", "c", "d", "e", "f", "g"]),
            "a, b, c, d, e and 2 more"
        );
    }
}
