//! Trajectories: what a sample looked like while it was decoded, for film strips and the trajectory reward.
//!
//! A sample's folder holds `trajectory.json` and, where frames are recorded, a picture per frame. Cells that are not decided yet are drawn grey,
//! text positions that are not decided yet are boxes.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::common::files::{self, FileError, is_safe_name};

/// Version of the form of `trajectory.json`.
pub const SCHEMA: u32 = 1;
/// Name of the file that describes a trajectory.
pub const FILE: &str = "trajectory.json";
/// What stands for a text position that is not decided.
pub const BLANK: char = '□';
/// Largest `trajectory.json` that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// What is recorded of how a sample is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filming {
    /// What every step decided.
    Steps,
    /// The same, a frame every so many steps, at least 1, and one at the end.
    Frames {
        /// Steps from frame to frame.
        every: usize,
    },
}

/// `trajectory.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trajectory {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The task's id.
    pub task: String,
    /// Number of the sample.
    pub sample: u32,
    /// Frames are this many steps apart; the last one shows the end. 0 where no frames were recorded.
    pub every: usize,
    /// Rows and columns of the picture's cells.
    pub grid: [usize; 2],
    /// What each step decided.
    pub steps: Vec<StepRecord>,
    /// The final text, cut before each word; empty where there is none, and in files of earlier programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WordRecord>,
    /// The frames.
    pub frames: Vec<FrameRecord>,
}

/// What one step changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// Offsets into the text that were decided.
    pub text: Vec<usize>,
    /// Cells that were decided or changed.
    pub cells: Vec<usize>,
    /// Cells that were masked again.
    pub masked_again: Vec<usize>,
}

/// One word of the final text, with the white space that follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRecord {
    /// The word.
    pub text: String,
    /// Steps after which all of it was decided.
    pub after_steps: usize,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameRecord {
    /// Steps done.
    pub after_steps: usize,
    /// The text, with a box where a position is not decided.
    pub text: String,
    /// Name of the picture in the same folder.
    pub image: String,
    /// Text positions decided.
    pub text_decided: usize,
    /// Cells decided.
    pub cells_decided: usize,
}

/// A trajectory with its pictures, as a model hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    /// What `trajectory.json` will hold.
    pub trajectory: Trajectory,
    /// The picture of each frame, in their order, as PNG.
    pub pictures: Vec<Bytes>,
}

/// Why a trajectory cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrajectoryError {
    /// Its file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its file is not one.
    #[error("{}: not a trajectory", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Its form is another version's, or a name in it leads elsewhere.
    #[error("{}: {what}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The folder of a sample's trajectory within the folder of trajectories.
#[must_use]
pub fn folder_name(task: &str, sample: u32) -> String {
    format!("{task}-{sample}")
}

impl Trajectory {
    /// Reads the trajectory in a sample's folder. Names of pictures in it are plain file names.
    ///
    /// # Errors
    /// [`TrajectoryError`].
    pub fn read(folder: &Path) -> Result<Self, TrajectoryError> {
        let path = folder.join(FILE);
        let bytes = files::read_bounded(&path, MAX_BYTES)?;
        let read: Self =
            serde_json::from_slice(&bytes).map_err(|source| TrajectoryError::Json {
                path: path.clone(),
                source,
            })?;
        let wrong = |what: String| Err(TrajectoryError::Form { path, what });
        if read.schema != SCHEMA {
            return wrong(format!(
                "its form is version {}, this program reads version {SCHEMA}",
                read.schema
            ));
        }
        match read.frames.iter().find(|frame| !is_safe_name(&frame.image)) {
            Some(frame) => wrong(format!("`{}` is not the name of a picture", frame.image)),
            None => Ok(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trajectory(image: &str) -> Trajectory {
        Trajectory {
            schema: SCHEMA,
            task: "t".into(),
            sample: 0,
            every: 1,
            grid: [1, 1],
            steps: vec![StepRecord::default()],
            words: Vec::new(),
            frames: vec![FrameRecord {
                after_steps: 1,
                text: BLANK.into(),
                image: image.into(),
                text_decided: 0,
                cells_decided: 1,
            }],
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let put = |trajectory: &Trajectory| {
            let bytes = serde_json::to_vec(trajectory).unwrap();
            std::fs::write(folder.path().join(FILE), bytes).unwrap();
        };
        let good = trajectory("step-00001.png");
        put(&good);
        assert_eq!(Trajectory::read(folder.path()).unwrap(), good);
        for image in ["../secret.png", "/etc/passwd", ""] {
            put(&trajectory(image));
            let error = Trajectory::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains("not the name of a picture"), "{error}");
        }
        put(&Trajectory { schema: 2, ..good });
        let error = Trajectory::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("version 2"), "{error}");
    }
}
