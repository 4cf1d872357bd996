//! Characters that do not show themselves, in one list, and text made harmless for a terminal.
//!
//! What came from outside (suites, models, judges, file names) may hold terminal escapes, characters that turn the
//! direction of what follows, and characters that show nothing. The terminal, the page and the fence around a
//! judge's material take what they refuse from [`hidden`].

/// What a character does that does not show itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Moves on within the text: tabs and every kind of line break.
    Layout,
    /// Any other control character; escapes of terminals begin with one.
    Control,
    /// Changes the direction of its surroundings.
    Direction,
    /// Joins or parts its neighbours, as some scripts and emoji need.
    Joiner,
    /// Shows nothing: zero-width and blank characters, tags, selectors beyond those of emoji.
    Blank,
}

/// How a character hides; `None` for one that shows itself.
pub fn hidden(c: char) -> Option<Hidden> {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
            Some(Hidden::Layout)
        }
        c if c.is_control() => Some(Hidden::Control),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(Hidden::Direction)
        }
        '\u{200c}' | '\u{200d}' => Some(Hidden::Joiner),
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some(Hidden::Blank),
        _ => None,
    }
}

/// Text for one line: whatever does not show itself becomes `?`, line breaks included.
pub fn line(text: &str) -> String {
    let shown = |c| if hidden(c).is_some() { '?' } else { c };
    text.chars().map(shown).collect()
}

/// Text for a terminal: whatever does not show itself becomes `?`, but for line feeds and tabs.
pub fn lines(text: &str) -> String {
    let shown = |c| match c {
        '\n' | '\t' => c,
        c if hidden(c).is_some() => '?',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// The beginning of a text for messages: control characters become spaces, at most
/// `limit` bytes and an ellipsis.
pub fn excerpt(text: &str, limit: usize) -> String {
    let kept = text.get(..text.floor_char_boundary(limit)).unwrap_or("");
    let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    let mut out: String = kept.chars().map(clean).collect();
    if kept.len() < text.len() {
        out.push('…');
    }
    out
}

/// JSON with every hidden character of its strings as an escape: it means the same.
pub fn json(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || hidden(c).is_none() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOSTILE: &str = "a\u{1b}]0;T\u{7}\u{9b}31m\u{202e}b\u{200b}\u{e0041}\u{7f}\r";

    #[test]
    fn nothing_hidden_reaches_a_terminal() {
        assert_eq!(line(HOSTILE), "a?]0;T??31m?b????");
        assert_eq!(lines("a\n\tb\u{2028}c\r\n"), "a\n\tb?c?\n");
        assert_eq!(line("a\nb"), "a?b");
        assert_eq!(excerpt("a\u{1b}[31mb\nc", 100), "a [31mb\nc");
        assert_eq!(excerpt("äöü", 3), "ä…");
        // Emoji, accents and scripts stay.
        assert_eq!(line("❤\u{fe0f} é 中 e\u{301}"), "❤\u{fe0f} é 中 e\u{301}");
    }

    proptest! {
        #[test]
        fn json_stays_what_it_is(text in "\\PC{0,40}|[\u{1b}\u{7f}\u{85}\u{202e}\u{2028}\u{e0041}\"\\\\\n]{0,40}") {
            let plain = serde_json::to_string(&text).unwrap();
            let escaped = json(&plain);
            prop_assert!(escaped.chars().all(|c| hidden(c).is_none()));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }
    }
}
