//! What the TOML file of a judge says beside its program: axes, what is shown for them, calibration, price.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::common::decimal::Decimal;
use crate::common::plain::excerpt;
use crate::common::program::Description;
use crate::judge::calibration::Thresholds;
use crate::suite::Axis;
use crate::suite::axes::scale::{Numbers, WireScale};
use crate::suite::axes::sight::SightPart;
use crate::suite::axes::wire::{WireAcross, WireAxis as Declared, declare_extra};
use crate::suite::axes::{MAX_AXES, is_key};

/// Most US dollars that a mark may cost.
const MAX_USD: f64 = 1000.0;
/// Longest name of a value, in bytes.
const MAX_NAME: usize = 64;

/// What the file says.
#[derive(Deserialize)]
pub(super) struct Own {
    #[serde(default)]
    axes: Vec<WireAxis>,
    calibration: Option<WireCalibration>,
    /// US dollars for every request that is sent.
    pub(super) usd_per_mark: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAxis {
    key: String,
    sees: Option<Vec<Shown>>,
    value: Option<String>,
    /// The name in tables, of an axis that the suite lacks.
    title: Option<String>,
    /// Decimals of continuous marks, of an axis that the suite lacks.
    decimals: Option<u8>,
    lo: Option<Decimal>,
    hi: Option<Decimal>,
}

impl WireAxis {
    /// The scale that it states.
    fn scale(&self) -> Option<WireScale> {
        let states = self.decimals.is_some() || self.lo.is_some() || self.hi.is_some();
        states.then(|| WireScale {
            lo: self.lo,
            hi: self.hi,
            decimals: self.decimals,
            ..WireScale::default()
        })
    }

    /// The axis as a suite would declare it, where the description says all that is needed.
    fn declared(&self) -> Option<Declared> {
        let sees = self.sees.iter().flatten().filter_map(|shown| shown.part());
        Some(Declared {
            key: self.key.clone(),
            title: self.title.clone().unwrap_or_else(|| self.key.clone()),
            scale: self.scale()?,
            sees: sees.collect(),
            applies: None,
            across: WireAcross::Planned,
            pooled: false,
            complete: false,
        })
    }
}

/// The form of `judges/clip/default.toml`: a version, and a table for each axis.
#[derive(Deserialize)]
struct WireCalibration {
    version: String,
    #[serde(flatten)]
    axes: BTreeMap<String, WireThresholds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireThresholds {
    thresholds: Vec<f64>,
}

/// What may be shown for a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shown {
    /// What the task asks for.
    Instruction,
    /// The model's reasoning.
    Reasoning,
    /// The pictures to edit.
    Inputs,
    /// The model's picture.
    Output,
    /// What the suite says that a right answer shows.
    ReferenceText,
    /// A picture that a right answer looks like.
    ReferenceImage,
    /// The truth of the task, which only programs that compute should ask for.
    Target,
}

impl Shown {
    /// The part of the evidence; the truth is none.
    pub(super) fn part(self) -> Option<SightPart> {
        match self {
            Self::Instruction => Some(SightPart::Instruction),
            Self::Reasoning => Some(SightPart::Reasoning),
            Self::Inputs => Some(SightPart::Input),
            Self::Output => Some(SightPart::Output),
            Self::ReferenceText => Some(SightPart::Reference),
            Self::ReferenceImage => Some(SightPart::ReferenceImage),
            Self::Target => None,
        }
    }
}

/// How one axis is marked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Marking {
    /// What is shown; `None` for all that a judge of the axis may see, which is never the truth.
    pub(super) sees: Option<Vec<Shown>>,
    /// Where the mark comes from a number: its name in the reply, and the thresholds.
    pub(super) calibrated: Option<(String, Thresholds)>,
    /// The name among `values` of a continuous mark, where it is not the key of the axis.
    pub(super) value: Option<String>,
    /// The scale that the description states.
    scale: Option<WireScale>,
}

