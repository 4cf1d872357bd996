//! An anchor set: frozen answers with the old judge's marks, in a folder that needs neither the runs nor the suite, so that a
//! later judge can be held against a judge that is gone.
//!
//! The folder holds `anchors.json` and `pictures/<sha256>.png`. Pictures are copied byte for byte: a later judge must see what
//! the old one saw.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::bridge::file::{AnchorRun, AnchorTask, Bridge, Draw, Marker};
use crate::common::digest::Digest;
use crate::common::picture::PictureFile;
use crate::common::picture::shelf::Shelf;
use crate::common::saved::SavedError;
use crate::common::sealed::{self, Content};
use crate::judge::anchor_folder::{AnchorError, FILE, check_free};
use crate::judge::evidence::Parts;
use crate::judge::{Evidence, Question, Score, View};
use crate::run::manifest::{SuiteSection, program};
use crate::suite::{Axis, Kind, Target};

/// Frozen answers with the old judge's marks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorSet {
    /// The program that made it.
    pub program: String,
    /// What was asked of the models.
    pub suite: SuiteSection,
    /// The suite's rubrics, where they have a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rubrics: Option<String>,
    /// How the tasks were chosen.
    pub draw: Draw,
    /// The judge whose marks these are.
    pub old: Marker,
    /// The tasks that were drawn.
    pub tasks: Vec<AnchorTask>,
    /// The runs; of their marks only those of the old judge are there.
    pub runs: Vec<AnchorRun>,
    /// What judges see, by run and answer, in the order of [`runs`](Self::runs).
    pub seen: Vec<Vec<Seen>>,
}

/// What a judge sees of one answer, axis by axis; an axis that is left out was marked without a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The kind of the task.
    pub kind: Kind,
    /// The axes on which a judge is asked.
    pub axes: Vec<Axis>,
    /// The instruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<Arc<str>>,
    /// The reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Arc<str>>,
    /// The input picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Digest>,
    /// The output picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Digest>,
    /// The truth, for judges that compare with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<serde_json::Value>,
}

impl Content for AnchorSet {
    const FORMAT: &'static str = "parabench anchors";
    const SCHEMA: u32 = 1;
    const FIELD: &'static str = "anchors";
    const ORIGIN: &'static str =
        "an anchor set is written by `parabench judge-bridge --save-anchors`";
    const MAX_BYTES: u64 = 64 << 20;
    const INDENTED: bool = true;
}

/// Which mark a question is about: run, answer, axis, repeat.
pub type AnchorPlace = (usize, usize, Axis, u32);

