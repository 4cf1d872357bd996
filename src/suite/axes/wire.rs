//! Axes and computed scores as files declare them: `[[axes]]` and `[[scores]]` of a `suite.toml`, `[[suite.axis]]` and
//! `[[suite.score]]` of a `run.toml`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checks::{check_axis, check_names, check_score};
use super::formula::Formula;
use super::scale::{MarkScale, WireScale};
use super::sight::{Sight, SightPart};
use super::{Across, Axis, Declaration, MissingAs, Origin};
use crate::suite::kind::Kind;

/// One judged axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireAxis {
    /// The name in files and options.
    pub key: String,
    /// The name in tables.
    pub title: String,
    /// The marks; 1 to 5 where nothing is said.
    #[serde(default = "five_point")]
    pub scale: WireScale,
    /// The most that a judge may be shown.
    pub sees: Vec<SightPart>,
    /// The tasks that have it; all where nothing is said.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub applies: Option<WireFor>,
    /// How the categories are weighted.
    #[serde(default, skip_serializing_if = "WireAcross::is_planned")]
    pub across: WireAcross,
    /// Whether the official figure pools the items of all categories.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pooled: bool,
    /// Whether the official figure leaves out answers without a mark on another axis.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
}

/// Tasks that have an axis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireFor {
    /// Of these kinds; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// In these categories; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
}

/// One computed score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireScore {
    /// The name in files and options.
    pub key: String,
    /// The name in tables.
    pub title: String,
    /// The formula, from the marks of one answer.
    pub item: Formula,
    /// The ends of the score.
    pub scale: MarkScale,
    /// What the official figure makes of an answer without a score.
    #[serde(default, skip_serializing_if = "is_skip")]
    pub missing: MissingAs,
    /// How the categories are weighted.
    #[serde(default, skip_serializing_if = "WireAcross::is_planned")]
    pub across: WireAcross,
    /// Whether the official figure pools the items of all categories.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pooled: bool,
}

/// How the categories are weighted in a mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireAcross {
    /// By the number of planned tasks.
    #[default]
    Planned,
    /// Alike.
    Equal,
    /// By the number of planned marks: tasks times axes that exist there.
    Marks,
}

impl WireAcross {
    fn is_planned(&self) -> bool {
        *self == Self::Planned
    }
}

fn is_skip(missing: &MissingAs) -> bool {
    *missing == MissingAs::Skip
}

fn five_point() -> WireScale {
    MarkScale::FIVE_POINT.into()
}

/// What a suite declares: its judged axes, and the scores that are computed from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// In reporting order.
    pub axes: Vec<Axis>,
    /// In reporting order; the first stands for the Overall.
    pub scores: Vec<Axis>,
}