impl Marking {
    /// What does not fit an axis: its scale, or what a judge of it may see. The truth is asked for by its name alone.
    pub(super) fn fault(&self, axis: Axis) -> Option<String> {
        let sees = self.sees.as_deref().unwrap_or_default();
        let parts = sees.iter().filter_map(|shown| shown.part());
        let hidden: Vec<SightPart> = parts.filter(|part| !axis.sees(*part)).collect();
        if !hidden.is_empty() {
            return Some(format!(
                "the description shows {hidden:?} for {axis}, which a judge of this axis may not see; take it out of `sees`"
            ));
        }
        let scale = axis.scale();
        let stated = self.scale.as_ref().map(WireScale::marks);
        if stated.is_some_and(|stated| stated != scale) {
            return Some(format!(
                "the description states another scale for {axis} than the suite, whose marks go {}; take `decimals`, `lo` and \
                 `hi` out",
                scale.in_words()
            ));
        }
        if self.value.is_some() && self.calibrated.is_none() && scale.numbers == Numbers::Steps {
            return Some(format!(
                "value is only for an axis with thresholds under [calibration.{axis}], or with continuous marks; the marks of \
                 {axis} go {}",
                scale.in_words()
            ));
        }
        let (_, thresholds) = self.calibrated.as_ref()?;
        (!thresholds.fit(scale)).then(|| {
            format!(
                "[calibration.{axis}] has {} thresholds; the marks of {axis} go {}, and each but the lowest needs one",
                thresholds.steps().len(),
                scale.in_words()
            )
        })
    }

    /// Whether the truth of the task is shown.
    pub(super) fn sees_target(&self) -> bool {
        let sees = self.sees.as_deref().unwrap_or_default();
        sees.contains(&Shown::Target)
    }
}

impl Description for Own {
    const KEYS: &'static [&'static str] = &["axes", "calibration", "usd_per_mark"];

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.axes.len() > MAX_AXES {
            let found = self.axes.len();
            faults.push(format!("{found} [[axes]], expected at most {MAX_AXES}"));
        }
        let mut seen = BTreeSet::new();
        for axis in &self.axes {
            self.check_axis(axis, &mut faults);
            if !seen.insert(&axis.key) {
                faults.push(format!("[[axes]] key = {:?} is given twice", axis.key));
            }
        }
        for (key, wire) in self.calibration.iter().flat_map(|table| &table.axes) {
            if !is_key(key) || (!self.axes.is_empty() && !seen.contains(key)) {
                let key = excerpt(key, 80);
                faults.push(format!("[calibration.{key}]: no [[axes]] has this key"));
            } else if Thresholds::new(wire.thresholds.clone()).is_none() {
                faults.push(format!(
                    "[calibration.{key}] thresholds: expected numbers that rise, one for each mark but the lowest"
                ));
            }
        }
        if let Some(usd) = self.usd_per_mark
            && !(0.0..=MAX_USD).contains(&usd)
        {
            faults.push(format!(
                "usd_per_mark = {usd} is not in 0 to {MAX_USD} US dollars"
            ));
        }
        faults
    }
}

impl Own {
    fn check_axis(&self, axis: &WireAxis, faults: &mut Vec<String>) {
        let key = excerpt(&axis.key, 80);
        if !is_key(&axis.key) {
            faults.push(format!(
                "[[axes]] key = {key:?}: expected lower-case letters, digits, `_` and `-`, at most 64"
            ));
        }
        if axis.sees.as_ref().is_some_and(Vec::is_empty) {
            faults.push(format!(
                "[[axes]] {key}: sees nothing; leave `sees` out for all that the axis may see"
            ));
        }
        self.check_scale(axis, faults);
        let Some(value) = &axis.value else { return };
        if value.is_empty() || value.len() > MAX_NAME {
            faults.push(format!(
                "[[axes]] {key}: value = {:?}: expected 1 to {MAX_NAME} characters",
                excerpt(value, 80)
            ));
        }
    }

    /// What is wrong with the scale of an axis that the suite may lack.
    fn check_scale(&self, axis: &WireAxis, faults: &mut Vec<String>) {
        let key = excerpt(&axis.key, 80);
        let Some(scale) = axis.scale() else {
            if axis.title.is_some() {
                faults.push(format!(
                    "[[axes]] {key}: title is only for an axis with `decimals`, which the suite lacks"
                ));
            }
            return;
        };
        if axis.decimals.is_none() {
            faults.push(format!(
                "[[axes]] {key}: lo and hi are only for continuous marks: say their `decimals`"
            ));
            return;
        }
        for (found, expected) in scale.faults() {
            faults.push(format!("[[axes]] {key}: {found}; expected {expected}"));
        }
        if self.calibrates(&axis.key) {
            faults.push(format!(
                "[[axes]] {key}: `decimals` and [calibration.{key}]: a number becomes a mark by thresholds, or is one itself"
            ));
        }
    }

