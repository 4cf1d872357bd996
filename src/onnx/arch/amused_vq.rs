//! The image tokenizer of family A: diffusers' `VQModel` as aMUSEd uses it.
//!
//! Encoder graph: `pixels` `[batch, 3, height, width]` in 0..1 → `codes` `[batch, height/s, width/s]` and the
//! `latents` that they were chosen from. Decoder graph: `codes` → `pixels` (not clipped). The scale `s` is 2 for every
//! stage but the last. Reference: diffusers 0.34 `autoencoders/vq_model.py`; `force_upcast` and `scaling_factor` are
//! read by nobody there, and not here.

use super::conv::{Conv, GroupNorm, ResnetNames};
use super::{ArchError, Network, Precision, WrittenGraph};
use crate::onnx::checkpoint::{Checkpoint, Config, ConfigError};
use crate::onnx::graph::{Op, Value};

const NAMES: ResnetNames = ResnetNames {
    shortcut: "conv_shortcut",
};
/// Added to variances in every group norm of the VQ model.
const EPSILON: f32 = 1e-6;

/// Sizes of one tokenizer, from its `config.json`.
#[derive(Debug, Clone)]
pub struct AmusedVqConfig {
    /// Channels of each stage, from the picture inwards.
    pub stages: Vec<u64>,
    /// Residual blocks per stage of the encoder; the decoder has one more.
    pub blocks: u64,
    /// Channels of the encoder's output.
    pub latents: u64,
    /// Width of a codebook entry.
    pub code_width: u64,
    /// Number of codes.
    pub codes: u64,
    groups: u64,
}

impl AmusedVqConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, for missing sizes and for variants of the model that aMUSEd does not use.
    pub fn read(config: &Config) -> Result<Self, ConfigError> {
        refuse_variants(config)?;
        let latents = config.size("latent_channels")?;
        let this = Self {
            stages: config.sizes("block_out_channels")?,
            blocks: config.optional_size("layers_per_block")?.unwrap_or(1),
            latents,
            code_width: config.optional_size("vq_embed_dim")?.unwrap_or(latents),
            codes: config.size("num_vq_embeddings")?,
            groups: config.optional_size("norm_num_groups")?.unwrap_or(32),
        };
        match this
            .stages
            .iter()
            .find(|channels| *channels % this.groups != 0)
        {
            Some(channels) => {
                let problem = format!(
                    "is {}, which does not divide {channels} channels",
                    this.groups
                );
                Err(config.error("norm_num_groups", problem))
            }
            None => Ok(this),
        }
    }

    /// Pixels along one side of a code.
    #[must_use]
    pub fn scale(&self) -> u32 {
        1 << self.stages.len().saturating_sub(1).min(16)
    }

    fn norm(&self) -> GroupNorm {
        GroupNorm {
            groups: self.groups,
            epsilon: EPSILON,
        }
    }

    fn innermost(&self) -> u64 {
        self.stages.last().copied().unwrap_or(0)
    }
}

fn refuse_variants(config: &Config) -> Result<(), ConfigError> {
    for (key, wanted) in [("act_fn", "silu"), ("norm_type", "group")] {
        let found = config.text(key, wanted)?;
        if found != wanted {
            return Err(config.error(
                key,
                format!("is \"{found}\", only \"{wanted}\" is supported"),
            ));
        }
    }
    for (key, wanted) in [
        ("down_block_types", "DownEncoderBlock2D"),
        ("up_block_types", "UpDecoderBlock2D"),
    ] {
        let types = config.get(key).and_then(serde_json::Value::as_array);
        if let Some(other) = types.and_then(|types| types.iter().find(|kind| *kind != wanted)) {
            return Err(config.error(
                key,
                format!("holds {other}, only \"{wanted}\" is supported"),
            ));
        }
    }
    for key in ["in_channels", "out_channels"] {
        if config.optional_size(key)?.unwrap_or(3) != 3 {
            return Err(config.error(key, "is not 3: pictures have red, green and blue"));
        }
    }
    if config.flag("mid_block_add_attention", true)? {
        return Err(config.error(
            "mid_block_add_attention",
            "is true or missing; aMUSEd's model has false",
        ));
    }
    if !config.flag("lookup_from_codebook", false)? {
        return Err(config.error(
            "lookup_from_codebook",
            "is false or missing; aMUSEd's model has true",
        ));
    }
    Ok(())
}

