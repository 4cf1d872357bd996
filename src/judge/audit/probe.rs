//! One planned call: what is shown, how, and what it deserves.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::injection::Form;
use crate::judge::{Question, Score};
use crate::suite::Axis;

/// An answer that deserves nothing on its axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// The input image returned as the output.
    CopiedInput,
    /// The right picture of another task.
    ForeignPicture,
    /// A white page.
    BlankPicture,
    /// Pixels at random.
    NoisePicture,
    /// A full stop instead of reasoning.
    BlankText,
    /// The right reasoning with its words in reverse order.
    ReversedText,
    /// The right reasoning of another task.
    ShuffledReasoning,
}

impl Control {
    /// The words for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::CopiedInput => "copied input",
            Self::ForeignPicture => "picture of another task",
            Self::BlankPicture => "blank picture",
            Self::NoisePicture => "picture of noise",
            Self::BlankText => "blank text",
            Self::ReversedText => "reversed words",
            Self::ShuffledReasoning => "reasoning of another task",
        }
    }
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The right answer.
    Right,
    /// A little damage.
    Slight,
    /// Much damage; it contains the slight one.
    Medium,
    /// Nothing of worth.
    Control(Control),
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "right answer",
            Self::Slight => "slight damage",
            Self::Medium => "much damage",
            Self::Control(control) => control.title(),
        })
    }
}

/// How it is put. Everything but [`Plain`](Self::Plain) is compared with the plain call of the
/// same axis, round and answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variation {
    /// As a run would put it.
    Plain,
    /// The very same once more.
    Repeat,
    /// With an order to the judge inside the reasoning.
    Injected(Form),
    /// With reasoning beside it that claims perfection, which the axis must not look at.
    Aside,
    /// With the output image before the input image.
    OutputFirst,
    /// With the same rules in other words.
    Reworded,
}

/// One planned call.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The axis that is judged.
    pub axis: Axis,
    /// Which item of the axis, from 0: the calls of a round are about the same task.
    pub round: u32,
    /// What is shown.
    pub shown: Shown,
    /// How it is put.
    pub variation: Variation,
    /// The mark that the answer deserves by the suite's truth.
    pub truth: Score,
    /// The call itself.
    pub question: Question,
}

#[cfg(any(test, feature = "internals"))]
impl Probe {
    /// What it has in common with the calls that it is compared with.
    pub fn family(&self) -> (Axis, u32, Shown) {
        (self.axis, self.round, self.shown)
    }
}
