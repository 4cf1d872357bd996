//! Checkpoint folders as the Hugging Face hub stores them: `config.json`, safetensors in one file or in shards with
//! an index.
//!
//! Everything in such a folder is untrusted. Files are read within stated limits, names cannot lead outside the
//! folder (symbolic links of the hub's cache, which point into its `blobs/`, are followed because the user gave the
//! folder, not the file), and only headers of weight files are read here: the weights stay where they are.

mod config;
mod header;
mod link;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use config::{Config, ConfigError};
pub use header::{TensorEntry, read_header};
pub use link::{Linked, link_or_copy};

use crate::common::files::open_regular;
use crate::common::picture::{LFS_ADVICE, is_lfs_pointer};
use crate::onnx::graph::DataType;

/// Longest JSON file (configuration, index) that is read, in bytes.
const MAX_JSON: u64 = 64 << 20;

/// File names of weights, without `.safetensors`: transformers, diffusers, and the MAGVIT-v2 code of family M.
const STEMS: [&str; 3] = ["model", "diffusion_pytorch_model", "pytorch_model"];

/// What can be wrong with a checkpoint folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file itself was never fetched.
    #[error("{} is {}", path.display(), LFS_ADVICE)]
    Pointer {
        /// The file.
        path: PathBuf,
    },
    /// A file is larger than anything of its kind should be.
    #[error("{} has {bytes} bytes; files of its kind are read up to {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A JSON file is not what it should be.
    #[error("{} is not the JSON that was expected", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// There are no weights in the folder.
    #[error("{} holds no safetensors weights (looked for {STEMS:?} with .safetensors or .safetensors.index.json); \
             give the folder that holds config.json and the weights, and convert .bin files to safetensors first", folder.display())]
    NoWeights {
        /// The folder.
        folder: PathBuf,
    },
    /// A shard of the index is not there.
    #[error("shard `{shard}` is named by {} but missing; download the checkpoint completely", index.display())]
    MissingShard {
        /// The index.
        index: PathBuf,
        /// The shard.
        shard: String,
    },
    /// A shard's name in the index is not a plain file name.
    #[error("{} names the shard `{shard}`, which is not a plain file name", index.display())]
    ShardName {
        /// The index.
        index: PathBuf,
        /// The name.
        shard: String,
    },
    /// A safetensors header is damaged.
    #[error("{} is not a sound safetensors file: {why}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A tensor that the architecture needs is not in the checkpoint.
    #[error("tensor `{name}` is missing from {}; the weights do not belong to this config.json", folder.display())]
    MissingTensor {
        /// The tensor.
        name: String,
        /// The checkpoint.
        folder: PathBuf,
    },
    /// A tensor has another shape than the configuration says.
    #[error("tensor `{name}` has shape {found:?}, config.json asks for {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<u64>,
        /// The shape that was expected.
        expected: Vec<u64>,
    },
    /// A tensor has an element type that no graph is written for.
    #[error(
        "tensor `{name}` is stored as {dtype}; F32, F16 and BF16 are read, convert the checkpoint first"
    )]
    Dtype {
        /// The tensor.
        name: String,
        /// Its type.
        dtype: String,
    },
}

/// One tensor of a checkpoint.
#[derive(Debug, Clone, Copy)]
pub struct TensorRef<'a> {
    /// The file that holds it, as named in the folder.
    pub file: &'a str,
    /// Where in that file, and what it is.
    pub entry: &'a TensorEntry,
}

/// The weights of a checkpoint folder: names, shapes and places; no weight is read.
#[derive(Debug)]
pub struct Checkpoint {
    folder: PathBuf,
    files: BTreeMap<String, BTreeMap<String, TensorEntry>>,
    owner: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Opens the folder's weights: a single safetensors file, or an index with its shards.
    ///
    /// # Errors
    /// [`CheckpointError`] when there are none, a shard is missing, or a header is damaged.
    pub fn open(folder: &Path) -> Result<Self, CheckpointError> {
        for stem in STEMS {
            let index = folder.join(format!("{stem}.safetensors.index.json"));
            if index.is_file() {
                return Self::open_shards(folder, &index);
            }
            let name = format!("{stem}.safetensors");
            if folder.join(&name).is_file() {
                let entries = read_header(&folder.join(&name))?;
                let owner = entries
                    .keys()
                    .map(|tensor| (tensor.clone(), name.clone()))
                    .collect();
                return Ok(Self {
                    folder: folder.into(),
                    files: BTreeMap::from([(name, entries)]),
                    owner,
                });
            }
        }
        Err(CheckpointError::NoWeights {
            folder: folder.into(),
        })
    }