/// Writes the graph from pixels to codes.
///
/// # Errors
/// [`ArchError`] when the weights do not fit the configuration.
pub fn write_encoder(
    checkpoint: &Checkpoint,
    config: &AmusedVqConfig,
    prefix: &str,
    precision: Precision,
) -> Result<WrittenGraph, ArchError> {
    let mut net = Network::new("vq-encoder", checkpoint, prefix, precision);
    let mut x = net.picture_input();
    let mut channels = config.stages.first().copied().unwrap_or(0);
    net.graph.scope("encoder");
    x = net.conv(&x, "encoder.conv_in", Conv::three(3, channels))?;
    for (stage, &outputs) in config.stages.iter().enumerate() {
        let name = format!("encoder.down_blocks.{stage}");
        x = resnets(
            &mut net,
            &x,
            &name,
            config.blocks,
            [channels, outputs],
            config,
        )?;
        channels = outputs;
        if stage + 1 < config.stages.len() {
            x = net.downsample(&x, &format!("{name}.downsamplers.0.conv"), channels)?;
        }
    }
    x = resnets(&mut net, &x, "encoder.mid_block", 2, [channels; 2], config)?;
    let last = Conv::three(channels, config.latents);
    x = net.finish_picture(
        &x,
        "encoder.conv_norm_out",
        "encoder.conv_out",
        last,
        config.norm(),
    )?;
    let quant = Conv::one(config.latents, config.code_width);
    x = net.conv(&x, "quant_conv", quant)?;
    let codes = nearest_code(&mut net, &x, config)?;
    net.finish_encoder(&codes, &x, config.code_width)
}

/// Writes the graph from codes to pixels.
///
/// # Errors
/// [`ArchError`] when the weights do not fit the configuration.
pub fn write_decoder(
    checkpoint: &Checkpoint,
    config: &AmusedVqConfig,
    prefix: &str,
    precision: Precision,
) -> Result<WrittenGraph, ArchError> {
    let mut net = Network::new("vq-decoder", checkpoint, prefix, precision);
    let codes = net.codes_input();
    net.graph.scope("decoder");
    let book = net.weight(
        "quantize.embedding.weight",
        &[config.codes, config.code_width],
    )?;
    let entries = net
        .graph
        .add(Op::new("Gather").int("axis", 0), &[&book, &codes]);
    let mut x = net.transpose(&entries, &[0, 3, 1, 2]);
    let quant = Conv::one(config.code_width, config.latents);
    x = net.conv(&x, "post_quant_conv", quant)?;
    let mut channels = config.innermost();
    x = net.conv(&x, "decoder.conv_in", Conv::three(config.latents, channels))?;
    x = resnets(&mut net, &x, "decoder.mid_block", 2, [channels; 2], config)?;
    for (stage, &outputs) in config.stages.iter().rev().enumerate() {
        let name = format!("decoder.up_blocks.{stage}");
        x = resnets(
            &mut net,
            &x,
            &name,
            config.blocks + 1,
            [channels, outputs],
            config,
        )?;
        channels = outputs;
        if stage + 1 < config.stages.len() {
            x = net.upsample(&x, &format!("{name}.upsamplers.0.conv"), channels)?;
        }
    }
    let last = Conv::three(channels, 3);
    x = net.finish_picture(
        &x,
        "decoder.conv_norm_out",
        "decoder.conv_out",
        last,
        config.norm(),
    )?;
    net.finish_decoder(&x)
}

/// `count` residual blocks; the first one changes the number of channels.
fn resnets(
    net: &mut Network<'_>,
    x: &Value,
    name: &str,
    count: u64,
    [inputs, outputs]: [u64; 2],
    config: &AmusedVqConfig,
) -> Result<Value, ArchError> {
    let mut x = x.clone();
    for block in 0..count {
        let inputs = if block == 0 { inputs } else { outputs };
        x = net.resnet(
            &x,
            &format!("{name}.resnets.{block}"),
            NAMES,
            [inputs, outputs],
            config.norm(),
        )?;
    }
    Ok(x)
}

/// Index of the codebook entry nearest to each latent vector, the lowest on ties: `argmin |e|² − 2 z·e`, which leaves
/// out `|z|²` and the root because they change no order.
fn nearest_code(
    net: &mut Network<'_>,
    latents: &Value,
    config: &AmusedVqConfig,
) -> Result<Value, ArchError> {
    net.graph.scope("quantize");
    let book = net.weight(
        "quantize.embedding.weight",
        &[config.codes, config.code_width],
    )?;
    let vectors = net.transpose(latents, &[0, 2, 3, 1]);
    let shape = net
        .graph
        .add(Op::new("Shape").int("start", 0).int("end", 3), &[&vectors]);
    let flat = net.reshape(&vectors, &[-1, config.code_width.cast_signed()]);
    let axis = net.graph.integers(&[1], &[1]);
    let lengths = net.graph.add(
        Op::new("ReduceSumSquare").int("keepdims", 0),
        &[&book, &axis],
    );
    let gemm = Op::new("Gemm").int("transB", 1).float("alpha", -2.0);
    let distances = net.graph.add(gemm, &[&flat, &book, &lengths]);
    let nearest = net.graph.add(
        Op::new("ArgMin").int("axis", 1).int("keepdims", 0),
        &[&distances],
    );
    Ok(net.graph.add(Op::new("Reshape"), &[&nearest, &shape]))
}
