//! The stage that asks the model.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::common::picture::Picture;
use crate::model::{Answer, Model, Part};
use crate::run::RunError;
use crate::run::event::Event;
use crate::run::executor::{Answered, Assignment, Context, Ending, send};
use crate::run::folder::RunFolder;
use crate::run::record::{SampleRecord, SchemaVersion, Stored, StoredPicture};

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
    let mut batches = assignments
        .chunks(model.batch_size().max(1))
        .map(<[_]>::to_vec);
    let mut running = JoinSet::new();
    loop {
        while running.len() < model.concurrency().max(1) && !context.stop.is_asked() {
            let Some(batch) = batches.next() else { break };
            let (context, model) = (Arc::clone(&context), Arc::clone(&model));
            running.spawn(one_batch(context, model, batch, Arc::clone(&queues)));
        }
        match running.join_next().await {
            Some(finished) => finished??,
            None if context.stop.is_asked() => return Ok(Ending::Stopped),
            None => return Ok(Ending::Complete),
        }
    }
}

async fn one_batch(
    context: Arc<Context>,
    model: Arc<dyn Model>,
    batch: Vec<Assignment>,
    queues: Arc<Vec<mpsc::UnboundedSender<Answered>>>,
) -> Result<(), RunError> {
    let requests = batch.iter().map(Assignment::request).collect();
    let answers = model.answer(requests).await?;
    for (assignment, answer) in batch.into_iter().zip(answers) {
        let folder = Arc::clone(&context.folder);
        let stored = assignment.clone();
        let thinks = context.thinks;
        let record =
            tokio::task::spawn_blocking(move || store(&folder, &stored, answer, thinks)).await??;
        context.folder.append_sample(&record).await?;
        context.observer.notice(Event::Sampled {
            task: Arc::clone(&record.task),
            lost: record.is_lost(),
        });
        send(&queues, &assignment, &Arc::new(record));
    }
    Ok(())
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
        at: jiff::Timestamp::now(),
    })
}

fn store_image(folder: &RunFolder, bytes: Bytes) -> Result<Stored<StoredPicture>, RunError> {
    match Picture::from_untrusted(bytes) {
        Ok(picture) => Ok(Stored::Given(folder.store_picture(&picture)?)),
        Err(error) => Ok(Stored::Undecodable(error.to_string())),
    }
}
