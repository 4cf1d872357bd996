//! Random checkpoints of any size, laid out like the released ones: for measurements, and as stand-ins in tests.
#![allow(dead_code, reason = "each bench and each test uses a part")]

#[path = "random_vq.rs"]
pub mod vq;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

/// A tensor's name and shape.
pub type Shape = (String, Vec<u64>);

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// 32 bits, random.
    F32,
    /// 16 bits (bfloat16), random.
    Bf16,
    /// 16 bits (bfloat16), all zero and not on the disk: a file of any size in no time.
    SparseBf16,
}

impl Storage {
    fn dtype(self) -> (&'static str, u64) {
        match self {
            Self::F32 => ("F32", 4),
            Self::Bf16 | Self::SparseBf16 => ("BF16", 2),
        }
    }
}

/// Sizes of a LLaDA network.
#[derive(Debug, Clone)]
pub struct Llada {
    pub model_type: &'static str,
    pub width: u64,
    pub layers: u64,
    pub heads: u64,
    pub kv_heads: u64,
    pub mlp: u64,
    pub vocabulary: u64,
    pub text: u64,
    pub codes: u64,
    pub tied: bool,
    pub qkv_bias: bool,
    pub storage: Storage,
    pub shards: usize,
}

impl Llada {
    /// A network that fits in a test.
    pub fn tiny() -> Self {
        Self {
            model_type: "llada",
            width: 32,
            layers: 2,
            heads: 4,
            kv_heads: 4,
            mlp: 48,
            vocabulary: 400,
            text: 320,
            codes: 64,
            tied: false,
            qkv_bias: false,
            storage: Storage::F32,
            shards: 1,
        }
    }

    /// The network of the speed comparison.
    pub fn measured() -> Self {
        let (width, layers, heads, mlp) = (512, 8, 8, 1376);
        let (vocabulary, text, codes) = (134_656, 126_356, 8192);
        Self {
            width,
            layers,
            heads,
            kv_heads: heads,
            mlp,
            vocabulary,
            text,
            codes,
            ..Self::tiny()
        }
    }

    /// The sizes of the released checkpoints, as a sparse file.
    pub fn released() -> Self {
        let (width, layers, heads, mlp) = (4096, 32, 32, 12_288);
        let storage = Storage::SparseBf16;
        Self {
            width,
            layers,
            heads,
            kv_heads: heads,
            mlp,
            storage,
            shards: 4,
            ..Self::measured()
        }
    }

    /// Names and shapes of all tensors.
    pub fn tensors(&self) -> Vec<Shape> {
        let Self {
            width,
            mlp,
            vocabulary,
            ..
        } = *self;
        let kv = width / self.heads * self.kv_heads;
        let mut tensors = vec![("wte.weight".to_owned(), vec![vocabulary, width])];
        for layer in 0..self.layers {
            let mut add = |part: &str, shape: &[u64]| {
                tensors.push((format!("blocks.{layer}.{part}"), shape.to_vec()))
            };
            add("attn_norm.weight", &[width]);
            add("ff_norm.weight", &[width]);
            add("q_proj.weight", &[width, width]);
            add("k_proj.weight", &[kv, width]);
            add("v_proj.weight", &[kv, width]);
            add("attn_out.weight", &[width, width]);
            add("ff_proj.weight", &[mlp, width]);
            add("up_proj.weight", &[mlp, width]);
            add("ff_out.weight", &[width, mlp]);
            if self.qkv_bias {
                add("q_proj.bias", &[width]);
                add("k_proj.bias", &[kv]);
                add("v_proj.bias", &[kv]);
            }
        }
        tensors.push(("ln_f.weight".into(), vec![width]));
        if !self.tied {
            tensors.push(("ff_out.weight".into(), vec![vocabulary, width]));
        }
        tensors
            .into_iter()
            .map(|(name, shape)| (format!("model.transformer.{name}"), shape))
            .collect()
    }

