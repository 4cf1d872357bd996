//! `report.toml`: which runs and options made a report, so that it can be made again and checked.

mod error;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use self::error::PlanError;
use crate::analysis::bridge::file::Bridge;
use crate::analysis::compare::Across;
use crate::analysis::findings::ReportRequest;
use crate::analysis::judges::audit::AuditRecord;
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::source::RunSource;
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::run::manifest::program;

/// Names of the files that make a report repeatable.
pub mod names {
    /// The plan.
    pub const PLAN: &str = "report.toml";
    /// The copy of the bridge between judges.
    pub const BRIDGE: &str = "bridge.json";
    /// The copy of what was declared beforehand.
    pub const DECLARATION: &str = "declaration.toml";
}

/// The version of the form.
const SCHEMA: u32 = 1;

/// The edition of what a report shows and where: raised where the same runs give a report other words, numbers or
/// places, so that a report from before is not taken for a false one.
pub const EDITION: u32 = 2;

/// Longest plan that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// Longest declaration that is copied, in bytes.
const MAX_DECLARATION_BYTES: u64 = 64 << 10;

/// What made a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRecord {
    /// The form of this file.
    pub schema: u32,
    /// The program that made the report.
    pub program: String,
    /// The edition of what it shows; reports from before editions are of the first.
    #[serde(default = "first_edition", skip_serializing_if = "is_first_edition")]
    pub edition: u32,
    /// The command that makes it.
    pub command: String,
    /// Whose marks; the only judge where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// Whether marks of different judges were compared.
    pub force_judge: bool,
    /// Joint sign flips of the family.
    pub draws: u64,
    /// Whether the claims were held against other analyses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multiverse: bool,
    /// Whether the suite's data were at hand, so that the page shows instructions and input pictures.
    pub suite_at_hand: bool,
    /// The published rows that are shown, by model; all where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Vec<String>>,
    /// Digest of the declaration, which lies beside this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Digest>,
    /// Digest of the bridge between judges, which lies beside this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridge: Option<Digest>,
    /// Audits of judges, whose records lie beside this file.
    #[serde(default, rename = "audit", skip_serializing_if = "Vec::is_empty")]
    pub audits: Vec<PlannedAudit>,
    /// The runs, baselines last.
    #[serde(rename = "run")]
    pub runs: Vec<PlannedRun>,
    /// Runs that are shown beside.
    #[serde(default, rename = "beside", skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<PlannedRun>,
    /// SHA-256 of files in the report's folder that are compared as bytes, by relative path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Digest>,
}

fn first_edition() -> u32 {
    1
}

fn is_first_edition(edition: &u32) -> bool {
    *edition == first_edition()
}

/// One run of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRun {
    /// What the report calls it.
    pub label: String,
    /// Its folder, from the report's folder, with `/` between names.
    pub path: String,
    /// Whether the others are compared with it.
    pub baseline: bool,
    /// SHA-256 of its files by name.
    pub files: BTreeMap<String, Digest>,
}

/// The audit of one judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedAudit {
    /// Digest of the judge's identity.
    pub judge: Digest,
    /// Digest of the audit's record.
    pub record: Digest,
}

impl PlannedAudit {
    fn of(record: &AuditRecord) -> Self {
        Self {
            judge: record.judge.digest(),
            record: record.digest(),
        }
    }

    /// The name of the record's copy in the report's folder.
    pub fn file(&self) -> String {
        format!("audit-{}.json", self.judge.short(12))
    }
}

