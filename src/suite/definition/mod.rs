//! What a suite is without its tasks: the checked content of `suite.toml`.

mod checks;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::checks::{check, line_at};
use super::axes;
use super::axes::wire::{WireAxis, WireScore};
use super::fault::{FaultList, SuiteFaults};
use super::mapping::Print;
use super::prompts::WirePrompt;
use super::wire::{
    DECLARING_FORMAT, DEFINITION_FILE, FORMAT, WireAxes, WireCategory, WireSource, WireSuite,
};
use super::{Axis, Call, Category, ScoreMap};
use crate::common::digest::Digest;
use crate::common::outside::Folder;

/// Longest `suite.toml`, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Where the rubrics of a suite come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RubricSource {
    /// A set known by name, for example `default`.
    Named(String),
    /// A folder inside the suite's own.
    Folder(PathBuf),
}

/// A suite without its tasks.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Short name, safe as a file name.
    pub name: String,
    /// Version of the data.
    pub version: String,
    /// Licence of the data, as an SPDX expression or words.
    pub licence: String,
    /// Axes that are judged, in reporting order.
    pub axes: Vec<Axis>,
    /// Axes without ends, which enter no official figure.
    pub extra: Vec<Axis>,
    /// Calls that mark several of them; of two that fit an axis and a category the first is made.
    pub calls: Vec<Call>,
    /// The authors' own prompts: for imports, no part of what the suite asks.
    pub prompts: Vec<WirePrompt>,
    /// Scores that are computed from their marks, in reporting order; the first stands for the Overall.
    pub scores: Vec<Axis>,
    /// How raw marks become points.
    pub mapping: ScoreMap,
    /// How the authors print the benchmark's figures.
    pub print: Option<Print>,
    /// The strata, in reporting order.
    pub categories: Vec<Category>,
    /// The rubrics that the suite asks for; a run may name others.
    pub rubrics: Option<RubricSource>,
    /// Name of the data set on the Hugging Face hub.
    pub hub: Option<String>,
    /// Field → column hints for the import.
    pub import: BTreeMap<String, String>,
    /// Column → value: the rows of imported files of marks that are about this suite.
    pub rows: BTreeMap<String, String>,
    /// Rules fixed before anyone trained on the suite: name → digest.
    pub frozen: BTreeMap<String, Digest>,
    /// What the tasks were imported from.
    pub source: Option<WireSource>,
    /// The folder of `suite.toml`.
    pub folder: PathBuf,
}

impl Definition {
    /// Reads and checks the `suite.toml` of a folder.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn read(folder: &Path) -> Result<Self, SuiteFaults> {
        let mut faults = FaultList::of(DEFINITION_FILE);
        let definition = read(folder, &mut faults);
        match definition {
            Some(definition) if faults.is_empty() => Ok(definition),
            _ => Err(SuiteFaults {
                folder: folder.to_owned(),
                faults: faults.into_faults(),
            }),
        }
    }

    /// How many tasks the suite plans.
    pub fn planned(&self) -> u64 {
        self.categories.iter().map(|c| u64::from(c.planned)).sum()
    }

    /// The definition as it is written to a file.
    pub fn to_wire(&self) -> WireSuite {
        let categories = self.categories.iter().map(|category| WireCategory {
            name: toml::Spanned::new(0..0, category.name.clone()),
            kind: category.kind,
            planned: category.planned,
            ids: category.ids.as_ref().map(ToString::to_string),
        });
        let named = match &self.rubrics {
            Some(RubricSource::Named(name)) => Some(name.clone()),
            _ => None,
        };
        let declares = self.declares();
        let scores = self.scores.iter();
        WireSuite {
            format: if declares { DECLARING_FORMAT } else { FORMAT },
            name: self.name.clone(),
            version: self.version.clone(),
            licence: self.licence.clone(),
            axes: match declares {
                true => {
                    let all = self.axes.iter().chain(&self.extra);
                    WireAxes::Declared(all.map(|&axis| WireAxis::of(axis)).collect())
                }
                false => WireAxes::Keys(self.axes.clone()),
            },
            calls: self.calls.iter().map(Call::to_wire).collect(),
            prompts: Vec::new(),
            scores: scores.filter_map(|&score| WireScore::of(score)).collect(),
            mapping: (!declares).then_some(self.mapping),
            print: self.print,
            rubrics: named.or_else(|| Some(self.rubric_folder()?.1)),
            hub: self.hub.clone(),
            categories: categories.collect(),
            import: self.import.clone(),
            rows: self.rows.clone(),
            frozen: self.frozen.clone(),
            source: self.source.clone(),
        }
    }

    /// Whether it has axes or scores of its own, beside ParaBench's.
    pub fn declares(&self) -> bool {
        axes::are_declared(&self.axes, &self.scores)
    }

    /// The folder of the suite's own rubrics, and its path in the suite's folder with
    /// a `/` at the end.
    pub fn rubric_folder(&self) -> Option<(PathBuf, String)> {
        let Some(RubricSource::Folder(folder)) = &self.rubrics else {
            return None;
        };
        let inside = folder.strip_prefix(&self.folder).unwrap_or(folder);
        let parts = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy());
        let parts: Vec<_> = parts.collect();
        Some((folder.clone(), format!("{}/", parts.join("/"))))
    }
}

/// Reads `suite.toml`, adding what is wrong to `faults`; `None` when the file
/// cannot be understood at all.
fn read(folder: &Path, faults: &mut FaultList) -> Option<Definition> {
    let inside = Folder::at(folder);
    let read = inside.and_then(|inside| inside.read_text(DEFINITION_FILE, MAX_BYTES));
    let text = match read {
        Ok(text) => text,
        Err(error) => {
            faults.push(
                None,
                error.to_string(),
                format!("a UTF-8 file of at most {MAX_BYTES} bytes that defines the suite"),
                "write one, or name the folder that holds it",
            );
            return None;
        }
    };
    match parse(&text) {
        Ok(wire) => Some(check(wire, folder, &text, faults)),
        Err(error) => {
            faults.push(
                error.span().map(|span| line_at(&text, span.start)),
                error.message().to_owned(),
                "the format that the documentation of suites describes",
                "correct the line",
            );
            None
        }
    }
}

/// Reads the form that `format` names; a file without one is read as format 1, whose fault says so.
fn parse(text: &str) -> Result<WireSuite, toml::de::Error> {
    #[derive(serde::Deserialize)]
    struct Format {
        #[serde(default)]
        format: u32,
    }
    if toml::from_str::<Format>(text).is_ok_and(|found| found.format == DECLARING_FORMAT) {
        toml::from_str::<WireSuite<Vec<WireAxis>>>(text)
            .map(|wire| wire.with_axes(WireAxes::Declared))
    } else {
        toml::from_str::<WireSuite<Vec<Axis>>>(text).map(|wire| wire.with_axes(WireAxes::Keys))
    }
}
