//! Calls of judges: which axes one prompt marks, what it shows, and how the reply holds the marks.

mod parser;
mod pictures;
mod recode;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::parser::Parser;
pub use self::pictures::{Arrangement, Labels};
pub use self::recode::Recode;

use super::axes::is_key;
use super::axes::scale::MarkScale;
use super::axes::sight::{Sight, SightPart};
use super::{Axis, Category, Kind};
use crate::common::decimal::Decimal;

/// How a reply holds the marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyForm {
    /// A JSON object with a key for every axis.
    #[default]
    Json,
    /// A JSON object with one list: the numbers of all axes in order.
    List,
    /// A line for every axis: its label, a colon, its numbers.
    Label,
}

/// One `[[calls]]` of `suite.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireCall {
    /// The axes that it marks, by key.
    pub marks: Vec<String>,
    /// The categories whose tasks it is made for; all that have its axes where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// What it shows; all that every one of its axes sees where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sees: Vec<SightPart>,
    /// How the reply holds the marks; `json` where nothing is said and its axes have no parts, else `list`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyForm>,
    /// Name of its file in the folder of rubrics, without `.toml`.
    pub rubric: String,
    /// What the judge is asked for → the mark on the scale; the marks themselves where nothing is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recode: BTreeMap<String, Decimal>,
    /// How the reply is read; by our own rules where nothing is said.
    #[serde(default, skip_serializing_if = "Parser::is_strict")]
    pub parser: Parser,
    /// The pictures that it shows, in order; all that it sees, the inputs first, where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<SightPart>,
    /// Where the pictures are told apart in words; before each where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

impl WireCall {
    /// Whether it says more than which axes it marks by which rubric.
    fn says_more(&self) -> bool {
        let read = self.reply.is_some() || !self.recode.is_empty() || !self.parser.is_strict();
        let shown = !self.sees.is_empty() || !self.images.is_empty() || self.labels.is_some();
        read || shown
    }
}

/// A call: what is shown for which axes of an answer, and how its reply is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The axes, of one scale.
    pub axes: Vec<Axis>,
    /// The categories whose tasks it is made for, with their kinds.
    pub categories: Vec<(String, Kind)>,
    /// What it shows: no more than each of its axes sees.
    pub sees: Sight,
    /// How the reply holds the marks.
    pub reply: ReplyForm,
    /// From what the judge is asked for to marks.
    pub recode: Recode,
    /// How the reply is read.
    pub parser: Parser,
    /// In which order its pictures are shown, and with which words.
    pub pictures: Arrangement,
    /// Name of its file in the folder of rubrics, without `.toml`.
    pub rubric: String,
    /// As it was written.
    wire: WireCall,
}

impl Call {
    /// Whether it marks an axis for tasks of a category.
    pub fn marks(&self, axis: Axis, category: &str) -> bool {
        self.axes.contains(&axis) && self.categories.iter().any(|(name, _)| name == category)
    }

    /// As it is written.
    pub(crate) fn to_wire(&self) -> WireCall {
        self.wire.clone()
    }
}

/// What a judge of an axis is shown for tasks of a category: what the call shows that marks it, else all that it sees.
pub fn shown(axis: Axis, category: &str, calls: &[Call]) -> Sight {
    let mut calls = calls.iter();
    let call = calls.find(|call| call.marks(axis, category));
    call.map_or(axis.sight(), |call| call.sees)
}

/// The calls that are never made, since calls before them mark all of their axes wherever they would.
pub fn never_made(calls: &[Call]) -> Vec<&Call> {
    let marked = |at: usize, axis: Axis, category: &str| {
        let mut before = calls.iter().take(at);
        before.any(|other| other.marks(axis, category))
    };
    let idle = |(at, call): &(usize, &Call)| {
        let everywhere = |axis: &Axis| {
            call.categories
                .iter()
                .all(|(name, _)| marked(*at, *axis, name))
        };
        call.axes.iter().all(everywhere)
    };
    let idle = calls.iter().enumerate().filter(idle);
    idle.map(|(_, call)| call).collect()
}

/// How a reply holds the marks of some axes where nothing is said.
pub fn usual_form(axes: &[Axis]) -> ReplyForm {
    match axes.iter().any(|axis| axis.parts().is_some()) {
        true => ReplyForm::List,
        false => ReplyForm::Json,
    }
}

/// Checks a call against the axes and categories of its suite.
///
/// # Errors
/// Every fault, as what was found and what was expected.
pub(crate) fn check(
    wire: &WireCall,
    axes: &[Axis],
    categories: &[Category],
) -> Result<Call, Vec<(String, String)>> {
    let mut faults = Faults {
        rubric: &wire.rubric,
        found: Vec::new(),
    };
    let marks = check_marks(wire, axes, &mut faults);
    if !is_key(&wire.rubric) || axes.iter().any(|axis| axis.key() == wire.rubric) {
        faults.push(
            format!("rubric = {:?}", wire.rubric),
            "a name of lower-case letters, digits, `_` and `-` that is not the key of an axis: the name of its file \
             without `.toml`",
        );
    }
    let own = check_categories(wire, &marks, categories, &mut faults);
    let sees = check_sight(wire, &marks, &mut faults);
    let reply = wire.reply.unwrap_or_else(|| usual_form(&marks));
    if reply == ReplyForm::Json && usual_form(&marks) != ReplyForm::Json {
        faults.push(
            "reply = \"json\" for an axis with parts".to_owned(),
            "`list` or `label`",
        );
    }
    check_parser(wire.parser, reply, &marks, &mut faults);
    let scale = marks.first().map_or(MarkScale::FIVE_POINT, |a| a.scale());
    let recode = Recode::of(&wire.recode, scale).unwrap_or_else(|(found, expected)| {
        faults.push(found, expected);
        Recode::default()
    });
    if !faults.found.is_empty() {
        return Err(faults.found);
    }
    Ok(Call {
        axes: marks,
        categories: own,
        sees,
        reply,
        recode,
        parser: wire.parser,
        pictures: Arrangement::of(&wire.images, wire.labels),
        rubric: wire.rubric.clone(),
        wire: wire.clone(),
    })
}

