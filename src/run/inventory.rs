//! The runs of a folder: how far they are, what they take, and their removal.

use std::collections::BTreeMap;
use std::fs::TryLockError;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::common::disk::DiskUsage;
use crate::common::files::{self, FileError};
use crate::run::RunError;
use crate::run::folder::names;
use crate::run::lock::take_lock;
use crate::run::manifest::Manifest;
use crate::run::scores::{self, Status};
use crate::suite::select::SampleRange;

/// A part of a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartKind {
    /// The name of its file or folder.
    pub name: &'static str,
    /// What it holds.
    pub holds: &'static str,
    /// What is lost without it.
    pub loss: &'static str,
    /// Whether a run that is complete can do without it.
    pub expendable: bool,
}

/// All parts that a run folder can have.
pub const PARTS: [PartKind; 9] = [
    part(
        names::MANIFEST,
        "all settings that decided the result",
        "the run",
        false,
    ),
    part(names::SAMPLES, "the answers", "the run", false),
    part(
        names::JUDGMENTS,
        "the marks",
        "marks, which are paid for again",
        false,
    ),
    part(
        names::COSTS,
        "cost of requests that were given up",
        "what --max-cost counts of them",
        false,
    ),
    part(
        names::IMAGES,
        "pictures of the answers",
        "the run cannot be judged or shown",
        false,
    ),
    part(
        names::SCORES,
        "the score table",
        "nothing: the same command writes it again",
        true,
    ),
    part(
        names::TRAJECTORIES,
        "frames of decoding",
        "film strips of reports and `trajectory`",
        true,
    ),
    part(
        names::LOGS,
        "what programs wrote to standard error",
        "a trace of faults",
        true,
    ),
    part(names::LOCK, "held by the one writer", "nothing", false),
];

const fn part(
    name: &'static str,
    holds: &'static str,
    loss: &'static str,
    expendable: bool,
) -> PartKind {
    PartKind {
        name,
        holds,
        loss,
        expendable,
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Everything that was planned is there.
    Complete,
    /// Answers or marks are still to come; the same command resumes.
    Unfinished,
    /// A process is writing it now.
    InUse,
    /// It cannot be read.
    Unreadable,
}

/// A run at a glance. Marks are those of `scores.csv`, which is written when a sitting ends.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// How far it is.
    pub state: State,
    /// Why it cannot be read.
    pub fault: Option<String>,
    /// The suite, with its version.
    pub suite: String,
    /// The model's name.
    pub model: String,
    /// The judges' names.
    pub judges: Vec<String>,
    /// Answers that are planned.
    pub planned: u64,
    /// Answers that are in the log.
    pub answered: u64,
    /// Rows of the score table by status; those that mean nothing left out.
    pub marks: BTreeMap<&'static str, u64>,
    /// The last change of its logs.
    pub changed: Option<jiff::Timestamp>,
    /// The room it takes.
    pub usage: DiskUsage,
}

/// The runs in a folder, by name.
///
/// # Errors
/// The folder cannot be listed; one that is not there holds no runs.
pub fn list(results: &Path) -> Result<Vec<Overview>, FileError> {
    let entries = match std::fs::read_dir(results) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(FileError::at(results))?,
    };
    let folders = entries.flatten().map(|entry| entry.path());
    let mut runs: Vec<Overview> = folders
        .filter(|folder| folder.join(names::MANIFEST).is_file())
        .map(|folder| overview(&folder))
        .collect();
    runs.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(runs)
}

/// A run at a glance; what cannot be read is said in it.
pub fn overview(folder: &Path) -> Overview {
    let name = folder.file_name().unwrap_or_default();
    let mut found = Overview {
        name: name.to_string_lossy().into_owned(),
        folder: folder.to_owned(),
        state: State::Unfinished,
        fault: None,
        suite: String::new(),
        model: String::new(),
        judges: Vec::new(),
        planned: 0,
        answered: 0,
        marks: BTreeMap::new(),
        changed: changed(folder),
        usage: DiskUsage::of(folder),
    };
    if let Err(error) = look_into(folder, &mut found) {
        found.state = State::Unreadable;
        found.fault = Some(error);
    } else if is_in_use(folder) {
        found.state = State::InUse;
    } else if is_complete(&found) {
        found.state = State::Complete;
    }
    found
}

