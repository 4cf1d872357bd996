//! Running an image tokenizer: pictures to codes and back.

use std::path::Path;

use image::RgbImage;

use super::image::{Codes, CodesError, PictureError, Pixels, Rounding, Scaling};
use super::runtime::{Input, Runtime, Session, SessionError, SessionOptions};

/// Which tokenizer it is, and with it how pictures are prepared and finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VqKind {
    /// Family A: sides reduced to multiples of the scale, values in 0..1, bytes rounded half to even.
    AmusedVq {
        /// Pixels along one side of a code.
        scale: u32,
    },
    /// Family M: squashed to a square, values in −1..1, bytes truncated.
    Magvit2 {
        /// Side of the square, in pixels.
        resolution: u32,
    },
}

/// Why a picture could not be encoded or decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VqError {
    /// ONNX Runtime failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The picture cannot be prepared.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The codes make no picture, or the encoder gave such codes.
    #[error(transparent)]
    Codes(#[from] CodesError),
}

/// What the encoder gave for one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The codes.
    pub codes: Codes,
    /// The numbers that they were chosen from, `[width, rows, columns]`.
    pub latents: Vec<f32>,
}

/// A loaded image tokenizer.
#[derive(Debug)]
pub struct ImageTokenizer {
    encoder: Session,
    decoder: Session,
    kind: VqKind,
    codes: u32,
}

impl ImageTokenizer {
    /// Loads both graphs; `codes` is the size of the codebook.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn open(
        runtime: &Runtime,
        [encoder, decoder]: [&Path; 2],
        kind: VqKind,
        codes: u32,
        options: &SessionOptions,
    ) -> Result<Self, SessionError> {
        let encoder = Session::open(runtime, encoder, options)?;
        let decoder = Session::open(runtime, decoder, options)?;
        Ok(Self {
            encoder,
            decoder,
            kind,
            codes,
        })
    }

    /// Prepares a picture as the family does.
    ///
    /// # Errors
    /// [`PictureError`] when it is too small.
    pub fn prepare(&self, picture: &RgbImage) -> Result<Pixels, PictureError> {
        match self.kind {
            VqKind::AmusedVq { scale } => Pixels::for_amused_vq(picture, scale),
            VqKind::Magvit2 { resolution } => Pixels::for_magvit2(picture, resolution),
        }
    }

    /// Codes of a picture.
    ///
    /// # Errors
    /// [`VqError`].
    pub fn encode(&mut self, picture: &RgbImage) -> Result<Codes, VqError> {
        let pixels = self.prepare(picture)?;
        Ok(self.encode_pixels(&pixels)?.codes)
    }

    /// Codes and latents of a prepared picture.
    ///
    /// # Errors
    /// [`VqError`].
    pub fn encode_pixels(&mut self, pixels: &Pixels) -> Result<Encoded, VqError> {
        let shape = [1, 3, pixels.height, pixels.width];
        let outputs = self
            .encoder
            .run(&[("pixels", Input::F32(&shape, &pixels.values))])?;
        let (shape, values) = outputs.integers("codes")?;
        let codes = Codes::new(values, [axis(shape, 1), axis(shape, 2)], self.codes)?;
        Ok(Encoded {
            codes,
            latents: outputs.floats("latents")?.1.to_vec(),
        })
    }

    /// The picture of some codes.
    ///
    /// # Errors
    /// [`VqError`].
    pub fn decode(&mut self, codes: &Codes) -> Result<RgbImage, VqError> {
        let pixels = self.decode_pixels(codes)?;
        Ok(match self.kind {
            VqKind::AmusedVq { .. } => pixels.to_picture(Scaling::Unit, Rounding::HalfToEven),
            VqKind::Magvit2 { .. } => pixels.to_picture(Scaling::Symmetric, Rounding::Truncate),
        })
    }

    /// The decoder's values for some codes, before clipping.
    ///
    /// # Errors
    /// [`VqError`].
    pub fn decode_pixels(&mut self, codes: &Codes) -> Result<Pixels, VqError> {
        let values: Vec<i64> = codes.values().iter().map(|&code| i64::from(code)).collect();
        let [rows, columns] = codes.grid();
        let outputs = self
            .decoder
            .run(&[("codes", Input::I64(&[1, rows, columns], &values))])?;
        let (shape, values) = outputs.floats("pixels")?;
        Ok(Pixels {
            height: axis(shape, 2),
            width: axis(shape, 3),
            values: values.to_vec(),
        })
    }
}

fn axis(shape: &[i64], axis: usize) -> usize {
    shape
        .get(axis)
        .map_or(0, |&size| usize::try_from(size).unwrap_or(0))
}
