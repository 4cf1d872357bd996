//! An anchor set: frozen answers with the old judge's marks, in a folder that needs neither the runs nor the suite, so that a
//! later judge can be held against a judge that is gone.
//!
//! The folder holds `anchors.json` and `pictures/<sha256>.png`. Pictures are copied byte for byte: a later judge must see what
//! the old one saw.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::bridge::file::{AnchorRun, AnchorTask, Bridge, BridgeError, Draw, Marker};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError, join_contained};
use crate::common::picture::{PictureError, PictureFile};
use crate::judge::evidence::Parts;
use crate::judge::{Evidence, Question, Score, View};
use crate::run::manifest::{SuiteSection, program};
use crate::suite::{Axis, Kind, Target};

/// Version of the files' form.
pub const SCHEMA: u32 = 1;
/// What the file says it is.
const FORMAT: &str = "parabench anchors";
/// The file of answers and marks.
pub const FILE: &str = "anchors.json";
/// The folder of pictures.
const PICTURES: &str = "pictures";
/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

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

/// Why an anchor set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A picture is not there or not sound.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// What is put together is no bridge.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// The folder holds an anchor set already.
    #[error("{} holds an anchor set; anchors are never overwritten: name another folder", .0.display())]
    Taken(PathBuf),
    /// The file is not what it should be.
    #[error("{}: {fault}; an anchor set is written by `parabench judge-bridge --save-anchors`", path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        fault: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    schema: u32,
    digest: Digest,
    anchors: AnchorSet,
}

/// Which mark a question is about: run, answer, axis, repeat.
pub type Place = (usize, usize, Axis, u32);

/// Whether `folder` is free for an anchor set.
///
/// # Errors
/// [`AnchorError::Taken`].
pub fn check_free(folder: &Path) -> Result<(), AnchorError> {
    match folder.join(FILE).exists() {
        true => Err(AnchorError::Taken(folder.to_owned())),
        false => Ok(()),
    }
}

impl AnchorSet {
    /// Digest of the whole content.
    pub fn digest(&self) -> Digest {
        // A value of these types always has a JSON form.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Saves the set with its `pictures` to a folder that holds none yet.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn save(&self, folder: &Path, pictures: &[Arc<PictureFile>]) -> Result<(), AnchorError> {
        check_free(folder)?;
        let place = folder.join(PICTURES);
        files::create_folder(&place)?;
        for picture in pictures {
            let path = place.join(file_name(&picture.digest));
            if !path.exists() {
                files::write_atomic(&path, &picture.load()?)?;
            }
        }
        let wire = Wire {
            format: FORMAT.to_owned(),
            schema: SCHEMA,
            digest: self.digest(),
            anchors: self.clone(),
        };
        let path = folder.join(FILE);
        let text = serde_json::to_vec_pretty(&wire).map_err(|error| faulty(&path, error))?;
        Ok(files::write_atomic(&path, &text)?)
    }

    /// Reads a set and checks its digest.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn load(folder: &Path) -> Result<Self, AnchorError> {
        let path = folder.join(FILE);
        let text = files::read_text_bounded(&path, MAX_BYTES)?;
        let mut json = serde_json::Deserializer::from_str(&text);
        let wire: Wire =
            serde_path_to_error::deserialize(&mut json).map_err(|error| faulty(&path, error))?;
        json.end().map_err(|error| faulty(&path, error))?;
        if wire.format != FORMAT || wire.schema != SCHEMA {
            let found: String = wire.format.chars().take(60).collect();
            let fault = format!(
                "`{found}` of schema {}, expected `{FORMAT}` of schema {SCHEMA}",
                wire.schema
            );
            return Err(faulty(&path, fault));
        }
        let found = wire.anchors.digest();
        if found != wire.digest {
            let fault = format!(
                "the content has digest {}, the file says {}: it was changed after it was written",
                found.short(12),
                wire.digest.short(12)
            );
            return Err(faulty(&path, fault));
        }
        let set = wire.anchors;
        let answers = |run: &AnchorRun| run.answers.len();
        let seen: Vec<usize> = set.seen.iter().map(Vec::len).collect();
        if set.runs.iter().map(answers).collect::<Vec<_>>() != seen {
            let fault = "answers and what judges see of them differ in number";
            return Err(faulty(&path, fault));
        }
        Ok(set)
    }

    /// What a later judge is asked, `repeats` times each, with the pictures of `folder`, each checked against its name.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn questions(
        &self,
        folder: &Path,
        repeats: u32,
    ) -> Result<Vec<(Place, Question)>, AnchorError> {
        let mut shelf = Shelf {
            folder: folder.join(PICTURES),
            pictures: HashMap::new(),
        };
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
    pub fn bridge(&self, new: Marker, marks: &HashMap<Place, Score>) -> Bridge {
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

    fn evidence(&self, axis: Axis, shelf: &mut Shelf) -> Result<Option<Evidence>, AnchorError> {
        let (input, output) = (shelf.picture(self.input)?, shelf.picture(self.output)?);
        let parts = Parts {
            instruction: self.instruction.clone(),
            reasoning: self.reasoning.clone(),
            input,
            output,
        };
        Ok(Evidence::gather(axis, parts))
    }
}

/// Pictures that were read and checked, each once.
struct Shelf {
    folder: PathBuf,
    pictures: HashMap<Digest, Arc<PictureFile>>,
}

impl Shelf {
    fn picture(&mut self, digest: Option<Digest>) -> Result<Option<Arc<PictureFile>>, AnchorError> {
        let Some(digest) = digest else {
            return Ok(None);
        };
        if let Some(picture) = self.pictures.get(&digest) {
            return Ok(Some(Arc::clone(picture)));
        }
        // A digest is 64 hex digits, so the path stays inside.
        let path = join_contained(&self.folder, &file_name(&digest))
            .unwrap_or_else(|| self.folder.clone());
        let picture = PictureFile::inspect(&path)?;
        if picture.digest != digest {
            let found = picture.digest;
            return Err(faulty(&path, format!("the picture's digest is {found}")));
        }
        let picture = Arc::new(picture);
        self.pictures.insert(digest, Arc::clone(&picture));
        Ok(Some(picture))
    }
}

fn file_name(digest: &Digest) -> String {
    format!("{digest}.png")
}

fn faulty(path: &Path, fault: impl std::fmt::Display) -> AnchorError {
    AnchorError::Faulty {
        path: path.to_owned(),
        fault: fault.to_string(),
    }
}
