//! `export --verify`: reads a bundle back, checks every hash, and runs every graph on a small input.

use std::path::Path;

use crate::onnx::bundle::{Bundle, BundleError, ClipFacts, Diffusion};
use crate::onnx::image::{Codes, Pixels};
use crate::onnx::language::{ForwardError, Read, Want};
use crate::onnx::runtime::{Runtime, SessionError, SessionOptions};
use crate::onnx::vq::VqError;

/// Tokens of the sequence that the language model is tried on.
const LENGTH: usize = 8;
/// Rows and columns of the picture that the image tokenizer is tried on.
const GRID: [usize; 2] = [2, 3];

/// What is wrong with a bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It cannot be opened, or a file was changed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The language model fails.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The image tokenizer fails.
    #[error(transparent)]
    Vq(#[from] VqError),
    /// CLIP fails.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A graph runs but gives infinities or no numbers.
    #[error(
        "{0} gives values that are not finite: the weights are damaged, or too large for this precision"
    )]
    NotFinite(&'static str),
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Files whose hashes agree with the manifest.
    pub files: usize,
    /// Graphs that ran.
    pub graphs: Vec<&'static str>,
}

/// Checks a bundle.
///
/// # Errors
/// [`VerifyError`] for the first thing that is wrong.
pub fn verify(
    folder: &Path,
    runtime: &Runtime,
    options: &SessionOptions,
) -> Result<VerifyReport, VerifyError> {
    let bundle = Bundle::open(folder)?;
    bundle.check_hashes()?;
    bundle.tokenizer()?;
    let mut graphs = Vec::new();
    if let Some(diffusion) = &bundle.manifest().diffusion {
        language(&bundle, diffusion, runtime, options)?;
        image_tokenizer(&bundle, runtime, options)?;
        graphs.extend(["language model", "image encoder", "image decoder"]);
    }
    if let Some(facts) = &bundle.manifest().clip {
        clip(&bundle, facts, runtime, options)?;
        graphs.extend(["text tower", "image tower"]);
    }
    Ok(VerifyReport {
        files: bundle.manifest().files.len(),
        graphs,
    })
}

fn language(
    bundle: &Bundle,
    diffusion: &Diffusion,
    runtime: &Runtime,
    options: &SessionOptions,
) -> Result<(), VerifyError> {
    let mut model = bundle.language(runtime, options)?;
    let ids = [diffusion.tokens.mask; LENGTH];
    let read = |position, want| Read {
        row: 0,
        position,
        want,
    };
    let reads = [read(0, Want::Everything), read(LENGTH - 1, Want::Codes)];
    let logits = model.forward(&ids, [1, LENGTH], &reads)?;
    for index in 0..logits.len() {
        finite(
            "the language model",
            logits
                .parts(index)
                .map_err(ForwardError::from)?
                .concat()
                .iter(),
        )?;
    }
    Ok(())
}

fn image_tokenizer(
    bundle: &Bundle,
    runtime: &Runtime,
    options: &SessionOptions,
) -> Result<(), VerifyError> {
    let mut tokenizer = bundle.image_tokenizer(runtime, options)?;
    let codes = Codes::new(&[0; GRID[0] * GRID[1]], GRID, u32::MAX).map_err(VqError::from)?;
    let pixels = tokenizer.decode_pixels(&codes)?;
    finite("the image decoder", pixels.values.iter())?;
    let encoded = tokenizer.encode_pixels(&pixels)?;
    finite("the image encoder", encoded.latents.iter())
}

fn clip(
    bundle: &Bundle,
    facts: &ClipFacts,
    runtime: &Runtime,
    options: &SessionOptions,
) -> Result<(), VerifyError> {
    let mut clip = bundle.clip(runtime, options)?;
    let texts = clip.text(&[0, 1], &[1, 1], [1, 2])?;
    finite("the text tower", texts.rows().flatten())?;
    let side = facts.image_size as usize;
    let grey = Pixels {
        height: side,
        width: side,
        values: vec![0.0; 3 * side * side],
    };
    let pictures = clip.pictures(&[grey])?;
    finite("the image tower", pictures.rows().flatten())
}

fn finite<'a>(
    what: &'static str,
    mut values: impl Iterator<Item = &'a f32>,
) -> Result<(), VerifyError> {
    if values.all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(VerifyError::NotFinite(what))
    }
}
