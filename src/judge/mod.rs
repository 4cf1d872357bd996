//! What marks: the [`Judge`] trait, one file per kind of judge.

pub mod anchor_folder;
pub mod api;
pub mod audit;
pub mod calibration;
pub mod clip;
pub mod command;
pub mod dino;
pub mod evidence;
mod local;
pub mod mark;
pub mod material;
pub mod open;
mod options;
pub mod oracle;
pub mod panel;
pub mod pixels;
pub mod profile;
pub mod prompt;
pub mod reply;
pub mod rubric;
mod shared;
pub mod similarity;
pub mod view;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use evidence::Evidence;
pub use mark::{Mark, MissingReason, Score};
pub use open::{known, open};
pub use options::OpenOptions;
pub use view::View;

use crate::common::BoxFuture;
use crate::common::digest::Digest;
use crate::endpoint::EndpointError;
use crate::endpoint::price::Spent;
use crate::endpoint::probe::NobodyHere;
use crate::suite::calls::Parser;
use crate::suite::{Axis, Kind, Target};

/// One mark to be made.
#[derive(Clone, Debug)]
pub struct Question {
    /// The task's id, for errors; judges must not let it decide anything.
    pub task: Arc<str>,
    /// The kind of the task: picks the rubric's wording.
    pub kind: Kind,
    /// The category of the task, where it is of a suite: picks the rubric, where the category has its own.
    pub category: Option<Arc<str>>,
    /// What the judge sees; its variant names the axis.
    pub evidence: Evidence,
    /// The evidence of all axes that the same judge is asked about for the same answer, this one's included: a judge may mark
    /// some of them in one go. Empty where an axis is asked about alone.
    pub together: Arc<[Evidence]>,
    /// The truth, for judges that compare with it. Judges that are models never see it.
    pub target: Option<Arc<Target>>,
    /// How it is put; anything but the default is for audits.
    pub view: View,
    /// Number of the repeat, from 0: repeats are separate calls with the same prompt.
    pub repeat: u32,
}

/// Tokens that were used, as the endpoint counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the reply.
    pub output_tokens: u64,
}

/// What a judge said, with everything needed to check it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The mark, or the named reason why there is none.
    pub mark: Mark,
    /// The parts of the mark, where its axis has some and all could be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Score>,
    /// The judge's own reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// The last raw reply, bounded in length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_reply: Option<String>,
    /// The model that the endpoint says it served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_model: Option<String>,
    /// The endpoint's fingerprint of its system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Digest of the whole prompt: text, parameters, digests of encoded images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_digest: Option<Digest>,
    /// Digests of the images as they were sent, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_digests: Vec<Digest>,
    /// Token use over all attempts; zero when answered from the cache.
    #[serde(default)]
    pub usage: Usage,
    /// Money spent on all attempts, in US dollars, where the profile states prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// The part of the money that is the most that it can be, since the endpoint did not tell what
    /// was used, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_usd: Option<f64>,
    /// Requests that were sent for this mark; 0 when answered from the cache or locally.
    #[serde(default)]
    pub attempts: u32,
    /// What went wrong before: one line per failed attempt, bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// Milliseconds that the last attempt took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// Whether the reply came from the cache.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
}

impl Verdict {
    /// Money that was spent on it.
    pub fn spent(&self) -> Spent {
        Spent {
            cost_usd: self.cost_usd.unwrap_or(0.0),
            assumed_usd: self.assumed_usd.unwrap_or(0.0),
        }
    }

    /// The same mark from a reply that another question paid for.
    #[must_use]
    pub fn free(self) -> Self {
        Self {
            usage: Usage::default(),
            cost_usd: None,
            assumed_usd: None,
            attempts: 0,
            latency_ms: None,
            cached: true,
            ..self
        }
    }

    /// A mark without a call behind it, as local judges give it.
    pub fn local(mark: Mark, rationale: Option<String>) -> Self {
        Self {
            mark,
            parts: Vec::new(),
            rationale,
            raw_reply: None,
            served_model: None,
            fingerprint: None,
            prompt_digest: None,
            image_digests: Vec::new(),
            usage: Usage::default(),
            cost_usd: None,
            assumed_usd: None,
            attempts: 0,
            faults: Vec::new(),
            latency_ms: None,
            cached: false,
        }
    }
}

/// What identifies a judge in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Name in tables; safe as part of a file name.
    pub name: String,
    /// The kind (`openai`, `oracle`, …).
    pub kind: String,
    /// Whatever decides the marks: the endpoint's label, model, parameters, digests of rubrics, image
    /// encoding. Holds no secret.
    pub details: BTreeMap<String, String>,
}

/// Before the axis in the details that hold the rubrics of a judge that is asked in words.
pub const RUBRIC: &str = "rubric.";

/// Before the rubric in the details that name the [parser](crate::suite::calls::Parser) of its call, where it is not our own.
pub const PARSER: &str = "parser.";

/// The detail that lists the axes of a judge that marks some only.
pub const AXES: &str = "axes";

