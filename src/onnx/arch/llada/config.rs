//! Sizes and switches of LLaDA, read from `config.json`.

use crate::onnx::checkpoint::{Config, ConfigError};

/// The non-linearity of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    Silu,
    Gelu,
    Relu,
}

/// Sizes and switches of one network, from `config.json`.
#[derive(Debug, Clone)]
pub struct LladaConfig {
    /// Width of the hidden state.
    pub width: u64,
    /// Number of blocks.
    pub layers: u64,
    /// Attention heads.
    pub heads: u64,
    /// Heads of keys and values; divides `heads`.
    pub kv_heads: u64,
    /// Width of the MLP.
    pub mlp: u64,
    /// Rows of the embedding: all ids that can come out.
    pub vocabulary: u64,
    /// Ids below this are text; the image codes follow directly.
    pub text_vocabulary: u64,
    /// Number of image codes.
    pub codes: u64,
    /// Longest sequence that the network was made for.
    pub max_length: u64,
    pub(super) activation: Activation,
    pub(super) tied_head: bool,
    pub(super) qkv_bias: bool,
    pub(super) scale_logits: bool,
    pub(super) scale_embedding: bool,
    pub(super) norm_epsilon: f32,
    pub(super) rope_theta: f64,
}

impl LladaConfig {
    /// Reads `config.json`. Where the released inference scripts fall back to constants (text vocabulary 126356,
    /// 8192 codes), so does this.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, for missing sizes and for switches that no graph is written for.
    pub fn read(config: &Config) -> Result<Self, ConfigError> {
        refuse_unsupported(config)?;
        let width = config.size("d_model")?;
        let heads = config.size("n_heads")?;
        let vocabulary = match config.optional_size("embedding_size")? {
            Some(size) => size,
            None => config.size("vocab_size")?,
        };
        let this = Self {
            width,
            layers: config.size("n_layers")?,
            heads,
            kv_heads: kv_heads(config, heads)?,
            mlp: match config.optional_size("mlp_hidden_size")? {
                Some(size) => size,
                None => config.optional_size("mlp_ratio")?.unwrap_or(4) * width,
            },
            vocabulary,
            text_vocabulary: text_vocabulary(config)?,
            codes: config.optional_size("codebook_size")?.unwrap_or(8192),
            max_length: config.optional_size("max_sequence_length")?.unwrap_or(1024),
            activation: activation(config)?,
            tied_head: config.flag("weight_tying", true)?,
            qkv_bias: config.flag("include_qkv_bias", false)?,
            scale_logits: config.flag("scale_logits", false)?,
            scale_embedding: config.flag("input_emb_norm", false)?,
            norm_epsilon: config.number("rms_norm_eps", 1e-5)? as f32,
            rope_theta: config.number("rope_theta", 10_000.0)?,
        };
        this.check(config)?;
        Ok(this)
    }

    fn check(&self, config: &Config) -> Result<(), ConfigError> {
        let Self {
            width,
            heads,
            kv_heads,
            ..
        } = self;
        if width % heads != 0 || (width / heads) % 2 != 0 {
            return Err(config.error(
                "n_heads",
                format!("is {heads}, which does not cut d_model {width} into even heads"),
            ));
        }
        if heads % kv_heads != 0 {
            return Err(config.error(
                "n_kv_heads",
                format!("is {kv_heads}, which does not divide n_heads {heads}"),
            ));
        }
        let needed = self.text_vocabulary + self.codes;
        if needed > self.vocabulary {
            let problem = format!(
                "is {}, but text and image codes need {needed} ids",
                self.vocabulary
            );
            return Err(config.error("embedding_size", problem));
        }
        Ok(())
    }

    /// The same network with image codes that begin at another id.
    ///
    /// # Errors
    /// [`ConfigError`] when text and codes are more than the embedding has.
    pub fn with_text_vocabulary(mut self, size: u64, config: &Config) -> Result<Self, ConfigError> {
        self.text_vocabulary = size;
        self.check(config)?;
        Ok(self)
    }

    pub(super) const fn head_width(&self) -> u64 {
        self.width / self.heads
    }
}

/// Switches that change the network and that no released checkpoint uses.
fn refuse_unsupported(config: &Config) -> Result<(), ConfigError> {
    for key in [
        "alibi",
        "attention_layer_norm",
        "include_bias",
        "bias_for_layer_norm",
    ] {
        config.refuse(key)?;
    }
    let must_be = |key: &str, default: &str, wanted: &str| match config.text(key, default)? {
        value if value == wanted => Ok(()),
        value => Err(config.error(
            key,
            format!("is \"{value}\", only \"{wanted}\" is supported"),
        )),
    };
    must_be("block_type", "sequential", "llama")?;
    must_be("layer_norm_type", "default", "rms")?;
    for (key, default) in [("rope", false), ("layer_norm_with_affine", true)] {
        if !config.flag(key, default)? {
            return Err(config.error(key, "is false or missing, only true is supported"));
        }
    }
    if config.optional_size("block_group_size")?.unwrap_or(1) != 1 {
        return Err(config.error("block_group_size", "is not 1, which is not supported"));
    }
    match ["clip_qkv", "rope_scaling"]
        .into_iter()
        .find(|key| config.get(key).is_some())
    {
        Some(key) => Err(config.error(key, "is set, which is not supported")),
        None => Ok(()),
    }
}

fn kv_heads(config: &Config, heads: u64) -> Result<u64, ConfigError> {
    let shared = config.flag("multi_query_attention", false)?;
    Ok(match config.optional_size("n_kv_heads")? {
        Some(count) => count,
        None if shared => 1,
        None => heads,
    })
}

/// Family A calls it `text_vocab_size`, family M `llm_vocab_size`.
fn text_vocabulary(config: &Config) -> Result<u64, ConfigError> {
    for key in ["text_vocab_size", "llm_vocab_size"] {
        if let Some(size) = config.optional_size(key)? {
            return Ok(size);
        }
    }
    Ok(126_356)
}

fn activation(config: &Config) -> Result<Activation, ConfigError> {
    match config.text("activation_type", "swiglu")? {
        "silu" => Ok(Activation::Silu),
        "gelu" => Ok(Activation::Gelu),
        "relu" => Ok(Activation::Relu),
        other => Err(config.error(
            "activation_type",
            format!("is \"{other}\"; silu, gelu and relu are supported"),
        )),
    }
}
