//! Runs a plan: generation and judging overlap, so that the accelerator never
//! waits for the network.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use crate::run::budget::Budget;
use crate::run::event::{Event, Observer};
use crate::run::folder::{RunData, RunFolder};
use crate::run::plan::{Assignment, RunPlan, Seat};
use crate::run::stage::{Context, Ending, Stop, send};
use crate::run::{RunError, answer, generation, judging, lost};

/// Carries a plan out and returns what the folder holds afterwards, as [`RunData::read`]
/// would. Stops cleanly, with everything acknowledged in the logs, when `stop` is asked.
///
/// # Errors
/// The first error of any stage; the others finish what is in flight before it is returned.
pub async fn execute(
    plan: RunPlan,
    folder: Arc<RunFolder>,
    data: &RunData,
    observer: Arc<dyn Observer>,
    stop: Stop,
) -> Result<Ending, RunError> {
    let assignments = plan.assignments();
    check_prices(&plan)?;
    observer.notice(planned(&plan, &assignments, &folder, data));
    let context = Arc::new(Context {
        thinks: folder.manifest().model.identity.thinks,
        budget: Budget::new(plan.max_cost_usd, data.spent_usd),
        retry_missing: plan.retry_missing,
        suite: Arc::clone(&plan.suite),
        folder,
        observer,
        stop,
        lost: Mutex::default(),
    });
    let mut lost = lost::find(&plan, &assignments, &context.folder, data);
    let asks_again = plan.retry_missing && plan.model.is_some();
    for record in lost.values().filter(|_| !asks_again) {
        lost::tell(context.folder.path(), record);
        context.folder.append_sample(record).await?;
    }
    let mut stages = tokio::task::JoinSet::new();
    let mut queues = Vec::new();
    for seat in plan.seats {
        let (queue, answers) = mpsc::unbounded_channel();
        queues.push(queue);
        let done = data.marks.get(&seat.name()).cloned().unwrap_or_default();
        stages.spawn(judging::run(Arc::clone(&context), seat, done, answers));
    }
    let mut missing = Vec::new();
    for assignment in assignments {
        let known = data.samples.get(&assignment.key).cloned();
        let known = lost.remove(&assignment.key).or(known);
        match known.filter(|sample| !(plan.retry_missing && sample.is_lost())) {
            None => missing.push(assignment),
            Some(sample) => send(&queues, &assignment, &Arc::new(sample)),
        }
    }
    if let Some(model) = plan.model {
        stages.spawn(generation::run(
            Arc::clone(&context),
            model,
            missing,
            queues,
        ));
    } else {
        drop(queues);
    }
    finish(&mut stages, &context.stop).await
}

async fn finish(
    stages: &mut tokio::task::JoinSet<Result<Ending, RunError>>,
    stop: &Stop,
) -> Result<Ending, RunError> {
    let mut ending = Ok(Ending::Complete);
    while let Some(stage) = stages.join_next().await {
        let outcome = stage.map_err(RunError::from).and_then(|inner| inner);
        if outcome.is_err() {
            stop.ask();
        }
        ending = match (ending, outcome) {
            (Err(first), _) => Err(first),
            (Ok(_), Err(error)) => Err(error),
            (Ok(Ending::Complete), Ok(other)) => Ok(other),
            (Ok(one), Ok(_)) => Ok(one),
        };
    }
    ending
}

fn check_prices(plan: &RunPlan) -> Result<(), RunError> {
    if plan.max_cost_usd.is_none() {
        return Ok(());
    }
    if let Some(model) = plan.model.as_ref().filter(|model| !model.has_price()) {
        return Err(RunError::NoModelPrice {
            model: model.identity().name.clone(),
        });
    }
    match plan.seats.iter().find(|seat| !seat.judge.has_price()) {
        None => Ok(()),
        Some(seat) => Err(RunError::NoPrice {
            judge: seat.name().to_string(),
        }),
    }
}

fn planned(
    plan: &RunPlan,
    assignments: &[Assignment],
    folder: &RunFolder,
    data: &RunData,
) -> Event {
    let manifest = folder.manifest();
    let thinks = manifest.model.identity.thinks;
    let of_seat = |seat: &Seat, assignment: &Assignment| {
        let axes = manifest.suite.axes.iter().chain(seat.judge.extra_axes());
        let axes = axes.filter(|axis| seat.judge.identity().marks(**axis));
        let axes = axes.filter(|axis| answer::applies(**axis, &assignment.task, thinks));
        axes.count() as u64 * u64::from(seat.repeats)
    };
    let marks_of = |assignment: &Assignment| -> u64 {
        let seats = plan.seats.iter();
        seats.map(|seat| of_seat(seat, assignment)).sum()
    };
    let known = |assignment: &&Assignment| data.samples.contains_key(&assignment.key);
    let done = |seat: &Seat| {
        data.marks
            .get(&seat.name())
            .map_or(0, |marks| marks.len() as u64)
    };
    Event::Planned {
        samples: assignments.len() as u64,
        samples_done: assignments.iter().filter(known).count() as u64,
        marks: assignments.iter().map(marks_of).sum(),
        marks_done: plan.seats.iter().map(done).sum(),
        spent_usd: data.spent_usd,
    }
}