impl ReportRecord {
    /// The plan of a report that `request` makes in `folder`, which is there.
    ///
    /// # Errors
    /// [`PlanError::File`].
    pub fn new(folder: &Path, request: &ReportRequest<'_>) -> Result<Self, PlanError> {
        let planned = |source: &&RunSource, baseline| -> Result<PlannedRun, PlanError> {
            Ok(PlannedRun {
                label: source.run.label.clone(),
                path: relative(folder, &source.run.folder)?,
                baseline,
                files: source.files.clone(),
            })
        };
        let runs = request.runs.iter().map(|source| planned(source, false));
        let baselines = request.baselines.iter().map(|source| planned(source, true));
        let beside = request.beside.iter().map(|source| planned(source, false));
        Ok(Self {
            schema: SCHEMA,
            program: program(),
            edition: EDITION,
            command: request.command.clone(),
            judge: request.judge.map(str::to_owned),
            force_judge: matches!(request.across, Across::Forced),
            draws: request.draws,
            multiverse: request.multiverse,
            published: None,
            suite_at_hand: false,
            declaration: request.declaration.digest,
            bridge: match request.across {
                Across::Bridged(bridge) => Some(bridge.digest()),
                Across::Refused | Across::Forced => None,
            },
            audits: request.audits.iter().map(PlannedAudit::of).collect(),
            runs: runs.chain(baselines).collect::<Result<_, _>>()?,
            beside: beside.collect::<Result<_, _>>()?,
            files: BTreeMap::new(),
        })
    }

