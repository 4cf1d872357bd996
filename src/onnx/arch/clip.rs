//! CLIP's two towers, for local judges and for the similarity of text and picture along a trajectory.
//!
//! Text graph: `input_ids` and `attention_mask` `[batch, length]` → `text_features` `[batch, projection]`. Image graph:
//! `pixels` `[batch, 3, size, size]` → `image_features`. Features are not normalised. Reference: transformers 4.46
//! `models/clip/modeling_clip.py`; keys that a configuration leaves out have the defaults of its classes.

use super::{ArchError, Network, Precision, WrittenGraph};
use crate::onnx::checkpoint::{Checkpoint, Config, ConfigError};
use crate::onnx::graph::{DataType, Op, Value};

/// `eos_token_id` of configurations written before the key meant anything: the largest id ends the text then.
const LEGACY_EOS: i64 = 2;
/// What a masked attention score becomes: gone after the softmax, and no infinity for a row that is masked whole.
const MASKED: f32 = -1e9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activation {
    QuickGelu,
    Gelu,
}

/// Sizes of one transformer.
#[derive(Debug, Clone)]
struct Tower {
    root: &'static str,
    width: u64,
    mlp: u64,
    layers: u64,
    heads: u64,
    activation: Activation,
    epsilon: f32,
}

/// Sizes and switches of both towers, from `config.json`.
#[derive(Debug, Clone)]
pub struct ClipConfig {
    /// Length of a feature vector.
    pub projection: u64,
    /// Longest text, in tokens.
    pub max_length: u64,
    /// Side of the pictures, in pixels.
    pub image_size: u64,
    /// Token id that ends a text; `None` for configurations in which the largest id does.
    pub end_of_text: Option<i64>,
    text: Tower,
    vision: Tower,
    vocabulary: u64,
    patch: u64,
}

impl ClipConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn read(config: &Config) -> Result<Self, ConfigError> {
        let (text, vision) = (
            config.section("text_config")?,
            config.section("vision_config")?,
        );
        let size = |section: &Config, key: &str, default| {
            Ok(section.optional_size(key)?.unwrap_or(default))
        };
        let image_size = size(&vision, "image_size", 224)?;
        let patch = size(&vision, "patch_size", 32)?;
        if image_size % patch != 0 {
            return Err(vision.error(
                "patch_size",
                format!("is {patch}, which does not divide image_size {image_size}"),
            ));
        }
        let end = text.optional_id("eos_token_id")?.unwrap_or(49_407);
        Ok(Self {
            projection: size(config, "projection_dim", 512)?,
            max_length: size(&text, "max_position_embeddings", 77)?,
            image_size,
            end_of_text: (end != LEGACY_EOS).then_some(end),
            text: Tower::read(&text, "text_model", [512, 2048, 12, 8])?,
            vision: Tower::read(&vision, "vision_model", [768, 3072, 12, 12])?,
            vocabulary: size(&text, "vocab_size", 49_408)?,
            patch,
        })
    }
}

impl Tower {
    fn read(config: &Config, root: &'static str, defaults: [u64; 4]) -> Result<Self, ConfigError> {
        let size = |key: &str, default| Ok(config.optional_size(key)?.unwrap_or(default));
        let activation = match config.text("hidden_act", "quick_gelu")? {
            "quick_gelu" => Activation::QuickGelu,
            "gelu" => Activation::Gelu,
            other => {
                return Err(config.error(
                    "hidden_act",
                    format!("is \"{other}\"; quick_gelu and gelu are supported"),
                ));
            }
        };
        let this = Self {
            root,
            width: size("hidden_size", defaults[0])?,
            mlp: size("intermediate_size", defaults[1])?,
            layers: size("num_hidden_layers", defaults[2])?,
            heads: size("num_attention_heads", defaults[3])?,
            activation,
            epsilon: config.number("layer_norm_eps", 1e-5)? as f32,
        };
        if !this.width.is_multiple_of(this.heads) {
            let problem = format!(
                "is {}, which does not divide hidden_size {}",
                this.heads, this.width
            );
            return Err(config.error("num_attention_heads", problem));
        }
        Ok(this)
    }
}

