//! The lines that parabench and a program exchange; docs/adapters.md has them for people.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::wire::{parse_line, said};
use crate::model::{FailureKind, MAX_REASONING_BYTES, text};
use crate::suite::Kind;

/// The version of the protocol.
pub(super) const VERSION: u32 = 1;
/// Longest line that a program may write: a longest reasoning with every byte
/// escaped, and room for the rest.
pub(super) const MAX_LINE_BYTES: u64 = 6 * MAX_REASONING_BYTES as u64 + MAX_DETAILS_BYTES as u64;
/// Most bytes of `details`, as JSON.
const MAX_DETAILS_BYTES: usize = 64 << 10;
/// Most entries of `timing_ms`.
const MAX_TIMINGS: usize = 64;

/// The first line of a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// A failure that the program reports itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportedFailure {
    /// Its class.
    pub(super) kind: FailureKind,
    /// What happened.
    pub(super) message: String,
}

/// One reply of the program. In the halves, the outer `None` is a field that is
/// not there and the inner `None` an explicit null.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    id: String,
    #[serde(default, deserialize_with = "said")]
    pub(super) reasoning: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    pub(super) image: Option<Option<String>>,
    #[serde(default)]
    pub(super) error: Option<ReportedFailure>,
    #[serde(default)]
    pub(super) timing_ms: BTreeMap<String, f64>,
    #[serde(default)]
    pub(super) details: Map<String, Value>,
}

/// Reads the first line of a program.
///
/// # Errors
/// What is wrong with it, with the line.
pub(super) fn read_hello(line: &[u8]) -> Result<Hello, String> {
    let hello: Hello = parse_line(line).map_err(|fault| about(line, "a hello", &fault))?;
    if hello.hello != VERSION {
        let spoken = hello.hello;
        return Err(format!(
            "it speaks version {spoken} of the protocol; this parabench speaks {VERSION}"
        ));
    }
    Ok(hello)
}

/// Reads the reply to the task `id`.
///
/// # Errors
/// What is wrong with it, with the line.
pub(super) fn read_reply(line: &[u8], id: &str, thinks: bool) -> Result<Reply, String> {
    let fault = |fault: &str| about(line, "a reply", fault);
    let reply: Reply = parse_line(line).map_err(|error| fault(&error))?;
    if reply.id != id {
        return Err(fault(&format!("the reply to task `{id}` was awaited")));
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
    let well_formed = |(name, ms): (&String, &f64)| name.len() <= 64 && *ms >= 0.0;
    if reply.timing_ms.len() > MAX_TIMINGS || !reply.timing_ms.iter().all(well_formed) {
        return Err(fault(
            "`timing_ms` has too many, too long or negative entries",
        ));
    }
    let details = serde_json::to_string(&reply.details).map_or(usize::MAX, |json| json.len());
    if details > MAX_DETAILS_BYTES {
        return Err(fault(&format!(
            "`details` has more than {MAX_DETAILS_BYTES} bytes"
        )));
    }
    Ok(reply)
}

/// A fault with the line it is in.
fn about(line: &[u8], expected: &str, fault: &str) -> String {
    let shown = text::excerpt(String::from_utf8_lossy(line).trim(), 300);
    format!(
        "wrote a line to standard output that is not {expected} ({fault}): `{shown}`; \
         anything else a program has to say belongs on standard error"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_checked() {
        let good = br#"{"id":"a","reasoning":null,"image":"x.png","timing_ms":{"draw":1.5}}"#;
        let reply = read_reply(good, "a", true).unwrap();
        assert_eq!(reply.reasoning, Some(None));
        assert_eq!(reply.image, Some(Some("x.png".into())));
        for (line, part) in [
            (
                &br#"{"id":"b","reasoning":null,"image":null}"#[..],
                "`a` was awaited",
            ),
            (
                br#"{"id":"a","reasoning":null}"#,
                "say null when none was drawn",
            ),
            (br#"{"id":"a","image":null}"#, "thinks = false"),
            (
                br#"{"id":"a","image":null,"imgae":1}"#,
                "unknown field `imgae`",
            ),
            (b"Loading weights: 50%", "`Loading weights: 50%`"),
            (b"\xff\xfe", "not a reply"),
            (
                br#"{"id":"a","reasoning":null,"image":null,"timing_ms":{"a":-1}}"#,
                "negative",
            ),
            (
                br#"{"id":"a","error":{"kind":"tired","message":""}}"#,
                "out-of-memory",
            ),
        ] {
            let fault = read_reply(line, "a", true).unwrap_err();
            assert!(fault.contains(part), "{part} in {fault}");
        }
        assert!(read_reply(br#"{"id":"a","image":null}"#, "a", false).is_ok());
        let failed = br#"{"id":"a","error":{"kind":"out-of-memory","message":"m"}}"#;
        let failed = read_reply(failed, "a", true).unwrap();
        assert_eq!(failed.error.unwrap().kind, FailureKind::OutOfMemory);
    }

    #[test]
    fn hello_names_the_protocol() {
        assert!(read_hello(br#"{"hello":1,"name":"x","thinks":true}"#).is_ok());
        assert!(
            read_hello(br#"{"hello":2}"#)
                .unwrap_err()
                .contains("version 2")
        );
        assert!(
            read_hello(b"Python 3.11")
                .unwrap_err()
                .contains("`Python 3.11`")
        );
    }
}
