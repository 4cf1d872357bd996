//! The kind `replay:DIR`: answers that lie in a folder, whoever made them.

mod faults;
mod folder;
mod geneval;
mod hint;
mod layout;
mod map_file;
mod names;
mod prompt_words;
mod records;
mod report;
mod run_folder;
mod stored;
mod survey;
mod template;
mod texts;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

pub use layout::Layout;
pub use report::{Collision, LeftOver, ReplayReport};

use self::stored::{Source, Stored};
use self::survey::{Survey, Wanted};
use self::template::Template;
use crate::common::BoxFuture;
use crate::common::outside::Folder;
use crate::model::{
    Answer, Failure, FailureKind, Identity, LOCAL_CONCURRENCY, Model, ModelError, ModelKind,
    ModelRequest, OpenContext, Part, Spec, text,
};

/// The kind `replay:DIR`.
pub const KIND: ModelKind = ModelKind {
    name: "replay",
    usage: "replay:DIR",
    options: &[
        (
            "layout",
            "records, flat, category, images-category, prompt-words, seed-folders, numbered, geneval or gedit; found \
             out when not given",
        ),
        (
            "pattern",
            "where the files lie, as in `{category}/{id}.png` or `run{sample}/{id}.png`",
        ),
        (
            "texts",
            "with pattern=: where the texts lie, as in `reasoning/{id}.txt`; next to the pictures when not given",
        ),
        (
            "map",
            "a CSV file with the columns task,image,text that names the files of each task",
        ),
        (
            "absent",
            "`missing` (default) or `empty`: what an answer means that has a picture or a text only",
        ),
    ],
    open,
};

fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Box<dyn Model>, ModelError> {
    if run_folder::is_run(Path::new(&spec.rest)) {
        return Ok(Box::new(run_folder::RunReplay::open(spec, context)?));
    }
    Ok(Box::new(Replay::open(spec, context)?))
}

/// A folder of stored answers as a model.
pub struct Replay {
    identity: Identity,
    report: ReplayReport,
    shelf: Arc<Shelf>,
}

/// What reading an answer needs; shared with the threads that read.
struct Shelf {
    folder: Folder,
    absent_is_empty: bool,
    answers: HashMap<(Arc<str>, u32), Stored>,
}

impl Replay {
    /// Matches a folder with the suite, digests what matched and reports the rest.
    ///
    /// # Errors
    /// The folder or its names are not usable, or nothing in it belongs to the suite.
    pub fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Self, ModelError> {
        let wanted = wanted(spec)?;
        let folder = Path::new(&spec.rest);
        let Survey {
            folder,
            answers,
            report,
        } = survey::survey(folder, &wanted, context)?;
        let tasks = &context.suite.tasks;
        let id_of = |task: usize| tasks.get(task).map_or("", |task| task.id());
        let digest = stored::digest_of(&answers, id_of);
        let folder_name = folder.root().file_name().map(|name| name.to_string_lossy());
        let default_name = || text::safe_name(&folder_name.unwrap_or_default());
        let absent = if wanted.absent_is_empty {
            "empty"
        } else {
            "missing"
        };
        let identity = Identity {
            name: spec.name.clone().unwrap_or_else(default_name),
            kind: spec.kind.name.to_owned(),
            thinks: wanted.thinks,
            details: [
                ("answers", digest.to_string()),
                ("absent", absent.to_owned()),
                ("layout", report.layout.key().to_owned()),
            ]
            .into_iter()
            .chain(["pattern", "texts"].into_iter().filter_map(|name| {
                let text = spec.option(name)?;
                Some((name, text.to_owned()))
            }))
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
        };
        let by_id = answers.into_iter().filter_map(|((task, sample), stored)| {
            let id = Arc::clone(&tasks.get(task)?.prompt.id);
            Some(((id, sample), stored))
        });
        let shelf = Shelf {
            folder,
            absent_is_empty: wanted.absent_is_empty,
            answers: by_id.collect(),
        };
        Ok(Self {
            identity,
            report,
            shelf: Arc::new(shelf),
        })
    }

    #[cfg(any(test, feature = "internals"))]
    /// What was matched, what is missing, what is left over.
    pub fn report(&self) -> &ReplayReport {
        &self.report
    }
}

impl Model for Replay {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        self.report.to_string().lines().map(str::to_owned).collect()
    }

    fn survey(&self) -> Option<Value> {
        serde_json::to_value(&self.report).ok()
    }

    fn concurrency(&self) -> usize {
        LOCAL_CONCURRENCY
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        let shelf = Arc::clone(&self.shelf);
        Box::pin(async move {
            tokio::task::spawn_blocking(move || batch.iter().map(|r| shelf.answer(r)).collect())
                .await
                .map_err(|error| ModelError::caused_by("replay: a reading thread failed", error))
        })
    }
}

