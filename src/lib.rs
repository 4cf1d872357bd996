//! parabench: an evaluation harness for models that think before they draw.
//!
//! A suite asks, a model answers, judges mark, statistics decide, a report
//! shows. ARCHITECTURE.md is the map of the rooms.

pub mod analysis;
pub mod command;
pub mod common;
pub mod endpoint;
pub mod judge;
pub mod model;
pub mod onnx;
pub mod report;
pub mod run;
pub mod stats;
pub mod suite;
