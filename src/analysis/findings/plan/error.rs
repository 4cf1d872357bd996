//! What can be wrong with the plan of a report.

use std::path::PathBuf;

use crate::analysis::bridge::file::BridgeError;
use crate::analysis::runs::declaration::DeclarationError;
use crate::analysis::runs::source::SourceError;
use crate::common::digest::Digest;
use crate::common::files::FileError;
use crate::common::saved::SavedError;

/// Why a report cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder holds no report.
    #[error(
        "{} is not a report: it holds no report.toml; `parabench report RUN… -o DIR` makes one",
        .0.display()
    )]
    NoReport(PathBuf),
    /// The plan is none.
    #[error("{}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// A run is not where it was.
    #[error(
        "{}: run {label} is not at {}; name the folder that holds {label} with --results",
        plan.display(), path.display()
    )]
    NoRun {
        /// The plan.
        plan: PathBuf,
        /// The run.
        label: String,
        /// Where the plan says it is.
        path: PathBuf,
    },
    /// A run that cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The declaration.
    #[error(transparent)]
    Declaration(#[from] DeclarationError),
    /// The bridge.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// The record of an audit.
    #[error(transparent)]
    Audit(#[from] SavedError),
    /// Another audit lies there than the report was made with.
    #[error(
        "{}: the record of the audit there has digest {}, the report was made with {}",
        path.display(), found.short(12), wanted.short(12)
    )]
    OtherAudit {
        /// The file.
        path: PathBuf,
        /// Its digest.
        found: Digest,
        /// The plan's.
        wanted: Digest,
    },
    /// Another bridge lies there than the report was made with.
    #[error(
        "{}: the bridge there has digest {}, the report was made with {}",
        path.display(), found.short(12), wanted.short(12)
    )]
    OtherBridge {
        /// The file.
        path: PathBuf,
        /// Its digest.
        found: Digest,
        /// The plan's.
        wanted: Digest,
    },
}
