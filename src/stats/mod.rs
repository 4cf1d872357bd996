//! Statistics on plain numbers.
//!
//! Pure functions: no I/O, no logging, no threads, nothing of the project's own types. A result that does not exist is
//! `None` or a [`error::StatsError`], never NaN and never a panic. Every random stream is seeded, so
//! results depend on the inputs and the seed only.

pub mod distribution;
pub mod effect;
pub mod error;
pub mod interval;
pub mod lattice;
pub mod mcnemar;
pub mod means_only;
pub mod missing;
pub mod noncentral_t;
pub mod paired;
pub mod power;
pub mod proportion;
pub mod rank;
pub mod ratio;
pub mod rational;
pub mod sample;
pub mod score_map;
pub mod signflip;
pub mod signflip_inversion;
pub mod signflip_monte_carlo;
pub mod splitmix;
pub mod strata_merge;
pub mod stratified;
pub mod wilcoxon;