    fn calibrates(&self, key: &str) -> bool {
        let table = self.calibration.as_ref();
        table.is_some_and(|table| table.axes.contains_key(key))
    }

    /// The axes by key; empty where the file leaves them to the program.
    pub(super) fn keys(&self) -> Vec<String> {
        self.axes.iter().map(|axis| axis.key.clone()).collect()
    }

    /// The version of the calibration, where there is one.
    pub(super) fn calibration_version(&self) -> Option<String> {
        let table = self.calibration.as_ref()?;
        Some(excerpt(&table.version, 80))
    }

    /// How an axis is marked.
    pub(super) fn marked(&self, key: &str) -> Marking {
        let wire = self.axes.iter().find(|axis| axis.key == key);
        let table = self.calibration.as_ref();
        let steps = table.and_then(|table| table.axes.get(key));
        let thresholds = steps.and_then(|wire| Thresholds::new(wire.thresholds.clone()));
        let value = wire.and_then(|axis| axis.value.clone());
        let named = value.clone().unwrap_or_else(|| key.to_owned());
        Marking {
            sees: wire.and_then(|axis| axis.sees.clone()),
            calibrated: thresholds.map(|steps| (named, steps)),
            value,
            scale: wire.and_then(WireAxis::scale),
        }
    }

    /// The axes whose scale it states and that a suite lacks: they join as further ones.
    ///
    /// # Errors
    /// What they do not say.
    pub(super) fn extra(&self, suite: &[Axis]) -> Result<Vec<Axis>, String> {
        let lacks = |axis: &&WireAxis| !suite.iter().any(|known| known.key() == axis.key);
        let own = self.axes.iter().filter(lacks);
        let declared: Vec<Declared> = own.filter_map(WireAxis::declared).collect();
        if declared.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(blind) = declared.iter().find(|axis| axis.sees.is_empty()) {
            return Err(format!(
                "[[axes]] {}: the suite does not have this axis; say with `sees` what is shown for it",
                blind.key
            ));
        }
        declare_extra(&declared).map_err(|faults| {
            let lines = faults.iter();
            let lines = lines.map(|(found, expected)| format!("{found}; expected {expected}"));
            lines.collect::<Vec<_>>().join("\n  ")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Own {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_calibrated_axis_names_its_value_and_its_thresholds() {
        let own = read(
            "[[axes]]\nkey = \"image_quality\"\nsees = [\"output\"]\nvalue = \"hpsv3\"\n\
             [[axes]]\nkey = \"image_alignment\"\n\
             [calibration]\nversion = \"1\"\n[calibration.image_quality]\nthresholds = [1, 2, 3.5, 4]",
        );
        assert_eq!(own.faults(), Vec::<String>::new());
        let quality = own.marked("image_quality");
        assert_eq!(quality.sees, Some(vec![Shown::Output]));
        assert!(quality.calibrated.is_some_and(|(name, _)| name == "hpsv3"));
        assert_eq!(own.marked("image_alignment"), Marking::default());
        assert!(!own.marked("image_alignment").sees_target());
    }

    #[test]
    fn every_fault_is_named() {
        let own = read(
            "usd_per_mark = -1\n[[axes]]\nkey = \"A b\"\n[[axes]]\nkey = \"x\"\nsees = []\nvalue = \"v\"\n[[axes]]\nkey = \"x\"\n\
             [calibration]\nversion = \"1\"\n[calibration.y]\nthresholds = [1]\n",
        );
        let said = own.faults().join("\n");
        for part in [
            "usd_per_mark = -1",
            "\"A b\"",
            "twice",
            "sees nothing",
            "[calibration.y]: no [[axes]]",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        let falling = read("[calibration]\nversion = \"1\"\n[calibration.x]\nthresholds = [2, 1]");
        assert!(falling.faults()[0].contains("that rise"));
        for unknown in [
            "[[axes]]\nkey = \"x\"\nsee = []",
            "[[axes]]\nkey = \"x\"\nsees = [\"everything\"]",
            "[calibration]\nversion = \"1\"\n[calibration.x]\nthresholds = [1]\nsteps = 3",
            "[calibration]\nversion = \"1\"\nthresholds = [1]",
        ] {
            assert!(toml::from_str::<Own>(unknown).is_err(), "{unknown}");
        }
    }
}
