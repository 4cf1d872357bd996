//! Tasks: what a model is asked, and what only a judge may know.

use std::sync::Arc;

use super::kind::Kind;
use super::{Axis, Inputs};
use crate::common::picture::PictureFile;

/// What a model sees of a task. Input images are there exactly for edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Unique in the suite and safe as a file name.
    pub id: Arc<str>,
    /// The stratum.
    pub category: Arc<str>,
    /// What is asked.
    pub instruction: Arc<str>,
    /// The pictures to edit; none for generation.
    pub inputs: Inputs,
}

impl Prompt {
    /// An edit when there is a picture to edit.
    pub fn kind(&self) -> Kind {
        match self.inputs.is_empty() {
            false => Kind::Edit,
            true => Kind::Generation,
        }
    }
}

/// What only judges with ground truth may see of a task: opaque data of the suite.
#[derive(Clone, Debug, PartialEq)]
pub struct Target(pub serde_json::Value);

/// One task of a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// What a model sees.
    pub prompt: Prompt,
    /// The truth, where the suite knows it. Never handed to a model.
    pub target: Option<Arc<Target>>,
    /// What a right answer shows or explains, in words. Never handed to a model; judges see it for axes that declare it.
    pub reference: Option<Arc<str>>,
    /// A picture that a right answer looks like. Never handed to a model; judges see it for axes that declare it.
    pub reference_image: Option<Arc<PictureFile>>,
    /// Axes that the task does not have although its category has them, by key.
    pub without: Vec<String>,
    /// Tasks of one name share an image or a scene and are one unit of the statistics; none is a unit by itself.
    pub cluster: Option<Arc<str>>,
    /// The id in the data set that the task was imported from, where it differs from its own: stored
    /// answers may carry it. Any text; not unique, since a data set may number every category anew.
    pub original_id: Option<Arc<str>>,
}

impl Task {
    /// Whether the task has an axis.
    pub fn has(&self, axis: Axis) -> bool {
        let without = self.without.iter().any(|key| key == axis.key());
        !without && axis.exists_in(&self.prompt.category, self.prompt.kind())
    }

    /// The task's id.
    pub fn id(&self) -> &str {
        &self.prompt.id
    }
}
