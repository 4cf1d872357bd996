//! Speed and memory of one forward pass on a random checkpoint, one thread, as ONNX Runtime runs the exported graph.
//!
//! ```text
//! cargo bench --bench onnx_forward -- [--keep DIR] [--only-read-one]
//! python benches/onnx/torch_forward.py DIR        # the same checkpoint in PyTorch, every position projected
//! ```
//!
//! Prints seconds of each run: `text` reads 256 positions over the whole vocabulary, `trunk` reads one position, which
//! leaves the blocks alone. The last block works only where it is read, so `trunk` is less work than all blocks at all
//! positions; `--all-blocks` measures those. CPU seconds are printed beside those of the clock because they say the
//! same on a machine that is busy with other things. Memory is the peak of the whole process, as Linux counts it.

#[path = "onnx/random.rs"]
mod random;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use parabench::onnx::arch::Precision;
use parabench::onnx::arch::llada::{self, LladaConfig, Reading};
use parabench::onnx::checkpoint::{Checkpoint, Config, link_or_copy};
use parabench::onnx::language::{LanguageModel, Read, Want};
use parabench::onnx::runtime::{Device, Runtime, RuntimeOptions, SessionOptions};
use random::Llada;

/// Positions of a released 512-pixel edit: prompt, two pictures of 32 × 33 tokens, 256 text tokens.
const LENGTH: usize = 2434;
/// Text positions that are read.
const TEXT: usize = 256;
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--test") {
        return Ok(());
    }
    let work = tempfile::tempdir()?;
    let kept = arguments
        .iter()
        .position(|argument| argument == "--keep")
        .and_then(|at| arguments.get(at + 1));
    let folder = kept.map_or_else(|| work.path().join("checkpoint"), PathBuf::from);
    if !folder.join("model.safetensors").is_file() {
        Llada::measured().write(&folder)?;
    }
    let reading = if has("--all-blocks") {
        Reading::HiddenStates
    } else {
        Reading::Positions
    };
    let graph = write_graph(&folder, work.path(), reading)?;
    let weights = fs::metadata(folder.join("model.safetensors"))?.len();
    let runtime = Runtime::open(&RuntimeOptions::default())?;
    println!(
        "ONNX Runtime {}, {LENGTH} positions, 1 thread, weights {} MB",
        runtime.version(),
        weights / 1_000_000
    );
    let start = Instant::now();
    let mut model = LanguageModel::open(
        &runtime,
        &graph,
        &SessionOptions {
            device: Device::Cpu,
            threads: 1,
        },
    )?;
    println!("open   {:6.2} s", start.elapsed().as_secs_f64());
    let ids: Vec<i64> = (0..LENGTH as i64).map(|i| i * 7919 % 126_000).collect();
    if !has("--only-read-one") {
        measure("text", &mut model, &ids, TEXT)?;
    }
    measure("trunk", &mut model, &ids, 1)?;
    let peak = peak_memory();
    println!(
        "peak memory {} MB, of which {} MB above the weights",
        peak / 1_000_000,
        peak.saturating_sub(weights) / 1_000_000
    );
    Ok(())
}

fn write_graph(folder: &Path, work: &Path, reading: Reading) -> Result<PathBuf, Box<dyn Error>> {
    let checkpoint = Checkpoint::open(folder)?;
    let config = LladaConfig::read(&Config::read(&folder.join("config.json"))?)?;
    let graph = llada::write(&checkpoint, &config, "", Precision::F32, reading)?;
    link_or_copy(
        &folder.join("model.safetensors"),
        &work.join("model.safetensors"),
    )?;
    let path = work.join("language.onnx");
    fs::write(&path, graph.bytes)?;
    Ok(path)
}

/// Times forward passes that read the last `count` positions; the first one warms up.
fn measure(
    what: &str,
    model: &mut LanguageModel,
    ids: &[i64],
    count: usize,
) -> Result<(), Box<dyn Error>> {
    let want = Want::Everything;
    let reads: Vec<Read> = (LENGTH - count..LENGTH)
        .map(|position| Read {
            row: 0,
            position,
            want,
        })
        .collect();
    let mut seconds = Vec::new();
    for _ in 0..=RUNS {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let logits = model.forward(ids, [1, LENGTH], &reads)?;
        seconds.push([start.elapsed().as_secs_f64(), cpu_seconds() - cpu]);
        assert!(logits.parts(0)?[0].iter().all(|value| value.is_finite()));
    }
    let [clock, cpu] = [0, 1].map(|kind| {
        let mut sorted: Vec<f64> = seconds[1..].iter().map(|pair| pair[kind]).collect();
        sorted.sort_by(f64::total_cmp);
        format!("{:.2} s median, {:.2} s least", sorted[RUNS / 2], sorted[0])
    });
    println!("{what:6} clock {clock}; CPU {cpu} of {RUNS}; {count} positions read");
    Ok(())
}

/// CPU seconds of this process so far, user and system; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in parentheses: field 14 and 15 of the whole line, in ticks of 10 ms.
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: f64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

/// Peak resident memory of this process in bytes; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
