//! Runs a plan: generation and judging overlap, so that the accelerator never
//! waits for the network.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};

use crate::common::seed::{sample_seed, shuffle_key};
use crate::judge::Judge;
use crate::model::{Model, ModelRequest};
use crate::run::budget::Budget;
use crate::run::event::{Event, Observer};
use crate::run::folder::{RunData, RunFolder};
use crate::run::record::{SampleKey, SampleRecord};
use crate::run::{RunError, answer, generation, judging, lost};
use crate::suite::{Suite, Task};

/// A switch that asks all stages to start nothing new and finish what is in flight.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks for the stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is asked for.
    pub async fn asked(&self) {
        // The sender lives as long as self, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}

/// A judge of a run.
#[derive(Clone)]
pub struct Seat {
    /// Who marks.
    pub judge: Arc<dyn Judge>,
    /// Marks per sample and axis.
    pub repeats: u32,
}

impl Seat {
    /// The judge's name.
    pub fn name(&self) -> Arc<str> {
        self.judge.identity().name.as_str().into()
    }
}

/// What is to be done.
#[derive(Clone)]
pub struct RunPlan {
    /// The suite.
    pub suite: Arc<Suite>,
    /// Indices of the selected tasks, in suite order.
    pub tasks: Vec<usize>,
    /// Numbers of the samples per task.
    pub samples: Range<u32>,
    /// The seed that all others derive from.
    pub run_seed: u64,
    /// Who answers; `None` judges what is there.
    pub model: Option<Arc<dyn Model>>,
    /// Who marks; empty to generate only.
    pub seats: Vec<Seat>,
    /// Ask again for answers that were lost and for marks that are missing.
    pub retry_missing: bool,
    /// The most money that all answers and marks of this run may cost, in US dollars.
    pub max_cost_usd: Option<f64>,
}

/// One sample to be made.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Which.
    pub key: SampleKey,
    /// Of what; shared with all samples of the task.
    pub task: Arc<Task>,
    /// Its derived seed.
    pub seed: u64,
}

impl Assignment {
    /// What the model is asked.
    pub fn request(&self) -> ModelRequest {
        ModelRequest {
            prompt: self.task.prompt.clone(),
            sample: self.key.sample,
            seed: self.seed,
        }
    }
}

impl RunPlan {
    /// All samples of the plan in a random order that only the run's seed decides: a run
    /// that stops early has looked at a random sample of tasks.
    pub fn assignments(&self) -> Vec<Assignment> {
        let tasks = self
            .tasks
            .iter()
            .filter_map(|&index| self.suite.tasks.get(index));
        let mut assignments: Vec<Assignment> = tasks
            .map(|task| Arc::new(task.clone()))
            .flat_map(|task| {
                self.samples
                    .clone()
                    .map(move |sample| (Arc::clone(&task), sample))
            })
            .map(|(task, sample)| Assignment {
                seed: sample_seed(self.run_seed, task.id(), sample),
                key: SampleKey {
                    task: Arc::clone(&task.prompt.id),
                    sample,
                },
                task,
            })
            .collect();
        assignments.sort_by_cached_key(|assignment| {
            let SampleKey { task, sample } = &assignment.key;
            (
                *sample,
                shuffle_key(self.run_seed, "order", task),
                assignment.key.clone(),
            )
        });
        assignments
    }
}

/// How a run ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was asked.
    Complete,
    /// The next mark could have exceeded the cap on money.
    OutOfBudget,
    /// It was asked to stop.
    Stopped,
}

/// What all stages share.
pub(super) struct Context {
    pub folder: Arc<RunFolder>,
    pub observer: Arc<dyn Observer>,
    pub stop: Stop,
    pub budget: Budget,
    pub thinks: bool,
    pub retry_missing: bool,
    pub suite: Arc<Suite>,
    /// Answers whose picture was found to be gone while marks were made.
    lost: Mutex<HashSet<SampleKey>>,
}

impl Context {
    /// Whether nobody found before that the picture of this answer is gone. Notes that somebody has.
    pub fn is_first_loss(&self, sample: SampleKey) -> bool {
        let mut lost = self
            .lost
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        lost.insert(sample)
    }
}

/// An answer on its way to the judges.
#[derive(Clone)]
pub(super) struct Answered {
    pub task: Arc<Task>,
    pub sample: Arc<SampleRecord>,
}

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

/// Hands an answer to every judge. A judge that has stopped takes no more: fine.
pub(super) fn send(
    queues: &[mpsc::UnboundedSender<Answered>],
    assignment: &Assignment,
    sample: &Arc<SampleRecord>,
) {
    for queue in queues {
        let _ = queue.send(Answered {
            task: Arc::clone(&assignment.task),
            sample: Arc::clone(sample),
        });
    }
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
