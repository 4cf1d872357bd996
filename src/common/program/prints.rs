//! What a program prints to standard output although that belongs to the protocol.

use std::fmt;

use crate::common::plain::excerpt;

/// Most prints before a message that are passed over.
const MAX_LINES: usize = 10_000;
/// Most bytes of the first print that are quoted.
const QUOTED: usize = 200;

/// The prints between two messages.
#[derive(Default)]
pub(super) struct Prints {
    lines: usize,
    first: String,
}

impl Prints {
    /// Forgets what was printed before the last message.
    pub(super) fn new_exchange(&mut self) {
        *self = Self::default();
    }

    /// Counts a line that is no message; `false` when there are too many to go on. Blank lines do not count.
    pub(super) fn add(&mut self, line: &[u8]) -> bool {
        let shown = String::from_utf8_lossy(line);
        let shown = shown.trim();
        if shown.is_empty() {
            return true;
        }
        if self.lines == 0 {
            self.first = excerpt(shown, QUOTED);
        }
        self.lines += 1;
        self.lines <= MAX_LINES
    }

    /// How many there were.
    pub(super) fn count(&self) -> usize {
        self.lines
    }
}

/// The end of a sentence about the program; empty when nothing was printed.
impl fmt::Display for Prints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, first } = self;
        if *lines == 0 {
            return Ok(());
        }
        write!(
            f,
            "; it printed {lines} lines to standard output that are not messages of the protocol; such lines belong \
             on standard error; the first: `{first}`"
        )
    }
}
