//! What the executor tells those who watch: progress bars, logs, tests.

use crate::judge::Mark;

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
