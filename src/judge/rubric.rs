//! Rubrics: what a judge is told for each axis, as versioned data.
//!
//! A set of rubrics is a folder with one `<axis>.toml` per axis. The set
//! `default`, for ParaBench's axes, is embedded in the binary; a path names any other.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::common::files::FileError;
use crate::common::outside::Folder;
use crate::common::suggest::unknown;
use crate::judge::mark::Score;
use crate::suite::axes::scale::MarkScale;
use crate::suite::{Axis, Kind};

/// Longest rubric file that is read, in bytes.
const MAX_RUBRIC_BYTES: u64 = 256 << 10;

macro_rules! embedded {
    ($name:literal) => {
        include_str!(concat!("../../judges/rubrics/", $name, ".toml"))
    };
}

/// The embedded sets: name, then one text per axis.
const EMBEDDED: [(&str, [(Axis, &str); 6]); 1] = [(
    "default",
    [
        (Axis::TEXT_QUALITY, embedded!("default/text_quality")),
        (Axis::TEXT_ALIGNMENT, embedded!("default/text_alignment")),
        (
            Axis::IMAGE_CONSISTENCY,
            embedded!("default/image_consistency"),
        ),
        (Axis::IMAGE_ALIGNMENT, embedded!("default/image_alignment")),
        (Axis::IMAGE_QUALITY, embedded!("default/image_quality")),
        (
            Axis::OUTPUT_ALIGNMENT,
            embedded!("default/output_alignment"),
        ),
    ],
)];

/// Why rubrics could not be read. All faults of a set are collected.
#[derive(Debug, Error)]
pub enum RubricError {
    /// No embedded set has this name and no folder lies there.
    #[error("{}, or a folder", unknown("rubrics", .0, &EMBEDDED.map(|(name, _)| name), None))]
    Unknown(String),
    /// One or more files are faulty.
    #[error("the rubrics in {place} cannot be used:\n  {}", faults.join("\n  "))]
    Faulty {
        /// The folder, or the name of the embedded set.
        place: String,
        /// One line per fault, each naming its file.
        faults: Vec<String>,
    },
}

/// What a judge is told for one axis and one kind of task.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Who the judge is, what it is given, what it is asked. May be a whole prompt.
    pub task: String,
    /// What counts, one item each; may be empty when `task` says it all.
    #[serde(default)]
    pub criteria: Vec<String>,
    /// How to go about it before the mark; may be empty when `task` says it all.
    #[serde(default)]
    pub steps: Vec<String>,
}

/// What the kinds of tasks are judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wordings {
    /// One wording, whatever the kind: an axis that exists for one kind only.
    One(Wording),
    /// One each.
    Both { edit: Wording, generation: Wording },
}

/// The judge's instructions for one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rubric {
    /// Version of the wording, for people.
    pub version: String,
    /// The axis.
    pub axis: Axis,
    /// The category that it is for; all others of the axis where `None`.
    pub category: Option<String>,
    /// Key of the mark in the judge's reply.
    pub key: String,
    /// What marks mean, the highest first; empty when the wordings bring their own scale.
    pub anchors: Vec<(Score, String)>,
    /// SHA-256 of the file.
    pub digest: Digest,
    wordings: Wordings,
}

impl Rubric {
    /// The wording for a kind of task.
    pub fn wording(&self, kind: Kind) -> &Wording {
        match (&self.wordings, kind) {
            (Wordings::One(wording), _) => wording,
            (Wordings::Both { edit, .. }, Kind::Edit) => edit,
            (Wordings::Both { generation, .. }, Kind::Generation) => generation,
        }
    }

    /// Its name in the identity of judges: the axis, and the category where it is for one.
    pub fn name(&self) -> String {
        match &self.category {
            Some(category) => format!("{}.{category}", self.axis),
            None => self.axis.to_string(),
        }
    }
}

/// An axis that judges are to mark, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The axis.
    pub axis: Axis,
    /// The categories that have it, with the kind of their tasks; without any the axis has all kinds.
    pub categories: Vec<(String, Kind)>,
}

impl Marked {
    /// The six axes of ParaBench.
    pub fn parabench() -> Vec<Self> {
        let marked = |axis| Self {
            axis,
            categories: Vec::new(),
        };
        Axis::ALL.map(marked).into()
    }

