//! Films: what the sequence showed while it was decoded, where a trajectory was recorded.
//!
//! Where what was decided stays decided, the passes after which each cell and word stood are enough: the page masks the
//! final answer. Otherwise a few frames are shown. Trajectories lie in the run folder, named by task and sample; no name
//! that a model wrote is followed out of it.

use std::path::{Path, PathBuf};

use super::wire::Passes;
use crate::analysis::runs::load::LoadedRun;
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::MAX_ENCODED_BYTES;
use crate::model::trajectory::{Trajectory, WordRecord, folder_name};
use crate::report::page::text::{Bounded, bounded};
use crate::run::folder::names;
use crate::run::record::SampleKey;

/// Most frames of a film.
const FRAMES: usize = 8;
/// Most characters of a frame's text.
const MAX_TEXT: usize = 600;
/// Most cells of a picture that are masked one by one.
const MAX_CELLS: usize = 64 * 64;
/// Most words that are masked one by one.
const MAX_WORDS: usize = 2_000;
/// Most steps of a decoding whose passes are shown.
const MAX_STEPS: usize = 10_000;

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

/// A trajectory that was recorded.
#[derive(Debug)]
pub(super) struct Recorded {
    folder: PathBuf,
    trajectory: Trajectory,
}

impl Recorded {
    /// The trajectory of a sample. What cannot be read is none.
    pub fn read(folder: &Path, key: &SampleKey) -> Option<Self> {
        if !files::is_safe_name(&key.task) {
            return None;
        }
        let folder = folder.join(folder_name(&key.task, key.sample));
        let trajectory = Trajectory::read(&folder).ok()?;
        Some(Self { folder, trajectory })
    }

    /// When each cell and each word of `text` was decided; none where a cell was decided more than once, where the
    /// recorded words are not those of the text, and for what is too large.
    pub fn passes(&self, text: Option<&Bounded>) -> Option<Passes> {
        let Trajectory { grid, steps, .. } = &self.trajectory;
        let count = grid
            .iter()
            .try_fold(1_usize, |all, side| all.checked_mul(*side))?;
        if count == 0 || count > MAX_CELLS || steps.is_empty() || steps.len() > MAX_STEPS {
            return None;
        }
        let mut cells = vec![0; count];
        for (step, record) in steps.iter().enumerate() {
            if !record.masked_again.is_empty() {
                return None;
            }
            for &cell in &record.cells {
                let pass = cells.get_mut(cell).filter(|pass| **pass == 0)?;
                *pass = step + 1;
            }
        }
        Some(Passes {
            all: steps.len(),
            grid: *grid,
            cells,
            words: self.words(text)?,
        })
    }

    /// The passes of the words of a text, which is the recorded one without white space around it.
    fn words(&self, text: Option<&Bounded>) -> Option<Vec<usize>> {
        let blank = |word: &&WordRecord| !word.text.trim().is_empty();
        let words: Vec<&WordRecord> = self.trajectory.words.iter().filter(blank).collect();
        let whole: String = words.iter().map(|word| word.text.as_str()).collect();
        let shown = text.map_or("", |text| text.text.as_str());
        let same = whole.trim() == shown && words.len() <= MAX_WORDS;
        same.then(|| words.iter().map(|word| word.after_steps).collect())
    }

    /// Frames: evenly chosen, the last one always among them.
    pub fn frames(&self) -> Vec<Frame> {
        let count = self.trajectory.frames.len();
        let frames = chosen(count).into_iter();
        frames.filter_map(|number| self.frame(number)).collect()
    }

    fn frame(&self, number: usize) -> Option<Frame> {
        let frame = self.trajectory.frames.get(number)?;
        let path = files::join_contained(&self.folder, &frame.image)?;
        let bytes = files::read_bounded(&path, MAX_ENCODED_BYTES).ok()?;
        Some(Frame {
            step: frame.after_steps,
            text: bounded(&frame.text, MAX_TEXT).text,
            decided: [frame.text_decided, frame.cells_decided],
            digest: Digest::of(&bytes),
            path,
        })
    }
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
                words: Vec::new(),
                frames,
            };
            std::fs::write(sample.join(FILE), serde_json::to_vec(&trajectory).unwrap()).unwrap();
        };
        put(vec![frame(2, "step-00002.png"), frame(6, "absent.png")]);
        let key = |task: &str| SampleKey {
            task: task.into(),
            sample: 0,
        };
        let frames = |task: &str| {
            let found = Recorded::read(&folder, &key(task));
            found.map_or_else(Vec::new, |found| found.frames())
        };
        let found = frames("t-1");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].step, found[0].digest), (2, Digest::of(b"frame")));
        assert!(frames("../t-1").is_empty());
        assert!(frames("t-2").is_empty());
        put(vec![
            frame(2, "step-00002.png"),
            frame(4, "../../secret.png"),
        ]);
        assert!(frames("t-1").is_empty());
    }

    #[test]
    fn passes_are_those_of_what_is_shown_or_none() {
        use crate::model::trajectory::StepRecord;
        let step = |text: &[usize], cells: &[usize]| StepRecord {
            text: text.to_vec(),
            cells: cells.to_vec(),
            masked_again: Vec::new(),
        };
        let word = |text: &str, after_steps| WordRecord {
            text: text.to_owned(),
            after_steps,
        };
        let recorded = Recorded {
            folder: PathBuf::new(),
            trajectory: Trajectory {
                schema: 1,
                task: "t-1".to_owned(),
                sample: 0,
                every: 0,
                grid: [1, 3],
                steps: vec![step(&[1], &[2]), step(&[0], &[0])],
                words: vec![word(" ", 0), word("a\n", 2), word("b ", 1)],
                frames: Vec::new(),
            },
        };
        let text = |text: &str| bounded(text, 100);
        let found = recorded.passes(Some(&text("a\nb"))).unwrap();
        assert_eq!((found.all, found.grid), (2, [1, 3]));
        assert_eq!((found.cells, found.words), (vec![2, 0, 1], vec![2, 1]));
        // A text that was cut, or another one, is not that of the words.
        assert_eq!(recorded.passes(Some(&text("a"))), None);
        assert_eq!(recorded.passes(None), None);
        let with = |change: &dyn Fn(&mut Trajectory)| {
            let mut other = Recorded {
                folder: PathBuf::new(),
                trajectory: recorded.trajectory.clone(),
            };
            change(&mut other.trajectory);
            other.passes(Some(&text("a\nb")))
        };
        assert!(with(&|_| {}).is_some());
        assert_eq!(with(&|t| t.steps[1].masked_again = vec![2]), None);
        assert_eq!(with(&|t| t.steps[0].cells = vec![0]), None);
        assert_eq!(with(&|t| t.steps[0].cells = vec![9]), None);
        assert_eq!(with(&|t| t.steps.clear()), None);
        assert_eq!(with(&|t| t.grid = [usize::MAX, 9]), None);
        assert_eq!(with(&|t| t.grid = [0, 3]), None);
    }
}
