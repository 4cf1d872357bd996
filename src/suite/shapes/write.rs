//! The suite as tasks in memory and as files: `suite.toml`, `tasks.jsonl`, `images/`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use image::DynamicImage;
use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

use super::draw::draw;
use super::needs_key;
use super::scene::{Split, inventory};
use super::target::Truth;
use super::task::{COMPOSITION, NoTask, WorldTask, task};
use crate::common::digest::Digest;
use crate::common::files::{FileError, create_folder, write_atomic};
use crate::common::picture::{Picture, PictureError};
use crate::suite::{Axis, Kind, ScoreMap};

/// Version of the data; it changes with the world's rules.
const VERSION: &str = "1";

/// One task of a suite with its place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteTask {
    /// `spatial-001`, …
    pub id: String,
    /// Its category's name.
    pub category: &'static str,
    /// What is asked, with its truth.
    pub task: WorldTask,
}

impl SuiteTask {
    /// Path of the input image in the suite's folder; `None` for generation.
    pub fn image(&self) -> Option<String> {
        self.task
            .before()
            .map(|_| format!("images/{}.png", self.id))
    }
}

/// Why a suite or training data could not be written.
#[derive(Debug, Error)]
pub enum WorldError {
    /// The rules gave too few tasks.
    #[error(transparent)]
    NoTask(#[from] NoTask),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A picture could not be encoded.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A record could not be put into text.
    #[error("a record cannot be written: {0}")]
    Text(String),
}

impl WorldError {
    /// Attaches an error of a serializer; made for `map_err`.
    pub(super) fn text(error: impl std::fmt::Display) -> Self {
        Self::Text(error.to_string())
    }
}

/// The 300 tasks of the suite of a seed. No two have the same combination: the
/// same objects in the input, or the same needs.
///
/// # Errors
/// [`NoTask`].
pub fn suite_tasks(seed: u64) -> Result<Vec<SuiteTask>, NoTask> {
    let categories: Vec<Vec<SuiteTask>> = COMPOSITION
        .into_par_iter()
        .map(|(name, category, planned)| {
            let mut seen = HashSet::new();
            let numbers = 1..=u64::from(planned);
            let tasks = numbers.map(|number| {
                let made = task(seed, Split::Test, category, number, |task| {
                    seen.insert(combination(task))
                })?;
                Ok(SuiteTask {
                    id: format!("{name}-{number:03}"),
                    category: name,
                    task: made,
                })
            });
            tasks.collect()
        })
        .collect::<Result<_, NoTask>>()?;
    Ok(categories.into_iter().flatten().collect())
}

/// What must not come twice, and never in training data.
pub fn combination(task: &WorldTask) -> String {
    match &task.truth {
        Truth::Edit { before, .. } => inventory(before),
        Truth::Generation { needs, .. } => needs_key(needs),
    }
}

#[derive(Serialize)]
struct WireDefinition {
    format: u32,
    name: &'static str,
    version: &'static str,
    licence: &'static str,
    axes: [Axis; 6],
    mapping: ScoreMap,
    categories: Vec<WireCategory>,
    frozen: BTreeMap<&'static str, Digest>,
}

#[derive(Serialize)]
struct WireCategory {
    name: &'static str,
    kind: Kind,
    planned: u32,
}

#[derive(Serialize)]
struct WireTask<'a> {
    id: &'a str,
    kind: Kind,
    category: &'static str,
    instruction: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    target: &'a Truth,
}

/// Writes a suite into a folder, which is made when it is not there. `frozen`
/// names the digests of the rules that hold for it.
///
/// # Errors
/// All of [`WorldError`].
pub fn write_suite(
    folder: &Path,
    tasks: &[SuiteTask],
    frozen: &[(&'static str, Digest)],
) -> Result<(), WorldError> {
    create_folder(&folder.join("images"))?;
    tasks
        .par_iter()
        .try_for_each(|task| write_input(folder, task))?;
    let lines = task_lines(tasks)?;
    write_atomic(&folder.join("tasks.jsonl"), lines.as_bytes())?;
    let definition = toml::to_string(&definition(frozen)).map_err(WorldError::text)?;
    write_atomic(&folder.join("suite.toml"), definition.as_bytes())?;
    Ok(())
}

fn write_input(folder: &Path, task: &SuiteTask) -> Result<(), WorldError> {
    if let (Some(before), Some(image)) = (task.task.before(), task.image()) {
        let picture = Picture::from_pixels(&DynamicImage::ImageRgb8(draw(before)))?;
        write_atomic(&folder.join(image), picture.bytes())?;
    }
    Ok(())
}

/// The lines of `tasks.jsonl`.
pub(super) fn task_lines(tasks: &[SuiteTask]) -> Result<String, WorldError> {
    let mut lines = String::new();
    for task in tasks {
        let image = task.image();
        let line = WireTask {
            id: &task.id,
            kind: if image.is_some() {
                Kind::Edit
            } else {
                Kind::Generation
            },
            category: task.category,
            instruction: &task.task.instruction,
            image,
            target: &task.task.truth,
        };
        lines += &serde_json::to_string(&line).map_err(WorldError::text)?;
        lines.push('\n');
    }
    Ok(lines)
}

fn definition(frozen: &[(&'static str, Digest)]) -> WireDefinition {
    let categories = COMPOSITION.map(|(name, category, planned)| WireCategory {
        name,
        kind: if category.is_some() {
            Kind::Edit
        } else {
            Kind::Generation
        },
        planned,
    });
    WireDefinition {
        format: 1,
        name: "shapes",
        version: VERSION,
        licence: "CC0-1.0",
        axes: Axis::ALL,
        mapping: ScoreMap::Affine25,
        categories: categories.into(),
        frozen: frozen.iter().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (a, b) = (suite_tasks(3).unwrap(), suite_tasks(3).unwrap());
        assert_eq!(task_lines(&a).unwrap(), task_lines(&b).unwrap());
        assert_ne!(a, suite_tasks(4).unwrap());
        assert_eq!(a.len(), 300);
    }
}
