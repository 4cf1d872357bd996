//! Controls that need no other model: the input returned as it is, and a blank page.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use image::{DynamicImage, Rgb, RgbImage};

use crate::common::BoxFuture;
use crate::common::picture::{Picture, PictureError, PictureFile};
use crate::model::{
    Answer, Identity, LOCAL_CONCURRENCY, Model, ModelError, ModelRequest, Part, Spec,
};

/// Side of the pictures that stand in on generation tasks, in pixels.
const SIDE: u32 = 512;

/// A picture and a sentence that do not depend on the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// The input picture, byte for byte; a mid-grey square where there is none.
    CopyInput,
    /// A white page of the input's size; a white square where there is none.
    Blank,
}

impl Plain {
    /// The control of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "copy-input" => Some(Self::CopyInput),
            "blank" => Some(Self::Blank),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::CopyInput => "copy-input",
            Self::Blank => "blank",
        }
    }

    /// What it says. Never empty: an empty answer is scored without a call, and
    /// then the control would test our rule and not the judge.
    fn reasoning(self) -> &'static str {
        match self {
            Self::CopyInput => "The picture is fine as it is, so nothing has to be done.",
            Self::Blank => ".",
        }
    }

    fn draw(self, input: Option<&PictureFile>) -> Result<Bytes, PictureError> {
        let page = |width, height, shade| {
            let pixels = RgbImage::from_pixel(width, height, Rgb([shade; 3]));
            Picture::from_pixels(&DynamicImage::ImageRgb8(pixels)).map(|page| page.bytes().clone())
        };
        match (self, input) {
            (Self::CopyInput, Some(input)) => input.load(),
            (Self::CopyInput, None) => page(SIDE, SIDE, 128),
            (Self::Blank, Some(input)) => page(input.width, input.height, 255),
            (Self::Blank, None) => page(SIDE, SIDE, 255),
        }
    }
}

/// A plain control as a model.
pub(super) struct PlainControl {
    plain: Plain,
    identity: Identity,
}

impl PlainControl {
    pub(super) fn new(plain: Plain, spec: &Spec) -> Self {
        let default_name = || format!("control-{}", plain.name());
        let identity = Identity {
            name: spec.name.clone().unwrap_or_else(default_name),
            kind: spec.kind.name.to_owned(),
            thinks: true,
            details: BTreeMap::from([
                ("control".to_owned(), plain.name().to_owned()),
                ("reasoning".to_owned(), plain.reasoning().to_owned()),
            ]),
        };
        Self { plain, identity }
    }

    async fn answer_one(&self, request: ModelRequest) -> Result<Answer, ModelError> {
        let plain = self.plain;
        let input: Option<Arc<PictureFile>> = match request.prompt.inputs.only() {
            Ok(input) => input.cloned(),
            Err(several) => return Ok(Answer::lost(several.into())),
        };
        let drawn = tokio::task::spawn_blocking(move || plain.draw(input.as_deref()))
            .await
            .map_err(|error| ModelError::caused_by("a drawing thread failed", error))?;
        let image = drawn.map_err(|error| {
            ModelError::caused_by(
                format!(
                    "cannot answer task `{}` with its input picture; check the suite",
                    request.prompt.id
                ),
                error,
            )
        })?;
        let reasoning = Part::Given(plain.reasoning().to_owned());
        Ok(Answer::of(reasoning, Part::Given(image)))
    }
}

impl Model for PlainControl {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        LOCAL_CONCURRENCY
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(batch.len());
            for request in batch {
                answers.push(self.answer_one(request).await?);
            }
            Ok(answers)
        })
    }
}
