//! What is wrong with a suite: every fault with its place, all of them at once.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Most faults that are printed; the rest is counted.
const MAX_PRINTED: usize = 100;

/// Longest piece of foreign text that a message quotes, in characters.
const MAX_QUOTED: usize = 80;

/// One thing that is wrong with a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, relative to the suite's folder.
    pub file: String,
    /// Its line, counted from 1, where the fault has one.
    pub line: Option<usize>,
    /// What was found.
    pub found: String,
    /// What was expected instead.
    pub expected: String,
    /// What to do about it.
    pub cure: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(
            f,
            ": {}; expected {}; {}",
            self.found, self.expected, self.cure
        )
    }
}

/// All that is wrong with a suite; never empty.
#[derive(Clone, Debug, Serialize)]
pub struct SuiteFaults {
    /// The suite's folder.
    pub folder: PathBuf,
    /// The faults in the order of the files.
    pub faults: Vec<Fault>,
}

impl fmt::Display for SuiteFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        write!(f, "the suite {} has {count} {noun}:", self.folder.display())?;
        for fault in self.faults.iter().take(MAX_PRINTED) {
            write!(f, "\n  {fault}")?;
        }
        if count > MAX_PRINTED {
            write!(f, "\n  … and {} more", count - MAX_PRINTED)?;
        }
        Ok(())
    }
}

impl std::error::Error for SuiteFaults {}

/// Collects faults of one file.
#[derive(Debug)]
pub(super) struct FaultList {
    file: &'static str,
    faults: Vec<Fault>,
}

impl FaultList {
    /// An empty list for a file of the suite's folder.
    pub(super) fn of(file: &'static str) -> Self {
        Self {
            file,
            faults: Vec::new(),
        }
    }

    /// Adds one fault.
    pub(super) fn push(
        &mut self,
        line: impl Into<Option<usize>>,
        found: impl Into<String>,
        expected: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.faults.push(Fault {
            file: self.file.to_owned(),
            line: line.into(),
            found: found.into(),
            expected: expected.into(),
            cure: cure.into(),
        });
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// The faults, by line; those without a line come last.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        self.faults
            .sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
        self.faults
    }
}

/// Foreign text in a message: in backquotes, cut, without control characters.
pub(super) fn quoted(text: &str) -> String {
    let mut kept: String = text
        .chars()
        .take(MAX_QUOTED)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(MAX_QUOTED).is_some() {
        kept.push('…');
    }
    format!("`{kept}`")
}
