//! One sample on its way through decoding, and the passes over several of them.

use super::canvas::{Canvas, Guide};
use super::forward::Forward;
use super::noise::{Noise, NoiseError};
use crate::onnx::language::{ForwardError, Read, Want};

/// Network evaluations of one sample: one per sequence, also where sequences share a pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forwards {
    /// Of the whole condition.
    pub conditional: usize,
    /// Of sequences that lack a part of it, for guidance.
    pub unconditional: usize,
}

impl Forwards {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> usize {
        self.conditional + self.unconditional
    }
}

/// What ends the decoding of one sample while others go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LaneFault {
    /// The network gave logits that are no finite numbers.
    #[error("the network gave logits that are not finite at step {0}")]
    NotFinite(usize),
    /// The noise is not what decoding asks for.
    #[error(transparent)]
    Noise(#[from] NoiseError),
}

/// The sequences that guidance compares with.
#[derive(Debug, Clone, Default)]
pub struct Guides {
    /// Without the instruction (family A's released code only).
    pub text: Option<Guide>,
    /// Without the input image.
    pub image: Option<Guide>,
}

/// One sample that is decoded.
pub struct Lane {
    /// Its sequence.
    pub canvas: Canvas,
    /// What guidance compares with.
    pub guides: Guides,
    /// Its noise.
    pub noise: Box<dyn Noise>,
    /// Masked text positions before the first step.
    pub text_masks: usize,
    /// What it has cost so far.
    pub forwards: Forwards,
    /// Codes of the last image update, also where the cell was masked again.
    pub sampled: Vec<usize>,
    /// Why it stopped.
    pub fault: Option<LaneFault>,
}

impl Lane {
    /// A sample before its first step.
    #[must_use]
    pub fn new(canvas: Canvas, guides: Guides, noise: Box<dyn Noise>) -> Self {
        Self {
            text_masks: canvas.masked_text(canvas.text.clone()).len(),
            canvas,
            guides,
            noise,
            forwards: Forwards::default(),
            sampled: Vec::new(),
            fault: None,
        }
    }

    /// Runs a part of a step unless the sample has failed; a fault ends this sample only.
    pub fn attempt(&mut self, part: impl FnOnce(&mut Self) -> Result<(), LaneFault>) {
        if self.fault.is_none() {
            self.fault = part(self).err();
        }
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane")
            .field("canvas", &self.canvas)
            .field("forwards", &self.forwards)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// Rows of one forward pass and what is read of them. Buffers are kept from pass to pass.
#[derive(Debug, Default)]
pub struct Pass {
    ids: Vec<i64>,
    rows: usize,
    reads: Vec<Read>,
}

impl Pass {
    /// Forgets the last pass.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.reads.clear();
        self.rows = 0;
    }

    /// Are there no rows?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Adds the sequence itself as a row and gives its number.
    pub fn sequence(&mut self, canvas: &Canvas) -> usize {
        self.ids.extend_from_slice(&canvas.ids);
        self.rows += 1;
        self.rows - 1
    }

    /// Adds a sequence of guidance as a row and gives its number.
    pub fn guide(&mut self, canvas: &Canvas, guide: &Guide) -> usize {
        guide.write(canvas, &mut self.ids);
        self.rows += 1;
        self.rows - 1
    }

    /// Asks for logits; gives the number of the first read. The next reads follow it.
    pub fn read(&mut self, row: usize, places: impl Iterator<Item = usize>, want: Want) -> usize {
        let first = self.reads.len();
        self.reads.extend(places.map(|position| Read {
            row,
            position,
            want,
        }));
        first
    }

    /// Runs the pass.
    ///
    /// # Errors
    /// [`ForwardError`]; also when the rows differ in length.
    pub fn run<F: Forward>(&self, network: &mut F) -> Result<F::Readings, ForwardError> {
        let length = self.ids.len() / self.rows.max(1);
        network.forward(&self.ids, [self.rows, length], &self.reads)
    }
}
