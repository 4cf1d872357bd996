//! Untrusted text on its way into a page: bounded, without control and direction characters, and as JSON that
//! may stand inside a script element.

use serde::Serialize;

use crate::common::plain::{Hidden, hidden};

/// Text cut to a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bounded {
    /// What is shown.
    pub text: String,
    /// Characters of the whole where something was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<usize>,
}

/// At most `most` characters of a text. Control characters other than line breaks and tabs, and characters that
/// show nothing or change the direction of what follows, become U+FFFD.
pub fn bounded(text: &str, most: usize) -> Bounded {
    let shown: String = text.chars().take(most).map(harmless).collect();
    let whole = text.chars().count();
    Bounded {
        text: shown,
        of: (whole > most).then_some(whole),
    }
}

fn harmless(c: char) -> char {
    match hidden(c) {
        Some(Hidden::Layout) if c == '\n' || c == '\t' => c,
        None | Some(Hidden::Joiner) => c,
        Some(_) => '\u{fffd}',
    }
}

/// A value as JSON in which no character can end a script element, start a comment there or end a line of
/// JavaScript.
///
/// # Errors
/// Those of serde.
pub fn script_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let plain = serde_json::to_string(value)?;
    let mut safe = String::with_capacity(plain.len() + plain.len() / 64);
    for c in plain.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            c => safe.push(c),
        }
    }
    Ok(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_and_hostile_text() {
        let text = "é".repeat(10);
        let cut = bounded(&text, 4);
        assert_eq!((cut.text.as_str(), cut.of), ("éééé", Some(10)));
        assert_eq!(bounded(&text, 10).of, None);
        assert_eq!(
            bounded("a\u{202e}b\u{0}\n\tc", 9).text,
            "a\u{fffd}b\u{fffd}\n\tc"
        );
    }

    proptest! {
        #[test]
        fn script_json_means_the_same_and_cannot_leave_its_element(text in "\\PC*|[<>&/!\u{2028}\u{2029}a-z-]*") {
            let json = script_json(&text).unwrap();
            let leaves = json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
            prop_assert!(!leaves);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
