//! What a suite is without its tasks: the checked content of `suite.toml`.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::axes;
use super::axes::wire::{Declared, WireAxis, WireScore, declare};
use super::fault::{FaultList, SuiteFaults, quoted};
use super::mapping::Print;
use super::wire::{
    DECLARING_FORMAT, DEFINITION_FILE, FORMAT, WireAxes, WireCategory, WireSource, WireSuite,
};
use super::{Axis, Category, IdRanges, ScoreMap};
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::outside::Folder;

/// Longest `suite.toml`, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Longest version, licence, hub name, in characters.
const MAX_WORDS: usize = 500;
/// Most tasks that a category may plan.
const MAX_PLANNED: u32 = 100_000;

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
                    WireAxes::Declared(self.axes.iter().map(|&axis| WireAxis::of(axis)).collect())
                }
                false => WireAxes::Keys(self.axes.clone()),
            },
            scores: scores.filter_map(|&score| WireScore::of(score)).collect(),
            mapping: (!declares).then_some(self.mapping),
            print: self.print,
            rubrics: named.or_else(|| Some(self.rubric_folder()?.1)),
            hub: self.hub.clone(),
            categories: categories.collect(),
            import: self.import.clone(),
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

fn check(wire: WireSuite, folder: &Path, text: &str, faults: &mut FaultList) -> Definition {
    if wire.format != FORMAT && wire.format != DECLARING_FORMAT {
        faults.push(
            None,
            format!("format = {}", wire.format),
            format!("format = {FORMAT}, or {DECLARING_FORMAT} for a suite that declares its axes"),
            "use a version of parabench that knows this format",
        );
    }
    if !files::is_safe_name(&wire.name) {
        faults.push(
            None,
            format!("name = {}", quoted(&wire.name)),
            "letters, digits, `-`, `_` and `.`, not starting with `.`",
            "rename the suite",
        );
    }
    let words = [("version", &wire.version), ("licence", &wire.licence)];
    let hub = wire.hub.as_ref().map(|hub| ("hub", hub));
    for (field, value) in words.into_iter().chain(hub) {
        if value.trim().is_empty() || value.chars().count() > MAX_WORDS {
            faults.push(
                None,
                format!("{field} = {}", quoted(value)),
                format!("1 to {MAX_WORDS} characters"),
                "say it in a few words",
            );
        }
    }
    check_print(&wire, faults);
    let categories = check_categories(wire.categories, text, faults);
    let declared = check_axes(wire.axes, &wire.scores, &categories, faults);
    let rubrics = wire
        .rubrics
        .and_then(|rubrics| check_rubrics(&rubrics, folder, faults));
    Definition {
        name: wire.name,
        version: wire.version,
        licence: wire.licence,
        axes: declared.axes,
        scores: declared.scores,
        mapping: match wire.format {
            DECLARING_FORMAT => ScoreMap::Percent,
            _ => wire.mapping.unwrap_or_default(),
        },
        print: wire.print,
        categories,
        rubrics,
        hub: wire.hub,
        import: wire.import,
        frozen: wire.frozen,
        source: wire.source,
        folder: folder.to_owned(),
    }
}

fn check_print(wire: &WireSuite, faults: &mut FaultList) {
    let declares = wire.format == DECLARING_FORMAT;
    if declares && wire.mapping.is_some() {
        faults.push(
            None,
            "mapping in a suite of format 2",
            "no mapping: points go from 0 for the lowest mark to 100 for the highest",
            "remove it; `print` says how the authors print their figures",
        );
    }
    let Some(print) = wire.print else { return };
    if !declares || print.lowest >= print.highest || print.digits > Print::MAX_DIGITS {
        faults.push(
            None,
            format!(
                "print = {{ lowest = {}, highest = {}, digits = {} }} in format {}",
                print.lowest, print.highest, print.digits, wire.format
            ),
            format!(
                "format = {DECLARING_FORMAT}, a lowest number below the highest, at most {} digits",
                Print::MAX_DIGITS
            ),
            "correct it",
        );
    }
}

