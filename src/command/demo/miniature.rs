//! The miniature checkpoint of the suite `shapes`, ready to run.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::common::digest::Digest;
use crate::common::files;
use crate::onnx::bundle::Bundle;
use crate::onnx::export::{ExportOptions, export};
use crate::suite::find;

/// Name of the checkpoint's folder within the suite's.
const FOLDER: &str = "checkpoint";
/// The files that the checkpoint is made of.
const FILES: [&str; 5] = [
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "vqvae/config.json",
    "vqvae/diffusion_pytorch_model.safetensors",
];
/// Largest of them that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The folder of the checkpoint's bundle, exported now unless the cache has it.
///
/// # Errors
/// A checkpoint that is not whole, or a cache that cannot be written.
pub fn bundle() -> anyhow::Result<PathBuf> {
    let checkpoint = find("shapes")?.join(FOLDER);
    let digest = digest_of(&checkpoint)?;
    let folder = files::cache_folder()
        .join("bundles")
        .join(format!("shapes-{}", digest.short(16)));
    if Bundle::open(&folder).is_ok() {
        return Ok(folder);
    }
    files::create_folder(&files::cache_folder().join("bundles"))?;
    let options = ExportOptions {
        checkpoint,
        output: Some(folder.clone()),
        // What lies there is no bundle.
        replace: folder.exists(),
        ..ExportOptions::default()
    };
    export(&options).context("the miniature checkpoint cannot be exported")?;
    Ok(folder)
}

fn digest_of(checkpoint: &Path) -> anyhow::Result<Digest> {
    let mut fields = vec![crate::run::manifest::program().into_bytes()];
    for name in FILES {
        fields.push(
            files::read_bounded(&checkpoint.join(name), MAX_BYTES)
                .context("the miniature checkpoint is not whole")?,
        );
    }
    Ok(Digest::of_fields(fields.iter().map(Vec::as_slice)))
}
