//! Judges' replies that were paid for once.

use serde::{Deserialize, Serialize};

use crate::common::digest::Digest;
use crate::common::kept::{Keepable, Kept};
use crate::judge::Usage;

/// A folder of judges' replies.
pub type Cache = Kept<Entry>;

/// A reply that gave a mark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The judge's words.
    pub reply: String,
    /// The model that was served.
    pub served_model: Option<String>,
    /// The endpoint's fingerprint of its system.
    pub fingerprint: Option<String>,
    /// Tokens that the call used.
    pub usage: Usage,
    /// Digest of the whole prompt, encoded pictures included.
    pub prompt_digest: Digest,
    /// Digests of the pictures as they were sent.
    pub image_digests: Vec<Digest>,
}

impl Keepable for Entry {
    const VERSION: u32 = 1;
    const MAX_BYTES: u64 = 1 << 20;
    const FOLDER: &'static str = "judge";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            reply: "{\"reasoning\": \"ü\", \"k\": 4}".into(),
            served_model: Some("m".into()),
            fingerprint: None,
            usage: Usage {
                input_tokens: 1,
                output_tokens: 2,
            },
            prompt_digest: Digest::of(b"prompt"),
            image_digests: vec![Digest::of(b"image")],
        }
    }

    #[test]
    fn what_was_put_is_there_and_other_keys_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("deep/er"));
        let (key, other) = (Digest::of(b"key"), Digest::of(b"other"));
        assert_eq!(cache.get(&key), None);
        cache.put(&key, entry()).unwrap();
        assert_eq!(cache.get(&key), Some(entry()));
        assert_eq!(cache.get(&other), None);
        std::fs::create_dir_all(cache.path(&other).parent().unwrap()).unwrap();
        std::fs::copy(cache.path(&key), cache.path(&other)).unwrap();
        assert_eq!(cache.get(&other), None, "a copy under another name");
    }

    /// Whatever byte is changed and wherever the file is cut, the entry is as it was
    /// or absent, and can be written anew.
    #[test]
    fn damaged_files_are_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        let key = Digest::of(b"key");
        cache.put(&key, entry()).unwrap();
        let path = cache.path(&key);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(cache.get(&key), None, "byte {at} changed");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(cache.get(&key), None, "cut at {at}");
        }
        cache.put(&key, entry()).unwrap();
        assert_eq!(cache.get(&key), Some(entry()));
    }
}
