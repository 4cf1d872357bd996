//! The LLaDA transformer of both MMaDA-Parallel checkpoints: RMS norm, rotary positions, gated MLP, bidirectional
//! attention without any mask.
//!
//! The graph reads the network only where a decision is taken. Its inputs:
//!
//! | input | shape | meaning |
//! | --- | --- | --- |
//! | `input_ids` | `[batch, length]` | token ids |
//! | `positions` | `[batch, read]` | positions of each row that are read at all |
//! | `text_rows` | `[text]` | which of them, counted over `batch × read`, are read for the text vocabulary |
//! | `code_rows` | `[codes]` | … for the image codes |
//! | `rest_rows` | `[rest]` | … for the ids after the image codes (only if there are such ids) |
//!
//! Its outputs are `text_logits`, `code_logits` and `rest_logits`, one row per row that was asked for. The vocabulary
//! is cut into three so that each reader pays only for what it decides between, and no weight is held twice. The last
//! block computes queries, attention and MLP at the positions that are read only: nothing else of it is used.
//!
//! Reference: `modeling_llada.py` of the released code, whose switches come from the checkpoint's `config.json`.

mod config;
mod positions;

pub use config::LladaConfig;

use config::Activation;
use positions::Shared;

use super::{ArchError, Network, Precision, WrittenGraph};
use crate::onnx::checkpoint::Checkpoint;
use crate::onnx::graph::{DataType, Dim, Op, Value};

/// Prefix of all tensor names.
const ROOT: &str = "model.transformer";

/// What a graph gives besides the logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Logits only; the last block runs at the positions that are read.
    Positions,
    /// Also `hidden.i` `[batch, length, width]`, the input of every block, and as the last one the normalised output:
    /// for tests and for looking inside. Every block runs at every position.
    HiddenStates,
}

/// Writes the graph.
///
/// # Errors
/// [`ArchError`] when the weights do not fit the configuration.
pub fn write(
    checkpoint: &Checkpoint,
    config: &LladaConfig,
    prefix: &str,
    precision: Precision,
    reading: Reading,
) -> Result<WrittenGraph, ArchError> {
    Writer::new(checkpoint, config, prefix, precision).write(reading)
}

struct Writer<'a> {
    net: Network<'a>,
    config: &'a LladaConfig,
}

impl<'a> Writer<'a> {
    fn new(
        checkpoint: &'a Checkpoint,
        config: &'a LladaConfig,
        prefix: &'a str,
        precision: Precision,
    ) -> Self {
        Self {
            net: Network::new("llada", checkpoint, prefix, precision),
            config,
        }
    }

    fn write(mut self, reading: Reading) -> Result<WrittenGraph, ArchError> {
        let config = self.config;
        let grid = |a, b| [Dim::Named(a), Dim::Named(b)];
        let ids = self
            .net
            .graph
            .input("input_ids", DataType::I64, &grid("batch", "length"));
        let positions = self
            .net
            .graph
            .input("positions", DataType::I64, &grid("batch", "read"));
        let mut residual = self.embed(&ids)?;
        let shared = Shared::new(&mut self.net, config, &ids, positions);
        self.net.graph.scope("blocks.0");
        let mut normed = self.first_norm(&residual)?;
        for layer in 0..config.layers {
            self.net.graph.scope(format!("blocks.{layer}"));
            if reading == Reading::HiddenStates {
                self.expose(layer, &residual, &shared);
            }
            let last = layer + 1 == config.layers && reading == Reading::Positions;
            let attended = self.attention(layer, &normed, last, &shared)?;
            if last {
                residual = self.pick(&residual, &shared.read_rows);
            }
            let name = format!("{ROOT}.blocks.{layer}.ff_norm.weight");
            let (mlp_input, sum) = self.add_and_norm(&attended, &residual, &name)?;
            let mlp = self.mlp(layer, &mlp_input)?;
            let next = match layer + 1 {
                next if next == config.layers => format!("{ROOT}.ln_f.weight"),
                next => format!("{ROOT}.blocks.{next}.attn_norm.weight"),
            };
            (normed, residual) = self.add_and_norm(&mlp, &sum, &next)?;
        }
        if reading == Reading::HiddenStates {
            self.expose(config.layers, &normed, &shared);
            normed = self.pick(&normed, &shared.read_rows);
        }
        self.heads(&normed)?;
        self.net.finish()
    }

