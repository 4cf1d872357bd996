//! From a similarity to a mark: thresholds per axis, stated in a file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::judge::Score;
use crate::judge::calibration::Thresholds;
use crate::suite::Axis;

/// Longest file, in bytes.
const MAX_BYTES: u64 = 64 << 10;
/// The embedded calibration.
const DEFAULT: &str = include_str!("../../../judges/clip/default.toml");
/// Axes on which similarity of a text and the output picture can say something.
const POSSIBLE: [Axis; 2] = [Axis::OUTPUT_ALIGNMENT, Axis::IMAGE_ALIGNMENT];

/// Why a calibration cannot be used.
#[derive(Debug, Error)]
pub enum CalibrationError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no calibration.
    #[error("the calibration {place} is not understood: {reason}")]
    Toml {
        /// The file.
        place: String,
        /// Where and why.
        reason: toml::de::Error,
    },
    /// Its values make no sense; all faults at once.
    #[error("the calibration {place} cannot be used:\n  {}", faults.join("\n  "))]
    Faulty {
        /// The file.
        place: String,
        /// One line each.
        faults: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCalibration {
    version: String,
    #[serde(default)]
    output_alignment: Option<WireAxis>,
    #[serde(default)]
    image_alignment: Option<WireAxis>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAxis {
    thresholds: [f64; 4],
}

/// Thresholds per axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The file's own version, for people.
    pub version: String,
    /// SHA-256 of the file.
    pub digest: Digest,
    thresholds: BTreeMap<Axis, Thresholds>,
}

impl Calibration {
    /// The calibration of a file, or the embedded one.
    ///
    /// # Errors
    /// [`CalibrationError`].
    pub fn load(path: Option<&Path>) -> Result<Self, CalibrationError> {
        match path {
            None => Self::parse("`default` (built in)", DEFAULT),
            Some(path) => {
                let text = files::read_text_bounded(path, MAX_BYTES)?;
                Self::parse(&path.display().to_string(), &text)
            }
        }
    }

    /// Reads the text of a calibration; `place` names it in errors.
    ///
    /// # Errors
    /// [`CalibrationError::Toml`] and [`CalibrationError::Faulty`].
    pub fn parse(place: &str, text: &str) -> Result<Self, CalibrationError> {
        let wire: WireCalibration =
            toml::from_str(text).map_err(|reason| CalibrationError::Toml {
                place: place.to_owned(),
                reason,
            })?;
        let given = [
            (Axis::OUTPUT_ALIGNMENT, wire.output_alignment),
            (Axis::IMAGE_ALIGNMENT, wire.image_alignment),
        ];
        let given: Vec<(Axis, [f64; 4])> = given
            .into_iter()
            .filter_map(|(axis, wire)| Some((axis, wire?.thresholds)))
            .collect();
        let mut faults = Vec::new();
        let mut thresholds = BTreeMap::new();
        if given.is_empty() {
            let names = POSSIBLE.map(Axis::key).join(", ");
            faults.push(format!("no axis: expected one or more of {names}"));
        }
        for (axis, steps) in given {
            let bounded = steps.iter().all(|step| (-100.0..=100.0).contains(step));
            match Thresholds::new(steps.to_vec()).filter(|_| bounded) {
                Some(rising) => drop(thresholds.insert(axis, rising)),
                None => faults.push(format!(
                    "{axis}.thresholds: expected four rising numbers from -100 to 100, found {steps:?}"
                )),
            }
        }
        if !faults.is_empty() {
            let place = place.to_owned();
            return Err(CalibrationError::Faulty { place, faults });
        }
        Ok(Self {
            version: wire.version,
            digest: Digest::of(text.as_bytes()),
            thresholds,
        })
    }

    /// The axes that are marked, in the order of [`Axis::ALL`].
    pub fn axes(&self) -> impl Iterator<Item = Axis> + '_ {
        let marked = |axis: &Axis| self.thresholds.contains_key(axis);
        Axis::ALL.into_iter().filter(marked)
    }

    /// The thresholds of an axis: cosine × 100 from which the mark is 2, 3, 4, 5.
    pub fn thresholds(&self, axis: Axis) -> Option<&[f64]> {
        self.thresholds.get(&axis).map(Thresholds::steps)
    }

    /// The mark of a similarity (cosine × 100); `None` where the axis is not marked.
    pub fn mark(&self, axis: Axis, similarity: f64) -> Option<Score> {
        self.thresholds.get(&axis)?.mark(axis.scale(), similarity)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_embedded_calibration_marks_output_alignment_only() {
        let default = Calibration::load(None).unwrap();
        assert_eq!(default.axes().collect::<Vec<_>>(), [Axis::OUTPUT_ALIGNMENT]);
        assert_eq!(default.mark(Axis::IMAGE_ALIGNMENT, 30.0), None);
    }

    #[test]
    fn faults_are_listed_at_once() {
        let text = "version = \"1\"\n[output_alignment]\nthresholds = [1.0, 3.0, 2.0, 4.0]\n\
                    [image_alignment]\nthresholds = [1.0, 2.0, 3.0, nan]\n";
        let message = Calibration::parse("x", text).unwrap_err().to_string();
        assert!(message.contains("output_alignment") && message.contains("image_alignment"));
        let none = Calibration::parse("x", "version = \"1\"").unwrap_err();
        assert!(none.to_string().contains("no axis"));
        let axis = "version = \"1\"\n[text_quality]\nthresholds = [1.0, 2.0, 3.0, 4.0]";
        let unknown = Calibration::parse("x", axis).unwrap_err();
        assert!(unknown.to_string().contains("text_quality"));
    }

    proptest! {
        #[test]
        fn more_similar_is_never_marked_lower(a in -100.0..100.0_f64, b in -100.0..100.0_f64) {
            let default = Calibration::load(None).unwrap();
            let mark = |x| default.mark(Axis::OUTPUT_ALIGNMENT, x).unwrap();
            prop_assert_eq!(mark(a.min(b)).min(mark(a.max(b))), mark(a.min(b)));
            for (step, at) in default.thresholds(Axis::OUTPUT_ALIGNMENT).unwrap().iter().zip(2..) {
                prop_assert_eq!(mark(*step).rounded(), at);
            }
        }
    }
}
