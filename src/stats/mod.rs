//! Statistics on plain numbers.
//!
//! Pure functions: no I/O, no logging, no threads, nothing of the project's own types. A result that does not exist is
//! `None` or a [`error::StatsError`], never NaN and never a panic. Every random stream is seeded, so
//! results depend on the inputs and the seed only.

pub mod agreement;
pub mod association;
pub mod bca;
pub mod bootstrap_design;
pub mod convolution;
pub mod correlation;
pub mod distribution;
pub mod effect;
pub mod error;
pub mod exact_bootstrap;
pub mod exact_correlation;
pub mod interval;
pub mod kappa;
pub mod krippendorff;
pub mod lattice;
pub mod max_t;
pub mod mcnemar;
pub mod means_only;
pub mod missing;
pub mod multiplicity;
pub mod nested;
pub mod noncentral_t;
pub mod paired;
pub mod power;
pub mod ppi;
pub mod proportion;
pub mod rank;
pub mod rank_sets;
pub mod ratio;
pub mod rational;
pub mod sample;
pub mod score_map;
pub mod seeded_bootstrap;
pub mod sequential;
pub mod signflip;
pub mod signflip_inversion;
pub mod signflip_monte_carlo;
pub mod splitmix;
pub mod strata;
pub mod strata_merge;
pub mod stratified;
pub mod variance_components;
pub mod wilcoxon;

#[cfg(test)]
mod properties;
