//! What the logs of a run tell beside the marks: who really judged, what it cost, how long answers took.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Serialize;

use crate::analysis::runs::served::ServedCount;
use crate::run::folder::names;
use crate::run::journal::{self, JournalError};
use crate::run::record::{
    Asked, CostRecord, JudgmentRecord, MarkKey, SampleKey, SampleRecord, StoredPicture,
};
use crate::stats::sample::{mean, quantile_sorted};

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LogError(#[from] JournalError);

/// The spread of a quantity over answers or marks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// The median.
    pub median: f64,
    /// The 90 % quantile.
    pub p90: f64,
    /// Their sum.
    pub total: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self {
            count: values.len(),
            mean: mean(&values)?,
            median: quantile_sorted(&values, 0.5)?,
            p90: quantile_sorted(&values, 0.9)?,
            total: values.iter().sum(),
        })
    }
}

/// What the model did, from `samples.jsonl`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelLog {
    /// Answers that are stored.
    pub answers: usize,
    /// Milliseconds by stage, over the answers that report it.
    pub timing_ms: BTreeMap<String, Spread>,
    /// Characters of the reasoning texts that were given.
    pub reasoning_chars: Option<Spread>,
    /// When the first answer was stored (UTC).
    pub first: Option<jiff::Timestamp>,
    /// When the last one was.
    pub last: Option<jiff::Timestamp>,
}

/// What one judge did, from `judgments.jsonl`. Counts and money cover every record, marks that were asked
/// for again included; money also what `costs.jsonl` tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct JudgeLog {
    /// Records.
    pub records: usize,
    /// Of these, replies that came from the cache.
    pub cached: usize,
    /// Requests that were sent.
    pub requests: u64,
    /// Records in which at least one attempt failed.
    pub with_faults: usize,
    /// Prompt tokens as the endpoint counted them.
    pub input_tokens: u64,
    /// Reply tokens.
    pub output_tokens: u64,
    /// US dollars; none where no record states a cost.
    pub cost_usd: Option<f64>,
    /// Models that the endpoint says it served, with the number of records.
    pub served_models: BTreeMap<String, usize>,
    /// Fingerprints that the endpoint gave, with the number of records.
    pub fingerprints: BTreeMap<String, usize>,
    /// Milliseconds of the last attempt.
    pub latency_ms: Option<Spread>,
    /// When the first mark was stored (UTC).
    pub first: Option<jiff::Timestamp>,
    /// When the last one was.
    pub last: Option<jiff::Timestamp>,
}

/// The logs of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunLog {
    /// The model's side.
    pub model: ModelLog,
    /// The judges by name.
    pub judges: BTreeMap<String, JudgeLog>,
    /// What was served to each judge.
    #[serde(skip)]
    pub served: ServedCount,
    /// What the last records say of each mark, by judge: to be held against the score table.
    #[serde(skip)]
    pub marks: HashMap<String, HashMap<MarkKey, LoggedMark>>,
    /// Digest of what judges saw of each answer.
    #[serde(skip)]
    pub answers: HashMap<SampleKey, crate::common::digest::Digest>,
    /// The pictures of the answers that are stored.
    #[serde(skip)]
    pub pictures: Vec<StoredPicture>,
}

/// A mark as the log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedMark {
    /// The mark.
    pub mark: crate::judge::Mark,
    /// Digest of the answer that it is about.
    pub answer: crate::common::digest::Digest,
}

impl RunLog {
    /// Reads both logs of a run. A log that is not there is empty.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn read(folder: &Path) -> Result<Self, LogError> {
        let mut log = Self::default();
        let mut samples: BTreeMap<SampleKey, SampleRecord> = BTreeMap::new();
        journal::read(&folder.join(names::SAMPLES), |record: SampleRecord| {
            samples.insert(record.key(), record);
        })?;
        log.model = model_log(&samples);
        log.answers = samples
            .iter()
            .map(|(key, record)| (key.clone(), record.answer_digest()))
            .collect();
        let pictures = samples.values().filter_map(|record| record.image.given());
        log.pictures = pictures.cloned().collect();
        let mut latencies: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        journal::read(&folder.join(names::JUDGMENTS), |record: JudgmentRecord| {
            latencies
                .entry(record.judge.to_string())
                .or_default()
                .extend(record.verdict.latency_ms);
            log.note(record);
        })?;
        journal::read(&folder.join(names::COSTS), |record: CostRecord| {
            if let Asked::Judge(judge) = record.asked {
                let judge = log.judges.entry(judge.to_string()).or_default();
                *judge.cost_usd.get_or_insert(0.0) += record.cost_usd;
            }
        })?;
        for (judge, values) in latencies {
            log.judges.entry(judge).or_default().latency_ms = Spread::of(values);
        }
        Ok(log)
    }

    fn note(&mut self, record: JudgmentRecord) {
        let verdict = &record.verdict;
        let (model, fingerprint) = (verdict.served_model.clone(), verdict.fingerprint.clone());
        self.served.note(&record.judge, model, fingerprint);
        let judge = self.judges.entry(record.judge.to_string()).or_default();
        judge.records += 1;
        judge.cached += usize::from(verdict.cached);
        judge.requests += u64::from(verdict.attempts);
        judge.with_faults += usize::from(!verdict.faults.is_empty());
        judge.input_tokens += verdict.usage.input_tokens;
        judge.output_tokens += verdict.usage.output_tokens;
        if let Some(cost) = verdict.cost_usd {
            *judge.cost_usd.get_or_insert(0.0) += cost;
        }
        if let Some(served) = &verdict.served_model {
            *judge.served_models.entry(served.clone()).or_default() += 1;
        }
        if let Some(fingerprint) = &verdict.fingerprint {
            *judge.fingerprints.entry(fingerprint.clone()).or_default() += 1;
        }
        judge.first = earliest(judge.first, record.at);
        judge.last = latest(judge.last, record.at);
        let mark = LoggedMark {
            mark: verdict.mark,
            answer: record.answer,
        };
        self.marks
            .entry(record.judge.to_string())
            .or_default()
            .insert(record.key(), mark);
    }
}

fn model_log(samples: &BTreeMap<SampleKey, SampleRecord>) -> ModelLog {
    let mut log = ModelLog {
        answers: samples.len(),
        ..ModelLog::default()
    };
    let mut timings: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut lengths = Vec::new();
    for record in samples.values() {
        for (stage, &ms) in &record.timing_ms {
            timings.entry(stage.clone()).or_default().push(ms);
        }
        lengths.extend(
            record
                .reasoning
                .given()
                .map(|text| text.chars().count() as f64),
        );
        log.first = earliest(log.first, record.at);
        log.last = latest(log.last, record.at);
    }
    log.timing_ms = timings
        .into_iter()
        .filter_map(|(stage, values)| Some((stage, Spread::of(values)?)))
        .collect();
    log.reasoning_chars = Spread::of(lengths);
    log
}

fn earliest(known: Option<jiff::Timestamp>, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
    Some(known.map_or(at, |known| known.min(at)))
}

fn latest(known: Option<jiff::Timestamp>, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
    Some(known.map_or(at, |known| known.max(at)))
}
