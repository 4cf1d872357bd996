//! What a plan would ask for and cost, without asking.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::common::digest::Digest;
use crate::judge::{Question, View};
use crate::model::{AnswerCost, Model};
use crate::run::answer::{self, Need};
use crate::run::folder::RunData;
use crate::run::plan::{Assignment, RunPlan, Seat};
use crate::run::record::{MarkKey, SampleRecord, SchemaVersion, Stored, StoredPicture};
use crate::suite::Axis;

/// Length of the reasoning that is assumed of an answer that is not there yet, in characters.
pub const ASSUMED_REASONING_CHARS: usize = 1000;
/// Side of the square image that is assumed of an answer that is not there yet, in pixels.
pub const ASSUMED_IMAGE_SIDE: u32 = 1024;

/// What one judge would be asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct JudgeForecast {
    /// The judge's name.
    pub judge: String,
    /// Marks to be made.
    pub marks: u64,
    /// Of these, marks that the cache answers.
    pub from_cache: u64,
    /// Requests, without retries.
    pub calls: u64,
    /// Prompt tokens, estimated.
    pub input_tokens: u64,
    /// Reply tokens at the most.
    pub output_tokens: u64,
    /// US dollars without retries; absent where the profile states no price.
    pub cost_usd: Option<f64>,
}

/// What the model says of itself, and what it would be asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelForecast {
    /// The model's name.
    pub model: String,
    /// What it says beforehand, line by line.
    pub notices: Vec<String>,
    /// The same for programs, where the kind of model has such a report.
    pub survey: Option<serde_json::Value>,
    /// Answers that the cache gives.
    pub from_cache: u64,
    /// Requests, without retries; 0 for local models.
    pub calls: u64,
    /// US dollars without retries; absent where no price is known or needed.
    pub cost_usd: Option<f64>,
}

/// What a plan would ask for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forecast {
    /// The model; absent when nobody answers.
    pub model: Option<ModelForecast>,
    /// Answers that the model would be asked for.
    pub samples: u64,
    /// Answers whose length and size had to be assumed for the judges' figures.
    pub assumed: u64,
    /// Judge by judge.
    pub judges: Vec<JudgeForecast>,
}

/// Looks at a plan and what its folder holds (nothing for a new run). `images` is the
/// folder of the run's pictures.
pub fn forecast(
    plan: &RunPlan,
    axes: &[Axis],
    thinks: bool,
    data: &RunData,
    images: &Path,
) -> Forecast {
    let mut forecast = Forecast {
        judges: plan.seats.iter().map(start).collect(),
        model: plan.model.as_deref().map(ModelForecast::new),
        ..Forecast::default()
    };
    for assignment in plan.assignments() {
        let known = data.samples.get(&assignment.key);
        let known = known.filter(|sample| !(plan.retry_missing && sample.is_lost()));
        let sample = match known {
            Some(sample) => sample.clone(),
            None if plan.model.is_none() => continue,
            None => {
                forecast.samples += 1;
                forecast.assumed += 1;
                if let (Some(model), Some(total)) = (&plan.model, &mut forecast.model) {
                    total.add(model.estimate(&assignment.request()));
                }
                assumed(&assignment)
            }
        };
        for (seat, judge) in plan.seats.iter().zip(&mut forecast.judges) {
            let marked = |axis: &&Axis| seat.judge.identity().marks(**axis);
            let axes = axes.iter().chain(seat.judge.extra_axes());
            for &axis in axes.filter(marked) {
                let prompt = &assignment.task.prompt;
                let Need::Ask(evidence) =
                    answer::need(axis, &assignment.task, thinks, &sample, images)
                else {
                    continue;
                };
                let question = Question {
                    task: Arc::clone(&prompt.id),
                    kind: prompt.kind(),
                    category: Some(Arc::clone(&prompt.category)),
                    evidence: answer::shown(&evidence, &assignment.task, &plan.suite.calls),
                    together: Arc::default(),
                    target: assignment.task.target.clone(),
                    view: View::default(),
                    repeat: 0,
                };
                add_repeats(judge, seat, question, data, &sample, plan.retry_missing);
            }
        }
    }
    forecast
}

impl ModelForecast {
    /// What a model says of itself before it is asked anything.
    pub fn new(model: &dyn Model) -> Self {
        Self {
            model: model.identity().name.clone(),
            notices: model.notices(),
            survey: model.survey(),
            ..Self::default()
        }
    }

    fn add(&mut self, estimate: AnswerCost) {
        self.calls += estimate.calls;
        if let Some(cost) = estimate.cost_usd {
            *self.cost_usd.get_or_insert_default() += cost;
            self.from_cache += u64::from(estimate.calls == 0);
        }
    }
}

fn start(seat: &Seat) -> JudgeForecast {
    JudgeForecast {
        judge: seat.name().to_string(),
        cost_usd: seat.judge.has_price().then_some(0.0),
        ..JudgeForecast::default()
    }
}

fn add_repeats(
    judge: &mut JudgeForecast,
    seat: &Seat,
    question: Question,
    data: &RunData,
    sample: &SampleRecord,
    retry_missing: bool,
) {
    let done = data.marks.get(&seat.name());
    for repeat in 0..seat.repeats {
        let key = MarkKey {
            sample: sample.key(),
            axis: question.evidence.axis().key(),
            repeat,
        };
        let mark = done.and_then(|marks| marks.get(&key));
        if mark.is_some_and(|mark| mark.settles(sample.answer_digest(), retry_missing)) {
            continue;
        }
        let question = Question {
            repeat,
            ..question.clone()
        };
        let estimate = seat.judge.estimate(&question);
        judge.marks += 1;
        judge.from_cache += u64::from(estimate.calls == 0);
        judge.calls += estimate.calls;
        judge.input_tokens += estimate.input_tokens;
        judge.output_tokens += estimate.output_tokens;
        if let (Some(total), Some(cost)) = (judge.cost_usd.as_mut(), estimate.cost_usd) {
            *total += cost;
        }
    }
}

/// A stand-in for an answer that is not there yet: its size is what matters.
fn assumed(assignment: &Assignment) -> SampleRecord {
    SampleRecord {
        schema: SchemaVersion::default(),
        task: Arc::clone(&assignment.key.task),
        sample: assignment.key.sample,
        seed: assignment.seed,
        reasoning: Stored::Given("x".repeat(ASSUMED_REASONING_CHARS).into()),
        image: Stored::Given(StoredPicture {
            digest: Digest::of(assignment.key.task.as_bytes()),
            width: ASSUMED_IMAGE_SIDE,
            height: ASSUMED_IMAGE_SIDE,
        }),
        timing_ms: Default::default(),
        details: serde_json::Map::new(),
        cost_usd: None,
        stored_as: None,
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}
