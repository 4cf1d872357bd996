//! The stage that asks one judge.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::common::digest::Digest;
use crate::judge::{Evidence, Question, View};
use crate::run::RunError;
use crate::run::answer::{self, Need};
use crate::run::event::Event;
use crate::run::folder::KeptMark;
use crate::run::lost;
use crate::run::plan::Seat;
use crate::run::record::{Asked, JudgmentRecord, MarkKey, SampleRecord, SchemaVersion};
use crate::run::stage::{Answered, Context, Ending};
use crate::suite::Axis;

/// One mark that must be asked for.
struct Job {
    key: MarkKey,
    answer: Digest,
    sample: Arc<SampleRecord>,
    question: Question,
}

/// Asks for every mark that is not there yet, at most as many at once as the judge allows.
/// A slot is free again only when its mark is durable, so a kill can lose no more
/// requests than there are slots.
pub(super) async fn run(
    context: Arc<Context>,
    seat: Seat,
    done: HashMap<MarkKey, KeptMark>,
    mut answers: mpsc::UnboundedReceiver<Answered>,
) -> Result<Ending, RunError> {
    let slots = seat.judge.concurrency().max(1);
    let mut jobs = VecDeque::new();
    let mut running: JoinSet<Result<(), RunError>> = JoinSet::new();
    let mut open = true;
    let mut broke = false;
    let mut failed = None;
    loop {
        while running.len() < slots && !broke && failed.is_none() && !context.stop.is_asked() {
            let Some(job) = jobs.pop_front() else { break };
            let most_usd = most_usd(&seat, &context, &job);
            if context.budget.reserve(most_usd) {
                running.spawn(one_mark(Arc::clone(&context), seat.clone(), job, most_usd));
            } else {
                // What is in flight may turn out cheaper than what was reserved for it.
                jobs.push_front(job);
                broke = running.is_empty();
                break;
            }
        }
        let stopping = broke || failed.is_some() || context.stop.is_asked();
        if running.is_empty() && (stopping || (!open && jobs.is_empty())) {
            break;
        }
        tokio::select! {
            Some(finished) = running.join_next() => {
                // What is in flight is paid for: it is waited for and kept.
                let outcome = finished.map_err(RunError::from).and_then(|inner| inner);
                failed = failed.or(outcome.err());
            }
            received = answers.recv(), if open && !stopping => match received {
                Some(answered) => jobs.extend(jobs_of(&context, &seat, &done, &answered)),
                None => open = false,
            },
            () = context.stop.asked(), if !stopping => {}
        }
    }
    match failed {
        Some(error) => Err(error),
        None if broke => Ok(Ending::OutOfBudget),
        None if context.stop.is_asked() => Ok(Ending::Stopped),
        None => Ok(Ending::Complete),
    }
}

/// The most a mark can cost: only asked for when there is a cap.
fn most_usd(seat: &Seat, context: &Context, job: &Job) -> f64 {
    if !context.budget.is_capped() {
        return 0.0;
    }
    seat.judge.estimate(&job.question).most_usd.unwrap_or(0.0)
}

/// The marks of one answer that must still be asked for.
fn jobs_of(
    context: &Context,
    seat: &Seat,
    done: &HashMap<MarkKey, KeptMark>,
    answered: &Answered,
) -> Vec<Job> {
    let Answered { task, sample } = answered;
    let images = context.folder.images();
    let answer = sample.answer_digest();
    let marked = |axis: &&Axis| seat.judge.identity().marks(**axis);
    let axes = context.folder.manifest().suite.axes.iter();
    let axes = axes.chain(seat.judge.extra_axes()).filter(marked);
    let mut asked = Vec::new();
    for &axis in axes {
        match answer::need(axis, task, context.thinks, sample, &images) {
            Need::NotApplicable => {}
            Need::Empty | Need::Lost(_) => context.observer.notice(Event::Skipped {
                marks: u64::from(seat.repeats),
            }),
            Need::Ask(evidence) => {
                asked.push(answer::shown(&evidence, task, &context.suite.calls));
            }
        }
    }
    // Also what is marked already: what is asked together must not depend on where a run was stopped.
    let together: Arc<[Evidence]> = asked.into();
    let mut jobs = Vec::new();
    for evidence in together.iter() {
        for repeat in 0..seat.repeats {
            let key = MarkKey {
                sample: sample.key(),
                axis: evidence.axis().key(),
                repeat,
            };
            let mark = done.get(&key);
            if mark.is_some_and(|mark| mark.settles(answer, context.retry_missing)) {
                continue;
            }
            let question = Question {
                task: Arc::clone(&task.prompt.id),
                kind: task.prompt.kind(),
                category: Some(Arc::clone(&task.prompt.category)),
                evidence: evidence.clone(),
                together: Arc::clone(&together),
                target: task.target.clone(),
                view: View::default(),
                repeat,
            };
            jobs.push(Job {
                key,
                answer,
                sample: Arc::clone(sample),
                question,
            });
        }
    }
    jobs
}

async fn one_mark(
    context: Arc<Context>,
    seat: Seat,
    job: Job,
    reserved_usd: f64,
) -> Result<(), RunError> {
    let judge = seat.name();
    let outcome = seat.judge.mark(&job.question).await;
    let spent = match &outcome {
        Ok(verdict) => verdict.spent(),
        Err(error) => error.spent,
    };
    context.budget.settle(reserved_usd, spent.cost_usd);
    let verdict = match outcome {
        Ok(verdict) => verdict,
        Err(error) => {
            let asked = Asked::Judge(Arc::clone(&judge));
            context.folder.append_cost(asked, error.spent).await?;
            let picture = job.question.evidence.output();
            let Some(failure) = picture.and_then(|picture| lost::picture_fault(picture)) else {
                let name = judge.to_string();
                return Err(RunError::Judge { name, error });
            };
            return lose(&context, &job.sample.without_picture(failure)).await;
        }
    };
    let record = JudgmentRecord {
        schema: SchemaVersion::default(),
        task: job.key.sample.task,
        sample: job.key.sample.sample,
        axis: job.question.evidence.axis(),
        judge,
        repeat: job.key.repeat,
        answer: job.answer,
        verdict,
        at: jiff::Timestamp::now(),
    };
    context.folder.append_judgment(&record).await?;
    context.observer.notice(Event::Marked {
        mark: record.verdict.mark,
        cached: record.verdict.cached,
        spent_usd: context.budget.spent_usd(),
    });
    Ok(())
}

/// Notes that the picture of an answer has gone while its marks were made.
async fn lose(context: &Context, record: &SampleRecord) -> Result<(), RunError> {
    if context.is_first_loss(record.key()) {
        lost::tell(context.folder.path(), record);
        context.folder.append_sample(record).await?;
    }
    context.observer.notice(Event::Skipped { marks: 1 });
    Ok(())
}
