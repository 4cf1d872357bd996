//! Where imported marks come from, in `run.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::common::digest::Digest;

/// The kind of models and judges whose marks were imported.
pub const IMPORTED: &str = "imported";

/// Files with marks that a run was imported from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportSection {
    /// Their form, by the name of `--as`.
    pub format: String,
    /// SHA-256 of the score table as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Digest>,
    /// Axis → column, as the user said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// The files.
    pub file: Vec<ImportedFile>,
}

/// A file with marks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedFile {
    /// Its name, without the path to it.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Records that were read.
    pub records: u64,
    /// Lines that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_lines: Vec<u64>,
}
