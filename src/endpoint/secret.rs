//! Keys: read from the environment, sent in a header, shown nowhere.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::header::HeaderValue;

/// What stands in place of a key that an endpoint sent back.
const SCRUBBED: &str = "[key]";
/// A shorter key is not looked for in texts: it would be found by chance.
const SHORTEST_SCRUBBED: usize = 8;

/// A key. Neither `Debug` nor any other trait shows it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a key; `None` when it is blank.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.trim();
        (!key.is_empty()).then(|| Self(key.to_owned()))
    }

    /// The key of an environment variable; `None` when it is unset or blank.
    pub fn from_env(variable: &str) -> Option<Self> {
        Self::new(&std::env::var(variable).ok()?)
    }

    /// A header value `prefix` + key, marked sensitive; `None` when the key holds
    /// characters that no header may hold.
    pub fn header(&self, prefix: &str) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// A text from outside with every occurrence of the key blotted out: endpoints repeat keys in
    /// their errors. The key is found as it is, with any of its characters escaped as in JSON,
    /// URLs or HTML, and in base 64.
    pub fn scrub(&self, text: String) -> String {
        if self.0.len() < SHORTEST_SCRUBBED {
            return text;
        }
        let mut text = self.without_spellings(text);
        for encoded in in_base64(self.0.as_bytes()) {
            if text.contains(&encoded) {
                text = text.replace(&encoded, SCRUBBED);
            }
        }
        text
    }

    fn without_spellings(&self, text: String) -> String {
        let mut clean = String::new();
        let mut kept_to = 0;
        let mut at = 0;
        while at < text.len() {
            match spelled_at(text.as_bytes(), at, self.0.as_bytes()) {
                Some(end) => {
                    clean += text.get(kept_to..at).unwrap_or_default();
                    clean += SCRUBBED;
                    (kept_to, at) = (end, end);
                }
                None => at += 1,
            }
        }
        match kept_to {
            0 => text,
            _ => clean + text.get(kept_to..).unwrap_or_default(),
        }
    }
}

/// Where the spelling of a key ends that begins at `at`.
fn spelled_at(text: &[u8], at: usize, key: &[u8]) -> Option<usize> {
    key.iter()
        .try_fold(at, |at, wanted| byte_at(text, at, *wanted))
}

/// Where a character ends that is written at `at` as itself, after any number of backslashes, as
/// `\u002f`, `%2f` (also `%252f`) or `&#47;`.
fn byte_at(text: &[u8], at: usize, wanted: u8) -> Option<usize> {
    let rest = text.get(at..)?;
    let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
    let bare = rest.get(slashes..)?;
    let hex = |digits: Option<&[u8]>| {
        let digits = std::str::from_utf8(digits?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let is_wanted = |code: Option<u32>| code == Some(u32::from(wanted));
    match bare {
        [b'u', ..] if slashes > 0 && is_wanted(hex(bare.get(1..5))) => Some(at + slashes + 5),
        [b'%', ..] if is_wanted(hex(bare.get(1..3))) => Some(at + slashes + 3),
        [b'%', b'2', b'5', ..] if is_wanted(hex(bare.get(3..5))) => Some(at + slashes + 5),
        [b'&', b'#', number @ ..] => {
            let digits = number.iter().take(7).position(|byte| *byte == b';')?;
            let name = std::str::from_utf8(number.get(..digits)?).ok()?;
            let code = match name.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => name.parse().ok(),
            };
            is_wanted(code).then_some(at + slashes + 2 + digits + 1)
        }
        [first, ..] if *first == wanted => Some(at + slashes + 1),
        _ => None,
    }
}

/// The parts of base 64 texts that depend on the key alone, whatever stands before and after it.
fn in_base64(key: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for before in 0..3 {
        let bytes = [&[0; 2][..before], key].concat();
        let first = (8 * before).div_ceil(6);
        let end = 8 * bytes.len() / 6;
        for text in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            found.extend(text.get(first..end).map(str::to_owned));
        }
    }
    found.sort();
    found.dedup();
    found
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_key_is_shown_nowhere() {
        let secret = Secret::new(" canary-key-123 \n").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret");
        let header = secret.header("Bearer ").unwrap();
        assert!(!format!("{header:?}").contains("canary"));
        assert_eq!(
            secret.scrub("wrong key: canary-key-123!".into()),
            "wrong key: [key]!"
        );
        assert!(Secret::new("  ").is_none());
        assert!(Secret::new("a\nb").unwrap().header("").is_none());
    }

    #[test]
    fn every_spelling_of_a_key_is_blotted_out() {
        let key = "sk/canary+key=12";
        let secret = Secret::new(key).unwrap();
        let spelled = |spell: &dyn Fn(char) -> String| key.chars().map(spell).collect::<String>();
        let odd = |c: char| !c.is_ascii_alphanumeric();
        for text in [
            key.replace('/', "\\/"),
            key.replace('/', "\\\\/"),
            spelled(&|c| format!("\\u{:04x}", c as u32)),
            spelled(&|c| format!("\\\\u{:04X}", c as u32)),
            spelled(&|c| {
                if odd(c) {
                    format!("%{:02X}", c as u32)
                } else {
                    c.into()
                }
            }),
            spelled(&|c| {
                if odd(c) {
                    format!("%25{:02x}", c as u32)
                } else {
                    c.into()
                }
            }),
            spelled(&|c| {
                if odd(c) {
                    format!("&#{};", c as u32)
                } else {
                    c.into()
                }
            }),
            spelled(&|c| {
                if odd(c) {
                    format!("&#x{:x};", c as u32)
                } else {
                    c.into()
                }
            }),
        ] {
            let shown = secret.scrub(format!("a {text} ü {text}"));
            assert_eq!(shown, "a [key] ü [key]", "{text}");
        }
        for before in ["", "x", "Bearer ", "user:"] {
            for engine in [&STANDARD, &base64::engine::general_purpose::URL_SAFE] {
                let text = engine.encode(format!("{before}{key}; more"));
                let shown = secret.scrub(text.clone());
                assert!(shown.contains("[key]"), "{before}: {shown}");
                // At least 20 characters of base 64 tell of these 16 bytes alone.
                assert!(
                    shown.len() + 15 <= text.len(),
                    "{before}: {shown} of {text}"
                );
            }
        }
        let harmless = "sk/canary+key=1 \\u0073k %73 &#115; ü\\".to_owned();
        assert_eq!(secret.scrub(harmless.clone()), harmless);
    }
}
