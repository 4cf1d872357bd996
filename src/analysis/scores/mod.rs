//! Item values of one run and what follows from them: levels, missing marks, pass rates.

pub mod beside;
pub mod binary;
pub mod computed;
pub mod failed_as;
pub mod failures;
pub mod items;
pub mod official;
pub mod pass_rate;
mod ratio;
pub mod score_table;
pub mod sheet;
