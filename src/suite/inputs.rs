//! The pictures to edit: none for a drawing from words, mostly one, sometimes several in an order.

use std::sync::Arc;

use serde::Serialize;

use crate::common::picture::PictureFile;

/// Most pictures to edit of one task.
pub const MAX_INPUTS: usize = 16;
/// Longest label, in bytes.
const MAX_LABEL_BYTES: usize = 40;

/// One picture to edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    /// The picture.
    pub picture: Arc<PictureFile>,
    /// What judges are told that it is, beside its number: `Frame 2`.
    pub label: Option<Arc<str>>,
}

/// The pictures to edit, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Inputs(Arc<[Input]>);

/// A task with more pictures to edit than a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task has {0} input pictures, and this model takes one")]
pub struct SeveralInputs(pub usize);

impl Inputs {
    /// The only picture; `None` where there is none.
    ///
    /// # Errors
    /// [`SeveralInputs`].
    pub fn only(&self) -> Result<Option<&Arc<PictureFile>>, SeveralInputs> {
        match &*self.0 {
            [] => Ok(None),
            [one] => Ok(Some(&one.picture)),
            several => Err(SeveralInputs(several.len())),
        }
    }

    /// The first picture.
    pub fn first(&self) -> Option<&Arc<PictureFile>> {
        self.0.first().map(|input| &input.picture)
    }

    /// All of them with their labels, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Input> + DoubleEndedIterator {
        self.0.iter()
    }

    /// All of them, in order.
    pub fn pictures(&self) -> impl Iterator<Item = &Arc<PictureFile>> {
        self.0.iter().map(|input| &input.picture)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Input> for Inputs {
    fn from_iter<I: IntoIterator<Item = Input>>(inputs: I) -> Self {
        Self(inputs.into_iter().collect())
    }
}

impl From<Option<Arc<PictureFile>>> for Inputs {
    fn from(only: Option<Arc<PictureFile>>) -> Self {
        let inputs = only.into_iter();
        inputs
            .map(|picture| Input {
                picture,
                label: None,
            })
            .collect()
    }
}

/// Whether a text can be a label: it stands in prompts outside of the fences of material, so it is a few plain words.
pub(super) fn is_label(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b" -_#".contains(&b);
    let trimmed = text.trim() == text && !text.is_empty();
    trimmed && text.len() <= MAX_LABEL_BYTES && text.bytes().all(plain)
}
