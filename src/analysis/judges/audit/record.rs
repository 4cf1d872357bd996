//! What an audit asked and what it was answered, as a sealed file. Verdicts are computed from it whenever it is read, so none
//! can be changed in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::thresholds::Thresholds;
use super::{Audit, of_rows};
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::saved::SavedError;
use crate::common::sealed::{self, Content};
use crate::judge::audit::{Probe, Shown, Variation};
use crate::judge::{Identity, Mark, Score, Verdict};
use crate::suite::Axis;

/// The file in an audit's folder.
pub const FILE: &str = "record.json";

/// Longest file of an audit's folder that is hashed, in bytes.
const MAX_BESIDE: u64 = 64 << 20;

/// Most calls that are read.
const MAX_CALLS: usize = 10_000;

/// One call of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRow {
    /// The axis.
    pub axis: Axis,
    /// The round.
    pub round: u32,
    /// The task.
    pub task: String,
    /// What was shown.
    pub shown: Shown,
    /// How.
    pub variation: Variation,
    /// What it deserves.
    pub truth: Score,
    /// What it got; `None` when the call was not made.
    pub mark: Option<Mark>,
}

impl MarkRow {
    /// A row per probe, in the same order.
    pub fn all(probes: &[Probe], verdicts: &[Option<Verdict>]) -> Vec<Self> {
        let row = |(probe, verdict): (&Probe, &Option<Verdict>)| Self {
            axis: probe.axis,
            round: probe.round,
            task: probe.question.task.to_string(),
            shown: probe.shown,
            variation: probe.variation,
            truth: probe.truth,
            mark: verdict.as_ref().map(|verdict| verdict.mark),
        };
        probes.iter().zip(verdicts).map(row).collect()
    }

    /// Whether this is a call for the answer as it is: plain, or its repeat.
    pub fn is_base(&self) -> bool {
        matches!(self.variation, Variation::Plain | Variation::Repeat)
    }

    /// What it has in common with the calls that it is compared with.
    pub fn family(&self) -> (Axis, u32, Shown) {
        (self.axis, self.round, self.shown)
    }
}

/// The suite of the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedSuite {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its digest.
    pub digest: Digest,
}

/// An audit as it was carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRecord {
    /// The program that made it.
    pub program: String,
    /// The judge.
    pub judge: Identity,
    /// Models and fingerprints that its endpoint named.
    pub served: BTreeSet<String>,
    /// Where the questions come from; none where an anchor set was asked again.
    pub suite: Option<AskedSuite>,
    /// The limits.
    pub thresholds: Thresholds,
    /// Requests that were sent, retries included.
    pub requests: u64,
    /// Every call.
    pub calls: Vec<MarkRow>,
    /// SHA-256 of the other files of the folder, by name.
    pub files: BTreeMap<String, Digest>,
}

impl Content for AuditRecord {
    const FORMAT: &'static str = "parabench judge audit";
    const SCHEMA: u32 = 1;
    const FIELD: &'static str = "audit";
    const ORIGIN: &'static str =
        "the record of an audit is written by `parabench judge-audit -o DIR`";
    const MAX_BYTES: u64 = 32 << 20;
    const INDENTED: bool = false;
}

impl AuditRecord {
    /// The record of an audit whose questions come from `suite`.
    pub fn new(audit: &Audit, suite: Option<AskedSuite>) -> Self {
        Self {
            program: crate::run::manifest::program(),
            judge: audit.judge.clone(),
            served: audit.served.clone(),
            suite,
            thresholds: audit.thresholds,
            requests: audit.calls.requests,
            calls: audit.marks.clone(),
            files: BTreeMap::new(),
        }
    }

    /// The verdicts that follow from it.
    pub fn audit(&self) -> Audit {
        let mut found = of_rows(&self.judge, &self.calls, &self.thresholds);
        found.served.clone_from(&self.served);
        found.calls.requests = self.requests;
        found
    }

    /// Digest of the whole content.
    pub fn digest(&self) -> Digest {
        sealed::digest(self)
    }

    /// Writes the record into an audit's folder, with the digests of the files `beside` it.
    ///
    /// # Errors
    /// [`SavedError`].
    pub fn write_into(mut self, folder: &Path, beside: &[&str]) -> Result<(), SavedError> {
        for name in beside {
            let digest = Digest::of(&files::read_bounded(&folder.join(name), MAX_BESIDE)?);
            self.files.insert((*name).to_owned(), digest);
        }
        self.write(&folder.join(FILE))
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`SavedError`].
    pub fn write(&self, path: &Path) -> Result<(), SavedError> {
        sealed::write(self, path)
    }

    /// Reads an audit's folder. The record must contradict itself nowhere, and the files beside it must be what it says.
    ///
    /// # Errors
    /// [`SavedError`].
    pub fn read_folder(folder: &Path) -> Result<Self, SavedError> {
        let path = folder.join(FILE);
        let record = Self::read(&path)?;
        for (name, wanted) in &record.files {
            let place = files::join_contained(folder, name).ok_or_else(|| {
                sealed::faulty::<Self>(&path, format!("the file name {name:?} leaves the folder"))
            })?;
            let found = Digest::of(&files::read_bounded(&place, MAX_BESIDE)?);
            if found != *wanted {
                let fault = format!(
                    "digest {}, expected {}: it was changed after the audit",
                    found.short(12),
                    wanted.short(12)
                );
                return Err(sealed::faulty::<Self>(&place, fault));
            }
        }
        Ok(record)
    }

    /// Reads the file and checks it: its form, its digest, and that it contradicts itself nowhere.
    ///
    /// # Errors
    /// [`SavedError`]. A folder without the file is one of an earlier version, or none.
    pub fn read(path: &Path) -> Result<Self, SavedError> {
        if !path.exists() && path.with_file_name("audit.json").is_file() {
            let fault = "no such file next to audit.json: the audit was made by an earlier version; make it again";
            return Err(sealed::faulty::<Self>(path, fault));
        }
        let record: Self = sealed::read(path)?;
        match record.fault() {
            None => Ok(record),
            Some(fault) => Err(sealed::faulty::<Self>(path, fault)),
        }
    }

    /// The first thing in which it contradicts itself.
    fn fault(&self) -> Option<String> {
        if self.calls.is_empty() || self.calls.len() > MAX_CALLS {
            let found = self.calls.len();
            return Some(format!("{found} calls, expected 1 to {MAX_CALLS}"));
        }
        if let Some(fault) = self.thresholds.faults().into_iter().next() {
            return Some(fault);
        }
        self.calls.iter().enumerate().find_map(|(number, call)| {
            let given = call.mark.and_then(|mark| match mark {
                Mark::Scored(score) => Some(score),
                Mark::Missing(_) => None,
            });
            let mut scores = [Some(call.truth), given].into_iter().flatten();
            let fault = scores.find_map(|score| score.fault(call.axis))?;
            Some(format!("calls[{number}]: {fault}"))
        })
    }
}
