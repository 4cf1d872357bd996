//! `plan.toml`: what all shards of a run have in common. It is made once, by whichever shard comes first,
//! and compared by all.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Shard;
use super::heads::add_judge;
use crate::common::files::{self, FileError};
use crate::run::RunError;
use crate::run::folder::names;
use crate::run::manifest::{JudgeSection, MAX_MANIFEST_BYTES, Manifest};
use crate::run::record::SchemaVersion;
use crate::suite::select::SampleRange;

/// The name of the plan's file in the folder of the shards.
pub const PLAN: &str = "plan.toml";

/// How long a plan is looked for that another machine has just made: network file systems remember for
/// seconds that a file was not there.
const APPEARS_WITHIN: Duration = Duration::from_secs(5);

/// The plan of a run in shards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardPlan {
    /// The form of this file.
    pub schema: SchemaVersion,
    /// How many shards the run has.
    pub shards: u32,
    /// The suite as the first shard was told it, a name or a folder; its digest is in `run`.
    pub suite: String,
    /// The settings of the whole run, with all its tasks. Judges and declarations are those of the shards.
    pub run: Manifest,
}

impl ShardPlan {
    /// The plan of a run with these settings.
    pub fn new(of: u32, suite: &str, settings: &Manifest) -> Self {
        let mut run = settings.whole();
        run.judges = Vec::new();
        run.declaration = None;
        run.model.provenance.clear();
        Self {
            schema: SchemaVersion::default(),
            shards: of,
            suite: suite.to_owned(),
            run,
        }
    }

    /// Reads the plan in the folder of the shards.
    ///
    /// # Errors
    /// [`RunError::File`] and [`RunError::Manifest`].
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join(PLAN);
        let text = files::read_text_bounded(&path, MAX_MANIFEST_BYTES)?;
        let fault = |message: String| RunError::Manifest {
            path: path.clone(),
            message,
        };
        let plan: Self = toml::from_str(&text)
            .map_err(|error| fault(format!("not the plan of a run in shards: {error}")))?;
        Shard::new(0, plan.shards.into()).map_err(|error| fault(error.to_string()))?;
        let seeds = plan.run.sampling.seeds.parse::<SampleRange>();
        seeds.map_err(|error| fault(format!("sampling.seeds: {error}")))?;
        Ok(plan)
    }

    /// Numbers of the samples per task.
    pub fn samples(&self) -> SampleRange {
        // Checked when the plan was read, and made of such a range before.
        self.run.sampling.seeds.parse().unwrap_or_default()
    }

    /// Makes the plan's file, or compares with the one that is there. Of several shards that come at once
    /// one makes it, and all see the same.
    ///
    /// # Errors
    /// [`RunError::Different`] where the file holds another plan, and those of reading and writing it.
    pub fn agree(&self, folder: &Path) -> Result<(), RunError> {
        let path = folder.join(PLAN);
        if !path.exists() {
            files::create_folder(folder)?;
            if self.create(folder, &path)? {
                return Ok(());
            }
        }
        read_patiently(folder)?.check(self, folder)
    }

    /// Compares what another shard was told with this plan.
    ///
    /// # Errors
    /// [`RunError::Different`].
    pub fn check(&self, other: &Self, folder: &Path) -> Result<(), RunError> {
        let mut differences = Vec::new();
        if self.shards != other.shards {
            let (before, now) = (self.shards, other.shards);
            differences.push(format!("  shards: recorded {before}, now {now}"));
        }
        differences.extend(self.run.differences(&other.run));
        if differences.is_empty() {
            return Ok(());
        }
        Err(RunError::DifferentPlan {
            plan: folder.join(PLAN),
            differences: differences.join("\n"),
        })
    }

    /// Makes the file unless it is there: written aside and synced, then linked to its name, which only the first
    /// can do. Whether this was the first.
    fn create(&self, folder: &Path, path: &Path) -> Result<bool, RunError> {
        let text = toml::to_string(self).map_err(|error| RunError::Manifest {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        let at = || FileError::at(path);
        let mut aside = files::partial_in(folder).map_err(at())?;
        aside.write_all(text.as_bytes()).map_err(at())?;
        aside.as_file().sync_all().map_err(at())?;
        match fs::hard_link(aside.path(), path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            // On NFS the answer to a link that was made can get lost.
            Err(_) if is_same_file(aside.path(), path) => Ok(true),
            Err(error) => Err(RunError::NoLinks {
                folder: folder.to_owned(),
                reason: error,
            }),
        }
    }
}

#[cfg(unix)]
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (fs::symlink_metadata(one), fs::symlink_metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same_file(_one: &Path, _other: &Path) -> bool {
    false
}

/// Reads a plan that somebody has just made.
fn read_patiently(folder: &Path) -> Result<ShardPlan, RunError> {
    let end = Instant::now() + APPEARS_WITHIN;
    loop {
        match ShardPlan::read(folder) {
            Err(RunError::File(error)) if error.is_not_found() && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(200));
            }
            other => return other,
        }
    }
}

/// The folders of one shard, and which shard each holds: those of `folder` that have a `run.toml`.
///
/// # Errors
/// The folder cannot be listed, or holds a run that is no shard of `of`.
pub fn shard_folders(folder: &Path, of: u32) -> Result<Vec<(Shard, PathBuf)>, RunError> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).map_err(FileError::at(folder))?;
    for entry in entries {
        let path = entry.map_err(FileError::at(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || !path.join(names::MANIFEST).is_file() {
            continue;
        }
        match Shard::of_folder_name(&name) {
            Some(shard) if shard.of() == of => found.push((shard, path)),
            _ => return Err(RunError::StrangeShard { folder: path, of }),
        }
    }
    found.sort();
    Ok(found)
}

/// Compares judges with those of another shard, as far as one has been marked: a judge of one name must be the same
/// judge in all. Merging proves it for all shards; this finds out before money is spent.
///
/// # Errors
/// [`RunError::DifferentPlan`].
pub fn check_judges(folder: &Path, own: Shard, judges: &[JudgeSection]) -> Result<(), RunError> {
    for (shard, other) in shard_folders(folder, own.of())? {
        let path = other.join(names::MANIFEST);
        // One that is just being made cannot be read yet: merging reads it.
        let Ok(manifest) = Manifest::read(&path) else {
            continue;
        };
        if shard == own || manifest.judges.is_empty() {
            continue;
        }
        let mut known = manifest.judges;
        let faults = judges
            .iter()
            .filter_map(|judge| add_judge(&mut known, judge).err());
        let faults: Vec<String> = faults.map(|fault| format!("  {fault}")).collect();
        return match faults.is_empty() {
            true => Ok(()),
            false => Err(RunError::DifferentPlan {
                plan: path,
                differences: faults.join("\n"),
            }),
        };
    }
    Ok(())
}
