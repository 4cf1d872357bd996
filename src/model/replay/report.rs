//! What was matched before anything runs.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::layout::Layout;
use crate::model::text::few;

/// A file that belongs to no task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOver {
    /// Path relative to the folder, or a line of the records file.
    pub name: String,
    /// The task that it may have been meant for, judged by its name.
    pub near: Option<String>,
}

/// Files whose name several tasks share, so that nobody can tell whose they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collision {
    /// The files.
    pub files: Vec<String>,
    /// The tasks that give their files this name.
    pub tasks: Vec<String>,
}

/// What a folder of stored answers holds for a suite. Answers are named by the
/// task's id, and by `id@sample` from sample 1 on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplayReport {
    /// The folder.
    pub folder: PathBuf,
    /// The layout that fits best, or the one that was asked for.
    pub layout: Layout,
    /// The names that were expected, with the suite's first task as the example.
    pub expected: String,
    /// Forms of the file names that were found, digits as `#`, with their number;
    /// most frequent first.
    pub found: Vec<(String, usize)>,
    /// Other layouts that fit some files, with the number of tasks.
    pub rivals: Vec<(Layout, usize)>,
    /// Answers that the run asks for: tasks times samples.
    pub asked: usize,
    /// Answers with both halves (or with a picture, when the model does not think).
    pub complete: usize,
    /// Answers with a text and no picture.
    pub without_image: Vec<String>,
    /// Answers with a picture and no text; empty when the model does not think.
    pub without_text: Vec<String>,
    /// Tasks and samples of which nothing is stored.
    pub without_answer: Vec<String>,
    /// Answers of which a file is broken, too long or not there although it is named: that
    /// half is lost.
    pub broken: Vec<String>,
    /// Stored answers to tasks or samples that the run does not ask for.
    pub not_asked: usize,
    /// Files that belong to one of several tasks: counted as no task's answer.
    pub collisions: Vec<Collision>,
    /// Files that show input and output side by side: no answers, and none are missed.
    pub companions: usize,
    /// Files that belong to no task.
    pub left_over: Vec<LeftOver>,
    /// Files that are no answer although their name fits: broken, empty, too long, a link
    /// that leaves the folder; each with the reason.
    pub unusable: Vec<String>,
    /// What else the user should know, line by line.
    pub notes: Vec<String>,
    /// Whether an absent half counts as the model's answer (`absent=empty`).
    pub absent_is_empty: bool,
}

impl ReplayReport {
    #[cfg(any(test, feature = "internals"))]
    /// Whether every answer is there and nothing is left over.
    pub fn is_clean(&self) -> bool {
        self.complete == self.asked
            && self.left_over.is_empty()
            && self.unusable.is_empty()
            && self.collisions.is_empty()
            && self.not_asked == 0
    }

    fn absent_halves(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = if self.absent_is_empty {
            "counted as answered without"
        } else {
            "missing; `absent=empty` declares that the model answered without"
        };
        for (names, half) in [
            (&self.without_image, "no picture"),
            (&self.without_text, "no text"),
        ] {
            if !names.is_empty() {
                write!(f, "\n  {} with {half} ({fate}): ", names.len())?;
                f.write_str(&few(names))?;
            }
        }
        if self.asked > 0 && self.without_text.len() == self.asked {
            write!(
                f,
                "\n  no answer has a text: if the model does not think, say `thinks=false`"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "replay of {}: layout `{}`, {} of {} answers complete",
            self.folder.display(),
            self.layout.key(),
            self.complete,
            self.asked
        )?;
        self.absent_halves(f)?;
        if !self.without_answer.is_empty() {
            let names = few(&self.without_answer);
            let count = self.without_answer.len();
            write!(f, "\n  {count} without any answer (missing): {names}")?;
        }
        if !self.broken.is_empty() {
            let names = few(&self.broken);
            let count = self.broken.len();
            write!(
                f,
                "\n  {count} with a broken file (lost, never a bad answer): {names}"
            )?;
        }
        if !self.unusable.is_empty() {
            let names = few(&self.unusable);
            write!(f, "\n  {} not usable: {names}", self.unusable.len())?;
        }
        if self.not_asked > 0 {
            let count = self.not_asked;
            write!(
                f,
                "\n  {count} answers to tasks or samples that are not asked"
            )?;
        }
        if !self.collisions.is_empty() {
            let names: Vec<String> = self.collisions.iter().map(ToString::to_string).collect();
            write!(
                f,
                "\n  {} names are shared by several tasks, whose answers overwrote each other \
                 (missing; one output folder per task avoids it): {}",
                names.len(),
                few(&names)
            )?;
        }
        if !self.left_over.is_empty() {
            let names: Vec<String> = self.left_over.iter().map(ToString::to_string).collect();
            write!(f, "\n  {} left over: {}", names.len(), few(&names))?;
        }
        for note in &self.notes {
            write!(f, "\n  {note}")?;
        }
        for (layout, tasks) in &self.rivals {
            let key = layout.key();
            write!(
                f,
                "\n  layout `{key}` would fit {tasks} tasks: `layout={key}`"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", few(&self.files), few(&self.tasks))
    }
}

impl fmt::Display for LeftOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.near {
            Some(near) => write!(f, "{} (meant for `{near}`?)", self.name),
            None => f.write_str(&self.name),
        }
    }
}
