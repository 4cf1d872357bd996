//! Running CLIP: feature vectors of texts and pictures, and how similar they are.

use std::path::Path;

use super::image::Pixels;
use super::runtime::{Input, Runtime, Session, SessionError, SessionOptions};

/// Both towers of one model.
#[derive(Debug)]
pub struct Clip {
    text: Session,
    image: Session,
}

/// Feature vectors, one per text or picture, not normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    width: usize,
    values: Vec<f32>,
}

impl Features {
    /// The vectors in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width.max(1))
    }

    fn read(outputs: (&[i64], &[f32])) -> Self {
        let (shape, values) = outputs;
        let width = shape
            .last()
            .map_or(0, |&width| usize::try_from(width).unwrap_or(0));
        Self {
            width,
            values: values.to_vec(),
        }
    }
}

/// Cosine of the angle between two vectors, from −1 to 1; 0 when one of them is zero.
#[must_use]
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum::<f64>()
    };
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 {
        dot(a, b) / lengths
    } else {
        0.0
    }
}

impl Clip {
    /// Loads the graphs of the text tower and of the image tower.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn open(
        runtime: &Runtime,
        [text, image]: [&Path; 2],
        options: &SessionOptions,
    ) -> Result<Self, SessionError> {
        Ok(Self {
            text: Session::open(runtime, text, options)?,
            image: Session::open(runtime, image, options)?,
        })
    }

    /// Features of texts: token ids and mask (1 for tokens, 0 for padding), `[batch, length]` each.
    ///
    /// # Errors
    /// [`SessionError`], also when the text is longer than the model's positions.
    pub fn text(
        &mut self,
        ids: &[i64],
        mask: &[i64],
        shape: [usize; 2],
    ) -> Result<Features, SessionError> {
        let inputs = [
            ("input_ids", Input::I64(&shape, ids)),
            ("attention_mask", Input::I64(&shape, mask)),
        ];
        Ok(Features::read(
            self.text.run(&inputs)?.floats("text_features")?,
        ))
    }

    /// Features of pictures, all prepared for the model's size.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn pictures(&mut self, pictures: &[Pixels]) -> Result<Features, SessionError> {
        let [height, width] = pictures
            .first()
            .map_or([0, 0], |pixels| [pixels.height, pixels.width]);
        let shape = [pictures.len(), 3, height, width];
        let values: Vec<f32> = pictures
            .iter()
            .flat_map(|pixels| &pixels.values)
            .copied()
            .collect();
        Ok(Features::read(
            self.image
                .run(&[("pixels", Input::F32(&shape, &values))])?
                .floats("image_features")?,
        ))
    }
}