impl Identity {
    /// Whether the judge marks an axis: those that its details list under [`AXES`], or all.
    pub fn marks(&self, axis: Axis) -> bool {
        self.details
            .get(AXES)
            .is_none_or(|list| list.split(", ").any(|key| key == axis.key()))
    }

    /// The parser of a rubric's call.
    pub fn parser(&self, rubric: &str) -> Parser {
        let named = self.details.get(&format!("{PARSER}{rubric}"));
        let compat = [Parser::CompatMinOfPresent, Parser::CompatSkipItem];
        let parser = named.and_then(|name| compat.into_iter().find(|one| one.key() == name));
        parser.unwrap_or_default()
    }

    /// Digest of everything above: marks of two judges may be mixed only when equal.
    pub fn digest(&self) -> Digest {
        let mut fields = vec![self.name.as_bytes(), self.kind.as_bytes()];
        for (key, value) in &self.details {
            fields.push(key.as_bytes());
            fields.push(value.as_bytes());
        }
        Digest::of_fields(fields)
    }
}

/// The parsers in the details of a judge that read replies as the scripts of benchmarks' authors do, each with its rubrics;
/// `None` where all are our own.
pub fn compat_parsers(details: &BTreeMap<String, String>) -> Option<String> {
    let mut parsers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (detail, parser) in details {
        if let Some(rubric) = detail.strip_prefix(PARSER) {
            parsers.entry(parser).or_default().push(rubric);
        }
    }
    let told = parsers.iter();
    let told: Vec<String> = told
        .map(|(parser, rubrics)| format!("{parser} for {}", rubrics.join(", ")))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What a mark costs at the most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MarkCost {
    /// Requests: 0 when the answer is in the cache.
    pub calls: u64,
    /// Prompt tokens, estimated from text length and image size.
    pub input_tokens: u64,
    /// Reply tokens: the most that the profile allows.
    pub output_tokens: u64,
    /// US dollars for one attempt, where the profile states prices.
    pub cost_usd: Option<f64>,
    /// US dollars if every retry that may be billed is: of bad replies, and of lost exchanges.
    pub most_usd: Option<f64>,
}

impl MarkCost {
    /// Of a judge that works here and costs nothing.
    pub const FREE: Self = Self {
        calls: 0,
        input_tokens: 0,
        output_tokens: 0,
        cost_usd: Some(0.0),
        most_usd: Some(0.0),
    };
}

/// A failure that ends the run: the judge cannot mark anything (a wrong key, a
/// model that does not exist). Never a mark.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct JudgeError {
    /// What was found, what was expected, what to do next. Holds no secret.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Money that was spent on what was asked, and stands in no record.
    pub spent: Spent,
}

impl JudgeError {
    /// A failure that another error caused.
    pub fn new(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
            spent: Spent::default(),
        }
    }

    /// A failure that was seen here first.
    pub fn plain(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            spent: Spent::default(),
        }
    }
}

impl From<EndpointError> for JudgeError {
    fn from(error: EndpointError) -> Self {
        Self {
            message: error.message,
            source: error.source,
            spent: error.spent,
        }
    }
}

/// Marks in flight of judges that work here: more than there are processors, so that
/// marks which wait for the disk are made durable together.
pub const LOCAL_CONCURRENCY: usize = 64;

/// Whatever marks answers.
pub trait Judge: Send + Sync {
    /// Who marks.
    fn identity(&self) -> &Identity;

    /// How many calls of [`mark`](Self::mark) may run at once.
    fn concurrency(&self) -> usize;

    /// Marks per answer and axis that the judge's profile asks for.
    fn repeats(&self) -> u32 {
        1
    }

    /// The axes that it marks beside the suite's; they enter no official figure.
    fn extra_axes(&self) -> &[Axis] {
        &[]
    }

    /// What people should read before anything is asked, line by line.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// What decides no mark and is worth knowing later: addresses, the retry policy.
    fn provenance(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Has programs that are started keep what they write to standard error, in files of this folder, which is made
    /// when the first is written. Judges without programs keep nothing.
    fn log_into(&self, _folder: &Path) {}

    /// Whether it can be asked at all: its key is there. Asks nothing.
    ///
    /// # Errors
    /// What is missing.
    fn ready(&self) -> Result<(), JudgeError> {
        Ok(())
    }

    /// Whether [`mark`](Self::mark) fails on a picture whose bytes are not those of its digest, so that
    /// none need be read before.
    fn checks_pictures(&self) -> bool {
        false
    }

    /// Asks something that costs nothing, before anything else is paid or loaded.
    fn probe(&self, _nobody_here: NobodyHere) -> BoxFuture<'_, Result<(), JudgeError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Whether [`estimate`](Self::estimate) knows money: a judge without a price cannot
    /// be held to a cap. Local judges are free and say yes.
    fn has_price(&self) -> bool;

    /// What this mark would cost now, the cache considered.
    fn estimate(&self, question: &Question) -> MarkCost;

    /// Marks one piece of evidence. Everything that can go wrong with one mark is
    /// a [`Mark::Missing`]; an error ends the run.
    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>>;
}
