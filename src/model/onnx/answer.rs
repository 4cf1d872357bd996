//! Requests to answers: what goes wrong with one sample is a named failure of its answer.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use image::{DynamicImage, RgbImage};
use serde_json::{Map, Value, json};

use super::develop::develop;
use super::engine::{Decoded, Engine, EngineError};
use crate::common::digest::Digest;
use crate::common::picture::Picture;
use crate::model::diffusion::canvas::Guide;
use crate::model::diffusion::decode::Times;
use crate::model::diffusion::lane::LaneFault;
use crate::model::diffusion::prompt::Prompt;
use crate::model::steps::StepWatch;
use crate::model::{Answer, Failure, FailureKind, ModelError, ModelRequest, Part, text};

/// A request whose sequence is made.
struct Job<'a> {
    /// Its place in the batch.
    index: usize,
    request: &'a ModelRequest,
    prompt: Prompt,
    encode: Duration,
}

/// Several engines share the prompts of a batch in groups of at most its part of one engine over this number, so that none
/// waits long for the last group of another.
const GROUPS_PER_ENGINE: usize = 32;

/// Lengths that prompts must share to be decoded together.
type Shape = (usize, usize, usize);

/// Answers a batch, in its order. Prompts of equal length are decoded together; every engine takes the next group.
///
/// # Errors
/// [`ModelError`] when an input picture of the suite cannot be read, or when decoding was stopped.
pub(super) fn answer(
    engines: &mut [Engine],
    batch: &[ModelRequest],
    waiting: &AtomicBool,
    watch: Option<&dyn StepWatch>,
) -> Result<Vec<Answer>, ModelError> {
    let mut answers: BTreeMap<usize, Answer> = BTreeMap::new();
    let mut groups: BTreeMap<Shape, Vec<Job<'_>>> = BTreeMap::new();
    let requests: Vec<&ModelRequest> = batch.iter().collect();
    let prompts = shared_out(engines, requests, |engine, request| {
        let start = Instant::now();
        if let Err(several) = request.prompt.inputs.only() {
            return Ok((request, Err(several.into()), start.elapsed()));
        }
        let prompt = prompt(engine, request)?.map_err(|error| failure(&error));
        Ok::<_, ModelError>((request, prompt, start.elapsed()))
    });
    for (index, made) in prompts.into_iter().enumerate() {
        let (request, prompt, encode) = made?;
        match prompt {
            Ok(prompt) => groups.entry(shape(&prompt)).or_default().push(Job {
                index,
                request,
                prompt,
                encode,
            }),
            Err(failure) => {
                answers.insert(index, Answer::lost(failure));
            }
        }
    }
    let most = together(batch.len(), engines.len());
    // The longest first, so that no engine is left with one at the end.
    let groups = groups.into_values().rev();
    let groups: Vec<Vec<Job<'_>>> = groups.flat_map(|jobs| cut(jobs, most)).collect();
    let found = shared_out(engines, groups, |engine, jobs| {
        group(engine, jobs, waiting, watch)
    });
    for group in found {
        answers.extend(group?);
    }
    Ok(answers.into_values().collect())
}

/// Most prompts of a group: all of them for a single engine.
const fn together(prompts: usize, engines: usize) -> usize {
    match engines {
        0 | 1 => prompts,
        _ => prompts.div_ceil(engines * GROUPS_PER_ENGINE),
    }
}

