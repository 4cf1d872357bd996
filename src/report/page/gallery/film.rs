//! Films: what the sequence showed while it was decoded, where a trajectory was recorded.
//!
//! They lie in the run folder, named by task and sample; no name that a model wrote is followed out of it.

use std::path::{Path, PathBuf};

use crate::analysis::runs::load::LoadedRun;
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::MAX_ENCODED_BYTES;
use crate::model::trajectory::{Trajectory, folder_name};
use crate::report::page::text::bounded;
use crate::run::folder::names;
use crate::run::record::SampleKey;

/// Most frames of a film.
const FRAMES: usize = 8;
/// Most characters of a frame's text.
const MAX_TEXT: usize = 600;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub step: usize,
    /// The text, with a box where a position is not decided.
    pub text: String,
    /// Text positions and cells that are decided.
    pub decided: [usize; 2],
    pub path: PathBuf,
    pub digest: Digest,
}

/// Where the trajectories of a run lie, if it recorded any.
pub(super) fn folder(run: &LoadedRun) -> Option<PathBuf> {
    let folder = run.folder.join(names::TRAJECTORIES);
    folder.is_dir().then_some(folder)
}

/// The frames of a sample: evenly chosen, the last one always among them. What cannot be read is no film.
pub(super) fn frames(folder: &Path, key: &SampleKey) -> Vec<Frame> {
    if !files::is_safe_name(&key.task) {
        return Vec::new();
    }
    let folder = folder.join(folder_name(&key.task, key.sample));
    let Ok(trajectory) = Trajectory::read(&folder) else {
        return Vec::new();
    };
    let count = trajectory.frames.len();
    chosen(count)
        .into_iter()
        .filter_map(|number| {
            let frame = trajectory.frames.get(number)?;
            let path = files::join_contained(&folder, &frame.image)?;
            let bytes = files::read_bounded(&path, MAX_ENCODED_BYTES).ok()?;
            Some(Frame {
                step: frame.after_steps,
                text: bounded(&frame.text, MAX_TEXT).text,
                decided: [frame.text_decided, frame.cells_decided],
                digest: Digest::of(&bytes),
                path,
            })
        })
        .collect()
}

/// At most [`FRAMES`] positions out of `count`, first and last among them.
fn chosen(count: usize) -> Vec<usize> {
    if count <= FRAMES {
        return (0..count).collect();
    }
    let last = FRAMES - 1;
    (0..FRAMES)
        .map(|n| (n * (count - 1) + last / 2) / last)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn films_are_even_and_end_at_the_end() {
        assert_eq!(chosen(3), [0, 1, 2]);
        assert_eq!(chosen(0), [] as [usize; 0]);
        for count in [9, 30, 128] {
            let frames = chosen(count);
            assert_eq!((frames.len(), frames[0], frames[7]), (FRAMES, 0, count - 1));
            assert!(
                frames.windows(2).all(|pair| pair[0] < pair[1]),
                "{frames:?}"
            );
        }
    }

    #[test]
    fn frames_stay_in_their_folder() {
        use crate::model::trajectory::{FILE, FrameRecord};
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("film");
        let sample = folder.join("t-1-0");
        std::fs::create_dir_all(&sample).unwrap();
        std::fs::write(base.path().join("secret.png"), b"secret").unwrap();
        std::fs::write(sample.join("step-00002.png"), b"frame").unwrap();
        let frame = |after_steps: usize, image: &str| FrameRecord {
            after_steps,
            text: String::new(),
            image: image.to_owned(),
            text_decided: 0,
            cells_decided: 0,
        };
        let put = |frames| {
            let trajectory = Trajectory {
                schema: 1,
                task: "t-1".to_owned(),
                sample: 0,
                every: 2,
                grid: [1, 1],
                steps: Vec::new(),
                frames,
            };
            std::fs::write(sample.join(FILE), serde_json::to_vec(&trajectory).unwrap()).unwrap();
        };
        put(vec![frame(2, "step-00002.png"), frame(6, "absent.png")]);
        let key = |task: &str| SampleKey {
            task: task.into(),
            sample: 0,
        };
        let found = frames(&folder, &key("t-1"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].step, found[0].digest), (2, Digest::of(b"frame")));
        assert!(frames(&folder, &key("../t-1")).is_empty());
        assert!(frames(&folder, &key("t-2")).is_empty());
        put(vec![
            frame(2, "step-00002.png"),
            frame(4, "../../secret.png"),
        ]);
        assert!(frames(&folder, &key("t-1")).is_empty());
    }
}
