//! `parabench export`: a checkpoint becomes a bundle that ONNX Runtime executes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::command::runtime_options::OnnxOptions;
use crate::command::{Exit, Globals};
use crate::onnx::arch::Precision;
use crate::onnx::bundle::{Diffusion, ImageGrid};
use crate::onnx::export::{ExportOptions, export, verify};
use crate::onnx::runtime::Runtime;

/// Options of `parabench export`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder of the checkpoint
    ///
    /// It holds config.json, safetensors, tokenizer.json and vqvae/. With --verify, a bundle can be named as well.
    #[arg(value_name = "CHECKPOINT")]
    folder: PathBuf,
    /// Folder of the bundle
    ///
    /// The default lies beside the checkpoint, with `-bundle` after its name.
    #[arg(short, long, value_name = "BUNDLE")]
    output: Option<PathBuf>,
    /// Folder of the image tokenizer
    ///
    /// The default is `vqvae/` in the checkpoint. Family M needs it.
    #[arg(long, value_name = "DIR")]
    vq: Option<PathBuf>,
    /// Precision: f32, f16 or bf16
    #[arg(long, default_value = "f32")]
    dtype: Precision,
    /// Side of the pictures, in pixels
    ///
    /// The default is 512 for family M, else what the configuration says.
    #[arg(long, value_name = "PIXELS")]
    resolution: Option<u32>,
    /// Id of a token, by its role
    ///
    /// For checkpoints that are not the released ones.
    #[arg(long = "token", value_name = "ROLE=ID", value_parser = role_and_id)]
    tokens: Vec<(String, i64)>,
    /// Replace a bundle that exists
    #[arg(long)]
    force: bool,
    /// Check the bundle by running it
    ///
    /// Reads the bundle back, checks every hash and runs every graph. On a bundle, it does only that.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    onnx: OnnxOptions,
}

fn role_and_id(text: &str) -> Result<(String, i64), String> {
    let wrong = || format!("`{text}`: expected ROLE=ID, for example mask=126336");
    let (role, id) = text.split_once('=').ok_or_else(wrong)?;
    Ok((role.to_owned(), id.parse().map_err(|_| wrong())?))
}

/// What was made, as `--json` prints it.
#[derive(Serialize)]
struct Made {
    bundle: PathBuf,
    family: String,
    /// Sizes of pictures and sequences; absent for CLIP.
    decoding: Option<Sizes>,
    notes: Vec<String>,
    memory_bytes: u64,
    weights: BTreeMap<String, String>,
    verified_graphs: Vec<&'static str>,
}

/// What decoding makes.
#[derive(Serialize)]
struct Sizes {
    /// Side of a picture, in pixels.
    resolution: u32,
    /// Codes along a side of it.
    codes_a_side: u32,
    /// Codes of a picture.
    codes: u32,
    /// How many kinds of codes there are.
    codebook: u64,
    /// Id of the first kind of code.
    first_code: u64,
    /// Longest sequence of the network, in tokens.
    max_length: u64,
}

impl Sizes {
    fn of(diffusion: &Diffusion) -> Self {
        let ImageGrid { scale, resolution } = diffusion.image;
        let codes_a_side = resolution / scale;
        Self {
            resolution,
            codes_a_side,
            codes: codes_a_side * codes_a_side,
            codebook: diffusion.vocabulary.codes,
            first_code: diffusion.vocabulary.text,
            max_length: diffusion.max_length,
        }
    }
}

impl std::fmt::Display for Sizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            resolution: size,
            codes_a_side: side,
            codes,
            codebook,
            first_code,
            max_length,
        } = self;
        writeln!(
            f,
            "picture {size} x {size} pixels: {side} x {side} = {codes} codes of {codebook} kinds, from id {first_code}"
        )?;
        writeln!(
            f,
            "length  at most {max_length} tokens; the two pictures of an edit take {} of them",
            2 * codes
        )
    }
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
        replace: options.force,
    })?;
    let verified_graphs = match options.verify {
        true => check(options, globals, &report.bundle)?,
        false => Vec::new(),
    };
    let weights = report.weights.iter();
    let made = Made {
        memory_bytes: report.manifest.footprint.total_bytes(),
        family: report.manifest.family.to_string(),
        decoding: report.manifest.diffusion.as_ref().map(Sizes::of),
        notes: report.notes,
        weights: weights
            .map(|(file, how)| (file.clone(), how.to_string()))
            .collect(),
        bundle: report.bundle,
        verified_graphs,
    };
    for note in &made.notes {
        eprintln!("note: {note}");
    }
    said(globals, &made, || {
        println!("bundle  {} ({})", made.bundle.display(), made.family);
        if let Some(sizes) = &made.decoding {
            print!("{sizes}");
        }
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
        globals.print_json(value)?;
    } else {
        text();
    }
    Ok(Exit::Done)
}