/// A group in parts of at most `most` prompts, in its order.
fn cut(mut jobs: Vec<Job<'_>>, most: usize) -> Vec<Vec<Job<'_>>> {
    let mut parts = Vec::new();
    while jobs.len() > most.max(1) {
        let rest = jobs.split_off(most.max(1));
        parts.push(jobs);
        jobs = rest;
    }
    parts.push(jobs);
    parts
}

/// Does the work of every item, each engine in a thread of its own; the results in the order of the items.
fn shared_out<T: Send, R: Send>(
    engines: &mut [Engine],
    items: Vec<T>,
    work: impl Fn(&mut Engine, T) -> R + Sync,
) -> Vec<R> {
    if let [engine] = engines {
        return items.into_iter().map(|item| work(engine, item)).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for engine in engines {
            scope.spawn(|| {
                loop {
                    let next = locked(&queue).next();
                    let Some((place, item)) = next else { break };
                    let result = work(engine, item);
                    locked(&results).insert(place, result);
                }
            });
        }
    });
    let results = results.into_inner();
    let results = results.unwrap_or_else(PoisonError::into_inner);
    results.into_values().collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shape(prompt: &Prompt) -> Shape {
    let length =
        |guide: &Option<Guide>| guide.as_ref().map_or(0, |guide| guide.len(&prompt.canvas));
    (
        prompt.canvas.ids.len(),
        length(&prompt.guides.text),
        length(&prompt.guides.image),
    )
}

/// The sequence of a request. The outer error is the suite's, the inner one this sample's.
fn prompt(
    engine: &mut Engine,
    request: &ModelRequest,
) -> Result<Result<Prompt, EngineError>, ModelError> {
    let task = &request.prompt;
    let input: Option<(RgbImage, Digest)> = match task.inputs.first() {
        None => None,
        Some(file) => {
            let pixels = file.decode().map_err(|error| {
                let what = format!(
                    "the input picture of task `{}` cannot be read; check the suite",
                    task.id
                );
                ModelError::caused_by(what, error)
            })?;
            Some((pixels.into_rgb8(), file.digest))
        }
    };
    let input = input.as_ref().map(|(pixels, digest)| (pixels, *digest));
    Ok(engine.prompt(&task.instruction, input, request.seed))
}

fn group(
    engine: &mut Engine,
    jobs: Vec<Job<'_>>,
    waiting: &AtomicBool,
    watch: Option<&dyn StepWatch>,
) -> Result<Vec<(usize, Answer)>, ModelError> {
    let count = jobs.len();
    let mut prompts = Vec::with_capacity(count);
    let mut places = Vec::with_capacity(count);
    for job in jobs {
        prompts.push((job.prompt, job.request.seed));
        places.push((job.index, job.request, job.encode));
    }
    let group = match engine.decode(prompts, waiting, watch) {
        Ok(group) => group,
        Err(EngineError::Stopped) => return Err(ModelError::new("onnx: decoding was stopped")),
        Err(error) => {
            let lost = Answer::lost(failure(&error));
            return Ok(places
                .into_iter()
                .map(|(index, ..)| (index, lost.clone()))
                .collect());
        }
    };
    let times = group.times;
    let mut answers = Vec::with_capacity(count);
    for ((index, request, encode), decoded) in places.into_iter().zip(group.decoded) {
        let answer = match decoded {
            Ok(decoded) => finished(engine, request, decoded, encode, &times, count)?,
            Err(error) => Answer::lost(failure(&error)),
        };
        answers.push((index, answer));
    }
    Ok(answers)
}

fn finished(
    engine: &mut Engine,
    request: &ModelRequest,
    decoded: Decoded,
    encode: Duration,
    times: &Times,
    batch: usize,
) -> Result<Answer, ModelError> {
    let mut details = details(engine, &decoded, times, batch);
    let film = match decoded.reel {
        None => None,
        Some(reel) => Some(develop(engine, reel, request).map_err(|error| {
            ModelError::caused_by("onnx: the trajectory cannot be recorded", error)
        })?),
    };
    let reasoning = match decoded.text {
        None => Part::Empty,
        Some(said) => text::reasoning(said.into_bytes(), &mut details),
    };
    let image = match Picture::from_pixels(&DynamicImage::ImageRgb8(decoded.picture)) {
        Ok(picture) => Part::Given(Bytes::clone(picture.bytes())),
        Err(error) => Part::Lost(Failure::new(FailureKind::Crash, error.to_string())),
    };
    Ok(Answer {
        reasoning,
        image,
        timing_ms: timing(encode, times, decoded.picture_time),
        details,
        cost_usd: None,
        film,
    })
}

fn timing(encode: Duration, times: &Times, decode: Duration) -> BTreeMap<String, f64> {
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let steps = times.steps.len().max(1) as f64;
    let total = encode + times.forward() + times.sampling() + decode;
    [
        ("encode", ms(encode)),
        ("forward", ms(times.forward())),
        ("forward_per_step", ms(times.forward()) / steps),
        ("sampling", ms(times.sampling())),
        ("decode", ms(decode)),
        ("total", ms(total)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn details(engine: &Engine, decoded: &Decoded, times: &Times, batch: usize) -> Map<String, Value> {
    let settings = &engine.options().settings;
    let mut details = Map::new();
    let mut put = |key: &str, value: Value| details.insert(key.to_owned(), value);
    put("preset", settings.preset.name().into());
    put("strategy", settings.strategy.name().into());
    put(
        "forwards",
        json!({
            "conditional": decoded.forwards.conditional,
            "unconditional": decoded.forwards.unconditional,
            "total": decoded.forwards.total(),
        }),
    );
    put("steps", times.steps.len().into());
    // Times of a sample are those of all that were decoded with it.
    put("decoded_together", batch.into());
    put("sequence_length", decoded.length.into());
    for (key, count) in [
        ("cells_left_masked", decoded.masked_cells),
        ("text_left_masked", decoded.masked_text),
        ("text_ids_outside_text", decoded.foreign_ids),
    ] {
        if count > 0 {
            put(key, count.into());
        }
    }
    details
}

/// Names what went wrong with a sample.
fn failure(error: &EngineError) -> Failure {
    let message = chain(error);
    let kind = match error {
        EngineError::Lane(LaneFault::NotFinite(_)) => FailureKind::NotANumber,
        _ if is_out_of_memory(&message) => FailureKind::OutOfMemory,
        _ => FailureKind::Crash,
    };
    let advice = match kind {
        FailureKind::OutOfMemory => "; a smaller batch, size or text_length needs less memory",
        FailureKind::NotANumber => "; f16 weights can overflow, export with --dtype f32 or bf16",
        _ => "",
    };
    Failure::new(kind, format!("{message}{advice}"))
}

/// What ONNX Runtime and its allocators say when memory runs out.
fn is_out_of_memory(message: &str) -> bool {
    let message = message.to_lowercase();
    [
        "out of memory",
        "bad_alloc",
        "failed to allocate",
        "bad allocation",
        "cuda_error_out_of_memory",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::language::ForwardError;

    #[test]
    fn several_engines_take_smaller_groups() {
        assert_eq!(
            [(120, 1), (120, 2), (3, 2), (0, 4)].map(|(n, of)| together(n, of)),
            [120, 2, 1, 0]
        );
    }

    #[test]
    fn failures_have_their_names() {
        let nan = EngineError::Lane(LaneFault::NotFinite(3));
        assert_eq!(failure(&nan).kind, FailureKind::NotANumber);
        let shape = EngineError::Forward(ForwardError::Shape {
            ids: 1,
            batch: 2,
            length: 3,
        });
        assert_eq!(failure(&shape).kind, FailureKind::Crash);
        for message in [
            "running language.onnx failed: bfc_arena.cc Failed to allocate memory for requested buffer of size 9",
            "std::bad_alloc",
            "CUDA failure 2: out of memory",
        ] {
            assert!(is_out_of_memory(message), "{message}");
        }
        assert!(!is_out_of_memory("indices element out of data bounds"));
    }
}
