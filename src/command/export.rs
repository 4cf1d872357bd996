//! `parabench export`: a checkpoint becomes a bundle that `--model onnx:BUNDLE` runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;

use super::{Exit, Globals, UsageError, print_json};
use crate::onnx::arch::Precision;
use crate::onnx::export::{ExportOptions, ExportReport, export, verify};
use crate::onnx::runtime::{Runtime, RuntimeOptions, SessionOptions};

/// Make a checkpoint runnable: ONNX graphs over its own safetensors, without a second copy and without Python.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder of the checkpoint: config.json, safetensors, tokenizer.json
    checkpoint: PathBuf,
    /// Folder of the bundle [default: the checkpoint's name with -bundle, beside it]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Folder of the image tokenizer [default: vqvae/ in the checkpoint; family M always needs it]
    #[arg(long, value_name = "DIR")]
    vq: Option<PathBuf>,
    /// The type in which the graphs compute: f32, f16 or bf16
    #[arg(long, value_name = "TYPE", default_value = "f32")]
    dtype: Precision,
    /// Side of a square picture that decoding makes, in pixels
    #[arg(long, value_name = "PIXELS")]
    resolution: Option<u32>,
    /// Id of a token by its role, for checkpoints that are not the released ones
    #[arg(long = "token", value_name = "ROLE=ID", value_parser = token)]
    tokens: Vec<(String, i64)>,
    /// Replace a bundle that is there already
    #[arg(long)]
    force: bool,
    /// Read the bundle back, compare every hash and run every graph once
    #[arg(long)]
    verify: bool,
}

fn token(text: &str) -> Result<(String, i64), String> {
    let pair = text.split_once('=');
    let pair = pair.and_then(|(role, id)| Some((role.to_owned(), id.parse().ok()?)));
    pair.ok_or_else(|| "ROLE=ID is expected".to_owned())
}

/// Runs the command.
///
/// # Errors
/// A checkpoint that cannot be exported, a bundle that does not verify.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let mut tokens = BTreeMap::new();
    for (role, id) in &options.tokens {
        if tokens.insert(role.clone(), *id).is_some() {
            return Err(UsageError(format!("--token {role} is given twice")).into());
        }
    }
    let report = export(&ExportOptions {
        checkpoint: options.checkpoint.clone(),
        output: options.output.clone(),
        vq: options.vq.clone(),
        precision: options.dtype,
        resolution: options.resolution,
        tokens,
        replace: options.force,
    })
    .with_context(|| format!("cannot export {}", options.checkpoint.display()))?;
    let verified = match options.verify {
        true => Some(check(&report, globals)?),
        false => None,
    };
    if globals.json {
        let footprint = report.footprint();
        print_json(&json!({
            "bundle": report.bundle,
            "family": report.manifest.family,
            "weight_bytes": footprint.total_bytes(),
            "verified_files": verified,
        }))?;
    } else {
        print(&report, verified);
    }
    Ok(Exit::Done)
}

fn check(report: &ExportReport, globals: &Globals) -> anyhow::Result<usize> {
    let runtime = Runtime::open(&RuntimeOptions {
        offline: globals.offline,
        ..RuntimeOptions::default()
    })?;
    let report = verify(&report.bundle, &runtime, &SessionOptions::default())
        .context("the bundle does not verify")?;
    Ok(report.files)
}

fn print(report: &ExportReport, verified: Option<usize>) {
    println!("{} ({:?})", report.bundle.display(), report.manifest.family);
    for (file, linked) in &report.weights {
        println!("  {file}: {linked:?}");
    }
    println!(
        "weights need {} MB of memory when the bundle is open",
        report.footprint().total_bytes() / 1_000_000
    );
    if let Some(files) = verified {
        println!("verified: {files} files, every graph runs");
    }
    println!("run it with --model onnx:{}", report.bundle.display());
}