    /// Whether there are tasks of a kind.
    fn has(&self, kind: Kind) -> bool {
        match self.categories.as_slice() {
            [] => self.axis.exists_for(kind),
            some => some.iter().any(|(_, of)| *of == kind),
        }
    }
}

/// The rubrics of some axes: one for each, and more for categories that have their own.
#[derive(Clone, Debug)]
pub struct Rubrics {
    set: Vec<Rubric>,
}

impl Rubrics {
    /// The rubrics of an embedded set, or of a folder of `<axis>.toml` files, with `<axis>.<category>.toml` for categories
    /// that are judged otherwise. The names of embedded sets go first; `./default` is a folder.
    ///
    /// # Errors
    /// [`RubricError`], with all faults of the set.
    pub fn load(name_or_path: &str, marked: &[Marked]) -> Result<Self, RubricError> {
        let embedded = EMBEDDED.iter().find(|(name, _)| *name == name_or_path);
        if let Some((name, texts)) = embedded {
            let texts: BTreeMap<_, _> = texts
                .iter()
                .map(|(axis, text)| (axis.key(), *text))
                .collect();
            return Self::collect(format!("the built-in set `{name}`"), marked, |file| {
                let key = file.strip_suffix(".toml").unwrap_or(file);
                Ok(texts.get(key).map(|text| (*text).to_owned()))
            });
        }
        let folder = Path::new(name_or_path);
        if !folder.is_dir() {
            return Err(RubricError::Unknown(name_or_path.to_owned()));
        }
        let place = folder.display().to_string();
        Self::collect(place, marked, |file| read(folder, file))
    }

    /// The names of the embedded sets.
    pub fn bundled() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// Whether a name is that of an embedded set.
    pub fn is_built_in(name: &str) -> bool {
        EMBEDDED.iter().any(|(built_in, _)| *built_in == name)
    }

    /// The rubric of an axis for tasks of a category; `None` for an axis that the set was not loaded for.
    pub fn of(&self, axis: Axis, category: Option<&str>) -> Option<&Rubric> {
        let mut of_axis = self.set.iter().filter(|rubric| rubric.axis == axis);
        let own = of_axis
            .clone()
            .find(|rubric| rubric.category.is_some() && rubric.category.as_deref() == category);
        own.or_else(|| of_axis.find(|rubric| rubric.category.is_none()))
    }

    /// All of them, by axis in the suite's order.
    pub fn iter(&self) -> impl Iterator<Item = &Rubric> {
        self.set.iter()
    }

    fn collect(
        place: String,
        marked: &[Marked],
        source: impl Fn(&str) -> Result<Option<String>, FileError>,
    ) -> Result<Self, RubricError> {
        let (mut set, mut faults) = (Vec::new(), Vec::new());
        for marked in marked {
            let own = marked
                .categories
                .iter()
                .map(|(category, _)| Some(category.as_str()));
            for category in std::iter::once(None).chain(own) {
                let name = match category {
                    None => format!("{}.toml", marked.axis),
                    Some(category) => format!("{}.{category}.toml", marked.axis),
                };
                match source(&name) {
                    Err(error) => faults.push(error.to_string()),
                    Ok(Some(text)) => match parse(marked, category, &text) {
                        Ok(rubric) => set.push(rubric),
                        Err(found) => {
                            faults.extend(found.into_iter().map(|f| format!("{name}: {f}")))
                        }
                    },
                    Ok(None) if category.is_none() => faults.push(format!("{name}: is not there")),
                    Ok(None) => {}
                }
            }
        }
        match faults.is_empty() {
            true => Ok(Self { set }),
            false => Err(RubricError::Faulty { place, faults }),
        }
    }
}

