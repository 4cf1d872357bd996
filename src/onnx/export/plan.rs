//! Everything about a bundle that can be decided, and everything that can be wrong, before a file is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ExportError, ExportOptions, family, name_of, tokens};
use crate::onnx::arch::amused_vq::{self, AmusedVqConfig};
use crate::onnx::arch::clip::{self, ClipConfig};
use crate::onnx::arch::llada::{self, LladaConfig, Reading};
use crate::onnx::arch::magvit2::{self, Magvit2Config};
use crate::onnx::arch::{ArchError, Footprint, Precision, WrittenGraph};
use crate::onnx::bundle::{
    ClipFacts, Diffusion, Family, ImageGrid, Manifest, SCHEMA, TOKENIZER, Vocabulary, graph_names,
};
use crate::onnx::checkpoint::{Checkpoint, Config, ConfigError};
use crate::onnx::image::ClipPixels;
use crate::onnx::tokenizer::Tokenizer;

/// Put before the names of weight files, so that those of different networks do not collide.
const LANGUAGE_PREFIX: &str = "language.";
const VQ_PREFIX: &str = "vq.";
const CLIP_PREFIX: &str = "clip.";
/// Side of the pictures of both released checkpoints, in pixels.
const RELEASED_RESOLUTION: u32 = 512;

/// Tokens that the released code of family M adds to its tokenizer.
const HEADER_TOKENS: usize = 3;
/// First image code of the released family M: the length of its tokenizer with [`HEADER_TOKENS`].
const RELEASED_M_FIRST_CODE: usize = 126_349;

/// Where a checkpoint's configuration says how it wants to be decoded.
const DECODING: &str = "parabench_decoding";

/// A bundle that can be written.
#[derive(Debug)]
pub struct BundlePlan {
    /// What it will be; the list of files is still empty.
    pub manifest: Manifest,
    /// What the user should know: where files contradict each other, and what was taken.
    pub notes: Vec<String>,
    /// Names and contents of the graphs.
    pub(super) graphs: Vec<(&'static str, Vec<u8>)>,
    /// Weight files and their names in the bundle.
    pub(super) weights: Vec<(PathBuf, String)>,
    /// The tokenizer.
    pub(super) tokenizer: PathBuf,
}

/// Reads a checkpoint and plans its bundle. Nothing is written.
///
/// # Errors
/// [`ExportError`] for whatever is wrong with the checkpoint.
pub fn plan(options: &ExportOptions) -> Result<BundlePlan, ExportError> {
    let config = Config::read(&options.checkpoint.join("config.json"))?;
    let family = family(&config)?;
    let mut plan = BundlePlan::new(options, family)?;
    match family {
        Family::Clip => plan.clip(options, &config)?,
        _ => plan.diffusion(options, &config)?,
    }
    Ok(plan)
}

/// An image tokenizer's configuration.
enum Vq {
    Amused(AmusedVqConfig),
    Magvit2(Magvit2Config),
}

impl Vq {
    const fn codes(&self) -> u64 {
        match self {
            Self::Amused(config) => config.codes,
            Self::Magvit2(config) => config.codes(),
        }
    }

    fn scale(&self) -> u32 {
        match self {
            Self::Amused(config) => config.scale(),
            Self::Magvit2(config) => config.scale(),
        }
    }

    /// Encoder and decoder.
    fn graphs(
        &self,
        checkpoint: &Checkpoint,
        precision: Precision,
    ) -> Result<[WrittenGraph; 2], ArchError> {
        Ok(match self {
            Self::Amused(config) => [
                amused_vq::write_encoder(checkpoint, config, VQ_PREFIX, precision)?,
                amused_vq::write_decoder(checkpoint, config, VQ_PREFIX, precision)?,
            ],
            Self::Magvit2(config) => [
                magvit2::write_encoder(checkpoint, config, VQ_PREFIX, precision)?,
                magvit2::write_decoder(checkpoint, config, VQ_PREFIX, precision)?,
            ],
        })
    }
}

impl BundlePlan {
    fn new(options: &ExportOptions, family: Family) -> Result<Self, ExportError> {
        let manifest = Manifest {
            schema: SCHEMA,
            parabench: env!("CARGO_PKG_VERSION").into(),
            source: name_of(&options.checkpoint),
            family,
            precision: options.precision,
            footprint: Footprint::default(),
            diffusion: None,
            clip: None,
            files: Vec::new(),
        };
        let tokenizer = options.checkpoint.join(TOKENIZER);
        Ok(Self {
            manifest,
            notes: Vec::new(),
            graphs: Vec::new(),
            weights: Vec::new(),
            tokenizer,
        })
    }

