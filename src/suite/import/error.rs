//! Why an import was refused.

use std::path::PathBuf;

use super::columns::Field;
use crate::common::files::FileError;
use crate::suite::{Fault, SuiteFaults};

/// Most faults that a message lists; the rest is counted.
const MAX_PRINTED: usize = 20;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file of the source or of the new suite.
    #[error(transparent)]
    File(#[from] FileError),
    /// A data file is not what its name says.
    #[error("{file}: {what}")]
    Unreadable {
        /// Its path in the source.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// The source is too large a folder.
    #[error("the source has more than {limit} files; name the folder or file that holds the tasks")]
    TooManyFiles {
        /// Files that are looked at.
        limit: usize,
    },
    /// No data file has tasks.
    #[error("no tasks in {source_name}: {what}")]
    NoTasks {
        /// The source.
        source_name: String,
        /// What was found, and what to do.
        what: String,
    },
    /// A column that the user named is nowhere.
    #[error(
        "no data file has the column `{column}` that --map names for {field}; there are: {columns}"
    )]
    NoColumn {
        /// The field.
        field: Field,
        /// The column.
        column: String,
        /// Columns that exist.
        columns: String,
    },
    /// The suite's name cannot be one.
    #[error(
        "`{0}` cannot name a suite: letters, digits, `-`, `_` and `.` are expected, not starting with `.`"
    )]
    BadName(String),
    /// Records that are no tasks.
    #[error("{} records cannot become tasks (--skip-unmapped leaves them out):{}", .0.len(), in_words(.0))]
    Unmapped(Vec<Fault>),
    /// Pictures that do not decode.
    #[error("{} pictures cannot be read:{}", .0.len(), in_words(.0))]
    Pictures(Vec<Fault>),
    /// The numbers of tasks differ from the plan.
    #[error(
        "the numbers of tasks differ from the suite's plan: {0}; import the whole data set, or pass --counts-as-found to make these the plan"
    )]
    Counts(String),
    /// The folder exists already.
    #[error("{} exists; an import goes into a new folder: remove it, or name another with -o", .0.display())]
    Exists(PathBuf),
    /// What was written is no sound suite.
    #[error("the import would not be a sound suite: {0}")]
    Unsound(#[from] SuiteFaults),
    /// The definition could not be written as TOML.
    #[error("suite.toml cannot be written: {0}")]
    Toml(#[from] toml::ser::Error),
}

fn in_words(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults
        .iter()
        .take(MAX_PRINTED)
        .map(|fault| format!("\n  {fault}"))
        .collect();
    let more = match faults.len().saturating_sub(MAX_PRINTED) {
        0 => String::new(),
        more => format!("\n  … and {more} more"),
    };
    lines.concat() + &more
}
