//! The records of the two logs, and their schema version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::common::digest::Digest;
use crate::endpoint::price::Spent;
use crate::judge::Verdict;
use crate::model::{Failure, FailureKind};
use crate::suite::Axis;

/// The version of both record forms.
pub const SCHEMA: u32 = 1;

/// The schema version of a file or record, [`SCHEMA`] to `NEWEST`; any other version is refused on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaVersion<const NEWEST: u32 = SCHEMA>(u32);

impl<const NEWEST: u32> SchemaVersion<NEWEST> {
    /// The newest version.
    pub fn newest() -> Self {
        Self(NEWEST)
    }
}

impl<const NEWEST: u32> Default for SchemaVersion<NEWEST> {
    fn default() -> Self {
        Self(SCHEMA)
    }
}

impl<'de, const NEWEST: u32> Deserialize<'de> for SchemaVersion<NEWEST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = u32::deserialize(deserializer)?;
        if (SCHEMA..=NEWEST).contains(&version) {
            return Ok(Self(version));
        }
        Err(serde::de::Error::custom(if NEWEST == SCHEMA {
            format!("schema version {version}, this program knows version {SCHEMA}")
        } else {
            format!("schema version {version}, this program knows versions {SCHEMA} to {NEWEST}")
        }))
    }
}

/// One half of a stored answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", from = "StoredInFile<T>")]
pub enum Stored<T> {
    /// The model gave it.
    Given(T),
    /// The model answered without it. Scored 1.
    Empty,
    /// It was lost on the way. Missing.
    Lost(Failure),
}

/// [`Stored`] as the logs of all versions hold it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredInFile<T> {
    Given(T),
    Empty,
    /// Written until version 0.1: bytes that are no picture, which counted as an empty answer.
    Undecodable(String),
    Lost(Failure),
}

impl<T> From<StoredInFile<T>> for Stored<T> {
    fn from(stored: StoredInFile<T>) -> Self {
        match stored {
            StoredInFile::Given(value) => Self::Given(value),
            StoredInFile::Empty => Self::Empty,
            StoredInFile::Undecodable(why) => {
                Self::Lost(Failure::new(FailureKind::BrokenFile, why))
            }
            StoredInFile::Lost(failure) => Self::Lost(failure),
        }
    }
}

impl<T> Stored<T> {
    /// What the model gave, if anything.
    pub fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            _ => None,
        }
    }
}

/// A picture under `images/<digest>.png`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPicture {
    /// SHA-256 of the file's bytes, and its name.
    pub digest: Digest,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Which sample: task and number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleKey {
    /// The task's id.
    pub task: Arc<str>,
    /// The number of the sample.
    pub sample: u32,
}

/// One model's answer to one task under one seed: a line of `samples.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleRecord {
    /// The form of this record.
    pub schema: SchemaVersion,
    /// The task's id.
    pub task: Arc<str>,
    /// The number of the sample: the `seed` column of `scores.csv`.
    pub sample: u32,
    /// The derived seed that the model was given.
    pub seed: u64,
    /// The reasoning, raw.
    pub reasoning: Stored<Arc<str>>,
    /// The image.
    pub image: Stored<StoredPicture>,
    /// Milliseconds by stage.
    pub timing_ms: BTreeMap<String, f64>,
    /// Whatever else the model reported.
    pub details: serde_json::Map<String, serde_json::Value>,
    /// Money spent on it, in US dollars, where the model has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Where only the picture was lost after the answer had been stored:
    /// [`answer_digest`](Self::answer_digest) of the whole answer, so that its marks stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_as: Option<Digest>,
    /// When the answer was stored (UTC).
    pub at: jiff::Timestamp,
}

impl SampleRecord {
    /// Which sample this is.
    pub fn key(&self) -> SampleKey {
        SampleKey {
            task: Arc::clone(&self.task),
            sample: self.sample,
        }
    }

    /// Digest of what judges see of the answer. A judgment belongs to an answer, so
    /// marks of an answer that was replaced do not count.
    pub fn answer_digest(&self) -> Digest {
        if let Some(digest) = self.stored_as {
            return digest;
        }
        let reasoning = self.reasoning.given().map_or("", |text| text);
        let image = self.image.given().map(|picture| picture.digest);
        let image = image.as_ref().map_or(&[][..], |digest| digest.as_bytes());
        Digest::of_fields([reasoning.as_bytes(), image])
    }

    /// The same answer, whose picture has been lost since it was stored.
    #[must_use]
    pub fn without_picture(&self, failure: Failure) -> Self {
        Self {
            image: Stored::Lost(failure),
            stored_as: Some(self.answer_digest()),
            cost_usd: None,
            ..self.clone()
        }
    }

    /// Money that was spent on it.
    pub fn spent(&self) -> Spent {
        crate::model::spent(self.cost_usd, &self.details)
    }

    /// Whether a part of the answer was lost, so that it may be asked for again.
    pub fn is_lost(&self) -> bool {
        self.failure().is_some()
    }

    /// Why a part of the answer was lost, if one was.
    pub fn failure(&self) -> Option<&Failure> {
        match (&self.reasoning, &self.image) {
            (Stored::Lost(failure), _) | (_, Stored::Lost(failure)) => Some(failure),
            _ => None,
        }
    }
}

/// Which mark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarkKey {
    /// Of which sample.
    pub sample: SampleKey,
    /// On which axis: its key.
    pub axis: &'static str,
    /// Number of the repeat, from 0.
    pub repeat: u32,
}

/// One judge's mark: a line of `judgments.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgmentRecord {
    /// The form of this record.
    pub schema: SchemaVersion,
    /// The task's id.
    pub task: Arc<str>,
    /// The number of the sample.
    pub sample: u32,
    /// The axis.
    pub axis: Axis,
    /// The judge's name in `run.toml`.
    pub judge: Arc<str>,
    /// Number of the repeat, from 0.
    pub repeat: u32,
    /// [`SampleRecord::answer_digest`] of what was judged.
    pub answer: Digest,
    /// What the judge said.
    pub verdict: Verdict,
    /// When the mark was stored (UTC).
    pub at: jiff::Timestamp,
}

impl JudgmentRecord {
    /// Which mark this is.
    pub fn key(&self) -> MarkKey {
        MarkKey {
            sample: SampleKey {
                task: Arc::clone(&self.task),
                sample: self.sample,
            },
            axis: self.axis.key(),
            repeat: self.repeat,
        }
    }
}

/// Who was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// The model of the run, for answers.
    Model,
    /// The judge of this name, for marks.
    Judge(Arc<str>),
}

/// Money for a question that was given up with the run, so that no answer and no mark tells it: a line of
/// `costs.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostRecord {
    /// The form of this record.
    pub schema: SchemaVersion,
    /// Who was asked.
    pub asked: Asked,
    /// Money for all tries, in US dollars.
    pub cost_usd: f64,
    /// The part of it that is the most that it can be, since the endpoint did not tell what was used.
    pub assumed_usd: f64,
    /// When it was stored (UTC).
    pub at: jiff::Timestamp,
}

impl CostRecord {
    /// The money.
    pub fn spent(&self) -> Spent {
        Spent {
            cost_usd: self.cost_usd,
            assumed_usd: self.assumed_usd,
        }
    }

    /// A record of now.
    pub fn new(asked: Asked, spent: Spent) -> Self {
        Self {
            schema: SchemaVersion::default(),
            asked,
            cost_usd: spent.cost_usd,
            assumed_usd: spent.assumed_usd,
            at: jiff::Timestamp::now(),
        }
    }
}
