//! Writing an imported suite: built beside its place, checked by the loader, then
//! renamed.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use rayon::prelude::*;
use toml::Spanned;

use super::mapping::{Draft, Origin};
use super::picture::PictureSource;
use super::{ImportError, ImportPlan, Imported};
use crate::common::files::{self, FileError};
use crate::common::outside::Folder;
use crate::common::picture::Changes;
use crate::suite::pictures::EXPECTED;
use crate::suite::wire::{
    DEFINITION_FILE, FORMAT, TASKS_FILE, WireAxes, WireCategory, WireSuite, WireTask,
};
use crate::suite::{Axis, Fault, ScoreMap, Suite, SuiteFaults, load};

/// Longest file of rubrics that moves with a suite, in bytes.
const MAX_RUBRIC_BYTES: u64 = 1 << 20;
/// Most files that a folder of rubrics may have.
const MAX_RUBRIC_FILES: usize = 1000;

/// The definition of a new suite: the categories that are there, and the axes that their kinds can have.
pub(super) fn define(name: &str, drafts: &[Draft]) -> WireSuite {
    let mut categories: Vec<WireCategory> = Vec::new();
    let mut places = HashMap::new();
    for draft in drafts {
        let place = *places
            .entry(draft.category.as_str())
            .or_insert(categories.len());
        match categories.get_mut(place) {
            Some(category) => category.planned += 1,
            None => categories.push(WireCategory {
                name: Spanned::new(0..0, draft.category.clone()),
                kind: draft.kind,
                planned: 1,
                ids: None,
            }),
        }
    }
    WireSuite {
        format: FORMAT,
        name: name.to_owned(),
        version: "imported".to_owned(),
        licence: "not stated: see the source".to_owned(),
        axes: WireAxes::Keys(possible(&Axis::ALL, &categories)),
        calls: Vec::new(),
        prompts: Vec::new(),
        scores: Vec::new(),
        mapping: Some(ScoreMap::default()),
        print: None,
        rubrics: None,
        hub: None,
        categories,
        import: BTreeMap::new(),
        rows: BTreeMap::new(),
        frozen: BTreeMap::new(),
        source: None,
    }
}

/// The axes that tasks of these categories can have: without edits nothing can be left unchanged.
fn possible(axes: &[Axis], categories: &[WireCategory]) -> Vec<Axis> {
    let exists = |axis: &Axis| {
        categories
            .iter()
            .any(|category| axis.exists_for(category.kind))
    };
    axes.iter().copied().filter(exists).collect()
}

/// Category → number of tasks.
fn counts(drafts: &[Draft]) -> HashMap<&str, u32> {
    let mut counts = HashMap::new();
    for draft in drafts {
        *counts.entry(draft.category.as_str()).or_default() += 1;
    }
    counts
}

fn count(counts: &HashMap<&str, u32>, category: &WireCategory) -> u32 {
    let name = category.name.get_ref().as_str();
    counts.get(name).copied().unwrap_or(0)
}

/// Where the numbers of tasks differ from the plan, in words.
pub(super) fn count_differences(definition: &WireSuite, drafts: &[Draft]) -> Option<String> {
    let counts = counts(drafts);
    let categories = definition.categories.iter();
    let differences: Vec<String> = categories
        .filter_map(|category| {
            let found = count(&counts, category);
            let planned = category.planned;
            (found != planned)
                .then(|| format!("{} has {found}, not {planned}", category.name.get_ref()))
        })
        .collect();
    (!differences.is_empty()).then(|| differences.join("; "))
}

/// Makes what is there the plan; categories without tasks go, and axes that no task can have.
pub(super) fn take_counts(definition: &mut WireSuite, drafts: &[Draft]) {
    let counts = counts(drafts);
    for category in &mut definition.categories {
        let found = count(&counts, category);
        if found != category.planned {
            // The ids are those of the plan that was.
            category.ids = None;
        }
        category.planned = found;
    }
    definition
        .categories
        .retain(|category| category.planned > 0);
    if let WireAxes::Keys(axes) = &mut definition.axes {
        *axes = possible(axes, &definition.categories);
    }
}

