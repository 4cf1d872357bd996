//! The mean and deviation with which similarities are standardised: a small file that a user names.
//!
//! ```toml
//! scorer = "clip 5d…"    # what measured; another scorer is refused
//! mean = 24.1
//! deviation = 3.2
//! note = "last frames of 300 edits"
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::stats::sample;

/// Longest file, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Why a standard cannot be used or made.
#[derive(Debug, thiserror::Error)]
pub enum StandardError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is none.
    #[error("{place} does not hold a mean and a deviation of similarities: {what}")]
    Form {
        /// The file.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// It was measured by something else.
    #[error(
        "{place} belongs to the scorer `{theirs}`, and `{ours}` measured here: make one with --write-standard"
    )]
    Scorer {
        /// The file.
        place: String,
        /// Its scorer.
        theirs: String,
        /// The scorer in use.
        ours: String,
    },
    /// There is nothing to make it of.
    #[error(
        "a mean and deviation need two measured trajectories that differ in their last similarity"
    )]
    TooFew,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStandard {
    scorer: String,
    mean: f64,
    deviation: f64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
}

/// Mean and deviation of the similarities of a corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standard {
    /// What measured them.
    pub scorer: String,
    /// The mean.
    pub mean: f64,
    /// The standard deviation, more than 0.
    pub deviation: f64,
    /// Digest of the file; absent for one that was just made.
    pub digest: Option<Digest>,
}

impl Standard {
    /// A standard; `None` unless both numbers are finite and the deviation is more than 0.
    pub fn new(scorer: &str, mean: f64, deviation: f64) -> Option<Self> {
        let sound = mean.is_finite() && deviation.is_finite() && deviation > 0.0;
        sound.then(|| Self {
            scorer: scorer.to_owned(),
            mean,
            deviation,
            digest: None,
        })
    }

    /// The standard of a file, for what `scorer` measured.
    ///
    /// # Errors
    /// [`StandardError`].
    pub fn read(path: &Path, scorer: &str) -> Result<Self, StandardError> {
        let text = files::read_text_bounded(path, MAX_BYTES)?;
        let place = path.display().to_string();
        let wire: WireStandard = toml::from_str(&text).map_err(|error| StandardError::Form {
            place: place.clone(),
            what: error.to_string(),
        })?;
        if wire.scorer != scorer {
            return Err(StandardError::Scorer {
                place,
                theirs: wire.scorer,
                ours: scorer.to_owned(),
            });
        }
        let standard = Self::new(scorer, wire.mean, wire.deviation);
        let standard = standard.ok_or_else(|| StandardError::Form {
            place,
            what: "expected finite numbers and a deviation of more than 0".to_owned(),
        })?;
        Ok(Self {
            digest: Some(Digest::of(text.as_bytes())),
            ..standard
        })
    }

    /// The standard of a corpus of similarities.
    ///
    /// # Errors
    /// [`StandardError::TooFew`].
    pub fn of(scorer: &str, similarities: &[f64]) -> Result<Self, StandardError> {
        let parts = sample::mean(similarities).zip(sample::standard_deviation(similarities));
        let standard = parts.and_then(|(mean, deviation)| Self::new(scorer, mean, deviation));
        standard.ok_or(StandardError::TooFew)
    }

    /// Writes the standard, whole or not at all; `note` says what it was made of.
    ///
    /// # Errors
    /// [`StandardError::File`].
    pub fn write(&self, path: &Path, note: &str) -> Result<(), StandardError> {
        let wire = WireStandard {
            scorer: self.scorer.clone(),
            mean: self.mean,
            deviation: self.deviation,
            note: note.to_owned(),
        };
        let text = toml::to_string(&wire).map_err(|error| StandardError::Form {
            place: path.display().to_string(),
            what: error.to_string(),
        })?;
        Ok(files::write_atomic(path, text.as_bytes())?)
    }

    /// The reward of a similarity c: ½(1 + clip((c − mean)/deviation, −1, 1)), from 0 to 1.
    pub fn reward(&self, similarity: f64) -> f64 {
        let standardised = (similarity - self.mean) / self.deviation;
        0.5 * (1.0 + standardised.clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_standard_is_read_for_its_own_scorer_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.toml");
        let made = Standard::of("oracle rules 1", &[10.0, 20.0, 60.0]).unwrap();
        made.write(&path, "three").unwrap();
        let read = Standard::read(&path, "oracle rules 1").unwrap();
        assert_eq!((read.mean, read.deviation), (made.mean, made.deviation));
        assert_eq!(read.reward(30.0), 0.5);
        assert_eq!((read.reward(-1e9), read.reward(1e9)), (0.0, 1.0));
        let other = Standard::read(&path, "clip x").unwrap_err().to_string();
        assert!(other.contains("--write-standard"), "{other}");
        assert!(Standard::of("x", &[1.0, 1.0]).is_err());
    }
}
