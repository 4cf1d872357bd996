//! What the stages of a run share, how they are stopped, and how they end.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};

use crate::run::budget::Budget;
use crate::run::event::Observer;
use crate::run::folder::RunFolder;
use crate::run::plan::Assignment;
use crate::run::record::{SampleKey, SampleRecord};
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
    pub(super) lost: Mutex<HashSet<SampleKey>>,
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
