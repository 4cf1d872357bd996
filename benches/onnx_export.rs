//! Time and memory of exporting a checkpoint of the released size (8 billion parameters, sparse files).
//!
//! ```text
//! cargo bench --bench onnx_export
//! ```

#[path = "onnx/random.rs"]
mod random;

use std::error::Error;
use std::fs;
use std::time::Instant;

use parabench::onnx::arch::Precision;
use parabench::onnx::export::{ExportOptions, export, plan};
use random::vq::write_amused_vq;
use random::{Llada, write_tokenizer};

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    // Beside the build, because temporary folders may be in memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let checkpoint = folder.path().join("released");
    let network = Llada::released();
    network.write(&checkpoint)?;
    write_amused_vq(
        &checkpoint.join("vqvae"),
        &[128, 256, 256, 512, 768],
        64,
        network.codes,
        32,
    )?;
    write_tokenizer(&checkpoint, 126_356, &["<|endoftext|>"])?;
    let bytes: u64 = fs::read_dir(&checkpoint)?
        .flatten()
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum();
    let options = ExportOptions {
        checkpoint,
        precision: Precision::Bf16,
        ..Default::default()
    };
    let start = Instant::now();
    let planned = plan(&options)?;
    println!(
        "plan   {:6.2} s: {:?}",
        start.elapsed().as_secs_f64(),
        planned.manifest.footprint
    );
    drop(planned);
    let start = Instant::now();
    let report = export(&options)?;
    println!(
        "export {:6.2} s for {} MB, hashes included",
        start.elapsed().as_secs_f64(),
        bytes / 1_000_000
    );
    println!("weights: {:?}", report.weights);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap_or("peak memory unknown")
    );
    Ok(())
}
