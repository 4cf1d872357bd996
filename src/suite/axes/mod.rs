//! Axes: what a judge marks, and what it may be shown for it.

pub mod parabench;
pub mod sight;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use self::parabench::ParabenchAxis;
use self::sight::{Part, Sight};
use crate::common::suggest::unknown;
use crate::suite::task::Kind;

/// What an axis is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// Place among the axes of a suite.
    pub rank: u8,
    /// The name in files and options.
    pub key: &'static str,
    /// The name in tables.
    pub title: &'static str,
    /// The most that a judge may be shown for a mark.
    pub sees: Sight,
    /// The kinds of tasks that have the axis.
    pub kinds: &'static [Kind],
}

/// One of the things that a judge marks: a handle to its declaration. Axes are equal if everything that is declared of
/// them is.
#[derive(Clone, Copy)]
pub struct Axis(&'static Declaration);

impl Axis {
    /// [`ParabenchAxis::TextQuality`].
    pub const TEXT_QUALITY: Self = ParabenchAxis::TextQuality.axis();
    /// [`ParabenchAxis::TextAlignment`].
    pub const TEXT_ALIGNMENT: Self = ParabenchAxis::TextAlignment.axis();
    /// [`ParabenchAxis::ImageQuality`].
    pub const IMAGE_QUALITY: Self = ParabenchAxis::ImageQuality.axis();
    /// [`ParabenchAxis::ImageAlignment`].
    pub const IMAGE_ALIGNMENT: Self = ParabenchAxis::ImageAlignment.axis();
    /// [`ParabenchAxis::ImageConsistency`].
    pub const IMAGE_CONSISTENCY: Self = ParabenchAxis::ImageConsistency.axis();
    /// [`ParabenchAxis::OutputAlignment`].
    pub const OUTPUT_ALIGNMENT: Self = ParabenchAxis::OutputAlignment.axis();

    /// The six of ParaBench in the order of the paper's tables.
    pub const ALL: [Self; 6] = [
        Self::TEXT_QUALITY,
        Self::TEXT_ALIGNMENT,
        Self::IMAGE_CONSISTENCY,
        Self::IMAGE_ALIGNMENT,
        Self::IMAGE_QUALITY,
        Self::OUTPUT_ALIGNMENT,
    ];

    /// The name in files and options.
    pub fn key(self) -> &'static str {
        self.0.key
    }

    /// The name in tables.
    pub fn title(self) -> &'static str {
        self.0.title
    }

    /// Whether a judge may be shown a part for a mark on this axis.
    pub fn sees(self, part: Part) -> bool {
        self.0.sees.has(part)
    }

    /// Whether a mark on this axis looks at the reasoning text.
    pub fn needs_reasoning(self) -> bool {
        self.sees(Part::Reasoning)
    }

    /// Whether a mark on this axis looks at the output image.
    pub fn needs_image(self) -> bool {
        self.sees(Part::Output)
    }

    /// Whether the axis means anything for a task of this kind: image
    /// consistency needs an input image.
    pub fn exists_for(self, kind: Kind) -> bool {
        self.0.kinds.contains(&kind)
    }
}

impl PartialEq for Axis {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.0 == other.0
    }
}

impl Eq for Axis {}

impl PartialOrd for Axis {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Axis {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(other.0)
    }
}

impl Hash for Axis {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.rank.hash(state);
        self.0.key.hash(state);
    }
}

impl fmt::Debug for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Text that names no axis.
#[derive(Debug, Error)]
#[error("{}", unknown("axis", .0, &Axis::ALL.map(Axis::key), Some("parabench list axes")))]
pub struct NotAnAxis(String);

impl FromStr for Axis {
    type Err = NotAnAxis;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|axis| axis.key() == text)
            .ok_or_else(|| NotAnAxis(text.chars().take(60).collect()))
    }
}

impl Serialize for Axis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