/// Writes a plan without faults.
pub(super) fn write(mut plan: ImportPlan, folder: &Path) -> Result<Imported, ImportError> {
    if folder.exists() {
        return Err(ImportError::Exists(folder.to_owned()));
    }
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    files::create_folder(parent)?;
    let workshop = tempfile::Builder::new()
        .prefix(".importing-")
        .tempdir_in(parent)
        .map_err(FileError::at(parent))?;
    // A folder of its own inside, so that it gets the usual permissions.
    let fresh = Fresh {
        real: &workshop.path().join("suite"),
        shown: folder,
    };
    files::create_folder(&fresh.real.join("images"))?;
    let pictures = write_pictures(&plan.drafts, &fresh)?;
    let mut notes = pictures.notes();
    if !pictures.faults.is_empty() {
        if !plan.skip_unmapped {
            return Err(ImportError::Pictures(pictures.faults));
        }
        notes.extend(
            pictures
                .faults
                .iter()
                .map(|fault| format!("left out: {fault}")),
        );
        plan.leave_out(&pictures.broken)?;
    }
    if let Some((from, to)) = &plan.rubrics {
        copy_rubrics(from, &fresh.real.join(to))?;
    }
    if let Some(folder) = plan.definition.rubrics.clone() {
        for (name, text) in &plan.kept {
            fresh.write_below(&format!("{folder}{name}.toml"), text.as_bytes())?;
        }
        for rubric in &plan.authors {
            let name = format!("{folder}{}.toml", rubric.name);
            fresh.write_below(&name, rubric.text.as_bytes())?;
        }
    }
    let origins: Vec<Origin> = plan
        .drafts
        .iter()
        .map(|draft| draft.origin.clone())
        .collect();
    let tasks: Vec<WireTask> = plan.drafts.into_iter().map(wire_task).collect();
    fresh.write(TASKS_FILE, lines(&tasks)?.as_bytes())?;
    let definition = toml::to_string(&plan.definition)?;
    fresh.write(DEFINITION_FILE, definition.as_bytes())?;
    let suite = load(fresh.real).map_err(|faults| unsound(faults, &origins))?;
    fs::rename(fresh.real, folder).map_err(|error| {
        if folder.exists() {
            ImportError::Exists(folder.to_owned())
        } else {
            FileError::at(folder)(error).into()
        }
    })?;
    Ok(imported(&suite, folder, notes))
}

/// The folder in which a suite is built, and the one that messages name.
struct Fresh<'a> {
    real: &'a Path,
    shown: &'a Path,
}

impl Fresh<'_> {
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        fs::write(self.real.join(name), bytes).map_err(FileError::at(&self.shown.join(name)))
    }

    /// The same for a name with folders, which are made.
    fn write_below(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        if let Some(folder) = self.real.join(name).parent() {
            files::create_folder(folder)?;
        }
        self.write(name, bytes)
    }
}

/// The loader's faults, in terms of the source where they are about a task.
fn unsound(faults: SuiteFaults, origins: &[Origin]) -> ImportError {
    let of_source = |fault: Fault| {
        let line = fault.line.filter(|_| fault.file == TASKS_FILE);
        match line.and_then(|line| origins.get(line.checked_sub(1)?)) {
            Some(origin) => origin.fault(&fault.found, &fault.expected, &fault.cure),
            None => fault,
        }
    };
    ImportError::Unsound(faults.faults.into_iter().map(of_source).collect())
}

fn wire_task(draft: Draft) -> WireTask {
    WireTask {
        image: match draft.pictures.as_slice() {
            [_] => Some(image_name(&draft.id)),
            _ => None,
        },
        images: match draft.pictures.len() {
            0 | 1 => Vec::new(),
            count => (1..=count).map(|at| several_name(&draft.id, at)).collect(),
        },
        labels: Vec::new(),
        reference_image: draft
            .reference_picture
            .is_some()
            .then(|| reference_name(&draft.id)),
        without: draft.without,
        original_id: draft.original_id.filter(|original| *original != draft.id),
        id: draft.id,
        kind: draft.kind,
        category: draft.category,
        instruction: draft.instruction,
        target: draft.target,
        reference: draft.reference,
        cluster: draft.cluster,
    }
}

fn image_name(id: &str) -> String {
    format!("images/{id}.png")
}

/// One of several pictures to edit; the numbers lie in a folder, so that no other task's picture has the name.
fn several_name(id: &str, at: usize) -> String {
    format!("images/{id}/{at}.png")
}

