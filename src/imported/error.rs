//! Why marks were not imported.

use crate::common::files::FileError;
use crate::run::RunError;
use crate::run::scores::ScoresError;
use crate::stats::error::StatsError;
use crate::suite::import::ImportError;

/// Most faults that a message lists; the rest is counted.
const MAX_PRINTED: usize = 20;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ScoresImportError {
    /// The files.
    #[error(transparent)]
    Source(#[from] ImportError),
    /// The files do not hold what the format has.
    #[error("{0}")]
    Format(String),
    /// Rows that cannot be placed, each with its place.
    #[error("{} rows cannot be taken:{}", .0.len(), listed(.0))]
    Rows(Vec<String>),
    /// The run folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// `run.toml`.
    #[error(transparent)]
    Run(#[from] RunError),
    /// `scores.csv`.
    #[error(transparent)]
    Scores(#[from] ScoresError),
    /// The official figure.
    #[error(transparent)]
    Stats(#[from] StatsError),
}

fn listed(faults: &[String]) -> String {
    let mut text: String = faults
        .iter()
        .take(MAX_PRINTED)
        .map(|fault| format!("\n  {fault}"))
        .collect();
    if faults.len() > MAX_PRINTED {
        text.push_str(&format!("\n  and {} more", faults.len() - MAX_PRINTED));
    }
    text
}
