//! Folders of runs and of their shards, and the suites that they were made on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::command::UsageError;
use crate::common::files::FileError;
use crate::common::suggest;
use crate::run::RunError;
use crate::run::folder::{RunData, RunFolder};
use crate::run::manifest::{Manifest, SuiteSection};
use crate::run::shard::plan::{PLAN, check_judges};
use crate::run::shard::{shards_folder, whole_of_shards};
use crate::suite::{self, Suite};

/// How long a shard waits for another process that holds its folder: the lock of a machine that died lives until the
/// file server gives it up.
const WAIT_FOR_LOCK: Duration = Duration::from_secs(180);

/// Opens the folder of a run. That of a shard is waited for while another process holds it, and its judges are
/// compared with those of other shards.
///
/// # Errors
/// Those of [`RunFolder::open`].
pub fn open_folder(path: &Path, wanted: &Manifest) -> Result<(RunFolder, RunData), RunError> {
    let Some(shard) = wanted.shard else {
        return RunFolder::open(path, wanted.clone());
    };
    if let Some(shards) = path.parent() {
        check_judges(shards, shard, &wanted.judges)?;
    }
    let end = Instant::now() + WAIT_FOR_LOCK;
    let mut said = false;
    loop {
        match RunFolder::open(path, wanted.clone()) {
            Err(RunError::Locked { .. }) if Instant::now() < end => {
                if !said {
                    eprintln!(
                        "note: another process holds shard {shard}; waiting up to {} s for it",
                        WAIT_FOR_LOCK.as_secs()
                    );
                }
                said = true;
                std::thread::sleep(Duration::from_millis(500));
            }
            other => return other,
        }
    }
}

/// The folder of the shards of a run that is named by its folder, the folder of its shards, or its name in the folder
/// of runs; `None` where there are none.
pub fn find_shards(results: &Path, run: &str) -> Option<PathBuf> {
    let candidates = [PathBuf::from(run), results.join(run)];
    let folders = candidates.iter().flat_map(|run| {
        let own = whole_of_shards(run).map(|_| run.clone());
        own.into_iter().chain([shards_folder(run)])
    });
    let mut folders = folders.filter(|folder| folder.join(PLAN).is_file());
    folders.next()
}

/// The folders of all runs in shards in the folder of runs, by name.
///
/// # Errors
/// The folder cannot be listed; one that is not there holds none.
pub fn all_shards(results: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match std::fs::read_dir(results) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(FileError::at(results))?,
    };
    let folders = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = folders
        .filter(|folder| whole_of_shards(folder).is_some() && folder.join(PLAN).is_file())
        .collect();
    found.sort();
    Ok(found)
}

/// The folder of the shards of a run that must have some.
///
/// # Errors
/// [`UsageError`], with the runs in shards that are there.
pub fn existing_shards(results: &Path, run: &str) -> anyhow::Result<PathBuf> {
    if let Some(folder) = find_shards(results, run) {
        return Ok(folder);
    }
    let known = all_shards(results)?;
    let known: Vec<String> = known
        .iter()
        .filter_map(|folder| Some(whole_of_shards(folder)?.file_name()?.display().to_string()))
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let unknown = suggest::unknown("run in shards", run, &known, Some("parabench runs status"));
    Err(UsageError(format!(
        "{unknown}; looked in {}; `run` and `generate` with --shard make such runs",
        results.display()
    ))
    .into())
}

/// Opens the suite that a run was made on: `given`, else `recorded`.
///
/// # Errors
/// It cannot be opened, or is not that of the run.
pub fn open_suite(
    given: Option<&str>,
    recorded: &str,
    section: &SuiteSection,
) -> anyhow::Result<Suite> {
    let spec = given.unwrap_or(recorded);
    let suite = suite::open(spec).with_context(|| match given {
        Some(_) => "--suite".to_owned(),
        None => "the run's suite; name it with --suite where it lies elsewhere".to_owned(),
    })?;
    if suite.digest != section.digest {
        bail!(
            "the run was made on `{}` version {} with digest {}, `{spec}` is version {} with \
             digest {}; name the folder of the run's suite with --suite",
            section.name,
            section.version,
            section.digest.short(12),
            suite.version,
            suite.digest.short(12)
        );
    }
    Ok(suite)
}
