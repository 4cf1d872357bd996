//! What is known about the judges: panels, agreement, noise, audits.

pub mod audit;
pub mod bridge;
pub(crate) mod noise;
pub mod panel;
pub mod panel_agreement;
pub mod repeats;
pub mod standard;