    fn diffusion(&mut self, options: &ExportOptions, config: &Config) -> Result<(), ExportError> {
        let family = self.manifest.family;
        let checkpoint = Checkpoint::open(&options.checkpoint)?;
        let tokenizer = Tokenizer::open(&self.tokenizer)?;
        let mut network = LladaConfig::read(config)?;
        if family == Family::ParallelM {
            // This family's code offsets image codes by the tokenizer's length, whatever the configuration says.
            network = network.with_text_vocabulary(tokenizer.len() as u64, config)?;
            self.note_first_code(tokenizer.len());
        }
        let tokens = tokens::token_ids(
            family,
            config,
            &tokenizer,
            network.text_vocabulary,
            &options.tokens,
        )?;
        let (vq_checkpoint, vq) = open_vq(options, family)?;
        let (codes, scale) = (vq.codes(), vq.scale());
        if codes != network.codes {
            return Err(ExportError::Codebook {
                tokenizer: codes,
                model: network.codes,
            });
        }
        let resolution = self.resolution(options, config, scale)?;
        let (precision, reading) = (options.precision, Reading::Positions);
        let graph = llada::write(&checkpoint, &network, LANGUAGE_PREFIX, precision, reading)?;
        self.add_graph(graph_names::LANGUAGE, graph);
        // As in the released code, whatever the language model computes in: a code is decided by small differences.
        let [encoder, decoder] = vq.graphs(&vq_checkpoint, Precision::F32)?;
        self.add_graph(graph_names::VQ_ENCODER, encoder);
        self.add_graph(graph_names::VQ_DECODER, decoder);
        self.add_weights(&checkpoint, LANGUAGE_PREFIX);
        self.add_weights(&vq_checkpoint, VQ_PREFIX);
        let preset = if family == Family::ParallelM {
            "released-m"
        } else {
            "released-a"
        };
        let (text, codes, size) = (network.text_vocabulary, network.codes, network.vocabulary);
        self.manifest.diffusion = Some(Diffusion {
            preset: preset.into(),
            strategy: "parallel".into(),
            max_length: network.max_length,
            vocabulary: Vocabulary { text, codes, size },
            tokens,
            decoding: decoding(config)?,
            image: ImageGrid { scale, resolution },
        });
        Ok(())
    }

    /// The released code adds three tokens to the tokenizer before it counts: a `tokenizer.json` without them shifts
    /// every image code.
    fn note_first_code(&mut self, tokens: usize) {
        if tokens + HEADER_TOKENS == RELEASED_M_FIRST_CODE {
            self.notes.push(format!(
                "tokenizer.json has {tokens} tokens, so image codes begin at id {tokens}; the released code adds \
                 {HEADER_TOKENS} header tokens first, and its codes begin at {RELEASED_M_FIRST_CODE}: use the \
                 tokenizer as the released code saves it"
            ));
        }
    }

    /// Side of a picture, in pixels: the option, else for family A the square that the configuration's
    /// `num_vq_tokens` fill, else that of the released models. Family M's released configuration holds a number that is
    /// left over from a smaller model, so there its preset decides.
    fn resolution(
        &mut self,
        options: &ExportOptions,
        config: &Config,
        scale: u32,
    ) -> Result<u32, ExportError> {
        let configured = configured_resolution(config, scale)?;
        let (preset, why) = match (self.manifest.family, configured) {
            (Family::ParallelM, _) | (_, None) => {
                (RELEASED_RESOLUTION, "as the released code does")
            }
            (_, Some(configured)) => (configured, "as config.json says"),
        };
        let resolution = options.resolution.unwrap_or(preset);
        let why = options.resolution.map_or(why, |_| "as --resolution says");
        if resolution == 0 || !resolution.is_multiple_of(scale) {
            return Err(ExportError::Resolution { resolution, scale });
        }
        if let Some(other) = configured.filter(|configured| *configured != resolution) {
            self.notes.push(format!(
                "config.json contradicts this: its num_vq_tokens fill a picture of {other} x {other} pixels, and the \
                 bundle makes {resolution} x {resolution}, {why}; --resolution {other} takes the other size"
            ));
        }
        Ok(resolution)
    }

