//! The parts of `benches/gpu.sh` that need the library: random checkpoints with their bundles, and logits of one
//! device held against the CPU's. Prints JSON.
//!
//! ```text
//! cargo bench --bench gpu -- make 8b|tiny FOLDER      # FOLDER/checkpoint and FOLDER/bundle
//! cargo bench --bench gpu -- states FOLDER cpu|cuda:0 # of a small checkpoint, in 32 bits, which it makes
//! ```

#[path = "onnx/random.rs"]
mod random;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use parabench::onnx::arch::Precision;
use parabench::onnx::arch::llada::{self, LladaConfig, Reading};
use parabench::onnx::checkpoint::{Checkpoint, Config, link_or_copy};
use parabench::onnx::export::{ExportOptions, export};
use parabench::onnx::language::{LanguageModel, Read, Want};
use parabench::onnx::runtime::{Device, Runtime, RuntimeOptions, SessionOptions};
use random::vq::write_amused_vq;
use random::{Llada, SPECIAL_A, Storage, write_tokenizer};
use serde_json::json;

/// Positions of the pass whose logits are compared, and how many of them are read.
const LENGTH: usize = 96;
const READ: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["make", shape, folder] => make(shape, Path::new(folder)),
        ["states", folder, device] => states(Path::new(folder), device),
        // `cargo test --benches` starts every bench.
        _ if words.is_empty() || words.contains(&"--test") => Ok(()),
        _ => Err("expected: make 8b|tiny FOLDER, or states FOLDER DEVICE".into()),
    }
}

/// Writes a random checkpoint in bfloat16 and its bundle.
fn make(shape: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let (network, vq, blocks, picture) = match shape {
        "8b" => (Llada::released(), &[8, 8, 16, 16, 16][..], 64, None),
        "tiny" => (Llada::tiny(), &[8, 8, 16][..], 6, Some(32)),
        _ => return Err(format!("unknown shape `{shape}`; expected 8b or tiny").into()),
    };
    let network = Llada {
        storage: Storage::Bf16,
        ..network
    };
    let checkpoint = folder.join("checkpoint");
    network.write(&checkpoint)?;
    write_amused_vq(&checkpoint.join("vqvae"), vq, blocks, network.codes, 4)?;
    write_tokenizer(&checkpoint, usize::try_from(network.text)?, &SPECIAL_A)?;
    export(&ExportOptions {
        checkpoint,
        output: Some(folder.join("bundle")),
        resolution: picture,
        ..ExportOptions::default()
    })?;
    let parameters: u64 = network
        .tensors()
        .iter()
        .map(|(_, shape)| shape.iter().product::<u64>())
        .sum();
    println!(
        "{}",
        json!({ "shape": shape, "parameters": parameters, "weights": "random bfloat16" })
    );
    Ok(())
}

/// Logits of one pass on the CPU and on a device: the largest and the mean absolute difference, and the largest logit.
fn states(folder: &Path, device: &str) -> Result<(), Box<dyn Error>> {
    let device: Device = device.parse()?;
    let checkpoint = folder.join("states");
    if !checkpoint.join("model.safetensors").is_file() {
        Llada {
            shards: 1,
            ..Llada::tiny()
        }
        .write(&checkpoint)?;
    }
    let runtime = Runtime::open(&RuntimeOptions::default())?;
    let graph = graph(&checkpoint)?;
    let (ours, theirs) = (
        logits(&runtime, &graph, Device::Cpu)?,
        logits(&runtime, &graph, device)?,
    );
    assert_eq!(ours.len(), theirs.len(), "both devices read the same");
    let differences: Vec<f64> = ours
        .iter()
        .zip(&theirs)
        .map(|(a, b)| f64::from((a - b).abs()))
        .collect();
    let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let magnitudes: Vec<f64> = ours.iter().map(|value| f64::from(value.abs())).collect();
    println!(
        "{}",
        json!({
            "device": device.to_string(),
            "onnxruntime": runtime.version(),
            "logits": ours.len(),
            "largest_logit": largest(&magnitudes),
            "largest_difference": largest(&differences),
            "mean_difference": differences.iter().sum::<f64>() / differences.len() as f64,
        })
    );
    Ok(())
}

fn graph(checkpoint: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let opened = Checkpoint::open(checkpoint)?;
    let config = LladaConfig::read(&Config::read(&checkpoint.join("config.json"))?)?;
    let graph = llada::write(&opened, &config, "", Precision::F32, Reading::Positions)?;
    let folder = checkpoint.join("graph");
    fs::create_dir_all(&folder)?;
    let weights = folder.join("model.safetensors");
    if !weights.is_file() {
        link_or_copy(&checkpoint.join("model.safetensors"), &weights)?;
    }
    let path = folder.join("language.onnx");
    fs::write(&path, graph.bytes)?;
    Ok(path)
}

fn logits(runtime: &Runtime, graph: &Path, device: Device) -> Result<Vec<f32>, Box<dyn Error>> {
    let options = SessionOptions { device, threads: 0 };
    let mut model = LanguageModel::open(runtime, graph, &options)?;
    let ids: Vec<i64> = (0..LENGTH as i64).map(|i| i * 7919 % 300).collect();
    let reads: Vec<Read> = (LENGTH - READ..LENGTH)
        .map(|position| Read {
            row: 0,
            position,
            want: Want::Everything,
        })
        .collect();
    let found = model.forward(&ids, [1, LENGTH], &reads)?;
    let mut all = Vec::new();
    for index in 0..READ {
        all.extend(
            found
                .parts(index)?
                .iter()
                .flat_map(|part| part.iter().copied()),
        );
    }
    Ok(all)
}
