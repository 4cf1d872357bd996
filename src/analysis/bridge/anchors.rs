//! An anchor set: frozen answers with the old judge's marks, in a folder that needs neither the runs nor the suite, so that a
//! later judge can be held against a judge that is gone.
//!
//! The folder holds `anchors.json` and `pictures/<sha256>.png`. Pictures are copied byte for byte: a later judge must see what
//! the old one saw.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::bridge::file::{AnchorRun, AnchorTask, Bridge, Draw, Marker, resolve_marks};
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::PictureFile;
use crate::common::picture::shelf::Shelf;
use crate::common::saved::SavedError;
use crate::common::sealed::{self, Content};
use crate::judge::anchor_folder::{AnchorError, FILE, check_free};
use crate::judge::evidence::Parts;
use crate::judge::rubric::ToMark;
use crate::judge::{Evidence, Question, Score, View};
use crate::run::manifest::{SuiteSection, program};
use crate::suite::calls::{self, WireCall};
use crate::suite::{Axis, Call, Category, Input, Kind, Target};

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
    /// The suite's own rubrics where they have none: SHA-256 of each file in the folder `rubrics`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rubric_files: BTreeMap<String, Digest>,
    /// The suite's calls of judges, where it states some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<WireCall>,
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
    /// The input picture, where it is one without a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Digest>,
    /// The input pictures in order, where they are several or have labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<SeenInput>,
    /// Width and height of the first input picture, where no axis sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<[u32; 2]>,
    /// What a right answer shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Arc<str>>,
    /// A picture of a right answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_image: Option<Digest>,
    /// The output picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Digest>,
    /// The truth, for judges that compare with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<serde_json::Value>,
}

/// One of several input pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenInput {
    /// The picture.
    pub picture: Digest,
    /// What judges are told that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Arc<str>>,
}

impl Content for AnchorSet {
    const FORMAT: &'static str = "parabench anchors";
    const SCHEMA: u32 = 1;
    const FIELD: &'static str = "anchors";
    const ORIGIN: &'static str =
        "an anchor set is written by `parabench judge-bridge --save-anchors`";
    const MAX_BYTES: u64 = 64 << 20;
    const INDENTED: bool = true;

    fn resolved(mut self) -> Self {
        resolve_marks(&mut self.runs, &self.suite);
        for axis in self
            .seen
            .iter_mut()
            .flatten()
            .flat_map(|seen| &mut seen.axes)
        {
            *axis = axis.among(&self.suite.axes).unwrap_or(*axis);
        }
        self
    }
}

