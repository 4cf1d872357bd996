//! What the gallery needs of a run's logs, bounded while it is read.

use std::collections::{BTreeMap, HashMap};

use crate::analysis::runs::load::LoadedRun;
use crate::common::digest::Digest;
use crate::report::page::text::{Bounded, bounded};
use crate::run::folder::names;
use crate::run::journal::{self, JournalError};
use crate::run::record::{JudgmentRecord, MarkKey, SampleKey, SampleRecord, Stored, StoredPicture};
use crate::run::scores::Status;

/// Most characters of a reasoning text that are shown.
const MAX_REASONING: usize = 20_000;
/// Most characters of a judge's rationale that are shown.
const MAX_RATIONALE: usize = 2_000;
/// Most characters of a reason why something is not there.
const MAX_REASON: usize = 300;

/// Why a log cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    /// A log.
    #[error(transparent)]
    Log(#[from] JournalError),
    /// The gallery cannot be written as JSON.
    #[error("the gallery cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The answers and rationales of one run under one judge.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub answers: BTreeMap<SampleKey, GalleryAnswer>,
    rationales: HashMap<MarkKey, (Digest, Bounded)>,
}

/// One stored answer.
#[derive(Debug)]
pub(super) struct GalleryAnswer {
    /// The reasoning, or why there is none.
    pub text: Result<Bounded, String>,
    /// The picture, or why there is none.
    pub picture: Result<StoredPicture, String>,
    digest: Digest,
}

impl Records {
    /// Reads the logs of a run; logs that are not there are empty.
    pub fn read(run: &LoadedRun, judge: &str) -> Result<Self, GalleryError> {
        let mut records = Self::default();
        let folder = &run.folder;
        journal::read(&folder.join(names::SAMPLES), |record: SampleRecord| {
            records.answers.insert(record.key(), answer(&record));
        })?;
        journal::read(&folder.join(names::JUDGMENTS), |record: JudgmentRecord| {
            if *record.judge == *judge {
                let rationale = record.verdict.rationale.as_deref().unwrap_or("");
                let shown = bounded(rationale.trim(), MAX_RATIONALE);
                records
                    .rationales
                    .insert(record.key(), (record.answer, shown));
            }
        })?;
        Ok(records)
    }

    /// What the judge said about a mark of the answer that is stored now.
    pub fn rationale(&self, key: &MarkKey) -> Option<Bounded> {
        let (answer, rationale) = self.rationales.get(key)?;
        let current = self.answers.get(&key.sample)?.digest;
        (*answer == current && !rationale.text.is_empty()).then(|| rationale.clone())
    }
}

fn answer(record: &SampleRecord) -> GalleryAnswer {
    let text = match &record.reasoning {
        Stored::Given(text) => Ok(bounded(text.trim(), MAX_REASONING)),
        other => Err(absent(other, "no reasoning")),
    };
    let picture = match &record.image {
        Stored::Given(picture) => Ok(picture.clone()),
        other => Err(absent(other, "no picture")),
    };
    GalleryAnswer {
        text,
        picture,
        digest: record.answer_digest(),
    }
}

fn absent<T>(stored: &Stored<T>, nothing: &str) -> String {
    match stored {
        Stored::Given(_) => String::new(),
        Stored::Empty => format!("The model answered with {nothing}."),
        Stored::Lost(failure) => {
            let why = bounded(&failure.message, MAX_REASON).text;
            let status = Status::ModelLost(failure.kind);
            format!("The answer was lost ({status}): {why}")
        }
    }
}