fn check_axes(
    axes: WireAxes,
    scores: &[WireScore],
    categories: &[Category],
    faults: &mut FaultList,
) -> Declared {
    let names: Vec<&str> = categories.iter().map(|c| c.name.as_str()).collect();
    match axes {
        WireAxes::Declared(axes) => declare(&axes, scores, &names).unwrap_or_else(|found| {
            for (found, expected) in found {
                faults.push(None, found, expected, "correct the declaration");
            }
            Declared::default()
        }),
        WireAxes::Keys(axes) => {
            check_keys(&axes, faults);
            if !scores.is_empty() {
                faults.push(
                    None,
                    "[[scores]] in a suite of format 1",
                    format!(
                        "format = {DECLARING_FORMAT}, with [[axes]] that declare what is judged"
                    ),
                    "declare the axes, or remove the scores",
                );
            }
            Declared {
                axes,
                scores: Vec::new(),
            }
        }
    }
}

fn check_keys(axes: &[Axis], faults: &mut FaultList) {
    for axis in axes.iter().filter(|axis| !axis.is_declared()) {
        faults.push(
            None,
            format!("axes: {}", quoted(axis.key())),
            format!(
                "one of {}, or format = {DECLARING_FORMAT} with [[axes]] that declare others",
                Axis::ALL.map(Axis::key).join(", ")
            ),
            "correct it",
        );
    }
    let distinct: HashSet<Axis> = axes.iter().copied().collect();
    if axes.is_empty() || distinct.len() < axes.len() {
        let keys: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
        faults.push(
            None,
            format!("axes = [{}]", keys.join(", ")),
            "at least one axis, each named once",
            "list what is to be judged",
        );
    }
}

fn check_categories(wire: Vec<WireCategory>, text: &str, faults: &mut FaultList) -> Vec<Category> {
    if wire.is_empty() {
        faults.push(
            None,
            "no [[categories]]",
            "at least one category",
            "add one, even if all tasks are in it",
        );
    }
    let mut seen = HashSet::new();
    let mut categories = Vec::with_capacity(wire.len());
    for category in wire {
        let line = line_at(text, category.name.span().start);
        let name = category.name.into_inner();
        if !files::is_safe_name(&name) {
            faults.push(
                line,
                format!("category {}", quoted(&name)),
                "letters, digits, `-`, `_` and `.`, not starting with `.`",
                "rename it here and in the tasks",
            );
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            faults.push(
                line,
                format!("a second category {}", quoted(&name)),
                "names that differ in more than case",
                "rename or remove one",
            );
        }
        if category.planned == 0 || category.planned > MAX_PLANNED {
            faults.push(
                line,
                format!(
                    "category {} plans {} tasks",
                    quoted(&name),
                    category.planned
                ),
                format!("1 to {MAX_PLANNED}"),
                "set `planned` to the number of tasks by design",
            );
        }
        let ids = category
            .ids
            .and_then(|text| check_ids(&text, category.planned, Some(line), faults));
        categories.push(Category {
            name,
            kind: category.kind,
            planned: category.planned,
            ids,
        });
    }
    categories
}

fn check_ids(
    text: &str,
    planned: u32,
    line: Option<usize>,
    faults: &mut FaultList,
) -> Option<IdRanges> {
    let ids = text.parse::<IdRanges>();
    let counted = ids.as_ref().map(IdRanges::count).unwrap_or(0);
    if counted != u64::from(planned) {
        faults.push(
            line,
            format!("ids = {}", quoted(text)),
            format!("{planned} whole numbers, for example `1-{planned}`, as many as are planned"),
            "correct the ids or `planned`",
        );
    }
    ids.ok()
}

fn check_rubrics(rubrics: &str, folder: &Path, faults: &mut FaultList) -> Option<RubricSource> {
    let source = if rubrics.contains('/') {
        let inside = |path: &PathBuf| match (path.canonicalize(), folder.canonicalize()) {
            (Ok(path), Ok(folder)) => path.starts_with(folder),
            _ => true, // what is not there leads nowhere
        };
        files::join_contained(folder, rubrics)
            .filter(inside)
            .map(RubricSource::Folder)
    } else {
        files::is_safe_name(rubrics).then(|| RubricSource::Named(rubrics.to_owned()))
    };
    if source.is_none() {
        faults.push(
            None,
            format!("rubrics = {}", quoted(rubrics)),
            "a name such as `default`, or a relative path with a `/` inside the suite's folder",
            "correct it, or leave it out for the default rubrics",
        );
    }
    source
}

/// The line, counted from 1, of a byte offset.
fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|&&byte| byte == b'\n').count() + 1
}
