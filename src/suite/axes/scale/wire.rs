//! Scales as files declare them.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{MarkParts, MarkScale, Numbers, Take};
use crate::common::decimal::{Decimal, MAX_DECIMALS};

/// The word for marks of 0 and 1.
const BINARY: &str = "binary";

/// A scale as files declare it, with the parts of a mark where it has some: a table, or `binary`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct WireScale {
    /// The lowest mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lo: Option<Decimal>,
    /// The highest mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hi: Option<Decimal>,
    /// Distance of two neighbours; 1 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Decimal>,
    /// Of continuous marks: how many decimals are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// The names of the parts of a mark; empty where it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Which part becomes the mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
}

/// 1 of so many decimals: 0.01 for 2.
pub(super) fn unit(decimals: u8) -> Decimal {
    let scaled = 10_i128.pow(u32::from(MAX_DECIMALS.saturating_sub(decimals)));
    Decimal::from_scaled(scaled).unwrap_or(Decimal::whole(1))
}

impl WireScale {
    /// The marks; of a declaration with [faults](Self::faults) a scale that stands for them.
    pub fn marks(&self) -> MarkScale {
        let (lowest, highest) = (Decimal::whole(-999_999), MarkScale::LIMIT);
        let step = match self.decimals {
            Some(decimals) => unit(decimals),
            None => self.step.unwrap_or(Decimal::whole(1)),
        };
        MarkScale {
            lo: self.lo.unwrap_or(lowest),
            hi: self.hi.unwrap_or(highest),
            step,
            numbers: match (self.decimals, self.lo.is_some() && self.hi.is_some()) {
                (None, _) => Numbers::Steps,
                (Some(_), true) => Numbers::Continuous,
                (Some(_), false) => Numbers::Endless,
            },
        }
    }

    /// The parts of a mark.
    pub fn parts(&self) -> Option<MarkParts> {
        let take = self.take.filter(|_| !self.parts.is_empty())?;
        Some(MarkParts {
            names: self.parts.clone(),
            take,
        })
    }

    /// A scale and the parts of its marks as they are written.
    pub fn of(scale: MarkScale, parts: Option<&MarkParts>) -> Self {
        let decimals = scale.decimals();
        let stated = |end: Decimal, limit: Decimal| {
            Some(end).filter(|_| !scale.is_endless() || end != limit)
        };
        let step = Some(scale.step);
        Self {
            lo: stated(scale.lo, Decimal::whole(-999_999)),
            hi: stated(scale.hi, MarkScale::LIMIT),
            step: step.filter(|step| decimals.is_none() && *step != Decimal::whole(1)),
            decimals,
            parts: parts.map(|parts| parts.names.clone()).unwrap_or_default(),
            take: parts.map(|parts| parts.take),
        }
    }

    /// What cannot be together in one scale, as what was found and what was expected.
    pub fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        let mut fault = |found: String, expected: String| faults.push((found, expected));
        let scale = self.marks();
        let MarkScale { lo, hi, step, .. } = scale;
        match self.decimals {
            None if self.lo.is_none() || self.hi.is_none() => fault(
                "a scale without `lo` or `hi`".to_owned(),
                "both, or `decimals` for continuous marks, which may lack them".to_owned(),
            ),
            Some(decimals) if decimals > MAX_DECIMALS => fault(
                format!("decimals = {decimals}"),
                format!("0 to {MAX_DECIMALS}"),
            ),
            Some(_) if self.step.is_some() => fault(
                "`decimals` and `step`".to_owned(),
                "one of them: `decimals` for continuous marks, `step` for steps".to_owned(),
            ),
            Some(_) if !self.parts.is_empty() || self.take.is_some() => fault(
                "`decimals` and `parts`".to_owned(),
                "one of them: marks of parts have steps".to_owned(),
            ),
            Some(decimals) if !ends_on(self, step) => fault(
                format!("ends with more than {decimals} decimals"),
                "ends that are marks themselves".to_owned(),
            ),
            Some(_) if lo >= hi => fault(
                format!("a scale from {lo} to {hi}"),
                "a lowest mark below the highest".to_owned(),
            ),
            None if !scale.is_sound() => fault(
                format!("a scale from {lo} to {hi} in steps of {step}"),
                "a lowest mark below the highest, and steps that lead from the one to the other"
                    .to_owned(),
            ),
            _ => {}
        }
        faults
    }
}

/// Whether the ends that are stated are multiples of a step.
fn ends_on(scale: &WireScale, step: Decimal) -> bool {
    let mut ends = scale.lo.iter().chain(&scale.hi);
    ends.all(|end| step.scaled() > 0 && end.scaled() % step.scaled() == 0)
}

impl From<MarkScale> for WireScale {
    fn from(scale: MarkScale) -> Self {
        Self::of(scale, None)
    }
}

impl Serialize for WireScale {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for WireScale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = WireScale;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scale such as { lo = 1, hi = 5 } or { decimals = 4 }, or \"binary\"")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<WireScale, E> {
        if word != BINARY {
            return Err(E::invalid_value(de::Unexpected::Str(word), &self));
        }
        Ok(WireScale {
            lo: Some(Decimal::whole(0)),
            hi: Some(Decimal::whole(1)),
            ..WireScale::default()
        })
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<WireScale, A::Error> {
        WireScale::deserialize(MapAccessDeserializer::new(map))
    }
}
