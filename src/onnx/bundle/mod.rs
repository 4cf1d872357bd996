//! Bundles: checkpoints made runnable. A folder with `bundle.toml`, ONNX graphs, `tokenizer.json`, and the
//! checkpoint's own weight files under a second name.

mod manifest;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

pub use manifest::{
    ClipFacts, Diffusion, Family, FileRecord, ImageGrid, Manifest, SCHEMA, TokenIds, Vocabulary,
};

use super::arch::Precision;
use super::checkpoint::{CheckpointError, read_limited};
use super::clip::Clip;
use super::image::Framing;
use super::language::LanguageModel;
use super::runtime::{Device, Runtime, SessionError, SessionOptions};
use super::tokenizer::{Tokenizer, TokenizerError};
use super::vq::{ImageTokenizer, VqKind};
use crate::common::digest::Digest;
use crate::common::remembered;

/// Name of the file that makes a folder a bundle.
pub const MANIFEST: &str = "bundle.toml";
/// Name of the tokenizer's file.
pub const TOKENIZER: &str = "tokenizer.json";
/// Names of the graphs.
pub mod graph_names {
    /// The language model.
    pub const LANGUAGE: &str = "language.onnx";
    /// Pixels to codes.
    pub const VQ_ENCODER: &str = "vq-encoder.onnx";
    /// Codes to pixels.
    pub const VQ_DECODER: &str = "vq-decoder.onnx";
    /// CLIP's text tower.
    pub const CLIP_TEXT: &str = "clip-text.onnx";
    /// CLIP's image tower.
    pub const CLIP_IMAGE: &str = "clip-image.onnx";
}

#[cfg(any(test, feature = "internals"))]
/// Token ids around a picture in the released checkpoint of family A.
pub const RELEASED_A_FRAMING: Framing = Framing {
    begin: 126_349,
    newline: 126_084,
    end: 126_350,
    offset: 126_356,
};

/// Longest `bundle.toml` that is read, in bytes.
const MAX_MANIFEST: u64 = 4 << 20;

/// What can be wrong with a bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// `bundle.toml` cannot be read.
    #[error("{} is not a bundle; `parabench export CHECKPOINT` makes one", folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// `bundle.toml` is not what it should be.
    #[error("{} is not a bundle manifest", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: toml::de::Error,
    },
    /// The bundle was written by another version.
    #[error("{} has schema {found}, this program reads {SCHEMA}; export the checkpoint again", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
    },
    /// A file's name leads out of the folder.
    #[error("the manifest names `{0}`, which is not a plain file name")]
    FileName(String),
    /// A file is missing or cannot be read.
    #[error("cannot read {} of the bundle; export the checkpoint again", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not the one that the manifest describes.
    #[error("{} was changed since the export ({what} {found}, manifest says {expected}); export the checkpoint again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Size or hash.
        what: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The bundle does not have what was asked of it.
    #[error("this bundle is of family {family:?} and has no {what}")]
    Lacks {
        /// Its family.
        family: Family,
        /// What was asked for.
        what: &'static str,
    },
    /// The bundle computes in a type that the device does not have.
    #[error(
        "the bundle computes in bf16, which the CPU provider does not; export it again with --dtype f32, \
         which needs up to {} MB of memory for the weights", f32_bytes / 1_000_000
    )]
    Precision {
        /// Bytes of the weights in 32 bits.
        f32_bytes: u64,
    },
    /// A graph cannot be opened.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The tokenizer cannot be opened.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// An opened bundle: its manifest is read and its files are there.
#[derive(Debug, Clone)]
pub struct Bundle {
    folder: PathBuf,
    manifest: Manifest,
    hash: String,
}

