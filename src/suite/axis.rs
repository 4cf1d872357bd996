//! The six things that are judged.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::suite::task::Kind;

/// One of the six things that a judge marks (ParaBench, arXiv 2511.09611, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Is the reasoning clear, complete, consistent, relevant, concise, accurate?
    TextQuality,
    /// Does the reasoning understand and follow the instruction and the input image?
    TextAlignment,
    /// Is the output image well made?
    ImageQuality,
    /// Are exactly the requested changes present and correct?
    ImageAlignment,
    /// Is everything that was not to change unchanged? (edit tasks only)
    ImageConsistency,
    /// Does the output image show what the reasoning says?
    OutputAlignment,
}

impl Axis {
    /// All axes in the order of the paper's tables.
    pub const ALL: [Self; 6] = [
        Self::TextQuality,
        Self::TextAlignment,
        Self::ImageConsistency,
        Self::ImageAlignment,
        Self::ImageQuality,
        Self::OutputAlignment,
    ];

    /// The name in files and options.
    pub fn key(self) -> &'static str {
        match self {
            Self::TextQuality => "text_quality",
            Self::TextAlignment => "text_alignment",
            Self::ImageQuality => "image_quality",
            Self::ImageAlignment => "image_alignment",
            Self::ImageConsistency => "image_consistency",
            Self::OutputAlignment => "output_alignment",
        }
    }

    /// The name in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::TextQuality => "Text quality",
            Self::TextAlignment => "Text alignment",
            Self::ImageQuality => "Image quality",
            Self::ImageAlignment => "Image alignment",
            Self::ImageConsistency => "Image consistency",
            Self::OutputAlignment => "Output alignment",
        }
    }

    /// Whether a mark on this axis looks at the reasoning text.
    pub fn needs_reasoning(self) -> bool {
        matches!(
            self,
            Self::TextQuality | Self::TextAlignment | Self::OutputAlignment
        )
    }

    /// Whether a mark on this axis looks at the output image.
    pub fn needs_image(self) -> bool {
        !matches!(self, Self::TextQuality | Self::TextAlignment)
    }

    /// Whether the axis means anything for a task of this kind: image
    /// consistency needs an input image.
    pub fn exists_for(self, kind: Kind) -> bool {
        self != Self::ImageConsistency || kind == Kind::Edit
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Text that names no axis.
#[derive(Debug, Error)]
#[error("`{0}` is no axis; the axes are {all}", all = Axis::ALL.map(Axis::key).join(", "))]
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
