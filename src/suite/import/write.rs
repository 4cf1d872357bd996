//! Writing an imported suite: built beside its place, checked by the loader, then
//! renamed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rayon::prelude::*;
use toml::Spanned;

use super::mapping::Draft;
use super::{ImportError, Imported, Plan};
use crate::common::files::{self, FileError};
use crate::common::outside::Folder;
use crate::suite::pictures::EXPECTED;
use crate::suite::wire::{DEFINITION_FILE, FORMAT, TASKS_FILE, WireCategory, WireSuite, WireTask};
use crate::suite::{Axis, Fault, ScoreMap, Suite, load};

/// Longest file of rubrics that moves with a suite, in bytes.
const MAX_RUBRIC_BYTES: u64 = 1 << 20;
/// Most files that a folder of rubrics may have.
const MAX_RUBRIC_FILES: usize = 1000;

/// The definition of a new suite: all axes, the categories that are there.
pub(super) fn define(name: &str, drafts: &[Draft]) -> WireSuite {
    let mut categories: Vec<WireCategory> = Vec::new();
    for draft in drafts {
        let known = categories.iter_mut();
        match known
            .into_iter()
            .find(|c| *c.name.get_ref() == draft.category)
        {
            Some(category) => category.planned += 1,
            None => categories.push(WireCategory {
                name: Spanned::new(0..0, draft.category.clone()),
                kind: draft.kind,
                planned: 1,
            }),
        }
    }
    WireSuite {
        format: FORMAT,
        name: name.to_owned(),
        version: "imported".to_owned(),
        licence: "not stated: see the source".to_owned(),
        axes: Axis::ALL.to_vec(),
        mapping: ScoreMap::default(),
        rubrics: None,
        hub: None,
        categories,
        import: BTreeMap::new(),
        frozen: BTreeMap::new(),
        source: None,
    }
}

fn count(drafts: &[Draft], category: &WireCategory) -> u32 {
    let name = category.name.get_ref();
    let count = drafts
        .iter()
        .filter(|draft| draft.category == *name)
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Where the numbers of tasks differ from the plan, in words.
pub(super) fn count_differences(definition: &WireSuite, drafts: &[Draft]) -> Option<String> {
    let categories = definition.categories.iter();
    let differences: Vec<String> = categories
        .filter_map(|category| {
            let found = count(drafts, category);
            let planned = category.planned;
            (found != planned)
                .then(|| format!("{} has {found}, not {planned}", category.name.get_ref()))
        })
        .collect();
    (!differences.is_empty()).then(|| differences.join("; "))
}

/// Makes what is there the plan; categories without tasks go.
pub(super) fn take_counts(definition: &mut WireSuite, drafts: &[Draft]) {
    for category in &mut definition.categories {
        category.planned = count(drafts, category);
    }
    definition
        .categories
        .retain(|category| category.planned > 0);
}

/// Writes a plan without faults.
pub(super) fn write(plan: Plan, folder: &Path) -> Result<Imported, ImportError> {
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
    let fresh = workshop.path().join("suite");
    files::create_folder(&fresh.join("images"))?;
    write_pictures(&plan.drafts, &fresh)?;
    if let Some((from, to)) = &plan.rubrics {
        copy_rubrics(from, &fresh.join(to))?;
    }
    let tasks: Vec<WireTask> = plan.drafts.into_iter().map(wire_task).collect();
    write_text(&fresh.join(TASKS_FILE), &lines(&tasks)?)?;
    write_text(
        &fresh.join(DEFINITION_FILE),
        &toml::to_string(&plan.definition)?,
    )?;
    let suite = load(&fresh)?;
    fs::rename(&fresh, folder).map_err(|error| {
        if folder.exists() {
            ImportError::Exists(folder.to_owned())
        } else {
            FileError::at(folder)(error).into()
        }
    })?;
    Ok(imported(&suite, folder))
}

fn wire_task(draft: Draft) -> WireTask {
    WireTask {
        image: draft.picture.is_some().then(|| image_name(&draft.id)),
        id: draft.id,
        kind: draft.kind,
        category: draft.category,
        instruction: draft.instruction,
        target: draft.target,
    }
}

fn image_name(id: &str) -> String {
    format!("images/{id}.png")
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

fn write_text(path: &Path, text: &str) -> Result<(), FileError> {
    fs::write(path, text).map_err(FileError::at(path))
}

/// Decodes every picture and writes it as PNG, in parallel; all that fail are told.
fn write_pictures(drafts: &[Draft], fresh: &Path) -> Result<(), ImportError> {
    let write_one = |draft: &Draft| -> Option<Result<Fault, FileError>> {
        let picture = match draft.picture.as_ref()?.load() {
            Ok(picture) => picture,
            Err(error) => {
                let fault = draft
                    .origin
                    .fault(&error.to_string(), EXPECTED, "replace it");
                return Some(Ok(fault));
            }
        };
        let path = fresh.join(image_name(&draft.id));
        let written = fs::write(&path, picture.bytes()).map_err(FileError::at(&path));
        written.err().map(Err)
    };
    let faults: Vec<Fault> = drafts
        .par_iter()
        .filter_map(write_one)
        .collect::<Result<_, _>>()?;
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ImportError::Pictures(faults))
    }
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

fn imported(suite: &Suite, folder: &Path) -> Imported {
    let mut tasks = BTreeMap::new();
    for task in &suite.tasks {
        *tasks.entry(task.prompt.category.to_string()).or_default() += 1;
    }
    Imported {
        name: suite.name.clone(),
        folder: folder.to_owned(),
        digest: suite.digest.to_string(),
        tasks,
    }
}
