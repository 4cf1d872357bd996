//! The image tokenizer of family M: MAGVIT-v2 with look-up-free quantisation.
//!
//! Encoder graph: `pixels` `[batch, 3, height, width]` in −1..1 → `codes` `[batch, rows, columns]` and `latents`.
//! Decoder graph: `codes` → `pixels` (not clipped). A code is the signs of the latent channels, channel 0 the most
//! significant bit, exactly 0 counting as 0. Reference: `modeling_magvitv2.py` of Show-o and of the released code.
//!
//! The structure is read from the weights themselves: the reference has it as constants, not in a configuration.

use super::conv::{Conv, GroupNorm, ResnetNames};
use super::{ArchError, Network, Precision, WrittenGraph};
use crate::onnx::checkpoint::{Checkpoint, CheckpointError, Config};
use crate::onnx::graph::{DataType, Op, Value};

const NAMES: ResnetNames = ResnetNames {
    shortcut: "nin_shortcut",
};

/// Most levels, and most blocks of one level, that are looked for.
const MAX_PARTS: usize = 64;
/// Most bits of a code; 2^24 codes are far more than any vocabulary has.
const MAX_BITS: u64 = 24;

/// One resolution of an encoder or decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Level {
    blocks: usize,
    inputs: u64,
    outputs: u64,
}

/// Sizes of one tokenizer.
#[derive(Debug, Clone)]
pub struct Magvit2Config {
    /// Bits of a code; there are `2^bits` codes.
    pub bits: u64,
    down: Vec<Level>,
    up: Vec<Level>,
    norm: GroupNorm,
}

impl Magvit2Config {
    /// Derives the sizes from the weights. `config` may give `norm_num_groups` (a constant 32 in the reference) and
    /// `norm_eps` (1e-6).
    ///
    /// # Errors
    /// [`ArchError`] when a tensor that shows the structure is missing, or the groups do not divide the channels.
    pub fn derive(checkpoint: &Checkpoint, config: &Config) -> Result<Self, ArchError> {
        let bits = channels(checkpoint, "encoder.quant_conv.weight", 0)?;
        if bits > MAX_BITS {
            return Err(config
                .error(
                    "codebook_dim",
                    format!("would be {bits}, at most {MAX_BITS} make sense"),
                )
                .into());
        }
        let norm = GroupNorm {
            groups: config.optional_size("norm_num_groups")?.unwrap_or(32),
            epsilon: config.number("norm_eps", 1e-6)? as f32,
        };
        let this = Self {
            bits,
            down: levels(checkpoint, "encoder.down")?,
            up: levels(checkpoint, "decoder.up")?,
            norm,
        };
        let all = this
            .down
            .iter()
            .chain(&this.up)
            .flat_map(|level| [level.inputs, level.outputs]);
        match all.into_iter().find(|channels| channels % norm.groups != 0) {
            Some(channels) => {
                let problem = format!(
                    "is {}, which does not divide {channels} channels",
                    norm.groups
                );
                Err(config.error("norm_num_groups", problem).into())
            }
            None => Ok(this),
        }
    }

    /// Number of codes.
    #[must_use]
    pub const fn codes(&self) -> u64 {
        1 << self.bits
    }

    /// Pixels along one side of a code.
    #[must_use]
    pub fn scale(&self) -> u32 {
        1 << self.down.len().saturating_sub(1).min(16)
    }
}

fn channels(checkpoint: &Checkpoint, tensor: &str, axis: usize) -> Result<u64, CheckpointError> {
    let shape = checkpoint.shape(tensor)?;
    let size = shape
        .get(axis)
        .copied()
        .filter(|size| (1..=1 << 16).contains(size));
    size.ok_or_else(|| CheckpointError::Shape {
        name: tensor.into(),
        found: shape.into(),
        expected: vec![],
    })
}

