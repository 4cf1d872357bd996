//! The six axes of ParaBench (arXiv 2511.09611, section 3).

use super::sight::Part::{Input, Instruction, Output, Reasoning};
use super::sight::Sight;
use super::{Axis, Declaration};
use crate::suite::task::Kind;

/// One of the six, for code that means these and no others: the truth of the suite `shapes`, published tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParabenchAxis {
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

impl ParabenchAxis {
    /// All six, in the order of their ranks.
    const RANKED: [Self; 6] = [
        Self::TextQuality,
        Self::TextAlignment,
        Self::ImageQuality,
        Self::ImageAlignment,
        Self::ImageConsistency,
        Self::OutputAlignment,
    ];

    /// The axis.
    pub const fn axis(self) -> Axis {
        Axis(&DECLARATIONS[self as usize])
    }

    /// Which of the six an axis is.
    pub fn of(axis: Axis) -> Option<Self> {
        Self::RANKED.into_iter().find(|one| one.axis() == axis)
    }
}

/// The declarations, by rank.
static DECLARATIONS: [Declaration; 6] = [
    Declaration {
        key: "text_quality",
        title: "Text quality",
        sees: Sight::of(&[Reasoning]),
        ..declaration(0)
    },
    Declaration {
        key: "text_alignment",
        title: "Text alignment",
        sees: Sight::of(&[Input, Instruction, Reasoning]),
        ..declaration(1)
    },
    Declaration {
        key: "image_quality",
        title: "Image quality",
        sees: Sight::of(&[Output]),
        ..declaration(2)
    },
    Declaration {
        key: "image_alignment",
        title: "Image alignment",
        sees: Sight::of(&[Input, Instruction, Output]),
        ..declaration(3)
    },
    Declaration {
        key: "image_consistency",
        title: "Image consistency",
        sees: Sight::of(&[Input, Instruction, Output]),
        kinds: &[Kind::Edit],
        ..declaration(4)
    },
    Declaration {
        key: "output_alignment",
        title: "Output alignment",
        sees: Sight::of(&[Input, Reasoning, Output]),
        ..declaration(5)
    },
];

const fn declaration(rank: u8) -> Declaration {
    Declaration {
        rank,
        key: "",
        title: "",
        sees: Sight::of(&[]),
        kinds: &[Kind::Edit, Kind::Generation],
    }
}