    /// Records the digests of files in the report's folder, given by their relative paths.
    ///
    /// # Errors
    /// [`PlanError::File`].
    pub fn record<'a>(
        &mut self,
        folder: &Path,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), PlanError> {
        for name in names {
            let path = folder.join(name);
            let digest = Digest::of_file(&path).map_err(FileError::at(&path))?;
            self.files.insert(name.to_owned(), digest);
        }
        Ok(())
    }

    /// Reads the plan of a report.
    ///
    /// # Errors
    /// [`PlanError::NoReport`], [`PlanError::File`] and [`PlanError::Syntax`].
    pub fn read(folder: &Path) -> Result<Self, PlanError> {
        let path = folder.join(names::PLAN);
        let text = files::read_text_bounded(&path, MAX_BYTES).map_err(|error| {
            if error.is_not_found() {
                PlanError::NoReport(folder.to_owned())
            } else {
                error.into()
            }
        })?;
        let fault = |message: String| PlanError::Syntax {
            path: path.clone(),
            message,
        };
        let plan: Self = toml::from_str(&text)
            .map_err(|error| fault(format!("not a report.toml of schema {SCHEMA}: {error}")))?;
        if plan.schema != SCHEMA {
            return Err(fault(format!(
                "schema {}, this program knows schema {SCHEMA}",
                plan.schema
            )));
        }
        Ok(plan)
    }

    /// All runs: those of the report, then those that are shown beside.
    pub fn all(&self) -> impl Iterator<Item = &PlannedRun> {
        self.runs.iter().chain(&self.beside)
    }

    /// The plan as text.
    ///
    /// # Errors
    /// [`PlanError::Syntax`], which plans do not raise.
    pub fn text(&self) -> Result<String, PlanError> {
        toml::to_string(self).map_err(|error| PlanError::Syntax {
            path: names::PLAN.into(),
            message: error.to_string(),
        })
    }

    /// Writes the plan into the report's folder, with a copy of the declaration where there is one.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn write(&self, folder: &Path, declaration: Option<&Path>) -> Result<(), PlanError> {
        if let Some(path) = declaration {
            let bytes = files::read_bounded(path, MAX_DECLARATION_BYTES)?;
            files::write_atomic(&folder.join(names::DECLARATION), &bytes)?;
        }
        Ok(files::write_atomic(
            &folder.join(names::PLAN),
            self.text()?.as_bytes(),
        )?)
    }

    /// Removes what this earlier report wrote into `folder` and `later`, which is there now, does not have. A file that
    /// was changed since stays.
    ///
    /// # Errors
    /// [`PlanError::File`].
    pub fn remove_from(&self, folder: &Path, later: &Self) -> Result<(), PlanError> {
        let stale = self
            .files
            .iter()
            .filter(|(name, _)| !later.files.contains_key(*name));
        for (name, digest) in stale {
            let Some(path) = files::join_contained(folder, name) else {
                continue;
            };
            if Digest::of_file(&path).is_ok_and(|found| found == *digest) {
                remove(&path)?;
            }
        }
        let path = folder.join(names::DECLARATION);
        let ours = || Declaration::read(&path).is_ok_and(|found| found.digest == self.declaration);
        if self.declaration.is_some() && later.declaration.is_none() && ours() {
            remove(&path)?;
        }
        let stale = self.audits.iter().filter(|audit| {
            let stays = later.audits.iter().any(|other| other.judge == audit.judge);
            !stays && self.audit(folder, audit).is_ok()
        });
        for audit in stale {
            remove(&folder.join(audit.file()))?;
        }
        if self.bridge.is_some() && later.bridge.is_none() && self.bridge(folder).is_ok() {
            remove(&folder.join(names::BRIDGE))?;
        }
        Ok(())
    }

    /// The declaration that lies beside the plan, or the defaults.
    ///
    /// # Errors
    /// [`PlanError::Declaration`].
    pub fn declared(&self, folder: &Path) -> Result<Declaration, PlanError> {
        Ok(match self.declaration {
            Some(_) => Declaration::read(&folder.join(names::DECLARATION))?,
            None => Declaration::default(),
        })
    }

    /// The bridge that lies beside the plan, where the report was made with one.
    ///
    /// # Errors
    /// [`PlanError::Bridge`], [`PlanError::OtherBridge`].
    pub fn bridge(&self, folder: &Path) -> Result<Option<Bridge>, PlanError> {
        let Some(wanted) = self.bridge else {
            return Ok(None);
        };
        let path = folder.join(names::BRIDGE);
        let bridge = Bridge::read(&path)?;
        let found = bridge.digest();
        if found == wanted {
            return Ok(Some(bridge));
        }
        Err(PlanError::OtherBridge {
            path,
            found,
            wanted,
        })
    }

    /// The records of audits that lie beside the plan, as far as the report was made with some.
    ///
    /// # Errors
    /// [`PlanError::Audit`], [`PlanError::OtherAudit`].
    pub fn audits(&self, folder: &Path) -> Result<Vec<AuditRecord>, PlanError> {
        let read = |audit| self.audit(folder, audit);
        self.audits.iter().map(read).collect()
    }

    fn audit(&self, folder: &Path, audit: &PlannedAudit) -> Result<AuditRecord, PlanError> {
        let path = folder.join(audit.file());
        let record = AuditRecord::read(&path)?;
        match record.digest() {
            found if found == audit.record => Ok(record),
            found => Err(PlanError::OtherAudit {
                path,
                found,
                wanted: audit.record,
            }),
        }
    }

    /// Reads the runs again, those that are shown beside last, from where the plan says or, with `results`, else by their labels from there.
    ///
    /// # Errors
    /// [`PlanError::NoRun`] and [`PlanError::Source`].
    pub fn sources(
        &self,
        folder: &Path,
        results: Option<&Path>,
    ) -> Result<Vec<RunSource>, PlanError> {
        let read = |planned: &PlannedRun| {
            let path = folder.join(&planned.path);
            let other = results.map(|results| results.join(&planned.label));
            let is_run = |path: &PathBuf| path.join(crate::run::folder::names::MANIFEST).is_file();
            let mut places = std::iter::once(&path).chain(&other);
            let Some(found) = places.find(|path| is_run(path)) else {
                return Err(PlanError::NoRun {
                    plan: folder.join(names::PLAN),
                    label: planned.label.clone(),
                    path: path.clone(),
                });
            };
            let mut source = RunSource::read(found)?;
            source.run.label.clone_from(&planned.label);
            Ok(source)
        };
        self.all().map(read).collect()
    }
}

fn remove(path: &Path) -> Result<(), FileError> {
    std::fs::remove_file(path).map_err(FileError::at(path))
}

/// The way from one folder to another, both there; absolute where there is none.
fn relative(from: &Path, to: &Path) -> Result<String, FileError> {
    let real = |path: &Path| path.canonicalize().map_err(FileError::at(path));
    let (from, to) = (real(from)?, real(to)?);
    let (from_parts, to_parts): (Vec<_>, Vec<_>) =
        (from.components().collect(), to.components().collect());
    let pairs = from_parts.iter().zip(&to_parts);
    let common = pairs.take_while(|(a, b)| a == b).count();
    if common == 0 {
        return Ok(to.display().to_string());
    }
    let up = std::iter::repeat_n("..".to_owned(), from_parts.len() - common);
    let down = to_parts.iter().skip(common).filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    let parts: Vec<String> = up.chain(down).collect();
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests;
