//! The network as decoding sees it: token ids in, logits where a decision is taken out.

use crate::onnx::language::{ForwardError, LanguageModel, Logits, Read};

/// Logits over the text vocabulary, the image codes, and the ids after them; empty where they were not asked for.
pub type Parts<'a> = [&'a [f32]; 3];

/// The logits of one forward pass.
pub trait Readings {
    /// Logits of the `index`-th read.
    ///
    /// # Errors
    /// [`ForwardError`] when the network did not give them.
    fn parts(&self, index: usize) -> Result<Parts<'_>, ForwardError>;
}

/// A network that predicts masked tokens.
pub trait Forward {
    /// What a pass gives.
    type Readings: Readings;

    /// One pass over `batch` rows of `length` ids, read at `reads`. No row may influence another.
    ///
    /// # Errors
    /// [`ForwardError`].
    fn forward(
        &mut self,
        ids: &[i64],
        shape: [usize; 2],
        reads: &[Read],
    ) -> Result<Self::Readings, ForwardError>;
}

impl Readings for Logits {
    fn parts(&self, index: usize) -> Result<Parts<'_>, ForwardError> {
        Ok(Self::parts(self, index)?)
    }
}

impl Forward for LanguageModel {
    type Readings = Logits;

    fn forward(
        &mut self,
        ids: &[i64],
        shape: [usize; 2],
        reads: &[Read],
    ) -> Result<Logits, ForwardError> {
        Self::forward(self, ids, shape, reads)
    }
}
