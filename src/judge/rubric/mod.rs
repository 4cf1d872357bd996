//! Rubrics: what a judge is told for each axis, as versioned data.
//!
//! A set of rubrics is a folder with one `<axis>.toml` per axis. The set
//! `default`, for ParaBench's axes, is embedded in the binary, and so are some for other benchmarks; a path names any other.

mod file;
mod to_mark;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use self::file::Sought;
pub use self::to_mark::{Marked, ToMark};

use crate::common::digest::Digest;
use crate::common::files::FileError;
use crate::common::outside::Folder;
use crate::common::suggest::unknown;
use crate::judge::mark::Score;
use crate::judge::reply::Form;
use crate::suite::axes::sight::{Sight, SightPart};
use crate::suite::calls::Arrangement;
use crate::suite::{Axis, Kind};

/// Longest rubric file that is read, in bytes.
const MAX_RUBRIC_BYTES: u64 = 256 << 10;

macro_rules! embedded {
    ($name:literal) => {
        include_str!(concat!("../../../judges/rubrics/", $name, ".toml"))
    };
}

/// The embedded sets: name, then the text of each file, by its name without `.toml`.
const EMBEDDED: [(&str, &[(&str, &str)]); 4] = [
    (
        "default",
        &[
            ("text_quality", embedded!("default/text_quality")),
            ("text_alignment", embedded!("default/text_alignment")),
            ("image_consistency", embedded!("default/image_consistency")),
            ("image_alignment", embedded!("default/image_alignment")),
            ("image_quality", embedded!("default/image_quality")),
            ("output_alignment", embedded!("default/output_alignment")),
        ],
    ),
    (
        "gedit",
        &[("sc", embedded!("gedit/sc")), ("pq", embedded!("gedit/pq"))],
    ),
    (
        "gedit-parts",
        &[
            ("sc", embedded!("gedit-parts/sc")),
            ("pq", embedded!("gedit-parts/pq")),
        ],
    ),
    (
        "rise",
        &[
            ("consistency", embedded!("rise/consistency")),
            ("reasoning", embedded!("rise/reasoning")),
            ("plausibility", embedded!("rise/plausibility")),
            ("logical_consistency", embedded!("rise/logical_consistency")),
            ("logical_answer", embedded!("rise/logical_answer")),
        ],
    ),
];

/// Why rubrics could not be read. All faults of a set are collected.
#[derive(Debug, Error)]
pub enum RubricError {
    /// No embedded set has this name and no folder lies there.
    #[error("{}; or name a folder", unknown("rubrics", .0, &EMBEDDED.map(|(name, _)| name), None))]
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

/// How a rubric becomes a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Among our own words, what is judged in a fence.
    Ours,
    /// The task is the whole prompt, as its authors wrote it: no fence, no rules.
    Verbatim(Verbatim),
}

/// How a prompt of a benchmark's authors is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verbatim {
    /// What stands in it for a part.
    pub placeholders: BTreeMap<String, SightPart>,
    /// The words before pictures, by the key of what they show.
    pub pictures: BTreeMap<String, String>,
    /// The system message; empty where there is none.
    pub system: String,
}

/// The judge's instructions for one axis, or for several that one call marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rubric {
    /// Its name in the identity of judges: that of its file.
    pub name: String,
    /// Version of the wording, for people.
    pub version: String,
    /// How the judge's reply holds the marks of its axes.
    pub form: Form,
    /// What is shown: no more than each of the axes sees.
    pub sees: Sight,
    /// In which order pictures are shown, and with which words.
    pub pictures: Arrangement,
    /// How it becomes a prompt.
    pub style: Style,
    /// The categories that it is for; all others of its axis where `None`.
    pub categories: Option<Vec<String>>,
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

    /// The key of the mark of an axis; `None` for an axis that it does not mark.
    pub fn key(&self, axis: Axis) -> Option<&str> {
        let own = self.form.keys.iter().find(|(marked, _)| *marked == axis);
        own.map(|(_, key)| key.as_str())
    }

    /// Whether it is for tasks of a category.
    fn is_for(&self, category: Option<&str>) -> bool {
        let has = |names: &Vec<String>| names.iter().any(|name| Some(name.as_str()) == category);
        self.categories.as_ref().is_none_or(has)
    }
}

/// The rubrics of some axes: those of calls, those of categories that have their own, and one for each axis.
#[derive(Clone, Debug)]
pub struct Rubrics {
    /// Of two rubrics for one axis and category the first counts.
    set: Vec<Rubric>,
}

impl Rubrics {
    /// The rubrics of an embedded set, or of a folder of `<axis>.toml` files, with `<axis>.<category>.toml` for categories
    /// that are judged otherwise, and a file for every call. The names of embedded sets go first; `./default` is a folder.
    ///
    /// # Errors
    /// [`RubricError`], with all faults of the set.
    pub fn load(name_or_path: &str, to_mark: &ToMark) -> Result<Self, RubricError> {
        let embedded = EMBEDDED.iter().find(|(name, _)| *name == name_or_path);
        if let Some((name, texts)) = embedded {
            return Self::collect(format!("the built-in set `{name}`"), to_mark, |file| {
                let own = texts
                    .iter()
                    .find(|(name, _)| file.strip_suffix(".toml") == Some(*name));
                Ok(own.map(|(_, text)| (*text).to_owned()))
            });
        }
        let folder = Path::new(name_or_path);
        if !folder.is_dir() {
            return Err(RubricError::Unknown(name_or_path.to_owned()));
        }
        let place = folder.display().to_string();
        Self::collect(place, to_mark, |file| read(folder, file))
    }