/// Writes the text tower.
///
/// # Errors
/// [`ArchError`] when the weights do not fit the configuration.
pub fn write_text(
    checkpoint: &Checkpoint,
    config: &ClipConfig,
    prefix: &str,
    precision: Precision,
) -> Result<WrittenGraph, ArchError> {
    let mut net = Network::new("clip-text", checkpoint, prefix, precision);
    let tower = &config.text;
    let ids = net.graph.input(
        "input_ids",
        DataType::I64,
        &["batch".into(), "length".into()],
    );
    let mask = net.graph.input(
        "attention_mask",
        DataType::I64,
        &["batch".into(), "length".into()],
    );
    net.graph.scope("text");
    let table = net.weight(
        "text_model.embeddings.token_embedding.weight",
        &[config.vocabulary, tower.width],
    )?;
    let tokens = net
        .graph
        .add(Op::new("Gather").int("axis", 0), &[&table, &ids]);
    let positions = "text_model.embeddings.position_embedding.weight";
    let positions = net.weight(positions, &[config.max_length, tower.width])?;
    let length = net.axis(&ids, 1);
    let zero = net.graph.integers(&[0], &[1]);
    let positions = net
        .graph
        .add(Op::new("Slice"), &[&positions, &zero, &length, &zero]);
    let x = net.graph.add(Op::new("Add"), &[&tokens, &positions]);
    let bias = causal_bias(&mut net, &mask, &length);
    let x = transformer(&mut net, tower, x, Some(&bias))?;
    let x = layer_norm(&mut net, &x, "text_model.final_layer_norm", tower)?;
    let pooled = pool(&mut net, &x, &ids, config.end_of_text);
    let features = net.linear(
        &pooled,
        "text_projection.weight",
        None,
        [config.projection, tower.width],
    )?;
    finish(net, "text_features", &features, config.projection)
}

/// Writes the image tower.
///
/// # Errors
/// [`ArchError`] when the weights do not fit the configuration.
pub fn write_image(
    checkpoint: &Checkpoint,
    config: &ClipConfig,
    prefix: &str,
    precision: Precision,
) -> Result<WrittenGraph, ArchError> {
    let mut net = Network::new("clip-image", checkpoint, prefix, precision);
    let tower = &config.vision;
    let (width, patch, side) = (tower.width, config.patch, config.image_size);
    let pixels = net.graph.input(
        "pixels",
        DataType::F32,
        &["batch".into(), 3.into(), side.into(), side.into()],
    );
    net.graph.scope("vision");
    let x = net.narrow(&pixels);
    let kernel = net.weight(
        "vision_model.embeddings.patch_embedding.weight",
        &[width, 3, patch, patch],
    )?;
    let strides = [patch.cast_signed(); 2];
    let patches = net
        .graph
        .add(Op::new("Conv").ints("strides", &strides), &[&x, &kernel]);
    let patches = net.reshape(&patches, &[0, 0, -1]);
    let patches = net.transpose(&patches, &[0, 2, 1]);
    let class = net.weight_as(
        "vision_model.embeddings.class_embedding",
        &[width],
        &[1, 1, width],
    )?;
    let batch = net.axis(&x, 0);
    let rest = net.graph.integers(&[1, width.cast_signed()], &[2]);
    let shape = net.join(&[&batch, &rest]);
    let class = net.graph.add(Op::new("Expand"), &[&class, &shape]);
    let x = net
        .graph
        .add(Op::new("Concat").int("axis", 1), &[&class, &patches]);
    let count = (side / patch).pow(2) + 1;
    let positions = net.weight(
        "vision_model.embeddings.position_embedding.weight",
        &[count, width],
    )?;
    let x = net.graph.add(Op::new("Add"), &[&x, &positions]);
    // The reference's own spelling.
    let x = layer_norm(&mut net, &x, "vision_model.pre_layrnorm", tower)?;
    let x = transformer(&mut net, tower, x, None)?;
    let zero = net.graph.integers(&[0], &[]);
    let class = net
        .graph
        .add(Op::new("Gather").int("axis", 1), &[&x, &zero]);
    let class = layer_norm(&mut net, &class, "vision_model.post_layernorm", tower)?;
    let features = net.linear(
        &class,
        "visual_projection.weight",
        None,
        [config.projection, width],
    )?;
    finish(net, "image_features", &features, config.projection)
}

fn finish(
    mut net: Network<'_>,
    name: &str,
    features: &Value,
    projection: u64,
) -> Result<WrittenGraph, ArchError> {
    let features = net.widen(features);
    net.graph.output(
        name,
        &features,
        DataType::F32,
        &["batch".into(), projection.into()],
    );
    net.finish()
}

