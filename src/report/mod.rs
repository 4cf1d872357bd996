//! Shows what [`crate::analysis`] computed. Computes no statistics itself.

pub mod categories_text;
pub mod caveats;
pub mod columns;
pub mod compare_csv;
pub mod compare_details;
pub mod compare_notes;
pub mod compare_text;
pub mod figures;
pub mod forecast_text;
pub mod leaderboard_text;
pub mod levels_text;
pub mod matrix_text;
pub mod means_text;
pub mod names;
pub mod number;
pub mod page;
pub mod power_text;
pub mod published_text;
pub mod requirement_text;
pub mod score_text;
pub mod thinking_text;
pub mod typography;
pub mod verdict;
