//! What a judge of an axis may be shown.

use serde::{Deserialize, Serialize};

/// A part of a task or of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum SightPart {
    /// What the task asks for.
    Instruction = 1,
    /// The model's reasoning.
    Reasoning = 2,
    /// The picture to edit, where the task has one.
    #[serde(rename = "inputs")]
    Input = 4,
    /// The model's picture.
    Output = 8,
    /// What the suite says that a right answer shows or explains: for judges only.
    #[serde(rename = "reference-text")]
    Reference = 16,
    /// A picture that a right answer looks like: for judges only.
    ReferenceImage = 32,
}

impl SightPart {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Instruction,
        Self::Reasoning,
        Self::Input,
        Self::Output,
        Self::Reference,
        Self::ReferenceImage,
    ];
}

impl SightPart {
    /// Whether it is shown as pictures, not in words.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Input | Self::Output | Self::ReferenceImage)
    }

    /// The name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Instruction => "instruction",
            Self::Reasoning => "reasoning",
            Self::Input => "inputs",
            Self::Output => "output",
            Self::Reference => "reference-text",
            Self::ReferenceImage => "reference-image",
        }
    }
}

/// A set of parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sight(u8);

impl Sight {
    /// The set of some parts.
    pub const fn of(parts: &[SightPart]) -> Self {
        let (mut bits, mut rest) = (0, parts);
        while let [part, others @ ..] = rest {
            bits |= *part as u8;
            rest = others;
        }
        Self(bits)
    }

    /// Whether a part is in the set.
    pub const fn has(self, part: SightPart) -> bool {
        self.0 & part as u8 != 0
    }

    /// The parts.
    pub fn parts(self) -> Vec<SightPart> {
        SightPart::ALL
            .into_iter()
            .filter(|part| self.has(*part))
            .collect()
    }
}
