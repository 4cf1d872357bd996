//! `bundle.toml`: what a bundle is, and the hash of everything in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::onnx::arch::{Footprint, Precision};
use crate::onnx::checkpoint::Linked;
use crate::onnx::image::Framing;

/// Version of the form of `bundle.toml` that this program writes and reads.
pub const SCHEMA: u32 = 1;

/// Kinds of checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// MMaDA-Parallel-A: text and image decoded together, aMUSEd's image tokenizer.
    #[serde(rename = "mmada-parallel-a")]
    ParallelA,
    /// MMaDA-Parallel-M: the same with MAGVIT-v2.
    #[serde(rename = "mmada-parallel-m")]
    ParallelM,
    /// CLIP: features of texts and pictures.
    #[serde(rename = "clip")]
    Clip,
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ParallelA => "mmada-parallel-a",
            Self::ParallelM => "mmada-parallel-m",
            Self::Clip => "clip",
        })
    }
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of the program that wrote the bundle.
    pub parabench: String,
    /// Name of the checkpoint's folder.
    pub source: String,
    /// What it is.
    pub family: Family,
    /// The type in which its graphs compute; image tokenizers always do so in 32 bits.
    pub precision: Precision,
    /// Memory that the weights need when all graphs are open.
    pub footprint: Footprint,
    /// Present for the diffusion families.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diffusion: Option<Diffusion>,
    /// Present for CLIP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<ClipFacts>,
    /// Every file of the bundle but this one.
    pub files: Vec<FileRecord>,
}

/// What decoding needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diffusion {
    /// Decoding preset that reproduces the released code.
    pub preset: String,
    /// Default strategy.
    pub strategy: String,
    /// Longest sequence that the network was made for, in tokens.
    pub max_length: u64,
    /// Layout of the ids.
    pub vocabulary: Vocabulary,
    /// Ids with a meaning of their own.
    pub tokens: TokenIds,
    /// Options of decoding that the checkpoint asks for in its configuration (`parabench_decoding`), by name; they
    /// count where the user gives none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decoding: BTreeMap<String, String>,
    /// Sizes of pictures.
    pub image: ImageGrid,
}

/// Layout of the ids: text first, then image codes, then ids that mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Ids below this are text; it is also the id of image code 0.
    pub text: u64,
    /// Number of image codes.
    pub codes: u64,
    /// All ids, including those after the codes.
    pub size: u64,
}

/// Ids with a meaning of their own. Which of the optional ones are there depends on the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenIds {
    /// Not decided yet.
    pub mask: i64,
    /// Before a picture.
    pub begin_image: i64,
    /// After a picture.
    pub end_image: i64,
    /// Ends a text.
    pub end_text: i64,
    /// A: ends a row of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newline: Option<i64>,
    /// A: before the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin_answer: Option<i64>,
    /// A: after the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_answer: Option<i64>,
    /// A: stands for no instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncondition: Option<i64>,
    /// M: before the whole sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interleave: Option<i64>,
    /// M: begins a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin_text: Option<i64>,
}

impl Diffusion {
    /// Tokens around and between the rows of a picture; `None` for families that write no newlines.
    #[must_use]
    pub fn framing(&self) -> Option<Framing> {
        let TokenIds {
            begin_image: begin,
            end_image: end,
            ..
        } = self.tokens;
        let offset = self.vocabulary.text.cast_signed();
        self.tokens.newline.map(|newline| Framing {
            begin,
            newline,
            end,
            offset,
        })
    }
}

/// Sizes of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageGrid {
    /// Pixels along one side of a code.
    pub scale: u32,
    /// Side of a square picture of the size that the model was trained for, in pixels.
    pub resolution: u32,
}

/// What preparing inputs for CLIP needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipFacts {
    /// Side of the pictures, in pixels.
    pub image_size: u32,
    /// Longest text, in tokens.
    pub max_length: u64,
    /// Length of a feature vector.
    pub width: u64,
    /// Subtracted from red, green and blue in 0..1.
    pub mean: [f32; 3],
    /// Divided by afterwards.
    pub deviation: [f32; 3],
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Plain file name.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// How it came here; absent for files that were written for the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked: Option<Linked>,
}
