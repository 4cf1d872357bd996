//! The lines that parabench and a judge's program exchange; docs/judge-programs.md has them for people.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::common::fields::parse_line;
use crate::common::plain::excerpt;
use crate::common::program::{LineForm, about, check_version};
use crate::suite::Kind;
use crate::suite::axes::{MAX_AXES, is_key};

/// What a judge may write.
pub(super) const LINES: LineForm = LineForm {
    max_bytes: 1 << 20,
    fields: &["hello", "id", "marks", "parts", "values", "missing"],
};
/// Most requests in one line.
pub(super) const MAX_BATCH: usize = 256;
/// Longest name and version that are kept, in bytes.
const MAX_NAME: usize = 200;

/// The first line of a program, as it is written.
#[derive(Deserialize)]
struct WireHello {
    hello: u32,
    role: Option<String>,
    name: Option<String>,
    version: Option<String>,
    axes: Option<Vec<String>>,
    batch: Option<u32>,
    joint: Option<bool>,
}

/// What a program says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    /// What it runs.
    pub(super) name: Option<String>,
    /// Its version.
    pub(super) version: Option<String>,
    /// The axes that it marks; empty where it does not say.
    pub(super) axes: Vec<String>,
    /// The most requests that it takes at once, 1 to [`MAX_BATCH`].
    pub(super) batch: usize,
    /// Whether a request may ask it for several axes.
    pub(super) joint: bool,
}

/// One request. What the axis may not see is not there.
#[derive(Debug, Serialize)]
pub(super) struct RequestLine<'a> {
    /// Tells the request from others; says nothing of the task.
    pub(super) id: &'a str,
    /// What is to be marked.
    pub(super) axes: Vec<&'a str>,
    /// `edit` or `generation`.
    pub(super) kind: Kind,
    /// Number of the repeat, from 0.
    pub(super) repeat: u32,
    /// What was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instruction: Option<&'a str>,
    /// The model's reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning: Option<&'a str>,
    /// Absolute paths of the pictures to edit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) inputs: Vec<PathBuf>,
    /// What the suite calls each of them, where it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<&'a str>,
    /// Absolute path of the model's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<PathBuf>,
    /// What the suite says that a right answer shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<&'a str>,
    /// Absolute path of a picture that a right answer looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference_image: Option<PathBuf>,
    /// The truth of the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<&'a Value>,
}

/// Reads the first line of a program.
///
/// # Errors
/// What is wrong with it, in words that follow the program's name.
pub(super) fn read_hello(line: &[u8]) -> Result<Hello, String> {
    let fault = |fault: &str| about(line, "the hello of a judge", fault);
    let wire: WireHello = parse_line(line).map_err(|error| fault(&error))?;
    check_version(wire.hello)?;
    if wire.role.as_deref() != Some("judge") {
        return Err(fault("expected \"role\": \"judge\""));
    }
    let axes = wire.axes.unwrap_or_default();
    if axes.len() > MAX_AXES || !axes.iter().all(|key| is_key(key)) {
        return Err(fault(&format!(
            "axes: expected at most {MAX_AXES} keys of lower-case letters, digits, `_` and `-`"
        )));
    }
    let batch = wire.batch.unwrap_or(1) as usize;
    if !(1..=MAX_BATCH).contains(&batch) {
        return Err(fault(&format!("batch: expected 1 to {MAX_BATCH}")));
    }
    let name = |text: Option<String>| text.map(|text| excerpt(&text, MAX_NAME));
    Ok(Hello {
        name: name(wire.name),
        version: name(wire.version),
        axes,
        batch,
        joint: wire.joint.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests;