    /// Embedding rows of all tokens, `[batch × length, width]`.
    fn embed(&mut self, ids: &Value) -> Result<Value, ArchError> {
        let config = self.config;
        self.net.graph.scope("embedding");
        let table = self.net.weight(
            &format!("{ROOT}.wte.weight"),
            &[config.vocabulary, config.width],
        )?;
        let flat = self.net.reshape(ids, &[-1]);
        let rows = self
            .net
            .graph
            .add(Op::new("Gather").int("axis", 0), &[&table, &flat]);
        if !config.scale_embedding {
            return Ok(rows);
        }
        let scale = self.net.scalar((config.width as f32).sqrt());
        Ok(self.net.graph.add(Op::new("Mul"), &[&rows, &scale]))
    }

    /// RMS norm of the embedding. Later norms are fused with the addition before them; this one has none, and the
    /// fused norm alone is no operator of a public domain.
    fn first_norm(&mut self, x: &Value) -> Result<Value, ArchError> {
        let name = format!("{ROOT}.blocks.0.attn_norm.weight");
        let weight = self.net.weight(&name, &[self.config.width])?;
        let net = &mut self.net;
        // In 32 bits, as the reference: squares leave the range of 16 bits.
        let x = net.widen(x);
        let axis = net.graph.integers(&[-1], &[1]);
        let epsilon = net
            .graph
            .floats(DataType::F32, &[self.config.norm_epsilon], &[]);
        let squares = net.graph.add(Op::new("Mul"), &[&x, &x]);
        let mean = net
            .graph
            .add(Op::new("ReduceMean").int("keepdims", 1), &[&squares, &axis]);
        let sum = net.graph.add(Op::new("Add"), &[&mean, &epsilon]);
        let root = net.graph.add(Op::new("Sqrt"), &[&sum]);
        let normed = net.graph.add(Op::new("Div"), &[&x, &root]);
        let normed = net.narrow(&normed);
        Ok(net.graph.add(Op::new("Mul"), &[&normed, &weight]))
    }

    /// `x + residual`, and the RMS norm of that sum: `(norm, sum)`.
    fn add_and_norm(
        &mut self,
        x: &Value,
        residual: &Value,
        weight: &str,
    ) -> Result<(Value, Value), ArchError> {
        let weight = self.net.weight(weight, &[self.config.width])?;
        let op = Op::microsoft("SkipSimplifiedLayerNormalization")
            .float("epsilon", self.config.norm_epsilon);
        let mut outputs =
            self.net
                .graph
                .add_many(op, &[x, residual, &weight], &[true, false, false, true]);
        let sum = outputs.pop().unwrap_or(Value::none());
        Ok((outputs.swap_remove(0), sum))
    }

    /// Self-attention of one block over normalised rows; at the last block only the read positions ask.
    fn attention(
        &mut self,
        layer: u64,
        x: &Value,
        last: bool,
        shared: &Shared,
    ) -> Result<Value, ArchError> {
        let config = self.config;
        let kv_width = config.kv_heads * config.head_width();
        let asking = if last {
            self.pick(x, &shared.read_rows)
        } else {
            x.clone()
        };
        let (shape, place) = if last {
            (&shared.read_shape, &shared.positions)
        } else {
            (&shared.shape, &shared.start)
        };
        let query = self.projection(layer, "q_proj", &asking, config.width)?;
        let query = self.rotate(&query, shape, config.heads, place, shared);
        let key = self.projection(layer, "k_proj", x, kv_width)?;
        let key = self.rotate(&key, &shared.shape, config.kv_heads, &shared.start, shared);
        let value = self.projection(layer, "v_proj", x, kv_width)?;
        let value = self.unflatten(&value, &shared.shape, kv_width);
        let (key, value) = (self.repeat_heads(key), self.repeat_heads(value));
        let op = Op::microsoft("MultiHeadAttention").int("num_heads", config.heads.cast_signed());
        let attended = self.net.graph.add(op, &[&query, &key, &value]);
        let flat = self
            .net
            .reshape(&attended, &[-1, config.width.cast_signed()]);
        let name = format!("{ROOT}.blocks.{layer}.attn_out.weight");
        self.net
            .linear(&flat, &name, None, [config.width, config.width])
    }

    fn projection(
        &mut self,
        layer: u64,
        part: &str,
        x: &Value,
        outputs: u64,
    ) -> Result<Value, ArchError> {
        let name = |kind| format!("{ROOT}.blocks.{layer}.{part}.{kind}");
        let bias = self.config.qkv_bias.then(|| name("bias"));
        self.net.linear(
            x,
            &name("weight"),
            bias.as_deref(),
            [outputs, self.config.width],
        )
    }

