//! Checkpoint folders become bundles that run; broken ones give one clear error and leave nothing.

mod broken;
mod heads;
mod hub;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};

use crate::random::vq::{write_amused_vq, write_magvit2};
use crate::random::{Llada, SPECIAL_A, SPECIAL_M, Storage, write_tokenizer};
use parabench::onnx::export::ExportOptions;
use parabench::onnx::runtime::{Runtime, RuntimeOptions};

fn runtime() -> Runtime {
    Runtime::open(&RuntimeOptions::default()).unwrap()
}

/// A small, complete checkpoint of family A under `folder`.
fn family_a(folder: &Path, network: &Llada) -> ExportOptions {
    let checkpoint = folder.join("model-a");
    network.write(&checkpoint).unwrap();
    write_amused_vq(&checkpoint.join("vqvae"), &[8, 8, 16], 6, network.codes, 4).unwrap();
    write_tokenizer(&checkpoint, network.text as usize, &SPECIAL_A).unwrap();
    let (output, resolution) = (Some(folder.join("bundle")), Some(64));
    ExportOptions {
        checkpoint,
        output,
        resolution,
        ..Default::default()
    }
}

/// A small, complete checkpoint of family M, its image tokenizer apart.
fn family_m(folder: &Path) -> ExportOptions {
    let checkpoint = folder.join("model-m");
    let network = Llada {
        model_type: "mmada",
        ..Llada::tiny()
    };
    network.write(&checkpoint).unwrap();
    let vq = folder.join("magvitv2");
    write_magvit2(&vq, &[4, 8, 8], 6, 4).unwrap();
    write_tokenizer(&checkpoint, network.text as usize, &SPECIAL_M).unwrap();
    let (output, resolution) = (Some(folder.join("bundle")), Some(32));
    ExportOptions {
        checkpoint,
        output,
        vq: Some(vq),
        resolution,
        ..Default::default()
    }
}

/// A checkpoint of CLIP with the golden weights.
fn clip(folder: &Path) -> ExportOptions {
    let golden = Path::new("tests/golden/model/clip");
    let checkpoint = folder.join("clip");
    fs::create_dir_all(&checkpoint).unwrap();
    fs::copy(
        golden.join("eos-id/config.json"),
        checkpoint.join("config.json"),
    )
    .unwrap();
    fs::copy(
        golden.join("model.safetensors"),
        checkpoint.join("model.safetensors"),
    )
    .unwrap();
    write_tokenizer(&checkpoint, 99, &[]).unwrap();
    ExportOptions {
        checkpoint,
        output: Some(folder.join("bundle")),
        ..Default::default()
    }
}

/// Names of everything in a folder, sorted.
fn listing(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

fn bundle(options: &ExportOptions) -> PathBuf {
    options.output.clone().unwrap()
}

/// An error with all its causes in one line, as the program prints it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn stored(storage: Storage) -> Llada {
    Llada {
        storage,
        ..Llada::tiny()
    }
}
