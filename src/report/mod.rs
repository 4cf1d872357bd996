//! Shows what [`crate::analysis`] computed. Computes no statistics itself.

pub mod columns;
pub mod score_text;