impl Bundle {
    /// Reads the manifest and checks that every file is there, has its size, and has its hash. A file that did not
    /// change since it was hashed is not read again ([`remembered`]); [`Bundle::check_hashes`] reads everything.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join(MANIFEST);
        let bytes =
            read_limited(&path, MAX_MANIFEST).map_err(|source| BundleError::NoManifest {
                folder: folder.into(),
                source,
            })?;
        let manifest: Manifest =
            toml::from_slice(&bytes).map_err(|source| BundleError::Manifest {
                path: path.clone(),
                source,
            })?;
        if manifest.schema != SCHEMA {
            return Err(BundleError::Schema {
                path,
                found: manifest.schema,
            });
        }
        let bundle = Self {
            folder: folder.into(),
            manifest,
            hash: Digest::of(&bytes).to_string(),
        };
        bundle
            .manifest
            .files
            .iter()
            .try_for_each(|file| bundle.check_size(file))?;
        bundle.compare_hashes(remembered::digest_of)?;
        Ok(bundle)
    }

    fn check_size(&self, file: &FileRecord) -> Result<(), BundleError> {
        if file.name.contains(['/', '\\']) || matches!(file.name.as_str(), "" | "." | "..") {
            return Err(BundleError::FileName(file.name.clone()));
        }
        let path = self.folder.join(&file.name);
        let found = fs::metadata(&path)
            .map_err(|source| BundleError::File {
                path: path.clone(),
                source,
            })?
            .len();
        if found == file.bytes {
            return Ok(());
        }
        let [found, expected] = [found.to_string(), file.bytes.to_string()];
        Err(BundleError::Changed {
            path,
            what: "size",
            found,
            expected,
        })
    }

    /// Reads every file and compares its hash with the manifest.
    ///
    /// # Errors
    /// [`BundleError::Changed`] for the first file that differs.
    pub fn check_hashes(&self) -> Result<(), BundleError> {
        self.compare_hashes(Digest::of_file)
    }

    fn compare_hashes(
        &self,
        digest_of: impl Fn(&Path) -> io::Result<Digest> + Sync,
    ) -> Result<(), BundleError> {
        self.manifest.files.par_iter().try_for_each(|file| {
            let path = self.folder.join(&file.name);
            let found = digest_of(&path)
                .map_err(|source| BundleError::File {
                    path: path.clone(),
                    source,
                })?
                .to_string();
            if found == file.sha256 {
                return Ok(());
            }
            Err(BundleError::Changed {
                path,
                what: "SHA-256",
                found,
                expected: file.sha256.clone(),
            })
        })
    }

    /// What the bundle is.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// SHA-256 of the manifest, and through the hashes in it of everything: the identity of the checkpoint in a run.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What decoding needs to know.
    ///
    /// # Errors
    /// [`BundleError::Lacks`] for bundles of other families.
    pub fn diffusion(&self) -> Result<&Diffusion, BundleError> {
        self.manifest
            .diffusion
            .as_ref()
            .ok_or_else(|| self.lacks("language model"))
    }

    /// What preparing inputs for CLIP needs to know.
    ///
    /// # Errors
    /// [`BundleError::Lacks`] for bundles of other families.
    pub fn clip_facts(&self) -> Result<&ClipFacts, BundleError> {
        self.manifest
            .clip
            .as_ref()
            .ok_or_else(|| self.lacks("CLIP towers"))
    }

    /// Opens the tokenizer.
    ///
    /// # Errors
    /// [`BundleError::Tokenizer`].
    pub fn tokenizer(&self) -> Result<Tokenizer, BundleError> {
        Ok(Tokenizer::open(&self.folder.join(TOKENIZER))?)
    }

    /// Opens the language model.
    ///
    /// # Errors
    /// [`BundleError`] when there is none or it cannot be opened on the device.
    pub fn language(
        &self,
        runtime: &Runtime,
        options: &SessionOptions,
    ) -> Result<LanguageModel, BundleError> {
        self.diffusion()?;
        self.check_device(options.device)?;
        Ok(LanguageModel::open(
            runtime,
            &self.folder.join(graph_names::LANGUAGE),
            options,
        )?)
    }

    /// Opens the image tokenizer.
    ///
    /// # Errors
    /// [`BundleError`] when there is none or it cannot be opened on the device.
    pub fn image_tokenizer(
        &self,
        runtime: &Runtime,
        options: &SessionOptions,
    ) -> Result<ImageTokenizer, BundleError> {
        let Diffusion {
            image, vocabulary, ..
        } = self.diffusion()?;
        let kind = match self.manifest.family {
            Family::ParallelM => VqKind::Magvit2 {
                resolution: image.resolution,
            },
            _ => VqKind::AmusedVq { scale: image.scale },
        };
        let [encoder, decoder] =
            [graph_names::VQ_ENCODER, graph_names::VQ_DECODER].map(|name| self.folder.join(name));
        let codes = u32::try_from(vocabulary.codes).unwrap_or(u32::MAX);
        Ok(ImageTokenizer::open(
            runtime,
            [&encoder, &decoder],
            kind,
            codes,
            options,
        )?)
    }

    /// Opens both towers of CLIP.
    ///
    /// # Errors
    /// [`BundleError`] when there are none or they cannot be opened on the device.
    pub fn clip(&self, runtime: &Runtime, options: &SessionOptions) -> Result<Clip, BundleError> {
        self.clip_facts()?;
        self.check_device(options.device)?;
        let [text, image] =
            [graph_names::CLIP_TEXT, graph_names::CLIP_IMAGE].map(|name| self.folder.join(name));
        Ok(Clip::open(runtime, [&text, &image], options)?)
    }

    /// Whether the device computes in the bundle's type.
    ///
    /// # Errors
    /// [`BundleError::Precision`].
    pub fn check_device(&self, device: Device) -> Result<(), BundleError> {
        let bf16 = self.manifest.precision == Precision::Bf16;
        if !(bf16 && device == Device::Cpu) {
            return Ok(());
        }
        Err(BundleError::Precision {
            f32_bytes: 2 * self.manifest.footprint.total_bytes(),
        })
    }

    fn lacks(&self, what: &'static str) -> BundleError {
        BundleError::Lacks {
            family: self.manifest.family,
            what,
        }
    }
}
