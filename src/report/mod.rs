//! Shows what [`crate::analysis`] computed. Computes no statistics itself.

pub mod columns;
pub mod forecast_text;
pub mod matrix_text;
pub mod score_text;