impl AnchorSet {
    /// Saves the set with its `pictures` to a folder that holds none yet.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn save(&self, folder: &Path, pictures: &[Arc<PictureFile>]) -> Result<(), AnchorError> {
        check_free(folder)?;
        Shelf::within(folder, Self::ORIGIN).keep(pictures)?;
        Ok(sealed::write(self, &folder.join(FILE))?)
    }

    /// Reads a set and checks its digest.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn load(folder: &Path) -> Result<Self, AnchorError> {
        let path = folder.join(FILE);
        let set: Self = sealed::read(&path)?;
        let answers = |run: &AnchorRun| run.answers.len();
        let seen: Vec<usize> = set.seen.iter().map(Vec::len).collect();
        if set.runs.iter().map(answers).collect::<Vec<_>>() != seen {
            let fault = "answers and what judges see of them differ in number";
            return Err(faulty(&path, fault));
        }
        match set.unknown_mark() {
            Some(fault) => Err(faulty(&path, fault)),
            None => Ok(set),
        }
    }

    /// An axis that is in no suite, or a number that is no mark of its axis.
    fn unknown_mark(&self) -> Option<String> {
        let mut asked = self.seen.iter().flatten().flat_map(|seen| &seen.axes);
        if let Some(axis) = asked.find(|axis| !axis.is_declared()) {
            return Some(format!("axis `{axis}` is unknown"));
        }
        let answers = self.runs.iter().flat_map(|run| &run.answers);
        let mut marks = answers.flat_map(|answer| &answer.marks);
        marks.find_map(|(axis, both)| {
            let mut scores = both.old.iter().chain(&both.new).flatten();
            scores.find_map(|score| score.fault(*axis))
        })
    }

    /// What a later judge is asked, `repeats` times each, with the pictures of `folder`, each checked against its name.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn questions(
        &self,
        folder: &Path,
        repeats: u32,
    ) -> Result<Vec<(AnchorPlace, Question)>, AnchorError> {
        let mut shelf = Shelf::within(folder, Self::ORIGIN);
        let mut questions = Vec::new();
        for (run, (anchors, seen)) in self.runs.iter().zip(&self.seen).enumerate() {
            for (at, (answer, seen)) in anchors.answers.iter().zip(seen).enumerate() {
                for &axis in &seen.axes {
                    let evidence = seen.evidence(axis, &mut shelf)?.ok_or_else(|| {
                        let fault = format!("task {} lacks what {axis} looks at", answer.task);
                        faulty(&folder.join(FILE), fault)
                    })?;
                    let target = seen.target.clone().map(|value| Arc::new(Target(value)));
                    questions.extend((0..repeats).map(|repeat| {
                        let question = Question {
                            task: Arc::clone(&answer.task),
                            kind: seen.kind,
                            category: None,
                            together: Arc::default(),
                            evidence: evidence.clone(),
                            target: target.clone(),
                            view: View::default(),
                            repeat,
                        };
                        ((run, at, axis, repeat), question)
                    }));
                }
            }
        }
        Ok(questions)
    }

    /// The bridge from the old judge to `new`, which gave these marks; one that is not there is missing. An axis on which no
    /// judge is asked has the old judge's mark, which was given without a call.
    pub fn bridge(&self, new: Marker, marks: &HashMap<AnchorPlace, Score>) -> Bridge {
        let mut runs = self.runs.clone();
        for (run, (anchors, seen)) in runs.iter_mut().zip(&self.seen).enumerate() {
            for (at, (answer, seen)) in anchors.answers.iter_mut().zip(seen).enumerate() {
                answer.marks.retain(|axis, _| new.identity.marks(*axis));
                for (axis, both) in &mut answer.marks {
                    both.new = match seen.axes.contains(axis) {
                        true => (0..new.repeats)
                            .map(|repeat| marks.get(&(run, at, *axis, repeat)).copied())
                            .collect(),
                        false => {
                            vec![both.old.iter().flatten().next().copied(); new.repeats as usize]
                        }
                    };
                }
            }
        }
        Bridge {
            program: program(),
            suite: self.suite.clone(),
            draw: self.draw,
            old: self.old.clone(),
            new,
            tasks: self.tasks.clone(),
            runs,
        }
    }
}

impl Seen {
    /// What judges see of an answer, of the evidence for each axis on which one is asked; and its pictures.
    pub fn of(
        kind: Kind,
        evidence: &BTreeMap<Axis, Evidence>,
        target: Option<&Target>,
    ) -> (Self, Vec<Arc<PictureFile>>) {
        let first = |part: &dyn Fn(&Evidence) -> Option<Arc<str>>| evidence.values().find_map(part);
        let picture = |part: fn(&Evidence) -> Option<&Arc<PictureFile>>| {
            evidence.values().find_map(part).map(Arc::clone)
        };
        let (input, output) = (picture(Evidence::input), picture(Evidence::output));
        let seen = Self {
            kind,
            axes: evidence.keys().copied().collect(),
            instruction: first(&|evidence| evidence.instruction().map(Arc::from)),
            reasoning: first(&|evidence| evidence.reasoning().map(Arc::from)),
            input: input.as_ref().map(|picture| picture.digest),
            output: output.as_ref().map(|picture| picture.digest),
            target: target.map(|target| target.0.clone()),
        };
        (seen, input.into_iter().chain(output).collect())
    }

    fn evidence(&self, axis: Axis, shelf: &mut Shelf) -> Result<Option<Evidence>, SavedError> {
        let (input, output) = (shelf.picture(self.input)?, shelf.picture(self.output)?);
        let parts = Parts {
            instruction: self.instruction.clone(),
            reasoning: self.reasoning.clone(),
            inputs: input.into(),
            output,
            ..Parts::default()
        };
        Ok(Evidence::gather(axis, parts))
    }
}

fn faulty(path: &Path, fault: impl std::fmt::Display) -> AnchorError {
    sealed::faulty::<AnchorSet>(path, fault).into()
}
