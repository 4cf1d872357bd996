//! How well a text and a picture go together, by CLIP: the cosine of their feature vectors.

use std::collections::BTreeMap;
use std::path::Path;

use image::RgbImage;

use super::bundle::{Bundle, BundleError, ClipFacts};
use super::clip::{Clip, cosine};
use super::image::{ClipPixels, PictureError};
use super::runtime::{Runtime, RuntimeError, RuntimeOptions, SessionError, SessionOptions};
use super::tokenizer::{Tokenizer, TokenizerError};

/// Why a similarity cannot be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimilarityError {
    /// The bundle cannot be opened, or is none of CLIP.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// ONNX Runtime cannot be used.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A tower failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The text cannot be read as tokens.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The picture is empty.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A tower gave something that is no number.
    #[error(
        "CLIP gave a feature vector that is empty, zero or not finite; are the bundle's weights sound?"
    )]
    NoFeatures,
}

/// The features of a text, and how much of the text they are of.
#[derive(Debug, Clone, PartialEq)]
pub struct TextFeatures {
    /// The vector, not normalised.
    pub vector: Vec<f32>,
    /// Tokens of the whole text.
    pub tokens: usize,
    /// Tokens that fit into the model's context; what follows was not seen.
    pub seen: usize,
}

/// Both towers of a CLIP bundle, with its tokenizer and its preparation of pictures.
#[derive(Debug)]
pub struct Similarity {
    clip: Clip,
    tokenizer: Tokenizer,
    facts: ClipFacts,
    pixels: ClipPixels,
    /// Tokens that the tokenizer puts around every text.
    around: Vec<i64>,
    bundle: String,
    runtime: Runtime,
}

impl Similarity {
    /// Opens the CLIP bundle in `folder` on the CPU.
    ///
    /// # Errors
    /// [`SimilarityError`].
    pub fn open(folder: &Path, options: &RuntimeOptions) -> Result<Self, SimilarityError> {
        let bundle = Bundle::open(folder)?;
        let facts = *bundle.clip_facts()?;
        let runtime = Runtime::open(options)?;
        let tokenizer = bundle.tokenizer()?;
        Ok(Self {
            clip: bundle.clip(&runtime, &SessionOptions::default())?,
            pixels: ClipPixels {
                short: facts.image_size,
                size: facts.image_size,
                mean: facts.mean,
                deviation: facts.deviation,
            },
            facts,
            around: tokenizer.encode("", true)?,
            tokenizer,
            bundle: bundle.hash().to_owned(),
            runtime,
        })
    }

    /// SHA-256 of the bundle: everything that decides a similarity but rounding.
    #[must_use]
    pub fn bundle(&self) -> &str {
        &self.bundle
    }

    /// Length of a feature vector.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.facts.width
    }

    /// Version of ONNX Runtime, whose kernels decide the rounding.
    #[must_use]
    pub fn runtime(&self) -> &str {
        self.runtime.version()
    }

    /// What is worth knowing later of ONNX Runtime and decides nothing.
    #[must_use]
    pub fn provenance(&self) -> BTreeMap<String, String> {
        self.runtime.provenance()
    }

    /// Features of a text. A text longer than the model's context is cut at its end: its first
    /// tokens count, and `seen` says how many.
    ///
    /// # Errors
    /// [`SimilarityError`].
    pub fn text(&mut self, text: &str) -> Result<TextFeatures, SimilarityError> {
        let mut ids = self.tokenizer.encode(text, true)?;
        let tokens = ids.len().saturating_sub(self.around.len());
        let most = usize::try_from(self.facts.max_length).unwrap_or(usize::MAX);
        let mut seen = tokens;
        if ids.len() > most {
            ids.truncate(most);
            seen = most.saturating_sub(self.around.len());
            // The features are read at the token that ends the text.
            if let (Some(end), Some(last)) = (self.around.last(), ids.last_mut()) {
                *last = *end;
            }
        }
        let mask = vec![1; ids.len()];
        let features = self.clip.text(&ids, &mask, [1, ids.len()])?;
        Ok(TextFeatures {
            vector: sound(features.rows().next())?,
            tokens,
            seen,
        })
    }

    /// Features of a picture.
    ///
    /// # Errors
    /// [`SimilarityError`].
    pub fn picture(&mut self, picture: &RgbImage) -> Result<Vec<f32>, SimilarityError> {
        let pixels = self.pixels.prepare(picture)?;
        let features = self.clip.pictures(&[pixels])?;
        sound(features.rows().next())
    }
}

fn sound(vector: Option<&[f32]>) -> Result<Vec<f32>, SimilarityError> {
    vector
        .filter(|v| v.iter().all(|x| x.is_finite()) && v.iter().any(|x| *x != 0.0))
        .map(<[f32]>::to_vec)
        .ok_or(SimilarityError::NoFeatures)
}

/// Cosine × 100 of two feature vectors: the unit in which CLIP scores are usually given.
#[must_use]
pub fn cosine100(text: &[f32], picture: &[f32]) -> f64 {
    100.0 * cosine(text, picture)
}
