//! Tasks whose right answer is known.

use std::sync::Arc;

use image::RgbImage;

use super::texts::without_result;
use crate::common::digest::Digest;
use crate::common::picture::PictureFile;
use crate::suite::shapes::board::Board;
use crate::suite::shapes::draw::draw;
use crate::suite::shapes::reasoning::reasoning;
use crate::suite::shapes::target::{Change, Truth};
use crate::suite::{Target, Task};

/// An edit task of the world `shapes` with its right answer.
#[derive(Clone, Debug)]
pub struct AuditItem {
    /// The task's id.
    pub id: Arc<str>,
    /// What was asked.
    pub instruction: Arc<str>,
    /// The truth, for judges that compare with it.
    pub target: Arc<Target>,
    /// The picture to edit.
    pub input: Arc<PictureFile>,
    /// What the input shows.
    pub before: Board,
    /// What the output must show.
    pub after: Board,
    /// How the one becomes the other.
    pub changes: Vec<Change>,
    /// The right reasoning.
    pub reasoning: String,
}

impl AuditItem {
    /// The item of a task; `None` unless it is an edit whose truth is stored.
    pub fn of(task: &Task) -> Option<Self> {
        let target = task.target.as_ref()?;
        let truth: Truth = serde::Deserialize::deserialize(&target.0).ok()?;
        let reasoning = reasoning(&truth);
        let Truth::Edit {
            before,
            after,
            changes,
        } = truth
        else {
            return None;
        };
        // A text that cannot be cut before its result cannot be damaged by degrees.
        let whole = without_result(&reasoning) != reasoning;
        whole.then_some(Self {
            id: Arc::clone(&task.prompt.id),
            instruction: Arc::clone(&task.prompt.instruction),
            target: Arc::clone(target),
            input: Arc::clone(task.prompt.inputs.only().ok()??),
            before,
            after,
            changes,
            reasoning,
        })
    }

    /// The right picture.
    pub fn picture(&self) -> RgbImage {
        draw(&self.after)
    }

    /// A seed of this item's own.
    pub fn seed(&self, purpose: &str) -> u64 {
        Digest::of_fields([
            b"parabench audit 1".as_slice(),
            purpose.as_bytes(),
            self.id.as_bytes(),
        ])
        .as_u64()
    }
}
