//! A change of judge: what two judges say of the same answers.
//!
//! The old judge and the new one mark the same answers to tasks that are drawn at random ([`draw`]); their marks are kept
//! in a file that needs nothing else ([`mod@file`]). From it follow a study of the change ([`crate::analysis::judges::bridge`])
//! and comparisons of runs that were marked by different judges ([`crate::analysis::compare::crossing`]).

pub mod anchors;
pub mod assemble;
pub mod change;
pub mod draw;
pub mod file;
