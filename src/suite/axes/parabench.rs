//! The six axes of ParaBench (arXiv 2511.09611, section 3).

use super::scale::MarkScale;
use super::sight::Sight;
use super::sight::SightPart::{Input, Instruction, Output, Reasoning};
use super::{Across, Axis, Declaration, MissingAs, Origin};
use crate::suite::kind::Kind;
use std::borrow::Cow;

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
    declared(0, "text_quality", "Text quality", &[Reasoning]),
    declared(
        1,
        "text_alignment",
        "Text alignment",
        &[Input, Instruction, Reasoning],
    ),
    declared(2, "image_quality", "Image quality", &[Output]),
    declared(
        3,
        "image_alignment",
        "Image alignment",
        &[Input, Instruction, Output],
    ),
    for_edits(declared(
        4,
        "image_consistency",
        "Image consistency",
        &[Input, Instruction, Output],
    )),
    declared(
        5,
        "output_alignment",
        "Output alignment",
        &[Input, Reasoning, Output],
    ),
];

const fn declared(
    rank: u8,
    key: &'static str,
    title: &'static str,
    sees: &[super::sight::SightPart],
) -> Declaration {
    Declaration {
        rank,
        key: Cow::Borrowed(key),
        title: Cow::Borrowed(title),
        sees: Sight::of(sees),
        kinds: &[Kind::Edit, Kind::Generation],
        categories: Vec::new(),
        scale: MarkScale::FIVE_POINT,
        parts: None,
        across: Across::Planned,
        overall_of: 6,
        missing: MissingAs::Skip,
        pooled: false,
        complete: false,
        origin: Origin::Judged,
    }
}

const fn for_edits(mut declaration: Declaration) -> Declaration {
    declaration.kinds = &[Kind::Edit];
    declaration
}
