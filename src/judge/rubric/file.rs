//! One file of a set of rubrics: what it must say, and what it says.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Rubric, Wording, Wordings};
use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::judge::mark::Score;
use crate::suite::axes::scale::MarkScale;
use crate::suite::{Axis, Call, Kind};

/// A file that a set may have.
#[derive(Debug)]
pub(super) struct Sought {
    /// Its name without `.toml`.
    pub name: String,
    /// The axes that it is about, of one scale.
    pub axes: Vec<Axis>,
    /// The categories that it is for; all others where `None`.
    pub categories: Option<Vec<String>>,
    /// The kinds of their tasks.
    pub kinds: Vec<Kind>,
    /// Whether the set is faulty without it.
    pub needed: bool,
}

impl Sought {
    /// The file of a call.
    pub(super) fn of_call(call: &Call) -> Self {
        let mut kinds: Vec<Kind> = call.categories.iter().map(|(_, kind)| *kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let categories = call.categories.iter().map(|(name, _)| name.clone());
        Self {
            name: call.rubric.clone(),
            axes: call.axes.clone(),
            categories: Some(categories.collect()),
            kinds,
            needed: true,
        }
    }

    fn scale(&self) -> MarkScale {
        self.axes
            .first()
            .map_or(MarkScale::FIVE_POINT, |axis| axis.scale())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRubric {
    version: String,
    #[serde(default)]
    axis: Option<Axis>,
    #[serde(default)]
    key: Option<String>,
    /// Of a call: axis → key.
    #[serde(default)]
    keys: BTreeMap<String, String>,
    #[serde(default)]
    scale: BTreeMap<String, String>,
    #[serde(default)]
    edit: Option<Wording>,
    #[serde(default)]
    generation: Option<Wording>,
}

pub(super) fn parse(sought: Sought, text: &str) -> Result<Rubric, Vec<String>> {
    let wire: WireRubric =
        toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
    let mut faults = Vec::new();
    let keys = keys(&sought, &wire, &mut faults);
    check_wordings(&sought, &wire, &mut faults);
    let anchors = anchors(sought.scale(), wire.scale, &mut faults);
    let wordings = match (wire.edit, wire.generation) {
        (Some(edit), Some(generation)) => Some(Wordings::Both { edit, generation }),
        (Some(one), None) | (None, Some(one)) => Some(Wordings::One(one)),
        (None, None) => None,
    };
    match wordings {
        Some(wordings) if faults.is_empty() => Ok(Rubric {
            scale: sought.scale(),
            name: sought.name,
            version: wire.version,
            keys,
            categories: sought.categories,
            anchors,
            digest: Digest::of(text.as_bytes()),
            wordings,
        }),
        _ => Err(faults),
    }
}

/// The key of every axis: `axis` and `key` for one, `[keys]` for the axes of a call.
fn keys(sought: &Sought, wire: &WireRubric, faults: &mut Vec<String>) -> Vec<(Axis, String)> {
    let keys: Vec<(Axis, String)> = match sought.axes.as_slice() {
        [axis] => {
            match wire.axis {
                None => faults.push(format!("axis is not there, expected `{axis}`")),
                Some(said) if said.key() != axis.key() => {
                    faults.push(format!("axis is `{said}`, expected `{axis}`"));
                }
                Some(_) => {}
            }
            if !wire.keys.is_empty() {
                faults.push("[keys] is for calls that mark several axes".to_owned());
            }
            vec![(*axis, wire.key.clone().unwrap_or_default())]
        }
        axes => {
            if wire.axis.is_some() || wire.key.is_some() {
                faults
                    .push("axis and key: a call has [keys], with a key for every axis".to_owned());
            }
            let known = |name: &str| axes.iter().any(|axis| axis.key() == name);
            let unknown = wire.keys.keys().filter(|name| !known(name));
            faults
                .extend(unknown.map(|name| format!("[keys] `{name}`: the call does not mark it")));
            let key = |axis: &Axis| wire.keys.get(axis.key()).cloned().unwrap_or_default();
            axes.iter().map(|axis| (*axis, key(axis))).collect()
        }
    };
    for (at, (axis, key)) in keys.iter().enumerate() {
        if !is_plain(key) || key == "reasoning" {
            faults.push(format!(
                "key `{key}` of {axis}: expected lower-case letters and `_`, and not `reasoning`, which holds the judge's reasons"
            ));
        }
        if keys.iter().take(at).any(|(_, other)| other == key) {
            faults.push(format!("key `{key}` of {axis}: another axis has it, too"));
        }
    }
    keys
}

fn is_plain(key: &str) -> bool {
    let plain = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    !key.is_empty() && key.len() <= 64 && plain
}

fn check_wordings(sought: &Sought, wire: &WireRubric, faults: &mut Vec<String>) {
    for (kind, wording) in [
        (Kind::Edit, wire.edit.as_ref()),
        (Kind::Generation, wire.generation.as_ref()),
    ] {
        match wording {
            Some(wording) if wording.task.trim().is_empty() => {
                faults.push(format!("[{kind}] task is empty"));
            }
            None if sought.kinds.contains(&kind) => {
                faults.push(format!("[{kind}] is not there"));
            }
            _ => {}
        }
    }
}

/// What marks mean, the highest first. Of the scale 1–5 all are told, of others at least the ends.
fn anchors(
    scale: MarkScale,
    told: BTreeMap<String, String>,
    faults: &mut Vec<String>,
) -> Vec<(Score, String)> {
    if told.is_empty() {
        return Vec::new();
    }
    let mut anchors = Vec::new();
    for (mark, meaning) in told {
        let value = mark.parse().ok().and_then(|value| Score::on(scale, value));
        match value {
            Some(score) => anchors.push((score, meaning)),
            None => faults.push(format!(
                "[scale] `{mark}`: expected marks from {} to {}",
                scale.lo, scale.hi
            )),
        }
    }
    anchors.sort_by(|(a, _), (b, _)| b.cmp(a));
    let needed = match scale == MarkScale::FIVE_POINT {
        true => (1..=5).map(Decimal::whole).collect(),
        false => vec![scale.lo, scale.hi],
    };
    for mark in needed {
        if !anchors.iter().any(|(score, _)| score.get() == mark) {
            faults.push(format!("[scale] does not say what {mark} means"));
        }
    }
    anchors
}