/// What is wrong with a call.
struct Faults<'a> {
    rubric: &'a str,
    found: Vec<(String, String)>,
}

impl Faults<'_> {
    fn push(&mut self, found: String, expected: &str) {
        let found = format!("call `{}`: {found}", self.rubric);
        self.found.push((found, expected.to_owned()));
    }
}

/// The axes of a call: known, each once, of one scale.
fn check_marks(wire: &WireCall, axes: &[Axis], faults: &mut Faults<'_>) -> Vec<Axis> {
    let mut marks: Vec<Axis> = Vec::new();
    for key in &wire.marks {
        match axes.iter().find(|axis| axis.key() == key) {
            None => faults.push(
                format!("marks `{key}`"),
                "keys of [[axes]] whose scale has both ends",
            ),
            Some(axis) if marks.contains(axis) => {
                faults.push(format!("marks `{key}` twice"), "each axis once");
            }
            Some(axis) => marks.push(*axis),
        }
    }
    if wire.marks.is_empty() || (wire.marks.len() == 1 && !wire.says_more()) {
        faults.push(
            format!("marks {} axis", wire.marks.len()),
            "two axes at least; one needs no call, unless it says `sees`, `images`, `labels`, `reply`, `parser` or `recode`",
        );
    }
    if marks
        .windows(2)
        .any(|two| matches!(two, [a, b] if a.scale() != b.scale()))
    {
        faults.push(
            "axes of different scales".to_owned(),
            "axes of one scale in a call",
        );
    }
    marks
}

/// The categories of a call, which have all of its axes.
fn check_categories(
    wire: &WireCall,
    marks: &[Axis],
    categories: &[Category],
    faults: &mut Faults<'_>,
) -> Vec<(String, Kind)> {
    let whole = |category: &&Category| {
        let mut marks = marks.iter();
        marks.all(|axis| axis.exists_in(&category.name, category.kind))
    };
    for name in &wire.categories {
        match categories.iter().find(|category| category.name == *name) {
            None => faults.push(format!("category `{name}`"), "a category of the suite"),
            Some(category) if !whole(&category) => faults.push(
                format!("category `{name}` lacks one of its axes"),
                "categories that have all of them",
            ),
            Some(_) => {}
        }
    }
    let named = !wire.categories.is_empty();
    let chosen = |category: &&Category| !named || wire.categories.contains(&category.name);
    let own = categories.iter().filter(chosen).filter(whole);
    let own: Vec<(String, Kind)> = own
        .map(|category| (category.name.clone(), category.kind))
        .collect();
    if own.is_empty() && faults.found.is_empty() {
        let found = "no category has all of its axes".to_owned();
        faults.push(found, "one at least");
    }
    own
}

/// What a call shows: nothing that one of its axes may not see.
fn check_sight(wire: &WireCall, marks: &[Axis], faults: &mut Faults<'_>) -> Sight {
    let common = |part: &SightPart| marks.iter().all(|axis| axis.sees(*part));
    let stated = |part: SightPart| wire.sees.is_empty() || wire.sees.contains(&part);
    let shows = |part: SightPart| common(&part) && stated(part);
    for (found, expected) in pictures::faults(&wire.images, &wire.sees, shows) {
        faults.push(found, expected);
    }
    if wire.sees.is_empty() {
        let listed = |part: &SightPart| {
            wire.images.is_empty() || !part.is_picture() || wire.images.contains(part)
        };
        let parts = SightPart::ALL.into_iter().filter(common).filter(listed);
        return Sight::of(&parts.collect::<Vec<SightPart>>());
    }
    for part in &wire.sees {
        if let Some(axis) = marks.iter().find(|axis| !axis.sees(*part)) {
            faults.push(
                format!("sees {}, which {axis} may not see", part.key()),
                "parts that every axis of the call has in its `sees`",
            );
        }
    }
    Sight::of(&wire.sees)
}

/// Whether a parser fits what a call asks for.
fn check_parser(parser: Parser, reply: ReplyForm, marks: &[Axis], faults: &mut Faults<'_>) {
    let in_one_list = reply == ReplyForm::List && marks.len() == 1 && usual_form(marks) == reply;
    if parser == Parser::CompatMinOfPresent && !in_one_list && !marks.is_empty() {
        faults.push(
            format!("parser = \"{parser}\""),
            "a call with reply = \"list\" that marks one axis, whose marks have parts",
        );
    }
}
