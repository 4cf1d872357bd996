//! Calls that mark several axes at once: one prompt, one reply, one price.

use serde::{Deserialize, Serialize};

use super::axes::is_key;
use super::{Axis, Category, Kind};

/// One `[[calls]]` of `suite.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireCall {
    /// The axes that it marks, by key.
    pub marks: Vec<String>,
    /// The categories whose tasks it is made for; all that have its axes where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Name of its file in the folder of rubrics, without `.toml`.
    pub rubric: String,
}

/// A call that marks several axes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The axes, of one scale.
    pub axes: Vec<Axis>,
    /// The categories whose tasks it is made for, with their kinds.
    pub categories: Vec<(String, Kind)>,
    /// Name of its file in the folder of rubrics, without `.toml`.
    pub rubric: String,
    /// Whether the categories are those that the suite names, not all that have the axes.
    named: bool,
}

impl Call {
    /// Whether it marks an axis for tasks of a category.
    pub fn marks(&self, axis: Axis, category: &str) -> bool {
        self.axes.contains(&axis) && self.categories.iter().any(|(name, _)| name == category)
    }

    /// As it is written.
    pub(super) fn to_wire(&self) -> WireCall {
        let categories = self.categories.iter().filter(|_| self.named);
        WireCall {
            marks: self.axes.iter().map(|axis| axis.key().to_owned()).collect(),
            categories: categories.map(|(name, _)| name.clone()).collect(),
            rubric: self.rubric.clone(),
        }
    }
}

/// Checks a call against the axes and categories of its suite.
///
/// # Errors
/// Every fault, as what was found and what was expected.
pub(super) fn check(
    wire: &WireCall,
    axes: &[Axis],
    categories: &[Category],
) -> Result<Call, Vec<(String, String)>> {
    let mut faults = Vec::new();
    let mut fault = |found: String, expected: &str| {
        faults.push((
            format!("call `{}`: {found}", wire.rubric),
            expected.to_owned(),
        ));
    };
    let mut marks: Vec<Axis> = Vec::new();
    for key in &wire.marks {
        match axes.iter().find(|axis| axis.key() == key) {
            None => fault(format!("marks `{key}`"), "keys of [[axes]]"),
            Some(axis) if marks.contains(axis) => {
                fault(format!("marks `{key}` twice"), "each axis once")
            }
            Some(axis) => marks.push(*axis),
        }
    }
    if wire.marks.len() < 2 {
        fault(
            format!("marks {} axis", wire.marks.len()),
            "two axes at least; one needs no call",
        );
    }
    if marks
        .windows(2)
        .any(|two| matches!(two, [a, b] if a.scale() != b.scale()))
    {
        fault(
            "axes of different scales".to_owned(),
            "axes of one scale in a call",
        );
    }
    if !is_key(&wire.rubric) || axes.iter().any(|axis| axis.key() == wire.rubric) {
        fault(
            format!("rubric = {:?}", wire.rubric),
            "a name of lower-case letters, digits, `_` and `-` that is no axis: that of its file without `.toml`",
        );
    }
    let whole = |category: &&Category| {
        marks
            .iter()
            .all(|axis| axis.exists_in(&category.name, category.kind))
    };
    for name in &wire.categories {
        match categories.iter().find(|category| category.name == *name) {
            None => fault(format!("category `{name}`"), "a category of the suite"),
            Some(category) if !whole(&category) => {
                fault(
                    format!("category `{name}` lacks one of its axes"),
                    "categories that have all of them",
                );
            }
            Some(_) => {}
        }
    }
    let named = !wire.categories.is_empty();
    let chosen = |category: &&Category| !named || wire.categories.contains(&category.name);
    let own = categories.iter().filter(chosen).filter(whole);
    let own: Vec<(String, Kind)> = own
        .map(|category| (category.name.clone(), category.kind))
        .collect();
    if own.is_empty() && faults.is_empty() {
        faults.push((
            format!("call `{}`: no category has all of its axes", wire.rubric),
            "one at least".to_owned(),
        ));
    }
    match faults.is_empty() {
        true => Ok(Call {
            axes: marks,
            categories: own,
            rubric: wire.rubric.clone(),
            named,
        }),
        false => Err(faults),
    }
}
