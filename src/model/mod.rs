//! What answers: the [`Model`] trait, one file per kind of model.
//!
//! A model is named by a short text, its [`Spec`]; [`open`] makes it ready.

pub mod api;
pub mod command;
pub mod control;
pub mod diffusion;
mod kind;
pub mod kinds;
pub mod onnx;
pub mod pipeline;
pub mod replay;
pub mod spec;
pub mod steps;
mod text;
pub mod trajectory;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use kind::{COMMON_OPTIONS, ModelKind, OpenContext, Opened, Spec};
pub use kinds::{KINDS, open};
pub use text::MAX_REASONING_BYTES;

use crate::common::BoxFuture;
use crate::common::files::FileError;
use crate::common::picture::PictureError;
use crate::endpoint::EndpointError;
use crate::endpoint::price::Spent;
use crate::model::steps::StepWatch;
use crate::model::trajectory::Film;
use crate::suite::{Prompt, SeveralInputs};

/// One question put to a model.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// What the model sees.
    pub prompt: Prompt,
    /// Number of the sample of this task (the `seed` column of the score table).
    pub sample: u32,
    /// The seed derived from run seed, task and sample number.
    pub seed: u64,
}

/// Why a model gave no answer although it may have one: such marks are missing,
/// never 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The program that runs the model died or broke its protocol.
    Crash,
    /// Not enough memory.
    OutOfMemory,
    /// No answer within the time allowed.
    Timeout,
    /// The model computed values that are not numbers.
    NotANumber,
    /// The connection to the model failed.
    Transport,
    /// No answer is stored for the task.
    NoAnswer,
    /// A content filter of the endpoint withheld the answer.
    Withheld,
    /// The answer was longer than is read.
    Oversized,
    /// A file of the answer is broken (half a picture, no picture, a pointer to a file that
    /// was never fetched, an empty file), or is not the one that was stored.
    BrokenFile,
}

/// A failure with what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its class.
    pub kind: FailureKind,
    /// What happened, for people; bounded in length by whoever makes it.
    pub message: String,
}

impl Failure {
    /// A failure with a message of bounded length.
    pub fn new(kind: FailureKind, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            message: text::excerpt(message.as_ref(), 4000),
        }
    }

    /// The loss of a picture of which only broken or too many bytes arrived: what the model
    /// drew is not known, so that it is never a bad picture.
    pub fn of_picture(error: &PictureError) -> Self {
        let too_long = matches!(
            error,
            PictureError::TooLong(_) | PictureError::File(FileError::TooLong { .. })
        );
        let kind = match too_long {
            true => FailureKind::Oversized,
            false => FailureKind::BrokenFile,
        };
        Self::new(kind, error.to_string())
    }
}

/// One half of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<T> {
    /// The model gave it.
    Given(T),
    /// The model answered without it: it said nothing, drew nothing, or refused. Scored 1.
    Empty,
    /// It was lost on the way: a missing mark.
    Lost(Failure),
}

/// What a model made of one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The reasoning text, raw. Ignored when the model is declared not to think.
    pub reasoning: Part<String>,
    /// The image as encoded bytes (PNG, JPEG or WebP), not yet checked.
    pub image: Part<Bytes>,
    /// Milliseconds by stage (`total`, and what the kind of model measures).
    pub timing_ms: BTreeMap<String, f64>,
    /// Anything else worth keeping: forwards used, token use, finish reason.
    pub details: serde_json::Map<String, serde_json::Value>,
    /// How text and picture came about, if that was to be recorded.
    pub film: Option<Film>,
    /// Money spent on it, all tries counted, in US dollars; `None` where nothing is paid
    /// or no price is known.
    pub cost_usd: Option<f64>,
}

/// What an answer costs at the most. The default is free and local.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerCost {
    /// Requests to an endpoint: 0 for local models and for answers in the cache.
    pub calls: u64,
    /// US dollars if nothing has to be tried again, where a price is known.
    pub cost_usd: Option<f64>,
    /// US dollars if every try that is allowed is billed.
    pub most_usd: Option<f64>,
}

impl From<SeveralInputs> for Failure {
    fn from(several: SeveralInputs) -> Self {
        Self::new(FailureKind::NoAnswer, several.to_string())
    }
}

impl Answer {
    /// An answer with both parts and nothing else to tell.
    pub fn of(reasoning: Part<String>, image: Part<Bytes>) -> Self {
        Self {
            reasoning,
            image,
            timing_ms: BTreeMap::new(),
            details: serde_json::Map::new(),
            cost_usd: None,
            film: None,
        }
    }

    /// An answer of which nothing arrived.
    pub fn lost(failure: Failure) -> Self {
        Self::of(Part::Lost(failure.clone()), Part::Lost(failure))
    }

