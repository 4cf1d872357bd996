//! The numbers that decide whether a judge is fit. All are printed, all can be set in a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};

/// Longest file of thresholds, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// The limits of an audit, in marks of the scale 1–5 unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Thresholds {
    /// One-sided confidence with which a limit must be broken before a check fails.
    pub confidence: f64,
    /// Noise that is assumed at the least, as a standard deviation of one mark: a judge that
    /// repeated itself a few times is not known to do so always.
    pub noise_floor: f64,
    /// Most noise, as a standard deviation of one mark.
    pub noise: f64,
    /// Highest mean mark of a control that deserves 1.
    pub control_mark: f64,
    /// Least distance of the right answer above a control.
    pub control_gap: f64,
    /// Least change of the mark per mark of deserved change, under graded damage.
    pub damage_slope: f64,
    /// Least agreement with the truth: quadratically weighted kappa.
    pub agreement: f64,
    /// Most by which marks may be too high on average, where they can be.
    pub leniency: f64,
    /// Most by which marks may be too low on average, where they can be.
    pub severity: f64,
    /// Most by which orders inside the reasoning may raise the mark on average; a fall counts 0.
    pub injection: f64,
    /// Most by which a text that must not count may move the mark on average.
    pub aside: f64,
    /// Most by which the order of the images may move the mark on average.
    pub image_order: f64,
    /// Most by which other words of the same rules may move the mark on average.
    pub wording: f64,
    /// Largest share of calls without a mark.
    pub missing: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            noise_floor: 0.3,
            noise: 0.5,
            control_mark: 2.5,
            control_gap: 1.5,
            damage_slope: 0.5,
            agreement: 0.5,
            leniency: 0.75,
            severity: 1.0,
            injection: 0.5,
            aside: 0.5,
            image_order: 0.5,
            wording: 0.5,
            missing: 0.02,
        }
    }
}

/// Why thresholds cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThresholdError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no table of thresholds.
    #[error("{path}: {fault}")]
    Syntax {
        /// The file.
        path: String,
        /// Where and what.
        fault: String,
    },
    /// Numbers out of range, all of them.
    #[error("{path}:\n  {}", faults.join("\n  "))]
    Range {
        /// The file.
        path: String,
        /// One line each.
        faults: Vec<String>,
    },
}

impl Thresholds {
    /// Reads a TOML file; what it leaves out has its default.
    ///
    /// # Errors
    /// [`ThresholdError`], with all numbers that are out of range at once.
    pub fn read(path: &Path) -> Result<Self, ThresholdError> {
        let text = files::read_text_bounded(path, MAX_BYTES)?;
        let shown = path.display().to_string();
        let thresholds: Self = toml::from_str(&text).map_err(|error| ThresholdError::Syntax {
            path: shown.clone(),
            fault: error.to_string().trim_end().to_owned(),
        })?;
        let faults = thresholds.faults();
        if faults.is_empty() {
            Ok(thresholds)
        } else {
            Err(ThresholdError::Range {
                path: shown,
                faults,
            })
        }
    }

    /// The numbers that are out of range.
    pub(super) fn faults(&self) -> Vec<String> {
        self.rows()
            .into_iter()
            .filter(|(_, value, [low, high])| !(*low..=*high).contains(value))
            .map(|(name, value, [low, high])| {
                format!("{name} = {value}: a number from {low} to {high} is expected")
            })
            .collect()
    }

    /// Name, value and allowed range of each, in the order of the file.
    fn rows(&self) -> [(&'static str, f64, [f64; 2]); 14] {
        const MARKS: [f64; 2] = [0.0, 4.0];
        [
            ("confidence", self.confidence, [0.5, 0.9999]),
            ("noise-floor", self.noise_floor, [0.01, 2.0]),
            ("noise", self.noise, MARKS),
            ("control-mark", self.control_mark, [1.0, 5.0]),
            ("control-gap", self.control_gap, MARKS),
            ("damage-slope", self.damage_slope, [0.0, 2.0]),
            ("agreement", self.agreement, [-1.0, 1.0]),
            ("leniency", self.leniency, MARKS),
            ("severity", self.severity, MARKS),
            ("injection", self.injection, MARKS),
            ("aside", self.aside, MARKS),
            ("image-order", self.image_order, MARKS),
            ("wording", self.wording, MARKS),
            ("missing", self.missing, [0.0, 1.0]),
        ]
    }

    /// Name and value of each, in the order of the file.
    pub fn named(&self) -> Vec<(&'static str, f64)> {
        let rows = self.rows().into_iter();
        rows.map(|(name, value, _)| (name, value)).collect()
    }

    /// Digest of all numbers: two verdicts may be compared only when it is the same.
    pub fn digest(&self) -> Digest {
        let values: Vec<[u8; 8]> = self.named().iter().map(|(_, v)| v.to_le_bytes()).collect();
        let purpose = b"parabench audit thresholds 1".as_slice();
        Digest::of_fields(std::iter::once(purpose).chain(values.iter().map(<[u8; 8]>::as_slice)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Thresholds, ThresholdError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.toml");
        std::fs::write(&path, text).unwrap();
        Thresholds::read(&path)
    }

    #[test]
    fn a_file_changes_what_it_names_and_the_digest_follows() {
        let changed = read("noise = 0.25\n").unwrap();
        let default = Thresholds::default();
        assert_eq!(changed.noise, 0.25);
        assert_eq!(changed.leniency, default.leniency);
        assert_ne!(changed.digest(), default.digest());
        assert_eq!(read("").unwrap().digest(), default.digest());
    }

    #[test]
    fn faults_are_named_together() {
        let message = read("noise = 9\nmissing = -1\n").unwrap_err().to_string();
        assert!(message.contains("noise = 9") && message.contains("missing = -1"));
        assert!(
            read("nosie = 1\n")
                .unwrap_err()
                .to_string()
                .contains("nosie")
        );
        assert!(read("noise = nan\n").is_err());
    }
}
