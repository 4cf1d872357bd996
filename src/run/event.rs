//! What the executor tells those who watch: progress bars, logs, tests.

use std::sync::Arc;

use crate::judge::Mark;
use crate::suite::Axis;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The work of the run, before it starts.
    Planned {
        /// Samples in all.
        samples: u64,
        /// Samples that are there already.
        samples_done: u64,
        /// Marks in all, every judge and repeat counted, assuming that nothing is empty or lost.
        marks: u64,
        /// Marks that are there already.
        marks_done: u64,
        /// Money spent before, in US dollars.
        spent_usd: f64,
    },
    /// An answer is stored.
    Sampled {
        /// The task.
        task: Arc<str>,
        /// Whether something of it was lost.
        lost: bool,
        /// Money spent so far in all, in US dollars.
        spent_usd: f64,
    },
    /// A mark needs no call: the answer is empty or lost where the axis looks.
    Skipped {
        /// How many repeats of it.
        marks: u64,
    },
    /// A mark is stored.
    Marked {
        /// The judge's name.
        judge: Arc<str>,
        /// The task.
        task: Arc<str>,
        /// The axis.
        axis: Axis,
        /// The mark.
        mark: Mark,
        /// Whether it came from the cache.
        cached: bool,
        /// Money spent so far in all, in US dollars.
        spent_usd: f64,
    },
}

/// Watches a run. Called from several threads; must not block.
pub trait Observer: Send + Sync {
    /// Takes notice of one event.
    fn notice(&self, event: Event);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn notice(&self, _: Event) {}
}
