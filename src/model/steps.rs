//! Progress within an answer: models that decode step by step tell how far they are.

use std::fmt;

/// How far a decoding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepsDone {
    /// Steps that are done.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
    /// Samples that are decoded together.
    pub samples: usize,
    /// Which of the decodings that go on at the same time, from 0.
    pub worker: usize,
}

/// Is told of every step. Called from the threads that decode; must not block.
pub trait StepWatch: Send + Sync {
    /// Takes notice of a step.
    fn notice(&self, steps: StepsDone);
}

impl fmt::Debug for dyn StepWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StepWatch")
    }
}
