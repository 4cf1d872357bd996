//! `parabench export`: a checkpoint becomes a bundle that ONNX Runtime executes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::command::runtime_options::OnnxOptions;
use crate::command::{Exit, Globals, print_json};
use crate::onnx::arch::Precision;
use crate::onnx::export::{ExportOptions, export, verify};
use crate::onnx::runtime::Runtime;

/// Turn a checkpoint folder (config.json, safetensors, tokenizer.json, vqvae/) into a bundle:
/// ONNX graphs that use the weights where they lie.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder of the checkpoint; with --verify alone, of a bundle
    #[arg(value_name = "CHECKPOINT")]
    folder: PathBuf,
    /// Folder of the bundle [default: the checkpoint's with `-bundle`, beside it]
    #[arg(short, long, value_name = "BUNDLE")]
    output: Option<PathBuf>,
    /// Folder of the image tokenizer [default: `vqvae/` in the checkpoint]; family M needs it
    #[arg(long, value_name = "DIR")]
    vq: Option<PathBuf>,
    /// Type in which the graphs compute: f32, f16 or bf16
    #[arg(long, default_value = "f32")]
    dtype: Precision,
    /// Side of the square pictures that decoding makes, in pixels [default: the configuration's]
    #[arg(long, value_name = "PIXELS")]
    resolution: Option<u32>,
    /// Id of a token by its role, for checkpoints that are not the released ones
    #[arg(long = "token", value_name = "ROLE=ID", value_parser = role_and_id)]
    tokens: Vec<(String, i64)>,
    /// Replace a bundle that is there already
    #[arg(long)]
    replace: bool,
    /// Read the bundle back, check every hash and run every graph; on a bundle, do only that
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    onnx: OnnxOptions,
}

fn role_and_id(text: &str) -> Result<(String, i64), String> {
    let wrong = || format!("`{text}` is no ROLE=ID, for example mask=126336");
    let (role, id) = text.split_once('=').ok_or_else(wrong)?;
    Ok((role.to_owned(), id.parse().map_err(|_| wrong())?))
}

/// What was made, as `--json` prints it.
#[derive(Serialize)]
struct Made {
    bundle: PathBuf,
    family: String,
    memory_bytes: u64,
    weights: BTreeMap<String, String>,
    verified_graphs: Vec<&'static str>,
}

/// Runs the command.
///
/// # Errors
/// Why there is no bundle, or why it is not sound. No half bundle is left.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    if options.verify && options.folder.join("bundle.toml").is_file() {
        let graphs = check(options, globals, &options.folder)?;
        return said(
            globals,
            &serde_json::json!({ "bundle": options.folder, "verified_graphs": graphs }),
            || {
                println!(
                    "{} is sound: every hash fits; ran {}",
                    options.folder.display(),
                    graphs.join(", ")
                );
            },
        );
    }
    let report = export(&ExportOptions {
        checkpoint: options.folder.clone(),
        output: options.output.clone(),
        vq: options.vq.clone(),
        precision: options.dtype,
        resolution: options.resolution,
        tokens: options.tokens.iter().cloned().collect(),
        replace: options.replace,
    })?;
    let verified_graphs = match options.verify {
        true => check(options, globals, &report.bundle)?,
        false => Vec::new(),
    };
    let weights = report.weights.iter();
    let made = Made {
        memory_bytes: report.footprint().total_bytes(),
        family: report.manifest.family.to_string(),
        weights: weights
            .map(|(file, how)| (file.clone(), how.to_string()))
            .collect(),
        bundle: report.bundle,
        verified_graphs,
    };
    said(globals, &made, || {
        println!("bundle  {} ({})", made.bundle.display(), made.family);
        for (file, how) in &made.weights {
            println!("weights {file}: {how}");
        }
        let gib = made.memory_bytes as f64 / f64::from(1 << 30);
        println!("memory  {gib:.2} GiB of weights when all graphs are open");
        if !made.verified_graphs.is_empty() {
            println!(
                "checked every hash fits; ran {}",
                made.verified_graphs.join(", ")
            );
        }
    })
}

fn check(options: &Options, globals: &Globals, bundle: &Path) -> anyhow::Result<Vec<&'static str>> {
    let runtime = Runtime::open(&options.onnx.runtime(globals))?;
    Ok(verify(bundle, &runtime, &options.onnx.session())?.graphs)
}

fn said(globals: &Globals, value: &impl Serialize, text: impl FnOnce()) -> anyhow::Result<Exit> {
    if globals.json {
        print_json(value)?;
    } else {
        text();
    }
    Ok(Exit::Done)
}
