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

/// The rank of the first axis beside the official ones: after all of them.
const FIRST_EXTRA: usize = 128;

/// What a suite declares: its judged axes, and the scores that are computed from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// In reporting order.
    pub axes: Vec<Axis>,
    /// In reporting order; the first stands for the Overall.
    pub scores: Vec<Axis>,
    /// Axes without ends, which enter no official figure.
    pub extra: Vec<Axis>,
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
    if !axes.is_empty() && axes.iter().all(|axis| axis.scale.marks().is_endless()) {
        faults.push((
            "no axis has a scale with both ends".to_owned(),
            "at least one: axes without ends do not enter the figures of a suite".to_owned(),
        ));
    }
    for score in scores {
        check_score(score, axes, categories, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let (endless, ended): (Vec<&WireAxis>, Vec<&WireAxis>) = axes
        .iter()
        .partition(|axis| axis.scale.marks().is_endless());
    let of = if scores.is_empty() { ended.len() } else { 0 };
    let computed = scores.iter().zip(axes.len()..);
    let computed = computed.map(|(score, rank)| computed_axis(score, rank, axes, categories));
    Ok(Declared {
        axes: interned(all_judged(ended, 0, of))?,
        scores: interned(computed.collect())?,
        extra: interned(all_judged(endless, FIRST_EXTRA, 0))?,
    })
}

/// The axes that a judge marks beside those of a suite: they enter no official figure.
///
/// # Errors
/// Every fault, as what was found and what was expected.
pub fn declare_extra(axes: &[WireAxis]) -> Result<Vec<Axis>, Vec<(String, String)>> {
    let mut faults = Vec::new();
    check_names(axes, &[], &mut faults);
    for axis in axes {
        // Its categories are those of the suite that it came from.
        let own = axis.applies.iter().flat_map(|applies| &applies.categories);
        let own: Vec<&str> = own.map(String::as_str).collect();
        check_axis(axis, &own, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    interned(all_judged(axes.iter().collect(), FIRST_EXTRA, 0))
}

fn all_judged(axes: Vec<&WireAxis>, first: usize, of: usize) -> Vec<Declaration> {
    let ranked = axes.into_iter().zip(first..);
    ranked.map(|(axis, rank)| judged(axis, rank, of)).collect()
}

fn interned(all: Vec<Declaration>) -> Result<Vec<Axis>, Vec<(String, String)>> {
    let all = all.into_iter().map(Axis::declare).collect::<Result<_, _>>();
    all.map_err(|error| vec![(error.to_string(), "fewer".to_owned())])
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