/// The folder of the suite's own rubrics in that of an anchor set.
pub const RUBRICS: &str = "rubrics";
/// Longest rubric, in bytes.
const MAX_RUBRIC_BYTES: u64 = 256 << 10;

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
        if let Some(fault) = set.unknown_mark() {
            return Err(faulty(&path, fault));
        }
        for (name, digest) in &set.rubric_files {
            let file = folder.join(RUBRICS).join(name);
            let text = match files::is_safe_name(name) {
                true => {
                    files::read_text_bounded(&file, MAX_RUBRIC_BYTES).map_err(SavedError::from)?
                }
                false => return Err(faulty(&path, "a rubric whose name is not a file name")),
            };
            if Digest::of(text.as_bytes()) != *digest {
                return Err(faulty(&file, "it was changed after it was written"));
            }
        }
        Ok(set)
    }

    /// What a later judge marks: the axes of the suite, in its calls.
    ///
    /// # Errors
    /// What does not fit the suite in its calls.
    pub fn to_mark(&self) -> Result<ToMark, String> {
        if !self.suite.declares() {
            return Ok(ToMark::parabench());
        }
        let categories = self.suite.categories.iter();
        let whole: Vec<Category> = categories
            .clone()
            .map(|category| Category {
                name: category.name.clone(),
                kind: category.kind,
                planned: category.planned,
                ids: None,
            })
            .collect();
        let call = |wire: &WireCall| {
            calls::check(wire, &self.suite.axes, &whole).map_err(|faults| {
                let said = faults.into_iter();
                let said = said.map(|(found, expected)| format!("{found}; expected {expected}"));
                said.collect::<Vec<_>>().join("\n")
            })
        };
        let calls = self.calls.iter().map(call).collect::<Result<_, _>>()?;
        let categories: Vec<(&str, Kind)> = categories.map(|c| (c.name.as_str(), c.kind)).collect();
        Ok(ToMark::declared(&self.suite.axes, &categories, calls))
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
        calls: &[Call],
        repeats: u32,
    ) -> Result<Vec<(AnchorPlace, Question)>, AnchorError> {
        let mut shelf = Shelf::within(folder, Self::ORIGIN);
        let tasks = self.tasks.iter();
        let categories: HashMap<&str, &Arc<str>> =
            tasks.map(|task| (&*task.task, &task.category)).collect();
        let mut questions = Vec::new();
        for (run, (anchors, seen)) in self.runs.iter().zip(&self.seen).enumerate() {
            for (at, (answer, seen)) in anchors.answers.iter().zip(seen).enumerate() {
                let category = categories.get(&*answer.task).map(|name| Arc::clone(name));
                for &axis in &seen.axes {
                    let evidence = seen.evidence(axis, &mut shelf)?.ok_or_else(|| {
                        let fault = format!("task {} does not have what {axis} needs", answer.task);
                        faulty(&folder.join(FILE), fault)
                    })?;
                    let shown = calls::shown(axis, category.as_deref().unwrap_or(""), calls);
                    let evidence = evidence.within(shown);
                    let target = seen.target.clone().map(|value| Arc::new(Target(value)));
                    questions.extend((0..repeats).map(|repeat| {
                        let question = Question {
                            task: Arc::clone(&answer.task),
                            kind: seen.kind,
                            category: category.clone(),
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
        let output = picture(Evidence::output);
        let right = picture(Evidence::reference_image);
        let inputs = evidence.values().map(Evidence::inputs);
        let inputs = inputs.max_by_key(|inputs| inputs.len()).cloned();
        let inputs = inputs.unwrap_or_default();
        let all: Vec<&Input> = inputs.iter().collect();
        let (input, several) = match all.as_slice() {
            [
                Input {
                    picture,
                    label: None,
                },
            ] => (Some(picture.digest), Vec::new()),
            several => {
                let seen = |input: &&Input| SeenInput {
                    picture: input.picture.digest,
                    label: input.label.clone(),
                };
                (None, several.iter().map(seen).collect())
            }
        };
        let seen = Self {
            kind,
            axes: evidence.keys().copied().collect(),
            instruction: first(&|evidence| evidence.instruction().map(Arc::from)),
            reasoning: first(&|evidence| evidence.reasoning().map(Arc::from)),
            input,
            frame: match inputs.is_empty() {
                true => evidence.values().find_map(Evidence::frame),
                false => None,
            },
            inputs: several,
            reference: first(&|evidence| evidence.reference().map(Arc::from)),
            reference_image: right.as_ref().map(|picture| picture.digest),
            output: output.as_ref().map(|picture| picture.digest),
            target: target.map(|target| target.0.clone()),
        };
        let pictures = inputs.pictures().cloned();
        (seen, pictures.chain(output).chain(right).collect())
    }

    fn evidence(&self, axis: Axis, shelf: &mut Shelf) -> Result<Option<Evidence>, SavedError> {
        let mut inputs: Vec<Input> = Vec::new();
        let one = self.input.map(|picture| (picture, None));
        let several = self
            .inputs
            .iter()
            .map(|input| (input.picture, input.label.clone()));
        for (digest, label) in one.into_iter().chain(several) {
            let picture = shelf.picture(Some(digest))?;
            inputs.extend(picture.map(|picture| Input { picture, label }));
        }
        let parts = Parts {
            instruction: self.instruction.clone(),
            reasoning: self.reasoning.clone(),
            inputs: inputs.into_iter().collect(),
            output: shelf.picture(self.output)?,
            reference: self.reference.clone(),
            reference_image: shelf.picture(self.reference_image)?,
        };
        Ok(Evidence::gather(axis, parts).map(|evidence| evidence.framed(self.frame)))
    }
}

fn faulty(path: &Path, fault: impl std::fmt::Display) -> AnchorError {
    sealed::faulty::<AnchorSet>(path, fault).into()
}
