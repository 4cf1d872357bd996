//! The authors' own prompts of a benchmark: where its repository keeps their texts, and the calls that they make.
//!
//! A definition declares them under `[[prompts]]`; their texts are not bundled. An import takes them from a clone of the user's
//! ([`super::import`]) and writes them as rubrics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::axes::sight::SightPart;
use super::axes::wire::{WireAxis, declare};
use super::calls::{self, Parser, ReplyForm, WireCall};
use super::{Axis, Category};
use crate::common::decimal::Decimal;

/// One `[[prompts]]` of `suite.toml`: a call in the authors' words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WirePrompt {
    /// The axes that it marks, by key, with the key or label of each in the reply; one for all in a list.
    pub keys: BTreeMap<String, String>,
    /// The categories whose tasks it is made for; all that have its axes where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// What it shows.
    pub sees: Vec<SightPart>,
    /// How the reply holds the marks.
    pub reply: ReplyForm,
    /// What the judge is asked for → the mark on the scale.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recode: BTreeMap<String, Decimal>,
    /// Name of the rubric that it becomes.
    pub rubric: String,
    /// The texts that make the prompt, a line break between two: `FILE`, `FILE#NAME` for the string of a Python file that is
    /// assigned to a name, `FILE#^WORDS` for the one that begins with these words. `FILE` is a pattern of paths in the clone.
    pub text: Vec<String>,
    /// Where the system message comes from, as in `text`; none where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<String>,
    /// Parts that the authors show for its axes and the suite does not: an import lets these axes see them, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub widens: Vec<SightPart>,
    /// What stands in the text for the instruction and the reference.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placeholders: BTreeMap<String, SightPart>,
    /// The words before pictures, by what they show: `inputs`, `output`, `reference-image`; none where nothing is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pictures: BTreeMap<String, String>,
    /// The pictures in order; the inputs, the output, the reference where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<SightPart>,
    /// How the reply is read; by our own rules where nothing is said.
    #[serde(default, skip_serializing_if = "Parser::is_strict")]
    pub parser: Parser,
    /// Whether `{{` and `}}` in the text stand for `{` and `}`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubled_braces: bool,
}

/// What the suite says that a prompt can hold in words.
const WORDS: [SightPart; 3] = [
    SightPart::Instruction,
    SightPart::Reasoning,
    SightPart::Reference,
];

/// What pictures can be called.
pub const PICTURES: &str = "`inputs`, `output` or `reference-image`";

/// Whether a name is that of a part which is a picture.
pub fn is_picture(name: &str) -> bool {
    let mut pictures = SightPart::ALL.into_iter().filter(|part| part.is_picture());
    pictures.any(|part| part.key() == name)
}

/// Axes that may be shown what some prompts show for them.
pub fn widened(mut axes: Vec<WireAxis>, prompts: &[WirePrompt]) -> Vec<WireAxis> {
    for axis in &mut axes {
        let own = prompts
            .iter()
            .filter(|prompt| prompt.keys.contains_key(&axis.key));
        for part in own.flat_map(|prompt| &prompt.widens) {
            if !axis.sees.contains(part) {
                axis.sees.push(*part);
            }
        }
    }
    axes
}

impl WirePrompt {
    /// Every fault, as what was found and what was expected.
    pub(super) fn faults(&self, axes: &[Axis], categories: &[Category]) -> Vec<(String, String)> {
        let names: Vec<&str> = categories.iter().map(|c| c.name.as_str()).collect();
        let wide: Vec<WireAxis> = axes.iter().map(|&axis| WireAxis::of(axis)).collect();
        let wide = declare(&widened(wide, std::slice::from_ref(self)), &[], &names);
        let checked = wide.and_then(|wide| calls::check(&self.call(), &wide.axes, categories));
        let mut faults = checked.err().unwrap_or_default();
        let mut fault = |found: String, expected: &str| {
            let found = format!("prompt `{}`: {found}", self.rubric);
            faults.push((found, expected.to_owned()));
        };
        if self.text.is_empty() {
            fault("no text".to_owned(), "one text at least");
        }
        for (mark, part) in &self.placeholders {
            if mark.trim().is_empty() || !WORDS.contains(part) || !self.sees.contains(part) {
                fault(
                    format!("the placeholder {mark:?} for {}", part.key()),
                    "instruction, reasoning or reference-text, of those in its `sees`",
                );
            }
        }
        for name in self.pictures.keys().filter(|name| !is_picture(name)) {
            fault(format!("pictures.{name}"), PICTURES);
        }
        faults
    }

    /// The call that it makes.
    pub fn call(&self) -> WireCall {
        WireCall {
            marks: self.keys.keys().cloned().collect(),
            categories: self.categories.clone(),
            sees: self.sees.clone(),
            reply: Some(self.reply),
            rubric: self.rubric.clone(),
            recode: self.recode.clone(),
            parser: self.parser,
            images: self.images.clone(),
            labels: None,
        }
    }
}
