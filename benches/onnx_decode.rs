//! Time of decoding steps on a random checkpoint, one thread: the released README's settings of family A scaled to four
//! text steps with one image step.
//!
//! ```text
//! cargo bench --bench onnx_decode -- [--keep DIR]
//! python benches/onnx/torch_decode.py DIR/checkpoint        # what the released code does per step, in PyTorch
//! ```
//!
//! CPU seconds are printed because they say the same on a machine that is busy with other things.

#[path = "onnx/random.rs"]
mod random;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use image::{Rgb, RgbImage};
use parabench::common::digest::Digest;
use parabench::model::Spec;
use parabench::model::onnx::{Engine, open_options};
use parabench::onnx::export::{ExportOptions, export};
use parabench::onnx::runtime::{Runtime, RuntimeOptions};
use random::vq::write_amused_vq;
use random::{Llada, SPECIAL_A, write_tokenizer};

/// As the released README, with 4 text steps and 1 image step. A single image update falls on step 1.
const OPTIONS: &str = "preset=released-a&text_steps=4&image_steps=1&text_length=256&threads=1";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return Ok(());
    }
    // Sampling runs on rayon's threads: one here, as the network.
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()?;
    let work = tempfile::tempdir()?;
    let kept = arguments.iter().position(|argument| argument == "--keep");
    let kept = kept.and_then(|at| arguments.get(at + 1)).map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| work.path().into());
    let bundle = bundle(&folder)?;
    let (opened, options) = open_options(
        &Spec::parse(&format!("onnx:{}?{OPTIONS}", bundle.display()))?,
        None,
    )?;
    let runtime = Runtime::open(&RuntimeOptions::default())?;
    let mut engine = Engine::open(&opened, options, &runtime)?;
    let picture = RgbImage::from_fn(512, 512, |x, y| Rgb([x as u8, y as u8, (x * y / 64) as u8]));
    let input = Some((&picture, Digest::of(picture.as_raw())));
    // As many words as make the sequence about as long as a released edit.
    let instruction: Vec<String> = (1..20).map(|word| format!("word{word}")).collect();
    let prompt = engine.prompt(&instruction.join(" "), input, 0)?;
    println!(
        "ONNX Runtime {}, {} positions, 1 thread",
        runtime.version(),
        prompt.canvas.ids.len()
    );
    for run in 0..3 {
        let before = cpu_seconds()?;
        let group = engine.decode(vec![(prompt.clone(), run)], &AtomicBool::new(true), None)?;
        let cpu = cpu_seconds()? - before;
        for (index, step) in group.times.steps.iter().enumerate() {
            let what = if step.drew { "text and image" } else { "text" };
            let (network, sampling) = (step.forward.as_secs_f64(), step.sampling.as_secs_f64());
            println!(
                "run {run} step {index} ({what}): network {network:.2} s in {} passes, sampling {sampling:.3} s = {:.1} %",
                step.passes,
                100.0 * sampling / (network + sampling)
            );
        }
        println!("run {run}: {cpu:.2} CPU s for all steps and the picture");
    }
    Ok(())
}

fn bundle(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let output = folder.join("bundle");
    if output.is_dir() {
        return Ok(output);
    }
    let checkpoint = folder.join("checkpoint");
    let network = Llada::measured();
    network.write(&checkpoint)?;
    write_amused_vq(
        &checkpoint.join("vqvae"),
        &[8, 8, 16, 16, 16],
        64,
        network.codes,
        4,
    )?;
    write_tokenizer(&checkpoint, usize::try_from(network.text)?, &SPECIAL_A)?;
    let report = export(&ExportOptions {
        checkpoint,
        output: Some(output),
        ..ExportOptions::default()
    })?;
    Ok(report.bundle)
}

/// User and system time of this process, as Linux counts it in hundredths of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<f64>().ok())
    };
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / 100.0),
        _ => Err("no CPU times in /proc/self/stat".into()),
    }
}
