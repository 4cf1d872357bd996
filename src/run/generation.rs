//! The stage that asks the model.

use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::common::picture::Picture;
use crate::endpoint::price::Spent;
use crate::model::{Answer, Failure, Model, Part};
use crate::run::RunError;
use crate::run::event::Event;
use crate::run::folder::RunFolder;
use crate::run::plan::Assignment;
use crate::run::record::{Asked, SampleRecord, SchemaVersion, Stored, StoredPicture};
use crate::run::stage::{Answered, Context, Ending, send};

/// Longest reasoning that is kept, in bytes; more is cut off and said in the details.
pub const MAX_REASONING_BYTES: usize = 1 << 20;

/// Asks the model for all assignments, stores the answers and hands them on.
pub(super) async fn run(
    context: Arc<Context>,
    model: Arc<dyn Model>,
    assignments: Vec<Assignment>,
    queues: Vec<mpsc::UnboundedSender<Answered>>,
) -> Result<Ending, RunError> {
    let queues = Arc::new(queues);
    let batches = assignments.chunks(model.batch_size().max(1));
    let mut batches = batches.map(<[_]>::to_vec).peekable();
    let mut running = JoinSet::new();
    let mut broke = false;
    let mut failed = None;
    loop {
        let stopping = |failed: &Option<RunError>| failed.is_some() || context.stop.is_asked();
        while running.len() < model.concurrency().max(1) && !broke && !stopping(&failed) {
            let Some(batch) = batches.peek() else { break };
            let most_usd = most_usd(&*model, &context, batch);
            if !context.budget.reserve(most_usd) {
                // What is in flight may turn out cheaper than what was reserved for it.
                broke = running.is_empty();
                break;
            }
            let Some(batch) = batches.next() else { break };
            let (context, model) = (Arc::clone(&context), Arc::clone(&model));
            let queues = Arc::clone(&queues);
            running.spawn(one_batch(context, model, batch, most_usd, queues));
        }
        match running.join_next().await {
            Some(finished) => {
                // What is in flight is paid for: it is waited for and kept.
                let outcome: Result<(), RunError> =
                    finished.map_err(RunError::from).and_then(|inner| inner);
                failed = failed.or(outcome.err());
            }
            None if failed.is_some() => return failed.map_or(Ok(Ending::Complete), Err),
            None if broke => return Ok(Ending::OutOfBudget),
            None if context.stop.is_asked() => return Ok(Ending::Stopped),
            None => return Ok(Ending::Complete),
        }
    }
}

/// The most a batch can cost: only asked for when there is a cap.
fn most_usd(model: &dyn Model, context: &Context, batch: &[Assignment]) -> f64 {
    if !context.budget.is_capped() {
        return 0.0;
    }
    let most = |assignment: &Assignment| model.estimate(&assignment.request()).most_usd;
    batch.iter().filter_map(most).sum()
}

async fn one_batch(
    context: Arc<Context>,
    model: Arc<dyn Model>,
    batch: Vec<Assignment>,
    reserved_usd: f64,
    queues: Arc<Vec<mpsc::UnboundedSender<Answered>>>,
) -> Result<(), RunError> {
    let requests = batch.iter().map(Assignment::request).collect();
    let outcome = model.answer(requests).await;
    let spent = match &outcome {
        Ok(answers) => (answers.iter().map(Answer::spent)).fold(Spent::default(), Spent::plus),
        Err(error) => error.spent,
    };
    context.budget.settle(reserved_usd, spent.cost_usd);
    let answers = match outcome {
        Ok(answers) => answers,
        Err(error) => {
            context.folder.append_cost(Asked::Model, spent).await?;
            return Err(error.into());
        }
    };
    let (folder, thinks) = (Arc::clone(&context.folder), context.thinks);
    let stored = tokio::task::spawn_blocking(move || store_all(&folder, batch, answers, thinks));
    let (kept, fault) = stored.await?;
    let records = kept.iter().map(|(_, record)| &**record);
    context.folder.append_samples(records).await?;
    for (assignment, record) in kept {
        context.observer.notice(Event::Sampled {
            lost: record.is_lost(),
            spent_usd: context.budget.spent_usd(),
        });
        send(&queues, &assignment, &record);
    }
    fault.map_or(Ok(()), Err)
}

/// Stores the pictures of a batch, on all cores, and makes its records: those before the first that could not be stored,
/// in their order, and why it could not.
fn store_all(
    folder: &RunFolder,
    batch: Vec<Assignment>,
    answers: Vec<Answer>,
    thinks: bool,
) -> (Vec<(Assignment, Arc<SampleRecord>)>, Option<RunError>) {
    let asked: Vec<(Assignment, Answer)> = batch.into_iter().zip(answers).collect();
    let stored: Vec<Result<_, RunError>> = asked
        .into_par_iter()
        .map(|(assignment, answer)| {
            let record = store(folder, &assignment, answer, thinks)?;
            Ok((assignment, Arc::new(record)))
        })
        .collect();
    let mut fault = None;
    let kept = stored.into_iter().map_while(|one| match one {
        Ok(kept) => Some(kept),
        Err(error) => {
            fault = Some(error);
            None
        }
    });
    let kept = kept.collect();
    (kept, fault)
}

/// Checks an answer, stores its picture, and makes its record.
fn store(
    folder: &RunFolder,
    assignment: &Assignment,
    answer: Answer,
    thinks: bool,
) -> Result<SampleRecord, RunError> {
    let mut details = answer.details;
    let reasoning = match answer.reasoning {
        // What a model that is declared not to think happens to say is not judged.
        _ if !thinks => Stored::Empty,
        Part::Lost(failure) => Stored::Lost(failure),
        Part::Empty => Stored::Empty,
        Part::Given(text) if text.trim().is_empty() => Stored::Empty,
        Part::Given(mut text) => {
            if text.len() > MAX_REASONING_BYTES {
                details.insert("reasoning_bytes_before_cut".into(), text.len().into());
                text.truncate(text.floor_char_boundary(MAX_REASONING_BYTES));
            }
            Stored::Given(text.into())
        }
    };
    let image = match answer.image {
        Part::Lost(failure) => Stored::Lost(failure),
        Part::Empty => Stored::Empty,
        Part::Given(bytes) => store_image(folder, bytes)?,
    };
    if let Some(film) = &answer.film {
        folder.store_film(film)?;
    }
    Ok(SampleRecord {
        schema: SchemaVersion::default(),
        task: Arc::clone(&assignment.key.task),
        sample: assignment.key.sample,
        seed: assignment.seed,
        reasoning,
        image,
        timing_ms: answer.timing_ms,
        details,
        cost_usd: answer.cost_usd,
        stored_as: None,
        at: jiff::Timestamp::now(),
    })
}

fn store_image(folder: &RunFolder, bytes: Bytes) -> Result<Stored<StoredPicture>, RunError> {
    match Picture::from_untrusted(bytes) {
        Ok(picture) => Ok(Stored::Given(folder.store_picture(&picture)?)),
        Err(error) => Ok(Stored::Lost(Failure::of_picture(&error))),
    }
}