/// Checks declarations against each other and the categories of their suite.
///
/// # Errors
/// Every fault, as what was found and what was expected.
pub fn declare(
    axes: &[WireAxis],
    scores: &[WireScore],
    categories: &[&str],
) -> Result<Declared, Vec<(String, String)>> {
    let mut faults = Vec::new();
    check_names(axes, scores, &mut faults);
    for axis in axes {
        check_axis(axis, categories, &mut faults);
    }
    for score in scores {
        check_score(score, axes, categories, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let of = if scores.is_empty() { axes.len() } else { 0 };
    let judged = axes
        .iter()
        .zip(0..)
        .map(|(axis, rank)| judged(axis, rank, of));
    let computed = scores.iter().zip(axes.len()..);
    let computed = computed.map(|(score, rank)| computed_axis(score, rank, axes, categories));
    let declared = |all: Vec<Declaration>| -> Result<Vec<Axis>, Vec<(String, String)>> {
        let all = all.into_iter().map(Axis::declare).collect::<Result<_, _>>();
        all.map_err(|error| vec![(error.to_string(), "fewer".to_owned())])
    };
    Ok(Declared {
        axes: declared(judged.collect())?,
        scores: declared(computed.collect())?,
    })
}

fn judged(axis: &WireAxis, rank: usize, overall_of: usize) -> Declaration {
    let applies = axis.applies.clone().unwrap_or_default();
    Declaration {
        rank: small(rank),
        key: Cow::Owned(axis.key.clone()),
        title: Cow::Owned(axis.title.clone()),
        sees: Sight::of(&axis.sees),
        kinds: match applies.kinds.as_slice() {
            [] => &[Kind::Edit, Kind::Generation],
            kinds if !kinds.contains(&Kind::Edit) => &[Kind::Generation],
            kinds if !kinds.contains(&Kind::Generation) => &[Kind::Edit],
            _ => &[Kind::Edit, Kind::Generation],
        },
        categories: applies.categories,
        scale: axis.scale.marks(),
        parts: axis.scale.parts(),
        across: across(axis.across, &BTreeMap::new()),
        overall_of: small(overall_of),
        missing: MissingAs::Skip,
        pooled: axis.pooled,
        complete: axis.complete,
        origin: Origin::Judged,
    }
}

fn computed_axis(
    score: &WireScore,
    rank: usize,
    axes: &[WireAxis],
    categories: &[&str],
) -> Declaration {
    let enters = |key: &str, category: &str| {
        let axis = axes.iter().find(|axis| axis.key == key);
        let applies = axis.and_then(|axis| axis.applies.as_ref());
        axis.is_some()
            && applies.is_none_or(|applies| {
                applies.categories.is_empty() || applies.categories.iter().any(|c| c == category)
            })
    };
    let counts = categories.iter().map(|category| {
        let here = score.item.axes_in(category);
        let count = here.iter().filter(|key| enters(key, category)).count();
        ((*category).to_owned(), u32::try_from(count).unwrap_or(0))
    });
    Declaration {
        rank: small(rank),
        key: Cow::Owned(score.key.clone()),
        title: Cow::Owned(score.title.clone()),
        sees: Sight::of(&[]),
        kinds: &[Kind::Edit, Kind::Generation],
        categories: Vec::new(),
        scale: score.scale,
        parts: None,
        across: across(score.across, &counts.collect()),
        overall_of: 1,
        missing: score.missing,
        pooled: score.pooled,
        complete: false,
        origin: Origin::Computed(score.item.clone()),
    }
}

fn across(wire: WireAcross, marks: &BTreeMap<String, u32>) -> Across {
    match wire {
        WireAcross::Planned => Across::Planned,
        WireAcross::Equal => Across::Equal,
        WireAcross::Marks => Across::Marks(marks.clone()),
    }
}

fn small(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

impl WireAxis {
    /// A judged axis as it is written.
    pub fn of(axis: Axis) -> Self {
        let Declaration {
            key,
            title,
            sees,
            kinds,
            categories,
            scale,
            parts,
            across,
            pooled,
            complete,
            ..
        } = axis.declaration();
        let all_kinds = kinds.len() > 1;
        let applies = WireFor {
            kinds: if all_kinds {
                Vec::new()
            } else {
                kinds.to_vec()
            },
            categories: categories.clone(),
        };
        Self {
            key: key.to_string(),
            title: title.to_string(),
            scale: WireScale::of(*scale, parts.as_ref()),
            sees: sees.parts(),
            applies: (applies != WireFor::default()).then_some(applies),
            across: WireAcross::of(across),
            pooled: *pooled,
            complete: *complete,
        }
    }
}

impl WireScore {
    /// A computed score as it is written; `None` for a judged axis.
    pub fn of(axis: Axis) -> Option<Self> {
        let declaration = axis.declaration();
        Some(Self {
            key: axis.key().to_owned(),
            title: axis.title().to_owned(),
            item: axis.formula()?.clone(),
            scale: axis.scale(),
            missing: declaration.missing,
            across: WireAcross::of(&declaration.across),
            pooled: declaration.pooled,
        })
    }
}

impl WireAcross {
    fn of(across: &Across) -> Self {
        match across {
            Across::Planned => Self::Planned,
            Across::Equal => Self::Equal,
            Across::Marks(_) => Self::Marks,
        }
    }
}
