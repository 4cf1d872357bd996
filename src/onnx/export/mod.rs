//! `export`: a checkpoint folder becomes a bundle.
//!
//! Everything that can be wrong is found before anything is written; what is written goes into a folder of its own
//! that gets its name when it is complete. Only headers of weight files are read for the graphs, and the weights
//! themselves once for their hashes, so memory stays small whatever the size of the checkpoint.

mod plan;
mod tokens;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use plan::{BundlePlan, plan};
pub use tokens::{TOKEN_ROLES, TokenError};
pub use verify::{VerifyError, VerifyReport, verify};

use super::arch::{ArchError, Footprint, Precision};
use super::bundle::{Family, Manifest};
use super::checkpoint::{CheckpointError, ConfigError, Linked};
use super::tokenizer::TokenizerError;

/// What to export and how.
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    /// Folder of the checkpoint.
    pub checkpoint: PathBuf,
    /// Folder of the bundle; by default the checkpoint's name with `-bundle`, beside it, where hard links work.
    pub output: Option<PathBuf>,
    /// Folder of the image tokenizer; by default `vqvae/` in the checkpoint. Family M always needs it.
    pub vq: Option<PathBuf>,
    /// The type in which the graphs compute; image tokenizers always do so in 32 bits, as in the released code.
    pub precision: Precision,
    /// Side of a square picture that decoding makes, in pixels; by default 512 for family M, for others what the
    /// configuration says, else 512.
    pub resolution: Option<u32>,
    /// Token ids by role ([`TOKEN_ROLES`]), for checkpoints that are not the released ones.
    pub tokens: BTreeMap<String, i64>,
    /// Replace a bundle that is there already.
    pub replace: bool,
}

/// What was exported.
#[derive(Debug, Clone)]
pub struct ExportReport {
    /// Folder of the bundle.
    pub bundle: PathBuf,
    /// What it is.
    pub manifest: Manifest,
    /// What the user should know: where files contradict each other, and what was taken.
    pub notes: Vec<String>,
    /// How each weight file came into it.
    pub weights: Vec<(String, Linked)>,
}

impl ExportReport {
    #[cfg(any(test, feature = "internals"))]
    /// What the weights will cost when the bundle is opened on a provider that computes in the bundle's type.
    #[must_use]
    pub const fn footprint(&self) -> Footprint {
        self.manifest.footprint
    }
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The configuration or the weights do not make a network that is known here.
    #[error(transparent)]
    Arch(#[from] ArchError),
    /// The tokenizer is missing or damaged.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A token id is unknown.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// There is no image tokenizer.
    #[error(
        "no image tokenizer: {} is not a folder; give its checkpoint with --vq DIR \
         (MMaDA-Parallel-A brings it as vqvae/, for MMaDA-Parallel-M it is showlab/magvitv2)", looked.display()
    )]
    NoImageTokenizer {
        /// Where it was looked for.
        looked: PathBuf,
    },
    /// The image tokenizer has another codebook than the language model expects.
    #[error(
        "the image tokenizer has {tokenizer} codes, the language model's config.json says {model}; \
             they do not belong together"
    )]
    Codebook {
        /// Codes of the tokenizer.
        tokenizer: u64,
        /// Codes of the language model.
        model: u64,
    },
    /// The picture size does not fit the image tokenizer.
    #[error("a picture of {resolution} pixels is not a whole number of codes of {scale} pixels")]
    Resolution {
        /// Side of the picture, in pixels.
        resolution: u32,
        /// Pixels along one side of a code.
        scale: u32,
    },
    /// The bundle's folder is there already.
    #[error("{} exists; remove it, or replace it with --force if it is a bundle", .0.display())]
    Exists(PathBuf),
    /// The bundle cannot be written.
    #[error("cannot write the bundle at {}", path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The manifest cannot be encoded: a mistake in this program, please report it.
    #[error("the manifest cannot be written; please report this")]
    Manifest(#[from] toml::ser::Error),
}

impl From<CheckpointError> for ExportError {
    fn from(error: CheckpointError) -> Self {
        Self::Arch(error.into())
    }
}

impl From<ConfigError> for ExportError {
    fn from(error: ConfigError) -> Self {
        Self::Arch(error.into())
    }
}

/// Exports a checkpoint.
///
/// # Errors
/// [`ExportError`]; no part of a bundle is left then.
pub fn export(options: &ExportOptions) -> Result<ExportReport, ExportError> {
    let output = output_folder(options);
    write::refuse_existing(&output, options.replace)?;
    let plan = plan(options)?;
    tracing::info!(
        "{:?}: weights need {} MB as they are stored and {} MB converted to {:?} when the bundle is opened",
        plan.manifest.family,
        plan.manifest.footprint.in_place_bytes / 1_000_000,
        plan.manifest.footprint.converted_bytes / 1_000_000,
        plan.manifest.precision,
    );
    write::write(plan, &output, options.replace)
}

fn output_folder(options: &ExportOptions) -> PathBuf {
    options.output.clone().unwrap_or_else(|| {
        let checkpoint = options
            .checkpoint
            .canonicalize()
            .unwrap_or_else(|_| options.checkpoint.clone());
        checkpoint.with_file_name(format!("{}-bundle", name_of(&checkpoint)))
    })
}

/// Last part of a path, for people.
fn name_of(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.into());
    path.file_name().map_or_else(
        || "checkpoint".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Which family a configuration belongs to.
fn family(config: &super::checkpoint::Config) -> Result<Family, ConfigError> {
    match config.text("model_type", "")? {
        "llada" => Ok(Family::ParallelA),
        "mmada" => Ok(Family::ParallelM),
        "clip" => Ok(Family::Clip),
        other => Err(config.error(
            "model_type",
            format!("is \"{other}\"; llada, mmada and clip can be exported"),
        )),
    }
}
