//! `parabench bench-model`: how fast a bundle decodes here, and where the time goes.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Context;
use image::{Rgb, RgbImage};
use serde::Serialize;

use super::runtime_options::LibraryOptions;
use super::{Exit, Globals};
use crate::common::digest::Digest;
use crate::common::seed::sample_seed;
use crate::model::Spec;
use crate::model::diffusion::decode::{StepTime, Times};
use crate::model::diffusion::lane::Forwards;
use crate::model::onnx::{Engine, open_options};
use crate::onnx::runtime::Runtime;

/// Options of `parabench bench-model`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Bundle, with options as in --model
    ///
    /// BUNDLE[?OPTION=VALUE&...]
    bundle: String,
    /// Instruction to give the model
    #[arg(
        long,
        hide_default_value = true,
        default_value = "Let the seasons pass: show the scene as it looks half a year later."
    )]
    instruction: String,
    /// Generate without an input image
    #[arg(long)]
    generation: bool,
    #[command(flatten)]
    library: LibraryOptions,
}

/// What was measured. Times in seconds.
#[derive(Debug, Serialize)]
struct Measured {
    checkpoint: String,
    preset: &'static str,
    strategy: &'static str,
    device: String,
    onnxruntime: String,
    /// Prompts decoded together.
    batch: usize,
    /// Positions of one sequence.
    length: usize,
    /// Tokens of text and image that one sample decides.
    tokens: usize,
    forwards_conditional: usize,
    forwards_unconditional: usize,
    open_s: f64,
    encode_s: f64,
    /// Steps that decide text only, image only or both.
    text_steps: StepKind,
    image_steps: StepKind,
    picture_s: f64,
    total_s: f64,
    tokens_per_s: f64,
    samples_per_hour: f64,
    /// Share of the steps spent outside the network.
    sampling_share: f64,
}

/// Steps of one kind. Times are means in seconds.
#[derive(Debug, Serialize)]
struct StepKind {
    count: usize,
    step_s: f64,
    forward_s: f64,
    sampling_s: f64,
    passes: f64,
}

/// Runs the command.
///
/// # Errors
/// A bundle or options that cannot be used, a decode that fails.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let measured = measure(options, globals)?;
    if globals.json {
        globals.print_json(&measured)?;
    } else {
        print(&measured);
    }
    Ok(Exit::Done)
}

fn measure(options: &Options, globals: &Globals) -> anyhow::Result<Measured> {
    let text = match options.bundle.starts_with("onnx:") {
        true => options.bundle.clone(),
        false => format!("onnx:{}", options.bundle),
    };
    let (bundle, how) = open_options(&Spec::parse(&text)?, None)?;
    let runtime = Runtime::open(&options.library.runtime(globals))?;
    let (settings, batch) = (how.settings, how.batch);
    let (tokens, device) = (
        how.layout.text_masks() + how.layout.cells(),
        how.session.device,
    );
    let picture = (!options.generation).then(|| scene(how.size));

    let start = Instant::now();
    let mut engine =
        Engine::open(&bundle, how, &runtime).context("cannot open the bundle's graphs")?;
    let open = start.elapsed();
    let input = picture
        .as_ref()
        .map(|pixels| (pixels, Digest::of(pixels.as_raw())));
    let start = Instant::now();
    let prompt = engine.prompt(&options.instruction, input, 0)?;
    let encode = start.elapsed();
    let length = prompt.canvas.ids.len();
    let prompts = (0..batch)
        .map(|sample| (prompt.clone(), sample_seed(0, "bench-model", sample as u32)))
        .collect();
    let start = Instant::now();
    let group = engine.decode(prompts, &AtomicBool::new(true), None)?;
    let total = encode + start.elapsed();
    let mut decoded = group.decoded.into_iter().collect::<Result<Vec<_>, _>>()?;
    let picture_time: Duration = decoded.iter().map(|decoded| decoded.picture_time).sum();
    let forwards = decoded
        .pop()
        .map_or(Forwards::default(), |decoded| decoded.forwards);
    let seconds = total.as_secs_f64();
    Ok(Measured {
        checkpoint: bundle.manifest().source.clone(),
        preset: settings.preset.name(),
        strategy: settings.strategy.name(),
        device: device.to_string(),
        onnxruntime: runtime.version().to_owned(),
        batch,
        length,
        tokens,
        forwards_conditional: forwards.conditional,
        forwards_unconditional: forwards.unconditional,
        open_s: open.as_secs_f64(),
        encode_s: encode.as_secs_f64(),
        text_steps: StepKind::of(&group.times, false),
        image_steps: StepKind::of(&group.times, true),
        picture_s: picture_time.as_secs_f64(),
        total_s: seconds,
        tokens_per_s: (tokens * batch) as f64 / seconds,
        samples_per_hour: 3600.0 * batch as f64 / seconds,
        sampling_share: share(&group.times),
    })
}

/// A picture with some structure; what it shows does not change the time.
fn scene(size: [u32; 2]) -> RgbImage {
    RgbImage::from_fn(size[0], size[1], |x, y| {
        let shade = |k: u32| ((x * k + y * (k + 3)) / 4 % 256) as u8;
        Rgb([shade(1), shade(2), shade(3)])
    })
}

impl StepKind {
    fn of(times: &Times, drew: bool) -> Self {
        let steps: Vec<&StepTime> = times
            .steps
            .iter()
            .filter(|step| step.drew == drew)
            .collect();
        let mean = |value: &dyn Fn(&StepTime) -> f64| {
            let sum: f64 = steps.iter().map(|step| value(step)).sum();
            sum / steps.len().max(1) as f64
        };
        let forward_s = mean(&|step| step.forward.as_secs_f64());
        let sampling_s = mean(&|step| step.sampling.as_secs_f64());
        Self {
            count: steps.len(),
            step_s: forward_s + sampling_s,
            forward_s,
            sampling_s,
            passes: mean(&|step| step.passes as f64),
        }
    }
}

fn share(times: &Times) -> f64 {
    let (forward, sampling) = (
        times.forward().as_secs_f64(),
        times.sampling().as_secs_f64(),
    );
    sampling / (forward + sampling).max(f64::MIN_POSITIVE)
}

fn print(measured: &Measured) {
    let Measured {
        checkpoint,
        preset,
        strategy,
        device,
        onnxruntime,
        batch,
        length,
        tokens,
        ..
    } = measured;
    println!(
        "{checkpoint}: preset {preset}, strategy {strategy}, {device}, ONNX Runtime {onnxruntime}"
    );
    println!("{batch} sequence(s) of {length} positions together, {tokens} of them decided");
    println!(
        "network evaluations per sample: {} + {} for guidance",
        measured.forwards_conditional, measured.forwards_unconditional
    );
    println!("open     {:>9.3} s", measured.open_s);
    println!("encode   {:>9.3} s", measured.encode_s);
    for (name, kind) in [
        ("steps without image", &measured.text_steps),
        ("steps with image", &measured.image_steps),
    ] {
        if kind.count > 0 {
            println!(
                "{:>4} {name}: {:.3} s each = network {:.3} ({:.1} passes) + sampling {:.3}",
                kind.count, kind.step_s, kind.forward_s, kind.passes, kind.sampling_s
            );
        }
    }
    println!(
        "sampling {:>9.1} % of the steps",
        100.0 * measured.sampling_share
    );
    println!("picture  {:>9.3} s", measured.picture_s);
    println!(
        "total    {:>9.3} s, {:.1} tokens per second, {:.1} samples per hour",
        measured.total_s, measured.tokens_per_s, measured.samples_per_hour
    );
}
