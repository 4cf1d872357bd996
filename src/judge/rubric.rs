//! Rubrics: what a judge is told for each axis, as versioned data.
//!
//! A set of rubrics is a folder with one `<axis>.toml` per axis. The set
//! `default` is embedded in the binary; a path names any other.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::common::digest::Digest;
use crate::common::files::FileError;
use crate::common::outside::Folder;
use crate::common::suggest::unknown;
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

/// What each mark means.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Perfect.
    #[serde(rename = "5")]
    pub five: String,
    /// One minor flaw.
    #[serde(rename = "4")]
    pub four: String,
    /// Partial or noticeable.
    #[serde(rename = "3")]
    pub three: String,
    /// Several or major.
    #[serde(rename = "2")]
    pub two: String,
    /// None, or contradicts.
    #[serde(rename = "1")]
    pub one: String,
}

/// The judge's instructions for one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rubric {
    /// Version of the wording, for people.
    pub version: String,
    /// The axis.
    pub axis: Axis,
    /// Key of the mark in the judge's reply.
    pub key: String,
    /// The anchors of the marks; absent when the wordings bring their own.
    pub scale: Option<Scale>,
    /// SHA-256 of the file.
    pub digest: Digest,
    edit: Wording,
    generation: Option<Wording>,
}

impl Rubric {
    /// The wording for a kind of task. An axis that exists for edits only has one
    /// wording, whatever the kind.
    pub fn wording(&self, kind: Kind) -> &Wording {
        match (kind, &self.generation) {
            (Kind::Generation, Some(wording)) => wording,
            _ => &self.edit,
        }
    }
}

/// One rubric per axis.
#[derive(Clone, Debug)]
pub struct Rubrics {
    set: [Rubric; 6],
}

impl Rubrics {
    /// The rubrics of an embedded set, or of a folder of `<axis>.toml` files. The
    /// names of embedded sets go first; `./default` is a folder.
    ///
    /// # Errors
    /// [`RubricError`], with all faults of the set.
    pub fn load(name_or_path: &str) -> Result<Self, RubricError> {
        let embedded = EMBEDDED.iter().find(|(name, _)| *name == name_or_path);
        if let Some((name, texts)) = embedded {
            let texts: BTreeMap<_, _> = texts.iter().copied().collect();
            return Self::collect(format!("the built-in set `{name}`"), |axis| {
                let text = texts.get(&axis).copied().unwrap_or_default();
                Ok((format!("{axis}.toml"), text.to_owned()))
            });
        }
        let folder = Path::new(name_or_path);
        if !folder.is_dir() {
            return Err(RubricError::Unknown(name_or_path.to_owned()));
        }
        Self::collect(folder.display().to_string(), |axis| read(folder, axis))
    }

    /// The names of the embedded sets.
    pub fn bundled() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// Whether a name is that of an embedded set.
    pub fn is_built_in(name: &str) -> bool {
        EMBEDDED.iter().any(|(built_in, _)| *built_in == name)
    }

    /// The rubric of an axis.
    pub fn of(&self, axis: Axis) -> &Rubric {
        let [first, ..] = &self.set;
        // Every axis is in the set by construction; `first` is never reached.
        self.set
            .iter()
            .find(|rubric| rubric.axis == axis)
            .unwrap_or(first)
    }

    /// All six, in the order of [`Axis::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &Rubric> {
        self.set.iter()
    }

    fn collect(
        place: String,
        source: impl Fn(Axis) -> Result<(String, String), FileError>,
    ) -> Result<Self, RubricError> {
        let mut faults = Vec::new();
        let parsed = Axis::ALL.map(|axis| {
            let (name, text) = source(axis)
                .map_err(|error| faults.push(error.to_string()))
                .ok()?;
            parse(axis, &text)
                .map_err(|found| faults.extend(found.into_iter().map(|f| format!("{name}: {f}"))))
                .ok()
        });
        match parsed {
            [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] => Ok(Self {
                set: [a, b, c, d, e, f],
            }),
            _ => Err(RubricError::Faulty { place, faults }),
        }
    }
}

fn read(folder: &Path, axis: Axis) -> Result<(String, String), FileError> {
    let name = format!("{axis}.toml");
    let text = Folder::at(folder)?.read_text(&name, MAX_RUBRIC_BYTES)?;
    Ok((folder.join(name).display().to_string(), text))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRubric {
    version: String,
    axis: Axis,
    key: String,
    #[serde(default)]
    scale: Option<Scale>,
    edit: Wording,
    #[serde(default)]
    generation: Option<Wording>,
}

fn parse(axis: Axis, text: &str) -> Result<Rubric, Vec<String>> {
    let wire: WireRubric =
        toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
    let faults = faults_of(axis, &wire);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Rubric {
        version: wire.version,
        axis,
        key: wire.key,
        scale: wire.scale,
        digest: Digest::of(text.as_bytes()),
        edit: wire.edit,
        generation: wire.generation,
    })
}

fn faults_of(axis: Axis, wire: &WireRubric) -> Vec<String> {
    let mut faults = Vec::new();
    if wire.axis != axis {
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
    let kinds = [
        (Kind::Edit, Some(&wire.edit)),
        (Kind::Generation, wire.generation.as_ref()),
    ];
    for (kind, wording) in kinds {
        match wording {
            Some(wording) if wording.task.trim().is_empty() => {
                faults.push(format!("[{kind}] task is empty"));
            }
            None if axis.exists_for(kind) => faults.push(format!("[{kind}] is not there")),
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
        let rubrics = Rubrics::load("default").unwrap();
        let keys: Vec<_> = Axis::ALL
            .map(|axis| rubrics.of(axis).key.clone())
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
            assert_eq!(rubrics.of(axis).axis, axis);
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
        let message = Rubrics::load(folder.path().to_str().unwrap())
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
        let mine = Rubrics::load(folder.path().to_str().unwrap()).unwrap();
        let built_in = Rubrics::load("default").unwrap();
        for axis in Axis::ALL {
            assert!(mine.of(axis).version.starts_with("mine."));
            assert_ne!(mine.of(axis).digest, built_in.of(axis).digest);
        }
        assert!(matches!(
            Rubrics::load("nonsense"),
            Err(RubricError::Unknown(_))
        ));
    }
}