/// Pre-norm blocks over `[batch, length, width]`.
fn transformer(
    net: &mut Network<'_>,
    tower: &Tower,
    mut x: Value,
    bias: Option<&Value>,
) -> Result<Value, ArchError> {
    for layer in 0..tower.layers {
        let name = format!("{}.encoder.layers.{layer}", tower.root);
        let h = layer_norm(net, &x, &format!("{name}.layer_norm1"), tower)?;
        let h = attention(net, &h, &format!("{name}.self_attn"), tower, bias)?;
        x = net.graph.add(Op::new("Add"), &[&x, &h]);
        let h = layer_norm(net, &x, &format!("{name}.layer_norm2"), tower)?;
        let h = project(
            net,
            &h,
            &format!("{name}.mlp.fc1"),
            [tower.mlp, tower.width],
        )?;
        let h = match tower.activation {
            Activation::QuickGelu => net.sigmoid_gate(&h, 1.702),
            Activation::Gelu => net.graph.add(Op::new("Gelu"), &[&h]),
        };
        let h = project(
            net,
            &h,
            &format!("{name}.mlp.fc2"),
            [tower.width, tower.mlp],
        )?;
        x = net.graph.add(Op::new("Add"), &[&x, &h]);
    }
    Ok(x)
}

fn layer_norm(
    net: &mut Network<'_>,
    x: &Value,
    name: &str,
    tower: &Tower,
) -> Result<Value, ArchError> {
    let weight = net.weight(&format!("{name}.weight"), &[tower.width])?;
    let bias = net.weight(&format!("{name}.bias"), &[tower.width])?;
    let op = Op::new("LayerNormalization")
        .int("axis", -1)
        .float("epsilon", tower.epsilon);
    Ok(net.graph.add(op, &[x, &weight, &bias]))
}

/// A linear layer with bias over the last axis of `[batch, length, inputs]`.
fn project(
    net: &mut Network<'_>,
    x: &Value,
    name: &str,
    [outputs, inputs]: [u64; 2],
) -> Result<Value, ArchError> {
    let shape = net
        .graph
        .add(Op::new("Shape").int("start", 0).int("end", 2), &[x]);
    let width = net.graph.integers(&[outputs.cast_signed()], &[1]);
    let shape = net.join(&[&shape, &width]);
    let flat = net.reshape(x, &[-1, inputs.cast_signed()]);
    let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
    let y = net.linear(&flat, &weight, Some(&bias), [outputs, inputs])?;
    Ok(net.graph.add(Op::new("Reshape"), &[&y, &shape]))
}

fn attention(
    net: &mut Network<'_>,
    x: &Value,
    name: &str,
    tower: &Tower,
    bias: Option<&Value>,
) -> Result<Value, ArchError> {
    let square = [tower.width; 2];
    let query = project(net, x, &format!("{name}.q_proj"), square)?;
    let key = project(net, x, &format!("{name}.k_proj"), square)?;
    let value = project(net, x, &format!("{name}.v_proj"), square)?;
    let op = Op::microsoft("MultiHeadAttention").int("num_heads", tower.heads.cast_signed());
    let none = Value::none();
    let mixed = match bias {
        None => net.graph.add(op, &[&query, &key, &value]),
        // Bias of the projections, mask and attention bias are the optional inputs after the value.
        Some(bias) => net
            .graph
            .add(op, &[&query, &key, &value, &none, &none, bias]),
    };
    project(net, &mixed, &format!("{name}.out_proj"), square)
}

/// Added to attention scores, `[batch, 1, length, length]`: 0 where a position may look, [`MASKED`] at later positions
/// and at padding.
fn causal_bias(net: &mut Network<'_>, mask: &Value, length: &Value) -> Value {
    let square = net.join(&[length, length]);
    let one = net.filled(1.0, &square);
    let allowed = net.graph.add(Op::new("Trilu").int("upper", 0), &[&one]);
    let keys = net.cast(mask, net.kind());
    let axes = net.graph.integers(&[1, 2], &[2]);
    let keys = net.graph.add(Op::new("Unsqueeze"), &[&keys, &axes]);
    let allowed = net.graph.add(Op::new("Mul"), &[&allowed, &keys]);
    let (one, masked) = (net.scalar(1.0), net.scalar(-MASKED));
    let lacking = net.graph.add(Op::new("Sub"), &[&allowed, &one]);
    net.graph.add(Op::new("Mul"), &[&lacking, &masked])
}

/// The row of the token that ends the text: its first occurrence, or that of the largest id.
fn pool(net: &mut Network<'_>, x: &Value, ids: &Value, end: Option<i64>) -> Value {
    let marked = match end {
        None => ids.clone(),
        Some(end) => {
            let end = net.graph.integers(&[end], &[]);
            let found = net.graph.add(Op::new("Equal"), &[ids, &end]);
            net.cast(&found, DataType::I64)
        }
    };
    let place = net.graph.add(
        Op::new("ArgMax").int("axis", 1).int("keepdims", 1),
        &[&marked],
    );
    net.graph
        .add(Op::new("GatherND").int("batch_dims", 1), &[x, &place])
}