fn reference_name(id: &str) -> String {
    format!("references/{id}.png")
}

/// The pictures of a draft, each with its name in the suite.
fn pictures_of(draft: &Draft) -> impl Iterator<Item = (String, &PictureSource)> {
    let one = draft.pictures.len() == 1;
    let inputs = draft.pictures.iter().enumerate().map(move |(at, picture)| {
        let name = match one {
            true => image_name(&draft.id),
            false => several_name(&draft.id, at + 1),
        };
        (name, picture)
    });
    let reference = draft.reference_picture.iter();
    inputs.chain(reference.map(|picture| (reference_name(&draft.id), picture)))
}

fn lines(tasks: &[WireTask]) -> Result<String, ImportError> {
    let mut text = String::new();
    for task in tasks {
        let line = serde_json::to_string(task).map_err(|error| ImportError::Unreadable {
            file: TASKS_FILE.to_owned(),
            what: error.to_string(),
        })?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// What came of writing all pictures.
#[derive(Default)]
struct Pictures {
    /// Places of the drafts whose picture cannot be read.
    broken: Vec<usize>,
    /// The same in words.
    faults: Vec<Fault>,
    turned: usize,
    composed: usize,
    reduced: usize,
}

impl Pictures {
    fn notes(&self) -> Vec<String> {
        let lines = [
            (
                self.turned,
                "were turned upright, as their EXIF orientation says",
            ),
            (
                self.composed,
                "have transparent pixels, which were composed on white",
            ),
            (
                self.reduced,
                "have 16 bits a channel, which were reduced to 8",
            ),
        ];
        let lines = lines.into_iter().filter(|(count, _)| *count > 0);
        lines
            .map(|(count, what)| format!("{count} pictures {what}"))
            .collect()
    }
}

/// Decodes every picture and writes it as PNG, in parallel; all that fail are told.
fn write_pictures(drafts: &[Draft], fresh: &Fresh<'_>) -> Result<Pictures, FileError> {
    let write_one = |draft: &Draft| -> Result<Result<Vec<Changes>, Fault>, FileError> {
        let mut changes = Vec::new();
        for (name, picture) in pictures_of(draft) {
            match picture.load() {
                Ok(picture) => {
                    fresh.write_below(&name, picture.bytes())?;
                    changes.push(picture.changes());
                }
                Err(error) => {
                    let origin = &draft.origin;
                    let fault = origin.fault(&error.to_string(), EXPECTED, "replace it");
                    return Ok(Err(fault));
                }
            }
        }
        Ok(Ok(changes))
    };
    let results: Vec<_> = drafts.par_iter().map(write_one).collect::<Result<_, _>>()?;
    let mut pictures = Pictures::default();
    for (index, result) in results.into_iter().enumerate() {
        match result {
            Ok(all) => {
                for changes in all {
                    pictures.turned += usize::from(changes.turned);
                    pictures.composed += usize::from(changes.composed);
                    pictures.reduced += usize::from(changes.reduced);
                }
            }
            Err(fault) => {
                pictures.broken.push(index);
                pictures.faults.push(fault);
            }
        }
    }
    Ok(pictures)
}

fn copy_rubrics(from: &Path, to: &Path) -> Result<(), FileError> {
    files::create_folder(to)?;
    let from = Folder::at(from)?;
    for name in from.list(MAX_RUBRIC_FILES)?.files {
        let copy = to.join(&name);
        if let Some(parent) = copy.parent() {
            files::create_folder(parent)?;
        }
        let bytes = from.read(&name, MAX_RUBRIC_BYTES)?;
        fs::write(&copy, bytes).map_err(FileError::at(&copy))?;
    }
    Ok(())
}

fn imported(suite: &Suite, folder: &Path, notes: Vec<String>) -> Imported {
    let mut tasks = BTreeMap::new();
    for task in &suite.tasks {
        *tasks.entry(task.prompt.category.to_string()).or_default() += 1;
    }
    Imported {
        name: suite.name.clone(),
        folder: folder.to_owned(),
        digest: suite.digest.to_string(),
        axes: suite.axes.iter().map(|axis| axis.key()).collect(),
        tasks,
        notes,
    }
}
