//! What a run is to do: its tasks and samples in their order, who answers and who marks.

use std::ops::Range;
use std::sync::Arc;

use crate::common::seed::{sample_seed, shuffle_key};
use crate::judge::Judge;
use crate::model::{Model, ModelRequest};
use crate::run::record::SampleKey;
use crate::suite::{Suite, Task};

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
