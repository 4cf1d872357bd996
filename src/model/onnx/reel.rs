//! Takes a trajectory down while a sample is decoded.

use crate::model::diffusion::canvas::Canvas;
use crate::model::trajectory::{Filming, StepRecord};

/// A trajectory while it is decoded.
#[derive(Debug)]
pub struct Reel {
    pub(super) filming: Filming,
    pub(super) last: Canvas,
    pub(super) steps: Vec<StepRecord>,
    pub(super) frames: Vec<(usize, Canvas)>,
}

impl Reel {
    /// Begins with the sequence before the first step.
    #[must_use]
    pub fn new(filming: Filming, canvas: &Canvas) -> Self {
        Self {
            filming,
            last: canvas.clone(),
            steps: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// Notes the sequence after a step.
    pub fn notice(&mut self, step: usize, is_last: bool, canvas: &Canvas) {
        let changed = |&position: &usize| canvas.id(position) != self.last.id(position);
        let text = canvas.text.clone().filter(changed);
        let mut record = StepRecord {
            text: text.map(|position| position - canvas.text.start).collect(),
            ..StepRecord::default()
        };
        for (cell, position) in canvas.cells.iter().enumerate() {
            if changed(position) {
                match canvas.is_masked(*position) {
                    true => record.masked_again.push(cell),
                    false => record.cells.push(cell),
                }
            }
        }
        self.steps.push(record);
        if let Filming::Frames { every } = self.filming
            && (is_last || (step + 1).is_multiple_of(every))
        {
            self.frames.push((step + 1, canvas.clone()));
        }
        self.last.clone_from(canvas);
    }
}
