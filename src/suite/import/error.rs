//! Why an import was refused.

use std::path::PathBuf;

use super::columns::Field;
use crate::common::files::FileError;
use crate::common::suggest::unknown;
use crate::suite::Fault;

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
    /// Data files that cannot be read, beside others or alone.
    #[error("{} data files cannot be read; correct them, or say which files hold the tasks with --only GLOB:{}", .0.len(), files_in_words(.0))]
    Unreadables(Vec<(String, String)>),
    /// The source holds whole data sets of the hub's cache.
    #[error("the source holds the hub's cache folder {0}; name that folder itself")]
    Cache(String),
    /// Several revisions in a folder of the hub's cache.
    #[error("the cached data set has several revisions: {0}; say which one with --revision")]
    Revisions(String),
    /// The revision that the user named is not there.
    #[error("in the cached data set: {}", unknown("revision", name, &listed.iter().map(String::as_str).collect::<Vec<_>>(), None))]
    NoRevision {
        /// What was named.
        name: String,
        /// Revisions that are there.
        listed: Vec<String>,
    },
    /// A revision was named of something that has none.
    #[error(
        "--revision is for a data set's folder in the hub's cache (datasets--OWNER--NAME); this source is not such a \
         folder"
    )]
    NoCache,
    /// Several splits.
    #[error(
        "the source has several splits: {0}; say which one with --split NAME, or take all with --split all"
    )]
    Splits(String),
    /// The split that the user named is not there.
    #[error("{}", unknown("split", name, &listed.iter().map(String::as_str).collect::<Vec<_>>(), None))]
    NoSplit {
        /// What was named.
        name: String,
        /// Splits that are there.
        listed: Vec<String>,
    },
    /// Files that do not read alike.
    #[error(
        "{first} and {second} have different columns for {field}: {a} and {b}; say which files hold the tasks with --only GLOB, or import them one by one"
    )]
    Differ {
        /// The field.
        field: Field,
        /// A file.
        first: String,
        /// Another.
        second: String,
        /// The column in the first, in words.
        a: String,
        /// The column in the second, in words.
        b: String,
    },
    /// Two files that hold the same tasks.
    #[error(
        "{count} records of {second} have ids that records of {first} have, too: two versions of one data set? Say which files hold the tasks with --only GLOB"
    )]
    Doubled {
        /// A file.
        first: String,
        /// Another.
        second: String,
        /// Records with such ids.
        count: usize,
    },
    /// Two columns with one name but for case and marks.
    #[error(
        "{file}: the columns `{columns}` could all be the {field}; say which one with --map {field}=COLUMN"
    )]
    Ambiguous {
        /// The file.
        file: String,
        /// The field.
        field: Field,
        /// The columns.
        columns: String,
    },
    /// Columns of pictures of which it is not clear what they are.
    #[error("{file}: the columns `{columns}` look like pictures, {}; name the picture to edit with --map image=COLUMN, or say with --no-image that the tasks have none",
        match input { Some(input) => format!("in addition to `{input}`, which was taken for the input"), None => "and \
            it is not known which of them is the input".to_owned() })]
    UnclearPictures {
        /// The file.
        file: String,
        /// The columns.
        columns: String,
        /// What was guessed to be the input.
        input: Option<String>,
    },
    /// The suite declares no prompts of its authors.
    #[error(
        "--with-prompts: the definition of {0} does not say where its authors keep their prompts ([[prompts]]); import without it, for rubrics of the suite or your own"
    )]
    NoPrompts(String),
    /// There is no folder to take the authors' prompts from.
    #[error(
        "--with-prompts {path}: {source}; expected a folder, a clone of the authors' repository"
    )]
    NoClone {
        /// What was named.
        path: String,
        /// What is wrong with it.
        source: FileError,
    },
    /// The authors' prompts cannot be taken.
    #[error("--with-prompts: {} of the authors' prompts cannot be taken:\n  {}", .0.len(), .0.join("\n  "))]
    Prompts(Vec<String>),
    /// A pattern of --only is none.
    #[error("--only: `{0}` is not a pattern of file names: {1}")]
    BadPattern(String, &'static str),
    /// --only matches nothing.
    #[error("--only matches no data file of the source; its data files are: {0}")]
    NothingChosen(String),
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
    /// No record has the column that picks records.
    #[error("no record has the column `{column}` that --where names; there are: {columns}")]
    NoRowColumn {
        /// The column.
        column: String,
        /// Columns that exist.
        columns: String,
    },
    /// No record has the value that was asked for.
    #[error("no record has {column} = `{value}` (--where); there are: {there}")]
    NoRows {
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// Values that exist.
        there: String,
    },
    /// The suite's definition hints at records in a form that is none.
    #[error(
        "[import] where = `{0}` in suite.toml: COLUMN=VALUE is expected, several joined by commas"
    )]
    BadHint(String),
    /// The suite's name cannot be one.
    #[error(
        "`{0}` cannot name a suite: letters, digits, `-`, `_` and `.` are expected, not starting with `.`"
    )]
    BadName(String),
    /// Records that are no tasks.
    #[error("{} records cannot become tasks (--skip-unmapped leaves them out):{}", .0.len(), in_words(.0))]
    Unmapped(Vec<Fault>),
    /// Pictures that do not decode.
    #[error("{} pictures cannot be read (--skip-unmapped leaves their tasks out):{}", .0.len(), in_words(.0))]
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
    #[error("the import would not be a sound suite:{}", in_words(.0))]
    Unsound(Vec<Fault>),
    /// The definition could not be written as TOML.
    #[error("suite.toml cannot be written: {0}")]
    Toml(#[from] toml::ser::Error),
}

impl ImportError {
    /// A data file that cannot be read.
    pub(super) fn unreadable(file: &str, what: &str) -> Self {
        Self::Unreadable {
            file: file.to_owned(),
            what: what.to_owned(),
        }
    }
}

fn files_in_words(files: &[(String, String)]) -> String {
    let lines = files.iter().take(MAX_PRINTED);
    lines
        .map(|(file, what)| format!("\n  {file}: {what}"))
        .collect()
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
