//! The lines that parabench and a program exchange; docs/adapters.md has them for people.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::common::fields::{self, Fields, parse_line};
use crate::common::program::{LineForm, Loss, about, check_version};
use crate::model::{Failure, FailureKind, MAX_REASONING_BYTES, text};
use crate::suite::Kind;

/// Deepest nesting of `details`. A record of the log nests them further, and readers of JSON stop at about 128.
const MAX_DETAILS_DEPTH: usize = 64;
/// What a model may write: at most a longest reasoning with every byte escaped, and room for the rest.
pub(super) const LINES: LineForm = LineForm {
    max_bytes: 6 * MAX_REASONING_BYTES as u64 + MAX_DETAILS_BYTES as u64,
    fields: &["hello", "id", "reasoning", "image", "error"],
};
/// Most bytes of `details`, as JSON.
const MAX_DETAILS_BYTES: usize = 64 << 10;
/// Most entries of `timing_ms`.
const MAX_TIMINGS: usize = 64;
/// Longest name of an entry of `timing_ms`, in bytes.
const MAX_TIMING_NAME: usize = 64;
/// Most faults of one reply that are noted.
const MAX_FAULTS: usize = 20;

/// The first line of a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Hello {
    /// The version of the protocol.
    pub(super) hello: u32,
    /// What the program runs.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// Its version.
    #[serde(default)]
    pub(super) version: Option<String>,
    /// Whether the model thinks, to be checked against the declaration.
    #[serde(default)]
    pub(super) thinks: Option<bool>,
}

/// One task for the program.
#[derive(Debug, Serialize)]
pub(super) struct TaskLine<'a> {
    /// The task's id.
    pub(super) id: &'a str,
    /// `edit` or `generation`.
    pub(super) kind: Kind,
    /// What is asked.
    pub(super) instruction: &'a str,
    /// Absolute path of the input picture, for edits.
    pub(super) image: Option<&'a Path>,
    /// Seed of the sample: any 64-bit number.
    pub(super) seed: u64,
    /// Absolute path, without extension, that the output picture may be written to.
    pub(super) output: &'a Path,
}

/// One reply of the program. In the halves, the outer `None` is a field that is
/// not there and the inner `None` an explicit null.
#[derive(Debug, Default)]
pub(super) struct ProgramAnswer {
    pub(super) reasoning: Option<Option<String>>,
    pub(super) image: Option<Option<String>>,
    /// A failure that the program reports itself.
    pub(super) error: Option<Failure>,
    pub(super) timing_ms: BTreeMap<String, f64>,
    pub(super) details: Map<String, Value>,
    /// What could not be taken although the answer could: the fields, each with the reason.
    pub(super) faults: Vec<String>,
}

/// Reads the first line of a program.
///
/// # Errors
/// What is wrong with it, with the line.
pub(super) fn read_hello(line: &[u8]) -> Result<Hello, String> {
    let hello: Hello = parse_line(line).map_err(|fault| about(line, "a hello", &fault))?;
    check_version(hello.hello)?;
    Ok(hello)
}

/// Reads the reply to the task `id`. Whatever is wrong beside the two halves costs no more than itself.
///
/// # Errors
/// What is wrong with it, with the line.
pub(super) fn read_reply(line: &[u8], id: &str, thinks: bool) -> Result<ProgramAnswer, String> {
    let fault = |fault: &str| about(line, "a reply", fault);
    let line = fields::legible(line);
    let fields = Fields::read(&line.text).map_err(|error| fault(&error))?;
    let mut reply = ProgramAnswer {
        faults: line.faults.into_iter().map(str::to_owned).collect(),
        ..ProgramAnswer::default()
    };
    let mut replied_to = None;
    for (name, value) in fields.0 {
        match &*name {
            "id" => replied_to = Some(half::<String>("id", value).map_err(|why| fault(&why))?),
            "reasoning" => {
                reply.reasoning = Some(half("reasoning", value).map_err(|why| fault(&why))?);
            }
            "image" => reply.image = Some(half("image", value).map_err(|why| fault(&why))?),
            "error" => reply.error = reported(value),
            "timing_ms" => reply.take_timings(value),
            "details" => match details(value) {
                Ok(details) => reply.details = details,
                Err(why) => reply.faults.push(format!("details: {why}")),
            },
            unknown => {
                let shown = text::excerpt(unknown, 80);
                reply.faults.push(format!("unknown field `{shown}`"));
            }
        }
    }
    reply.faults.truncate(MAX_FAULTS);
    match replied_to {
        Some(found) if found == id => {}
        Some(_) => return Err(fault(&format!("the reply to task `{id}` was awaited"))),
        None => return Err(fault("`id` is not there")),
    }
    if reply.error.is_none() {
        if reply.image.is_none() {
            return Err(fault("`image` is not there; say null when none was drawn"));
        }
        if reply.reasoning.is_none() && thinks {
            return Err(fault(
                "`reasoning` is not there; say null when the model said nothing, or declare \
                 thinks = false",
            ));
        }
    }
    Ok(reply)
}