/// The text of a file; `None` where there is none.
fn read(folder: &Path, name: &str) -> Result<Option<String>, FileError> {
    match Folder::at(folder)?.read_text(name, MAX_RUBRIC_BYTES) {
        Err(error) if error.is_not_found() => Ok(None),
        read => read.map(Some),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRubric {
    version: String,
    axis: Axis,
    key: String,
    #[serde(default)]
    scale: Option<BTreeMap<String, String>>,
    #[serde(default)]
    edit: Option<Wording>,
    #[serde(default)]
    generation: Option<Wording>,
}

fn parse(marked: &Marked, category: Option<&str>, text: &str) -> Result<Rubric, Vec<String>> {
    let wire: WireRubric =
        toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
    let mut faults = faults_of(marked, category, &wire);
    let anchors = anchors(
        marked.axis.scale(),
        wire.scale.unwrap_or_default(),
        &mut faults,
    );
    let wordings = match (wire.edit, wire.generation) {
        (Some(edit), Some(generation)) => Some(Wordings::Both { edit, generation }),
        (Some(one), None) | (None, Some(one)) => Some(Wordings::One(one)),
        (None, None) => None,
    };
    match wordings {
        Some(wordings) if faults.is_empty() => Ok(Rubric {
            version: wire.version,
            axis: marked.axis,
            category: category.map(str::to_owned),
            key: wire.key,
            anchors,
            digest: Digest::of(text.as_bytes()),
            wordings,
        }),
        _ => Err(faults),
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

fn faults_of(marked: &Marked, category: Option<&str>, wire: &WireRubric) -> Vec<String> {
    let mut faults = Vec::new();
    let axis = marked.axis;
    if wire.axis.key() != axis.key() {
        faults.push(format!("axis is `{}`, expected `{axis}`", wire.axis));
    }
    let plain = |key: &str| {
        !key.is_empty()
            && key.len() <= 64
            && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    if !plain(&wire.key) || wire.key == "reasoning" {
        faults.push(format!(
            "key `{}`: expected lower-case letters and `_`, and not `reasoning`, which holds the judge's reasons",
            wire.key
        ));
    }
    let of_category = marked
        .categories
        .iter()
        .find(|(name, _)| Some(name.as_str()) == category);
    let kinds = [
        (Kind::Edit, wire.edit.as_ref()),
        (Kind::Generation, wire.generation.as_ref()),
    ];
    for (kind, wording) in kinds {
        let needed = of_category.map_or_else(|| marked.has(kind), |(_, own)| *own == kind);
        match wording {
            Some(wording) if wording.task.trim().is_empty() => {
                faults.push(format!("[{kind}] task is empty"));
            }
            None if needed => faults.push(format!("[{kind}] is not there")),
            _ => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_set_has_the_keys_of_the_paper() {
        let rubrics = Rubrics::load("default", &Marked::parabench()).unwrap();
        let keys: Vec<_> = Axis::ALL
            .map(|axis| rubrics.of(axis, None).unwrap().key.clone())
            .into_iter()
            .collect();
        assert_eq!(
            keys,
            [
                "text_quality_score",
                "text_alignment_score",
                "consistency_score",
                "instruction_score",
                "quality_score",
                "output_alignment_score",
            ]
        );
        for axis in Axis::ALL {
            assert_eq!(rubrics.of(axis, None).unwrap().axis, axis);
        }
    }

    #[test]
    fn a_folder_reports_all_its_faults_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (_, texts) = &EMBEDDED[0];
        for (axis, text) in texts {
            let text = match axis.key() {
                "text_quality" => continue,
                "image_quality" => {
                    text.replace("axis = \"image_quality\"", "axis = \"text_quality\"")
                }
                "output_alignment" => text.replace("version =", "versoin ="),
                _ => (*text).to_owned(),
            };
            std::fs::write(folder.path().join(format!("{axis}.toml")), text).unwrap();
        }
        let message = Rubrics::load(folder.path().to_str().unwrap(), &Marked::parabench())
            .unwrap_err()
            .to_string();
        for part in [
            "text_quality.toml",
            "axis is `text_quality`, expected `image_quality`",
            "versoin",
        ] {
            assert!(message.contains(part), "{part} is not in\n{message}");
        }
    }

    #[test]
    fn a_folder_overrides_and_the_digest_follows_the_text() {
        let folder = tempfile::tempdir().unwrap();
        let (_, texts) = &EMBEDDED[0];
        for (axis, text) in texts {
            let text = text.replace("version = \"1.", "version = \"mine.");
            std::fs::write(folder.path().join(format!("{axis}.toml")), text).unwrap();
        }
        let mine = Rubrics::load(folder.path().to_str().unwrap(), &Marked::parabench()).unwrap();
        let built_in = Rubrics::load("default", &Marked::parabench()).unwrap();
        for axis in Axis::ALL {
            assert!(mine.of(axis, None).unwrap().version.starts_with("mine."));
            assert_ne!(
                mine.of(axis, None).unwrap().digest,
                built_in.of(axis, None).unwrap().digest
            );
        }
        assert!(matches!(
            Rubrics::load("nonsense", &Marked::parabench()),
            Err(RubricError::Unknown(_))
        ));
    }
}
