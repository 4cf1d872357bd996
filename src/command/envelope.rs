//! The one form of what `--json` prints: `schema`, `command`, and `result` or `error`. At most one such object is printed.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use serde::Serialize;

use super::{Exit, Globals, terminal};

/// Version of the envelope. Keys are added under the same version, never renamed.
pub const SCHEMA: u32 = 1;

/// Whether the object was printed.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// What is printed.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: u32,
    command: &'a str,
    #[serde(flatten)]
    outcome: Outcome<T>,
}

/// How the command ended.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<T> {
    /// With a result; the exit code may still be above 0.
    Result(T),
    /// Without one.
    Error(Fault),
}

/// Why there is no result.
#[derive(Serialize)]
struct Fault {
    /// What is wrong and what to do.
    message: String,
    /// What led to it, the nearest first.
    causes: Vec<String>,
    exit_code: u8,
}

impl Globals {
    /// Prints the result of the command as JSON on standard output.
    ///
    /// # Errors
    /// When the result cannot be written as JSON.
    pub fn print_json(&self, result: &impl Serialize) -> anyhow::Result<()> {
        self.print(Outcome::Result(result))
    }

    /// Prints an error as JSON, where `--json` was given and nothing is printed yet.
    pub(super) fn print_error(&self, error: &anyhow::Error, exit: Exit) {
        let mut causes = error.chain().map(ToString::to_string);
        let fault = Fault {
            message: causes.next().unwrap_or_default(),
            causes: causes.collect(),
            exit_code: exit.code(),
        };
        self.print_fault(fault);
    }

    /// Says as JSON that a command ended before it had a result, where `--json` was given and nothing is printed yet.
    pub(super) fn print_without_result(&self, exit: Exit) {
        self.print_fault(Fault {
            message: match exit {
                Exit::Interrupted => "stopped; the same command resumes".to_owned(),
                _ => "ended without a result; standard error says why".to_owned(),
            },
            causes: Vec::new(),
            exit_code: exit.code(),
        });
    }

    fn print_fault(&self, fault: Fault) {
        if self.json && !PRINTED.load(Ordering::Relaxed) {
            // A fault is made of texts, which can be written.
            let _ = self.print(Outcome::<()>::Error(fault));
        }
    }

    fn print<T: Serialize>(&self, outcome: Outcome<T>) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&Envelope {
            schema: SCHEMA,
            command: &self.command,
            outcome,
        })
        .context("cannot write the result as JSON")?;
        terminal::print_json_text(&text);
        PRINTED.store(true, Ordering::Relaxed);
        Ok(())
    }
}
