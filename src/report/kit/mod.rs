//! The paper kit: tables and paragraphs for LaTeX, data as CSV and JSON, a report in Markdown. Everything is
//! rendered from [`Findings`]; nothing is computed here.

mod cells;
mod markdown;
mod markdown_runs;
pub mod marks;
mod methods_tex;
mod results_csv;
mod results_json;
mod significance_tex;
mod table_tex;
mod tex;
pub mod words;

pub use cells::Column;
pub use table_tex::{published_table, title as published_title};

use std::path::{Path, PathBuf};

use crate::analysis::findings::Findings;
use crate::common::files::{self, FileError};

/// Names of the files of the kit.
pub mod names {
    /// The score table for LaTeX.
    pub const TABLE: &str = "table.tex";
    /// The tests for LaTeX.
    pub const SIGNIFICANCE: &str = "significance.tex";
    /// What was done, as a paragraph for LaTeX.
    pub const METHODS: &str = "methods.tex";
    /// All numbers of the tables, one row each.
    pub const CSV: &str = "results.csv";
    /// Everything.
    pub const JSON: &str = "results.json";
    /// The report as Markdown.
    pub const MARKDOWN: &str = "report.md";
}

/// One file of the kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitFile {
    /// Its name in the report's folder.
    pub name: &'static str,
    /// Its content.
    pub text: String,
}

/// Why the kit cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// The CSV writer, which writing into memory does not make fail.
    #[error("results.csv: {0}")]
    Csv(#[from] csv::Error),
    /// The JSON writer, likewise.
    #[error("results.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
}

/// All files of the kit; the same findings give the same bytes.
///
/// # Errors
/// [`KitError::Csv`] and [`KitError::Json`].
pub fn render(findings: &Findings) -> Result<Vec<KitFile>, KitError> {
    let file = |name, text| KitFile { name, text };
    Ok(vec![
        file(names::TABLE, table_tex::table(findings)),
        file(
            names::SIGNIFICANCE,
            significance_tex::significance(findings),
        ),
        file(names::METHODS, methods_tex::methods(findings)),
        file(names::CSV, results_csv::results(findings)?),
        file(names::JSON, results_json::results(findings)?),
        file(names::MARKDOWN, markdown::report(findings)),
    ])
}

/// Writes the kit into a folder that is there, each file whole or not at all, and returns their paths.
///
/// # Errors
/// [`KitError`].
pub fn write(folder: &Path, findings: &Findings) -> Result<Vec<PathBuf>, KitError> {
    let mut written = Vec::new();
    for file in render(findings)? {
        let path = folder.join(file.name);
        files::write_atomic(&path, file.text.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}
