//! Recorded trajectories of a run, or of any folder of that form.

use std::path::{Path, PathBuf};

use crate::common::files::FileError;
use crate::model::trajectory::{FILE, Trajectory, TrajectoryError};
use crate::run::folder::names;

/// Folders below the folder of trajectories in which one may lie: `TASK-SAMPLE`, or `TASK/SAMPLE`.
const DEPTH: usize = 2;

/// Why trajectories cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoriesError {
    /// A folder cannot be listed.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is none.
    #[error(
        "{}: there are no trajectories; record them with --trajectory every=N of `run` or `generate`, or with \
         trajectory=N of a model onnx:BUNDLE",
        .0.display()
    )]
    None(PathBuf),
    /// Some cannot be read; all at once.
    #[error("{} of the trajectories cannot be used:\n{}", .0.len(), .0.join("\n"))]
    Faulty(Vec<String>),
}

/// A trajectory and where its pictures lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTrajectory {
    /// The folder.
    pub folder: PathBuf,
    /// What it holds.
    pub trajectory: Trajectory,
}

/// All trajectories of a run folder, or below another folder, by task and sample.
///
/// # Errors
/// [`TrajectoriesError`].
pub fn find(folder: &Path) -> Result<Vec<StoredTrajectory>, TrajectoriesError> {
    let recorded = folder.join(names::TRAJECTORIES);
    let root = if recorded.is_dir() {
        recorded
    } else {
        folder.to_owned()
    };
    let mut folders = Vec::new();
    gather(&root, DEPTH, &mut folders)?;
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for folder in folders {
        match Trajectory::read(&folder) {
            Ok(trajectory) => found.push(StoredTrajectory { folder, trajectory }),
            Err(TrajectoryError::Json { path, source }) => {
                faults.push(format!("  {}: not a trajectory: {source}", path.display()));
            }
            Err(error) => faults.push(format!("  {error}")),
        }
    }
    if !faults.is_empty() {
        return Err(TrajectoriesError::Faulty(faults));
    }
    if found.is_empty() {
        return Err(TrajectoriesError::None(folder.to_owned()));
    }
    let key = |found: &StoredTrajectory| (found.trajectory.task.clone(), found.trajectory.sample);
    found.sort_by_key(key);
    Ok(found)
}

fn gather(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), FileError> {
    if folder.join(FILE).is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    if depth == 0 {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(FileError::at(folder))? {
        let path = entry.map_err(FileError::at(folder))?.path();
        if path.is_dir() {
            gather(&path, depth - 1, found)?;
        }
    }
    Ok(())
}
