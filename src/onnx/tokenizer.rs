//! Text to token ids and back, by the checkpoint's own `tokenizer.json`.

use std::path::{Path, PathBuf};

use crate::common::guarded::guarded;

use super::checkpoint::{CheckpointError, read_limited};

/// Longest tokenizer file that is read, in bytes; the released ones have about 10 million.
const MAX_BYTES: u64 = 256 << 20;

/// What can go wrong with a tokenizer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// The file cannot be read.
    #[error(
        "the checkpoint needs its tokenizer.json; download it too, or convert the tokenizer with transformers"
    )]
    Missing(#[source] CheckpointError),
    /// The file is no tokenizer.
    #[error("{} cannot be read as a tokenizer of the tokenizers library: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the library said.
        problem: String,
    },
    /// A text or a list of ids cannot be converted.
    #[error("the tokenizer failed: {0}")]
    Failed(String),
}

/// A loaded tokenizer.
#[derive(Debug, Clone)]
pub struct Tokenizer(tokenizers::Tokenizer);

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`TokenizerError`] when it is missing or damaged.
    pub fn open(path: &Path) -> Result<Self, TokenizerError> {
        let bytes = read_limited(path, MAX_BYTES).map_err(TokenizerError::Missing)?;
        let read = library(|| tokenizers::Tokenizer::from_bytes(&bytes));
        read.map(Self).map_err(|problem| TokenizerError::Damaged {
            path: path.into(),
            problem,
        })
    }

    /// Number of tokens, added ones included: Python's `len(tokenizer)`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.get_vocab_size(true)
    }

    #[cfg(any(test, feature = "internals"))]
    /// Does the tokenizer know no token at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Id of a token by its exact text.
    #[must_use]
    pub fn id(&self, token: &str) -> Option<i64> {
        self.0.token_to_id(token).map(i64::from)
    }

    /// Token ids of a text; `special` adds what the tokenizer puts around a text (begin, end).
    ///
    /// # Errors
    /// [`TokenizerError::Failed`].
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<i64>, TokenizerError> {
        let encoding = library(|| self.0.encode(text, special)).map_err(TokenizerError::Failed)?;
        Ok(encoding.get_ids().iter().map(|&id| i64::from(id)).collect())
    }

    /// Text of token ids without special tokens. Ids that the tokenizer does not know, such as image codes, give
    /// nothing.
    ///
    /// # Errors
    /// [`TokenizerError::Failed`].
    pub fn decode(&self, ids: &[i64]) -> Result<String, TokenizerError> {
        let ids: Vec<u32> = ids
            .iter()
            .filter_map(|&id| u32::try_from(id).ok())
            .collect();
        library(|| self.0.decode(&ids, true)).map_err(TokenizerError::Failed)
    }

    /// Text of each token id, so that all of them together are the text. An id that only completes a character with the
    /// ones after it gives nothing, and the last of these ids the whole character.
    ///
    /// # Errors
    /// [`TokenizerError::Failed`].
    pub fn pieces(&self, ids: &[i64]) -> Result<Vec<String>, TokenizerError> {
        let work = || {
            let mut stream = self.0.decode_stream(true);
            let piece = |&id: &i64| match u32::try_from(id) {
                Ok(id) => Ok(stream.step(id)?.unwrap_or_default()),
                Err(_) => Ok(String::new()),
            };
            ids.iter().map(piece).collect()
        };
        library(work).map_err(TokenizerError::Failed)
    }
}

/// What the library gives, or why not: it panics on some files that are no tokenizers.
fn library<T>(work: impl FnOnce() -> Result<T, tokenizers::Error>) -> Result<T, String> {
    guarded(work)?.map_err(|error| error.to_string())
}
