//! Keys: read from the environment, sent in a header, shown nowhere.

use std::fmt;

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

    /// A text from outside with every occurrence of the key blotted out: endpoints
    /// repeat keys in their errors.
    pub fn scrub(&self, text: String) -> String {
        if self.0.len() >= SHORTEST_SCRUBBED && text.contains(&self.0) {
            text.replace(&self.0, SCRUBBED)
        } else {
            text
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
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
}