    /// `config.json`.
    pub fn config(&self) -> Value {
        json!({
            "model_type": self.model_type, "block_type": "llama", "activation_type": "silu", "rope": true,
            "layer_norm_type": "rms", "layer_norm_with_affine": true, "rms_norm_eps": 1e-5, "rope_theta": 500_000.0,
            "include_bias": false, "include_qkv_bias": self.qkv_bias, "weight_tying": self.tied,
            "d_model": self.width, "n_layers": self.layers, "n_heads": self.heads, "n_kv_heads": self.kv_heads,
            "mlp_hidden_size": self.mlp, "embedding_size": self.vocabulary, "vocab_size": self.vocabulary,
            "text_vocab_size": self.text, "codebook_size": self.codes, "max_sequence_length": 4096,
            "mask_token_id": self.text - 20, "eos_token_id": self.text - 21, "bos_token_id": self.text - 22,
        })
    }

    /// Writes configuration and weights, in shards with an index if there are several.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("config.json"), self.config().to_string())?;
        let tensors = self.tensors();
        if self.shards == 1 {
            return write_safetensors(&folder.join("model.safetensors"), &tensors, self.storage);
        }
        let mut map = serde_json::Map::new();
        let size = tensors.len().div_ceil(self.shards);
        for (index, part) in tensors.chunks(size).enumerate() {
            let name = format!("model-{:05}-of-{:05}.safetensors", index + 1, self.shards);
            write_safetensors(&folder.join(&name), part, self.storage)?;
            map.extend(
                part.iter()
                    .map(|(tensor, _)| (tensor.clone(), Value::from(name.clone()))),
            );
        }
        let index = json!({ "metadata": {}, "weight_map": map });
        fs::write(
            folder.join("model.safetensors.index.json"),
            index.to_string(),
        )
    }
}

/// Writes one safetensors file. Matrices are uniform with variance 1 / inputs, norms are one, biases zero.
pub fn write_safetensors(path: &Path, tensors: &[Shape], storage: Storage) -> io::Result<()> {
    let (dtype, bytes) = storage.dtype();
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, shape) in tensors {
        let start = end;
        end += shape.iter().product::<u64>() * bytes;
        header.insert(
            name.clone(),
            json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, end] }),
        );
    }
    let mut header = Value::Object(header).to_string();
    header.extend(std::iter::repeat_n(' ', (8 - header.len() % 8) % 8));
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    if storage == Storage::SparseBf16 {
        file.flush()?;
        return file.get_ref().set_len(8 + header.len() as u64 + end);
    }
    let mut random = SplitMix(0x5EED);
    for (name, shape) in tensors {
        let scale = (3.0 / shape[1..].iter().product::<u64>() as f32).sqrt();
        for _ in 0..shape.iter().product() {
            let value = match (shape.len(), name.ends_with("bias")) {
                (1, true) => 0.0,
                (1, false) => 1.0,
                _ => random.uniform() * scale,
            };
            match storage {
                Storage::F32 => file.write_all(&value.to_le_bytes())?,
                _ => file.write_all(&half::bf16::from_f32(value).to_le_bytes())?,
            }
        }
    }
    file.flush()
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014).
struct SplitMix(u64);

impl SplitMix {
    /// Uniform in −1..1.
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// The special tokens of a released checkpoint of family A, which take the last ids.
pub const SPECIAL_A: [&str; 6] = [
    "<newline>",
    "<boi>",
    "<eoi>",
    "<uncondition>",
    "<answer>",
    "</answer>",
];

/// Those of family M.
pub const SPECIAL_M: [&str; 3] = ["<|soi|>", "<|eoi|>", "<|interleave|>"];

/// Writes a `tokenizer.json` of `size` words; `special` tokens take the last ids.
pub fn write_tokenizer(folder: &Path, size: usize, special: &[&str]) -> io::Result<()> {
    let words = size - special.len();
    let vocabulary: serde_json::Map<String, Value> = (0..words)
        .map(|id| {
            (
                if id == 0 {
                    "<unk>".into()
                } else {
                    format!("word{id}")
                },
                Value::from(id),
            )
        })
        .collect();
    let token = |(index, text): (usize, &&str)| {
        json!({ "id": words + index, "content": text, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true })
    };
    let added: Vec<Value> = special.iter().enumerate().map(token).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
        "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>" },
    });
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string())
}