    /// Rotates rows `[n, heads × D]` to their places and gives them as `[batch, n / batch, heads × D]`.
    fn rotate(
        &mut self,
        x: &Value,
        shape: &Value,
        heads: u64,
        place: &Value,
        shared: &Shared,
    ) -> Value {
        let x = self.unflatten(x, shape, heads * self.config.head_width());
        // The rotation is in 32 bits whatever the graph computes in (`rope_full_precision`).
        let wide = self.net.widen(&x);
        let rotated = self.net.graph.add(
            Op::microsoft("RotaryEmbedding"),
            &[&wide, place, &shared.cos, &shared.sin],
        );
        self.net.narrow(&rotated)
    }

    fn unflatten(&mut self, x: &Value, shape: &Value, width: u64) -> Value {
        let width = self.net.graph.integers(&[width.cast_signed()], &[1]);
        let shape = self.net.join(&[shape, &width]);
        self.net.graph.add(Op::new("Reshape"), &[x, &shape])
    }

    /// Gives every query head its own copy of the key or value head that it shares, as `repeat_interleave` does.
    fn repeat_heads(&mut self, x: Value) -> Value {
        let config = self.config;
        let groups = (config.heads / config.kv_heads).cast_signed();
        if groups == 1 {
            return x;
        }
        let (kv_heads, head) = (
            config.kv_heads.cast_signed(),
            config.head_width().cast_signed(),
        );
        let split = self.net.reshape(&x, &[0, 0, kv_heads, 1, head]);
        let repeats = self.net.graph.integers(&[1, 1, 1, groups, 1], &[5]);
        let tiled = self.net.graph.add(Op::new("Tile"), &[&split, &repeats]);
        self.net
            .reshape(&tiled, &[0, 0, config.width.cast_signed()])
    }

    fn mlp(&mut self, layer: u64, x: &Value) -> Result<Value, ArchError> {
        let Self { net, config } = self;
        let name = |part: &str| format!("{ROOT}.blocks.{layer}.{part}.weight");
        let gate = net.linear(x, &name("ff_proj"), None, [config.mlp, config.width])?;
        let up = net.linear(x, &name("up_proj"), None, [config.mlp, config.width])?;
        let gate = match config.activation {
            Activation::Silu => net.sigmoid_gate(&gate, 1.0),
            Activation::Gelu => net.graph.add(Op::new("Gelu"), &[&gate]),
            Activation::Relu => net.graph.add(Op::new("Relu"), &[&gate]),
        };
        let product = net.graph.add(Op::new("Mul"), &[&gate, &up]);
        net.linear(&product, &name("ff_out"), None, [config.width, config.mlp])
    }

    /// Rows `rows` of `x`.
    fn pick(&mut self, x: &Value, rows: &Value) -> Value {
        self.net
            .graph
            .add(Op::new("Gather").int("axis", 0), &[x, rows])
    }

    /// One output per range of the vocabulary, from normalised rows `[batch × read, width]`.
    fn heads(&mut self, x: &Value) -> Result<(), ArchError> {
        let config = self.config;
        let (text, codes) = (
            config.text_vocabulary,
            config.text_vocabulary + config.codes,
        );
        let ranges = [
            ("text", 0..text),
            ("code", text..codes),
            ("rest", codes..config.vocabulary),
        ];
        for (part, range) in ranges.into_iter().filter(|(_, range)| !range.is_empty()) {
            self.net.graph.scope(format!("head.{part}"));
            let count = match part {
                "text" => "text",
                "code" => "codes",
                _ => "rest",
            };
            let size = range.end - range.start;
            let rows =
                self.net
                    .graph
                    .input(&format!("{part}_rows"), DataType::I64, &[count.into()]);
            let picked = self.pick(x, &rows);
            let name = if config.tied_head { "wte" } else { "ff_out" };
            let name = format!("{ROOT}.{name}.weight");
            let weight = self
                .net
                .weight_rows(&name, [config.vocabulary, config.width], range)?;
            let alpha = if config.scale_logits {
                1.0 / (config.width as f32).sqrt()
            } else {
                1.0
            };
            let logits = self.net.graph.add(
                Op::new("Gemm").int("transB", 1).float("alpha", alpha),
                &[&picked, &weight],
            );
            let logits = self.net.widen(&logits);
            self.net.graph.output(
                &format!("{part}_logits"),
                &logits,
                DataType::F32,
                &[count.into(), size.into()],
            );
        }
        Ok(())
    }

    fn expose(&mut self, index: u64, x: &Value, shared: &Shared) {
        let x = self.unflatten(x, &shared.shape, self.config.width);
        let x = self.net.widen(&x);
        let shape = [
            Dim::Named("batch"),
            Dim::Named("length"),
            Dim::Fixed(self.config.width),
        ];
        self.net
            .graph
            .output(&format!("hidden.{index}"), &x, DataType::F32, &shape);
    }
}
