//! The answers of an earlier run of parabench, answered again.
//!
//! A run folder is a contract between programs, so it is read here by its form alone:
//! `run.toml` says who answered, `samples.jsonl` what, `images/` holds the pictures.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use serde::Deserialize;

use crate::common::BoxFuture;
use crate::common::checked_line;
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::common::picture::MAX_ENCODED_BYTES;
use crate::model::{
    Answer, Failure, FailureKind, Identity, LOCAL_CONCURRENCY, Model, ModelError, ModelRequest,
    OpenContext, Part, Spec,
};

/// Longest line of the log of answers, in bytes.
const MAX_LINE_BYTES: u64 = 32 << 20;
/// Longest `run.toml`, in bytes.
const MAX_MANIFEST_BYTES: u64 = 4 << 20;
/// The form of records that is known.
const SCHEMA: u32 = 1;

#[derive(Deserialize)]
struct WireRun {
    schema: u32,
    suite: WireSuite,
    model: WireModel,
}

#[derive(Deserialize)]
struct WireSuite {
    name: String,
    digest: Digest,
}

#[derive(Deserialize)]
struct WireModel {
    identity: Identity,
}

#[derive(Deserialize)]
struct WireSample {
    task: Arc<str>,
    sample: u32,
    reasoning: WirePart<String>,
    image: WirePart<WirePicture>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WirePart<T> {
    Given(T),
    Empty,
    Undecodable(String),
    Lost(Failure),
}

#[derive(Deserialize)]
struct WirePicture {
    digest: Digest,
}

/// One stored answer; its picture stays in its file until it is asked for.
struct StoredAnswer {
    reasoning: Part<String>,
    image: Part<PathBuf>,
}

type Answers = HashMap<(Arc<str>, u32), StoredAnswer>;

/// The answers of one run.
pub struct RunReplay {
    identity: Identity,
    notices: Vec<String>,
    answers: Arc<Answers>,
}

/// Whether a folder is a run of parabench.
pub(super) fn is_run(folder: &Path) -> bool {
    folder.join("run.toml").is_file() && folder.join("samples.jsonl").is_file()
}

impl RunReplay {
    /// Reads a run's answers.
    ///
    /// # Errors
    /// The run was made on another suite, is damaged, or holds no answer.
    pub(super) fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Self, ModelError> {
        let folder = Path::new(&spec.rest);
        let of_files = ["layout", "pattern", "texts", "map", "absent"];
        if let Some(option) = of_files
            .into_iter()
            .find(|name| spec.option(name).is_some())
        {
            return Err(ModelError::new(format!(
                "replay: {} is a run of parabench, which knows its own files; leave out {option}=",
                folder.display()
            )));
        }
        let run = read_manifest(&folder.join("run.toml"))?;
        if run.suite.digest != context.suite.digest {
            return Err(ModelError::new(format!(
                "replay: {} is a run of `{}` with digest {}; the suite asked here is `{}` with digest {}",
                folder.display(),
                run.suite.name,
                run.suite.digest.short(12),
                context.suite.name,
                context.suite.digest.short(12)
            )));
        }
        let thinks = spec.thinks.unwrap_or(run.model.identity.thinks);
        let mut answers = HashMap::new();
        let mut digests = BTreeMap::new();
        let unreadable = each_record(&folder.join("samples.jsonl"), |sample: WireSample, line| {
            let key = (Arc::clone(&sample.task), sample.sample);
            digests.insert(key.clone(), Digest::of(line.as_bytes()));
            answers.insert(key, stored(sample, folder));
        })?;
        if answers.is_empty() {
            return Err(ModelError::new(format!(
                "replay: {} holds no answers yet; finish that run first",
                folder.display()
            )));
        }
        let mut notices = vec![format!(
            "replay of the run {}: {} answers of {}",
            folder.display(),
            answers.len(),
            run.model.identity.name
        )];
        let gone = lost_pictures(&mut answers);
        if let Some(first) = gone.first() {
            notices.push(format!(
                "{} of its pictures are lost, and their answers with them: {first}",
                gone.len()
            ));
        }
        if unreadable > 0 {
            notices.push(format!(
                "{unreadable} lines of its samples.jsonl are unreadable; their answers are missing"
            ));
        }
        let digest = Digest::of_fields(digests.values().map(|digest| digest.as_bytes().as_slice()));
        let identity = Identity {
            name: spec.name.clone().unwrap_or(run.model.identity.name),
            kind: spec.kind.name.to_owned(),
            thinks,
            details: BTreeMap::from([
                ("answers".to_owned(), digest.to_string()),
                ("layout".to_owned(), "run".to_owned()),
            ]),
        };
        Ok(Self {
            identity,
            notices,
            answers: Arc::new(answers),
        })
    }
}

/// Reads every picture once and marks those that are gone or changed as lost; their messages.
fn lost_pictures(answers: &mut Answers) -> Vec<String> {
    let mut lost: Vec<String> = answers
        .par_iter_mut()
        .filter_map(|(_, stored)| {
            let Part::Given(path) = &stored.image else {
                return None;
            };
            let failure = read_picture(path).err()?;
            let message = failure.message.clone();
            stored.image = Part::Lost(failure);
            Some(message)
        })
        .collect();
    lost.sort();
    lost
}

fn read_manifest(path: &Path) -> Result<WireRun, ModelError> {
    let text = files::read_text_bounded(path, MAX_MANIFEST_BYTES)
        .map_err(|error| ModelError::caused_by("replay: the run cannot be read", error))?;
    let run: WireRun = toml::from_str(&text).map_err(|error| {
        ModelError::caused_by(
            format!("replay: {} is not a run.toml", path.display()),
            error,
        )
    })?;
    if run.schema != SCHEMA {
        return Err(ModelError::new(format!(
            "replay: {} has schema {}, this program knows schema {SCHEMA}",
            path.display(),
            run.schema
        )));
    }
    Ok(run)
}

/// Calls `visit` with each sound record and its text, later ones of the same key after
/// earlier ones; returns how many lines are unreadable.
fn each_record(path: &Path, mut visit: impl FnMut(WireSample, &str)) -> Result<usize, ModelError> {
    let fault = |error| ModelError::caused_by("replay: the answers cannot be read", error);
    let file = File::open(path).map_err(|error| fault(FileError::at(path)(error)))?;
    let mut reader = BufReader::new(file);
    let (mut line, mut unreadable) = (Vec::new(), 0);
    loop {
        line.clear();
        let length = reader
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(|error| fault(FileError::at(path)(error)))?;
        if length == 0 {
            return Ok(unreadable);
        }
        let record = checked_line::read(&line);
        match record.and_then(|text| Some((serde_json::from_str(text).ok()?, text))) {
            Some((sample, text)) => visit(sample, text),
            None => unreadable += 1,
        }
    }
}

fn stored(sample: WireSample, folder: &Path) -> StoredAnswer {
    let picture = |picture: WirePicture| {
        let name = format!("{}.png", picture.digest);
        folder.join("images").join(name)
    };
    StoredAnswer {
        reasoning: part(sample.reasoning, |text| text),
        image: part(sample.image, picture),
    }
}

fn part<T, U>(wire: WirePart<T>, make: impl Fn(T) -> U) -> Part<U> {
    match wire {
        WirePart::Given(value) => Part::Given(make(value)),
        WirePart::Empty => Part::Empty,
        WirePart::Undecodable(why) => Part::Lost(Failure::new(FailureKind::BrokenFile, why)),
        WirePart::Lost(failure) => Part::Lost(failure),
    }
}

impl Model for RunReplay {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }

