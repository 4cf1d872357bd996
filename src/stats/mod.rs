//! Statistics on plain numbers.
//!
//! Pure functions: no I/O, no logging, no threads, nothing of the project's own types. A result that does not exist is
//! `None` or a [`error::StatsError`], never NaN and never a panic. Random streams are seeded, and a draw depends on its
//! number only, so results depend on the inputs and the seed and on nothing else.
//!
//! * From judge marks to numbers: [`rational`], [`lattice`], [`score_map`].
//! * Means and their intervals: [`interval`], [`ratio`], [`exact_bootstrap`], [`seeded_bootstrap`].
//! * One inference path: [`design`], [`weighted`] with [`contributions`], [`difference_interval`], [`margin`], [`flips`].
//! * One comparison: [`signflip`], [`signflip_inversion`], [`wilcoxon`], [`paired`], [`effect`],
//!   [`mcnemar`], [`proportion`].
//! * Many comparisons: [`multiplicity`], [`max_t`], [`rank_sets`], [`board`].
//! * Planning and stopping: [`power`], [`means_only`], [`strata_means`], [`sequential`], [`confidence_sequence`].
//! * Missing answers: [`missing`].
//! * Judges: [`bridge`], [`crossed`], [`heterogeneity`], [`variance_components`], [`nested`], [`krippendorff`], [`kappa`], [`agreement`], [`ppi`].
//! * Associations: [`correlation`], [`exact_correlation`], [`association`].
//! * Tools: [`distribution`], [`noncentral_t`], [`convolution`], [`bootstrap_design`], [`bca`], [`rank`], [`sample`],
//!   [`splitmix`], [`strata`], [`error`].

pub mod agreement;
pub mod association;
pub mod bca;
pub mod board;
pub mod bootstrap_design;
pub mod bridge;
pub mod confidence_sequence;
pub mod contributions;
pub mod convolution;
pub mod correlation;
pub mod crossed;
pub mod design;
pub mod difference_interval;
pub mod distribution;
pub mod effect;
pub mod error;
pub mod exact_bootstrap;
pub mod exact_correlation;
pub mod flips;
pub mod heterogeneity;
pub mod interval;
pub mod kappa;
pub mod krippendorff;
pub mod lattice;
pub mod margin;
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
mod root;
pub mod sample;
pub mod score_map;
pub mod seeded_bootstrap;
pub mod sequential;
pub mod signflip;
pub mod signflip_inversion;
pub mod splitmix;
mod spread;
pub mod strata;
pub mod strata_means;
pub mod variance_components;
pub mod weighted;
pub mod wilcoxon;

#[cfg(test)]
mod properties;
