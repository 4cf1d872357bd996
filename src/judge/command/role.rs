//! A program that plays a judge: what it must say first.

use std::sync::OnceLock;

use super::protocol::{self, Hello};
use crate::common::program::{LineForm, Role};

/// A program that plays a judge.
#[derive(Default)]
pub(super) struct JudgeRole {
    /// The axes of the description; empty where it leaves them to the program.
    pub(super) axes: Vec<String>,
    /// What the first copy said: all must say the same.
    pub(super) first: OnceLock<Hello>,
}

impl Role for JudgeRole {
    type Hello = Hello;
    const LINES: LineForm = protocol::LINES;
    const UNIT: &'static str = "request";
    const LOG_PREFIX: &'static str = "judge-";

    fn read_hello(&self, line: &[u8]) -> Result<Hello, String> {
        let hello = protocol::read_hello(line)?;
        let lacks = |axis: &&String| !hello.axes.is_empty() && !hello.axes.contains(axis);
        if let Some(axis) = self.axes.iter().find(lacks) {
            return Err(format!(
                "marks {}, but the description asks it for {axis}; correct [[axes]] or its hello",
                hello.axes.join(", ")
            ));
        }
        if self.axes.is_empty() && hello.axes.is_empty() {
            return Err(
                "names no axes in its hello, and the description has no [[axes]]; one of them must name some"
                    .to_owned(),
            );
        }
        let first = self.first.get_or_init(|| hello.clone());
        match *first == hello {
            true => Ok(hello),
            false => Err(format!(
                "says {}, but said {} when it was started first: marks of two judges may not be mixed",
                hello.told(),
                first.told()
            )),
        }
    }
}

impl Hello {
    /// What it calls itself.
    pub(super) fn told(&self) -> String {
        let words = [self.name.as_deref(), self.version.as_deref()];
        let said: Vec<&str> = words.into_iter().flatten().collect();
        match said.is_empty() {
            true => format!("no name (axes {})", self.axes.join(", ")),
            false => said.join(" "),
        }
    }
}
