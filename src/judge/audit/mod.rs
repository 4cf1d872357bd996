//! The audit of a judge: questions whose right marks are known, put in ways that must not change
//! the mark, and asked anew every time.
//!
//! Way through the files: `item` takes tasks of a suite that stores the truth of the world
//! `shapes`; `ladder` makes right, slightly damaged, badly damaged and worthless answers from
//! one (with `boards`, `pixels` and `texts`) and lets the oracle say what each deserves;
//! `plan` lays the questions out under a number of calls, with repeats, injections
//! (`injection`) and other views; `ask` puts them to a judge; `anchors` keeps
//! questions and marks for a later day. What the marks mean is computed in
//! [`analysis::judges::audit`](crate::analysis::judges::audit).

pub mod anchors;
pub mod ask;
mod boards;
pub mod injection;
mod item;
mod ladder;
mod pixels;
pub mod plan;
pub mod probe;
mod store;
mod texts;

pub use ask::{AskError, Asking, Progress, Stop, ask, put};
pub use plan::{AuditSettings, CALLS_PER_ROUND, PlanError, plan};
pub use probe::{Control, Probe, Shown, Variation};
