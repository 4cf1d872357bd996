//! What a suite is without its tasks: the checked content of `suite.toml`.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::fault::{FaultList, SuiteFaults, quoted};
use super::wire::{DEFINITION_FILE, FORMAT, WireCategory, WireSource, WireSuite};
use super::{Axis, Category, ScoreMap};
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
    /// How raw marks become points.
    pub mapping: ScoreMap,
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
        });
        let named = match &self.rubrics {
            Some(RubricSource::Named(name)) => Some(name.clone()),
            _ => None,
        };
        WireSuite {
            format: FORMAT,
            name: self.name.clone(),
            version: self.version.clone(),
            licence: self.licence.clone(),
            axes: self.axes.clone(),
            mapping: self.mapping,
            rubrics: named.or_else(|| Some(self.rubric_folder()?.1)),
            hub: self.hub.clone(),
            categories: categories.collect(),
            import: self.import.clone(),
            frozen: self.frozen.clone(),
            source: self.source.clone(),
        }
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
    match toml::from_str::<WireSuite>(&text) {
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

fn check(wire: WireSuite, folder: &Path, text: &str, faults: &mut FaultList) -> Definition {
    if wire.format != FORMAT {
        faults.push(
            None,
            format!("format = {}", wire.format),
            format!("format = {FORMAT}"),
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
    check_axes(&wire.axes, faults);
    let categories = check_categories(wire.categories, text, faults);
    let rubrics = wire
        .rubrics
        .and_then(|rubrics| check_rubrics(&rubrics, folder, faults));
    Definition {
        name: wire.name,
        version: wire.version,
        licence: wire.licence,
        axes: wire.axes,
        mapping: wire.mapping,
        categories,
        rubrics,
        hub: wire.hub,
        import: wire.import,
        frozen: wire.frozen,
        source: wire.source,
        folder: folder.to_owned(),
    }
}

fn check_axes(axes: &[Axis], faults: &mut FaultList) {
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
        categories.push(Category {
            name,
            kind: category.kind,
            planned: category.planned,
        });
    }
    categories
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
