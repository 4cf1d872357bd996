//! What a judge sees, fixed by types: one variant per axis, holding exactly what
//! that axis may look at (arXiv 2511.09611, appendix with the judge's prompts).

use std::sync::Arc;

use crate::common::picture::PictureFile;
use crate::suite::Axis;

/// What the judge of one axis sees. `input` is the picture to edit and is absent
/// for generation tasks.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// The reasoning alone.
    TextQuality {
        /// The model's reasoning.
        reasoning: Arc<str>,
    },
    /// The reasoning against what was asked.
    TextAlignment {
        /// The picture to edit.
        input: Option<Arc<PictureFile>>,
        /// What was asked.
        instruction: Arc<str>,
        /// The model's reasoning.
        reasoning: Arc<str>,
    },
    /// The output image alone.
    ImageQuality {
        /// The model's image.
        output: Arc<PictureFile>,
    },
    /// The output image against what was asked.
    ImageAlignment {
        /// The picture to edit.
        input: Option<Arc<PictureFile>>,
        /// What was asked.
        instruction: Arc<str>,
        /// The model's image.
        output: Arc<PictureFile>,
    },
    /// What was not to change. Exists for edits only, so the input is always there.
    ImageConsistency {
        /// The picture to edit.
        input: Arc<PictureFile>,
        /// What was asked.
        instruction: Arc<str>,
        /// The model's image.
        output: Arc<PictureFile>,
    },
    /// The output image against the reasoning. The instruction is not shown.
    OutputAlignment {
        /// The picture to edit.
        input: Option<Arc<PictureFile>>,
        /// The model's reasoning.
        reasoning: Arc<str>,
        /// The model's image.
        output: Arc<PictureFile>,
    },
}

impl Evidence {
    /// The axis that this evidence is for.
    pub fn axis(&self) -> Axis {
        match self {
            Self::TextQuality { .. } => Axis::TextQuality,
            Self::TextAlignment { .. } => Axis::TextAlignment,
            Self::ImageQuality { .. } => Axis::ImageQuality,
            Self::ImageAlignment { .. } => Axis::ImageAlignment,
            Self::ImageConsistency { .. } => Axis::ImageConsistency,
            Self::OutputAlignment { .. } => Axis::OutputAlignment,
        }
    }

    /// What was asked, where the axis may see it.
    pub fn instruction(&self) -> Option<&str> {
        match self {
            Self::TextAlignment { instruction, .. }
            | Self::ImageAlignment { instruction, .. }
            | Self::ImageConsistency { instruction, .. } => Some(instruction),
            _ => None,
        }
    }

    /// The model's reasoning, where the axis may see it.
    pub fn reasoning(&self) -> Option<&str> {
        match self {
            Self::TextQuality { reasoning }
            | Self::TextAlignment { reasoning, .. }
            | Self::OutputAlignment { reasoning, .. } => Some(reasoning),
            _ => None,
        }
    }

    /// The picture to edit, where there is one and the axis may see it.
    pub fn input(&self) -> Option<&Arc<PictureFile>> {
        match self {
            Self::TextAlignment { input, .. }
            | Self::ImageAlignment { input, .. }
            | Self::OutputAlignment { input, .. } => input.as_ref(),
            Self::ImageConsistency { input, .. } => Some(input),
            _ => None,
        }
    }

    /// The model's image, where the axis may see it.
    pub fn output(&self) -> Option<&Arc<PictureFile>> {
        match self {
            Self::ImageQuality { output }
            | Self::ImageAlignment { output, .. }
            | Self::ImageConsistency { output, .. }
            | Self::OutputAlignment { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// What a question may show.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What was asked.
    pub instruction: Option<Arc<str>>,
    /// The model's reasoning.
    pub reasoning: Option<Arc<str>>,
    /// The picture to edit.
    pub input: Option<Arc<PictureFile>>,
    /// The model's image.
    pub output: Option<Arc<PictureFile>>,
}

impl Parts {
    /// The evidence for an axis; `None` where a part lacks that the axis looks at.
    pub fn evidence(self, axis: Axis) -> Option<Evidence> {
        let Self {
            instruction,
            reasoning,
            input,
            output,
        } = self;
        Some(match axis {
            Axis::TextQuality => Evidence::TextQuality {
                reasoning: reasoning?,
            },
            Axis::TextAlignment => Evidence::TextAlignment {
                input,
                instruction: instruction?,
                reasoning: reasoning?,
            },
            Axis::ImageQuality => Evidence::ImageQuality { output: output? },
            Axis::ImageAlignment => Evidence::ImageAlignment {
                input,
                instruction: instruction?,
                output: output?,
            },
            Axis::ImageConsistency => Evidence::ImageConsistency {
                input: input?,
                instruction: instruction?,
                output: output?,
            },
            Axis::OutputAlignment => Evidence::OutputAlignment {
                input,
                reasoning: reasoning?,
                output: output?,
            },
        })
    }
}