    fn open_shards(folder: &Path, index: &Path) -> Result<Self, CheckpointError> {
        #[derive(serde::Deserialize)]
        struct Index {
            weight_map: BTreeMap<String, String>,
        }
        let text = read_limited(index, MAX_JSON)?;
        let Index { weight_map: owner } =
            serde_json::from_slice(&text).map_err(|source| CheckpointError::Json {
                path: index.into(),
                source,
            })?;
        let mut files = BTreeMap::new();
        for shard in owner.values() {
            if files.contains_key(shard) {
                continue;
            }
            if shard.contains(['/', '\\']) || matches!(shard.as_str(), "" | "." | "..") {
                return Err(CheckpointError::ShardName {
                    index: index.into(),
                    shard: shard.clone(),
                });
            }
            let path = folder.join(shard);
            if !path.is_file() {
                return Err(CheckpointError::MissingShard {
                    index: index.into(),
                    shard: shard.clone(),
                });
            }
            files.insert(shard.clone(), read_header(&path)?);
        }
        Ok(Self {
            folder: folder.into(),
            files,
            owner,
        })
    }

    /// The folder that was opened.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names of the weight files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Is there a tensor of this name?
    #[must_use]
    pub fn contains(&self, tensor: &str) -> bool {
        self.owner.contains_key(tensor)
    }

    #[cfg(any(test, feature = "internals"))]
    /// Names of all tensors, sorted.
    pub fn tensors(&self) -> impl Iterator<Item = &str> {
        self.owner.keys().map(String::as_str)
    }

    /// Finds a tensor.
    ///
    /// # Errors
    /// [`CheckpointError::MissingTensor`].
    pub fn tensor(&self, name: &str) -> Result<TensorRef<'_>, CheckpointError> {
        let found = self.owner.get_key_value(name).and_then(|(_, file)| {
            let entry = self.files.get(file)?.get(name)?;
            Some(TensorRef { file, entry })
        });
        found.ok_or_else(|| CheckpointError::MissingTensor {
            name: name.into(),
            folder: self.folder.clone(),
        })
    }

    /// The shape of a tensor.
    ///
    /// # Errors
    /// [`CheckpointError::MissingTensor`].
    pub fn shape(&self, name: &str) -> Result<&[u64], CheckpointError> {
        self.tensor(name)
            .map(|tensor| tensor.entry.shape.as_slice())
    }
}

impl TensorRef<'_> {
    /// The element type as a graph type.
    ///
    /// # Errors
    /// [`CheckpointError::Dtype`] for types that no network here uses; `name` is only for the message.
    pub fn data_type(&self, name: &str) -> Result<DataType, CheckpointError> {
        match self.entry.dtype.as_str() {
            "F32" => Ok(DataType::F32),
            "F16" => Ok(DataType::F16),
            "BF16" => Ok(DataType::Bf16),
            other => Err(CheckpointError::Dtype {
                name: name.into(),
                dtype: other.into(),
            }),
        }
    }
}

/// Reads a whole file that must not be longer than `limit` bytes.
///
/// # Errors
/// [`CheckpointError::Io`] and [`CheckpointError::TooLarge`].
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, CheckpointError> {
    let failed = |source| CheckpointError::Io {
        path: path.into(),
        source,
    };
    let file = open_regular(path).map_err(|error| failed(error.into_io()))?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > limit {
        return Err(CheckpointError::TooLarge {
            path: path.into(),
            bytes,
            limit,
        });
    }
    let mut content = Vec::new();
    // The size above may be wrong by now; the limit holds for what is really read.
    file.take(limit).read_to_end(&mut content).map_err(failed)?;
    refuse_pointer(path, &content)?;
    Ok(content)
}

/// Refuses a file that begins as a Git LFS pointer does.
fn refuse_pointer(path: &Path, begin: &[u8]) -> Result<(), CheckpointError> {
    match is_lfs_pointer(begin) {
        true => Err(CheckpointError::Pointer { path: path.into() }),
        false => Ok(()),
    }
}