    fn clip(&mut self, options: &ExportOptions, config: &Config) -> Result<(), ExportError> {
        let checkpoint = Checkpoint::open(&options.checkpoint)?;
        let network = ClipConfig::read(config)?;
        Tokenizer::open(&self.tokenizer)?;
        let precision = options.precision;
        self.add_graph(
            graph_names::CLIP_TEXT,
            clip::write_text(&checkpoint, &network, CLIP_PREFIX, precision)?,
        );
        self.add_graph(
            graph_names::CLIP_IMAGE,
            clip::write_image(&checkpoint, &network, CLIP_PREFIX, precision)?,
        );
        self.add_weights(&checkpoint, CLIP_PREFIX);
        let image_size = u32::try_from(network.image_size)
            .map_err(|_| config.error("vision_config.image_size", "is too large"))?;
        let ClipPixels {
            mean, deviation, ..
        } = ClipPixels::openai(image_size);
        let (max_length, width) = (network.max_length, network.projection);
        self.manifest.clip = Some(ClipFacts {
            image_size,
            max_length,
            width,
            mean,
            deviation,
        });
        Ok(())
    }

    fn add_graph(&mut self, name: &'static str, graph: WrittenGraph) {
        self.manifest.footprint += graph.footprint;
        self.graphs.push((name, graph.bytes));
    }

    fn add_weights(&mut self, checkpoint: &Checkpoint, prefix: &str) {
        let files = checkpoint
            .files()
            .map(|file| (checkpoint.folder().join(file), format!("{prefix}{file}")));
        self.weights.extend(files);
    }
}

fn open_vq(options: &ExportOptions, family: Family) -> Result<(Checkpoint, Vq), ExportError> {
    let folder = options
        .vq
        .clone()
        .unwrap_or_else(|| options.checkpoint.join("vqvae"));
    if !folder.is_dir() {
        return Err(ExportError::NoImageTokenizer { looked: folder });
    }
    let path = folder.join("config.json");
    if family == Family::ParallelM {
        // The released tokenizer's structure is in its weights; a configuration can only add constants.
        let config = if path.is_file() {
            Config::read(&path)?
        } else {
            empty_config(&path)
        };
        let checkpoint = Checkpoint::open(&folder)?;
        let vq = Magvit2Config::derive(&checkpoint, &config)?;
        return Ok((checkpoint, Vq::Magvit2(vq)));
    }
    let config = AmusedVqConfig::read(&Config::read(&path)?)?;
    Ok((Checkpoint::open(&folder)?, Vq::Amused(config)))
}

/// Side of the square picture that the configuration's `num_vq_tokens` fill, in pixels.
fn configured_resolution(config: &Config, scale: u32) -> Result<Option<u32>, ConfigError> {
    const KEY: &str = "num_vq_tokens";
    let Some(codes) = config.optional_size(KEY)? else {
        return Ok(None);
    };
    let side = codes.isqrt();
    if side * side != codes {
        return Err(config.error(KEY, format!("is {codes}, which fill no square picture")));
    }
    // Below 2^16, because sizes are below 2^31.
    Ok(Some(side as u32 * scale))
}

fn empty_config(path: &Path) -> Config {
    Config::new(path, serde_json::Value::Object(serde_json::Map::new()))
}

/// The options of decoding in the checkpoint's configuration. What they mean is known where they are used.
fn decoding(config: &Config) -> Result<BTreeMap<String, String>, ExportError> {
    let text_of = |(key, value): (&String, &Value)| match value {
        Value::String(text) => Ok((key.clone(), text.clone())),
        Value::Number(number) => Ok((key.clone(), number.to_string())),
        other => Err(config
            .error(
                DECODING,
                format!("{key} is {other}, expected text or a number"),
            )
            .into()),
    };
    match config.get(DECODING) {
        None => Ok(BTreeMap::new()),
        Some(Value::Object(options)) => options.iter().map(text_of).collect(),
        Some(other) => Err(config
            .error(DECODING, format!("is {other}, expected an object"))
            .into()),
    }
}