/// Counts levels and blocks under `prefix`, e.g. `encoder.down.3.block.1`.
fn levels(checkpoint: &Checkpoint, prefix: &str) -> Result<Vec<Level>, CheckpointError> {
    let mut levels = Vec::new();
    let first = |level: usize| format!("{prefix}.{level}.block.0.conv1.weight");
    for level in
        (0..MAX_PARTS).take_while(|level| *level == 0 || checkpoint.contains(&first(*level)))
    {
        let block = |block: usize| format!("{prefix}.{level}.block.{block}.conv1.weight");
        let blocks = (0..MAX_PARTS)
            .take_while(|index| checkpoint.contains(&block(*index)))
            .count();
        let [outputs, inputs] = [
            channels(checkpoint, &block(0), 0)?,
            channels(checkpoint, &block(0), 1)?,
        ];
        levels.push(Level {
            blocks,
            inputs,
            outputs,
        });
    }
    Ok(levels)
}

/// Writes the graph from pixels to codes.
///
/// # Errors
/// [`ArchError`] when the weights do not fit together.
pub fn write_encoder(
    checkpoint: &Checkpoint,
    config: &Magvit2Config,
    prefix: &str,
    precision: Precision,
) -> Result<WrittenGraph, ArchError> {
    let mut net = Network::new("magvit2-encoder", checkpoint, prefix, precision);
    let mut x = net.picture_input();
    net.graph.scope("encoder");
    let mut channels = config.down.first().map_or(0, |level| level.inputs);
    x = net.conv(&x, "encoder.conv_in", Conv::three(3, channels))?;
    for (index, level) in config.down.iter().enumerate() {
        let name = format!("encoder.down.{index}");
        x = blocks(&mut net, &x, &name, level, config.norm)?;
        channels = level.outputs;
        if index + 1 < config.down.len() {
            x = net.downsample(&x, &format!("{name}.downsample.conv"), channels)?;
        }
    }
    x = middle(&mut net, &x, "encoder.mid", channels, config.norm)?;
    let last = Conv::three(channels, config.bits);
    x = net.finish_picture(
        &x,
        "encoder.norm_out",
        "encoder.conv_out",
        last,
        config.norm,
    )?;
    x = net.conv(
        &x,
        "encoder.quant_conv",
        Conv::one(config.bits, config.bits),
    )?;
    let codes = signs_to_codes(&mut net, &x, config.bits);
    net.finish_encoder(&codes, &x, config.bits)
}

/// Writes the graph from codes to pixels.
///
/// # Errors
/// [`ArchError`] when the weights do not fit together.
pub fn write_decoder(
    checkpoint: &Checkpoint,
    config: &Magvit2Config,
    prefix: &str,
    precision: Precision,
) -> Result<WrittenGraph, ArchError> {
    let mut net = Network::new("magvit2-decoder", checkpoint, prefix, precision);
    let codes = net.codes_input();
    net.graph.scope("decoder");
    let mut x = codes_to_signs(&mut net, &codes, config.bits);
    x = net.conv(
        &x,
        "decoder.post_quant_conv",
        Conv::one(config.bits, config.bits),
    )?;
    let mut channels = config.up.last().map_or(0, |level| level.inputs);
    x = net.conv(&x, "decoder.conv_in", Conv::three(config.bits, channels))?;
    x = middle(&mut net, &x, "decoder.mid", channels, config.norm)?;
    // Levels are numbered by resolution, the finest first, and run from the coarsest.
    for (index, level) in config.up.iter().enumerate().rev() {
        let name = format!("decoder.up.{index}");
        x = blocks(&mut net, &x, &name, level, config.norm)?;
        channels = level.outputs;
        if index > 0 {
            x = net.upsample(&x, &format!("{name}.upsample.conv"), channels)?;
        }
    }
    let last = Conv::three(channels, 3);
    x = net.finish_picture(
        &x,
        "decoder.norm_out",
        "decoder.conv_out",
        last,
        config.norm,
    )?;
    net.finish_decoder(&x)
}

fn blocks(
    net: &mut Network<'_>,
    x: &Value,
    name: &str,
    level: &Level,
    norm: GroupNorm,
) -> Result<Value, ArchError> {
    let mut x = x.clone();
    for block in 0..level.blocks {
        let inputs = if block == 0 {
            level.inputs
        } else {
            level.outputs
        };
        x = net.resnet(
            &x,
            &format!("{name}.block.{block}"),
            NAMES,
            [inputs, level.outputs],
            norm,
        )?;
    }
    Ok(x)
}

