//! Statistics on plain numbers.
//!
//! Pure functions: no I/O, no logging, no threads, nothing of the project's own types. A result that does not exist is
//! `None` or a [`error::StatsError`], never NaN and never a panic. Every random stream is seeded, so
//! results depend on the inputs and the seed only.

pub mod distribution;
pub mod error;
pub mod interval;
pub mod ratio;
pub mod sample;
pub mod strata_merge;
pub mod stratified;