fn look_into(folder: &Path, found: &mut Overview) -> Result<(), String> {
    let manifest =
        Manifest::read(&folder.join(names::MANIFEST)).map_err(|error| error.to_string())?;
    let seeds: SampleRange = manifest
        .sampling
        .seeds
        .parse()
        .map_err(|error| format!("{}: sampling.seeds: {error}", names::MANIFEST))?;
    let tasks = manifest.suite.tasks();
    let tasks = manifest.shard.map_or(tasks, |shard| shard.tasks_of(tasks));
    found.planned = tasks * u64::from(seeds.count());
    let axes = manifest.all_axes();
    found.suite = format!("{} {}", manifest.suite.name, manifest.suite.version);
    found.model = manifest.model.identity.name;
    found.judges = manifest
        .judges
        .into_iter()
        .map(|judge| judge.identity.name)
        .collect();
    found.answered = answered(folder)?;
    let table = folder.join(names::SCORES);
    if table.exists() {
        for row in scores::read(&table, &axes).map_err(|error| error.to_string())? {
            if row.status != Status::NotApplicable {
                *found.marks.entry(row.status.key()).or_default() += 1;
            }
        }
    }
    Ok(())
}

/// Tasks and samples with an answer in the log.
fn answered(folder: &Path) -> Result<u64, String> {
    #[derive(serde::Deserialize)]
    struct Key {
        task: String,
        sample: u32,
    }
    let mut seen = std::collections::HashSet::new();
    let keep = |key: Key| {
        seen.insert((key.task, key.sample));
    };
    let path = folder.join(names::SAMPLES);
    crate::run::journal::read(&path, keep).map_err(|error| error.to_string())?;
    Ok(seen.len() as u64)
}

fn is_complete(found: &Overview) -> bool {
    let pending = found.marks.contains_key(Status::Pending.key());
    let judged = found.judges.is_empty() || !found.marks.is_empty();
    found.answered >= found.planned && judged && !pending
}

fn changed(folder: &Path) -> Option<jiff::Timestamp> {
    let logs = [names::MANIFEST, names::SAMPLES, names::JUDGMENTS].map(|name| folder.join(name));
    let times = logs
        .iter()
        .filter_map(|log| std::fs::metadata(log).ok()?.modified().ok());
    times
        .max()
        .and_then(|time| jiff::Timestamp::try_from(time).ok())
}

fn is_in_use(folder: &Path) -> bool {
    let lock = files::open_regular(&folder.join(names::LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Why a run is not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// It is being written, or its lock cannot be taken.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file could not be removed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody else's files lie in it.
    #[error(
        "{} holds something that does not belong to a run: {}; move it elsewhere first",
        folder.display(),
        names.join(", ")
    )]
    Strange {
        /// The run folder.
        folder: PathBuf,
        /// Names of the files.
        names: Vec<String>,
    },
    /// The folder is a link.
    #[error("{} is a link to a folder elsewhere; remove the run by its own path", .0.display())]
    Link(PathBuf),
}

/// Removes a run, or only one of its expendable parts. Nothing is removed while a process writes the run, and nothing
/// that no run has made.
///
/// # Errors
/// All of [`RemoveError`].
pub fn remove(folder: &Path, only: Option<PartKind>) -> Result<(), RemoveError> {
    if folder.is_symlink() {
        return Err(RemoveError::Link(folder.to_owned()));
    }
    let _lock = take_lock(folder)?;
    if let Some(part) = only {
        return Ok(remove_path(&folder.join(part.name))?);
    }
    let entries = std::fs::read_dir(folder).map_err(FileError::at(folder))?;
    let found = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let known = |name: &String| {
        PARTS.iter().any(|part| part.name == name) || name.starts_with(files::PARTIAL)
    };
    let strange: Vec<String> = found.filter(|name| !known(name)).collect();
    if !strange.is_empty() {
        return Err(RemoveError::Strange {
            folder: folder.to_owned(),
            names: strange,
        });
    }
    // Gone under its name first: what a kill leaves behind is no run that would be resumed.
    let aside = tempfile::Builder::new()
        .prefix(".removed-")
        .tempdir_in(folder.parent().unwrap_or(Path::new(".")))
        .map_err(FileError::at(folder))?;
    std::fs::rename(folder, aside.path().join("run")).map_err(FileError::at(folder))?;
    Ok(aside.close().map_err(FileError::at(folder))?)
}

fn remove_path(path: &Path) -> Result<(), FileError> {
    let removed = match path.is_dir() && !path.is_symlink() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::at(path)(error))
        }
        _ => Ok(()),
    }
}
