//! The lines that a program writes: which are messages, and how a fault of one is told.

use super::VERSION;
use crate::common::fields::{self, Fields};
use crate::common::plain::excerpt;

/// The lines that programs of one kind may write.
#[derive(Clone, Copy, Debug)]
pub struct LineForm {
    /// Longest line, in bytes.
    pub max_bytes: u64,
    /// The fields of which every message has one at least.
    pub fields: &'static [&'static str],
}

/// Whether a line is meant as a message of the protocol. All others are prints that belong on standard error: text,
/// progress bars, the JSON lines of a logger.
pub fn is_message(line: &[u8], form: LineForm) -> bool {
    let line = fields::legible(line);
    match Fields::read(&line.text) {
        Ok(fields) => fields
            .0
            .iter()
            .any(|(name, _)| form.fields.contains(&&**name)),
        // A message that is torn or misspelt, not a print.
        Err(_) => line.text.starts_with('{') && line.text.contains("\"id\""),
    }
}

/// A fault with the line it is in.
pub fn about(line: &[u8], expected: &str, fault: &str) -> String {
    let shown = excerpt(String::from_utf8_lossy(line).trim(), 300);
    format!(
        "wrote a line to standard output that is not {expected} ({fault}): `{shown}`; \
         anything else a program has to say belongs on standard error"
    )
}

/// Whether a program speaks this version of the protocol.
///
/// # Errors
/// Both versions, in words that follow the program's name.
pub fn check_version(spoken: u32) -> Result<(), String> {
    match spoken {
        VERSION => Ok(()),
        _ => Err(format!(
            "it speaks version {spoken} of the protocol; this parabench speaks {VERSION}"
        )),
    }
}