/// Residual block, attention, residual block at the coarsest resolution.
fn middle(
    net: &mut Network<'_>,
    x: &Value,
    name: &str,
    channels: u64,
    norm: GroupNorm,
) -> Result<Value, ArchError> {
    let x = net.resnet(x, &format!("{name}.block_1"), NAMES, [channels; 2], norm)?;
    let x = attention(net, &x, &format!("{name}.attn_1"), channels, norm)?;
    net.resnet(&x, &format!("{name}.block_2"), NAMES, [channels; 2], norm)
}

/// Single-head attention over all positions; queries, keys and values are 1×1 convolutions.
fn attention(
    net: &mut Network<'_>,
    x: &Value,
    name: &str,
    channels: u64,
    norm: GroupNorm,
) -> Result<Value, ArchError> {
    let conv = Conv::one(channels, channels);
    let shape = net.graph.add(Op::new("Shape"), &[x]);
    let h = net.group_norm(x, &format!("{name}.norm"), channels, norm)?;
    let mut flat = |part: &str| -> Result<Value, ArchError> {
        let y = net.conv(&h, &format!("{name}.{part}"), conv)?;
        Ok(net.reshape(&y, &[0, 0, -1]))
    };
    let (query, key, value) = (flat("q")?, flat("k")?, flat("v")?);
    let query = net.transpose(&query, &[0, 2, 1]);
    let scale = net.scalar((channels as f32).sqrt().recip());
    let scores = net.graph.add(Op::new("MatMul"), &[&query, &key]);
    let scores = net.graph.add(Op::new("Mul"), &[&scores, &scale]);
    let weights = net
        .graph
        .add(Op::new("Softmax").int("axis", -1), &[&scores]);
    // Values are [channels, positions]: the weights of one query run along the last axis of the transposed matrix.
    let weights = net.transpose(&weights, &[0, 2, 1]);
    let mixed = net.graph.add(Op::new("MatMul"), &[&value, &weights]);
    let mixed = net.graph.add(Op::new("Reshape"), &[&mixed, &shape]);
    let projected = net.conv(&mixed, &format!("{name}.proj_out"), conv)?;
    Ok(net.graph.add(Op::new("Add"), &[x, &projected]))
}

/// Weight of each bit, most significant first, shaped to meet the channels of a picture.
fn powers(net: &mut Network<'_>, bits: u64) -> Value {
    let powers: Vec<i64> = (0..bits).rev().map(|bit| 1 << bit).collect();
    net.graph.integers(&powers, &[bits, 1, 1])
}

fn signs_to_codes(net: &mut Network<'_>, latents: &Value, bits: u64) -> Value {
    net.graph.scope("quantize");
    let zero = net.scalar(0.0);
    let set = net.graph.add(Op::new("Greater"), &[latents, &zero]);
    let set = net.cast(&set, DataType::I64);
    let powers = powers(net, bits);
    let weighted = net.graph.add(Op::new("Mul"), &[&set, &powers]);
    let axis = net.graph.integers(&[1], &[1]);
    net.graph
        .add(Op::new("ReduceSum").int("keepdims", 0), &[&weighted, &axis])
}

/// `[batch, rows, columns]` codes as −1 and +1 in `[batch, bits, rows, columns]`.
fn codes_to_signs(net: &mut Network<'_>, codes: &Value, bits: u64) -> Value {
    let axis = net.graph.integers(&[1], &[1]);
    let codes = net.graph.add(Op::new("Unsqueeze"), &[codes, &axis]);
    let powers = powers(net, bits);
    let shifted = net.graph.add(Op::new("Div"), &[&codes, &powers]);
    let two = net.graph.integers(&[2], &[]);
    let bit = net.graph.add(Op::new("Mod"), &[&shifted, &two]);
    let bit = net.cast(&bit, net.kind());
    let (two, one) = (net.scalar(2.0), net.scalar(1.0));
    let doubled = net.graph.add(Op::new("Mul"), &[&bit, &two]);
    net.graph.add(Op::new("Sub"), &[&doubled, &one])
}