/// A field that the answer itself is made of.
fn half<'a, T: Deserialize<'a>>(name: &str, value: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(value.get()).map_err(|error| format!("{name}: {error}"))
}

/// A failure as the program tells it, in whatever form.
fn reported(value: &RawValue) -> Option<Failure> {
    if fields::depth(value.get()) > 2 {
        let message = text::excerpt(value.get(), 4000);
        return Some(Failure::new(FailureKind::Crash, message));
    }
    let told: Value = serde_json::from_str(value.get()).ok()?;
    if told.is_null() {
        return None;
    }
    let text = |key: &str| told.get(key).and_then(Value::as_str);
    let message = text("message").map_or_else(|| told.to_string(), str::to_owned);
    let kind = told
        .get("kind")
        .and_then(|kind| FailureKind::deserialize(kind).ok());
    Some(match (kind, text("kind")) {
        (Some(FailureKind::Crash), _) | (None, None) => {
            Failure::new(cause_of_crash(&message), message)
        }
        (Some(kind), _) => Failure::new(kind, message),
        (None, Some(unknown)) => {
            let unknown = text::excerpt(unknown, 80);
            let kind = cause_of_crash(&message);
            Failure::new(kind, format!("{message} (of the unknown kind `{unknown}`)"))
        }
    })
}

/// The name of a loss in the log.
pub(super) fn failure_kind(loss: Loss) -> FailureKind {
    match loss {
        Loss::Crash | Loss::Protocol => FailureKind::Crash,
        Loss::OutOfMemory => FailureKind::OutOfMemory,
        Loss::Timeout => FailureKind::Timeout,
    }
}

fn cause_of_crash(words: &str) -> FailureKind {
    failure_kind(Loss::of_words(words))
}

fn details(value: &RawValue) -> Result<Map<String, Value>, String> {
    let raw = value.get();
    if raw.len() > MAX_DETAILS_BYTES {
        let bytes = raw.len();
        return Err(format!(
            "{bytes} bytes, more than the {MAX_DETAILS_BYTES} that are kept"
        ));
    }
    let depth = fields::depth(raw);
    if depth > MAX_DETAILS_DEPTH {
        return Err(format!(
            "nested {depth} deep, more than the {MAX_DETAILS_DEPTH} that are kept"
        ));
    }
    let details: Option<Map<String, Value>> =
        serde_json::from_str(raw).map_err(|error| error.to_string())?;
    Ok(details.unwrap_or_default())
}

impl ProgramAnswer {
    fn take_timings(&mut self, value: &RawValue) {
        let timings: Option<BTreeMap<String, &RawValue>> = match serde_json::from_str(value.get()) {
            Ok(timings) => timings,
            Err(error) => return self.faults.push(format!("timing_ms: {error}")),
        };
        for (name, value) in timings.unwrap_or_default() {
            let ms = serde_json::from_str::<f64>(value.get()).ok();
            match ms.filter(|ms| *ms >= 0.0 && name.len() <= MAX_TIMING_NAME) {
                Some(ms) if self.timing_ms.len() < MAX_TIMINGS => {
                    self.timing_ms.insert(name, ms);
                }
                _ => {
                    let shown = text::excerpt(&name, MAX_TIMING_NAME);
                    self.faults
                        .push(format!("timing_ms.{shown}: no time, or one too many"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