    fn concurrency(&self) -> usize {
        LOCAL_CONCURRENCY
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        let answers = Arc::clone(&self.answers);
        Box::pin(async move {
            let read = move || {
                batch
                    .iter()
                    .map(|request| answer(&answers, request))
                    .collect()
            };
            tokio::task::spawn_blocking(read)
                .await
                .map_err(|error| ModelError::caused_by("replay: a reading thread failed", error))
        })
    }
}

fn answer(answers: &Answers, request: &ModelRequest) -> Answer {
    let key = (Arc::clone(&request.prompt.id), request.sample);
    let Some(stored) = answers.get(&key) else {
        let message = "the run holds no answer to this task";
        return Answer::lost(Failure::new(FailureKind::NoAnswer, message));
    };
    let image = match &stored.image {
        Part::Given(path) => read_picture(path).map_or_else(Part::Lost, Part::Given),
        Part::Empty => Part::Empty,
        Part::Lost(failure) => Part::Lost(failure.clone()),
    };
    Answer::of(stored.reasoning.clone(), image)
}

/// The bytes of a picture, which must be those that the run stored.
fn read_picture(path: &Path) -> Result<Bytes, Failure> {
    let bytes = files::read_bounded(path, MAX_ENCODED_BYTES).map_err(|error| {
        let message = format!("a picture of the run is gone: {error}");
        Failure::new(FailureKind::BrokenFile, message)
    })?;
    let name = path.file_stem().map(|name| name.to_string_lossy());
    if name.as_deref() == Some(Digest::of(&bytes).to_string().as_str()) {
        return Ok(bytes.into());
    }
    let message = format!(
        "{} is not the picture that the run stored: its SHA-256 differs from its name",
        path.display()
    );
    Err(Failure::new(FailureKind::BrokenFile, message))
}