    /// Money that was spent on it.
    pub fn spent(&self) -> Spent {
        spent(self.cost_usd, &self.details)
    }

    /// Adds the money for another answer that this one was made of.
    pub(crate) fn add_cost_of(&mut self, other: &Self) {
        let assumed_usd = self.spent().plus(other.spent()).assumed_usd;
        if assumed_usd > 0.0 {
            self.details
                .insert(api::ASSUMED_USD.into(), assumed_usd.into());
        }
        self.cost_usd = sum_usd(self.cost_usd, other.cost_usd);
    }
}

impl AnswerCost {
    /// What two answers cost together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            cost_usd: sum_usd(self.cost_usd, other.cost_usd),
            most_usd: sum_usd(self.most_usd, other.most_usd),
        }
    }
}

/// Money for an answer, as it and its details tell.
pub(crate) fn spent(
    cost_usd: Option<f64>,
    details: &serde_json::Map<String, serde_json::Value>,
) -> Spent {
    let assumed = details.get(api::ASSUMED_USD);
    Spent {
        cost_usd: cost_usd.unwrap_or(0.0),
        assumed_usd: assumed.and_then(serde_json::Value::as_f64).unwrap_or(0.0),
    }
}

/// Money for two answers: known where that of either is.
fn sum_usd(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0.0) + other.unwrap_or(0.0)),
    }
}

/// What identifies a model in a run: the same identity must give the same answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Name in tables; safe as part of a file name.
    pub name: String,
    /// The kind (`replay`, `command`, …).
    pub kind: String,
    /// Whether the model is declared to emit reasoning. Never inferred per item.
    pub thinks: bool,
    /// Whatever else decides the answers: digests of files, parameters, versions.
    pub details: BTreeMap<String, String>,
}

/// A failure that ends the run: the model cannot answer anything.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    /// What was found, what was expected, what to do next.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Money that was spent on what was asked, and stands in no record.
    pub spent: Spent,
}

impl ModelError {
    /// An error with nothing beneath it.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            spent: Spent::default(),
        }
    }

    /// An error with its cause.
    pub fn caused_by(
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(Box::new(source)),
            spent: Spent::default(),
        }
    }

    /// The same error, with the money for answers that are given up with it.
    #[must_use]
    pub(crate) fn beside<'a>(self, answers: impl IntoIterator<Item = &'a Answer>) -> Self {
        let spent = answers.into_iter().map(Answer::spent);
        Self {
            spent: spent.fold(self.spent, Spent::plus),
            ..self
        }
    }
}

impl From<EndpointError> for ModelError {
    fn from(error: EndpointError) -> Self {
        Self {
            message: error.message,
            source: error.source,
            spent: error.spent,
        }
    }
}

/// Answers in flight of models that only read or draw: more than there are processors, so
/// that answers which wait for the disk are made durable together.
pub const LOCAL_CONCURRENCY: usize = 32;

/// Whatever answers tasks.
pub trait Model: Send + Sync {
    /// Who answers.
    fn identity(&self) -> &Identity;

    /// What people should read before anything runs, line by line: what was
    /// matched, what is missing, what is left over.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// What decides no answer and is worth knowing later: addresses, the retry policy.
    fn provenance(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Whether it can be asked at all: its key is there. Asks nothing.
    ///
    /// # Errors
    /// What is missing.
    fn ready(&self) -> Result<(), ModelError> {
        Ok(())
    }

    /// What [`notices`](Self::notices) says, for programs.
    fn survey(&self) -> Option<serde_json::Value> {
        None
    }

    /// How many requests one call of [`answer`](Self::answer) takes at most.
    fn batch_size(&self) -> usize {
        1
    }

    /// How many calls of [`answer`](Self::answer) may run at once.
    fn concurrency(&self) -> usize {
        1
    }

    /// Whether [`estimate`](Self::estimate) knows money: a model without a price cannot
    /// be held to a cap. Local models are free and say yes.
    fn has_price(&self) -> bool {
        true
    }

    /// What this answer would cost now, the cache considered.
    fn estimate(&self, request: &ModelRequest) -> AnswerCost {
        let _ = request;
        AnswerCost::default()
    }

    /// Has programs that are started keep what they write to standard error, in files of this folder, which is made
    /// when the first one starts. Models without programs keep nothing.
    fn log_into(&self, _folder: &Path) {}

    /// Has somebody told of every step of decoding. Models without steps tell nothing.
    fn watch_steps(&self, _watch: Arc<dyn StepWatch>) {}

    /// Answers a batch: one answer per request, in the same order. What goes wrong
    /// with one request is a [`Part::Lost`] of its answer; an error ends the run.
    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>>;
}