    /// The files of an embedded set: each name without `.toml`, and its text.
    pub fn built_in(name: &str) -> Option<&'static [(&'static str, &'static str)]> {
        let set = EMBEDDED.iter().find(|(built_in, _)| *built_in == name);
        set.map(|(_, files)| *files)
    }

    /// The files of a folder that say how these axes are judged, each with its text, by name.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn files(folder: &Path, to_mark: &ToMark) -> Result<BTreeMap<String, String>, FileError> {
        let mut files = BTreeMap::new();
        for sought in sought(to_mark) {
            let name = format!("{}.toml", sought.name);
            if let Some(text) = read(folder, &name)? {
                files.insert(name, text);
            }
        }
        Ok(files)
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
        let mut set = self.set.iter();
        set.find(|rubric| rubric.key(axis).is_some() && rubric.is_for(category))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Rubric> {
        self.set.iter()
    }

    fn collect(
        place: String,
        to_mark: &ToMark,
        source: impl Fn(&str) -> Result<Option<String>, FileError>,
    ) -> Result<Self, RubricError> {
        let (mut set, mut faults) = (Vec::new(), Vec::new());
        for sought in sought(to_mark) {
            let name = format!("{}.toml", sought.name);
            match source(&name) {
                Err(error) => faults.push(error.to_string()),
                Ok(Some(text)) => match file::parse(sought, &text) {
                    Ok(rubric) => set.push(rubric),
                    Err(found) => faults.extend(found.into_iter().map(|f| format!("{name}: {f}"))),
                },
                Ok(None) if sought.needed => faults.push(format!("{name}: is not there")),
                Ok(None) => {}
            }
        }
        match faults.is_empty() {
            true => Ok(Self { set }),
            false => Err(RubricError::Faulty { place, faults }),
        }
    }
}

/// The files of a set, those of calls first, those of single categories before those of all.
fn sought(to_mark: &ToMark) -> Vec<Sought> {
    let mut files: Vec<Sought> = to_mark.calls.iter().map(Sought::of_call).collect();
    for marked in &to_mark.axes {
        let own = marked.categories.iter();
        files.extend(own.map(|(category, kind)| Sought {
            categories: Some(vec![category.clone()]),
            kinds: vec![*kind],
            ..Sought::of_axis(format!("{}.{category}", marked.axis), marked.axis)
        }));
    }
    files.extend(to_mark.axes.iter().map(|marked| {
        let in_call = |(category, _): &(String, Kind)| {
            let mut calls = to_mark.calls.iter();
            calls.any(|call| call.marks(marked.axis, category))
        };
        let by_calls = !marked.categories.is_empty() && marked.categories.iter().all(in_call);
        Sought {
            kinds: marked.kinds(),
            needed: !by_calls,
            ..Sought::of_axis(marked.axis.key().to_owned(), marked.axis)
        }
    }));
    files
}

/// The text of a file; `None` where there is none.
fn read(folder: &Path, name: &str) -> Result<Option<String>, FileError> {
    match Folder::at(folder)?.read_text(name, MAX_RUBRIC_BYTES) {
        Err(error) if error.is_not_found() => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_set_has_the_keys_of_the_paper() {
        let rubrics = Rubrics::load("default", &ToMark::parabench()).unwrap();
        let keys: Vec<_> = Axis::ALL
            .map(|axis| {
                rubrics
                    .of(axis, None)
                    .unwrap()
                    .key(axis)
                    .unwrap()
                    .to_owned()
            })
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
            assert_eq!(rubrics.of(axis, None).unwrap().name, axis.key());
        }
    }

    #[test]
    fn a_folder_reports_all_its_faults_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (_, texts) = &EMBEDDED[0];
        for (axis, text) in *texts {
            let text = match *axis {
                "text_quality" => continue,
                "image_quality" => {
                    text.replace("axis = \"image_quality\"", "axis = \"text_quality\"")
                }
                "output_alignment" => text.replace("version =", "versoin ="),
                _ => (*text).to_owned(),
            };
            std::fs::write(folder.path().join(format!("{axis}.toml")), text).unwrap();
        }
        let message = Rubrics::load(folder.path().to_str().unwrap(), &ToMark::parabench())
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
        for (axis, text) in *texts {
            let text = text.replace("version = \"1.", "version = \"mine.");
            std::fs::write(folder.path().join(format!("{axis}.toml")), text).unwrap();
        }
        let mine = Rubrics::load(folder.path().to_str().unwrap(), &ToMark::parabench()).unwrap();
        let built_in = Rubrics::load("default", &ToMark::parabench()).unwrap();
        for axis in Axis::ALL {
            assert!(mine.of(axis, None).unwrap().version.starts_with("mine."));
            assert_ne!(
                mine.of(axis, None).unwrap().digest,
                built_in.of(axis, None).unwrap().digest
            );
        }
        assert!(matches!(
            Rubrics::load("nonsense", &ToMark::parabench()),
            Err(RubricError::Unknown(_))
        ));
    }
}