impl Shelf {
    fn answer(&self, request: &ModelRequest) -> Answer {
        let slot = (Arc::clone(&request.prompt.id), request.sample);
        let Some(stored) = self.answers.get(&slot) else {
            return Answer::lost(not_stored("answer"));
        };
        let mut details = Map::new();
        let reasoning = self.reasoning(&stored.reasoning, &mut details);
        let image = self.image(&stored.image);
        let mut answer = Answer::of(
            reasoning.unwrap_or_else(Part::Lost),
            image.unwrap_or_else(Part::Lost),
        );
        answer.details = details;
        answer
    }

    fn reasoning(
        &self,
        source: &Source,
        details: &mut Map<String, Value>,
    ) -> Result<Part<String>, Failure> {
        if let Some(failure) = source.lost() {
            return Err(failure.clone());
        }
        match source {
            Source::Absent | Source::Lost(_) => Ok(self.absent("reasoning text")),
            Source::Null => Ok(Part::Empty),
            Source::Record(line) => {
                let raw = records::reasoning(&self.folder, *line)?;
                Ok(text::reasoning(raw.into_bytes(), details))
            }
            Source::File {
                relative, digest, ..
            } => {
                let bytes = stored::read_file(&self.folder, relative, *digest)?;
                let broken = |why| Failure::new(FailureKind::BrokenFile, why);
                texts::reasoning(bytes, details).map_err(broken)
            }
        }
    }

    fn image(&self, source: &Source) -> Result<Part<Bytes>, Failure> {
        if let Some(failure) = source.lost() {
            return Err(failure.clone());
        }
        match source {
            Source::Absent | Source::Lost(_) => Ok(self.absent("picture")),
            // A record's line holds text only.
            Source::Null | Source::Record(_) => Ok(Part::Empty),
            Source::File {
                relative, digest, ..
            } => {
                let bytes = stored::read_file(&self.folder, relative, *digest)?;
                Ok(Part::Given(bytes.into()))
            }
        }
    }

    fn absent<T>(&self, what: &str) -> Part<T> {
        if self.absent_is_empty {
            Part::Empty
        } else {
            Part::Lost(not_stored(what))
        }
    }
}

fn not_stored(what: &str) -> Failure {
    Failure::new(FailureKind::NoAnswer, format!("no {what} is stored"))
}

fn layout_of(key: &str) -> Result<Layout, ModelError> {
    let known = Layout::ALL.into_iter().find(|layout| layout.key() == key);
    let keys = Layout::ALL.map(Layout::key).join(", ");
    known.ok_or_else(|| {
        ModelError::new(format!(
            "replay: unknown layout `{key}`; expected one of {keys}"
        ))
    })
}

fn wanted(spec: &Spec) -> Result<Wanted, ModelError> {
    let map = spec.option("map").map(PathBuf::from);
    let pattern_of = |name| {
        let text = spec.option(name);
        text.map(|text| pattern_of(name, text)).transpose()
    };
    let (pattern, texts) = (pattern_of("pattern")?, pattern_of("texts")?);
    if texts.is_some() && pattern.is_none() {
        return Err(ModelError::new(
            "replay: texts= needs pattern=: texts= says where the texts lie and pattern= where the pictures lie; give \
             both",
        ));
    }
    let layout = match (spec.option("layout"), &map, &pattern) {
        (None, Some(_), Some(_)) => {
            return Err(ModelError::new(
                "replay: map= and pattern= both say where files lie; give one of them",
            ));
        }
        (None, map, pattern) => map
            .as_ref()
            .map(|_| Layout::Map)
            .or(pattern.as_ref().map(|_| Layout::Pattern)),
        (Some("map"), Some(_), None) => Some(Layout::Map),
        (Some("map"), None, _) => {
            return Err(ModelError::new(
                "replay: layout=map needs map=FILE.csv, which says which file belongs to which task",
            ));
        }
        (Some(key), None, None) => Some(layout_of(key)?),
        (Some(key), map, _) => {
            let other = if map.is_some() { "map" } else { "pattern" };
            return Err(ModelError::new(format!(
                "replay: {other}= says where every file belongs, so leave out layout=`{key}`"
            )));
        }
    };
    let absent_is_empty = match spec.option("absent") {
        None | Some("missing") => false,
        Some("empty") => true,
        Some(other) => {
            return Err(ModelError::new(format!(
                "replay: absent=`{other}` is neither `missing` nor `empty`"
            )));
        }
    };
    Ok(Wanted {
        layout,
        map,
        pattern,
        texts,
        absent_is_empty,
        thinks: spec.thinks.unwrap_or(true),
    })
}

fn pattern_of(name: &str, text: &str) -> Result<Template, ModelError> {
    let wrong = |why| ModelError::new(format!("replay: {name}=`{text}` cannot be used: {why}"));
    Template::parse(text).map_err(wrong)
}
